using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyVault;

/// <summary>Vaults on the control plane. They are made and deleted at once.</summary>
internal sealed partial class Vaults
{
    public const string Type = "Microsoft.KeyVault/vaults";

    private const string Path = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{name}";
    private const string DeletedPath = "/subscriptions/{subscription}/providers/Microsoft.KeyVault/locations/{location}/deletedVaults/{name}";
    private const string PurgeDue = "vault-retention-over";

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;
    private readonly GenericResources _resources;
    private readonly ResourceKind _kind;

    public Vaults(SimulatorCore core, ArmService arm, GenericResources resources)
    {
        _core = core;
        _arm = arm;
        _resources = resources;
        _kind = new ResourceKind(core, arm, Type, "name");
        core.Work.OnChange(PurgeDue, static (tx, item) => ManagedHsms.DropStore(tx, item.Target));
        resources.OnRemoval(Type, SoftDelete);
        arm.Plug(
        [
            _kind.Put("Create or update vault", Put),
            _kind.Patch("Update vault", Patch),
            _kind.Get("Get vault"),
            _kind.Delete("Delete vault", Delete),
            ResourceKind.Op("Change access policies", "PUT", Path + "/accessPolicies/{change}", Type + "/accessPolicies/write", ChangePolicies),
            .. _kind.Lists("vaults"),
            ResourceKind.Op("List deleted vaults", "GET", "/subscriptions/{subscription}/providers/Microsoft.KeyVault/deletedVaults", "Microsoft.KeyVault/deletedVaults/read", ListDeleted),
            ResourceKind.Op("Get deleted vault", "GET", DeletedPath, "Microsoft.KeyVault/locations/deletedVaults/read", call => Answer.Json(200, ShapeDeleted(NeedDeleted(call.Read(), call)))),
            ResourceKind.Op("Purge deleted vault", "POST", DeletedPath + "/purge", "Microsoft.KeyVault/locations/deletedVaults/purge/action", Purge),
            ResourceKind.Op("Check vault name", "POST", "/subscriptions/{subscription}/providers/Microsoft.KeyVault/checkNameAvailability", "Microsoft.KeyVault/checkNameAvailability/read", CheckName),
        ]);
    }

    private static KeyStore? StoreOf(EstateView view, string name) => view.Find(Tables.Stores, KeyStore.KeyOf(KeyStore.VaultKind, name));

    private Answer Put(Call call)
    {
        var body = call.Json();
        Subscriptions.RequireRegistration(_arm, call, "Microsoft.KeyVault");
        var properties = body.Loose("properties") ?? throw _arm.Refuse(call, 400, "BadRequest", "The parameter properties is required.");
        return call.Write(tx =>
        {
            ResourceGroups.Require(_arm, call, tx);
            var existing = _kind.Find(tx, call);
            var recovers = string.Equals(properties.Loose("createMode").Text(), "recover", StringComparison.OrdinalIgnoreCase);
            var before = StoreOf(tx, call.Value("name"));
            if (existing is null && before is { Deleted: not null } && !recovers)
                throw _arm.Refuse(call, 409, "ConflictError", $"A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.");
            if (existing is null && before is { Deleted: null })
                throw _arm.Refuse(call, 409, "VaultAlreadyExists", $"The vault name '{call.Value("name")}' is already in use. Vault names are globally unique so it is possible that the name is already taken.");
            if (existing is null && recovers)
                return Recover(tx, call);
            if (!Name().IsMatch(call.Value("name")) || call.Value("name").Contains("--", StringComparison.Ordinal))
                throw _arm.Refuse(call, 400, "VaultNameNotValid", $"The vault name '{call.Value("name")}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens.");
            var location = body.Loose("location").Text() is { } given && Locations.Find(given) is { } region ? region.Name : throw _arm.Refuse(call, 400, "LocationRequired", "The location property is required for this definition.");
            var store = Read(call, properties, before, location, tx);
            var resource = new Resource
            {
                Id = existing?.Id ?? _kind.IdOf(call),
                Name = existing?.Name ?? call.Value("name"),
                Type = Type,
                Location = location,
                Tags = body.Loose("tags").Tags(),
                Properties = default,
                Created = existing?.Created ?? tx.Now,
                Changed = tx.Now,
                CreatedBy = existing?.CreatedBy ?? call.Caller.ObjectId,
                ChangedBy = call.Caller.ObjectId,
            };
            tx.Put(Tables.Stores, store.Key, store);
            return Answer.Json(existing is null ? 201 : 200, Shapes.Resource(tx, Show(tx, resource, store)));
        });
    }

    private KeyStore Read(Call call, JsonElement properties, KeyStore? before, string location, EstateView view)
    {
        var sku = properties.At("sku", "name").Text() ?? (before is null ? throw _arm.Refuse(call, 400, "BadRequest", "The property sku is required.") : before.Premium ? "premium" : "standard");
        var days = properties.Loose("softDeleteRetentionInDays").Number() ?? before?.RetentionDays ?? 90;
        if (days is < 7 or > 90 || (before is not null && days != before.RetentionDays))
            throw _arm.Refuse(call, 400, "BadRequest", "The property \"softDeleteRetentionInDays\" must be between 7 and 90 and cannot be changed.");
        var protect = properties.Loose("enablePurgeProtection").Flag();
        if (before?.PurgeProtection == true && protect == false)
            throw _arm.Refuse(call, 400, "BadRequest", "The property \"enablePurgeProtection\" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.");
        var roles = properties.Loose("enableRbacAuthorization").Flag() ?? before?.UsesRoles ?? false;
        return new KeyStore
        {
            Kind = KeyStore.VaultKind,
            Name = before?.Name ?? call.Value("name"),
            ResourceId = before?.ResourceId ?? _kind.IdOf(call),
            Location = location,
            TenantId = view.Find(Tables.Meta, MetaKeys.Tenant)!.Text!,
            RetentionDays = days,
            PurgeProtection = protect ?? before?.PurgeProtection ?? false,
            NetworkAcls = properties.Loose("networkAcls")?.Clone() ?? before?.NetworkAcls,
            PublicNetwork = !string.Equals(properties.Loose("publicNetworkAccess").Text(), "Disabled", StringComparison.OrdinalIgnoreCase),
            Ready = true,
            Premium = sku.Equals("premium", StringComparison.OrdinalIgnoreCase),
            UsesRoles = roles,
            AccessPolicies = properties.Loose("accessPolicies") is { ValueKind: JsonValueKind.Array } policies ? ReadPolicies(policies) : before?.AccessPolicies ?? [],
            EndpointKey = before?.EndpointKey,
        };
    }

    private static List<AccessPolicy> ReadPolicies(JsonElement policies) => [.. policies.EnumerateArray().Select(policy => new AccessPolicy
    {
        ObjectId = policy.Loose("objectId").Text() ?? "",
        Keys = policy.At("permissions", "keys").Texts() ?? [],
        Other = policy.Loose("permissions")?.Clone(),
    })];

    private Resource Show(EstateTransaction tx, Resource resource, KeyStore store)
    {
        var policies = new JsonArray();
        foreach (var policy in store.AccessPolicies ?? [])
        {
            var keys = new JsonArray();
            foreach (var permission in policy.Keys)
                keys.Add((JsonNode)permission);
            policies.Add((JsonNode)new JsonObject
            {
                ["tenantId"] = store.TenantId,
                ["objectId"] = policy.ObjectId,
                ["permissions"] = new JsonObject
                {
                    ["keys"] = keys,
                    ["secrets"] = policy.Other?.Loose("secrets").ToNode() ?? new JsonArray(),
                    ["certificates"] = policy.Other?.Loose("certificates").ToNode() ?? new JsonArray(),
                },
            });
        }
        var json = new JsonObject
        {
            ["sku"] = new JsonObject { ["family"] = "A", ["name"] = store.Premium ? "premium" : "standard" },
            ["tenantId"] = _core.Tenant,
            ["accessPolicies"] = policies,
            ["enabledForDeployment"] = false,
            ["enabledForDiskEncryption"] = false,
            ["enableSoftDelete"] = true,
            ["softDeleteRetentionInDays"] = store.RetentionDays,
            ["enableRbacAuthorization"] = store.UsesRoles,
            ["vaultUri"] = $"https://{store.Host}/",
            ["provisioningState"] = "Succeeded",
            ["publicNetworkAccess"] = store.PublicNetwork ? "Enabled" : "Disabled",
        };
        if (store.PurgeProtection)
            json["enablePurgeProtection"] = true;
        if (store.NetworkAcls is { } acls)
            json["networkAcls"] = acls.ToNode();
        var shown = resource with { Properties = json.ToElement() };
        tx.Put(Tables.Resources, ArmId.Key(shown.Id), shown);
        return shown;
    }

    private Answer Patch(Call call)
    {
        var body = call.Json();
        return call.Write(tx =>
        {
            var resource = _kind.Need(tx, call);
            var store = StoreOf(tx, resource.Name)!;
            if (body.Loose("properties") is { } properties)
                store = Read(call, properties, store, store.Location, tx);
            tx.Put(Tables.Stores, store.Key, store);
            resource = resource with { Tags = body.Loose("tags").Tags() ?? resource.Tags, Changed = tx.Now, ChangedBy = call.Caller.ObjectId };
            return Answer.Json(200, Shapes.Resource(tx, Show(tx, resource, store)));
        });
    }

    private Answer ChangePolicies(Call call)
    {
        var given = call.Json().At("properties", "accessPolicies") is { ValueKind: JsonValueKind.Array } list
            ? ReadPolicies(list)
            : throw _arm.Refuse(call, 400, "BadRequest", "The property accessPolicies is required.");
        var change = call.Value("change").ToLowerInvariant();
        return call.Write(tx =>
        {
            var resource = _kind.Need(tx, call);
            var store = StoreOf(tx, resource.Name)!;
            var others = (store.AccessPolicies ?? []).Where(policy => given.All(item => !item.ObjectId.Equals(policy.ObjectId, StringComparison.OrdinalIgnoreCase))).ToList();
            var policies = change switch
            {
                "replace" => given,
                "remove" => others,
                "add" => [.. others, .. given.Select(item => store.AccessPolicies?.FirstOrDefault(policy => policy.ObjectId.Equals(item.ObjectId, StringComparison.OrdinalIgnoreCase)) is { } known
                    ? known with { Keys = [.. known.Keys.Union(item.Keys, StringComparer.OrdinalIgnoreCase)] }
                    : item)],
                _ => throw _arm.Refuse(call, 400, "BadRequest", $"The operation '{change}' is not valid; it must be add, replace or remove."),
            };
            store = store with { AccessPolicies = policies };
            tx.Put(Tables.Stores, store.Key, store);
            return Answer.Json(200, Shapes.Resource(tx, Show(tx, resource with { Changed = tx.Now }, store)));
        });
    }

    private Answer Delete(Call call) => call.Write(tx =>
    {
        ResourceGroups.Require(_arm, call, tx);
        if (_kind.Find(tx, call) is not { } resource)
            return Answer.Empty(204);
        _resources.Remove(tx, resource);
        return Answer.Empty(200);
    });

    private static void SoftDelete(EstateTransaction tx, Resource resource)
    {
        if (StoreOf(tx, resource.Name) is not { Deleted: null } store)
            return;
        var purge = tx.Now.AddDays(store.RetentionDays);
        tx.Put(Tables.Stores, store.Key, store with { Deleted = tx.Now, PurgeAt = purge, DeletedResource = JsonSerializer.SerializeToElement(resource, EstateJson.Default.Resource) });
        tx.Schedule(purge, PurgeDue, store.Key);
    }

    private Answer Recover(EstateTransaction tx, Call call)
    {
        if (StoreOf(tx, call.Value("name")) is not { Deleted: not null } store)
            throw _arm.Refuse(call, 404, "DeletedVaultNotFound", $"The specified deleted vault '{call.Value("name")}' does not exist.");
        tx.Unschedule(PurgeDue, store.Key);
        var resource = store.DeletedResource!.Value.Deserialize(EstateJson.Default.Resource)!;
        store = store with { Deleted = null, PurgeAt = null, DeletedResource = null };
        tx.Put(Tables.Stores, store.Key, store);
        return Answer.Json(200, Shapes.Resource(tx, Show(tx, resource with { Changed = tx.Now }, store)));
    }

    private KeyStore NeedDeleted(EstateView view, Call call) =>
        StoreOf(view, call.Value("name")) is { Deleted: not null } store
            ? store
            : throw _arm.Refuse(call, 404, "DeletedVaultNotFound", $"The specified deleted vault '{call.Value("name")}' does not exist.");

    private JsonObject ShapeDeleted(KeyStore store) => new()
    {
        ["id"] = $"/subscriptions/{_core.Subscription}/providers/Microsoft.KeyVault/locations/{store.Location}/deletedVaults/{store.Name}",
        ["name"] = store.Name,
        ["type"] = "Microsoft.KeyVault/deletedVaults",
        ["properties"] = new JsonObject
        {
            ["vaultId"] = store.ResourceId,
            ["location"] = store.Location,
            ["deletionDate"] = Shapes.Time(store.Deleted!.Value),
            ["scheduledPurgeDate"] = Shapes.Time(store.PurgeAt!.Value),
            ["purgeProtectionEnabled"] = store.PurgeProtection,
            ["tags"] = new JsonObject(),
        },
    };

    private Answer ListDeleted(Call call) => Answer.Json(200, Shapes.List(call.Read().Scan(Tables.Stores, KeyStore.VaultKind + "/")
        .Where(pair => pair.Value.Deleted is not null)
        .Select(pair => ShapeDeleted(pair.Value))));

    private Answer Purge(Call call) => call.Write(tx =>
    {
        var store = NeedDeleted(tx, call);
        if (store.PurgeProtection)
            throw _arm.Refuse(call, 403, "Forbidden", Assumptions.PurgeProtectedText);
        tx.Unschedule(PurgeDue, store.Key);
        ManagedHsms.DropStore(tx, store.Key);
        return Answer.Empty(200);
    });

    private Answer CheckName(Call call)
    {
        var name = call.Json().Loose("name").Text() ?? throw _arm.Refuse(call, 400, "BadRequest", "The parameter name is required.");
        var reason = !Name().IsMatch(name) ? "AccountNameInvalid" : StoreOf(call.Read(), name) is null ? null : "AlreadyExists";
        var json = new JsonObject { ["nameAvailable"] = reason is null };
        if (reason is not null)
        {
            json["reason"] = reason;
            json["message"] = string.Create(CultureInfo.InvariantCulture, $"The vault name '{name}' is {(reason == "AlreadyExists" ? "already in use" : "invalid")}.");
        }
        return Answer.Json(200, json);
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
