namespace Runbook.Simulator.State;

/// <summary>
/// A document under its key. Rows that come from the state file are parsed when they are first looked at, so that a large
/// estate opens at once.
/// </summary>
internal sealed class Row
{
    private object? _value;
    private byte[]? _json;

    /// <summary>A probe for look-ups: a key without a document.</summary>
    public Row(string key) => Key = key;

    public Row(string key, object value)
    {
        Key = key;
        _value = value;
    }

    public Row(string key, byte[] json)
    {
        Key = key;
        _json = json;
    }

    public string Key { get; }

    public object Value(Table table)
    {
        if (Volatile.Read(ref _value) is { } known)
            return known;
        var parsed = table.Parse(_json);
        // Two readers may both parse; whichever stored first wins and both see equal documents.
        var stored = Interlocked.CompareExchange(ref _value, parsed, null) ?? parsed;
        _json = null;
        return stored;
    }

    public sealed class ByKey : IComparer<Row>
    {
        public static ByKey Order { get; } = new();

        public int Compare(Row? x, Row? y) => string.CompareOrdinal(x!.Key, y!.Key);
    }
}
