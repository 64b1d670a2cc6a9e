using Runbook.Simulator.State;

namespace Runbook.Simulator.Storage;

/// <summary>What time-based policies and legal holds of a container keep from happening to its blobs, whoever asks.</summary>
internal static class Immutability
{
    /// <summary>Whether a blob can be neither overwritten nor deleted now.</summary>
    public static bool Keeps(BlobContainer container, BlobItem blob, DateTimeOffset now)
    {
        if (container.LegalHold is { Count: > 0 })
            return true;
        if (container.Immutability is not { } policy)
            return false;
        // A blob that may still grow counts from its last growth.
        var from = GrowsUnder(policy, blob.Type) ? blob.Modified : blob.Created;
        return now < from.AddDays(policy.Days);
    }

    /// <summary>Whether bytes may be appended to a blob; the policy protects appending where it allows it.</summary>
    public static bool MayAppend(BlobContainer container, BlobItem blob, DateTimeOffset now)
    {
        if (!Keeps(container, blob, now))
            return true;
        return container.Immutability is { } policy && GrowsUnder(policy, blob.Type);
    }

    /// <summary>Whether the container itself can't go: a policy that is locked, or a hold, with a blob under it.</summary>
    public static bool KeepsContainer(EstateView view, BlobContainer container) =>
        (container.LegalHold is { Count: > 0 } || container.Immutability is { Locked: true })
        && view.CountWithPrefix(Tables.Blobs, container.Key + "/") > 0;

    private static bool GrowsUnder(ImmutabilityPolicy policy, string type) =>
        policy.AllowAppendsAll || (policy.AllowAppends && type == BlobItem.Append);
}
