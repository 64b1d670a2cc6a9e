using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Postgres;

/// <summary>
/// Flexible servers: encrypted at creation or never, inaccessible within the hour without their key, and ready again by themselves.
/// Listing a server's databases reads what its data key encrypts, and so is the canary for its key.
/// </summary>
internal sealed partial class FlexibleServers
{
    private const string Namespace = "Microsoft.DBforPostgreSQL";
    private const string CreateKind = "postgres-create";
    private const string UpdateKind = "postgres-update";
    private const string DeleteKind = "postgres-delete";
    private const string PowerKind = "postgres-power";
    private const string DatabaseKind = "postgres-database";
    private const string Primary = "primary";
    private const string GeoBackup = "geo";
    private const string Managed = "AzureKeyVault";
    private const string CheckNamePath = "/subscriptions/{subscription}/providers/Microsoft.DBforPostgreSQL/locations/{location}/checkNameAvailability";
    private const string CapabilitiesPath = "/subscriptions/{subscription}/providers/Microsoft.DBforPostgreSQL/locations/{location}/capabilities";

    private static readonly string[] Versions = ["11", "12", "13", "14", "15", "16", "17"];
    private static readonly string[] SystemDatabases = ["azure_maintenance", "azure_sys", "postgres"];

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;
    private readonly AsyncOperations _operations;
    private readonly GenericResources _resources;
    private readonly ResourceKind _servers;
    private readonly ResourceKind _databases;
    private readonly KeyLinkProfile _profile;

    public FlexibleServers(SimulatorCore core, ArmService arm, AsyncOperations operations, GenericResources resources)
    {
        _core = core;
        _arm = arm;
        _operations = operations;
        _resources = resources;
        _servers = new ResourceKind(core, arm, Namespace + "/flexibleServers", "server");
        _databases = new ResourceKind(core, arm, Namespace + "/flexibleServers/databases", "server", "database");
        _profile = core.KeyLinks.Register(new KeyLinkProfile
        {
            Name = "postgres",
            Poll = core.Timings.PostgresKeyPoll,
            Cached = core.Timings.PostgresKeyCache,
            PollBroken = core.Timings.PostgresKeyPoll,
            Healing = core.Timings.PostgresHealing,
            Follow = core.Timings.PostgresKeyRotation,
            ExpiryBreaks = true,
            Changed = KeyChanged,
        });
        operations.OnEnd(CreateKind, EndChange);
        operations.OnEnd(UpdateKind, EndChange);
        operations.OnEnd(DeleteKind, EndDelete);
        operations.OnEnd(PowerKind, EndPower);
        operations.OnEnd(DatabaseKind, static (_, operation) => operation with { Result = operation.Input?.Member("result") });
        resources.OnRemoval(_servers.Type, (tx, server) =>
        {
            core.KeyLinks.RemoveAll(tx, server.Id);
            tx.Remove(Tables.PostgresServers, server.Id.ToLowerInvariant());
        });
        arm.Plug(
        [
            _servers.Put("Create PostgreSQL flexible server", Put),
            _servers.Patch("Update PostgreSQL flexible server", Patch),
            _servers.Get("Get PostgreSQL flexible server"),
            _servers.Delete("Delete PostgreSQL flexible server", Delete),
            .. _servers.Lists("PostgreSQL flexible servers"),
            _servers.Act("Start PostgreSQL flexible server", "start", call => Power(call, "start")),
            _servers.Act("Stop PostgreSQL flexible server", "stop", call => Power(call, "stop")),
            _servers.Act("Restart PostgreSQL flexible server", "restart", call => Power(call, "restart")),
            _databases.Put("Create PostgreSQL database", PutDatabase),
            ResourceKind.Op("Get PostgreSQL database", "GET", _databases.Path, _databases.Type + "/read", GetDatabase) with { ReadsOnly = true },
            _databases.Delete("Delete PostgreSQL database", DeleteDatabase),
            ResourceKind.Op("List PostgreSQL databases", "GET", _databases.ListPath, _databases.Type + "/read", ListDatabases) with { ReadsOnly = true },
            ResourceKind.Op("Check PostgreSQL server name", "POST", CheckNamePath, Namespace + "/locations/checkNameAvailability/action", CheckName),
            ResourceKind.Op("Check PostgreSQL server name (everywhere)", "POST", "/subscriptions/{subscription}/providers/Microsoft.DBforPostgreSQL/checkNameAvailability", Namespace + "/checkNameAvailability/action", CheckName),
            ResourceKind.Op("List PostgreSQL capabilities of a region", "GET", CapabilitiesPath, Namespace + "/locations/capabilities/read", Capabilities),
        ]);
    }

    private static RefusedException Refuse(int status, string code, string message) => ResourceKind.Refusal(status, code, message);

    private static string LinkOf(string serverId, string part) => KeyLink.IdOf(serverId, part);

    private static void RequireIdle(EstateView view, Resource server)
    {
        if (AsyncOperations.Running(view, server.Id) is not null)
            throw Refuse(409, "ServerIsBusy", $"Cannot complete operation because server '{server.Name}' is busy processing another operation.");
    }

    private static void RequireState(Resource server, params string[] states)
    {
        var state = server.Properties.Member("state").Text()!;
        if (state == "Inaccessible")
            throw Refuse(409, Assumptions.PostgresInaccessible, $"The server '{server.Name}' is inaccessible: its encryption key cannot be used. Restore the access to the key first.");
        if (!states.Contains(state))
            throw Refuse(409, Assumptions.PostgresWrongState, $"The server '{server.Name}' is in the state '{state}'; the operation needs '{string.Join("' or '", states)}'.");
    }

    private Answer Start(EstateTransaction tx, Call call, string kind, Resource server, string words, JsonObject? input = null, int? emptyStatus = null)
    {
        var operation = AsyncOperations.Start(tx, call, kind, server.Id, _core.Timings.Operation, input?.ToElement(), emptyStatus);
        var answer = Answer.Json(202, new JsonObject { ["operation"] = words, ["startTime"] = Shapes.Time(tx.Now) });
        return _operations.Announce(answer, call, operation, Namespace, server.Location!, status: true, result: true);
    }

    private Answer Put(Call call)
    {
        Subscriptions.RequireRegistration(_arm, call, Namespace);
        var view = call.Read();
        ResourceGroups.Require(_arm, call, view);
        if (_servers.Find(view, call) is { } existing)
            return Change(call, existing);
        var body = call.Json();
        var given = body.Loose("properties") ?? default;
        var location = _servers.Location(call, body, null);
        _servers.RequireRegionUp(call, location);
        RequireNew(call, view, body, given);
        var id = _servers.IdOf(call);
        var identity = ManagedIdentities.Draft(view, _arm, call, body.Loose("identity"), null);
        var encryption = EncryptionOf(given.Loose("dataEncryption"), given, body.At("sku", "tier").Text());
        var dataKey = SimulatorRandom.Bytes(32);
        var links = encryption is null ? [] : Bind(call, view, id, location, identity, encryption, dataKey);
        var server = Made(call, body, given, id, location, identity, encryption);
        var state = new PostgresState
        {
            Id = id,
            Content = SealedContent.Seal(dataKey, Encoding.UTF8.GetBytes(new JsonArray([.. SystemDatabases.Select(name => (JsonNode)name)]).ToJsonString())),
            Platform = encryption is null ? _core.Estate.Write(call.Now, tx => PlatformKeys.Wrap(tx, dataKey)) : null,
        };
        return call.Write(tx =>
        {
            if (tx.Has(Tables.Resources, ArmId.Key(id)))
                throw Refuse(409, "ServerIsBusy", $"The server '{call.Value("server")}' is being created.");
            ResourceKind.Store(tx, server with { Identity = ManagedIdentities.Apply(tx, _arm, call, body.Loose("identity"), null, id) });
            PostgresState.Put(tx, state);
            foreach (var link in links)
                _core.KeyLinks.Put(tx, link);
            return Start(tx, call, CreateKind, server, "UpsertServerManagementOperationV2", new JsonObject { ["state"] = "Ready" });
        });
    }

    private void RequireNew(Call call, EstateView view, JsonElement body, JsonElement given)
    {
        if (!Name().IsMatch(call.Value("server")))
            throw Refuse(400, "InvalidServerName", $"Invalid value given for parameter ServerName: '{call.Value("server")}'. It takes 3 to 63 lowercase letters, digits and hyphens, and must not begin or end with a hyphen.");
        if (_servers.All(view).Any(other => other.Name.Equals(call.Value("server"), StringComparison.OrdinalIgnoreCase)))
            throw Refuse(409, "ServerNameAlreadyExists", $"Specified server name '{call.Value("server")}' is already used.");
        if (body.At("sku", "name").Text() is null)
            throw Refuse(400, "ParameterValueMissing", "The value of the parameter 'sku' is missing.");
        var mode = given.Loose("createMode").Text() ?? "Default";
        if (!mode.Equals("Default", StringComparison.OrdinalIgnoreCase) && !mode.Equals("Create", StringComparison.OrdinalIgnoreCase))
            throw Refuse(400, "InvalidParameterValue", $"Invalid value given for parameter createMode: '{mode}'. This simulator makes new servers only: 'Default' or 'Create'.");
        if (given.Loose("version").Text() is { } version && !Versions.Contains(version))
            throw Refuse(400, "InvalidParameterValue", $"Invalid value given for parameter version: '{version}'. It must be one of '{string.Join(", ", Versions)}'.");
        if (given.At("authConfig", "passwordAuth").Text() != "Disabled" && (given.Loose("administratorLogin").Text() is null || given.Loose("administratorLoginPassword").Text() is null))
            throw Refuse(400, "ParameterValueMissing", "The values of the parameters 'administratorLogin' and 'administratorLoginPassword' are missing.");
    }

    private Resource Made(Call call, JsonElement body, JsonElement given, string id, string location, ResourceIdentity? identity, PostgresEncryption? encryption)
    {
        var geo = given.At("backup", "geoRedundantBackup").Text() ?? "Disabled";
        var sku = body.At("sku", "name").Text()!;
        var properties = new JsonObject
        {
            ["administratorLogin"] = given.Loose("administratorLogin").Text(),
            ["version"] = given.Loose("version").Text() ?? "14",
            ["state"] = "Starting",
            ["fullyQualifiedDomainName"] = $"{call.Value("server").ToLowerInvariant()}.postgres.database.azure.com",
            ["storage"] = new JsonObject { ["storageSizeGB"] = given.At("storage", "storageSizeGB").Number() ?? 128 },
            ["backup"] = new JsonObject { ["backupRetentionDays"] = given.At("backup", "backupRetentionDays").Number() ?? 7, ["geoRedundantBackup"] = geo, ["earliestRestoreDate"] = Shapes.Time(call.Now) },
            ["network"] = given.Loose("network")?.ToNode() ?? new JsonObject { ["publicNetworkAccess"] = "Enabled" },
            ["highAvailability"] = given.Loose("highAvailability")?.ToNode() ?? new JsonObject { ["mode"] = "Disabled", ["state"] = "NotEnabled" },
            ["authConfig"] = given.Loose("authConfig")?.ToNode() ?? new JsonObject { ["activeDirectoryAuth"] = "Disabled", ["passwordAuth"] = "Enabled" },
            ["dataEncryption"] = Shown(encryption),
            ["replicationRole"] = "Primary",
            ["replicaCapacity"] = 5,
            ["availabilityZone"] = given.Loose("availabilityZone").Text() ?? "1",
        };
        return new Resource
        {
            Id = id,
            Name = call.Value("server"),
            Type = _servers.Type,
            Location = location,
            Tags = body.Loose("tags").Tags(),
            Sku = new JsonObject { ["name"] = sku, ["tier"] = body.At("sku", "tier").Text() ?? "GeneralPurpose" }.ToElement(),
            Identity = identity,
            Properties = properties.ToElement(),
            Created = call.Now,
            Changed = call.Now,
            CreatedBy = call.Caller.ObjectId,
            ChangedBy = call.Caller.ObjectId,
        };
    }

    private sealed record PostgresEncryption(string PrimaryKey, string PrimaryIdentity, string? GeoKey, string? GeoIdentity);

    private static JsonObject Shown(PostgresEncryption? encryption)
    {
        if (encryption is null)
            return new JsonObject { ["type"] = "SystemManaged" };
        var json = new JsonObject
        {
            ["type"] = Managed,
            ["primaryKeyURI"] = encryption.PrimaryKey,
            ["primaryUserAssignedIdentityId"] = encryption.PrimaryIdentity,
            ["primaryEncryptionKeyStatus"] = "Valid",
        };
        if (encryption.GeoKey is null)
            return json;
        json["geoBackupKeyURI"] = encryption.GeoKey;
        json["geoBackupUserAssignedIdentityId"] = encryption.GeoIdentity;
        json["geoBackupEncryptionKeyStatus"] = "Valid";
        return json;
    }

    /// <summary>Reads and judges the block, short of the keys themselves.</summary>
    private static PostgresEncryption? EncryptionOf(JsonElement? block, JsonElement given, string? tier)
    {
        if (block is null || !string.Equals(block.At("type").Text(), Managed, StringComparison.OrdinalIgnoreCase))
        {
            return block.At("primaryKeyURI").Text() is null
                ? null
                : throw Refuse(400, "InvalidParameterValue", $"Invalid value given for parameter dataEncryption.type. It must be '{Managed}' where a key is given.");
        }
        if (string.Equals(tier, "Burstable", StringComparison.OrdinalIgnoreCase))
            throw Refuse(400, Assumptions.PostgresBurstable, "Data encryption with customer managed keys is not supported on the Burstable tier.");
        var geoBackup = string.Equals(given.At("backup", "geoRedundantBackup").Text(), "Enabled", StringComparison.OrdinalIgnoreCase);
        return Complete(block.Value, geoBackup);
    }

    private static PostgresEncryption Complete(JsonElement block, bool geoBackup)
    {
        string Need(string name) => block.Loose(name).Text() is { Length: > 0 } value ? value : throw Refuse(400, "ParameterValueMissing", $"The value of the parameter 'dataEncryption.{name}' is missing.");
        var encryption = new PostgresEncryption(
            Need("primaryKeyURI"),
            Need("primaryUserAssignedIdentityId"),
            geoBackup ? Need("geoBackupKeyURI") : null,
            geoBackup ? Need("geoBackupUserAssignedIdentityId") : null);
        if (!geoBackup && block.Loose("geoBackupKeyURI").Text() is { Length: > 0 })
            throw Refuse(400, "InvalidParameterValue", "Invalid value given for parameter dataEncryption.geoBackupKeyURI: the server has no geo-redundant backup.");
        if (geoBackup && string.Equals(encryption.PrimaryIdentity, encryption.GeoIdentity, StringComparison.OrdinalIgnoreCase))
            throw Refuse(400, "InvalidParameterValue", "Invalid value given for parameter dataEncryption.geoBackupUserAssignedIdentityId: it must be another identity than that of the primary key.");
        return encryption;
    }

    /// <summary>Tries the keys, and wraps the data key with each.</summary>
    private List<KeyLink> Bind(Call call, EstateView view, string id, string location, ResourceIdentity? identity, PostgresEncryption encryption, byte[] dataKey)
    {
        var links = new List<KeyLink> { Bind(call, view, id, Primary, location, identity, encryption.PrimaryKey, encryption.PrimaryIdentity, dataKey) };
        if (encryption.GeoKey is not null)
            links.Add(Bind(call, view, id, GeoBackup, Locations.Find(location)!.Paired, identity, encryption.GeoKey, encryption.GeoIdentity!, dataKey));
        return links;
    }

    private KeyLink Bind(Call call, EstateView view, string id, string part, string region, ResourceIdentity? identity, string url, string identityId, byte[] dataKey)
    {
        if (identity?.UserAssigned?.Contains(identityId, StringComparer.OrdinalIgnoreCase) != true)
            throw Refuse(400, Assumptions.PostgresIdentityForeign, $"The user-assigned identity '{identityId}' is not assigned to the server.");
        if (!KeyIdentifier.TryParse(url, out var key))
            throw Refuse(400, "InvalidParameterValue", $"Invalid value given for a key URI: '{url}'.");
        if (!Compute.ComputeProvider.IsIn(view, key, region))
            throw Refuse(400, Assumptions.PostgresKeyElsewhere, $"The key vault of '{key}' must be in the region '{region}'.");
        var request = new KeyLinkRequest
        {
            Profile = _profile,
            Id = LinkOf(id, part),
            ResourceId = id,
            Region = region,
            Key = key,
            PrincipalId = Shapes.PrincipalOf(view, identityId)?.ObjectId ?? "",
            IdentityId = identityId,
            DataKey = dataKey,
        };
        return _core.KeyLinks.TryBind(request, call.Now, out var link) is { } fault
            ? throw Refuse(400, Assumptions.PostgresKeyNotAccessible, Words(fault))
            : link;
    }

    private static string Words(KeyFault fault) => fault.Trouble switch
    {
        KeyTrouble.AccessDenied or KeyTrouble.OperationNotPermitted => $"The identity lacks the permissions Get, List, Wrap Key and Unwrap Key on the key '{fault.Key}'.",
        KeyTrouble.KeyDisabled => $"The key '{fault.Key}' is disabled.",
        KeyTrouble.KeyExpired or KeyTrouble.KeyNotYetValid => $"The key '{fault.Key}' is expired or not yet valid.",
        KeyTrouble.KeyNotFound => $"The key '{fault.Key}' was not found.",
        KeyTrouble.NoPurgeProtection => $"The key vault of '{fault.Key}' must have soft delete and purge protection enabled.",
        KeyTrouble.WrongKind => $"The key '{fault.Key}' must be an RSA key of 2048, 3072 or 4096 bits.",
        KeyTrouble.TokenRefused => $"The identity that should use the key '{fault.Key}' was not found.",
        _ => $"The key vault of '{fault.Key}' cannot be reached.",
    };

    private AsyncOperation EndChange(EstateTransaction tx, AsyncOperation operation)
    {
        if (_servers.Find(tx, operation.ResourceId) is not { } server)
            return operation;
        var wanted = operation.Input!.Value.Member("state").Text()!;
        // A key that was lost meanwhile has the last word.
        var state = wanted == "Ready" && IsDark(tx, server.Id) ? "Inaccessible" : wanted;
        ResourceKind.Store(tx, ResourceKind.With(server, ("state", state)) with { Changed = tx.Now });
        return operation;
    }

    private static bool IsDark(EstateView view, string serverId) => KeyLinkBook.Find(view, LinkOf(serverId, Primary)) is { Accessible: false };

    private Answer Patch(Call call) => Change(call, _servers.Need(call.Read(), call));

    private Answer Change(Call call, Resource existing)
    {
        var view = call.Read();
        var body = call.Json();
        var given = body.Loose("properties") ?? default;
        _servers.RequireRegionUp(call, existing.Location!);
        var changesKey = given.Loose("dataEncryption") is not null || body.Loose("identity") is not null;
        if (existing.Properties.Member("state").Text() is not ("Inaccessible" or "Ready" or "Stopped") || !changesKey)
            RequireState(existing, "Ready", "Stopped");
        var identity = ManagedIdentities.Draft(view, _arm, call, body.Loose("identity"), existing.Identity);
        var links = Rekeyed(call, view, existing, given, identity, out var shown);
        return call.Write(tx =>
        {
            RequireIdle(tx, existing);
            var before = existing.Properties.Member("state").Text()!;
            var server = existing with
            {
                Tags = body.Loose("tags").Tags() ?? existing.Tags,
                Identity = ManagedIdentities.Apply(tx, _arm, call, body.Loose("identity"), existing.Identity, existing.Id),
                Sku = body.Loose("sku")?.Clone() ?? existing.Sku,
                Changed = tx.Now,
                ChangedBy = call.Caller.ObjectId,
            };
            if (shown is not null)
                server = ResourceKind.With(server, ("dataEncryption", shown));
            if (given.At("storage", "storageSizeGB").Number() is { } size)
                server = ResourceKind.With(server, ("storage", new JsonObject { ["storageSizeGB"] = size }));
            if (given.At("backup", "backupRetentionDays").Number() is { } days)
            {
                var backup = server.Properties.Member("backup")!.Value.ToObject();
                backup["backupRetentionDays"] = days;
                server = ResourceKind.With(server, ("backup", backup));
            }
            ResourceKind.Store(tx, ResourceKind.With(server, ("state", "Updating")));
            foreach (var link in links)
                _core.KeyLinks.Put(tx, link);
            if (body.Loose("identity") is not null)
                FollowIdentity(tx, server);
            var after = before == "Stopped" ? "Stopped" : "Ready";
            return Start(tx, call, UpdateKind, server, "UpdateServerManagementOperationV2", new JsonObject { ["state"] = after });
        });
    }

    /// <summary>Links for keys and identities that a change names; the data key stays the same.</summary>
    private List<KeyLink> Rekeyed(Call call, EstateView view, Resource existing, JsonElement given, ResourceIdentity? identity, out JsonObject? shown)
    {
        shown = null;
        if (given.Loose("dataEncryption") is not { } block)
            return [];
        var before = existing.Properties.Member("dataEncryption");
        var managed = before.At("type").Text() == Managed;
        var wanted = block.Loose("type").Text();
        if (!managed && (string.Equals(wanted, Managed, StringComparison.OrdinalIgnoreCase) || block.Loose("primaryKeyURI").Text() is not null))
            throw Refuse(400, Assumptions.PostgresEncryptionFixed, "Data encryption with a customer managed key can be chosen only when the server is created.");
        if (managed && wanted is not null && !wanted.Equals(Managed, StringComparison.OrdinalIgnoreCase))
            throw Refuse(400, Assumptions.PostgresEncryptionFixed, "Data encryption with a customer managed key cannot be changed to a system managed key.");
        if (!managed)
            return [];
        var geoBackup = string.Equals(existing.Properties.At("backup", "geoRedundantBackup").Text(), "Enabled", StringComparison.OrdinalIgnoreCase);
        var encryption = Complete(JsonRead.Merge(before!.Value.ToObject(), block).ToElement(), geoBackup);
        var dataKey = DataKeyFor(call, view, existing, identity, encryption);
        shown = Shown(encryption);
        return Bind(call, view, existing.Id, existing.Location!, identity, encryption, dataKey);
    }

    /// <summary>
    /// The data key by whichever of the server's wrapped copies opens: with the key in use, or, after a loss, with the one that the
    /// change names.
    /// </summary>
    private byte[] DataKeyFor(Call call, EstateView view, Resource server, ResourceIdentity? identity, PostgresEncryption wanted)
    {
        var link = KeyLinkBook.Find(view, LinkOf(server.Id, Primary))!;
        if (_core.KeyLinks.TryDataKey(link, call.Now, out var dataKey) is not { } fault)
            return dataKey;
        var assigned = identity?.UserAssigned?.Contains(wanted.PrimaryIdentity, StringComparer.OrdinalIgnoreCase) == true;
        var principal = assigned ? Shapes.PrincipalOf(view, wanted.PrimaryIdentity)?.ObjectId : null;
        foreach (var url in (string[])[link.Current, wanted.PrimaryKey])
            if (principal is not null && KeyIdentifier.TryParse(url, out var key) && _core.KeyLinks.Access.TryUnwrap(principal, key, link.Wrapped, call.Now, out dataKey) is null)
                return dataKey;
        throw Refuse(400, Assumptions.PostgresKeyNotAccessible, Words(fault));
    }

    /// <summary>An identity that is no longer the server's opens nothing for it; one that was made again opens what it may.</summary>
    private static void FollowIdentity(EstateTransaction tx, Resource server)
    {
        foreach (var (part, name) in ((string, string)[])[(Primary, "primaryUserAssignedIdentityId"), (GeoBackup, "geoBackupUserAssignedIdentityId")])
        {
            var id = server.Properties.At("dataEncryption", name).Text();
            var assigned = id is not null && server.Identity?.UserAssigned?.Contains(id, StringComparer.OrdinalIgnoreCase) == true;
            KeyLinkBook.Reassign(tx, LinkOf(server.Id, part), assigned ? Shapes.PrincipalOf(tx, id!)?.ObjectId : null, id);
        }
    }

    private void KeyChanged(EstateTransaction tx, KeyLink before, KeyLink after)
    {
        if (before.Accessible == after.Accessible || _servers.Find(tx, after.ResourceId) is not { } server)
            return;
        var isGeo = after.Id == LinkOf(server.Id, GeoBackup);
        var encryption = server.Properties.Member("dataEncryption")!.Value.ToObject();
        encryption[isGeo ? "geoBackupEncryptionKeyStatus" : "primaryEncryptionKeyStatus"] = after.Accessible ? "Valid" : "Invalid";
        server = ResourceKind.With(server, ("dataEncryption", encryption));
        // A stopped server notices when it starts; one that is being worked on, at the end of that.
        if (!isGeo && server.Properties.Member("state").Text() is "Ready" or "Inaccessible")
        {
            server = ResourceKind.With(server, ("state", after.Accessible ? "Ready" : "Inaccessible"));
            _arm.Activity!.Happened(tx, server.Id, Namespace + "/flexibleServers/write", "Succeeded", after.Accessible ? null : Assumptions.PostgresInaccessible, after.Accessible ? "The server is accessible again." : Words(after.Broke!));
        }
        ResourceKind.Store(tx, server with { Changed = tx.Now });
    }

    private Answer Power(Call call, string verb)
    {
        var server = _servers.Need(call.Read(), call);
        _servers.RequireRegionUp(call, server.Location!);
        RequireState(server, verb == "start" ? "Stopped" : "Ready");
        if (verb == "start" && KeyLinkBook.Find(call.Read(), LinkOf(server.Id, Primary)) is not null
            && _core.KeyLinks.Check(LinkOf(server.Id, Primary), call.Now) is { } link && (link.Refusal ?? link.Fault) is { } fault)
            throw Refuse(409, Assumptions.PostgresInaccessible, Words(fault));
        return call.Write(tx =>
        {
            RequireIdle(tx, server);
            ResourceKind.Store(tx, ResourceKind.With(_servers.Find(tx, server.Id)!, ("state", verb == "stop" ? "Stopping" : "Starting")));
            return Start(tx, call, PowerKind, server, $"{verb[..1].ToUpperInvariant()}{verb[1..]}ServerManagementOperation", new JsonObject { ["state"] = verb == "stop" ? "Stopped" : "Ready" }, 200);
        });
    }

    private AsyncOperation EndPower(EstateTransaction tx, AsyncOperation operation) => EndChange(tx, operation);

    private Answer Delete(Call call) => call.Write(tx =>
    {
        ResourceGroups.Require(_arm, call, tx);
        if (_servers.Find(tx, call) is not { } server)
            return Answer.Empty(204);
        RequireIdle(tx, server);
        ResourceKind.Store(tx, ResourceKind.With(server, ("state", "Dropping")));
        return Start(tx, call, DeleteKind, server, "DropServerManagementOperation", emptyStatus: 200);
    });

    private AsyncOperation EndDelete(EstateTransaction tx, AsyncOperation operation)
    {
        if (_servers.Find(tx, operation.ResourceId) is { } server)
            _resources.Remove(tx, server);
        return operation;
    }

    /// <summary>What is on the server, opened as a connection would.</summary>
    private (Resource Server, PostgresState State, byte[] DataKey, List<string> Databases) Open(Call call, EstateView view)
    {
        ResourceGroups.Require(_arm, call, view);
        var server = _servers.Find(view, call) ?? throw _arm.Refuse(call, 404, "ParentResourceNotFound", $"Can not perform requested operation on nested resource. Parent resource '{call.Value("server")}' not found.");
        _servers.RequireRegionUp(call, server.Location!);
        RequireState(server, "Ready", "Updating");
        var state = PostgresState.Find(view, server.Id)!;
        byte[] dataKey;
        if (KeyLinkBook.Find(view, LinkOf(server.Id, Primary)) is { } link)
        {
            if (_core.KeyLinks.TryDataKey(link, call.Now, out dataKey) is { } fault)
                throw Refuse(409, Assumptions.PostgresInaccessible, Words(fault));
        }
        else
        {
            dataKey = PlatformKeys.Unwrap(view, state.Platform!);
        }
        var names = JsonNode.Parse(SealedContent.Open(dataKey, state.Content))!.AsArray();
        return (server, state, dataKey, [.. names.Select(name => (string)name!)]);
    }

    private JsonObject DatabaseShape(Resource server, string name) => new()
    {
        ["id"] = $"{server.Id}/databases/{name}",
        ["name"] = name,
        ["type"] = _databases.Type,
        ["properties"] = new JsonObject { ["charset"] = "UTF8", ["collation"] = "en_US.utf8" },
    };

    private Answer ListDatabases(Call call)
    {
        var (server, _, _, names) = Open(call, call.Read());
        return Answer.Json(200, Shapes.List(names.Select(name => DatabaseShape(server, name))));
    }

    private Answer GetDatabase(Call call)
    {
        var (server, _, _, names) = Open(call, call.Read());
        return names.Contains(call.Value("database"), StringComparer.Ordinal)
            ? Answer.Json(200, DatabaseShape(server, call.Value("database")))
            : throw Refuse(404, "DatabaseDoesNotExist", $"The database '{call.Value("database")}' does not exist.");
    }

    private Answer PutDatabase(Call call)
    {
        var name = call.Value("database");
        if (!DatabaseName().IsMatch(name))
            throw Refuse(400, "InvalidDatabaseName", $"Invalid database name '{name}'. It takes up to 63 letters, digits, underscores and hyphens, and begins with a letter or an underscore.");
        var (server, state, dataKey, names) = Open(call, call.Read());
        return Write(call, server, state, dataKey, [.. names.Where(known => known != name), name], new JsonObject { ["result"] = DatabaseShape(server, name) });
    }

    private Answer DeleteDatabase(Call call)
    {
        var name = call.Value("database");
        var (server, state, dataKey, names) = Open(call, call.Read());
        if (SystemDatabases.Contains(name))
            throw Refuse(400, "SystemDatabase", $"The database '{name}' belongs to the system and cannot be deleted.");
        return names.Contains(name) ? Write(call, server, state, dataKey, [.. names.Where(known => known != name)], null) : Answer.Empty(204);
    }

    private Answer Write(Call call, Resource server, PostgresState state, byte[] dataKey, List<string> names, JsonObject? input)
    {
        var content = SealedContent.Seal(dataKey, Encoding.UTF8.GetBytes(new JsonArray([.. names.Order(StringComparer.Ordinal).Select(name => (JsonNode)name)]).ToJsonString()));
        return call.Write(tx =>
        {
            RequireIdle(tx, server);
            PostgresState.Put(tx, state with { Content = content });
            return Start(tx, call, DatabaseKind, server with { Id = $"{server.Id}/databases/{call.Value("database")}" }, input is null ? "DropDatabaseManagementOperation" : "UpsertDatabaseManagementOperation", input, 200);
        });
    }

    private Answer CheckName(Call call)
    {
        var name = call.Json().Loose("name").Text() ?? throw Refuse(400, "ParameterValueMissing", "The value of the parameter 'name' is missing.");
        var reason = !Name().IsMatch(name) ? "Invalid" : _servers.All(call.Read()).Any(other => other.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) ? "AlreadyExists" : null;
        var json = new JsonObject { ["name"] = name, ["type"] = _servers.Type, ["nameAvailable"] = reason is null, ["message"] = "" };
        if (reason is not null)
        {
            json["reason"] = reason;
            json["message"] = reason == "Invalid" ? $"The name '{name}' is not a valid server name." : $"Specified server name '{name}' is already used.";
        }
        return Answer.Json(200, json);
    }

    private Answer Capabilities(Call call)
    {
        if (Locations.Find(call.Value("location")) is not { } location)
            throw Refuse(400, "LocationNotAvailableForResourceType", $"The provided location '{call.Value("location")}' is not available for resource type '{_servers.Type}'.");
        _servers.RequireRegionUp(call, location.Name);
        return Answer.Json(200, Shapes.List([PostgresCapabilities.Of(Versions)]));
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_-]{0,62}$", RegexOptions.CultureInvariant)]
    private static partial Regex DatabaseName();
}
