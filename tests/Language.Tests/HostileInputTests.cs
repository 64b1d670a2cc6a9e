using System.Text;
using CsCheck;

namespace Runbook.Language.Tests;

/// <summary>Whatever bytes a file holds, the compiler answers with findings.</summary>
public sealed class HostileInputTests
{
    private static readonly string Good = Encoding.UTF8.GetString(Golden.Input("rb000-good-lease"));

    [Fact]
    public void Bytes_that_are_not_utf8_are_named_where_they_stand()
    {
        byte[] bytes = [.. "---\nrunbook: x\n"u8, 0xff, .. "\n"u8];

        var finding = Assert.Single(RunbookCompiler.Compile(bytes, "x", TestCatalogue.Instance).Diagnostics);

        Assert.Equal(("RB101", new SourcePosition(3, 1)), (finding.Code, finding.Start));
    }

    [Fact]
    public void A_file_of_two_mebibytes_is_refused_before_it_is_read()
    {
        var finding = Assert.Single(RunbookCompiler.Compile(new byte[2 * 1024 * 1024], "x", TestCatalogue.Instance).Diagnostics);

        Assert.Equal("RB102", finding.Code);
    }

    [Fact]
    public void A_text_that_grows_beyond_a_mebibyte_as_utf8_is_refused()
    {
        var finding = Assert.Single(RunbookCompiler.Compile(new string('\u4e00', 400_000), "x", TestCatalogue.Instance).Diagnostics);

        Assert.Equal("RB102", finding.Code);
    }

    [Fact]
    public void More_findings_than_fit_a_report_are_counted()
    {
        var steps = string.Concat(Enumerable.Range(0, 490).Select(i => $"## Step {i}\n\n- **on sucess** [x](#y)\n- **on timeout** [z](#q{i})\n\n"));

        var findings = RunbookCompiler.Compile(Good.Replace("## Ends", steps + "## Ends", StringComparison.Ordinal), "rb000-good-lease", TestCatalogue.Instance).Diagnostics;

        Assert.Equal(Limits.DiagnosticsMax, findings.Length);
        Assert.Equal("RB199", findings[^1].Code);
    }

    [Theory]
    [InlineData("> ", 100_000)]
    [InlineData("- ", 100_000)]
    [InlineData("[", 100_000)]
    [InlineData("*", 100_000)]
    [InlineData("`", 100_000)]
    [InlineData("![[", 50_000)]
    [InlineData("<", 100_000)]
    [InlineData("\n## a\n", 10_000)]
    public void Markdown_that_nests_for_ever_is_survived(string part, int times)
    {
        var text = new StringBuilder(Good).Append("\n\n");
        for (var i = 0; i < times; i++) text.Append(part);

        var compilation = RunbookCompiler.Compile(text.ToString(), "rb000-good-lease", TestCatalogue.Instance);

        Assert.Equal(compilation.HasErrors, compilation.Machine is null);
    }

    [Theory]
    [InlineData("[", 200_000)]
    [InlineData("{a: ", 100_000)]
    [InlineData("- ", 200_000)]
    [InlineData("? ", 100_000)]
    [InlineData("'", 100_001)]
    [InlineData("|\n", 100_000)]
    public void Yaml_that_nests_for_ever_is_one_finding(string part, int times)
    {
        var yaml = new StringBuilder("with: ");
        for (var i = 0; i < times; i++) yaml.Append(part);
        var text = Good.Replace("with: {name: \"${hsm}\"}\nsave", yaml + "\nsave", StringComparison.Ordinal);

        var compilation = RunbookCompiler.Compile(text, "rb000-good-lease", TestCatalogue.Instance);

        Assert.Contains(compilation.Diagnostics, d => d.Code is "RB105" or "RB106" or "RB107" or "RB116" or "RB304");
        Assert.Null(compilation.Machine);
    }

    [Fact]
    public void A_file_with_any_piece_cut_out_doubled_or_changed_gives_findings_and_no_exception()
    {
        Gen.Select(Gen.Int[0, Good.Length - 1], Gen.Int[0, 60], Gen.Int[0, 3], Gen.Char).Sample((at, length, how, c) =>
        {
            var end = Math.Min(Good.Length, at + length);
            var text = how switch
            {
                0 => Good[..at] + Good[end..],
                1 => Good[..end] + Good[at..],
                2 => Good[..at] + c + Good[end..],
                _ => Good[..at],
            };
            var compilation = RunbookCompiler.Compile(text, "rb000-good-lease", TestCatalogue.Instance);
            return compilation.HasErrors == compilation.Machine is null;
        }, iter: 4000);
    }

    [Fact]
    public void Line_endings_of_either_kind_give_the_same_machine()
    {
        var windows = Good.Replace("\n", "\r\n", StringComparison.Ordinal);

        var machine = RunbookCompiler.Compile(windows, "rb000-good-lease", TestCatalogue.Instance).Machine;

        Assert.NotNull(machine);
        Assert.Equal(
            MachineGraph.ToMermaid(RunbookCompiler.Compile(Good, "rb000-good-lease", TestCatalogue.Instance).Machine!),
            MachineGraph.ToMermaid(machine));
    }

    [Fact]
    public void Findings_stand_at_the_same_line_with_either_line_ending()
    {
        var broken = Encoding.UTF8.GetString(Golden.Input("rb311-unknown-member"));
        var windows = broken.Replace("\n", "\r\n", StringComparison.Ordinal);

        var finding = Assert.Single(RunbookCompiler.Compile(windows, "rb311-unknown-member", TestCatalogue.Instance).Diagnostics);

        Assert.Equal(new SourcePosition(22, 27), finding.Start);
    }
}
