using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary><c>sql.*.create</c>: servers that know no password, databases, and the groups in which they fail over.</summary>
internal static class SqlCreateActions
{
    private const string Version = "2021-11-01";
    private const string Type = "Microsoft.Sql/servers";
    private const string ServerText = """{type: string, minLength: 1, description: "Name of the server in the profile's resource group, or its full id"}""";
    private const string Server = """
        id: {type: string}
        name: {type: string}
        location: {type: string}
        identity: {type: object, additionalProperties: true}
        properties: {type: object, additionalProperties: false, properties: {state: {type: string}, fullyQualifiedDomainName: {type: string}, primaryUserAssignedIdentityId: {type: string}, keyId: {type: string}, publicNetworkAccess: {type: string}, administrators: {type: object, additionalProperties: false, properties: {login: {type: string}, sid: {type: string}, azureADOnlyAuthentication: {type: boolean} } } } }
        """;
    private const string Database = """
        id: {type: string}
        name: {type: string}
        location: {type: string}
        properties: {type: object, additionalProperties: false, properties: {status: {type: string}, databaseId: {type: string}, creationDate: {type: string}, currentServiceObjectiveName: {type: string} } }
        """;
    private const string Group = """
        id: {type: string}
        name: {type: string}
        properties: {type: object, additionalProperties: false, properties: {replicationRole: {type: string}, replicationState: {type: string}, partnerServers: {type: array, items: {type: object, additionalProperties: false, properties: {id: {type: string}, location: {type: string}, replicationRole: {type: string} } } }, databases: {type: array, items: {type: string} } } }
        """;

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire)
    {
        var servers = new ResourceFamily(site, wire, Type, Version, "server", "SQL Server Contributor", (s, with) => s.Id(Type, with.Text("name")), Server);
        var databases = new ResourceFamily(site, wire, Type + "/databases", Version, "database", "SQL DB Contributor", (s, with) => $"{s.Id(Type, with.Text("server"))}/databases/{with.Text("name")}", Database);
        var groups = new ResourceFamily(site, wire, Type + "/failoverGroups", Version, "failover group", "SQL Server Contributor", (s, with) => $"{s.Id(Type, with.Text("server"))}/failoverGroups/{with.Text("name")}", Group);
        yield return servers.Change(CreateServer);
        yield return databases.Change(CreateDatabase);
        yield return groups.Change(CreateGroup);
    }

    private static ResourceChange CreateServer => new()
    {
        Name = "sql.server.create",
        Summary = "Makes a SQL server that knows Entra's people only and no password, protected with a key of yours from the start where one is given, once it has seen that there is none of that name here.",
        Effect = EffectClass.Once,
        With = """
            name: {type: string, minLength: 1, description: "Name of the server in the profile's resource group, or its full id; names are shared by all of Azure"}
            location: {type: string, description: "The region"}
            identity: {type: string, description: "Id of the user-assigned identity that reaches the key"}
            kid?: {type: string, pattern: '^https://[^/?#]+/keys/[0-9a-zA-Z-]{1,127}/[0-9a-f]{32}$', description: "Id of the key's version; without it Microsoft's own key protects the databases"}
            administrator: {type: string, minLength: 1, description: "Name of the administrator, as they sign in with"}
            administratorId: {type: string, format: uuid, description: "Object id of the administrator"}
            administratorType: {type: string, enum: [Group, User, Application], default: Group, description: "What they are"}
            tags?: {type: object, additionalProperties: {type: string, maxLength: 256} }
            """,
        LooksFirst = true,
        Says = with => $"Create the server '{with.Text("name")}' in {with.Text("location")}, {(with.TextOrNull("kid") is { } kid ? $"its databases protected with {kid}" : "its databases protected with Microsoft's own key")}.",
        Body = (site, with, _) => Arguments.ObjectOf(
            ("location", with.Node("location")),
            ("tags", with.Node("tags")),
            ("identity", ManagedIdentity.UserAssigned(with.Text("identity"))),
            ("properties", Arguments.ObjectOf(
                ("minimalTlsVersion", "1.2"),
                ("primaryUserAssignedIdentityId", with.Node("identity")),
                ("keyId", with.Node("kid")),
                ("administrators", new JsonObject
                {
                    ["administratorType"] = "ActiveDirectory",
                    ["azureADOnlyAuthentication"] = true,
                    ["principalType"] = with.Node("administratorType") ?? "Group",
                    ["login"] = with.Node("administrator"),
                    ["sid"] = with.Node("administratorId"),
                    ["tenantId"] = site.TenantId,
                })))),
        Settles = "Reads the server, of which there was none before: it took effect when it is there as it was asked for.",
        Quiet = TimeSpan.FromMinutes(2),
        Takes = TimeSpan.FromMinutes(2),
        Errors =
        [
            new("AzureKeyVaultMissingPermissions", "The identity may not use the key.", "There is no server.", "Give it Managed HSM Crypto Service Encryption User at the key, wait until that is in force, and try again."),
            new("AzureKeyVaultRsaKeyNotSupported", "SQL takes RSA keys of 2048 and 3072 bits only.", "There is no server.", "Make a key of one of these sizes."),
            new("SecurityInvalidAzureKeyVaultRecoveryLevel", "The store of the key has no purge protection or no soft delete.", "There is no server.", "Turn purge protection on, then try again."),
            new("NameAlreadyExists", "The name is taken; server names are shared by all of Azure.", "Nothing changed.", "Take another name."),
        ],
    };

    private static ResourceChange CreateDatabase => new()
    {
        Name = "sql.database.create",
        Summary = "Makes a database on a server, under the server's protector, once it has seen that there is none of that name.",
        Effect = EffectClass.Once,
        With = $$"""
            server: {{ServerText}}
            name: {type: string, minLength: 1, maxLength: 128, description: "Name of the database"}
            location: {type: string, description: "The server's region"}
            sku: {type: string, default: S0, description: "Its size"}
            tags?: {type: object, additionalProperties: {type: string, maxLength: 256} }
            """,
        LooksFirst = true,
        Says = with => $"Create the database '{with.Text("name")}' on '{with.Text("server")}'.",
        Body = (_, with, _) => Arguments.ObjectOf(("location", with.Node("location")), ("tags", with.Node("tags")), ("sku", new JsonObject { ["name"] = with.Node("sku") ?? "S0" })),
        Az = "az sql db create --server {server:name} --resource-group {resourceGroup} --name {name} --service-objective {sku} --tags {tags}",
        Settles = "Reads the database, of which there was none before: it took effect when it is there as it was asked for.",
        Takes = TimeSpan.FromMinutes(1),
    };

    private static ResourceChange CreateGroup => new()
    {
        Name = "sql.failover-group.create",
        Summary = "Puts databases of a server into a failover group with a server of another region, which must have the same key, once it has seen that there is no group of that name.",
        Effect = EffectClass.Once,
        With = $$"""
            server: {{ServerText}}
            name: {type: string, minLength: 1, description: "Name of the failover group, which becomes its address"}
            partner: {type: string, minLength: 1, description: "The server of the other region: its name in the profile's resource group, or its full id"}
            databases: {type: array, minItems: 1, items: {type: string}, description: "Names of the databases"}
            policy: {type: string, enum: [Manual, Automatic], default: Manual, description: "Who decides that it fails over; Automatic does so after an hour's outage, and may lose data"}
            """,
        LooksFirst = true,
        Says = with => $"Put the databases of '{with.Text("server")}' into the failover group '{with.Text("name")}' with '{with.Text("partner")}'.",
        Body = (site, with, _) => new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["readWriteEndpoint"] = Arguments.ObjectOf(("failoverPolicy", with.Node("policy") ?? "Manual"), ("failoverWithDataLossGracePeriodMinutes", with.TextOrNull("policy") is "Automatic" ? 60 : null)),
                ["readOnlyEndpoint"] = new JsonObject { ["failoverPolicy"] = "Disabled" },
                ["partnerServers"] = new JsonArray(new JsonObject { ["id"] = site.Id(Type, with.Text("partner")) }),
                ["databases"] = with.Items("databases") is { } names
                    ? new JsonArray([.. names.Select(n => JsonValue.Create($"{site.Id(Type, with.Text("server"))}/databases/{n.GetString()}"))])
                    : with.Node("databases"),
            },
        },
        Az = "az sql failover-group create --server {server:name} --resource-group {resourceGroup} --name {name} --partner-server {partner:name} --add-db {databases} --failover-policy {policy}",
        Settles = "Reads the group, of which there was none before: it took effect when it is there as it was asked for.",
        Quiet = TimeSpan.FromMinutes(2),
        Takes = TimeSpan.FromMinutes(2),
        Errors =
        [
            new("SameKeyUriNotFoundOnRemoteServer", "The partner has not the same key.", "There is no group.", "Protect the partner with the same key first: sql.protector.set."),
            new("InvalidFailoverGroupRegion", "Both servers are in one region.", "There is no group.", "Take a partner of another region."),
            new("FailoverGroupAlreadyExists", "There is a group of that name already.", "Nothing changed.", "Take another name, or go on with the one that is there."),
        ],
    };
}
