using Runbook.Cli.Testing;

namespace Runbook.EndToEnd.Rehearsals;

/// <summary>Every shipped runbook and drill, down its main path and every other branch, with the estate compared at the end.</summary>
/// <param name="output">Takes the ways taken.</param>
public sealed class RehearsalTests(ITestOutputHelper output)
{
    /// <summary>Every runbook of the folder: one that has no world is found by the test that reads them.</summary>
    public static TheoryData<string> Runbooks => [.. ShippedRunbook.Ids];

    /// <summary>The runbooks, and the drills.</summary>
    public static TheoryData<string> All => [.. ShippedRunbook.Ids.Concat(ShippedRunbook.Drills)];

    [Theory]
    [MemberData(nameof(All))]
    public async Task Each_way_through_ends_as_it_should_and_leaves_what_it_promises_and_every_way_is_gone(string runbook)
    {
        ShippedRunbook.SkipWhereRefused(runbook);
        var (shipped, world, played) = (ShippedRunbook.Load(runbook), ShippedRunbook.WorldOf(runbook), new List<PlayedCase>());
        foreach (var what in world.Cases)
        {
            var one = await TestRun.PlayAsync(shipped, world, what, TestContext.Current.CancellationToken);
            output.WriteLine($"{what.Name}: {one.Session?.Way}");
            played.Add(one);
        }

        var coverage = Coverage.Of(shipped.Program.Root, world, [.. played.Select(p => p.Session).OfType<TestedSession>()]);

        var wrong = played.SelectMany(p => p.Wrong.Select(w => $"{p.Case.Name}: {w}\n    {p.Session?.Way}")).Concat(coverage.Open).ToList();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(shipped.Program.Root.States.Length, coverage.Steps.All);
        Assert.Equal(0, coverage.Steps.Open + coverage.Written.Open + coverage.Lifted.Open);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_main_path_of_a_world_needs_nothing_but_the_runbooks_own_rehearsal(string runbook)
    {
        var main = ShippedRunbook.WorldOf(runbook).Main;

        Assert.Equal(CaseEnd.Completed, main.End);
        Assert.True(main is { Set.IsEmpty: true, Estate: null, Scenario: null, Choices.IsEmpty: true, Answers.IsEmpty: true, Meanwhile.IsEmpty: true });
    }

    /// <summary>A key that comes from a token comes from a real one where Azure is not embedded: the rehearsal's stand-in is refused there.</summary>
    public static TheoryData<string> WithoutToken => [.. ShippedRunbook.Ids.Where(id => id != ShippedRunbook.WithRehearsalToken)];

    /// <summary>Every case of every runbook goes there with <c>RUNBOOK_OVER_HTTPS=1</c>.</summary>
    [Theory]
    [MemberData(nameof(WithoutToken))]
    public async Task Over_HTTPS_under_Azures_names_as_a_profile_leads_there_the_main_path_does_the_same(string runbook)
    {
        var (shipped, world) = (ShippedRunbook.Load(runbook) with { OverHttps = true }, ShippedRunbook.WorldOf(runbook));

        var main = await TestRun.PlayAsync(shipped, world, world.Main, TestContext.Current.CancellationToken);

        Assert.True(main.Wrong.IsEmpty, string.Join('\n', main.Wrong.Select(w => w.ToString()).Append(main.Session?.Way)));
    }
}
