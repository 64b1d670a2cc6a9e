using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Runbook.Journal;

/// <summary>The artifacts that entries name, and their manifest.</summary>
public sealed class ArtifactList
{
    /// <summary>Name of the manifest, itself an artifact.</summary>
    public const string ManifestName = "manifest.sha256";

    private readonly SortedDictionary<string, ArtifactKept> _byFile = new(StringComparer.Ordinal);

    /// <summary>The artifacts, ascending by file name.</summary>
    public IReadOnlyCollection<ArtifactKept> All => _byFile.Values;

    /// <summary>An artifact.</summary>
    /// <param name="fileName">Its file's name under <c>artifacts/</c>.</param>
    /// <param name="artifact">The artifact.</param>
    public bool TryFind(string fileName, [MaybeNullWhen(false)] out ArtifactKept artifact) => _byFile.TryGetValue(fileName, out artifact);

    /// <summary>The manifest of all artifacts but itself.</summary>
    /// <returns>For each, ascending by file name: the digest's digits, two spaces, the file's name, a line feed. In the
    /// folder <c>artifacts/</c>, <c>sha256sum -c</c> checks it.</returns>
    public (byte[] Bytes, Digest Digest) Manifest()
    {
        var text = new StringBuilder();
        foreach (var (file, artifact) in _byFile)
            if (artifact.Name != ManifestName)
                text.Append(artifact.Digest.Hex).Append("  ").Append(file).Append('\n');
        var bytes = Encoding.ASCII.GetBytes(text.ToString());
        return (bytes, Digest.Of(bytes));
    }

    internal void Add(ArtifactKept artifact) => _byFile.TryAdd(artifact.FileName, artifact);
}
