using System.Globalization;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;

namespace Runbook.Simulator.Kusto;

/// <summary>
/// Reads a query: <c>let</c> statements, then one tabular expression. Operators become functions from table to table as they are read.
/// </summary>
internal sealed class KustoParser
{
    private static readonly string[] Comparisons =
        ["==", "!=", "=~", "!~", "<", "<=", ">", ">=", "has", "has_cs", "hasprefix", "hassuffix", "contains", "contains_cs", "startswith", "startswith_cs", "endswith", "endswith_cs"];

    private readonly string _query;
    private readonly List<KustoToken> _tokens;
    private readonly Func<string, KustoTable?> _tables;
    private readonly Dictionary<string, object?> _scalars;
    private readonly Dictionary<string, Func<KustoTable>> _lets = new(StringComparer.Ordinal);
    private readonly DateTimeOffset _now;
    private int _at;
    private int _depth;

    private KustoParser(string query, Func<string, KustoTable?> tables, DateTimeOffset now)
    {
        _query = query;
        _tokens = KustoLexer.Read(query);
        _tables = tables;
        _now = now;
        _scalars = new Dictionary<string, object?>(StringComparer.Ordinal);
    }

    /// <summary>Whether the query ends in a limit, so that its pages can't be told apart.</summary>
    public bool IsLimited { get; private set; }

    private KustoToken Here => _tokens[_at];

    /// <summary>Reads a query over the tables that the function knows, and makes what it describes.</summary>
    /// <param name="query">At most <see cref="Limits.QueryCharacters"/> characters.</param>
    /// <param name="tables">The table under a name, or <see langword="null"/>.</param>
    /// <param name="now">What <c>now()</c> and <c>ago()</c> count from.</param>
    /// <param name="limited">Whether the query ends in a limit.</param>
    /// <exception cref="KustoException">The query can't be read, or goes beyond a limit.</exception>
    public static KustoTable Run(string query, Func<string, KustoTable?> tables, DateTimeOffset now, out bool limited)
    {
        if (query.Length > Limits.QueryCharacters)
            throw new KustoException("the query is too long", Limits.QueryCharacters, "");
        var parser = new KustoParser(query, tables, now);
        var table = parser.Whole();
        limited = parser.IsLimited;
        return table;
    }

    private KustoException Bad(string why) => new(why, Here.At, Here.Text);

    private bool Take(string text)
    {
        if (!Here.Is(text))
            return false;
        _at++;
        return true;
    }

    private void Need(string text)
    {
        if (!Take(text))
            throw Bad($"'{text}' is expected");
    }

    private string Word()
    {
        if (Here.Kind == KustoTokenKind.Word)
            return _tokens[_at++].Text;
        if (Take("["))
        {
            // ['a name'] stands for a name that is no word.
            if (Here.Kind != KustoTokenKind.Text)
                throw Bad("a name is expected");
            var name = _tokens[_at++].Text;
            Need("]");
            return name;
        }
        throw Bad("a name is expected");
    }

    private KustoTable Whole()
    {
        while (Take("let"))
        {
            var name = Word();
            Need("=");
            if (IsTabular())
            {
                var made = Materialized(Tabular());
                _lets[name] = () => made;
            }
            else
            {
                var expression = Expression();
                _scalars[name] = Binder([]).Bind(expression)([]);
            }
            Need(";");
        }
        var table = Tabular();
        Take(";");
        return Here.Kind == KustoTokenKind.End ? table : throw Bad("the query goes on where it should end");
    }

    private static KustoTable Materialized(KustoTable table) => table with { Rows = [.. Counted(table.Rows)] };

    /// <summary>Whether a <c>let</c>'s right side is a table: it begins with a table's name and is no call.</summary>
    private bool IsTabular() => Here.Kind == KustoTokenKind.Word && !_tokens[_at + 1].Is("(") && (_lets.ContainsKey(Here.Text) || _tables(Here.Text) is not null || Here.Is("union"));

    private KustoBinder Binder(IReadOnlyList<KustoColumn> columns) => new(columns, _scalars, _now);

    private KustoTable Tabular()
    {
        if (++_depth > Limits.QueryDepth)
            throw Bad("the query is nested too deeply");
        var table = Source();
        IsLimited = false;
        while (Take("|"))
        {
            IsLimited = false;
            table = Step(table);
        }
        _depth--;
        return table;
    }

    private KustoTable Source()
    {
        if (Take("("))
        {
            var inner = Tabular();
            Need(")");
            return inner;
        }
        if (Here.Is("union"))
        {
            _at++;
            return Union(null);
        }
        // ARG: a query may begin with an operator; then it is about the resources.
        if (Here.Kind == KustoTokenKind.Word && _tables(Here.Text) is null && !_lets.ContainsKey(Here.Text) && _tables("resources") is { } standing && Here.Text.ToLowerInvariant() is "where" or "project" or "summarize" or "extend")
            return Step(standing);
        var at = _at;
        var name = Word();
        if (_lets.TryGetValue(name, out var known))
            return known();
        if (_tables(name) is { } table)
            return table;
        _at = at;
        throw Bad($"there is no table '{name}'");
    }

    private KustoTable Step(KustoTable table)
    {
        var at = Here;
        var word = Word().ToLowerInvariant();
        switch (word)
        {
            case "where" or "filter":
                return KustoOperators.Where(table, Binder(table.Columns).Bind(Expression()));
            case "extend":
                return KustoOperators.Extend(table, NamedList(), Binder(table.Columns));
            case "project":
                return KustoOperators.Project(table, NamedList(), Binder(table.Columns));
            case "project-away":
                return KustoOperators.Keep(table, Patterns(), keep: false);
            case "project-keep":
                return KustoOperators.Keep(table, Patterns(), keep: true);
            case "project-rename":
                return Rename(table);
            case "project-reorder":
                return KustoOperators.Reorder(table, Patterns());
            case "distinct":
                return Take("*") ? KustoOperators.Distinct(table) : KustoOperators.Distinct(KustoOperators.Project(table, NamedList(), Binder(table.Columns)));
            case "take" or "limit":
                IsLimited = true;
                return KustoOperators.Take(table, Count());
            case "top":
                return Top(table);
            case "order" or "sort":
                Need("by");
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
            var name = Word();
            Need("=");
            var at = table.IndexOf(Word());
            if (at < 0)
                throw Bad("there is no such column");
            columns[at] = columns[at] with { Name = name };
        }
        while (Take(","));
        return table with { Columns = columns };
    }

    private List<string> Patterns()
    {
        var patterns = new List<string>();
        do
        {
            var name = Here.Is("*") ? "" : Word();
            while (Take("*"))
                name += "*";
            patterns.Add(name);
        }
        while (Take(","));
        return patterns;
    }

    private int Count()
    {
        if (Here.Kind != KustoTokenKind.Number || !int.TryParse(Here.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            throw Bad("a number of rows is expected");
        _at++;
        return count;
    }

    private KustoTable Top(KustoTable table)
    {
        var count = Count();
        Need("by");
        IsLimited = true;
        return KustoOperators.Take(KustoOperators.Order(table, Orders(table)), count);
    }

    private List<(Func<object?[], object?> Key, bool Descending, bool NullsFirst)> Orders(KustoTable table)
    {
        var orders = new List<(Func<object?[], object?>, bool, bool)>();
        do
        {
            var key = Binder(table.Columns).Bind(Expression());
            var descending = !Take("asc");
            if (descending)
                Take("desc");
            var first = !descending;
            if (Take("nulls"))
                first = Take("first") || (Take("last") ? false : throw Bad("'first' or 'last' is expected"));
            orders.Add((key, descending, first));
        }
        while (Take(","));
        return orders;
    }

    private KustoTable Summarize(KustoTable table)
    {
        var binder = Binder(table.Columns);
        var measures = new List<KustoAggregates.Measure>();
        while (!Here.Is("by") && Here.Kind != KustoTokenKind.End && !Here.Is("|") && !Here.Is(")"))
        {
            var named = Named();
            if (named.Expression is not KustoExpression.Call call)
                throw new KustoException("an aggregate function is expected", named.Expression.At, named.Name);
            measures.AddRange(KustoAggregates.Bind(named.Name, call, binder, table));
            if (!Take(","))
                break;
        }
        var keys = Take("by") ? NamedList() : [];
        return KustoOperators.Summarize(table, keys, measures, binder);
    }

    private KustoTable Expand(KustoTable table)
    {
        var expansions = new List<KustoNamed>();
        string? type = null;
        do
        {
            expansions.Add(Named());
            if (Take("to"))
            {
                Need("typeof");
                Need("(");
                type = Word();
                Need(")");
            }
        }
        while (Take(","));
        var limit = Take("limit") ? Count() : int.MaxValue;
        return KustoOperators.Expand(table, expansions, type, limit, Binder(table.Columns));
    }

    private KustoTable Join(KustoTable left)
    {
        var kind = "innerunique";
        while (Here.Kind == KustoTokenKind.Word && !Here.Is("on") && _tokens[_at + 1].Is("="))
        {
            var option = Word().ToLowerInvariant();
            Need("=");
            var value = Word().ToLowerInvariant();
            if (option == "kind")
                kind = value;
            else if (!option.StartsWith("hint", StringComparison.Ordinal))
                throw Bad($"there is no option '{option}' of join");
        }
        KustoTable right;
        if (Take("("))
        {
            right = Tabular();
            Need(")");
        }
        else
        {
            right = Source();
        }
        Need("on");
        var pairs = new List<(int Left, int Right)>();
        do
        {
            if (Take("$left"))
            {
                Need(".");
                var l = Word();
                Need("==");
                Need("$right");
                Need(".");
                pairs.Add((Column(left, l), Column(right, Word())));
            }
            else
            {
                var name = Word();
                pairs.Add((Column(left, name), Column(right, name)));
            }
        }
        while (Take(","));
        return KustoOperators.Join(left, right, pairs, kind) ?? throw Bad($"there is no join of the kind '{kind}' in this subset");
    }

    private int Column(KustoTable table, string name) => table.IndexOf(name) is >= 0 and var at ? at : throw Bad($"there is no column '{name}'");

    private KustoTable Union(KustoTable? first)
    {
        var tables = new List<KustoTable>();
        if (first is not null)
            tables.Add(first);
        while (Here.Kind == KustoTokenKind.Word && _tokens[_at + 1].Is("="))
        {
            var option = Word();
            Need("=");
            var value = Word();
            if (option.Equals("withsource", StringComparison.OrdinalIgnoreCase) || (option.Equals("kind", StringComparison.OrdinalIgnoreCase) && !value.Equals("outer", StringComparison.OrdinalIgnoreCase)))
                throw Bad($"'{option}={value}' of union is not part of this subset");
        }
        do
        {
            if (Take("("))
            {
                tables.Add(Tabular());
                Need(")");
            }
            else
            {
                tables.Add(Source());
            }
        }
        while (Take(","));
        return KustoOperators.Union(tables);
    }

    private List<KustoNamed> NamedList()
    {
        var list = new List<KustoNamed>();
        do
            list.Add(Named());
        while (Take(","));
        return list;
    }

    private KustoNamed Named()
    {
        var isName = Here.Kind == KustoTokenKind.Word && _tokens[_at + 1].Is("=");
        var isQuoted = Here.Is("[") && _tokens[_at + 1].Kind == KustoTokenKind.Text && _tokens[_at + 2].Is("]") && _tokens[_at + 3].Is("=");
        if (isName || isQuoted)
        {
            var name = Word();
            Need("=");
            return new KustoNamed(name, Expression());
        }
        var expression = Expression();
        return new KustoNamed(NameOf(expression), expression);
    }

    /// <summary>The name that an expression's column gets by itself.</summary>
    private static string NameOf(KustoExpression expression) => expression switch
    {
        KustoExpression.Name name => name.Text,
        KustoExpression.Member member => $"{NameOf(member.Of)}_{member.Text}",
        KustoExpression.Call { Function: "bin" or "floor" or "tostring" or "tolower" or "toupper" or "todynamic" or "toint" or "tolong", Arguments: [var first, ..] } => NameOf(first),
        KustoExpression.Call { Function: var function, Arguments: [KustoExpression.Name name, ..] } => $"{function}_{name.Text}",
        KustoExpression.Call call => call.Function + "_",
        _ => "Column1",
    };

    private KustoExpression Expression()
    {
        if (++_depth > Limits.QueryDepth)
            throw Bad("the expression is nested too deeply");
        var left = And();
        while (Here.Is("or"))
        {
            var at = _tokens[_at++].At;
            left = new KustoExpression.Binary("or", left, And(), at);
        }
        _depth--;
        return left;
    }

    private KustoExpression And()
    {
        var left = Comparison();
        while (Here.Is("and"))
        {
            var at = _tokens[_at++].At;
            left = new KustoExpression.Binary("and", left, Comparison(), at);
        }
        return left;
    }

    private KustoExpression Comparison()
    {
        var left = Sum();
        var at = Here.At;
        var not = Here.Is("!") && _tokens[_at + 1].Kind == KustoTokenKind.Word;
        if (not)
            _at++;
        var word = Here.Text.ToLowerInvariant();
        if (word == "in" && Here.Kind == KustoTokenKind.Word)
        {
            _at++;
            var loose = Take("~");
            return new KustoExpression.Among((not ? "!" : "") + (loose ? "in~" : "in"), left, Items(), at);
        }
        if (word is "has_any" or "has_all" && Here.Kind == KustoTokenKind.Word)
        {
            _at++;
            return new KustoExpression.Among((not ? "!" : "") + word, left, Items(), at);
        }
        if (word == "between")
        {
            _at++;
            Need("(");
            var from = Sum();
            Need("..");
            var to = Sum();
            Need(")");
            return new KustoExpression.Between(not, left, from, to, at);
        }
        if (word == "matches" && !not)
        {
            _at++;
            Need("regex");
            return new KustoExpression.Binary("matches", left, Sum(), at);
        }
        if (Here.Kind is KustoTokenKind.Sign or KustoTokenKind.Word && Comparisons.Contains(word))
        {
            _at++;
            return new KustoExpression.Binary((not ? "!" : "") + word, left, Sum(), at);
        }
        return not ? throw Bad("an operator is expected after '!'") : left;
    }

    private List<KustoExpression> Items()
    {
        Need("(");
        var items = new List<KustoExpression>();
        if (Take(")"))
            return items;
        do
            items.Add(Expression());
        while (Take(","));
        Need(")");
        return items;
    }

    private KustoExpression Sum()
    {
        var left = Product();
        while (Here.Is("+") || Here.Is("-"))
        {
            var sign = _tokens[_at++];
            left = new KustoExpression.Binary(sign.Text, left, Product(), sign.At);
        }
        return left;
    }

    private KustoExpression Product()
    {
        var left = Unary();
        while (Here.Is("*") || Here.Is("/") || Here.Is("%"))
        {
            var sign = _tokens[_at++];
            left = new KustoExpression.Binary(sign.Text, left, Unary(), sign.At);
        }
        return left;
    }

    private KustoExpression Unary()
    {
        if (!Here.Is("-"))
            return Postfix();
        var at = _tokens[_at++].At;
        return new KustoExpression.Unary("-", Postfix(), at);
    }

    private KustoExpression Postfix()
    {
        var value = Primary();
        while (true)
        {
            var at = Here.At;
            if (Take("."))
            {
                value = new KustoExpression.Member(value, Word(), at);
            }
            else if (Take("["))
            {
                var index = Expression();
                Need("]");
                value = new KustoExpression.Index(value, index, at);
            }
            else
            {
                return value;
            }
        }
    }

    private KustoExpression Primary()
    {
        var token = Here;
        switch (token.Kind)
        {
            case KustoTokenKind.Text:
                _at++;
                return new KustoExpression.Literal(token.Text, token.At);
            case KustoTokenKind.Number:
                _at++;
                return new KustoExpression.Literal(token.Text.Contains('.', StringComparison.Ordinal) ? double.Parse(token.Text, CultureInfo.InvariantCulture)
                    : long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole) ? whole : throw Bad("the number is too large"), token.At);
            case KustoTokenKind.Span:
                _at++;
                return new KustoExpression.Literal(KustoValue.Span(token.Text) ?? throw new KustoException($"'{token.Text}' is no length of time", token.At, token.Text), token.At);
            case KustoTokenKind.Sign when token.Is("("):
                _at++;
                var inner = Expression();
                Need(")");
                return inner;
            case KustoTokenKind.Sign when token.Is("*"):
                _at++;
                return new KustoExpression.Star(token.At);
            case KustoTokenKind.Sign when token.Is("["):
                return new KustoExpression.Name(Word(), token.At);
            case KustoTokenKind.Word:
                return Named(token);
            default:
                throw Bad("an expression is expected");
        }
    }

    private KustoExpression Named(KustoToken token)
    {
        _at++;
        switch (token.Text.ToLowerInvariant())
        {
            case "true":
                return new KustoExpression.Literal(true, token.At);
            case "false":
                return new KustoExpression.Literal(false, token.At);
            case "null":
                return new KustoExpression.Literal(null, token.At);
            case "dynamic" when Here.Is("("):
                return Dynamic(token);
            case "datetime" or "timespan" or "time" when Here.Is("("):
                return Moment(token);
        }
        if (!Take("("))
            return new KustoExpression.Name(token.Text, token.At);
        var arguments = new List<KustoExpression>();
        if (!Take(")"))
        {
            do
                arguments.Add(Expression());
            while (Take(","));
            Need(")");
        }
        return new KustoExpression.Call(token.Text.ToLowerInvariant(), arguments, token.At);
    }

    /// <summary>What stands between a word's parentheses, as it was written.</summary>
    private string Raw()
    {
        Need("(");
        var from = Here.At;
        var open = 1;
        while (true)
        {
            if (Here.Kind == KustoTokenKind.End)
                throw Bad("a ) is missing");
            if (Here.Is("("))
                open++;
            if (Here.Is(")") && --open == 0)
                break;
            _at++;
        }
        var text = _query[from..Here.At].Trim();
        _at++;
        return text;
    }

    private KustoExpression.Literal Dynamic(KustoToken token)
    {
        var text = Raw();
        try
        {
            return new KustoExpression.Literal(JsonNode.Parse(text.Replace('\'', '"'))?.ToElement(), token.At);
        }
        catch (System.Text.Json.JsonException)
        {
            throw new KustoException("dynamic() holds no JSON", token.At, token.Text);
        }
    }

    private KustoExpression.Literal Moment(KustoToken token)
    {
        // Numbers and words in a date fall apart into tokens, so the text itself is taken.
        var text = Raw().Trim('\'', '"');
        if (text.Equals("null", StringComparison.OrdinalIgnoreCase))
            return new KustoExpression.Literal(null, token.At);
        object? value = token.Is("datetime") ? KustoValue.Moment(text) : KustoValue.Span(text);
        return new KustoExpression.Literal(value ?? throw new KustoException($"'{text}' is no {token.Text}", token.At, token.Text), token.At);
    }

    /// <summary>Passes rows on, up to the limit of a query's step.</summary>
    internal static IEnumerable<object?[]> Counted(IEnumerable<object?[]> rows)
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
