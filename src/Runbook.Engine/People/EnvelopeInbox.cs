using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>
/// Notices what people have signed away from the console: envelopes that appear in the session's <c>approvals</c> folder,
/// put there by <c>runbook approve</c> or by hand.
/// </summary>
internal sealed class EnvelopeInbox(JournalWriter writer)
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <summary>Envelopes that were not there before, by name, with their bytes; what is too large to be one is skipped.</summary>
    public IEnumerable<(string Name, byte[] Bytes)> TakeNew()
    {
        var disk = writer.Ground.Disk;
        foreach (var name in disk.List(writer.Directory.Approvals, Journal.Limits.FolderFiles).Select(f => f.Name).Where(n => n.EndsWith(".dsse.json", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            if (!_seen.Add(name)) continue;
            if (DurableFiles.Read(disk, Path.Combine(writer.Directory.Approvals, name), Journal.Limits.EnvelopeBytes) is { } bytes) yield return (name, bytes);
        }
    }

    /// <summary>Remembers an envelope that this process has put there itself.</summary>
    public void Know(string file) => _seen.Add(Path.GetFileName(file));
}
