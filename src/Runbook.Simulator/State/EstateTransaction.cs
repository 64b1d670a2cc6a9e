using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Runbook.Simulator.State;

/// <summary>
/// Changes that happen together or not at all. Only one runs at a time; nobody sees its changes before it ended well.
/// </summary>
internal sealed class EstateTransaction(EstateSnapshot from, DateTimeOffset now, string seed) : EstateView
{
    private readonly ImmutableSortedSet<Row>?[] _changed = new ImmutableSortedSet<Row>?[Tables.All.Length];
    private readonly Dictionary<(int Table, string Key), Row?> _changes = [];
    private long? _ids;

    /// <summary>The time at which this happens; for overdue work the time it was due.</summary>
    public DateTimeOffset Now { get; } = now;

    public IReadOnlyDictionary<(int Table, string Key), Row?> Changes => _changes;

    protected override ImmutableSortedSet<Row> Rows(Table table) => _changed[table.Index] ?? from.AllRows[table.Index];

    public void Put<T>(Table<T> table, string key, T value)
        where T : class
    {
        var row = new Row(key, (object)value);
        var rows = Rows(table);
        _changed[table.Index] = rows.Remove(row).Add(row);
        _changes[(table.Index, key)] = row;
    }

    public bool Remove<T>(Table<T> table, string key)
        where T : class
    {
        var rows = Rows(table);
        var without = rows.Remove(new Row(key));
        if (ReferenceEquals(rows, without))
            return false;
        _changed[table.Index] = without;
        _changes[(table.Index, key)] = null;
        return true;
    }

    /// <summary>
    /// The next id of this estate: a function of its seed and of how many ids it gave before, so that the same calls in the
    /// same order make the same ids.
    /// </summary>
    public Guid NextGuid()
    {
        Span<byte> digest = stackalloc byte[32];
        NextDigest(digest);
        var bytes = digest[..16];
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>32 lower-case hexadecimal digits, from the same source as <see cref="NextGuid"/>.</summary>
    public string NextHex()
    {
        Span<byte> digest = stackalloc byte[32];
        NextDigest(digest);
        return Convert.ToHexStringLower(digest[..16]);
    }

    /// <summary>A number from 0 up to, not including, <paramref name="below"/>, from the same source.</summary>
    public int NextNumber(int below)
    {
        Span<byte> digest = stackalloc byte[32];
        NextDigest(digest);
        return (int)(BinaryPrimitives.ReadUInt64BigEndian(digest) % (ulong)below);
    }

    /// <summary>Work that will be done at <paramref name="due"/>, in the order of due times and then of scheduling.</summary>
    public void Schedule(DateTimeOffset due, string kind, string target, string? detail = null)
    {
        var sequence = TakeNumber(MetaKeys.DueSequence);
        var item = new DueItem { Due = due, Sequence = sequence, Kind = kind, Target = target, Detail = detail };
        Put(Tables.Due, item.Key, item);
    }

    /// <summary>Drops work of that kind for that target that has not been done yet.</summary>
    public void Unschedule(string kind, string target)
    {
        foreach (var (key, item) in this.Scan(Tables.Due).ToList())
            if (item.Kind == kind && item.Target == target)
                Remove(Tables.Due, key);
    }

    private void NextDigest(Span<byte> digest)
    {
        var number = TakeNumber(MetaKeys.Ids);
        SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}\n{number}"), digest);
    }

    private long TakeNumber(string key)
    {
        var next = key == MetaKeys.Ids && _ids is { } known ? known : Find(Tables.Meta, key)?.Number ?? 0;
        if (key == MetaKeys.Ids)
            _ids = next + 1;
        Put(Tables.Meta, key, new MetaRow { Number = next + 1 });
        return next;
    }

    /// <summary>The estate with the changes in it.</summary>
    public EstateSnapshot ToSnapshot()
    {
        var tables = from.AllRows.ToBuilder();
        for (var i = 0; i < _changed.Length; i++)
            if (_changed[i] is { } rows)
                tables[i] = rows;
        return new EstateSnapshot(from.Version + 1, tables.MoveToImmutable());
    }
}
