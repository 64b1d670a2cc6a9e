namespace Runbook.Simulator.Kusto;

/// <summary>A query that can't be read or carried out.</summary>
internal sealed class KustoException(string message, int position, string token) : Exception(message)
{
    /// <summary>Character of the query, from 0.</summary>
    public int Position { get; } = position;

    /// <summary>What stands there.</summary>
    public string Token { get; } = token;
}
