namespace Runbook.TestKit;

/// <summary>Where the project's own files lie.</summary>
public static class Repository
{
    /// <summary>The folder that holds <c>Runbook.sln</c>.</summary>
    public static string Root { get; } = Find();

    /// <summary>A path in the repository.</summary>
    /// <param name="parts">Names.</param>
    public static string In(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>A path among the published test vectors, which lie beside the repository where they are present.</summary>
    /// <param name="parts">Names.</param>
    public static string Vectors(params string[] parts) => Path.Combine([Path.GetDirectoryName(Root)!, "shared", "vectors", .. parts]);

    private static string Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "Runbook.sln")))
                return folder;
        throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}
