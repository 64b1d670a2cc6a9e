using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Storage;

/// <summary>
/// Copying to the secondary region, and failing over to it. The copy consists of rows under the account's secondary name that
/// share the encrypted bytes with the primary's; what was written after the last copying is lost in an unplanned failover.
/// </summary>
internal sealed class GeoReplication
{
    private const string SyncWork = "storage-sync";
    /// <summary>A secondary region keeps its copies in one place, and so does the account once that region is all it has.</summary>
    private const string AfterFailover = "Standard_LRS";

    private const string FailoverKind = "storage-failover";

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;
    private readonly AsyncOperations _operations;
    private readonly StorageAccounts _accounts;

    public GeoReplication(SimulatorCore core, ArmService arm, AsyncOperations operations, StorageAccounts accounts)
    {
        _core = core;
        _arm = arm;
        _operations = operations;
        _accounts = accounts;
        core.Work.OnChange(SyncWork, Sync);
        operations.OnEnd(FailoverKind, EndFailover);
        arm.Plug([ResourceKind.Op("Fail a storage account over", "POST", StorageAccounts.Path + "/failover", StorageAccounts.Type + "/failover/action", Failover)]);
    }

    public static string SecondaryName(string account) => account + "-secondary";

    /// <summary>Plans the copying of what was just written; one plan at a time. The account is returned, not stored.</summary>
    public static StorageAccount Plan(EstateTransaction tx, StorageAccount account, TimeSpan lag)
    {
        if (account.Secondary is null || account.SyncPlanned)
            return account;
        tx.Schedule(tx.Now + lag, SyncWork, account.Name);
        return account with { SyncPlanned = true };
    }

    /// <summary>Everything that was written until then is in the secondary region.</summary>
    public static DateTimeOffset? LastSync(StorageAccount account, DateTimeOffset now) => account.SyncPlanned ? account.LastSync : now;

    public static JsonObject Stats(SimulatorCore core, StorageAccount account, DateTimeOffset now)
    {
        var bothUp = !core.Faults.IsRegionDown(account.Location) && !core.Faults.IsRegionDown(account.Secondary);
        var status = account.LastSync is null ? "Bootstrap" : bothUp ? "Live" : "Unavailable";
        var json = new JsonObject { ["status"] = status };
        if (account.LastSync is not null)
            json["lastSyncTime"] = Shapes.Time(LastSync(account, now)!.Value);
        json["canFailover"] = !account.FailoverInProgress && account.LastSync is not null;
        json["canPlannedFailover"] = !account.FailoverInProgress && account.LastSync is not null && bothUp;
        json["postFailoverRedundancy"] = AfterFailover;
        json["postPlannedFailoverRedundancy"] = account.Sku;
        return json;
    }

    /// <summary>Removes the copy.</summary>
    public static void DropSecondary(EstateTransaction tx, StorageAccount account)
    {
        foreach (var (_, container) in tx.Scan(Tables.Containers, SecondaryName(account.Name) + "/").ToList())
            BlobContent.DropContainer(tx, container);
    }

    private void Sync(EstateTransaction tx, DueItem item)
    {
        if (tx.Find(Tables.StorageAccounts, item.Target) is not { SyncPlanned: true } account)
            return;
        account = account with { SyncPlanned = false };
        if (account.Secondary is null)
        {
            tx.Put(Tables.StorageAccounts, account.Name, account);
            return;
        }
        if (_core.Faults.IsRegionDown(account.Location) || _core.Faults.IsRegionDown(account.Secondary))
        {
            tx.Put(Tables.StorageAccounts, account.Name, Plan(tx, account, _core.Timings.GeoReplication));
            return;
        }
        CopyTo(tx, account.Name, SecondaryName(account.Name));
        account = account with { LastSync = tx.Now };
        tx.Put(Tables.StorageAccounts, account.Name, account);
    }

    /// <summary>Makes one account name's containers and blobs equal to another's.</summary>
    private static void CopyTo(EstateTransaction tx, string from, string to)
    {
        foreach (var (_, there) in tx.Scan(Tables.Containers, to + "/").ToList())
            if (tx.Find(Tables.Containers, BlobContainer.KeyOf(from, there.Name)) is null)
                BlobContent.DropContainer(tx, there);
        foreach (var (_, here) in tx.Scan(Tables.Containers, from + "/").ToList())
        {
            tx.Put(Tables.Containers, BlobContainer.KeyOf(to, here.Name), here with { Account = to });
            foreach (var (_, there) in tx.Scan(Tables.Blobs, BlobContainer.KeyOf(to, here.Name) + "/").ToList())
                if (tx.Find(Tables.Blobs, BlobItem.KeyOf(from, here.Name, there.Name)) is null)
                    BlobContent.Remove(tx, there);
            foreach (var (_, blob) in tx.Scan(Tables.Blobs, here.Key + "/").ToList())
                if (tx.Find(Tables.Blobs, BlobItem.KeyOf(to, here.Name, blob.Name)) is not { } known || known.ETag != blob.ETag || known.Appends != blob.Appends)
                    BlobContent.Put(tx, blob with { Account = to });
        }
    }

    private Answer Failover(Call call)
    {
        var planned = string.Equals(call.Parameter("failoverType"), "Planned", StringComparison.OrdinalIgnoreCase);
        return call.Write(tx =>
        {
            var (resource, account) = _accounts.Need(tx, call);
            if (account.Secondary is null)
                throw _arm.Refuse(call, 409, StorageAssumptions.NotGeoRedundantCode, $"The storage account '{account.Name}' is of SKU {account.Sku}, which has no secondary region to fail over to.");
            if (account.FailoverInProgress)
                throw _arm.Refuse(call, 409, "StorageAccountOperationInProgress", $"A failover of '{account.Name}' is in progress already.");
            if (account.LastSync is null)
                throw _arm.Refuse(call, 409, StorageAssumptions.NotGeoRedundantCode, $"The data of '{account.Name}' has not been copied to its secondary region yet.");
            if (planned && (_core.Faults.IsRegionDown(account.Location) || _core.Faults.IsRegionDown(account.Secondary)))
                throw _arm.Refuse(call, 409, "InvalidOperation", "A planned failover needs both regions; one of them is not available. An unplanned failover needs the secondary region alone.");
            _accounts.Kind.RequireRegionUp(call, account.Secondary);
            account = account with { FailoverInProgress = true };
            tx.Put(Tables.StorageAccounts, account.Name, account);
            StorageShape.Put(tx, resource, account);
            var input = new JsonObject { ["planned"] = planned }.ToElement();
            var operation = AsyncOperations.Start(tx, call, FailoverKind, account.ResourceId, _core.Timings.StorageFailover, input, emptyStatus: 200);
            return _operations.Announce(Answer.Empty(202), call, operation, StorageAccounts.Namespace, account.Location, status: false, result: true);
        });
    }

    private AsyncOperation EndFailover(EstateTransaction tx, AsyncOperation operation)
    {
        if (tx.Find(Tables.Resources, ArmId.Key(operation.ResourceId)) is not { } resource
            || tx.Find(Tables.StorageAccounts, resource.Name.ToLowerInvariant()) is not { Secondary: { } secondary } account)
            return AsyncOperations.Failed(operation, "ResourceNotFound", "The storage account was deleted while it failed over.");
        var planned = operation.Input.At("planned").Flag() == true;
        if (planned)
        {
            // Nothing is lost: what was not copied yet is copied before the regions change places.
            CopyTo(tx, account.Name, SecondaryName(account.Name));
        }
        else
        {
            CopyTo(tx, SecondaryName(account.Name), account.Name);
            DropSecondary(tx, account);
        }
        account = account with
        {
            Location = secondary,
            Secondary = planned ? account.Location : null,
            Sku = planned ? account.Sku : AfterFailover,
            LastSync = planned ? tx.Now : null,
            FailoverInProgress = false,
            LastFailover = tx.Now,
        };
        tx.Put(Tables.StorageAccounts, account.Name, account);
        foreach (var (id, _) in tx.Scan(Tables.KeyLinks, account.ResourceId.ToLowerInvariant() + "#").ToList())
            KeyLinks.KeyLinkBook.Move(tx, id, secondary);
        StorageShape.Put(tx, resource with { Changed = tx.Now }, account);
        return operation;
    }
}
