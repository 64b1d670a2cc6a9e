using System.Text.Json;

namespace Runbook.Language.Tests;

/// <summary>The drills of <c>drills/</c>: whole runbooks with faults, and what they call.</summary>
internal static class Drills
{
    private static readonly string Folder = Path.Combine(RepositoryFolder.Root, "tests", "Language.Tests", "drills");

    public static IEnumerable<string> Names => Directory.EnumerateFiles(Folder, "*.md").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal);

    public static Compilation Compile(string name) => RunbookCompiler.Compile(File.ReadAllBytes(Path.Combine(Folder, name + ".md")), name, DrillCatalogue.Instance);

    public static LinkedRunbook Link(string name) => RunbookLinker.Link(name + ".md", Names.ToDictionary(n => n + ".md", Compile, StringComparer.Ordinal));
}

/// <summary>Drills of the language's own documents pass the model check.</summary>
public sealed class DrillTests
{
    public static TheoryData<string> Names => [.. Drills.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_good_drill_has_no_finding_by_itself_or_with_what_it_calls(string name)
    {
        var linked = Drills.Link(name);

        Assert.Equal("", DiagnosticReport.ToText([.. linked.ByPath.Select(c => new FileFindings(c.Key, c.Key == name + ".md" ? linked.Diagnostics : c.Value.Diagnostics))]).Replace(Count(linked), "", StringComparison.Ordinal));
    }

    [Fact]
    public void A_counterexample_stands_in_text_json_and_sarif()
    {
        const string Way = "it-works --success--> agree --success--> break-it --success--> it-fails --timeout--> #failed";
        FileFindings[] files = [new("x.md", RunbookCompiler.Compile(Golden.Input("rb401-timeout-escapes"), "rb401-timeout-escapes", TestCatalogue.Instance).Diagnostics)];

        using var json = JsonDocument.Parse(DiagnosticReport.ToJson(files));
        using var sarif = JsonDocument.Parse(DiagnosticReport.ToSarif(files, "0"));

        Assert.Contains($"  path: {Way}\n", DiagnosticReport.ToText(files), StringComparison.Ordinal);
        Assert.Equal(
            ["it-works", "success", "agree", "success", "break-it", "success", "it-fails", "timeout", "failed"],
            json.RootElement.GetProperty("files")[0].GetProperty("findings")[0].GetProperty("path").EnumerateArray().Select(p => p.GetString()));
        Assert.Contains($"Path: {Way}.", sarif.RootElement.GetProperty("runs")[0].GetProperty("results")[0].GetProperty("message").GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    private static string Count(LinkedRunbook linked) => $"{linked.ByPath.Count} file{(linked.ByPath.Count == 1 ? "" : "s")}, 0 errors, 0 warnings\n";
}
