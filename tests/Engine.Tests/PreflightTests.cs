using System.Collections.Immutable;
using Runbook.Journal;
using Runbook.Language.Actions;

namespace Runbook.Engine.Tests;

/// <summary>What is found before a session begins: refused, kept, and never signed.</summary>
public sealed class PreflightTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 24, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_missing_permission_refuses_before_anything_is_written_or_sent()
    {
        var world = new TestWorld();
        using var session = new Rehearsed(world, Runbooks.Of(Runbooks.Make)) { Preflight = new Told(Report(NeedState.Missing)) };

        var refused = await Assert.ThrowsAsync<EngineException>(session.OpenAsync);

        Assert.Equal("RE210", refused.Code);
        Assert.Contains("Test.Thing/write", refused.Message, StringComparison.Ordinal);
        Assert.Contains("az give it", refused.Next, StringComparison.Ordinal);
        Assert.False(Directory.Exists(session.Directory0));
    }

    [Theory]
    [InlineData(NeedState.Held)]
    [InlineData(NeedState.AtRisk)]
    [InlineData(NeedState.GivenByStep)]
    [InlineData(NeedState.Unjudged)]
    public async Task Anything_else_refuses_nothing_and_the_report_is_kept_as_it_was(NeedState state)
    {
        var report = Report(state);
        using var session = new Rehearsed(new TestWorld(), Runbooks.Of(Runbooks.Make)) { Preflight = new Told(report) };

        await session.RunAsync();

        var bound = session.Entries.Select(e => e.Body).OfType<PlanBound>().Single();
        Assert.Equal(report.ToJson().Digest, bound.Preflight);
        Assert.Equal(report.ToJson().Text, await File.ReadAllTextAsync(Path.Combine(session.Directory0, "artifacts", bound.Preflight.Hex + ".preflight.json"), TestContext.Current.CancellationToken));
        Assert.Equal(0, session.Verify().ExitCode);
    }

    [Fact]
    public async Task What_is_found_stands_in_the_journal_and_changes_nothing_of_what_is_signed()
    {
        var found = Report(NeedState.Held) with { Outages = [new PredictedOutage { Resource = "/servers/sql", Key = "https://h/keys/k", Cause = "grant", Says = "sql loses its key." }] };
        using var session = new Rehearsed(new TestWorld(), Runbooks.Of(Runbooks.Make)) { Preflight = new Told(found) };
        using var other = new Rehearsed(new TestWorld(), Runbooks.Of(Runbooks.Make)) { Preflight = new Told(Report(NeedState.Held) with { At = At.AddDays(1) }) };

        await session.RunAsync();
        await other.RunAsync();

        Assert.Contains(session.Entries.Select(e => e.Body).OfType<Note>(), n => n.Text.ToString().Contains("sql loses its key.", StringComparison.Ordinal));
        Assert.DoesNotContain(other.Entries.Select(e => e.Body), b => b is Note);
        Assert.Equal(PlanOf(session), PlanOf(other));
        Assert.Equal(0, session.Verify().ExitCode);
    }

    private static Digest PlanOf(Rehearsed session) => session.Entries.Select(e => e.Body).OfType<PlanBound>().Single().Plan;

    private static PreflightReport Report(NeedState state) => new()
    {
        At = At,
        Caller = new PreflightCaller("11111111-2222-4333-8444-555555555555", "alice", []),
        Needs = [new PreflightNeed { Plane = PermissionPlane.ResourceManager, Operation = "Test.Thing/write", Scope = "/things/x", Role = "Writer", Steps = ["make-it"], State = state, Why = "No role of yours permits it.", Repairs = [new PreflightRepair("Give it.", "az give it")] }],
    };

    private sealed class Told(PreflightReport report) : IPreflight
    {
        public Task<PreflightReport> ExamineAsync(ImmutableArray<PlannedStep> steps, CancellationToken cancellationToken)
        {
            Assert.NotEmpty(steps);
            return Task.FromResult(report);
        }
    }
}
