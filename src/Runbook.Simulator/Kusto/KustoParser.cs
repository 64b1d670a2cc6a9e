namespace Runbook.Simulator.Kusto;

/// <summary>
/// Reads a query: <c>let</c> statements, then one tabular expression. Operators become functions from table to table as they are read.
/// </summary>
internal sealed class KustoParser
{
    private readonly KustoReader _reader;
    private readonly KustoExpressionParser _expressions;
    private readonly KustoStepParser _steps;
    private readonly Func<string, KustoTable?> _tables;
    private readonly Dictionary<string, object?> _scalars = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Func<KustoTable>> _lets = new(StringComparer.Ordinal);
    private readonly DateTimeOffset _now;

    private KustoParser(string query, Func<string, KustoTable?> tables, DateTimeOffset now)
    {
        _reader = new KustoReader(query);
        _expressions = new KustoExpressionParser(_reader);
        _steps = new KustoStepParser(_reader, _expressions, this);
        _tables = tables;
        _now = now;
    }

    /// <summary>Whether the query ends in a limit, so that its pages can't be told apart.</summary>
    public bool IsLimited { get; set; }

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

    private KustoTable Whole()
    {
        while (_reader.Take("let"))
        {
            var name = _reader.Word();
            _reader.Need("=");
            if (IsTabular())
            {
                var made = Materialized(Tabular());
                _lets[name] = () => made;
            }
            else
            {
                var expression = _expressions.Expression();
                _scalars[name] = Binder([]).Bind(expression)([]);
            }
            _reader.Need(";");
        }
        var table = Tabular();
        _reader.Take(";");
        return _reader.Here.Kind == KustoTokenKind.End ? table : throw _reader.Bad("the query goes on where it should end");
    }

    private static KustoTable Materialized(KustoTable table) => table with { Rows = [.. KustoOperators.Counted(table.Rows)] };

    /// <summary>Whether a <c>let</c>'s right side is a table: it begins with a table's name and is no call.</summary>
    private bool IsTabular() => _reader.Here.Kind == KustoTokenKind.Word && !_reader.Ahead(1).Is("(") && (_lets.ContainsKey(_reader.Here.Text) || _tables(_reader.Here.Text) is not null || _reader.Here.Is("union"));

    public KustoBinder Binder(IReadOnlyList<KustoColumn> columns) => new(columns, _scalars, _now);

    public KustoTable Tabular()
    {
        _reader.Enter("query");
        var table = Source();
        IsLimited = false;
        while (_reader.Take("|"))
        {
            IsLimited = false;
            table = _steps.Step(table);
        }
        _reader.Leave();
        return table;
    }

    public KustoTable Source()
    {
        if (_reader.Take("("))
        {
            var inner = Tabular();
            _reader.Need(")");
            return inner;
        }
        if (_reader.Here.Is("union"))
        {
            _reader.Next();
            return _steps.Union(null);
        }
        // ARG: a query may begin with an operator; then it is about the resources.
        if (_reader.Here.Kind == KustoTokenKind.Word && _tables(_reader.Here.Text) is null && !_lets.ContainsKey(_reader.Here.Text) && _tables("resources") is { } standing && _reader.Here.Text.ToLowerInvariant() is "where" or "project" or "summarize" or "extend")
            return _steps.Step(standing);
        var here = _reader.Here;
        var name = _reader.Word();
        if (_lets.TryGetValue(name, out var known))
            return known();
        if (_tables(name) is { } table)
            return table;
        throw new KustoException($"there is no table '{name}'", here.At, here.Text);
    }
}
