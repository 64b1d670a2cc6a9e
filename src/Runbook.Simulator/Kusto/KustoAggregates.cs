namespace Runbook.Simulator.Kusto;

/// <summary>The aggregate functions of <c>summarize</c>.</summary>
internal static class KustoAggregates
{
    /// <summary>One column that <c>summarize</c> makes out of the rows of a group.</summary>
    internal sealed record Measure(string Name, string Type, Func<IReadOnlyList<object?[]>, object?> Of);

    public static IEnumerable<Measure> Bind(string name, KustoExpression.Call call, KustoBinder binder, KustoTable table)
    {
        var arguments = call.Arguments.Select(argument => argument is KustoExpression.Star ? null : binder.Bind(argument)).ToList();
        var type = call.Arguments is [var head, ..] && head is not KustoExpression.Star ? binder.TypeOf(head) : "long";
        Func<object?[], object?> First() => arguments is [{ } first, ..] ? first : throw new KustoException($"'{call.Function}' needs an argument", call.At, call.Function);
        Func<object?[], object?> Second() => arguments.ElementAtOrDefault(1) ?? throw new KustoException($"'{call.Function}' needs two arguments", call.At, call.Function);
        switch (call.Function)
        {
            case "count":
                return [new Measure(name, "long", rows => (long)rows.Count)];
            case "countif":
                var test = First();
                return [new Measure(name, "long", rows => (long)rows.Count(row => KustoValue.Flag(test(row)) == true))];
            case "dcount" or "count_distinct":
                var counted = First();
                return [new Measure(name, "long", rows => (long)rows.Select(row => KustoValue.Key(counted(row))).Distinct().Count())];
            case "sum":
                var summed = First();
                return [new Measure(name, type == "long" ? "long" : "real", rows => Sum(rows.Select(summed)))];
            case "sumif":
                var (added, when) = (First(), Second());
                return [new Measure(name, type == "long" ? "long" : "real", rows => Sum(rows.Where(row => KustoValue.Flag(when(row)) == true).Select(added)))];
            case "avg":
                var averaged = First();
                return [new Measure(name, "real", rows => rows.Select(row => KustoValue.Number(averaged(row))).OfType<double>().ToList() is { Count: > 0 } numbers ? numbers.Average() : null)];
            case "min":
                var least = First();
                return [new Measure(name, type, rows => Extreme(rows.Select(least), smallest: true))];
            case "max":
                var most = First();
                return [new Measure(name, type, rows => Extreme(rows.Select(most), smallest: false))];
            case "percentile":
                var (ranked, part) = (First(), Second());
                return [new Measure(name, "real", rows => Percentile(rows.Select(row => KustoValue.Number(ranked(row))).OfType<double>(), KustoValue.Number(part(rows.Count > 0 ? rows[0] : [])) ?? 50))];
            case "any" or "take_any" when arguments.Count == 1 && arguments[0] is { } any:
                return [new Measure(name, type, rows => rows.Select(any).FirstOrDefault(value => KustoValue.Plain(value) is not null and not ""))];
            case "any" or "take_any":
                return table.Columns.Select((column, at) => new Measure(column.Name, column.Type, rows => rows.Count > 0 ? rows[0][at] : null));
            case "make_list":
                var listed = First();
                return [new Measure(name, "dynamic", rows => KustoValue.List(rows.Select(listed).Where(value => value is not null)))];
            case "make_set":
                var kept = First();
                return [new Measure(name, "dynamic", rows => KustoValue.List(rows.Select(kept).Where(value => value is not null).DistinctBy(KustoValue.Key)))];
            case "arg_max" or "arg_min":
                return Arg(call, binder, table, First(), type);
            default:
                throw new KustoException($"there is no aggregate function '{call.Function}' in this subset", call.At, call.Function);
        }
    }

    private static IEnumerable<Measure> Arg(KustoExpression.Call call, KustoBinder binder, KustoTable table, Func<object?[], object?> by, string type)
    {
        var smallest = call.Function == "arg_min";
        object?[]? Best(IReadOnlyList<object?[]> rows)
        {
            object?[]? best = null;
            foreach (var row in rows)
                if (by(row) is { } value && (best is null || (smallest ? KustoValue.Order(value, by(best)) < 0 : KustoValue.Order(value, by(best)) > 0)))
                    best = row;
            return best;
        }
        var head = call.Arguments[0] is KustoExpression.Name name ? name.Text : "max_";
        yield return new Measure(head, type, rows => Best(rows) is { } row ? by(row) : null);
        foreach (var argument in call.Arguments.Skip(1))
        {
            if (argument is KustoExpression.Star)
            {
                foreach (var (column, at) in table.Columns.Select((column, at) => (column, at)))
                    if (!column.Name.Equals(head, StringComparison.OrdinalIgnoreCase))
                        yield return new Measure(column.Name, column.Type, rows => Best(rows)?[at]);
                continue;
            }
            var of = binder.Bind(argument);
            yield return new Measure(argument is KustoExpression.Name given ? given.Text : "Column", binder.TypeOf(argument), rows => Best(rows) is { } row ? of(row) : null);
        }
    }

    private static object? Sum(IEnumerable<object?> values)
    {
        var all = values.Select(KustoValue.Plain).Where(value => value is not null).ToList();
        if (all.TrueForAll(value => value is long))
            return all.Aggregate(0L, (sum, value) => unchecked(sum + (long)value!));
        return all.TrueForAll(value => value is TimeSpan)
            ? all.Aggregate(TimeSpan.Zero, (sum, value) => sum + (TimeSpan)value!)
            : all.Sum(value => KustoValue.Number(value) ?? 0);
    }

    private static object? Extreme(IEnumerable<object?> values, bool smallest)
    {
        object? best = null;
        foreach (var value in values.Select(KustoValue.Plain))
            if (value is not null && (best is null || (smallest ? KustoValue.Order(value, best) < 0 : KustoValue.Order(value, best) > 0)))
                best = value;
        return best;
    }

    private static object? Percentile(IEnumerable<double> values, double part)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? null : sorted[Math.Clamp((int)Math.Ceiling(part / 100 * sorted.Count) - 1, 0, sorted.Count - 1)];
    }
}
