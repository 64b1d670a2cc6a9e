using System.Text.Json;
using Runbook.Journal;

namespace Runbook.Tui;

/// <summary>Artifacts of a session, held against their digests; those that are JSON are read once.</summary>
/// <param name="read">Reads a file of the artifacts' folder by its name; <see langword="null"/> where it can't be.</param>
internal sealed class ArtifactShelf(Func<string, byte[]?> read)
{
    private readonly Dictionary<Digest, JsonElement> _found = [];

    /// <summary>The artifact.</summary>
    /// <returns><see langword="null"/> where it is not at hand, or is another one than the digest says.</returns>
    public JsonElement? Find(SessionSnapshot snapshot, Digest digest)
    {
        if (_found.TryGetValue(digest, out var known)) return known;
        if (Bytes(snapshot, digest) is not { } bytes || !CanonicalJson.TryAccept(bytes, out var json)) return null;
        return _found[digest] = json!.ToElement();
    }

    /// <summary>The artifact's bytes.</summary>
    /// <returns><see langword="null"/> where it is not at hand, or is another one than the digest says.</returns>
    public byte[]? Bytes(SessionSnapshot snapshot, Digest digest) =>
        snapshot.Artifacts.TryGetValue(digest, out var file) && read(file) is { } bytes && Digest.Of(bytes) == digest ? bytes : null;
}
