namespace Runbook.Journal;

/// <summary>
/// The journal's file as the writer sees it: one write and one checked sync, then the head moves and the number is
/// published. After the first failure nothing is written again.
/// </summary>
internal sealed class JournalLines : IDisposable
{
    private readonly IDiskFile _file;
    private readonly MerkleFrontier _frontier;
    private readonly SubscriptionList _subscriptions;

    internal JournalLines(IDiskFile file, long offset, Head head, MerkleFrontier frontier, SubscriptionList subscriptions)
        => (_file, Offset, Head, _frontier, _subscriptions) = (file, offset, head, frontier, subscriptions);

    /// <summary>Length of the file up to and with the last durable line.</summary>
    internal long Offset { get; private set; }

    internal Head Head { get; private set; }

    /// <summary>Merkle root over all durable lines.</summary>
    internal Digest Root => _frontier.Root();

    /// <summary>Appends lines in one write, and returns once they are on stable storage.</summary>
    /// <param name="lines">Without line feeds, each naming the one before it; together within <see cref="Limits.LineBytes"/>.</param>
    /// <exception cref="DiskException">The write or the sync failed.</exception>
    internal void Append(params ReadOnlySpan<byte[]> lines)
    {
        var total = 0;
        foreach (var line in lines) total += line.Length + 1;
        if (total > Limits.LineBytes) throw new EntryRefusedException(Reason.TooLong, $"Lines of {total} bytes are more than one write may hold ({Limits.LineBytes}).");
        if (Offset + total > Limits.JournalBytes || Head.Seq + lines.Length > Limits.JournalLines) throw new EntryRefusedException(Reason.TooLong, "The journal has reached its greatest length.");

        var block = new byte[total];
        var at = 0;
        foreach (var line in lines)
        {
            line.CopyTo(block.AsSpan(at));
            block[at + line.Length] = (byte)'\n';
            at += line.Length + 1;
        }

        _file.Write(block, Offset);
        _file.Sync();

        Offset += total;
        foreach (var line in lines)
        {
            _frontier.Add(line);
            Head = new Head(Head.Seq + 1, Digest.Of(line));
        }

        _subscriptions.Publish(Head.Seq);
    }

    public void Dispose() => _file.Dispose();
}
