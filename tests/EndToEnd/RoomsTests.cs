using System.Text.RegularExpressions;
using System.Xml.Linq;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>The house keeps to its plan: who knows whom, which words are left over, which codes are explained.</summary>
public sealed partial class RoomsTests
{
    // Names of signature algorithms that look like codes of ours.
    private static readonly string[] Algorithms = ["RS256", "RS384", "RS512"];

    [Theory]
    [InlineData("Runbook.Language", "")]
    [InlineData("Runbook.Journal", "")]
    [InlineData("Runbook.Engine", "Runbook.Journal Runbook.Language")]
    [InlineData("Runbook.Simulator", "")]
    [InlineData("Runbook.Tui", "Runbook.Engine")]
    public void A_room_references_only_what_the_plan_says(string room, string allowed) => Assert.Equal(allowed, string.Join(' ', References(room)));

    [Fact]
    public void The_actions_reference_the_engine_and_the_stand_ins_and_nothing_else() =>
        Assert.Equal(["Runbook.Engine"], References("Runbook.Actions").Where(r => !r.StartsWith("Azure.Security.KeyVault.", StringComparison.Ordinal)));

    [Fact]
    public void The_stand_ins_reference_nothing_of_ours()
    {
        var projects = Directory.GetFiles(Repository.In("src", "KeyVault"), "*.csproj", SearchOption.AllDirectories);
        Assert.NotEmpty(projects);
        Assert.DoesNotContain(projects.SelectMany(ReferencesOf), r => r.StartsWith("Runbook.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Terminal.Gui", "Runbook.Tui")]
    [InlineData("System.CommandLine", "Runbook.Cli")]
    [InlineData("Microsoft.Data.Sqlite", "Runbook.Simulator")]
    [InlineData("Pkcs11Interop", "Runbook.Actions")]
    public void A_package_stays_in_its_room(string package, string room)
    {
        var users = Directory.GetFiles(Repository.In("src"), "*.csproj", SearchOption.AllDirectories)
            .Where(p => XDocument.Load(p).Descendants("PackageReference").Any(r => r.Attribute("Include")?.Value == package))
            .Select(p => Path.GetFileNameWithoutExtension(p));
        Assert.Equal([room], users);
    }

    [Fact]
    public void Nothing_unfinished_is_left_in_the_code()
    {
        var left = Sources("src").Concat(Sources("tests"))
            .Where(file => Path.GetFileName(file) != "RoomsTests.cs")
            .SelectMany(file => File.ReadLines(file).Select((text, index) => (file, line: index + 1, text)))
            .Where(l => Unfinished().IsMatch(l.text))
            .Select(l => $"{Path.GetRelativePath(Repository.Root, l.file)}:{l.line}: {l.text.Trim()}");
        Assert.Empty(left);
    }

    [Fact]
    public void Every_code_has_a_paragraph_and_every_paragraph_a_code()
    {
        var inCode = Sources("src").SelectMany(file => Quoted().Matches(File.ReadAllText(file)).Select(m => m.Groups["code"].Value)).Except(Algorithms).ToHashSet();
        var onPage = Paragraph().Matches(File.ReadAllText(Repository.In("docs", "errors.md"))).Select(m => m.Groups["code"].Value).ToList();
        Assert.Equal(onPage.Count, onPage.Distinct().Count());
        Assert.Equal(inCode.Order(StringComparer.Ordinal), onPage.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_rehearsal_leaves_nothing_but_its_own_directories()
    {
        using var scratch = new ScratchFolder();
        var before = Names(Repository.Root);
        var said = await new RunbookProgram(scratch.In("home"), scratch.Path).RunAsync("run", Repository.In("runbooks", "hsm-activation.md"), "--rehearse");
        Assert.True(said.ExitCode == 0, said.ToString());
        Assert.Equal([".runbook"], Names(scratch.Path));
        Assert.Equal(["sessions"], Names(scratch.In(".runbook")));
        var session = Directory.EnumerateDirectories(scratch.In(".runbook", "sessions")).MinBy(d => d.Length)!;
        Assert.All(Names(scratch.In(".runbook", "sessions")), name => Assert.StartsWith(Path.GetFileName(session), name, StringComparison.Ordinal));
        Assert.Equal(before, Names(Repository.Root));
    }

    private static IEnumerable<string> References(string room) => ReferencesOf(Repository.In("src", room, room + ".csproj"));

    private static IEnumerable<string> ReferencesOf(string project) => XDocument.Load(project)
        .Descendants("ProjectReference")
        .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')))
        .Order(StringComparer.Ordinal);

    private static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(Repository.In(folder), "*.cs", SearchOption.AllDirectories)
        .Where(f => !f.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"));

    private static List<string> Names(string folder) => [.. Directory.EnumerateFileSystemEntries(folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX|NotImplementedException)\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex("\"(?<code>R[BJEASC][0-9]{3})\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^\*\*(?<code>R[BJEASC][0-9]{3})\*\* ", RegexOptions.Multiline)]
    private static partial Regex Paragraph();
}
