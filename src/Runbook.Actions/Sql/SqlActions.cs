using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>sql.*</c>: servers, their protector, databases and failover groups.</summary>
internal static class SqlActions
{
    private const string Version = "2021-11-01";
    private const string Type = "Microsoft.Sql/servers";
    private const string ServerText = """{type: string, minLength: 1, description: "Name of the server in the profile's resource group, or its full id"}""";
    private const string Server = """
        id: {type: string}
        name: {type: string}
        location: {type: string}
        identity: {type: object, additionalProperties: true}
        properties: {type: object, additionalProperties: false, properties: {state: {type: string}, fullyQualifiedDomainName: {type: string}, primaryUserAssignedIdentityId: {type: string}, keyId: {type: string}, publicNetworkAccess: {type: string}}}
        """;
    private const string DatabaseProperties = "{type: object, additionalProperties: false, properties: {status: {type: string}, databaseId: {type: string}, creationDate: {type: string}, currentServiceObjectiveName: {type: string}, isInfraEncryptionEnabled: {type: boolean}}}";
    private const string Database = $"id: {{type: string}}\nname: {{type: string}}\nlocation: {{type: string}}\nproperties: {DatabaseProperties}";
    private const string Protector = """
        id: {type: string}
        kind: {type: string}
        properties: {type: object, additionalProperties: false, properties: {serverKeyName: {type: string}, serverKeyType: {type: string}, uri: {type: string}, thumbprint: {type: string}, autoRotationEnabled: {type: boolean}}}
        """;
    private const string Group = """
        id: {type: string}
        name: {type: string}
        properties: {type: object, additionalProperties: false, properties: {replicationRole: {type: string}, replicationState: {type: string}, partnerServers: {type: array, items: {type: object, additionalProperties: false, properties: {id: {type: string}, location: {type: string}, replicationRole: {type: string}}}}, databases: {type: array, items: {type: string}}}}
        """;

    private static readonly Schema Nothing = Shape.Of("");

    private static readonly ImmutableArray<ActionError> KeyErrors =
    [
        new("AzureKeyVaultMissingPermissions", "The server's identity may not use the key.", "The protector is as it was.", "Give it Managed HSM Crypto Service Encryption User at the key, wait until that is in force, and try again."),
        new("AzureKeyVaultKeyDisabled", "The key is disabled.", "The protector is as it was.", "Enable the version, then try again."),
        new("AzureKeyVaultNoServerIdentity", "The server has no identity.", "The protector is as it was.", "Give it one: sql.server-identity.set."),
        new("AzureKeyVaultRsaKeyNotSupported", "SQL takes RSA keys of 2048 and 3072 bits only.", "The protector is as it was.", "Make a key of one of these sizes."),
        new("SecurityInvalidAzureKeyVaultRecoveryLevel", "The store of the key has no purge protection or no soft delete.", "The protector is as it was.", "Turn purge protection on, then try again."),
        new("SameKeyUriNotFoundOnRemoteServer", "A partner in a failover group has not the same key.", "The protector is as it was.", "Add the key to the partner first."),
    ];

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire)
    {
        var servers = new ResourceFamily(site, wire, Type, Version, "server", "SQL Server Contributor", (s, with) => s.Id(Type, with.TextOrNull("name") ?? with.Text("server")), Server);
        var databases = new ResourceFamily(site, wire, Type + "/databases", Version, "database", "SQL DB Contributor", (s, with) => $"{s.Id(Type, with.Text("server"))}/databases", Database);
        var protectors = new ResourceFamily(site, wire, Type + "/encryptionProtector", Version, "server", "SQL Security Manager", ProtectorPath, Protector) { Errors = KeyErrors };
        var groups = new ResourceFamily(site, wire, Type + "/failoverGroups", Version, "failover group", "SQL Server Contributor", (s, with) => $"{s.Id(Type, with.Text("server"))}/failoverGroups/{with.Text("name")}", Group);
        yield return servers.Get("sql.server.get", "Reads a server: its identity, and the key that it was given.", $"name?: {ServerText}\nserver?: {ServerText}", with => $"Read the server '{with.TextOrNull("name") ?? with.Text("server")}'.", "az sql server show --name {name:name} --resource-group {resourceGroup}", oneOf: [["name"], ["server"]]);
        yield return servers.Change(SetIdentity);
        yield return databases.Get("sql.database.list", "Lists a server's databases and their states.", $"server: {ServerText}", with => $"List the databases of '{with.Text("server")}'.", "az sql db list --server {server:name} --resource-group {resourceGroup}", result: $"value: {{type: array, items: {{type: object, additionalProperties: false, properties: {{id: {{type: string}}, name: {{type: string}}, properties: {DatabaseProperties}}}}}}}");
        yield return (databases with { Path = (s, with) => $"{s.Id(Type, with.Text("server"))}/databases/{with.Text("name")}" }).Get("sql.database.get", "Reads a database: Online, or Inaccessible where its key can't be used.", $"server: {ServerText}\nname: {{type: string, description: \"Name of the database\"}}", with => $"Read the database '{with.Text("name")}' of '{with.Text("server")}'.", "az sql db show --server {server:name} --resource-group {resourceGroup} --name {name}");
        yield return protectors.Get("sql.protector.get", "Reads with which key a server's databases are protected, and whether its rotation is followed.", $"server?: {ServerText}\nservers?: {{type: array, minItems: 1, maxItems: 50, items: {{type: string, minLength: 1}}, description: \"Several of them, in order\"}}", with => $"Read the protector of '{with.Text("server")}'.", "az sql server tde-key show --server {server:name} --resource-group {resourceGroup}", list: "servers", oneOf: [["server"], ["servers"]]);
        yield return SetProtector(site, wire);
        yield return protectors.Change(UsePlatformKey);
        yield return protectors.Change(Revalidate);
        yield return groups.Get("sql.failover-group.get", "Reads a failover group as one of its servers sees it.", GroupArguments, with => $"Read the failover group '{with.Text("name")}' as '{with.Text("server")}' sees it.", "az sql failover-group show --server {server:name} --resource-group {resourceGroup} --name {name}");
        yield return groups.Change(Failover(force: false));
        yield return groups.Change(Failover(force: true));
    }

    private static string GroupArguments => $"server: {ServerText}\nname: {{type: string, description: \"Name of the failover group\"}}";

    private static ResourceChange SetIdentity => new()
    {
        Name = "sql.server-identity.set",
        Summary = "Gives a server the user-assigned identity by which it reaches its key.",
        Method = "PATCH",
        With = $"server: {ServerText}\nidentity: {{type: string, description: \"Id of the identity\"}}",
        Says = with => $"Give '{with.Text("server")}' the identity {with.Text("identity")}.",
        Body = (_, with, _) => new JsonObject
        {
            ["identity"] = new JsonObject { ["type"] = "UserAssigned", ["userAssignedIdentities"] = new JsonObject { [with.Text("identity")] = new JsonObject() } },
            ["properties"] = new JsonObject { ["primaryUserAssignedIdentityId"] = with.Node("identity") },
        },
        Settles = "Reads the server: it took effect when that identity is its primary one.",
        Inverse = new ActionInverse("sql.server-identity.set", "sql.server.get", "Gives it the identity that it had before; the other stays attached, unused."),
        Undo = (with, before) => new JsonObject { ["server"] = with.Node("server"), ["identity"] = before is { } told && told.TryGetProperty("properties", out var p) && p.TryGetProperty("primaryUserAssignedIdentityId", out var id) ? id.GetString() : throw new InvalidOperationException("The server had no user-assigned identity before.") },
    };

    // Two writes after a reading: the key becomes the server's, then the server's protector; whether its rotation is followed stays.
    private static RequestAction SetProtector(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "sql.protector.set",
        Summary = "Protects a server's databases with a version of a key of yours; whether its rotation is followed stays as it is, unless it is said.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of($$"""
            server: {{ServerText}}
            kid: {type: string, pattern: '^https://[^/?#]+/keys/[0-9a-zA-Z-]{1,127}/[0-9a-f]{32}$', description: "Id of the key's version"}
            follow?: {type: boolean, description: "Whether new versions of the key are followed; as it is where it is not said"}
            """),
        Result = Shape.Of(Protector),
        Permissions = [Needs.Arm(Type + "/encryptionProtector/read", "the server {server}", "SQL Security Manager"), Needs.Arm(Type + "/keys/write", "the server {server}", "SQL Security Manager"), Needs.Arm(Type + "/encryptionProtector/write", "the server {server}", "SQL Security Manager")],
        AzCommand = AzRest.Command,
        Settle = new SettlingProbe("Reads the server's key, or its protector: it took effect when that is the one that was asked for.", TimeSpan.FromMinutes(1)),
        Inverse = new ActionInverse("sql.protector.set", "sql.protector.get", "Protects them with the version that did so before; a server that had Microsoft's key goes back to that by sql.protector.use-platform-key."),
        Errors = [.. KeyErrors, Refusals.NotThere("server"), .. Refusals.ResourceManagerWrites],
    },
        (with, before) => new JsonObject { ["server"] = with.Node("server"), ["kid"] = before is { } told && told.TryGetProperty("properties", out var p) && p.TryGetProperty("uri", out var uri) ? uri.GetString() : throw new InvalidOperationException("The server was protected by Microsoft's key before.") },
        new RequestCall { Method = "GET", Url = ProtectorAddress, Says = with => $"Read whether '{with.Text("server")}' follows the rotation of its key.", Observes = Shape.Of("properties: {type: object, additionalProperties: false, properties: {autoRotationEnabled: {type: boolean}}}") },
        new RequestCall
        {
            Method = "PUT",
            Url = (s, with) => s.Arm($"{s.Id(Type, with.Text("server"))}/keys/{KeyName(with)}", Version),
            Says = with => $"Make {with.Text("kid")} a key of '{with.Text("server")}'.",
            Body = (_, with, _) => new JsonObject { ["properties"] = new JsonObject { ["serverKeyType"] = "AzureKeyVault", ["uri"] = with.Node("kid") } },
            Observes = Nothing,
        },
        new RequestCall
        {
            Method = "PUT",
            Url = ProtectorAddress,
            Says = with => $"Protect the databases of '{with.Text("server")}' with {with.Text("kid")}.",
            Body = (_, with, answers) => new JsonObject { ["properties"] = Arguments.ObjectOf(("serverKeyName", KeyName(with)), ("serverKeyType", "AzureKeyVault"), ("autoRotationEnabled", with.Node("follow") ?? (answers.IsEmpty ? "${autoRotationEnabled}" : Follows(answers[0].Observed)))) },
        });

    private static ResourceChange UsePlatformKey => new()
    {
        Name = "sql.protector.use-platform-key",
        Summary = "Protects a server's databases with Microsoft's own key again; one whose databases are inaccessible refuses.",
        With = $"server: {ServerText}",
        Says = with => $"Protect the databases of '{with.Text("server")}' with Microsoft's own key.",
        Body = (_, _, _) => new JsonObject { ["properties"] = new JsonObject { ["serverKeyName"] = "ServiceManaged", ["serverKeyType"] = "ServiceManaged" } },
        Az = "az sql server tde-key set --server {server:name} --resource-group {resourceGroup} --server-key-type ServiceManaged",
        Settles = "Reads the protector: it took effect when it is the service's own.",
    };

    private static ResourceChange Revalidate => new()
    {
        Name = "sql.protector.revalidate",
        Summary = "Has a server try its key again, after access that was lost came back: needed where databases have been inaccessible for more than half an hour.",
        Method = "POST",
        Path = "/revalidate",
        With = $"server: {ServerText}",
        Result = "",
        Says = with => $"Have '{with.Text("server")}' try its key again.",
        Settle = (_, _) => Task.FromResult<SettleVerdict>(new SettleVerdict.CannotTell("No reading tells whether it was tried again.")),
        Settles = "Nothing tells; trying again is harmless.",
        NothingTells = true,
    };

    private static ResourceChange Failover(bool force) => new()
    {
        Name = $"sql.failover-group.{(force ? "force-failover" : "failover")}",
        Summary = force ? "Makes a server the primary of a failover group at once; what was not copied yet is lost." : "Makes a server the primary of a failover group, once everything is copied.",
        Effect = force ? EffectClass.Destructive : EffectClass.Once,
        Method = "POST",
        Path = force ? "/forceFailoverAllowDataLoss" : "/failover",
        With = GroupArguments,
        Says = with => force ? $"Make '{with.Text("server")}' the primary of '{with.Text("name")}' at once; what was not copied is lost." : $"Make '{with.Text("server")}' the primary of '{with.Text("name")}'.",
        AsksFirst = true,
        Az = "az sql failover-group set-primary --server {server:name} --resource-group {resourceGroup} --name {name}" + (force ? " --allow-data-loss" : ""),
        Settle = Settling.By(c => c.Url.Replace(force ? "/forceFailoverAllowDataLoss?" : "/failover?", "?", StringComparison.Ordinal), (_, group) => group.GetProperty("properties").GetProperty("replicationRole").GetString() == "Primary"),
        Settles = "Reads the group as that server sees it: it took effect when the server is its primary.",
        Quiet = TimeSpan.FromMinutes(2),
        Takes = TimeSpan.FromMinutes(2),
        Errors = [new("FailoverGroupBusy", "Something is under way in the group.", "Nothing changed by this call.", "Read the group, and wait until it is at rest."), new("FailoverGroupFailoverRequestOnPrimary", "The server is the primary already.", "Nothing changed.", "Read the group.")],
    };

    private static string ProtectorPath(AzureSite site, Arguments with) => $"{site.Id(Type, with.Text("server"))}/encryptionProtector/current";

    private static string ProtectorAddress(AzureSite site, Arguments with) => site.Arm(ProtectorPath(site, with), Version);

    // SQL insists on this name: the store's, the key's and the version's, joined.
    private static string KeyName(Arguments with)
    {
        if (!Uri.TryCreate(with.Text("kid"), UriKind.Absolute, out var kid) || kid.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries) is not [_, var key, var version]) return "${serverKeyName}";
        return $"{kid.Host[..kid.Host.IndexOf('.', StringComparison.Ordinal)]}_{key}_{version}";
    }

    private static bool Follows(JsonElement protector) =>
        protector.TryGetProperty("properties", out var properties) && properties.TryGetProperty("autoRotationEnabled", out var follows) && follows.ValueKind == JsonValueKind.True;
}
