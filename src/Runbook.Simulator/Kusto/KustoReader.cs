namespace Runbook.Simulator.Kusto;

/// <summary>The words of a query, one after the other, and how deep they are nested.</summary>
internal sealed class KustoReader(string query)
{
    private readonly List<KustoToken> _tokens = KustoLexer.Read(query);
    private int _at;
    private int _depth;

    public KustoToken Here => _tokens[_at];

    /// <summary>A word further on, which must not be beyond the end.</summary>
    public KustoToken Ahead(int words) => _tokens[_at + words];

    /// <summary>The word here; the next one is then here.</summary>
    public KustoToken Next() => _tokens[_at++];

    public KustoException Bad(string why) => new(why, Here.At, Here.Text);

    /// <summary>Goes one level down.</summary>
    /// <exception cref="KustoException">That is one too many.</exception>
    public void Enter(string what)
    {
        if (++_depth > Limits.QueryDepth)
            throw Bad($"the {what} is nested too deeply");
    }

    public void Leave() => _depth--;

    public bool Take(string text)
    {
        if (!Here.Is(text))
            return false;
        _at++;
        return true;
    }

    public void Need(string text)
    {
        if (!Take(text))
            throw Bad($"'{text}' is expected");
    }

    public string Word()
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

    /// <summary>What stands between a word's parentheses, as it was written.</summary>
    public string Raw()
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
        var text = query[from..Here.At].Trim();
        _at++;
        return text;
    }
}
