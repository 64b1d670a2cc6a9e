using System.Globalization;

namespace Runbook.Journal;

/// <summary>Where torn bytes are kept.</summary>
/// <param name="File">The file's path in the session's directory; <see langword="null"/> where nothing was torn.</param>
/// <param name="Bytes">Their number.</param>
/// <param name="Digest">Their digest; <see langword="null"/> where nothing was torn.</param>
internal readonly record struct KeptTail(string? File, long Bytes, Digest? Digest);

/// <summary>Keeps the bytes that are removed from a journal's end, for ever: <c>recovery/&lt;epoch&gt;.tail</c>.</summary>
internal sealed class TailFile(IJournalDisk disk, SessionDirectory directory, int epoch)
{
    private readonly string _name = epoch.ToString(CultureInfo.InvariantCulture) + ".tail";

    /// <summary>Keeps bytes, and says what is kept for this epoch.</summary>
    /// <param name="torn">What is torn now; empty where nothing is.</param>
    /// <remarks>
    /// A resume that was interrupted may have kept bytes for the same epoch before. If it died before the rename, the same
    /// bytes are still torn and are kept already; if it died after it, their file speaks for them; if its own first entry is
    /// torn as well, that comes behind.
    /// </remarks>
    internal KeptTail Keep(ReadOnlySpan<byte> torn)
    {
        var path = directory.In(SessionDirectory.RecoveryFolder, _name);
        var kept = disk.KindOf(path) == DiskEntryKind.File ? DurableFiles.Read(disk, path, 16 * Limits.LineBytes) ?? [] : [];
        if (!kept.AsSpan().EndsWith(torn))
        {
            kept = [.. kept, .. torn];
            directory.MakeFolder(disk, SessionDirectory.RecoveryFolder);
            DurableFiles.Replace(disk, path, kept);
        }

        return kept.Length == 0 ? default : new KeptTail(SessionDirectory.RecoveryFolder + "/" + _name, kept.Length, Digest.Of(kept));
    }
}
