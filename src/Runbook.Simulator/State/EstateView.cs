using System.Collections.Immutable;

namespace Runbook.Simulator.State;

/// <summary>Reading the estate: what a snapshot and a running transaction have in common.</summary>
internal abstract class EstateView
{
    protected abstract ImmutableSortedSet<Row> Rows(Table table);

    /// <summary>The document under that key, or <see langword="null"/>.</summary>
    public T? Find<T>(Table<T> table, string key)
        where T : class =>
        Rows(table).TryGetValue(new Row(key), out var row) ? (T)row.Value(table) : null;

    public bool Has<T>(Table<T> table, string key)
        where T : class =>
        Rows(table).Contains(new Row(key));

    /// <summary>Documents whose key begins with <paramref name="prefix"/>, in key order, after <paramref name="after"/> where given.</summary>
    public IEnumerable<KeyValuePair<string, T>> Scan<T>(Table<T> table, string prefix = "", string? after = null)
        where T : class
    {
        var rows = Rows(table);
        var from = rows.IndexOf(new Row(after ?? prefix));
        var at = from >= 0 ? after is null ? from : from + 1 : ~from;
        for (; at < rows.Count; at++)
        {
            var row = rows[at];
            if (!row.Key.StartsWith(prefix, StringComparison.Ordinal))
                yield break;
            yield return new(row.Key, (T)row.Value(table));
        }
    }

    public int Count(Table table) => Rows(table).Count;

    /// <summary>How many keys begin with that prefix; costs the logarithm of the table's size.</summary>
    public int CountWithPrefix(Table table, string prefix)
    {
        var rows = Rows(table);
        var from = rows.IndexOf(new Row(prefix));
        var to = rows.IndexOf(new Row(prefix + '\uffff'));
        return (to < 0 ? ~to : to) - (from < 0 ? ~from : from);
    }

    public string? FirstKey(Table table)
    {
        var rows = Rows(table);
        return rows.Count == 0 ? null : rows[0].Key;
    }
}
