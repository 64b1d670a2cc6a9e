using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Sql;

/// <summary>
/// Databases that are kept twice, and the groups that fail over together. The other server must reach the same key material with
/// its own identity; a group does not help where that key is lost.
/// </summary>
internal sealed class SqlReplication
{
    private const string ChangeKind = "sql-failover-group-change";
    private const string DeleteKind = "sql-failover-group-delete";
    private const string FailoverKind = "sql-failover";
    private const string SecondaryKind = "sql-secondary-create";
    private const string AutomaticWork = "sql-automatic-failover";
    private const int GraceMinutesAtLeast = 60;

    private readonly SqlProvider _sql;

    public SqlReplication(SqlProvider sql)
    {
        _sql = sql;
        sql.Replication = this;
        sql.Operations.OnEnd(ChangeKind, EndChange);
        sql.Operations.OnEnd(DeleteKind, EndDelete);
        sql.Operations.OnEnd(FailoverKind, EndFailover);
        sql.Operations.OnEnd(SecondaryKind, EndSecondary);
        sql.Core.Work.OnChange(AutomaticWork, LookAfter);
        var groups = sql.FailoverGroups;
        sql.Arm.Plug(
        [
            groups.Put("Create or update failover group", Put),
            groups.Patch("Update failover group", Put),
            groups.Get("Get failover group"),
            groups.Delete("Delete failover group", Delete),
            groups.ListUnder("List failover groups", sql.Servers, ResourceKind.Whole),
            groups.Act("Fail over", "failover", call => Failover(call, planned: true)),
            groups.Act("Fail over, allowing data loss", "forceFailoverAllowDataLoss", call => Failover(call, planned: false)),
            groups.Act("Fail over, allowing data loss only where a planned failover can't be", "tryPlannedBeforeForcedFailover", call => Failover(call, planned: null)),
        ]);
    }

    /// <summary>Refuses a protector whose key the servers of the replicas don't have.</summary>
    public void RequireKeyOnPartners(Call call, Resource server, KeyIdentifier key, KeyLink bound, bool rotation)
    {
        var view = call.Read();
        var partners = _sql.Databases.Under(view, server.Id)
            .Select(database => SqlDatabaseState.Find(view, database.Id))
            .Where(state => state is { Partner: not null, IsSecondary: false })
            .Select(state => SqlProvider.ServerOf(view, state!.Partner!).Id)
            .Distinct(StringComparer.OrdinalIgnoreCase);
        foreach (var partner in partners)
            _ = NeedKeyOn(call, view, view.Find(Tables.Resources, ArmId.Key(partner))!, key, bound.Wrapped, rotation);
    }

    /// <summary>The key of the partner that opens what the primary's key wrapped.</summary>
    private KeyIdentifier NeedKeyOn(Call call, EstateView view, Resource partner, KeyIdentifier key, byte[] wrapped, bool rotation)
    {
        if (SqlWatch.PrincipalOf(view, partner) is not { } who)
            throw SqlProvider.Refuse(call, 400, "AzureKeyVaultNoServerIdentity", $"The server identity is not correctly configured. Server: '{partner.Name}'.");
        if (_sql.Keys.ByUri(view, partner, key.ToString()) is not null)
        {
            return _sql.Watch.Links.Access.TryUnwrap(who.PrincipalId, key, wrapped, call.Now, out _) is null
                ? key
                : throw SqlProvider.Refuse(call, 400, "KeyMaterialNotFoundOnRemoteServer", "Remote server does not have access to key material used as a TDE protector.");
        }
        if (rotation)
            throw SqlProvider.Refuse(call, 400, "SameKeyUriNotFoundOnRemoteServer", "Secondary server does not have the key material from the same key vault as the primary server's encryption protector with key auto-rotation enabled.");
        return SameMaterial(view, partner, wrapped, call.Now)
            ?? throw SqlProvider.Refuse(call, 400, "SameKeyMaterialNotFoundOnRemoteServer", "Secondary server does not have the key material of the primary server's encryption protector.");
    }

    /// <summary>A key of that server, in whichever store, that unwraps it.</summary>
    private KeyIdentifier? SameMaterial(EstateView view, Resource server, byte[] wrapped, DateTimeOffset now)
    {
        if (SqlWatch.PrincipalOf(view, server) is not { } who)
            return null;
        foreach (var candidate in _sql.ServerKeys.Under(view, server.Id))
            if (KeyIdentifier.TryParse(candidate.Properties.Member("uri").Text(), out var key) && _sql.Watch.Links.Access.TryUnwrap(who.PrincipalId, key, wrapped, now, out _) is null)
                return key;
        return null;
    }

    /// <summary>The replica of a database whose data key was wrapped with another key; <see langword="null"/> where it has none, or can't follow.</summary>
    public (SqlDatabaseState State, KeyLink? Link)? RewrappedPartner(EstateView view, SqlDatabaseState state, KeyIdentifier? key, byte[] dataKey, DateTimeOffset now)
    {
        if (state.Partner is not { } id || SqlDatabaseState.Find(view, id) is not { } partner)
            return null;
        var server = SqlProvider.ServerOf(view, id);
        return _sql.Watch.Rewrapped(view, server, partner, key, dataKey, now);
    }

    /// <summary>Makes a readable secondary of a database on another server.</summary>
    public Answer CreateSecondary(Call call, Resource server, string id, string? sourceId)
    {
        var view = call.Read();
        if (_sql.Databases.Find(view, sourceId) is not { } source)
            throw SqlProvider.Refuse(call, 404, "SourceDatabaseNotFound", "The source database does not exist.");
        _sql.Arm.RequireLinked(call, view, _sql.Databases.Type + "/write", _sql.Databases.Type + "/read", source.Id);
        var replica = NeedReplica(call, view, source, server, id);
        return call.Write(tx =>
        {
            StoreReplica(tx, call, replica, group: null);
            return _sql.Start(tx, call, SecondaryKind, "CreateLogicalDatabase", id, server.Location!);
        });
    }

    private sealed record Replica(Resource Source, Resource Server, string Id, SqlDatabaseState Primary, SqlDatabaseState Secondary, KeyLink? Link);

    private Replica NeedReplica(Call call, EstateView view, Resource source, Resource server, string id)
    {
        var primary = SqlDatabaseState.Find(view, source.Id)!;
        if (primary.IsSecondary)
            throw SqlProvider.Refuse(call, 400, "SecurityAzureKeyVaultGeoChainError", "Creating secondary of secondary (a process known as chaining) is not supported when enabling Transparent Data Encryption using Azure Key Vault (BYOK).");
        if (primary.Partner is not null)
            throw SqlProvider.Refuse(call, 409, "DuplicateGeoDrRelation", "The databases are already in a replication relation. This is a duplicate request.");
        if (_sql.Databases.Find(view, id) is not null)
            throw SqlProvider.Refuse(call, 409, "RemoteDatabaseExists", "The destination database name already exists on the destination server.");
        if (source.Properties.Member("status").Text() != "Online" || _sql.Watch.TryDataKey(view, primary, call.Now, out var dataKey) is not null)
            throw SqlWords.Unavailable(call, source.Name);
        KeyLink? link = null;
        if (primary.Wrap.Key is { } url && KeyIdentifier.TryParse(url, out var key))
        {
            var rotation = SqlKeys.ProtectorOf(view, SqlProvider.ServerOf(view, source.Id)).Properties.Member("autoRotationEnabled").Flag() == true;
            var usable = NeedKeyOn(call, view, server, key, primary.Wrap.Wrapped, rotation);
            if (_sql.Watch.TryBind(view, server, _sql.Watch.Database, SqlWatch.DatabaseLink(id), id, usable, dataKey, call.Now, out var bound) is { } fault)
                throw SqlWords.Refusal(call, server, fault);
            link = bound;
        }
        var secondary = new SqlDatabaseState { Id = id, Content = primary.Content, Wraps = [_sql.Watch.WrapOf(link, dataKey, call.Now)], Partner = source.Id, IsSecondary = true };
        return new Replica(source, server, id, primary, secondary, link);
    }

    private void StoreReplica(EstateTransaction tx, Call call, Replica replica, string? group)
    {
        var source = replica.Source;
        ResourceKind.Store(tx, ResourceKind.With(source, ("status", "Creating"), ("databaseId", tx.NextGuid().ToString()), ("secondaryType", "Geo"), ("creationDate", Shapes.Time(tx.Now))) with
        {
            Id = replica.Id,
            Location = replica.Server.Location,
            Created = tx.Now,
            Changed = tx.Now,
            CreatedBy = call.Caller.ObjectId,
        });
        SqlDatabases.StoreEncryption(tx, replica.Id, SqlDatabases.IsEncrypted(tx, source.Id) ? "Enabled" : "Disabled");
        _sql.Watch.Keep(tx, replica.Secondary with { Group = group }, replica.Link);
        SqlDatabaseState.Put(tx, SqlDatabaseState.Find(tx, source.Id)! with { Partner = replica.Id, Group = group });
    }

    private static AsyncOperation EndSecondary(EstateTransaction tx, AsyncOperation operation)
    {
        Open(tx, operation.ResourceId);
        return operation;
    }

    private static void Open(EstateTransaction tx, string id)
    {
        if (tx.Find(Tables.Resources, ArmId.Key(id)) is { } database && database.Properties.Member("status").Text() == "Creating")
            ResourceKind.Store(tx, ResourceKind.With(database, ("status", "Online")));
    }

    /// <summary>Takes a database out of its group and its replication; its replica goes on by itself.</summary>
    public void Leave(EstateTransaction tx, string databaseId)
    {
        if (SqlDatabaseState.Find(tx, databaseId) is not { } state)
            return;
        if (state.Partner is { } other && SqlDatabaseState.Find(tx, other) is { } partner)
        {
            SqlDatabaseState.Put(tx, partner with { Partner = null, Group = null, IsSecondary = false });
            if (tx.Find(Tables.Resources, ArmId.Key(other)) is { } shown)
                ResourceKind.Store(tx, ResourceKind.With(shown, ("secondaryType", null)));
        }
        foreach (var group in _sql.FailoverGroups.All(tx).ToList())
        {
            var listed = group.Properties.Member("databases").Texts() ?? [];
            var kept = listed.Where(id => !id.Equals(databaseId, StringComparison.OrdinalIgnoreCase) && !id.Equals(state.Partner, StringComparison.OrdinalIgnoreCase)).ToList();
            if (kept.Count < listed.Count)
                ResourceKind.Store(tx, ResourceKind.With(group, ("databases", Array(kept))));
        }
        SqlDatabaseState.Put(tx, state with { Partner = null, Group = null, IsSecondary = false });
    }

    private static JsonArray Array(IEnumerable<string> texts)
    {
        var array = new JsonArray();
        foreach (var text in texts)
            array.Add((JsonNode)text);
        return array;
    }

    private Answer Put(Call call)
    {
        var view = call.Read();
        var server = _sql.FailoverGroups.NeedParent(view, call, _sql.Servers);
        _sql.Servers.RequireRegionUp(call, server.Location!);
        var existing = _sql.FailoverGroups.Find(view, call);
        if (call.Request.Method == "PATCH" && existing is null)
            throw _sql.FailoverGroups.NotFound(call);
        if (existing?.Properties.Member("replicationRole").Text() == "Secondary")
            throw SqlProvider.Refuse(call, 400, "FailoverGroupUpdateOrDeleteRequestOnSecondary", "Modifications to the failover group are not allowed on a secondary server. Execute the request on the primary server.");
        var given = call.Json().Loose("properties") ?? throw SqlProvider.Refuse(call, 400, "FailoverGroupCreateOrUpdateRequestInvalid", "The create or update failover group request body is empty or invalid.");
        var endpoint = ReadWriteEndpoint(call, given, existing);
        var partner = Partner(call, view, given, existing, server);
        _sql.Arm.RequireLinked(call, view, _sql.FailoverGroups.Type + "/write", _sql.FailoverGroups.Type + "/write", partner.Id);
        RequireFreeName(call, view, server, partner, existing);
        var databases = DatabasesOf(call, view, given, existing, server);
        var name = existing?.Name ?? call.Value("failoverGroup");
        var replicas = databases
            .Where(database => SqlDatabaseState.Find(view, database.Id)!.Partner is null)
            .Select(database => NeedReplica(call, view, database, partner, $"{partner.Id}/databases/{database.Name}"))
            .ToList();
        return call.Write(tx =>
        {
            RequireIdle(call, tx, name);
            foreach (var replica in replicas)
                StoreReplica(tx, call, replica, name);
            MarkMembers(tx, server, databases, name);
            var readOnly = given.Loose("readOnlyEndpoint")?.ToNode() ?? existing?.Properties.Member("readOnlyEndpoint")?.ToNode() ?? new JsonObject { ["failoverPolicy"] = "Disabled" };
            var tags = call.Json();
            Store(tx, call, tags, server, partner, name, "Primary", endpoint, readOnly, databases.Select(database => database.Id), replicas.Count > 0 || existing is null);
            Store(tx, call, tags, partner, server, name, "Secondary", endpoint, readOnly, databases.Select(database => SqlDatabaseState.Find(tx, database.Id)!.Partner!), replicas.Count > 0 || existing is null);
            if (GraceOf(endpoint) is not null && !tx.Scan(Tables.Due).Any(pair => pair.Value.Kind == AutomaticWork && pair.Value.Target.Equals(name, StringComparison.OrdinalIgnoreCase)))
                tx.Schedule(tx.Now + _sql.Core.Timings.SqlFailoverPoll, AutomaticWork, name);
            var opened = Array(replicas.Select(replica => replica.Id));
            return _sql.Start(tx, call, ChangeKind, "CreateFailoverGroup", $"{server.Id}/failoverGroups/{name}", server.Location!, new JsonObject { ["opened"] = opened, ["partner"] = partner.Id });
        });
    }

    private static void MarkMembers(EstateTransaction tx, Resource server, IReadOnlyList<Resource> databases, string name)
    {
        foreach (var (_, state) in tx.Scan(Tables.SqlDatabases, ArmId.Key(server.Id) + "/").ToList())
        {
            var isMember = databases.Any(database => database.Id.Equals(state.Id, StringComparison.OrdinalIgnoreCase));
            if (isMember || state.Group == name)
                SqlDatabaseState.Put(tx, state with { Group = isMember ? name : null });
        }
    }

    private void Store(
        EstateTransaction tx, Call call, JsonElement body, Resource server, Resource partner, string name, string role, JsonNode endpoint, JsonNode readOnly, IEnumerable<string> databases, bool seeding)
    {
        var id = $"{server.Id}/failoverGroups/{name}";
        var before = tx.Find(Tables.Resources, ArmId.Key(id));
        ResourceKind.Store(tx, new Resource
        {
            Id = before?.Id ?? id,
            Name = name,
            Type = _sql.FailoverGroups.Type,
            Location = server.Location,
            Tags = body.Loose("tags").Tags() ?? before?.Tags,
            Properties = new JsonObject
            {
                ["readWriteEndpoint"] = endpoint.DeepClone(),
                ["readOnlyEndpoint"] = readOnly.DeepClone(),
                ["replicationRole"] = role,
                ["replicationState"] = seeding ? "SEEDING" : "CATCH_UP",
                ["partnerServers"] = new JsonArray(new JsonObject { ["id"] = partner.Id, ["location"] = partner.Location, ["replicationRole"] = Other(role) }),
                ["databases"] = Array(databases),
            }.ToElement(),
            Created = before?.Created ?? tx.Now,
            Changed = tx.Now,
            CreatedBy = before?.CreatedBy ?? call.Caller.ObjectId,
            ChangedBy = call.Caller.ObjectId,
        });
    }

    private static string Other(string role) => role == "Primary" ? "Secondary" : "Primary";

    private static JsonNode ReadWriteEndpoint(Call call, JsonElement given, Resource? existing)
    {
        if (given.Loose("readWriteEndpoint") is not { } endpoint)
        {
            return existing is not null && call.Request.Method == "PATCH"
                ? existing.Properties.Member("readWriteEndpoint")!.Value.ToNode()!
                : throw SqlProvider.Refuse(call, 400, "FailoverGroupCreateOrUpdateRequestInvalidReadWriteEndpoint", "The readWriteEndpoint field is required for create or update requests.");
        }
        var minutes = endpoint.Loose("failoverWithDataLossGracePeriodMinutes").Number();
        switch (endpoint.Loose("failoverPolicy").Text()?.ToLowerInvariant())
        {
            case "automatic" when minutes is null:
                throw SqlProvider.Refuse(call, 400, "FailoverGroupCreateOrUpdateRequestInvalidReadWriteEndpointFields", "The property failoverWithDataLossGracePeriodMinutes must be provided when failover policy Automatic is selected for the read-write endpoint.");
            case "automatic" when minutes < 0:
                throw SqlProvider.Refuse(call, 400, "FailoverGroupCreateOrUpdateRequestNegativeGracePeriodValues", "Grace period value for the read-write endpoint must be non-negative.");
            case "automatic" when minutes < GraceMinutesAtLeast:
                throw SqlProvider.Refuse(call, 400, "FailoverGroupCreateOrUpdateRequestLessThanMinimumGracePeriodValues", $"Grace period value for the failover group must be greater than or equal to the '{GraceMinutesAtLeast}' minutes minimum grace period");
            case "automatic":
                return new JsonObject { ["failoverPolicy"] = "Automatic", ["failoverWithDataLossGracePeriodMinutes"] = minutes };
            case "manual" when minutes is not null:
                throw SqlProvider.Refuse(call, 400, "FailoverGroupCreateOrUpdateRequestInvalidReadWriteEndpointFieldsForManualPolicy", "Grace period value should not be provided when failover policy Manual is selected for the read-write endpoint. Please remove it from request.");
            case "manual":
                return new JsonObject { ["failoverPolicy"] = "Manual" };
            default:
                throw SqlProvider.Refuse(call, 400, "FailoverGroupCreateOrUpdateRequestInvalidReadWriteFailoverPolicy", "The failoverPolicy field for the read-write endpoint is required for create or update requests.");
        }
    }

    private Resource Partner(Call call, EstateView view, JsonElement given, Resource? existing, Resource server)
    {
        if (given.Loose("partnerServers") is not { ValueKind: JsonValueKind.Array } partners)
        {
            return existing is not null && call.Request.Method == "PATCH"
                ? _sql.Servers.Find(view, existing.Properties.Member("partnerServers")!.Value[0].Member("id").Text())!
                : throw SqlProvider.Refuse(call, 400, "FailoverGroupCreateOrUpdateRequestInvalidPartner", "The given partners field in create or update failover group request body is empty or invalid. Please provide a valid value of this field.");
        }
        if (partners.GetArrayLength() == 0 || partners[0].Loose("id").Text() is not { } id)
            throw SqlProvider.Refuse(call, 400, "FailoverGroupCreateOrUpdateRequestInvalidPartner", "The given partners field in create or update failover group request body is empty or invalid. Please provide a valid value of this field.");
        if (partners.GetArrayLength() > 1)
            throw SqlProvider.Refuse(call, 400, "FailoverGroupCreateOrUpdateRequestUnsupportedPartnerCount", "Only one partner server for Failover Group is supported. Please modify your request accordingly.");
        if (_sql.Servers.Find(view, id) is not { } partner)
            throw SqlProvider.Refuse(call, 400, "ServerNotFound", $"The requested server '{id}' was not found.");
        if (partner.Id.Equals(server.Id, StringComparison.OrdinalIgnoreCase))
            throw SqlProvider.Refuse(call, 400, "FailoverGroupCreateOrUpdateRequestDuplicatePartner", "One or more of the provided partner servers are already part of the failover group. Please make sure the primary server and all of the given partner servers are unique.");
        if (partner.Location == server.Location)
            throw SqlProvider.Refuse(call, 400, "InvalidFailoverGroupRegion", "Servers specified in a Failover Group need to reside in different regions to provide isolation.");
        _sql.Servers.RequireRegionUp(call, partner.Location!);
        return partner;
    }

    private void RequireFreeName(Call call, EstateView view, Resource server, Resource partner, Resource? existing)
    {
        var name = call.Value("failoverGroup");
        foreach (var other in _sql.FailoverGroups.All(view).Where(other => other.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            var host = ArmId.ParentOf(other.Id);
            var mine = existing is not null && (host.Equals(server.Id, StringComparison.OrdinalIgnoreCase) || host.Equals(partner.Id, StringComparison.OrdinalIgnoreCase));
            if (mine)
                continue;
            throw host.Equals(partner.Id, StringComparison.OrdinalIgnoreCase)
                ? SqlProvider.Refuse(call, 409, "FailoverGroupAlreadyExists", $"Failover group already exists on a given server. Please use different Failover Group name.")
                : SqlProvider.Refuse(call, 409, "FailoverGroupDnsRecordInUse", "A duplicate DNS record exists for the requested endpoint.");
        }
    }

    private List<Resource> DatabasesOf(Call call, EstateView view, JsonElement given, Resource? existing, Resource server)
    {
        var ids = given.Loose("databases").Texts() ?? (call.Request.Method == "PATCH" ? existing?.Properties.Member("databases").Texts() : null) ?? [];
        var databases = new List<Resource>();
        foreach (var id in ids)
        {
            if (!ArmId.TryParse(id, out var parsed) || !string.Equals(parsed.Type, _sql.Databases.Type, StringComparison.OrdinalIgnoreCase))
                throw SqlProvider.Refuse(call, 400, "FailoverGroupCreateOrUpdateRequestInvalidDatabases", "The provided databases IDs are not properly constructed database resource IDs.");
            if (_sql.Databases.Find(view, id) is not { } database || !ArmId.IsWithin(database.Id, server.Id))
                throw SqlProvider.Refuse(call, 400, "FailoverGroupCreateOrUpdateRequestInvalidDatabaseServer", "One or more of the provided databases do not exist on the primary server of the failover group. Please make sure that all the databases exist on the primary server.");
            if (SqlDatabaseState.Find(view, database.Id)?.Group is { } group && !group.Equals(call.Value("failoverGroup"), StringComparison.OrdinalIgnoreCase))
                throw SqlProvider.Refuse(call, 409, "DatabaseBelongsToOtherFailoverGroup", "Database belongs to other Failover Group and cannot be consider a part of this one.");
            databases.Add(database);
        }
        return databases;
    }

    private void RequireIdle(Call call, EstateView view, string name)
    {
        if (_sql.FailoverGroups.All(view).Any(group => group.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && AsyncOperations.Running(view, group.Id) is not null))
            throw SqlProvider.Refuse(call, 409, "FailoverGroupBusy", "Failover Group is busy with another operation.");
    }

    private AsyncOperation EndChange(EstateTransaction tx, AsyncOperation operation)
    {
        foreach (var id in operation.Input!.Value.Member("opened").Texts() ?? [])
            Open(tx, id);
        var name = operation.ResourceId[(operation.ResourceId.LastIndexOf('/') + 1)..];
        foreach (var id in (string[])[operation.ResourceId, $"{operation.Input.Value.Member("partner").Text()}/failoverGroups/{name}"])
            if (tx.Find(Tables.Resources, ArmId.Key(id)) is { } group)
                ResourceKind.Store(tx, ResourceKind.With(group, ("replicationState", "CATCH_UP")));
        return operation;
    }

    private Answer Delete(Call call)
    {
        var view = call.Read();
        var server = _sql.FailoverGroups.NeedParent(view, call, _sql.Servers);
        return call.Write(tx =>
        {
            if (_sql.FailoverGroups.Find(tx, call) is not { } group)
                return Answer.Empty(204);
            if (group.Properties.Member("replicationRole").Text() == "Secondary")
                throw SqlProvider.Refuse(call, 400, "FailoverGroupUpdateOrDeleteRequestOnSecondary", "Modifications to the failover group are not allowed on a secondary server. Execute the request on the primary server.");
            RequireIdle(call, tx, group.Name);
            return _sql.Start(tx, call, DeleteKind, "DropFailoverGroup", group.Id, server.Location!, emptyStatus: 200);
        });
    }

    private AsyncOperation EndDelete(EstateTransaction tx, AsyncOperation operation)
    {
        if (tx.Find(Tables.Resources, ArmId.Key(operation.ResourceId)) is not { } group)
            return operation;
        foreach (var state in tx.Scan(Tables.SqlDatabases).Select(pair => pair.Value).Where(state => state.Group == group.Name).ToList())
            SqlDatabaseState.Put(tx, state with { Group = null });
        tx.Remove(Tables.Resources, ArmId.Key($"{PartnerOf(group)}/failoverGroups/{group.Name}"));
        tx.Remove(Tables.Resources, ArmId.Key(group.Id));
        return operation;
    }

    private static string PartnerOf(Resource group) => group.Properties.Member("partnerServers")!.Value[0].Member("id").Text()!;

    private Answer Failover(Call call, bool? planned)
    {
        var view = call.Read();
        var server = _sql.Servers.Need(view, call);
        var group = _sql.FailoverGroups.Need(view, call);
        _sql.Servers.RequireRegionUp(call, server.Location!);
        if (group.Properties.Member("replicationRole").Text() == "Primary")
            throw SqlProvider.Refuse(call, 400, "FailoverGroupFailoverRequestOnPrimary", "The failover request should be initiated on the secondary server of failover group.");
        var primary = view.Find(Tables.Resources, ArmId.Key(PartnerOf(group)))!;
        var reachable = !_sql.Core.Faults.IsRegionDown(primary.Location);
        var members = Members(view, group);
        var isPlanned = planned ?? (reachable && members.TrueForAll(state => IsOnline(view, state)));
        if (isPlanned && !reachable)
            throw SqlProvider.Refuse(call, 400, "PlannedFailoverTimedOut", "User invoked planned failover, and it timed out while trying to contact the partner management service.");
        if (members.Find(state => (state.IsSecondary || isPlanned) && !IsOnline(view, state)) is { } blocked)
            throw SqlProvider.Refuse(call, 409, "InvalidDatabaseStateForOperation", $"The operation is not allowed on the database '{blocked.Id[(blocked.Id.LastIndexOf('/') + 1)..]}' in its current replication state.");
        return call.Write(tx =>
        {
            RequireIdle(call, tx, group.Name);
            return _sql.Start(tx, call, FailoverKind, planned switch { true => "FailoverFailoverGroup", false => "ForceFailoverAllowDataLoss", null => "TryPlannedBeforeForcedFailover" }, group.Id, server.Location!);
        });
    }

    private static bool IsOnline(EstateView view, SqlDatabaseState state) => view.Find(Tables.Resources, ArmId.Key(state.Id))!.Properties.Member("status").Text() == "Online";

    /// <summary>How long the service waits before it fails over by itself; <see langword="null"/> where it does not.</summary>
    private static TimeSpan? GraceOf(JsonNode? endpoint) =>
        (string?)endpoint?["failoverPolicy"] == "Automatic" ? TimeSpan.FromMinutes((int)endpoint["failoverWithDataLossGracePeriodMinutes"]!) : null;

    /// <summary>
    /// Fails a group over once its primary's region has been down for the grace period. It is looked after for as long as it is
    /// automatic; names of groups are unique.
    /// </summary>
    private void LookAfter(EstateTransaction tx, DueItem item)
    {
        var sides = tx.Scan(Tables.Resources).Select(pair => pair.Value)
            .Where(resource => resource.Type == _sql.FailoverGroups.Type && resource.Name.Equals(item.Target, StringComparison.OrdinalIgnoreCase)).ToList();
        var primary = sides.Find(side => side.Properties.Member("replicationRole").Text() == "Primary");
        var secondary = sides.Find(side => side.Properties.Member("replicationRole").Text() == "Secondary");
        if (primary is null || secondary is null || GraceOf(primary.Properties.Member("readWriteEndpoint").ToNode()) is not { } grace)
            return;
        var faults = _sql.Core.Faults;
        if (faults.RegionDownSince(primary.Location) is { } since && tx.Now - since >= grace && !faults.IsRegionDown(secondary.Location)
            && AsyncOperations.Running(tx, primary.Id) is null && AsyncOperations.Running(tx, secondary.Id) is null
            && Members(tx, secondary).Where(state => state.IsSecondary).All(state => tx.Find(Tables.Resources, ArmId.Key(state.Id))?.Properties.Member("status").Text() == "Online"))
            Change(tx, secondary);
        tx.Schedule(tx.Now + _sql.Core.Timings.SqlFailoverPoll, AutomaticWork, item.Target);
    }

    private static List<SqlDatabaseState> Members(EstateView view, Resource group) =>
        [.. view.Scan(Tables.SqlDatabases).Select(pair => pair.Value).Where(state => string.Equals(state.Group, group.Name, StringComparison.OrdinalIgnoreCase))];

    private AsyncOperation EndFailover(EstateTransaction tx, AsyncOperation operation)
    {
        var group = tx.Find(Tables.Resources, ArmId.Key(operation.ResourceId));
        if (group is null)
            return AsyncOperations.Failed(operation, "FailoverGroupDoesNotExist", "Failover group does not exist on a server.");
        Change(tx, group);
        return operation;
    }

    /// <summary>Both sides of a group, and its databases, change their roles.</summary>
    private static void Change(EstateTransaction tx, Resource group)
    {
        foreach (var state in Members(tx, group))
        {
            SqlDatabaseState.Put(tx, state with { IsSecondary = !state.IsSecondary });
            if (tx.Find(Tables.Resources, ArmId.Key(state.Id)) is { } database)
                ResourceKind.Store(tx, ResourceKind.With(database, ("secondaryType", state.IsSecondary ? null : "Geo")));
        }
        foreach (var id in (string[])[group.Id, $"{PartnerOf(group)}/failoverGroups/{group.Name}"])
            if (tx.Find(Tables.Resources, ArmId.Key(id)) is { } side)
                Swap(tx, side);
    }

    private static void Swap(EstateTransaction tx, Resource group)
    {
        var role = Other(group.Properties.Member("replicationRole").Text()!);
        var partner = group.Properties.Member("partnerServers")!.Value[0].ToObject();
        partner["replicationRole"] = Other(role);
        ResourceKind.Store(tx, ResourceKind.With(group, ("replicationRole", role), ("partnerServers", new JsonArray(partner))) with { Changed = tx.Now });
    }
}
