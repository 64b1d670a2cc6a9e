using Runbook.Simulator.Http;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Storage;

/// <summary>The keys under which accounts and scopes encrypt: the platform's, or customers'.</summary>
internal sealed class StorageKeys
{
    private readonly SimulatorCore _core;

    public StorageKeys(SimulatorCore core)
    {
        _core = core;
        Profile = core.KeyLinks.Register(new KeyLinkProfile
        {
            Name = "storage",
            Poll = core.Timings.StorageKeyPoll,
            Cached = core.Timings.StorageKeyPoll,
            PollBroken = core.Timings.StorageKeyPoll,
            Follow = core.Timings.StorageKeyFollow,
            Changed = Changed,
        });
    }

    public KeyLinkProfile Profile { get; }

    public static string LinkOf(StorageAccount account) => KeyLink.IdOf(account.ResourceId, "account");

    public static string LinkOf(StorageAccount account, string scope) => KeyLink.IdOf(account.ResourceId, "scope:" + scope);

    /// <summary>Validates a customer's key at once and wraps a data key with it. Not to be called inside a transaction.</summary>
    /// <exception cref="RefusedException">The key can't be used: nothing was changed.</exception>
    public KeyLink Bind(ArmService arm, Call call, string linkId, string resourceId, string region, KeyIdentifier key, string principalId, string? identityId, byte[]? dataKey)
    {
        var request = new KeyLinkRequest
        {
            Profile = Profile,
            Id = linkId,
            ResourceId = resourceId,
            Region = region,
            Key = key,
            PrincipalId = principalId,
            IdentityId = identityId,
            DataKey = dataKey,
        };
        return _core.KeyLinks.TryBind(request, call.Now, out var link) is { } fault ? throw Refuse(arm, call, fault) : link;
    }

    public static RefusedException Refuse(ArmService arm, Call call, KeyFault fault)
    {
        var (status, code, text) = StorageAssumptions.RefusalOf(fault);
        return arm.Refuse(call, status, code, text);
    }

    /// <summary>The data key that the platform or a customer's key keeps. Not to be called inside a transaction.</summary>
    public KeyFault? TryDataKey(EstateView view, byte[]? platform, string linkId, DateTimeOffset now, out byte[] dataKey)
    {
        if (platform is not null)
        {
            dataKey = PlatformKeys.Unwrap(view, platform);
            return null;
        }
        var link = KeyLinkBook.Find(view, linkId) ?? throw new InvalidDataException($"There is no key under \"{linkId}\".");
        return _core.KeyLinks.TryDataKey(link, now, out dataKey);
    }

    /// <summary>Keys of the account itself, or of a scope of it. Not to be called inside a transaction.</summary>
    public KeyFault? TryKeys(EstateView view, StorageAccount account, EncryptionScope? scope, DateTimeOffset now, out BlobKeys keys)
    {
        keys = null!;
        var (platform, link, second) = scope is null
            ? (account.DataKey, LinkOf(account), account.InfrastructureKey)
            : (scope.DataKey, LinkOf(account, scope.Name), scope.InfrastructureKey);
        if (TryDataKey(view, platform, link, now, out var service) is { } fault)
            return fault;
        keys = new BlobKeys(service, second is null ? null : PlatformKeys.Unwrap(view, second));
        return null;
    }

    /// <summary>The control plane shows which version is in use.</summary>
    private static void Changed(EstateTransaction tx, KeyLink before, KeyLink after)
    {
        if (before.Current == after.Current || !ArmId.TryParse(after.ResourceId, out var id)
            || tx.Find(Tables.StorageAccounts, id.Names[0].ToLowerInvariant()) is not { } account)
            return;
        // The table still has the link as it was; the shape shows what is stored.
        tx.Put(Tables.KeyLinks, after.Id, after);
        StorageShape.Refresh(tx, account);
        foreach (var (_, scope) in tx.Scan(Tables.EncryptionScopes, account.Name + "/").ToList())
            if (LinkOf(account, scope.Name) == after.Id)
                StorageShape.Refresh(tx, account, scope);
    }
}
