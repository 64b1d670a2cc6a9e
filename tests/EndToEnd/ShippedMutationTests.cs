using System.Collections.Concurrent;
using Runbook.Actions;
using Runbook.Language;
using Runbook.Language.Checking;
using Runbook.Language.Tests.Safety;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>The model check of every shipped runbook and drill against the explorer that was written apart.</summary>
/// <param name="output">Takes the counts.</param>
public sealed class ShippedMutationTests(ITestOutputHelper output)
{
    /// <summary>Every runbook in <c>runbooks/</c> and <c>drills/</c>.</summary>
    public static TheoryData<string> Shipped => [.. new[] { "runbooks", "drills" }
        .Select(f => Repository.In(f))
        .Where(Directory.Exists)
        .SelectMany(f => Directory.EnumerateFiles(f, "*.md"))
        .Where(f => Path.GetFileName(f) != "README.md")
        .Select(f => Path.GetRelativePath(Repository.Root, f))
        .Order(StringComparer.Ordinal)];

    /// <summary>Each edge removed, and redirected to each other step and end.</summary>
    [Theory]
    [MemberData(nameof(Shipped))]
    public void Every_unsafe_mutant_is_found_and_no_safe_one_is_flagged(string file)
    {
        var compilation = RunbookCompiler.Compile(File.ReadAllBytes(Path.Combine(Repository.Root, file)), Path.GetFileNameWithoutExtension(file), AzureActions.Catalogue);
        Assert.False(compilation.HasErrors, string.Join('\n', compilation.Diagnostics));
        var machine = compilation.Machine!;

        var disagreements = new ConcurrentBag<string>();
        var (flagged, passed) = (0, 0);
        Parallel.ForEach(Mutant.Of(machine), mutant =>
        {
            var found = string.Join(' ', ModelCheck.Run(mutant.Machine, AzureActions.Catalogue).Select(f => f.Rule.Code).Distinct().Order(StringComparer.Ordinal));
            var expected = string.Join(' ', new BruteForce(mutant.Machine, AzureActions.Catalogue, static _ => null).Codes());
            if (found != expected) disagreements.Add($"{mutant.What}: the checker says '{found}', the explorer '{expected}'");
            if (found.Length > 0) Interlocked.Increment(ref flagged);
            else Interlocked.Increment(ref passed);
        });

        output.WriteLine($"{file}: {flagged + passed} mutants, {flagged} unsafe, {passed} safe");
        Assert.Empty(disagreements.Order(StringComparer.Ordinal).Take(20));
        Assert.True(passed > 0 && (machine.Scopes.IsEmpty || flagged > 0), $"{flagged} unsafe, {passed} safe: one of the two kinds is missing");
    }
}
