using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Sql;

/// <summary>The keys that a server knows, and the one among them that protects its databases.</summary>
internal sealed class SqlKeys
{
    public const string ServiceManaged = "ServiceManaged";
    public const string KeyVault = "AzureKeyVault";

    private const string Current = "current";
    private const string KeyKind = "sql-key-change";
    private const string KeyDeleteKind = "sql-key-delete";
    private const string ProtectorKind = "sql-protector-change";

    private readonly SqlProvider _sql;

    public SqlKeys(SqlProvider sql)
    {
        _sql = sql;
        sql.Keys = this;
        sql.Operations.OnEnd(KeyKind, EndKey);
        sql.Operations.OnEnd(KeyDeleteKind, EndKeyDelete);
        sql.Operations.OnEnd(ProtectorKind, EndProtector);
        var keys = sql.ServerKeys;
        var protectors = sql.Protectors;
        sql.Arm.Plug(
        [
            keys.Put("Create or update SQL server key", PutKey),
            keys.Get("Get SQL server key", Shape),
            keys.Delete("Delete SQL server key", DeleteKey),
            keys.ListUnder("List SQL server keys", sql.Servers, Shape),
            protectors.Put("Set SQL encryption protector", PutProtector),
            ResourceKind.Op("Get SQL encryption protector", "GET", protectors.Path, protectors.Type + "/read", GetProtector),
            protectors.ListUnder("List SQL encryption protectors", sql.Servers, Shape),
        ]);
    }

    /// <summary>What every new server has: the key that the service manages, as its protector.</summary>
    public void Found(EstateTransaction tx, Resource server)
    {
        StoreKey(tx, server, ServiceManaged, "servicemanaged", new JsonObject { ["serverKeyType"] = ServiceManaged });
        StoreProtector(tx, server, "servicemanaged", new JsonObject { ["serverKeyName"] = ServiceManaged, ["serverKeyType"] = ServiceManaged, ["autoRotationEnabled"] = false });
    }

    /// <summary>Makes a bound key the server's protector, and has the databases wrapped with it.</summary>
    public void Adopt(EstateTransaction tx, Resource server, KeyLink link)
    {
        _sql.Watch.Links.Put(tx, link);
        Show(tx, server, link);
        SqlWatch.PlanRewrap(tx, server.Id);
    }

    /// <summary>Shows a link as the protector, adding its version to the server's keys where it is not among them.</summary>
    public void Show(EstateTransaction tx, Resource server, KeyLink link)
    {
        var key = Know(tx, server, KeyIdentifier.Parse(link.Current));
        StoreProtector(tx, server, "azurekeyvault", new JsonObject
        {
            ["serverKeyName"] = key.Name,
            ["serverKeyType"] = KeyVault,
            ["uri"] = link.Current,
            ["thumbprint"] = key.Properties.Member("thumbprint").Text(),
            ["autoRotationEnabled"] = !KeyIdentifier.Parse(link.Key).IsVersioned,
        });
        if (server.Properties.Member("keyId") is not null && tx.Find(Tables.Resources, ArmId.Key(server.Id)) is { } shown)
            ResourceKind.Store(tx, ResourceKind.With(shown, ("keyId", link.Current)));
    }

    /// <summary>The server's key of that URL; added where it is not there.</summary>
    public Resource Know(EstateTransaction tx, Resource server, KeyIdentifier id) => ByUri(tx, server, id.ToString()) ?? AddKey(tx, server, id, tx.Now);

    /// <summary>The protector of a server.</summary>
    public static Resource ProtectorOf(EstateView view, Resource server) =>
        view.Find(Tables.Resources, ArmId.Key(server.Id + "/encryptionProtector/" + Current)) ?? throw new InvalidDataException($"The server \"{server.Id}\" has no protector.");

    public Resource? ByUri(EstateView view, Resource server, string uri) =>
        _sql.ServerKeys.Under(view, server.Id).FirstOrDefault(key => string.Equals(key.Properties.Member("uri").Text(), uri, StringComparison.OrdinalIgnoreCase));

    /// <summary>Refuses, in the service's words, a key that the server can't protect data with.</summary>
    /// <returns>The key bound as the server's protector; it holds once it is put into the estate.</returns>
    public KeyLink RequireUsable(Call call, Resource server, string? uri, bool isServerProperty = false, bool autoRotation = false)
    {
        if (string.IsNullOrEmpty(uri))
            throw SqlProvider.Refuse(call, 400, "SecurityAzureKeyVaultUrlNullOrEmpty", "The operation could not be completed because the Azure Key Vault Uri is null or empty.");
        if (!Uri.TryCreate(uri, UriKind.Absolute, out var parsed) || HostNames.KindOf(parsed.IdnHost.ToLowerInvariant()) is not (ServiceKind.ManagedHsm or ServiceKind.Vault))
            throw SqlProvider.Refuse(call, 400, "AzureKeyVaultMalformedVaultUri", "The provided Key Vault uri is not valid.");
        if (!KeyIdentifier.TryParse(uri, out var key) || !key.IsVersioned)
            throw SqlProvider.Refuse(call, 400, "AzureKeyVaultInvalidUri", "An invalid response from Azure Key Vault. Please use a valid Azure Key Vault URI.");
        if (_sql.Watch.TryBind(call.Read(), server, _sql.Watch.Protector, SqlWatch.ProtectorLink(server.Id), server.Id, key, null, call.Now, out var link) is { } fault)
            throw SqlWords.Refusal(call, server, fault, isServerProperty);
        return autoRotation ? link with { Key = key.Versionless } : link;
    }

    private Resource AddKey(EstateTransaction tx, Resource server, KeyIdentifier id, DateTimeOffset created) => StoreKey(tx, server, NameOf(id), "azurekeyvault", new JsonObject
    {
        ["serverKeyType"] = KeyVault,
        ["uri"] = id.ToString(),
        ["thumbprint"] = Thumbprint(id),
        ["creationDate"] = Shapes.Time(created),
        ["autoRotationEnabled"] = false,
    });

    private Resource StoreKey(EstateTransaction tx, Resource server, string name, string kind, JsonObject properties)
    {
        var id = $"{server.Id}/keys/{name}";
        var before = tx.Find(Tables.Resources, ArmId.Key(id));
        var key = new Resource
        {
            Id = before?.Id ?? id,
            Name = before?.Name ?? name,
            Type = _sql.ServerKeys.Type,
            Kind = kind,
            Location = server.Location,
            Properties = properties.ToElement(),
            Created = before?.Created ?? tx.Now,
            Changed = tx.Now,
        };
        ResourceKind.Store(tx, key);
        return key;
    }

    private void StoreProtector(EstateTransaction tx, Resource server, string kind, JsonObject properties)
    {
        var id = $"{server.Id}/encryptionProtector/{Current}";
        ResourceKind.Store(tx, new Resource
        {
            Id = id,
            Name = Current,
            Type = _sql.Protectors.Type,
            Kind = kind,
            Location = server.Location,
            Properties = properties.ToElement(),
            Created = tx.Find(Tables.Resources, ArmId.Key(id))?.Created ?? tx.Now,
            Changed = tx.Now,
        });
    }

    /// <summary>Vault, key and version with underscores between them: the only name that the service takes.</summary>
    public static string NameOf(KeyIdentifier id) => $"{id.StoreName}_{id.Name}_{id.Version}";

    /// <summary>Forty digits that tell versions apart.</summary>
    private static string Thumbprint(KeyIdentifier id) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(id.ToString())).AsSpan(0, 20));

    private Answer PutKey(Call call)
    {
        var view = call.Read();
        var server = _sql.ServerKeys.NeedParent(view, call, _sql.Servers);
        var given = call.Json().Loose("properties") ?? throw SqlProvider.Refuse(call, 400, "InvalidKeyUpsertRequest", "The create server key request does not exist or has no properties object.");
        var type = given.Loose("serverKeyType").Text();
        if (string.Equals(type, ServiceManaged, StringComparison.OrdinalIgnoreCase))
            throw SqlProvider.Refuse(call, 400, "InvalidUpsertKeyType", "Service-managed TDE keys are managed by the service. Service-managed TDE keys don't support Create or Update by the user.");
        if (!string.Equals(type, KeyVault, StringComparison.OrdinalIgnoreCase))
            throw SqlProvider.Refuse(call, 400, "InvalidKeyType", "The create server key type is not supported.");
        var uri = given.Loose("uri").Text();
        _sql.Servers.RequireRegionUp(call, server.Location!);
        if (KeyIdentifier.TryParse(uri, out var named) && named.IsVersioned && !NameOf(named).Equals(call.Value("key"), StringComparison.OrdinalIgnoreCase))
            throw SqlProvider.Refuse(call, 400, "InvalidKeyName", $"An invalid value was given for the server key name. The name of the key '{uri}' must be '{NameOf(named)}'.");
        if (ByUri(view, server, uri ?? "") is { } other && !other.Name.Equals(call.Value("key"), StringComparison.OrdinalIgnoreCase))
            throw SqlProvider.Refuse(call, 409, "ServerKeyUriAlreadyExists", "The server key URI already exists on the server.");
        RequireUsable(call, server, uri);
        return call.Write(tx =>
        {
            _sql.ServerKeys.NeedParent(tx, call, _sql.Servers);
            var id = _sql.ServerKeys.IdOf(call);
            SqlProvider.RequireIdle(call, tx, id);
            return _sql.Start(tx, call, KeyKind, "UpsertServerKey", id, server.Location!, new JsonObject { ["uri"] = uri });
        });
    }

    private AsyncOperation EndKey(EstateTransaction tx, AsyncOperation operation)
    {
        var server = SqlProvider.ServerOf(tx, operation.ResourceId);
        Know(tx, server, KeyIdentifier.Parse(operation.Input!.Value.Member("uri").Text()!));
        return operation;
    }

    private Answer DeleteKey(Call call) => call.Write(tx =>
    {
        var server = _sql.ServerKeys.NeedParent(tx, call, _sql.Servers);
        if (_sql.ServerKeys.Find(tx, call) is not { } key)
            return Answer.Empty(204);
        if (key.Name == ServiceManaged)
            throw SqlProvider.Refuse(call, 400, "InvalidKeyType", "The service-managed key of a server cannot be deleted.");
        RequireUnused(call, tx, server, key);
        SqlProvider.RequireIdle(call, tx, key.Id);
        return _sql.Start(tx, call, KeyDeleteKind, "DropServerKey", key.Id, server.Location!, emptyStatus: 200);
    });

    private void RequireUnused(Call call, EstateView view, Resource server, Resource key)
    {
        var uri = key.Properties.Member("uri").Text();
        var used = ProtectorOf(view, server).Properties.Member("serverKeyName").Text() == key.Name
            || _sql.Databases.Under(view, server.Id).Any(database => string.Equals(SqlDatabaseState.Find(view, database.Id)?.Wrap.Key, uri, StringComparison.OrdinalIgnoreCase));
        if (used)
            throw SqlProvider.Refuse(call, 409, "AzureKeyVaultKeyInUse", "The key is currently being used by the server.");
    }

    private AsyncOperation EndKeyDelete(EstateTransaction tx, AsyncOperation operation)
    {
        var server = SqlProvider.ServerOf(tx, operation.ResourceId);
        if (tx.Find(Tables.Resources, ArmId.Key(operation.ResourceId)) is not { } key)
            return operation;
        if (ProtectorOf(tx, server).Properties.Member("serverKeyName").Text() == key.Name)
            return AsyncOperations.Failed(operation, "AzureKeyVaultKeyInUse", "The key is currently being used by the server.");
        tx.Remove(Tables.Resources, ArmId.Key(key.Id));
        return operation;
    }

    public static void RequireCurrent(Call call)
    {
        if (!call.Value("protector").Equals(Current, StringComparison.OrdinalIgnoreCase))
            throw SqlProvider.Refuse(call, 400, "InvalidEncryptionProtectorName", "The encryption protector key name is not supported.");
    }

    private Answer GetProtector(Call call)
    {
        RequireCurrent(call);
        var view = call.Read();
        return Answer.Json(200, Shape(view, ProtectorOf(view, _sql.Servers.Need(view, call))));
    }

    private Answer PutProtector(Call call)
    {
        RequireCurrent(call);
        var view = call.Read();
        var server = _sql.Protectors.NeedParent(view, call, _sql.Servers);
        _sql.Servers.RequireRegionUp(call, server.Location!);
        var given = call.Json().Loose("properties") ?? throw SqlProvider.Refuse(call, 400, "InvalidKeyUpsertRequest", "The create server key request does not exist or has no properties object.");
        var type = given.Loose("serverKeyType").Text();
        var managed = string.Equals(type, ServiceManaged, StringComparison.OrdinalIgnoreCase);
        if (!managed && !string.Equals(type, KeyVault, StringComparison.OrdinalIgnoreCase))
            throw SqlProvider.Refuse(call, 400, "InvalidKeyType", "The create server key type is not supported.");
        var rotation = given.Loose("autoRotationEnabled").Flag() ?? false;
        var name = managed ? ServiceManaged : given.Loose("serverKeyName").Text() ?? throw SqlProvider.Refuse(call, 400, "InvalidKeyName", "An invalid value was given for the server key name.");
        var key = _sql.ServerKeys.Find(view, $"{server.Id}/keys/{name}") ?? throw SqlProvider.Refuse(call, 404, "ServerKeyNotFound", "The requested server key was not found on the current subscription.");
        var uri = key.Properties.Member("uri").Text();
        if (managed != (uri is null))
            throw SqlProvider.Refuse(call, 400, "InvalidKeyType", "The create server key type is not supported.");
        KeyLink? link = null;
        KeyIdentifier? target = null;
        if (uri is not null)
        {
            link = RequireUsable(call, server, uri, autoRotation: rotation);
            target = KeyIdentifier.Parse(uri);
            _sql.Replication.RequireKeyOnPartners(call, server, target, link, rotation);
        }
        _sql.Watch.RequireRewrappable(call, server, target);
        return call.Write(tx =>
        {
            var id = ProtectorOf(tx, server).Id;
            if (AsyncOperations.Running(tx, id) is not null)
                throw SqlProvider.Refuse(call, 409, "EncryptionProtectorChangeInProgress", "Cannot update database encryption key protector while protector change is already in progress");
            return _sql.Start(tx, call, ProtectorKind, "UpdateEncryptionProtector", id, server.Location!, new JsonObject { ["link"] = link is null ? null : Pack(link) });
        });
    }

    private AsyncOperation EndProtector(EstateTransaction tx, AsyncOperation operation)
    {
        var server = SqlProvider.ServerOf(tx, operation.ResourceId);
        if (operation.Input!.Value.Member("link") is { } link)
        {
            Adopt(tx, server, Unpack(link));
            return operation;
        }
        _sql.Watch.Links.Remove(tx, SqlWatch.ProtectorLink(server.Id));
        StoreProtector(tx, server, "servicemanaged", new JsonObject { ["serverKeyName"] = ServiceManaged, ["serverKeyType"] = ServiceManaged, ["autoRotationEnabled"] = false });
        if (server.Properties.Member("keyId") is not null)
            ResourceKind.Store(tx, ResourceKind.With(server, ("keyId", null)));
        SqlWatch.PlanRewrap(tx, server.Id);
        return operation;
    }

    public static JsonNode Pack(KeyLink link) => JsonSerializer.SerializeToNode(link, EstateJson.Default.KeyLink)!;

    public static KeyLink Unpack(JsonElement packed) => packed.Deserialize(EstateJson.Default.KeyLink)!;

    private static JsonObject Shape(EstateView view, Resource resource)
    {
        var json = Shapes.Resource(view, resource);
        json.Remove("tags");
        json.Remove("systemData");
        return json;
    }
}
