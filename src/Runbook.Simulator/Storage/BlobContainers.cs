using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Storage;

/// <summary>The blob service and its containers on the control plane, with their immutability policies and legal holds.</summary>
internal sealed partial class BlobContainers
{
    public const string Type = "Microsoft.Storage/storageAccounts/blobServices/containers";

    private const string ServicePath = StorageAccounts.Path + "/blobServices/default";
    private const string Path = ServicePath + "/containers/{container}";
    private const string PolicyPath = Path + "/immutabilityPolicies/default";
    private const int LongestPolicyDays = 146_000;

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;
    private readonly StorageAccounts _accounts;

    public BlobContainers(SimulatorCore core, ArmService arm, StorageAccounts accounts)
    {
        _core = core;
        _arm = arm;
        _accounts = accounts;
        arm.Plug(
        [
            ResourceKind.Op("Get blob service", "GET", ServicePath, "Microsoft.Storage/storageAccounts/blobServices/read", call => Answer.Json(200, ShapeService(_accounts.Need(call.Read(), call).Account))),
            ResourceKind.Op("List blob services", "GET", StorageAccounts.Path + "/blobServices", "Microsoft.Storage/storageAccounts/blobServices/read", call => Answer.Json(200, Shapes.List([ShapeService(_accounts.Need(call.Read(), call).Account)]))),
            ResourceKind.Op("Create or update container", "PUT", Path, Type + "/write", Put),
            ResourceKind.Op("Update container", "PATCH", Path, Type + "/write", Patch),
            ResourceKind.Op("Get container", "GET", Path, Type + "/read", Get),
            ResourceKind.Op("Delete container", "DELETE", Path, Type + "/delete", Delete),
            ResourceKind.Op("List containers", "GET", ServicePath + "/containers", Type + "/read", List),
            ResourceKind.Op("Create or update immutability policy", "PUT", PolicyPath, Type + "/immutabilityPolicies/write", PutPolicy),
            ResourceKind.Op("Get immutability policy", "GET", PolicyPath, Type + "/immutabilityPolicies/read", GetPolicy),
            ResourceKind.Op("Delete immutability policy", "DELETE", PolicyPath, Type + "/immutabilityPolicies/delete", DeletePolicy),
            ResourceKind.Op("Lock immutability policy", "POST", PolicyPath + "/lock", Type + "/immutabilityPolicies/lock/action", LockPolicy),
            ResourceKind.Op("Extend immutability policy", "POST", PolicyPath + "/extend", Type + "/immutabilityPolicies/extend/action", ExtendPolicy),
            ResourceKind.Op("Set legal hold", "POST", Path + "/setLegalHold", Type + "/setLegalHold/action", call => ChangeHold(call, set: true)),
            ResourceKind.Op("Clear legal hold", "POST", Path + "/clearLegalHold", Type + "/clearLegalHold/action", call => ChangeHold(call, set: false)),
        ]);
    }

    public static bool IsName(string name) => Name().IsMatch(name) && !name.Contains("--", StringComparison.Ordinal);

    /// <summary>A tag of a version of a container or blob, quotation marks included.</summary>
    public static string NewTag(EstateTransaction tx) => $"\"0x8{tx.NextHex()[..14].ToUpperInvariant()}\"";

    private static JsonObject ShapeService(StorageAccount account) => new()
    {
        ["id"] = account.ResourceId + "/blobServices/default",
        ["name"] = "default",
        ["type"] = "Microsoft.Storage/storageAccounts/blobServices",
        ["sku"] = new JsonObject { ["name"] = account.Sku, ["tier"] = account.Sku.Split('_')[0] },
        ["properties"] = new JsonObject
        {
            ["cors"] = new JsonObject { ["corsRules"] = new JsonArray() },
            ["deleteRetentionPolicy"] = new JsonObject { ["enabled"] = false },
            ["isVersioningEnabled"] = false,
        },
    };

    private (StorageAccount Account, BlobContainer Container) Need(EstateView view, Call call)
    {
        var (_, account) = _accounts.Need(view, call);
        return (account, view.Find(Tables.Containers, BlobContainer.KeyOf(account.Name, call.Value("container")))
            ?? throw _arm.Refuse(call, 404, "ContainerNotFound", "The specified container does not exist."));
    }

    private static JsonObject Shape(StorageAccount account, BlobContainer container, DateTimeOffset now)
    {
        var policy = container.Immutability;
        var properties = new JsonObject
        {
            ["deleted"] = false,
            ["remainingRetentionDays"] = 0,
            ["defaultEncryptionScope"] = container.DefaultScope ?? "$account-encryption-key",
            ["denyEncryptionScopeOverride"] = container.DenyScopeOverride,
            ["publicAccess"] = "None",
            ["leaseStatus"] = container.Lease?.HoldsAt(now) == true ? "Locked" : "Unlocked",
            ["leaseState"] = Capital(container.Lease?.StateAt(now) ?? "available"),
            ["lastModifiedTime"] = Shapes.Time(container.Modified),
            ["hasImmutabilityPolicy"] = policy is not null,
            ["hasLegalHold"] = container.LegalHold is { Count: > 0 },
            ["legalHold"] = ShapeHold(container),
        };
        if (policy is not null)
            properties["immutabilityPolicy"] = PolicyProperties(policy, full: true);
        if (container.Metadata is { } metadata)
            properties["metadata"] = Shapes.Tags(metadata);
        return new JsonObject
        {
            ["id"] = $"{account.ResourceId}/blobServices/default/containers/{container.Name}",
            ["name"] = container.Name,
            ["type"] = Type,
            ["etag"] = container.ETag,
            ["properties"] = properties,
        };
    }

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    private static JsonObject ShapeHold(BlobContainer container)
    {
        var tags = new JsonArray();
        foreach (var tag in container.LegalHold ?? [])
            tags.Add((JsonNode)new JsonObject { ["tag"] = tag });
        return new JsonObject { ["hasLegalHold"] = tags.Count > 0, ["tags"] = tags };
    }

    private Answer Put(Call call)
    {
        var properties = (call.HasBody ? call.Json() : default).Loose("properties");
        var name = call.Value("container");
        if (!IsName(name))
            throw _arm.Refuse(call, 400, "ContainerOperationFailure", "The specifed resource name contains invalid characters.");
        return call.Write(tx =>
        {
            var (_, account) = _accounts.Need(tx, call);
            _accounts.Kind.RequireRegionUp(call, account.Location);
            if (!string.Equals(properties.At("publicAccess").Text() ?? "None", "None", StringComparison.OrdinalIgnoreCase))
                throw _arm.Refuse(call, 409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.");
            var before = tx.Find(Tables.Containers, BlobContainer.KeyOf(account.Name, name));
            var scope = properties.At("defaultEncryptionScope").Text();
            scope = scope == "$account-encryption-key" ? null : scope;
            var deny = properties.At("denyEncryptionScopeOverride").Flag();
            if (scope is not null && !tx.Has(Tables.EncryptionScopes, EncryptionScope.KeyOf(account.Name, scope)))
                throw _arm.Refuse(call, 400, "EncryptionScopeNotFound", $"The specified encryption scope '{scope}' does not exist.");
            if (before is not null && ((scope is not null && scope != before.DefaultScope) || (deny is not null && deny != before.DenyScopeOverride)))
                throw _arm.Refuse(call, 409, StorageAssumptions.ImmutablePropertyCode, "The default encryption scope of a container and its override policy are fixed when the container is made.");
            var container = (before ?? new BlobContainer
            {
                Account = account.Name,
                Name = name,
                ETag = "",
                Created = tx.Now,
                Modified = tx.Now,
                DefaultScope = scope,
                DenyScopeOverride = deny ?? false,
            }) with
            { Metadata = properties.At("metadata").Tags() ?? before?.Metadata };
            container = Store(tx, account, container);
            return Answer.Json(before is null ? 201 : 200, Shape(account, container, call.Now));
        });
    }

    private Answer Patch(Call call)
    {
        var properties = call.Json().Loose("properties");
        return call.Write(tx =>
        {
            var (account, container) = Need(tx, call);
            if (properties.At("defaultEncryptionScope").Text() is { } scope && scope != (container.DefaultScope ?? "$account-encryption-key"))
                throw _arm.Refuse(call, 409, StorageAssumptions.ImmutablePropertyCode, "The default encryption scope of a container is fixed when the container is made.");
            container = Store(tx, account, container with { Metadata = properties.At("metadata").Tags() ?? container.Metadata });
            return Answer.Json(200, Shape(account, container, call.Now));
        });
    }

    /// <summary>Stores a changed container under a new tag, and plans its copying.</summary>
    private BlobContainer Store(EstateTransaction tx, StorageAccount account, BlobContainer container)
    {
        container = container with { ETag = NewTag(tx), Modified = tx.Now };
        tx.Put(Tables.Containers, container.Key, container);
        tx.Put(Tables.StorageAccounts, account.Name, GeoReplication.Plan(tx, account, _core.Timings.GeoReplication));
        return container;
    }

    private Answer Get(Call call)
    {
        var view = call.Read();
        var (account, container) = Need(view, call);
        return Answer.Json(200, Shape(account, container, call.Now)).With("ETag", container.ETag);
    }

    private Answer List(Call call)
    {
        var view = call.Read();
        var (_, account) = _accounts.Need(view, call);
        var prefix = account.Name + "/";
        return Answer.Json(200, Shapes.List(view.Scan(Tables.Containers, prefix).Select(pair => Shape(account, pair.Value, call.Now))));
    }

    private Answer Delete(Call call) => call.Write(tx =>
    {
        var (_, account) = _accounts.Need(tx, call);
        _accounts.Kind.RequireRegionUp(call, account.Location);
        if (tx.Find(Tables.Containers, BlobContainer.KeyOf(account.Name, call.Value("container"))) is not { } container)
            return Answer.Empty(204);
        if (Immutability.KeepsContainer(tx, container))
            throw _arm.Refuse(call, 409, "ContainerOperationFailure", $"The container '{container.Name}' has a {(container.LegalHold is { Count: > 0 } ? "legal hold" : "locked immutability policy")} and blobs under it; it can't be deleted.");
        if (container.Lease?.HoldsAt(call.Now) == true)
            throw _arm.Refuse(call, 412, "LeaseIdMissing", "There is currently a lease on the container and no lease ID was specified in the request.");
        BlobContent.DropContainer(tx, container);
        tx.Put(Tables.StorageAccounts, account.Name, GeoReplication.Plan(tx, account, _core.Timings.GeoReplication));
        return Answer.Empty(200);
    });

    private Answer PutPolicy(Call call)
    {
        var (days, appends, all) = ReadPolicy(call);
        return ChangePolicy(call, needsTag: false, (container, policy, tx) =>
        {
            if (policy is { Locked: true })
                throw _arm.Refuse(call, 409, "ContainerImmutabilityPolicyLocked", "The immutability policy is locked; its retention period can be extended and nothing else.");
            return NewPolicy(tx, call, policy, "put", days ?? policy?.Days ?? throw Bad(call), appends ?? policy?.AllowAppends ?? false, all ?? policy?.AllowAppendsAll ?? false, locked: false);
        });
    }

    private (int? Days, bool? Appends, bool? All) ReadPolicy(Call call)
    {
        var properties = (call.HasBody ? call.Json() : default).Loose("properties");
        var days = properties.At("immutabilityPeriodSinceCreationInDays").Number();
        var appends = properties.At("allowProtectedAppendWrites").Flag();
        var all = properties.At("allowProtectedAppendWritesAll").Flag();
        if (days is < 1 or > LongestPolicyDays || (appends == true && all == true))
            throw Bad(call);
        return (days, appends, all);
    }

    private RefusedException Bad(Call call) => _arm.Refuse(call, 400, "InvalidValuesForRequestParameters", string.Create(CultureInfo.InvariantCulture, $"Values for request parameters are invalid: immutabilityPeriodSinceCreationInDays must be from 1 to {LongestPolicyDays}, and at most one of allowProtectedAppendWrites and allowProtectedAppendWritesAll can be true."));

    private Answer LockPolicy(Call call) => ChangePolicy(call, needsTag: true, (container, policy, tx) => policy is null
        ? throw NoPolicy(call)
        : policy.Locked ? policy : NewPolicy(tx, call, policy, "lock", policy.Days, policy.AllowAppends, policy.AllowAppendsAll, locked: true));

    private Answer ExtendPolicy(Call call)
    {
        var (days, appends, all) = ReadPolicy(call);
        return ChangePolicy(call, needsTag: true, (container, policy, tx) =>
        {
            if (policy is null)
                throw NoPolicy(call);
            if (!policy.Locked)
                throw _arm.Refuse(call, 409, "ContainerImmutabilityPolicyNotLocked", "Only a locked immutability policy is extended; one that is not locked is changed with a PUT.");
            if ((days ?? policy.Days) < policy.Days)
                throw _arm.Refuse(call, 409, "ContainerImmutabilityPolicyFailure", "The retention period of a locked immutability policy can be extended, never shortened.");
            return NewPolicy(tx, call, policy, "extend", days ?? policy.Days, policy.AllowAppends || appends == true, policy.AllowAppendsAll || all == true, locked: true);
        });
    }

    private RefusedException NoPolicy(Call call) => _arm.Refuse(call, 404, "ContainerImmutabilityPolicyNotFound", $"The container '{call.Value("container")}' has no immutability policy.");

    private static ImmutabilityPolicy NewPolicy(EstateTransaction tx, Call call, ImmutabilityPolicy? before, string update, int days, bool appends, bool all, bool locked) => new()
    {
        Days = days,
        Locked = locked,
        AllowAppends = appends,
        AllowAppendsAll = all,
        ETag = NewTag(tx),
        History = [.. before?.History ?? [], new PolicyChange(update, days, tx.Now, call.Caller.ObjectId)],
    };

    private Answer ChangePolicy(Call call, bool needsTag, Func<BlobContainer, ImmutabilityPolicy?, EstateTransaction, ImmutabilityPolicy> change) => call.Write(tx =>
    {
        var (account, container) = Need(tx, call);
        RequireTag(call, container.Immutability, needsTag);
        var policy = change(container, container.Immutability, tx);
        container = Store(tx, account, container with { Immutability = policy });
        return Answer.Json(200, ShapePolicy(account, container, policy)).With("ETag", policy.ETag);
    });

    private void RequireTag(Call call, ImmutabilityPolicy? policy, bool needed)
    {
        var given = call.Request.Headers["If-Match"];
        if (given is null or "*" || policy is null)
        {
            if (needed && given is null)
                throw _arm.Refuse(call, 400, "MissingRequiredHeader", "An HTTP header that's mandatory for this request is not specified: If-Match.");
            return;
        }
        if (given.Trim('"') != policy.ETag.Trim('"'))
            throw _arm.Refuse(call, 412, "ConditionNotMet", "The immutability policy has changed since it was read: its ETag differs from If-Match.");
    }

    private Answer GetPolicy(Call call)
    {
        var (account, container) = Need(call.Read(), call);
        var policy = container.Immutability ?? throw NoPolicy(call);
        return Answer.Json(200, ShapePolicy(account, container, policy)).With("ETag", policy.ETag);
    }

    private Answer DeletePolicy(Call call) => call.Write(tx =>
    {
        var (account, container) = Need(tx, call);
        var policy = container.Immutability ?? throw NoPolicy(call);
        RequireTag(call, policy, needed: true);
        if (policy.Locked)
            throw _arm.Refuse(call, 409, "ContainerImmutabilityPolicyLocked", "The immutability policy is locked; it can't be deleted.");
        Store(tx, account, container with { Immutability = null });
        return Answer.Json(200, ShapePolicy(account, container, policy with { Days = 0 }));
    });

    private static JsonObject ShapePolicy(StorageAccount account, BlobContainer container, ImmutabilityPolicy policy) => new()
    {
        ["id"] = $"{account.ResourceId}/blobServices/default/containers/{container.Name}/immutabilityPolicies/default",
        ["name"] = "default",
        ["type"] = Type + "/immutabilityPolicies",
        ["etag"] = policy.ETag,
        ["properties"] = PolicyProperties(policy, full: false),
    };

    private static JsonObject PolicyProperties(ImmutabilityPolicy policy, bool full)
    {
        var properties = new JsonObject
        {
            ["immutabilityPeriodSinceCreationInDays"] = policy.Days,
            ["state"] = policy.Locked ? "Locked" : "Unlocked",
            ["allowProtectedAppendWrites"] = policy.AllowAppends,
            ["allowProtectedAppendWritesAll"] = policy.AllowAppendsAll,
        };
        if (!full)
            return properties;
        var history = new JsonArray();
        foreach (var change in policy.History)
            history.Add((JsonNode)new JsonObject { ["update"] = change.Update, ["immutabilityPeriodSinceCreationInDays"] = change.Days, ["timestamp"] = Shapes.Time(change.At), ["objectIdentifier"] = change.ObjectId });
        return new JsonObject { ["properties"] = properties, ["etag"] = policy.ETag, ["updateHistory"] = history };
    }

    private Answer ChangeHold(Call call, bool set)
    {
        var given = call.Json().Loose("tags").Texts() is { Count: > 0 } list ? list : throw _arm.Refuse(call, 400, "InvalidValuesForRequestParameters", "Values for request parameters are invalid: tags must name at least one legal hold.");
        return call.Write(tx =>
        {
            var (account, container) = Need(tx, call);
            var known = container.LegalHold ?? [];
            var tags = set ? known.Union(given.Select(tag => tag.ToLowerInvariant())).ToList() : known.Except(given.Select(tag => tag.ToLowerInvariant())).ToList();
            container = Store(tx, account, container with { LegalHold = tags.Count > 0 ? tags : null });
            var json = new JsonArray();
            foreach (var tag in tags)
                json.Add((JsonNode)tag);
            return Answer.Json(200, new JsonObject { ["hasLegalHold"] = tags.Count > 0, ["tags"] = json });
        });
    }

    [GeneratedRegex("^(?:[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]|\\$root|\\$web|\\$logs)$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
