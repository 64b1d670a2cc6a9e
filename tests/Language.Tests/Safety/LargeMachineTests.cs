using System.Diagnostics;
using Runbook.Language.Checking;

namespace Runbook.Language.Tests.Safety;

/// <summary>How many states the check looks at, and what it does when there are too many.</summary>
public sealed class LargeMachineTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void The_check_counts_as_many_states_as_the_explorer_that_was_written_apart(int leases)
    {
        var compilation = Compile(leases);
        var explorer = new BruteForce(compilation.Machine!, TestCatalogue.Instance, static _ => null);

        Assert.Empty(explorer.Codes());
        Assert.Equal(explorer.Count, compilation.StatesChecked);
    }

    [Fact]
    public void A_runbook_of_more_than_a_million_states_is_checked_to_its_end()
    {
        var (watch, before) = (Stopwatch.StartNew(), Process.GetCurrentProcess().TotalProcessorTime);
        var compilation = Compile(16, uses: 9);
        var process = Process.GetCurrentProcess();
        output.WriteLine($"{compilation.StatesChecked:N0} states in {watch.Elapsed.TotalSeconds:F1} s ({(process.TotalProcessorTime - before).TotalSeconds:F1} s of processor time), {process.PeakWorkingSet64 / 1024 / 1024} MiB at most");

        Assert.Empty(compilation.Diagnostics);
        Assert.InRange(compilation.StatesChecked ?? 0, 1_000_000, Limits.ProductStatesMax);
    }

    [Fact]
    public void The_one_edge_that_loses_leases_among_ten_thousands_of_states_is_named()
    {
        var machine = Compile(12).Machine!;
        var use = machine.State("use-0")!;
        var broken = machine.WithTransitions(use.Slug, [.. use.Transitions.Select(t => t.Trigger == TriggerKind.Timeout ? t with { Target = "take-back-3" } : t)]);

        var finding = Assert.Single(ModelCheck.Run(broken, TestCatalogue.Instance));

        Assert.Equal(("RB401", "use-0", "timeout"), (finding.Rule.Code, finding.Step, finding.Trigger));
        Assert.Equal("decide-0", finding.Path[0]);
    }

    [Fact]
    public void A_runbook_with_more_states_than_are_looked_at_is_refused()
    {
        var compilation = Compile(40);

        Assert.Null(compilation.Machine);
        Assert.Null(compilation.StatesChecked);
        Assert.Equal("RB412", Assert.Single(compilation.Diagnostics).Code);
    }

    private static Compilation Compile(int leases, int uses = 1) => RunbookCompiler.Compile(LargeMachines.Nested(leases, uses), "large", TestCatalogue.Instance);
}
