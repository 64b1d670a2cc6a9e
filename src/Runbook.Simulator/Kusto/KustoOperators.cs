using System.Text.Json;
using Runbook.Simulator.Faults;

namespace Runbook.Simulator.Kusto;

/// <summary>The tabular operators: from table to table, row by row where that is possible.</summary>
internal static class KustoOperators
{
    public static KustoTable Where(KustoTable table, Func<object?[], object?> condition) =>
        table with { Rows = table.Rows.Where(row => KustoValue.Flag(condition(row)) == true) };

    public static KustoTable Take(KustoTable table, int count) => table with { Rows = table.Rows.Take(count) };

    public static KustoTable CountRows(KustoTable table) => new([new KustoColumn("Count", "long")], Lazily(() => [[(long)table.Rows.Count()]]));

    public static KustoTable Extend(KustoTable table, IReadOnlyList<KustoNamed> added, KustoBinder binder)
    {
        var columns = table.Columns.ToList();
        var places = new List<(int At, Func<object?[], object?> Of)>();
        foreach (var item in added)
        {
            // A later expression sees what an earlier one of the same operator did not change.
            var at = table.IndexOf(item.Name);
            var column = new KustoColumn(item.Name, binder.TypeOf(item.Expression));
            if (at < 0)
            {
                at = columns.Count;
                columns.Add(column);
            }
            else
            {
                columns[at] = column;
            }
            places.Add((at, binder.Bind(item.Expression)));
        }
        var width = columns.Count;
        return new KustoTable(columns, table.Rows.Select(row =>
        {
            var made = new object?[width];
            row.CopyTo(made, 0);
            foreach (var (at, of) in places)
                made[at] = KustoValue.Plain(of(row));
            return made;
        }));
    }

    public static KustoTable Project(KustoTable table, IReadOnlyList<KustoNamed> kept, KustoBinder binder)
    {
        var columns = kept.Select(item => new KustoColumn(item.Name, binder.TypeOf(item.Expression))).ToList();
        var values = kept.Select(item => binder.Bind(item.Expression)).ToArray();
        return new KustoTable(columns, table.Rows.Select(row => Array.ConvertAll(values, value => KustoValue.Plain(value(row)))));
    }

    public static KustoTable Keep(KustoTable table, IReadOnlyList<string> patterns, bool keep)
    {
        var places = Enumerable.Range(0, table.Columns.Count)
            .Where(at => patterns.Any(pattern => Glob.Matches(pattern, table.Columns[at].Name)) == keep)
            .ToArray();
        return Arranged(table, places);
    }

    public static KustoTable Reorder(KustoTable table, IReadOnlyList<string> patterns)
    {
        var places = patterns.SelectMany(pattern => Enumerable.Range(0, table.Columns.Count).Where(at => Glob.Matches(pattern, table.Columns[at].Name)))
            .Concat(Enumerable.Range(0, table.Columns.Count)).Distinct().ToArray();
        return Arranged(table, places);
    }

    private static KustoTable Arranged(KustoTable table, int[] places) =>
        new([.. places.Select(at => table.Columns[at])], table.Rows.Select(row => Array.ConvertAll(places, at => row[at])));

    public static KustoTable Distinct(KustoTable table) => table with { Rows = table.Rows.DistinctBy(row => KeyOf(row, null)) };

    private static string KeyOf(object?[] row, IReadOnlyList<int>? places) =>
        string.Join('\u001f', places is null ? row.Select(KustoValue.Key) : places.Select(at => KustoValue.Key(row[at])));

    public static KustoTable Order(KustoTable table, IReadOnlyList<(Func<object?[], object?> Key, bool Descending, bool NullsFirst)> orders) => table with
    {
        Rows = Lazily(() =>
        {
            var keyed = Counted(table.Rows).Select(row => (Row: row, Keys: orders.Select(order => KustoValue.Plain(order.Key(row))).ToArray())).ToList();
            return keyed.Order(Comparer<(object?[] Row, object?[] Keys)>.Create((a, b) => Compare(a.Keys, b.Keys, orders))).Select(item => item.Row);
        }),
    };

    private static int Compare(object?[] a, object?[] b, IReadOnlyList<(Func<object?[], object?> Key, bool Descending, bool NullsFirst)> orders)
    {
        for (var i = 0; i < orders.Count; i++)
        {
            var (x, y) = (a[i] is "" ? null : a[i], b[i] is "" ? null : b[i]);
            if (x is null || y is null)
            {
                if (x is null && y is null)
                    continue;
                return (x is null) == orders[i].NullsFirst ? -1 : 1;
            }
            var order = KustoValue.Order(x, y) ?? string.CompareOrdinal(KustoValue.Text(x), KustoValue.Text(y));
            if (order != 0)
                return orders[i].Descending ? -order : order;
        }
        return 0;
    }

    public static KustoTable Summarize(KustoTable table, IReadOnlyList<KustoNamed> keys, IReadOnlyList<KustoAggregates.Measure> measures, KustoBinder binder)
    {
        var by = keys.Select(key => binder.Bind(key.Expression)).ToArray();
        List<KustoColumn> columns = [.. keys.Select(key => new KustoColumn(key.Name, binder.TypeOf(key.Expression))), .. measures.Select(measure => new KustoColumn(measure.Name, measure.Type))];
        return new KustoTable(columns, Lazily(() =>
        {
            var groups = new Dictionary<string, (object?[] Keys, List<object?[]> Rows)>(StringComparer.Ordinal);
            foreach (var row in Counted(table.Rows))
            {
                var values = Array.ConvertAll(by, key => KustoValue.Plain(key(row)));
                var name = string.Join('\u001f', values.Select(KustoValue.Key));
                if (!groups.TryGetValue(name, out var group))
                    groups[name] = group = (values, []);
                group.Rows.Add(row);
            }
            if (by.Length == 0 && groups.Count == 0)
                groups[""] = ([], []);
            return groups.Values.Select(group => (object?[])[.. group.Keys, .. measures.Select(measure => measure.Of(group.Rows))]);
        }));
    }

    public static KustoTable Expand(KustoTable table, IReadOnlyList<KustoNamed> expansions, string? type, int limit, KustoBinder binder)
    {
        var columns = table.Columns.ToList();
        var places = new List<(int At, Func<object?[], object?> Of)>();
        foreach (var item in expansions)
        {
            var at = table.IndexOf(item.Name);
            if (at < 0)
            {
                at = columns.Count;
                columns.Add(new KustoColumn(item.Name, type ?? "dynamic"));
            }
            places.Add((at, binder.Bind(item.Expression)));
        }
        return new KustoTable(columns, table.Rows.SelectMany(row => Expanded(row, columns.Count, places, limit)));
    }

    /// <summary>Several lists go in step; a row without any item stays, as one row with nothing in it.</summary>
    private static IEnumerable<object?[]> Expanded(object?[] row, int width, List<(int At, Func<object?[], object?> Of)> places, int limit)
    {
        var lists = places.Select(place => Items(place.Of(row))).ToList();
        var count = Math.Min(limit, Math.Max(1, lists.Max(list => list.Count)));
        for (var i = 0; i < count; i++)
        {
            var made = new object?[width];
            row.CopyTo(made, 0);
            for (var j = 0; j < places.Count; j++)
                made[places[j].At] = i < lists[j].Count ? lists[j][i] : null;
            yield return made;
        }
    }

    private static List<object?> Items(object? value) => value is not JsonElement json ? [value]
        : json.ValueKind switch
        {
            JsonValueKind.Array => [.. json.EnumerateArray().Select(item => KustoValue.Plain(item))],
            JsonValueKind.Object => [.. json.EnumerateObject().Select(member => (object?)KustoValue.Parse($"{{{JsonSerializer.Serialize(member.Name)}:{member.Value.GetRawText()}}}"))],
            _ => [KustoValue.Plain(json)],
        };

    /// <returns><see langword="null"/> for a kind that there is not.</returns>
    public static KustoTable? Join(KustoTable left, KustoTable right, IReadOnlyList<(int Left, int Right)> pairs, string kind)
    {
        var leftKeys = pairs.Select(pair => pair.Left).ToArray();
        var rightKeys = pairs.Select(pair => pair.Right).ToArray();
        switch (kind)
        {
            case "leftsemi" or "leftanti" or "anti" or "leftantisemi":
                return left with { Rows = Lazily(() => Filtered(left, right, leftKeys, rightKeys, kind == "leftsemi")) };
            case "rightsemi" or "rightanti" or "rightantisemi":
                return right with { Rows = Lazily(() => Filtered(right, left, rightKeys, leftKeys, kind == "rightsemi")) };
            case "inner" or "innerunique" or "leftouter" or "rightouter" or "fullouter":
                break;
            default:
                return null;
        }
        var columns = left.Columns.ToList();
        foreach (var column in right.Columns)
        {
            // A name that is taken gets a number.
            var name = column.Name;
            for (var number = 1; columns.Any(known => known.Name == name); number++)
                name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{column.Name}{number}");
            columns.Add(column with { Name = name });
        }
        return new KustoTable(columns, Counted(Lazily(() => Joined(left, right, leftKeys, rightKeys, kind))));
    }

    private static IEnumerable<object?[]> Filtered(KustoTable kept, KustoTable other, int[] keptKeys, int[] otherKeys, bool wanted)
    {
        var known = other.Rows.Select(row => KeyOf(row, otherKeys)).ToHashSet(StringComparer.Ordinal);
        return kept.Rows.Where(row => known.Contains(KeyOf(row, keptKeys)) == wanted);
    }

    private static IEnumerable<object?[]> Joined(KustoTable left, KustoTable right, int[] leftKeys, int[] rightKeys, string kind)
    {
        var byKey = Counted(right.Rows).ToLookup(row => KeyOf(row, rightKeys), StringComparer.Ordinal);
        var met = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in left.Rows)
        {
            var key = KeyOf(row, leftKeys);
            var isNew = met.Add(key);
            if (kind == "innerunique" && !isNew)
                continue;
            var any = false;
            foreach (var other in byKey[key])
            {
                any = true;
                yield return [.. row, .. other];
            }
            if (!any && kind is "leftouter" or "fullouter" && !byKey[key].Any())
                yield return [.. row, .. new object?[right.Columns.Count]];
        }
        if (kind is "rightouter" or "fullouter")
            foreach (var group in byKey)
                if (!met.Contains(group.Key))
                    foreach (var other in group)
                        yield return [.. new object?[left.Columns.Count], .. other];
    }

    public static KustoTable Union(IReadOnlyList<KustoTable> tables)
    {
        var columns = new List<KustoColumn>();
        foreach (var column in tables.SelectMany(table => table.Columns))
            if (!columns.Any(known => known.Name == column.Name))
                columns.Add(column);
        return new KustoTable(columns, tables.SelectMany(table =>
        {
            var places = columns.Select(column => table.Columns.Select((known, at) => (known, at)).Where(pair => pair.known.Name == column.Name).Select(pair => pair.at).DefaultIfEmpty(-1).First()).ToArray();
            return table.Rows.Select(row => Array.ConvertAll(places, at => at < 0 ? null : row[at]));
        }));
    }

    private static IEnumerable<object?[]> Lazily(Func<IEnumerable<object?[]>> make)
    {
        foreach (var row in make())
            yield return row;
    }

    /// <summary>Passes rows on, up to the limit of a query's step.</summary>
    public static IEnumerable<object?[]> Counted(IEnumerable<object?[]> rows)
    {
        var count = 0;
        foreach (var row in rows)
        {
            if (++count > Limits.QueryRows)
                throw new KustoException($"a step of the query makes more than {Limits.QueryRows} rows", 0, "");
            yield return row;
        }
    }
}
