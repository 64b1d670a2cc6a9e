using Runbook.TestKit;

namespace Runbook.Actions.Tests.TestKit;

/// <summary>Compares with files that were looked at and accepted: <c>RUNBOOK_ACCEPT=1</c> takes what came out for right.</summary>
internal static class Golden
{
    /// <summary>Whether this run accepts.</summary>
    public static bool Accepts => Environment.GetEnvironmentVariable("RUNBOOK_ACCEPT") == "1";

    /// <summary>Holds a text to a file of the repository.</summary>
    public static void Matches(string actual, params string[] path)
    {
        var golden = Repository.In(path);
        if (Accepts)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(golden)!);
            File.WriteAllText(golden, actual);
            return;
        }

        var expected = File.Exists(golden) ? File.ReadAllText(golden) : "";
        if (expected == actual) return;
        var received = Path.Combine(Path.GetTempPath(), Path.GetFileName(golden) + ".received");
        File.WriteAllText(received, actual);
        Assert.Fail($"{Path.Combine(path)} says something else.\n  git diff --no-index {golden} {received}\n  RUNBOOK_ACCEPT=1 tests/run --project tests/Actions.Tests");
    }
}
