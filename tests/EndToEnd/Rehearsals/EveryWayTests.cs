using Runbook.Cli.Testing;

namespace Runbook.EndToEnd.Rehearsals;

/// <summary>A shipped runbook or drill, down its main path and every other branch, with the estate compared at the end.</summary>
internal static class EveryWay
{
    private const int Parts = 3;

    /// <summary>Every third of the runbooks and drills: as three classes they run side by side.</summary>
    /// <param name="part">Which third, from 0.</param>
    public static TheoryData<string> Part(int part) => [.. ShippedRunbook.Ids.Concat(ShippedRunbook.Drills).Where((_, i) => i % Parts == part)];

    /// <summary>Goes every way of a runbook.</summary>
    /// <param name="runbook">Its id.</param>
    /// <param name="output">Takes the ways taken.</param>
    public static async Task GoAsync(string runbook, ITestOutputHelper output)
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
}

/// <summary>The first third of the runbooks and drills.</summary>
/// <param name="output">Takes the ways taken.</param>
public sealed class EveryWayFirstTests(ITestOutputHelper output)
{
    public static TheoryData<string> Mine => EveryWay.Part(0);

    [Theory]
    [MemberData(nameof(Mine))]
    public Task Each_way_through_ends_as_it_should_and_leaves_what_it_promises_and_every_way_is_gone(string runbook) => EveryWay.GoAsync(runbook, output);
}

/// <summary>The second third.</summary>
/// <param name="output">Takes the ways taken.</param>
public sealed class EveryWaySecondTests(ITestOutputHelper output)
{
    public static TheoryData<string> Mine => EveryWay.Part(1);

    [Theory]
    [MemberData(nameof(Mine))]
    public Task Each_way_through_ends_as_it_should_and_leaves_what_it_promises_and_every_way_is_gone(string runbook) => EveryWay.GoAsync(runbook, output);
}

/// <summary>The last third.</summary>
/// <param name="output">Takes the ways taken.</param>
public sealed class EveryWayThirdTests(ITestOutputHelper output)
{
    public static TheoryData<string> Mine => EveryWay.Part(2);

    [Theory]
    [MemberData(nameof(Mine))]
    public Task Each_way_through_ends_as_it_should_and_leaves_what_it_promises_and_every_way_is_gone(string runbook) => EveryWay.GoAsync(runbook, output);
}
