using System.Text.RegularExpressions;
using Runbook.TestKit;

namespace Runbook.EndToEnd.Documents;

/// <summary>A script that stands in a page, and what the page says that it prints.</summary>
/// <param name="Section">The heading that it stands under.</param>
/// <param name="Line">Line of the page on which it begins.</param>
/// <param name="Text">What is pasted into the shell.</param>
/// <param name="Expected">What it prints: <c>…</c> stands for anything in its line, alone in a line for any lines.
/// <see langword="null"/> where the page does not say.</param>
public sealed record DocumentScript(string Section, int Line, string Text, string? Expected)
{
    private const string Fence = "```";

    /// <summary>The scripts of a page, in order: each fenced <c>bash</c> block with the <c>text</c> block that follows it.</summary>
    /// <param name="page">A page, as its path in the repository.</param>
    public static IReadOnlyList<DocumentScript> Of(params string[] page)
    {
        var scripts = new List<DocumentScript>();
        foreach (var (section, line, kind, text) in Blocks(File.ReadAllLines(Repository.In(page))))
        {
            if (kind == "bash") scripts.Add(new DocumentScript(section, line, text, null));
            else if (kind == "text" && scripts is [.., { Expected: null } last]) scripts[^1] = last with { Expected = text };
        }

        return scripts;
    }

    /// <summary>Runs it and holds what it prints against the page.</summary>
    /// <param name="folder">Where.</param>
    /// <returns>What is wrong, or <see langword="null"/>.</returns>
    public async Task<string?> RunAsync(string folder)
    {
        var result = await Tools.RunAsync("bash", ["-uo", "pipefail", "-c", Text], folder: folder);
        if (result.ExitCode != 0) return $"line {Line}: exit {result.ExitCode}\n{result.Text}\n{result.Error}";
        return Expected is null || Fits(result.Text, Expected) ? null : $"line {Line}: it prints\n{result.Text}\nand the page says\n{Expected}\n{result.Error}";
    }

    /// <summary>Whether an output is what a page says.</summary>
    /// <param name="output">What was printed.</param>
    /// <param name="expected">With <c>…</c> where it differs from time to time.</param>
    public static bool Fits(string output, string expected)
    {
        var pattern = string.Join("", expected.TrimEnd('\n').Split('\n').Select(line => line.Trim() == "…" ? "(?:.*\n)*" : Regex.Escape(line.TrimEnd()).Replace("…", ".*", StringComparison.Ordinal) + " *\n"));
        return Regex.IsMatch(output.TrimEnd('\n') + "\n", $"^{pattern}$", RegexOptions.CultureInvariant);
    }

    private static IEnumerable<(string Section, int Line, string Kind, string Text)> Blocks(string[] lines)
    {
        var section = "";
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith('#')) section = lines[i].TrimStart('#', ' ');
            if (!lines[i].StartsWith(Fence, StringComparison.Ordinal)) continue;
            var end = Array.IndexOf(lines, Fence, i + 1);
            if (end < 0) yield break;
            yield return (section, i + 1, lines[i][Fence.Length..], string.Concat(lines[(i + 1)..end].Select(l => l + "\n")));
            i = end;
        }
    }
}
