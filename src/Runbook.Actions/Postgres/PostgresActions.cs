using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary><c>postgres.*</c>: flexible servers, which take a key of yours at creation or never.</summary>
internal static class PostgresActions
{
    private const string Version = "2024-08-01";
    private const string Type = "Microsoft.DBforPostgreSQL/flexibleServers";
    private const string NameText = """{type: string, minLength: 3, description: "Name of the server in the profile's resource group, or its full id"}""";
    private const string KeyText = """{type: string, pattern: '^https://[^/?#]+/keys/[0-9a-zA-Z-]{1,127}(/[0-9a-f]{32})?$', description: "Id of the key; with a version it stays at that version until it is set anew"}""";
    private const string GeoKeyText = """{type: string, pattern: '^https://[^/?#]+/keys/[0-9a-zA-Z-]{1,127}(/[0-9a-f]{32})?$', description: "Id of the key of the copies in the paired region: of a store there"}""";
    private const string Server = """
        id: {type: string}
        name: {type: string}
        location: {type: string}
        tags: {type: object, additionalProperties: {type: string} }
        sku: {type: object, additionalProperties: false, properties: {name: {type: string}, tier: {type: string} } }
        identity: {type: object, additionalProperties: true}
        properties:
          type: object
          additionalProperties: false
          properties:
            state: {type: string}
            version: {type: string}
            fullyQualifiedDomainName: {type: string}
            backup: {type: object, additionalProperties: false, properties: {backupRetentionDays: {type: integer}, geoRedundantBackup: {type: string} } }
            authConfig: {type: object, additionalProperties: false, properties: {activeDirectoryAuth: {type: string}, passwordAuth: {type: string} } }
            dataEncryption: {type: object, additionalProperties: false, properties: {type: {type: string}, primaryKeyURI: {type: string}, primaryUserAssignedIdentityId: {type: string}, primaryEncryptionKeyStatus: {type: string}, geoBackupKeyURI: {type: string}, geoBackupUserAssignedIdentityId: {type: string}, geoBackupEncryptionKeyStatus: {type: string} } }
        """;

    private static readonly ImmutableArray<ActionError> KeyErrors =
    [
        new("DataEncryptionKeyNotAccessible", "The identity may not use the key, or the key is disabled, expired, deleted or of a kind that is not taken, or its store has no purge protection.", "Nothing changed.", "Give the identity Managed HSM Crypto Service Encryption User at the key, wait until that is in force, look at the key's attributes, and try again."),
        new("InvalidParameterValue", "A setting does not fit: the message says which.", "Nothing changed.", "Put it right and try again. Keys are for servers that are not Burstable, in the store's region."),
        new("ServerIsBusy", "The server is being worked on.", "Nothing changed by this call.", "Read the server until its state is Ready, then resume."),
        new("ServerNameAlreadyExists", "The name is taken; server names are shared by all of Azure.", "Nothing changed.", "Take another name."),
    ];

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire)
    {
        var servers = new ResourceFamily(site, wire, Type, Version, "PostgreSQL server", "Contributor", (s, with) => s.Id(Type, with.Text("name")), Server) { Errors = KeyErrors };
        var administrators = new ResourceFamily(site, wire, Type + "/administrators", Version, "administrator of the PostgreSQL server", "Contributor", (s, with) => $"{s.Id(Type, with.Text("server"))}/administrators/{with.Text("objectId")}", "id: {type: string}\nname: {type: string}\nproperties: {type: object, additionalProperties: false, properties: {principalName: {type: string}, principalType: {type: string}, objectId: {type: string} } }") { Errors = KeyErrors };
        yield return servers.Get("postgres.server.get", "Reads a PostgreSQL server: Ready, or Inaccessible where its key can't be used, and with which keys it is encrypted.", $"name: {NameText}", with => $"Read the PostgreSQL server '{with.Text("name")}'.", "az postgres flexible-server show --name {name:name} --resource-group {resourceGroup}");
        yield return servers.Get("postgres.database.list", "Lists the databases of a PostgreSQL server; their state is the server's.", $"name: {NameText}", with => $"List the databases of '{with.Text("name")}'.", "az postgres flexible-server db list --server-name {name:name} --resource-group {resourceGroup}", "/databases", result: "value: {type: array, items: {type: object, additionalProperties: false, properties: {id: {type: string}, name: {type: string}, properties: {type: object, additionalProperties: false, properties: {charset: {type: string}, collation: {type: string} } } } } }");
        yield return servers.Change(Create);
        yield return servers.Change(SetKey);
        yield return servers.Change(Delete);
        yield return administrators.Change(SetAdministrator);
    }

    private static ResourceChange Create => new()
    {
        Name = "postgres.server.create",
        Summary = "Makes a PostgreSQL flexible server that is encrypted with a key of yours and known to Entra's people only, without any password, once it has seen that there is none of that name here. Whose key it is can never be changed.",
        Effect = EffectClass.Once,
        With = $$"""
            name: {{NameText}}
            location: {type: string, description: "The region: that of the key's store"}
            key: {{KeyText}}
            identity: {type: string, description: "Id of the user-assigned identity that reaches the key, and may do so already"}
            geoKey?: {{GeoKeyText}}
            geoIdentity?: {type: string, description: "Id of another identity that reaches the key of the copies"}
            sku: {type: string, default: Standard_D2s_v3, description: "Its size"}
            tier: {type: string, enum: [GeneralPurpose, MemoryOptimized], default: GeneralPurpose, description: "Burstable servers take no key"}
            version: {type: string, enum: ["16", "15", "14", "13"], default: "16", description: "Version of PostgreSQL"}
            storage: {type: integer, minimum: 32, maximum: 32767, default: 128, description: "Size in GiB"}
            backupDays: {type: integer, minimum: 7, maximum: 35, default: 7, description: "How long backups are kept"}
            tags?: {type: object, additionalProperties: {type: string, maxLength: 256} }
            """,
        LooksFirst = true,
        Says = with => $"Create the PostgreSQL server '{with.Text("name")}', encrypted with {with.Text("key")}{(with.Has("geoKey") ? $", its copies in the paired region with {with.Text("geoKey")}" : "")}.",
        Body = (site, with, _) => Arguments.ObjectOf(
            ("location", with.Node("location")),
            ("tags", with.Node("tags")),
            ("sku", new JsonObject { ["name"] = with.Node("sku") ?? "Standard_D2s_v3", ["tier"] = with.Node("tier") ?? "GeneralPurpose" }),
            ("identity", ManagedIdentity.UserAssigned(with.Text("identity"), with.TextOrNull("geoIdentity"))),
            ("properties", Arguments.ObjectOf(
                ("version", with.Node("version") ?? "16"),
                ("authConfig", new JsonObject { ["activeDirectoryAuth"] = "Enabled", ["passwordAuth"] = "Disabled", ["tenantId"] = site.TenantId }),
                ("storage", new JsonObject { ["storageSizeGB"] = with.Node("storage") ?? 128 }),
                ("backup", new JsonObject { ["backupRetentionDays"] = with.Node("backupDays") ?? 7, ["geoRedundantBackup"] = with.Has("geoKey") ? "Enabled" : "Disabled" }),
                ("dataEncryption", Encryption(with))))),
        Settles = "Reads the server, of which there was none before: it took effect when it is there as it was asked for.",
        Quiet = TimeSpan.FromMinutes(2),
        Takes = TimeSpan.FromMinutes(10),
    };

    private static ResourceChange SetKey => new()
    {
        Name = "postgres.server.set-key",
        Summary = "Gives a PostgreSQL server another key or version, and another identity for it; also that of the copies in the paired region, where it has one. It works while the server is Inaccessible, which is how it is brought back.",
        Method = "PATCH",
        With = $$"""
            name: {{NameText}}
            key: {{KeyText}}
            identity: {type: string, description: "Id of the user-assigned identity that reaches the key"}
            geoKey?: {{GeoKeyText}}
            geoIdentity?: {type: string, description: "Id of the identity that reaches the key of the copies"}
            """,
        Says = with => $"Have '{with.Text("name")}' encrypted with {with.Text("key")}{(with.Has("geoKey") ? $", its copies in the paired region with {with.Text("geoKey")}" : "")}.",
        Body = (_, with, _) => new JsonObject
        {
            ["identity"] = ManagedIdentity.UserAssigned(with.Text("identity"), with.TextOrNull("geoIdentity")),
            ["properties"] = new JsonObject { ["dataEncryption"] = Encryption(with) },
        },
        Az = "az postgres flexible-server update --name {name:name} --resource-group {resourceGroup} --key {key} --identity {identity} --backup-key {geoKey} --backup-identity {geoIdentity}",
        Settles = "Reads the server: it took effect when it names the key and the identity.",
        Quiet = TimeSpan.FromMinutes(2),
        Takes = TimeSpan.FromMinutes(5),
        Inverse = new ActionInverse("postgres.server.set-key", "postgres.server.get", "Gives it the keys and identities that it had before, which must still be usable."),
        Undo = KeyBefore,
    };

    private static ResourceChange Delete => new()
    {
        Name = "postgres.server.delete",
        Summary = "Deletes a PostgreSQL server with all its databases. One that is gone counts as deleted, with status 204.",
        Effect = EffectClass.Destructive,
        Method = "DELETE",
        With = $"name: {NameText}",
        Says = with => $"Delete the PostgreSQL server '{with.Text("name")}' with all its databases.",
        Az = "az postgres flexible-server delete --name {name:name} --resource-group {resourceGroup} --yes",
        Settles = "Looks for the server: it took effect when it is gone.",
        Takes = TimeSpan.FromMinutes(5),
    };

    private static ResourceChange SetAdministrator => new()
    {
        Name = "postgres.administrator.set",
        Summary = "Makes somebody of Entra an administrator of a PostgreSQL server: without one nobody gets in.",
        With = $$"""
            server: {{NameText}}
            objectId: {type: string, format: uuid, description: "Object id of the person, group or service"}
            principal: {type: string, minLength: 1, description: "Their name, as they sign in with"}
            type: {type: string, enum: [Group, User, ServicePrincipal], default: Group, description: "What they are"}
            """,
        Says = with => $"Make {with.Text("principal")} an administrator of '{with.Text("server")}'.",
        Body = (site, with, _) => new JsonObject { ["properties"] = new JsonObject { ["principalName"] = with.Node("principal"), ["principalType"] = with.Node("type") ?? "Group", ["tenantId"] = site.TenantId } },
        Settles = "Reads the administrator: it took effect when they are there.",
        Takes = TimeSpan.FromMinutes(1),
    };

    private static JsonObject Encryption(Arguments with) => Arguments.ObjectOf(
        ("type", "AzureKeyVault"),
        ("primaryKeyURI", with.Node("key")),
        ("primaryUserAssignedIdentityId", with.Node("identity")),
        ("geoBackupKeyURI", with.Node("geoKey")),
        ("geoBackupUserAssignedIdentityId", with.Node("geoIdentity")));

    private static JsonObject KeyBefore(Arguments with, JsonElement? before)
    {
        if (before is not { } server || !server.TryGetProperty("properties", out var properties) || !properties.TryGetProperty("dataEncryption", out var encryption) || Text("primaryKeyURI") is not { } key)
        {
            throw new InvalidOperationException("The server was encrypted with Microsoft's key before, and can't be given one of yours.");
        }

        return Arguments.ObjectOf(("name", with.Node("name")), ("key", key), ("identity", Text("primaryUserAssignedIdentityId")), ("geoKey", Text("geoBackupKeyURI")), ("geoIdentity", Text("geoBackupUserAssignedIdentityId")));

        string? Text(string name) => encryption.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }
}
