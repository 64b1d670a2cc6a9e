using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Runbook.Journal;

/// <summary>
/// One observer of a journal that is being written: learns how far it is durable, and reads the entries up to there.
/// </summary>
/// <remarks>The channel carries one number and forgets older ones, so a slow observer neither blocks the writer nor loses
/// an entry.</remarks>
public sealed class JournalSubscription : IDisposable
{
    private readonly IJournalDisk _disk;
    private readonly string _journal;
    private readonly Action<JournalSubscription> _end;
    private readonly Channel<long> _durableUpTo = Channel.CreateBounded<long>(new BoundedChannelOptions(1)
    {
        FullMode = BoundedChannelFullMode.DropOldest,
        SingleWriter = true,
    });

    internal JournalSubscription(IJournalDisk disk, string journal, Action<JournalSubscription> end)
        => (_disk, _journal, _end) = (disk, journal, end);

    /// <summary>The number of the last durable line, whenever it grows. Completed once the writer is gone. Read either
    /// this or <see cref="ReadAllAsync"/>: each number is seen once.</summary>
    public ChannelReader<long> DurableUpTo => _durableUpTo.Reader;

    /// <summary>All entries from the first line on, each once it is durable.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Ends when the writer is gone and everything durable was given.</returns>
    /// <exception cref="JournalReadException">A line does not read back as it was written: the file was changed.</exception>
    public async IAsyncEnumerable<JournalLine> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = JournalReader.Open(_disk, _journal);
        await foreach (var upTo in _durableUpTo.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            while (reader.Head.Seq < upTo) yield return reader.Next() ?? throw new JournalReadException(reader.Head.Seq + 1, Reason.NoLf, "the line is not there");
        }
    }

    /// <summary>Ends the observation.</summary>
    public void Dispose()
    {
        _end(this);
        Complete();
    }

    internal void Publish(long durableUpTo) => _durableUpTo.Writer.TryWrite(durableUpTo);

    internal void Complete() => _durableUpTo.Writer.TryComplete();
}
