using Runbook.Journal;

namespace Runbook.TestKit;

/// <summary>A file or folder of a <see cref="FaultyDisk"/>: what the page cache holds, and what is on stable storage.</summary>
internal sealed class MemoryNode(DiskEntryKind kind)
{
    private readonly List<(long Offset, byte[] Bytes)> _pendingWrites = [];
    private readonly List<Action<SortedDictionary<string, MemoryNode>>> _pendingNames = [];
    private byte[] _synced = [];
    private SortedDictionary<string, MemoryNode> _syncedNames = new(StringComparer.Ordinal);

    internal DiskEntryKind Kind { get; } = kind;

    internal byte[] Bytes { get; private set; } = [];

    internal SortedDictionary<string, MemoryNode> Names { get; private set; } = new(StringComparer.Ordinal);

    internal bool IsReadOnly { get; set; }

    internal void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        _pendingWrites.Add((offset, bytes.ToArray()));
        Bytes = Written(Bytes, offset, bytes);
    }

    internal void Replace(byte[] bytes)
    {
        Bytes = bytes;
        _synced = bytes;
        _pendingWrites.Clear();
    }

    internal void Sync()
    {
        _synced = Bytes;
        _pendingWrites.Clear();
    }

    internal void ChangeNames(Action<SortedDictionary<string, MemoryNode>> change)
    {
        change(Names);
        _pendingNames.Add(change);
    }

    internal void SyncNames()
    {
        _syncedNames = new SortedDictionary<string, MemoryNode>(Names, StringComparer.Ordinal);
        _pendingNames.Clear();
    }

    /// <summary>What is left when the process is gone and the machine runs on.</summary>
    internal MemoryNode AfterKill(Dictionary<MemoryNode, MemoryNode> known)
        => Copy(known, Bytes, Names, n => n.AfterKill(known));

    /// <summary>What is left when the power is gone: what was synced, and of the rest a beginning, its last write perhaps torn.</summary>
    internal MemoryNode AfterPowerLoss(Random chance, Dictionary<MemoryNode, MemoryNode> known)
    {
        if (known.TryGetValue(this, out var done)) return done;
        var names = new SortedDictionary<string, MemoryNode>(_syncedNames, StringComparer.Ordinal);
        foreach (var change in _pendingNames.Take(chance.Next(_pendingNames.Count + 1))) change(names);
        return Copy(known, BytesAfterPowerLoss(chance), names, n => n.AfterPowerLoss(chance, known));
    }

    private static byte[] Written(byte[] before, long offset, ReadOnlySpan<byte> bytes)
    {
        var after = new byte[Math.Max(before.Length, offset + bytes.Length)];
        before.CopyTo(after, 0);
        bytes.CopyTo(after.AsSpan((int)offset));
        return after;
    }

    private byte[] BytesAfterPowerLoss(Random chance)
    {
        var bytes = _synced;
        var whole = chance.Next(_pendingWrites.Count + 1);
        foreach (var (offset, written) in _pendingWrites.Take(whole)) bytes = Written(bytes, offset, written);
        if (whole == _pendingWrites.Count) return bytes;

        var (at, torn) = _pendingWrites[whole];
        var kept = torn[..chance.Next(torn.Length)];
        // Some file systems extend the size before the block is there: the rest reads as zeros.
        return chance.Next(2) == 0 ? Written(bytes, at, kept) : Written(bytes, at, [.. kept, .. new byte[torn.Length - kept.Length]]);
    }

    private MemoryNode Copy(Dictionary<MemoryNode, MemoryNode> known, byte[] bytes, SortedDictionary<string, MemoryNode> names, Func<MemoryNode, MemoryNode> child)
    {
        if (known.TryGetValue(this, out var done)) return done;
        var copy = new MemoryNode(Kind) { IsReadOnly = IsReadOnly };
        known.Add(this, copy);
        copy.Replace(bytes);
        foreach (var (name, node) in names) copy.Names.Add(name, child(node));
        copy.SyncNames();
        return copy;
    }
}
