namespace Runbook.Simulator.Kusto;

/// <summary>An expression as it was written; it is bound to a table's columns before it is worked out.</summary>
internal abstract record KustoExpression(int At)
{
    internal sealed record Literal(object? Value, int At) : KustoExpression(At);

    internal sealed record Name(string Text, int At) : KustoExpression(At);

    internal sealed record Member(KustoExpression Of, string Text, int At) : KustoExpression(At);

    internal sealed record Index(KustoExpression Of, KustoExpression By, int At) : KustoExpression(At);

    internal sealed record Call(string Function, IReadOnlyList<KustoExpression> Arguments, int At) : KustoExpression(At);

    internal sealed record Unary(string Sign, KustoExpression Of, int At) : KustoExpression(At);

    internal sealed record Binary(string Sign, KustoExpression Left, KustoExpression Right, int At) : KustoExpression(At);

    internal sealed record Among(string Word, KustoExpression Left, IReadOnlyList<KustoExpression> Right, int At) : KustoExpression(At);

    internal sealed record Between(bool Not, KustoExpression Left, KustoExpression From, KustoExpression To, int At) : KustoExpression(At);

    internal sealed record Star(int At) : KustoExpression(At);
}

/// <summary>An expression with the name that its column gets.</summary>
internal sealed record KustoNamed(string Name, KustoExpression Expression);
