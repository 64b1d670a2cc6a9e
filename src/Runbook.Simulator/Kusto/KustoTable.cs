namespace Runbook.Simulator.Kusto;

/// <summary>A column: its name, and its type as the language calls it (<c>string</c>, <c>long</c>, <c>real</c>, <c>bool</c>, <c>datetime</c>, <c>timespan</c>, <c>dynamic</c>).</summary>
internal readonly record struct KustoColumn(string Name, string Type);

/// <summary>Rows under columns. The rows may be made while they are read.</summary>
internal sealed record KustoTable(IReadOnlyList<KustoColumn> Columns, IEnumerable<object?[]> Rows)
{
    /// <summary>Position of a column, or -1. Names compare exactly first, then without case.</summary>
    public int IndexOf(string name)
    {
        for (var i = 0; i < Columns.Count; i++)
            if (Columns[i].Name == name)
                return i;
        for (var i = 0; i < Columns.Count; i++)
            if (Columns[i].Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                return i;
        return -1;
    }
}
