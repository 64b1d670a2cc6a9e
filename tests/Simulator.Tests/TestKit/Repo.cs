namespace Runbook.Simulator.Tests.TestKit;

/// <summary>Where the repository's files are, whatever directory the tests run in.</summary>
internal static class Repo
{
    public static string Root { get; } = FindRoot();

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    /// <summary>A file of the shared test vectors, or a skip that says what is missing.</summary>
    public static string Vector(string name)
    {
        var path = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Root)!, "shared", "vectors", name);
        if (!File.Exists(path))
            Assert.Skip($"shared/vectors/{name} is not beside the repository");
        return path;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Runbook.sln")))
                return folder.FullName;
        throw new InvalidOperationException("Runbook.sln is in no folder above the tests.");
    }
}
