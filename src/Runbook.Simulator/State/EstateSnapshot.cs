using System.Collections.Immutable;

namespace Runbook.Simulator.State;

/// <summary>The whole estate at one instant. Immutable; safe to keep and to share.</summary>
internal sealed class EstateSnapshot(long version, ImmutableArray<ImmutableSortedSet<Row>> tables) : EstateView
{
    /// <summary>Rises by one with each transaction; the store counts durability in it.</summary>
    public long Version { get; } = version;

    public ImmutableArray<ImmutableSortedSet<Row>> AllRows { get; } = tables;

    protected override ImmutableSortedSet<Row> Rows(Table table) => AllRows[table.Index];
}
