using System.Collections.Immutable;
using Runbook.Simulator.State;

namespace Runbook.Simulator;

/// <summary>An estate document that was read once, for many that start from it. Immutable; safe to share between threads.</summary>
public sealed class PreparedEstate
{
    private PreparedEstate(ImmutableArray<ImmutableSortedSet<Row>> tables, DateTimeOffset clock) => (Tables, Clock) = (tables, clock);

    internal ImmutableArray<ImmutableSortedSet<Row>> Tables { get; }

    internal DateTimeOffset Clock { get; }

    /// <summary>Reads a document.</summary>
    /// <param name="document">As <see cref="EstateArchive.Export"/> gives it with secrets.</param>
    /// <exception cref="StateFileException"><c>RS204</c>: it is no estate, or has no secrets.</exception>
    public static PreparedEstate Read(string document)
    {
        var (tables, clock) = EstateArchive.Read(document);
        return new PreparedEstate(tables, clock);
    }
}
