using Runbook.Cli;
using Runbook.Cli.Sessions;
using Runbook.Cli.Testing;
using Runbook.TestKit;

namespace Runbook.EndToEnd.Rehearsals;

/// <summary>The runbooks and drills as shipped, and their worlds.</summary>
internal static class ShippedRunbook
{
    /// <summary>Whether every session reaches Azure over HTTPS: <c>RUNBOOK_OVER_HTTPS=1</c>.</summary>
    private static readonly bool AllOverHttps = Environment.GetEnvironmentVariable("RUNBOOK_OVER_HTTPS") == "1";

    /// <summary>The runbook whose rehearsal brings a stand-in for a token.</summary>
    public const string WithRehearsalToken = "byok-import";

    /// <summary>Ids of all runbooks, as the folder lists them.</summary>
    public static IEnumerable<string> Ids => In("runbooks");

    /// <summary>Ids of all drills.</summary>
    public static IEnumerable<string> Drills => In("drills");

    /// <summary>Compiles one; it has no error and no warning.</summary>
    public static TestedRunbook Load(string id)
    {
        var findings = new StringWriter();
        var loaded = Cli.Loading.RunbookLoader.Load(FileOf(id), Actions.AzureActions.Catalogue);
        Assert.All(loaded.Findings(), f => Assert.Empty(f.Diagnostics));
        return TestedRunbook.Load(FileOf(id), new CliConsole(TextReader.Null, TextWriter.Null, findings, false, false)) with { OverHttps = AllOverHttps };
    }

    /// <summary>Skips a test that plays one over HTTPS where that is refused by design, and says why.</summary>
    public static void SkipWhereRefused(string id)
    {
        if (!AllOverHttps) return;
        if (id == WithRehearsalToken) Assert.Skip($"{id}: a key that comes from a token comes from a real one where Azure is not embedded: the rehearsal's stand-in is refused there.");
        try
        {
            SessionFactory.RequireForReal(Load(id).Program);
        }
        catch (CliException refused)
        {
            Assert.Skip(refused.Message);
        }
    }

    /// <summary>Reads the world of one.</summary>
    public static WorldFile WorldOf(string id)
    {
        var runbook = Load(id);
        return WorldReader.Read(runbook.WorldPath, runbook);
    }

    private static string FileOf(string id) => File.Exists(Repository.In("runbooks", id + ".md")) ? Repository.In("runbooks", id + ".md") : Repository.In("drills", id + ".md");

    private static IEnumerable<string> In(string folder) => Directory.EnumerateFiles(Repository.In(folder), "*.md")
        .Select(f => Path.GetFileNameWithoutExtension(f))
        .Where(id => id != "README")
        .Order(StringComparer.Ordinal);
}
