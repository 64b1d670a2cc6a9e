namespace Runbook.Journal;

/// <summary>What a writer is put together from, when a session begins or is resumed.</summary>
internal sealed record WriterParts
{
    internal required JournalGround Ground { get; init; }

    internal required SessionDirectory Directory { get; init; }

    internal required SessionLedger Ledger { get; init; }

    internal required JournalLines Lines { get; init; }

    internal required SubscriptionList Subscriptions { get; init; }

    internal required IDisposable Lock { get; init; }

    internal required SessionOpening? Opening { get; init; }

    internal required ISigner SessionKey { get; init; }

    internal required string Origin { get; init; }

    internal required bool IsSimulated { get; init; }

    internal required int Epoch { get; init; }

    internal long EntriesSinceCheckpoint { get; init; }
}
