namespace Runbook.Language.Tests;

/// <summary>Compares a text with the file that holds what it should be.</summary>
internal static class Golden
{
    private static readonly string Folder = Path.Combine(RepositoryFolder.Root, "tests", "Language.Tests", "golden");

    public static IEnumerable<string> Cases => Directory.EnumerateDirectories(Folder).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal);

    public static byte[] Input(string name) => File.ReadAllBytes(Path.Combine(Folder, name, "input.md"));

    /// <summary>Fails with the two commands that matter when the text differs; takes it over where RUNBOOK_ACCEPT is 1.</summary>
    public static void Matches(string actual, string name, string file)
    {
        var golden = Path.Combine(Folder, name, file);
        if (Environment.GetEnvironmentVariable("RUNBOOK_ACCEPT") == "1")
        {
            File.WriteAllText(golden, actual);
            return;
        }

        if (File.Exists(golden) && File.ReadAllText(golden) == actual) return;
        var received = Path.Combine(Folder, name, Path.GetFileNameWithoutExtension(file) + ".received" + Path.GetExtension(file));
        File.WriteAllText(received, actual);
        Assert.Fail($"{name}/{file} is not as it should be.\n  git diff --no-index {golden} {received}\n  RUNBOOK_ACCEPT=1 tests/run --filter-class *GoldenTests\n\n{actual}");
    }
}
