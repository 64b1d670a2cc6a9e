using System.Text;

namespace Runbook.Language.Tests;

/// <summary>
/// Each folder of <c>golden/</c> is a runbook and what the checker says of it, written under the lines that it is about.
/// A folder's name begins with the one rule that it breaks; <c>rb000</c> breaks none.
/// </summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Cases => [.. Golden.Cases];

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_findings_are_the_ones_written_down(string name)
    {
        var compilation = Compile(name);

        Golden.Matches(Annotate(compilation), name, "diagnostics.txt");
        if (compilation.Machine is { } machine) Golden.Matches(MachineGraph.ToMermaid(machine), name, "machine.mmd");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_broken_runbook_breaks_the_rule_of_its_name_and_no_other(string name)
    {
        var compilation = Compile(name);
        var code = name[..5].ToUpperInvariant();

        if (code == "RB000") Assert.Empty(compilation.Diagnostics);
        else Assert.Equal(code, Assert.Single(compilation.Diagnostics.Select(d => d.Code).Distinct()));
        Assert.Equal(compilation.HasErrors, compilation.Machine is null);
    }

    [Fact]
    public void Every_rule_is_shown_by_a_runbook_that_breaks_it()
    {
        var shown = Golden.Cases.Select(c => c[..5].ToUpperInvariant()).ToHashSet(StringComparer.Ordinal);
        // These take what no small file holds (its bytes, its size, other files), and have tests of their own.
        string[] elsewhere = ["RB101", "RB102", "RB199", "RB203", "RB209", "RB210", "RB412"];

        Assert.Equal(elsewhere, Rules.All.Select(r => r.Code).Where(c => !shown.Contains(c)));
    }

    private static Compilation Compile(string name) => RunbookCompiler.Compile(Golden.Input(name), name, TestCatalogue.Instance);

    /// <summary>The lines that something is said of, each with a mark under its column and what is said.</summary>
    private static string Annotate(Compilation compilation)
    {
        var text = new StringBuilder();
        foreach (var diagnostic in compilation.Diagnostics)
        {
            var line = compilation.Source.Line(diagnostic.Start.Line);
            text.Append(diagnostic.Start.Line.ToString().PadLeft(4)).Append(" | ").Append(Visible(line)).Append('\n');
            text.Append("     | ").Append(' ', Visible(line[..Math.Min(line.Length, diagnostic.Start.Column - 1)]).Length).Append("^\n");
            text.Append(DiagnosticReport.ToText(diagnostic.File, diagnostic)).Append('\n');
        }

        return text.Length == 0 ? "nothing found\n" : text.ToString();
    }

    private static string Visible(string line) =>
        string.Concat(line.Select(c => TextSafety.IsDeceptive(c) ? $"<{TextSafety.Name(c)}>" : c.ToString()));
}
