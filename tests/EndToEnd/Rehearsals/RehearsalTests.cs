using Runbook.Cli.Testing;

namespace Runbook.EndToEnd.Rehearsals;

/// <summary>Every shipped runbook and drill down its main path; every other way is gone by <see cref="EveryWayFirstTests"/> and its siblings.</summary>
public sealed class RehearsalTests
{
    /// <summary>Every runbook of the folder: one that has no world is found by the test that reads them.</summary>
    public static TheoryData<string> Runbooks => [.. ShippedRunbook.Ids];

    /// <summary>The runbooks, and the drills.</summary>
    public static TheoryData<string> All => [.. ShippedRunbook.Ids.Concat(ShippedRunbook.Drills)];

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
