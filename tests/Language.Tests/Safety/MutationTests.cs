using System.Collections.Concurrent;
using Runbook.Language.Actions;
using Runbook.Language.Checking;

namespace Runbook.Language.Tests.Safety;

/// <summary>
/// The model check against an explorer that was written apart: on every good runbook, on every broken one, and on every
/// mutant of a good one they find the same rules broken.
/// </summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    public static TheoryData<string> Good => [.. Golden.Cases.Where(c => c.StartsWith("rb000", StringComparison.Ordinal)), .. Drills.Names.Select(n => "drills/" + n)];

    public static TheoryData<string> Broken => [.. Golden.Cases.Where(c => Paths.Contains(c[..5].ToUpperInvariant()))];

    /// <summary>The rules about paths; the others are about a file's shape, and leave no machine to explore.</summary>
    private static readonly string[] Paths = ["RB401", "RB403", "RB407", "RB408", "RB409", "RB410", "RB503", "RB602"];

    [Theory]
    [MemberData(nameof(Good))]
    public void Every_unsafe_mutant_is_found_and_no_safe_one_is_flagged(string name)
    {
        var (machine, catalogue) = Load(name);
        Assert.Empty(ModelCheck.Run(machine, catalogue));
        Assert.Empty(new BruteForce(machine, catalogue, static _ => null).Codes());

        var disagreements = new ConcurrentBag<string>();
        var (flagged, passed) = (0, 0);
        Parallel.ForEach(Mutant.Of(machine), mutant =>
        {
            var found = Codes(mutant.Machine, catalogue);
            var expected = string.Join(' ', new BruteForce(mutant.Machine, catalogue, static _ => null).Codes());
            if (found != expected) disagreements.Add($"{mutant.What}: the checker says '{found}', the explorer '{expected}'");
            if (found.Length > 0) Interlocked.Increment(ref flagged);
            else Interlocked.Increment(ref passed);
        });

        output.WriteLine($"{name}: {flagged + passed} mutants, {flagged} unsafe, {passed} safe");
        Assert.Empty(disagreements.Order(StringComparer.Ordinal).Take(20));
        Assert.True(passed > 0, "every mutant is unsafe: a checker that always complains would pass");
        if (!machine.Scopes.IsEmpty) Assert.True(flagged > 0, "no mutant is unsafe: a checker that never complains would pass");
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void The_explorer_agrees_on_every_runbook_of_the_broken_corpus(string name)
    {
        var compilation = RunbookCompiler.Compile(Golden.Input(name), name, TestCatalogue.Instance);
        var machine = MachineDefinition.Unchecked(compilation.Document!);

        Assert.Equal(Codes(machine, TestCatalogue.Instance), string.Join(' ', new BruteForce(machine, TestCatalogue.Instance, static _ => null).Codes()));
    }

    private static string Codes(MachineDefinition machine, ActionCatalogue catalogue) =>
        string.Join(' ', ModelCheck.Run(machine, catalogue).Select(f => f.Rule.Code).Distinct().Order(StringComparer.Ordinal));

    private static (MachineDefinition Machine, ActionCatalogue Catalogue) Load(string name) => name.StartsWith("drills/", StringComparison.Ordinal)
        ? (Drills.Compile(name["drills/".Length..]).Machine!, DrillCatalogue.Instance)
        : (RunbookCompiler.Compile(Golden.Input(name), name, TestCatalogue.Instance).Machine!, TestCatalogue.Instance);
}
