using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>Reads the artifacts of the session that is being written.</summary>
internal static class Artifacts
{
    /// <summary>An artifact's bytes by its digest; <see langword="null"/> when there is none.</summary>
    public static byte[]? Read(JournalWriter writer, Digest digest)
    {
        foreach (var artifact in writer.Ledger.Artifacts.All.Where(a => a.Digest == digest))
        {
            var bytes = DurableFiles.Read(writer.Ground.Disk, Path.Combine(writer.Directory.Artifacts, artifact.FileName), Journal.Limits.ArtifactBytes);
            if (bytes is not null && Digest.Of(bytes) == digest) return bytes;
        }

        return null;
    }

    /// <summary>The same as a stream, for actions that take files; the digest as <c>sha256:…</c>.</summary>
    public static Stream? Open(JournalWriter writer, string digest) =>
        Digest.TryParse(digest, out var parsed) && Read(writer, parsed) is { } bytes ? new MemoryStream(bytes, writable: false) : null;
}
