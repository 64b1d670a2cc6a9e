using System.Globalization;

namespace Runbook.Simulator.Kusto;

/// <summary>Reads the steps of a query, the parts behind its bars: each becomes a function from table to table as it is read.</summary>
internal sealed class KustoStepParser(KustoReader reader, KustoExpressionParser expressions, KustoParser parser)
{
    public KustoTable Step(KustoTable table)
    {
        var at = reader.Here;
        var word = reader.Word().ToLowerInvariant();
        switch (word)
        {
            case "where" or "filter":
                return KustoOperators.Where(table, parser.Binder(table.Columns).Bind(expressions.Expression()));
            case "extend":
                return KustoOperators.Extend(table, expressions.NamedList(), parser.Binder(table.Columns));
            case "project":
                return KustoOperators.Project(table, expressions.NamedList(), parser.Binder(table.Columns));
            case "project-away":
                return KustoOperators.Keep(table, Patterns(), keep: false);
            case "project-keep":
                return KustoOperators.Keep(table, Patterns(), keep: true);
            case "project-rename":
                return Rename(table);
            case "project-reorder":
                return KustoOperators.Reorder(table, Patterns());
            case "distinct":
                return reader.Take("*") ? KustoOperators.Distinct(table) : KustoOperators.Distinct(KustoOperators.Project(table, expressions.NamedList(), parser.Binder(table.Columns)));
            case "take" or "limit":
                parser.IsLimited = true;
                return KustoOperators.Take(table, Count());
            case "top":
                return Top(table);
            case "order" or "sort":
                reader.Need("by");
                return KustoOperators.Order(table, Orders(table));
            case "count":
                return KustoOperators.CountRows(table);
            case "summarize":
                return Summarize(table);
            case "mv-expand" or "mvexpand":
                return Expand(table);
            case "join":
                return Join(table);
            case "union":
                return Union(table);
            default:
                throw new KustoException($"there is no operator '{word}' in this subset", at.At, at.Text);
        }
    }

    private KustoTable Rename(KustoTable table)
    {
        var columns = table.Columns.ToList();
        do
        {
            var name = reader.Word();
            reader.Need("=");
            var at = table.IndexOf(reader.Word());
            if (at < 0)
                throw reader.Bad("there is no such column");
            columns[at] = columns[at] with { Name = name };
        }
        while (reader.Take(","));
        return table with { Columns = columns };
    }

    private List<string> Patterns()
    {
        var patterns = new List<string>();
        do
        {
            var name = reader.Here.Is("*") ? "" : reader.Word();
            while (reader.Take("*"))
                name += "*";
            patterns.Add(name);
        }
        while (reader.Take(","));
        return patterns;
    }

    private int Count()
    {
        if (reader.Here.Kind != KustoTokenKind.Number || !int.TryParse(reader.Here.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            throw reader.Bad("a number of rows is expected");
        reader.Next();
        return count;
    }

    private KustoTable Top(KustoTable table)
    {
        var count = Count();
        reader.Need("by");
        parser.IsLimited = true;
        return KustoOperators.Take(KustoOperators.Order(table, Orders(table)), count);
    }

    private List<(Func<object?[], object?> Key, bool Descending, bool NullsFirst)> Orders(KustoTable table)
    {
        var orders = new List<(Func<object?[], object?>, bool, bool)>();
        do
        {
            var key = parser.Binder(table.Columns).Bind(expressions.Expression());
            var descending = !reader.Take("asc");
            if (descending)
                reader.Take("desc");
            var first = !descending;
            if (reader.Take("nulls"))
                first = reader.Take("first") || (reader.Take("last") ? false : throw reader.Bad("'first' or 'last' is expected"));
            orders.Add((key, descending, first));
        }
        while (reader.Take(","));
        return orders;
    }

    private KustoTable Summarize(KustoTable table)
    {
        var binder = parser.Binder(table.Columns);
        var measures = new List<KustoAggregates.Measure>();
        while (!reader.Here.Is("by") && reader.Here.Kind != KustoTokenKind.End && !reader.Here.Is("|") && !reader.Here.Is(")"))
        {
            var named = expressions.Named();
            if (named.Expression is not KustoExpression.Call call)
                throw new KustoException("an aggregate function is expected", named.Expression.At, named.Name);
            measures.AddRange(KustoAggregates.Bind(named.Name, call, binder, table));
            if (!reader.Take(","))
                break;
        }
        var keys = reader.Take("by") ? expressions.NamedList() : [];
        return KustoOperators.Summarize(table, keys, measures, binder);
    }

    private KustoTable Expand(KustoTable table)
    {
        var expansions = new List<KustoNamed>();
        string? type = null;
        do
        {
            expansions.Add(expressions.Named());
            if (reader.Take("to"))
            {
                reader.Need("typeof");
                reader.Need("(");
                type = reader.Word();
                reader.Need(")");
            }
        }
        while (reader.Take(","));
        var limit = reader.Take("limit") ? Count() : int.MaxValue;
        return KustoOperators.Expand(table, expansions, type, limit, parser.Binder(table.Columns));
    }

    private KustoTable Join(KustoTable left)
    {
        var kind = "innerunique";
        while (reader.Here.Kind == KustoTokenKind.Word && !reader.Here.Is("on") && reader.Ahead(1).Is("="))
        {
            var option = reader.Word().ToLowerInvariant();
            reader.Need("=");
            var value = reader.Word().ToLowerInvariant();
            if (option == "kind")
                kind = value;
            else if (!option.StartsWith("hint", StringComparison.Ordinal))
                throw reader.Bad($"there is no option '{option}' of join");
        }
        KustoTable right;
        if (reader.Take("("))
        {
            right = parser.Tabular();
            reader.Need(")");
        }
        else
        {
            right = parser.Source();
        }
        reader.Need("on");
        var pairs = new List<(int Left, int Right)>();
        do
        {
            if (reader.Take("$left"))
            {
                reader.Need(".");
                var l = reader.Word();
                reader.Need("==");
                reader.Need("$right");
                reader.Need(".");
                pairs.Add((Column(left, l), Column(right, reader.Word())));
            }
            else
            {
                var name = reader.Word();
                pairs.Add((Column(left, name), Column(right, name)));
            }
        }
        while (reader.Take(","));
        return KustoOperators.Join(left, right, pairs, kind) ?? throw reader.Bad($"there is no join of the kind '{kind}' in this subset");
    }

    private int Column(KustoTable table, string name) => table.IndexOf(name) is >= 0 and var at ? at : throw reader.Bad($"there is no column '{name}'");

    public KustoTable Union(KustoTable? first)
    {
        var tables = new List<KustoTable>();
        if (first is not null)
            tables.Add(first);
        while (reader.Here.Kind == KustoTokenKind.Word && reader.Ahead(1).Is("="))
        {
            var option = reader.Word();
            reader.Need("=");
            var value = reader.Word();
            if (option.Equals("withsource", StringComparison.OrdinalIgnoreCase) || (option.Equals("kind", StringComparison.OrdinalIgnoreCase) && !value.Equals("outer", StringComparison.OrdinalIgnoreCase)))
                throw reader.Bad($"'{option}={value}' of union is not part of this subset");
        }
        do
        {
            if (reader.Take("("))
            {
                tables.Add(parser.Tabular());
                reader.Need(")");
            }
            else
            {
                tables.Add(parser.Source());
            }
        }
        while (reader.Take(","));
        return KustoOperators.Union(tables);
    }
}
