namespace Runbook.Language.Tests;

/// <summary>Finds folders of the repository from wherever the tests run.</summary>
internal static class RepositoryFolder
{
    /// <summary>The folder that holds <c>Runbook.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Published test vectors, which lie beside the repository and not in it.</summary>
    public static string Vectors(string name) => Path.Combine(Root, "..", "shared", "vectors", name);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Runbook.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Runbook.sln is in no folder above the tests.");
    }
}
