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
    [InlineData(NeedState.MissingForDetour)]
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

    [Fact]
    public async Task Only_what_a_when_leads_to_and_some_way_goes_around_may_be_avoided()
    {
        var told = new Told(Report(NeedState.Held));
        using var session = new Rehearsed(new TestWorld(), Runbooks.Of("""
            ## Make it

            ```yaml action
            use: test.thing.make
            with: {name: "${name}"}
            timeout: 30m
            ```

            - **when** `${name} == 'other'` [Paint it](#paint-it)
            - **on success** [Paint it for good](#paint-it-for-good)
            - **on failure** [Clear up](#clear-up)

            ## Paint it

            ```yaml action
            use: test.thing.paint
            with: {name: "${name}", colour: red}
            timeout: 30m
            ```

            - **on success** [Paint it for good](#paint-it-for-good)

            ## Paint it for good

            ```yaml action
            use: test.thing.paint
            with: {name: "${name}", colour: blue}
            timeout: 30m
            ```

            - **on success** [Completed](#completed)

            ## Clear up

            ```yaml action
            use: test.thing.paint
            with: {name: "${name}", colour: grey}
            timeout: 30m
            ```

            - **on success** [Failed](#failed)

            """)) { Preflight = told };
        await session.RunAsync();
        Assert.Equal(["paint-it"], told.Steps.Where(s => s.MayBeAvoided).Select(s => s.Path));
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
        public ImmutableArray<PlannedStep> Steps { get; private set; } = [];

        public Task<PreflightReport> ExamineAsync(ImmutableArray<PlannedStep> steps, CancellationToken cancellationToken)
        {
            Assert.NotEmpty(steps);
            Steps = steps;
            return Task.FromResult(report);
        }
    }
}
