using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Sql;

/// <summary>Logical servers, their identities and their directory administrators.</summary>
internal sealed partial class SqlServers
{
    private const string ChangeKind = "sql-server-change";
    private const string DeleteKind = "sql-server-delete";
    private const string AdministratorKind = "sql-administrator-change";

    private readonly SqlProvider _sql;

    public SqlServers(SqlProvider sql)
    {
        _sql = sql;
        var servers = sql.Servers;
        var administrators = sql.Administrators;
        sql.Operations.OnEnd(ChangeKind, EndChange);
        sql.Operations.OnEnd(DeleteKind, EndDelete);
        sql.Operations.OnEnd(AdministratorKind, EndAdministrator);
        sql.Arm.Plug(
        [
            servers.Put("Create or update SQL server", Put),
            servers.Patch("Update SQL server", Patch),
            servers.Get("Get SQL server"),
            servers.Delete("Delete SQL server", Delete),
            .. servers.Lists("SQL servers"),
            ResourceKind.Op("Check SQL server name", "POST", "/subscriptions/{subscription}/providers/Microsoft.Sql/checkNameAvailability", "Microsoft.Sql/checkNameAvailability/action", CheckName),
            administrators.Put("Create or update SQL server administrator", PutAdministrator),
            administrators.Get("Get SQL server administrator"),
            administrators.Delete("Delete SQL server administrator", DeleteAdministrator),
            administrators.ListUnder("List SQL server administrators", servers, ResourceKind.Whole),
        ]);
    }

    private Answer Put(Call call)
    {
        Subscriptions.RequireRegistration(_sql.Arm, call, SqlProvider.Namespace);
        ResourceGroups.Require(_sql.Arm, call, call.Read());
        return Change(call, _sql.Servers.Find(call.Read(), call));
    }

    private Answer Patch(Call call) => Change(call, _sql.Servers.Need(call.Read(), call));

    private Answer Change(Call call, Resource? existing)
    {
        var body = call.Json();
        var location = _sql.Servers.Location(call, body, existing);
        _sql.Servers.RequireRegionUp(call, location);
        var properties = body.Loose("properties") ?? default;
        if (existing is null)
            RequireNew(call, properties);
        var id = existing?.Id ?? _sql.Servers.IdOf(call);
        SqlProvider.RequireIdle(call, call.Read(), id);

        var drafted = Drafted(call, body, existing, location);
        var keyId = properties.Loose("keyId").Text();
        var newKey = keyId is not null && !keyId.Equals(existing?.Properties.Member("keyId").Text(), StringComparison.OrdinalIgnoreCase) ? keyId : null;
        RequirePrimary(call, drafted);
        var link = newKey is null ? null : _sql.Keys.RequireUsable(call, drafted, newKey, isServerProperty: true);
        return call.Write(tx =>
        {
            SqlProvider.RequireIdle(call, tx, id);
            var identity = ManagedIdentities.Apply(tx, _sql.Arm, call, body.Loose("identity"), existing?.Identity, id);
            var server = drafted with { Identity = identity };
            return _sql.Start(tx, call, ChangeKind, existing is null ? "UpsertLogicalServer" : "UpdateLogicalServer", id, location, new JsonObject
            {
                ["server"] = SqlProvider.Pack(server),
                ["link"] = link is null ? null : SqlKeys.Pack(link),
                ["identity"] = body.Loose("identity") is not null || properties.Loose("primaryUserAssignedIdentityId") is not null,
            });
        });
    }

    private void RequireNew(Call call, JsonElement properties)
    {
        if (!Name().IsMatch(call.Value("server")))
            throw SqlProvider.Refuse(call, 400, "InvalidServerName", $"Invalid server name specified: '{call.Value("server")}'. It can be made up of lowercase letters 'a'-'z', the numbers 0-9 and the hyphen, and must not begin or end with a hyphen.");
        if (_sql.Servers.All(call.Read()).Any(other => other.Name.Equals(call.Value("server"), StringComparison.OrdinalIgnoreCase)))
            throw SqlProvider.Refuse(call, 409, "NameAlreadyExists", $"The name '{call.Value("server")}' already exists. Choose a different name.");
        var directoryOnly = properties.At("administrators", "azureADOnlyAuthentication").Flag() == true;
        if (!directoryOnly && (properties.Loose("administratorLogin").Text() is null || properties.Loose("administratorLoginPassword").Text() is null))
            throw SqlProvider.Refuse(call, 400, "InvalidParameterValue", "Invalid value given for parameter AdministratorLoginPassword. Specify a valid parameter value.");
    }

    /// <summary>The server as the request wants it. Its identity is what it was: only a transaction may change that.</summary>
    private Resource Drafted(Call call, JsonElement body, Resource? existing, string location)
    {
        var given = body.Loose("properties") ?? default;
        var before = existing?.Properties;
        string? Keep(string name, string? otherwise = null) => given.Loose(name).Text() ?? before.At(name).Text() ?? otherwise;
        var properties = new JsonObject
        {
            ["administratorLogin"] = before.At("administratorLogin").Text() ?? given.Loose("administratorLogin").Text(),
            ["version"] = Keep("version", "12.0"),
            ["state"] = "Ready",
            ["fullyQualifiedDomainName"] = $"{(existing?.Name ?? call.Value("server")).ToLowerInvariant()}.database.windows.net",
            ["privateEndpointConnections"] = new JsonArray(),
            ["minimalTlsVersion"] = Keep("minimalTlsVersion", "1.2"),
            ["publicNetworkAccess"] = Keep("publicNetworkAccess", "Enabled"),
            ["restrictOutboundNetworkAccess"] = Keep("restrictOutboundNetworkAccess", "Disabled"),
        };
        foreach (var name in (string[])["primaryUserAssignedIdentityId", "keyId", "federatedClientId"])
            if (Keep(name) is { Length: > 0 } value)
                properties[name] = value;
        if ((given.Loose("administrators") ?? before.At("administrators")) is { ValueKind: JsonValueKind.Object } administrators && administrators.EnumerateObject().Any())
            properties["administrators"] = administrators.ToNode();
        return new Resource
        {
            Id = existing?.Id ?? _sql.Servers.IdOf(call),
            Name = existing?.Name ?? call.Value("server"),
            Type = _sql.Servers.Type,
            Kind = "v12.0",
            Location = location,
            Tags = body.Loose("tags").Tags() ?? existing?.Tags,
            Identity = ManagedIdentities.Draft(call.Read(), _sql.Arm, call, body.Loose("identity"), existing?.Identity),
            Properties = properties.ToElement(),
            Created = existing?.Created ?? call.Now,
            Changed = call.Now,
            CreatedBy = existing?.CreatedBy ?? call.Caller.ObjectId,
            ChangedBy = call.Caller.ObjectId,
        };
    }

    /// <summary>The primary identity must be one of the server's.</summary>
    private static void RequirePrimary(Call call, Resource server)
    {
        var primary = server.Properties.Member("primaryUserAssignedIdentityId").Text();
        var assigned = server.Identity?.UserAssigned ?? [];
        if (primary is not null && !assigned.Contains(primary, StringComparer.OrdinalIgnoreCase))
            throw SqlProvider.Refuse(call, 400, Assumptions.SqlPrimaryIdentityForeign, $"The primary user assigned identity '{primary}' is not assigned to the server '{server.Name}'.");
        if (primary is null && server.Identity is { HasSystem: false, UserAssigned.Count: > 0 })
            throw SqlProvider.Refuse(call, 400, Assumptions.SqlPrimaryIdentityMissing, "PrimaryUserAssignedIdentityId must be provided when the identity type is UserAssigned.");
    }

    private AsyncOperation EndChange(EstateTransaction tx, AsyncOperation operation)
    {
        var input = operation.Input!.Value;
        var server = SqlProvider.Unpack(input.Member("server")!.Value);
        var isNew = !tx.Has(Tables.Resources, ArmId.Key(server.Id));
        ResourceKind.Store(tx, server with { Changed = tx.Now });
        if (isNew)
            _sql.Keys.Found(tx, server);
        else if (input.Member("identity").Flag() == true)
            _sql.Watch.FollowIdentity(tx, server);
        if (input.Member("link") is { } link)
            _sql.Keys.Adopt(tx, server, SqlKeys.Unpack(link));
        return operation;
    }

    private Answer Delete(Call call)
    {
        var view = call.Read();
        ResourceGroups.Require(_sql.Arm, call, view);
        if (_sql.Servers.Find(view, call) is not { } server)
            return Answer.Empty(204);
        _sql.Servers.RequireRegionUp(call, server.Location!);
        return call.Write(tx =>
        {
            SqlProvider.RequireIdle(call, tx, server.Id);
            if (_sql.FailoverGroups.Under(tx, server.Id).FirstOrDefault() is { } group)
                throw SqlProvider.Refuse(call, 409, Assumptions.SqlServerInFailoverGroup, $"The server '{server.Name}' cannot be deleted because it is part of the failover group '{group.Name}'. Remove the failover group first.");
            return _sql.Start(tx, call, DeleteKind, "DropLogicalServer", server.Id, server.Location!, emptyStatus: 200);
        });
    }

    private AsyncOperation EndDelete(EstateTransaction tx, AsyncOperation operation)
    {
        if (tx.Find(Tables.Resources, ArmId.Key(operation.ResourceId)) is { } server)
            _sql.Resources.Remove(tx, server);
        return operation;
    }

    private Answer CheckName(Call call)
    {
        var name = call.Json().Loose("name").Text() ?? throw SqlProvider.Refuse(call, 400, "InvalidParameterValue", "Invalid value given for parameter name. Specify a valid parameter value.");
        var reason = !Name().IsMatch(name) ? "Invalid" : _sql.Servers.All(call.Read()).Any(other => other.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) ? "AlreadyExists" : null;
        var json = new JsonObject { ["name"] = name, ["available"] = reason is null };
        if (reason is not null)
        {
            json["reason"] = reason;
            json["message"] = reason == "Invalid" ? $"The name '{name}' is not a valid server name." : $"Specified server name '{name}' is already used.";
        }
        return Answer.Json(200, json);
    }

    private Answer PutAdministrator(Call call)
    {
        var given = call.Json().Loose("properties") ?? default;
        if (given.Loose("login").Text() is not { } login || given.Loose("sid").Text() is not { } sid || !Guid.TryParse(sid, out _))
            throw SqlProvider.Refuse(call, 400, "InvalidParameterValue", "The properties login and sid are required; sid is the object id of the administrator.");
        if (!call.Value("administrator").Equals("ActiveDirectory", StringComparison.OrdinalIgnoreCase))
            throw SqlProvider.Refuse(call, 400, "InvalidAdministratorName", "The administrator's name must be 'ActiveDirectory'.");
        return call.Write(tx =>
        {
            var server = _sql.Administrators.NeedParent(tx, call, _sql.Servers);
            var administrator = _sql.Administrators.Make(tx, call, call.Json(), _sql.Administrators.Find(tx, call), null, new JsonObject
            {
                ["administratorType"] = "ActiveDirectory",
                ["login"] = login,
                ["sid"] = sid,
                ["tenantId"] = given.Loose("tenantId").Text() ?? _sql.Core.Tenant,
            }.ToElement());
            return _sql.Start(tx, call, AdministratorKind, "UpsertServerAzureADAdministrator", administrator.Id, server.Location!, new JsonObject { ["administrator"] = SqlProvider.Pack(administrator) });
        });
    }

    private Answer DeleteAdministrator(Call call) => call.Write(tx =>
    {
        var server = _sql.Administrators.NeedParent(tx, call, _sql.Servers);
        return _sql.Administrators.Find(tx, call) is { } administrator
            ? _sql.Start(tx, call, AdministratorKind, "DropServerAzureADAdministrator", administrator.Id, server.Location!, emptyStatus: 200)
            : Answer.Empty(204);
    });

    private AsyncOperation EndAdministrator(EstateTransaction tx, AsyncOperation operation)
    {
        var administrator = operation.Input?.Member("administrator") is { } packed ? SqlProvider.Unpack(packed) : null;
        if (administrator is null)
            tx.Remove(Tables.Resources, ArmId.Key(operation.ResourceId));
        else
            ResourceKind.Store(tx, administrator);
        if (tx.Find(Tables.Resources, ArmId.Key(ArmId.ParentOf(operation.ResourceId))) is { } server)
            ResourceKind.Store(tx, ResourceKind.With(server, ("administrators", administrator?.Properties.ToNode())));
        return operation;
    }

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
