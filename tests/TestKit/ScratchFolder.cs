namespace Runbook.TestKit;

/// <summary>A folder on the real disk that is gone when the test is over.</summary>
public sealed class ScratchFolder : IDisposable
{
    /// <summary>Makes one.</summary>
    public ScratchFolder() => Path = Directory.CreateTempSubdirectory("runbook-test-").FullName;

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>A path inside.</summary>
    /// <param name="parts">Names.</param>
    public string In(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Writes a file inside.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="bytes">Its content.</param>
    /// <returns>Its path.</returns>
    public string Write(string name, ReadOnlySpan<byte> bytes)
    {
        var path = In(name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>Removes all that is in it.</summary>
    public void Empty()
    {
        foreach (var entry in new DirectoryInfo(Path).EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo folder) folder.Delete(recursive: true);
            else entry.Delete();
        }
    }

    /// <summary>Removes it with all that is in it.</summary>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
