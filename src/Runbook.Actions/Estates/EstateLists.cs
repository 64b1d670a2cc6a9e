using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>The lists of what no graph holds, across an estate: encryption scopes, containers, protectors, local roles at every key.</summary>
internal static class EstateLists
{
    private const string StorageType = "microsoft.storage/storageaccounts";
    private const string SqlType = "microsoft.sql/servers";
    private const string StorageVersion = "2023-05-01";
    private const string SqlVersion = "2021-11-01";
    private const string Scopes = """
        value: {type: array, items: {type: object, additionalProperties: false, properties: {id: {type: string}, name: {type: string}, properties: {type: object, additionalProperties: false, properties: {source: {type: string}, state: {type: string}, requireInfrastructureEncryption: {type: boolean}, keyVaultProperties: {type: object, additionalProperties: false, properties: {keyUri: {type: string}, currentVersionedKeyIdentifier: {type: string} } } } } } } }
        """;
    private const string Containers = """
        value: {type: array, items: {type: object, additionalProperties: false, properties: {id: {type: string}, name: {type: string}, properties: {type: object, additionalProperties: false, properties: {defaultEncryptionScope: {type: string}, denyEncryptionScopeOverride: {type: boolean} } } } } }
        """;
    private const string Protector = "id: {type: string}\nproperties: {type: object, additionalProperties: false, properties: {serverKeyType: {type: string}, uri: {type: string}, autoRotationEnabled: {type: boolean} } }";
    private const string Protectors = """
        value: {type: array, items: {type: object, additionalProperties: false, properties: {id: {type: string}, principal: {type: string, description: "Object id of the identity by which the server reaches its key"}, scope: {type: string, description: "/keys/NAME, the narrowest scope of a role on its key"}, properties: {type: object, additionalProperties: false, properties: {serverKeyType: {type: string}, uri: {type: string}, autoRotationEnabled: {type: boolean} } } } } }
        """;
    private const string SqlServers = """
        Resources | where type =~ 'microsoft.sql/servers' | extend user = tolower(tostring(properties.primaryUserAssignedIdentityId))
        | join kind=leftouter (Resources | where type =~ 'microsoft.managedidentity/userassignedidentities' | project user = tolower(id), principal = tostring(properties.principalId)) on user
        | project id, principal = iff(isnotempty(principal), principal, tostring(identity.principalId)) | order by id asc
        """;
    private const string Assignments = """
        value: {type: array, items: {type: object, additionalProperties: false, properties: {name: {type: string}, properties: {type: object, additionalProperties: false, properties: {roleDefinitionId: {type: string}, principalId: {type: string}, scope: {type: string} } } } } }
        """;
    private const string Groups = """
        groups: {type: array, items: {type: object, additionalProperties: false, properties: {id: {type: string}, name: {type: string}, same: {type: boolean, description: "Whether all its servers have the same key"}, servers: {type: array, items: {type: object, additionalProperties: false, properties: {id: {type: string}, serverKeyType: {type: string}, uri: {type: string} } } } } } }
        """;

    private static readonly Schema ScopesObserved = Shape.Of(Scopes);
    private static readonly Schema ContainersObserved = Shape.Of(Containers);
    private static readonly Schema ServersObserved = Shape.Of("data: {type: array, items: {type: object, additionalProperties: false, properties: {id: {type: string}, principal: {type: string} } } }\nresultTruncated: {type: string}");
    private static readonly Schema ProtectorObserved = Shape.Of(Protector);
    private static readonly Schema AssignmentsObserved = Shape.Of(Assignments);
    private static readonly Schema KeysObserved = Shape.Of("value: {type: array, items: {type: object, additionalProperties: false, properties: {kid: {type: string} } } }");
    private static readonly Schema GroupsObserved = Shape.Of("value: {type: array, items: {type: object, additionalProperties: false, properties: {id: {type: string}, name: {type: string}, properties: {type: object, additionalProperties: false, properties: {replicationRole: {type: string}, partnerServers: {type: array, items: {type: object, additionalProperties: false, properties: {id: {type: string} } } } } } } } }");

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire)
    {
        yield return new ReadEach(site, wire, Of("storage.encryption-scope.list-all", "Lists the encryption scopes of every storage account of the subscription that your identity sees.", Scopes, Needs.Arm("Microsoft.Storage/storageAccounts/encryptionScopes/read", "each storage account", "Reader")), (s, _) => ReadEach.Resources(s, StorageType, "Find the storage accounts."), ReadEach.AllOf, (s, _, found) => [.. ReadEach.IdsIn(found).Select(id => new ReadOne($"List the encryption scopes of '{Last(id)}'.", s.Arm(id + "/encryptionScopes", StorageVersion), ScopesObserved))]) { Unknown = [ReadEach.UnknownOf("account")] };
        yield return new ReadEach(site, wire, Of("storage.container.list-all", "Lists the containers of every storage account of the subscription that your identity sees: the scope of each, and whether a write may choose another.", Containers, Needs.Arm("Microsoft.Storage/storageAccounts/blobServices/containers/read", "each storage account", "Reader")), (s, _) => ReadEach.Resources(s, StorageType, "Find the storage accounts."), ReadEach.AllOf, (s, _, found) => [.. ReadEach.IdsIn(found).Select(id => new ReadOne($"List the containers of '{Last(id)}'.", s.Arm(id + "/blobServices/default/containers", StorageVersion), ContainersObserved))]) { Unknown = [ReadEach.UnknownOf("account")] };
        yield return new ReadEach(site, wire, Of("sql.protector.list-all", "Reads for every SQL server of the subscription that your identity sees with which key its databases are protected.", Protectors, Needs.Arm("Microsoft.Sql/servers/encryptionProtector/read", "each server", "Reader")), (s, _) => ReadEach.Query(s, SqlServers, "Find the SQL servers, and their identities.", ServersObserved), Each, (s, _, found) => [.. ReadEach.IdsIn(found).Select(id => ProtectorOf(s, id))]) { Unknown = [ReadEach.UnknownOf("server")] };
        yield return new ReadEach(site, wire, Of("sql.failover-group.compare-keys", "Compares, for every failover group of the subscription that your identity sees, with which key each of its servers is protected: with another key on the partner, a failover is the outage.", Groups, Needs.Arm("Microsoft.Sql/servers/failoverGroups/read", "each server", "Reader"), Needs.Arm("Microsoft.Sql/servers/encryptionProtector/read", "each server and its partners", "Reader")), (s, _) => ReadEach.Resources(s, SqlType, "Find the SQL servers."), Compared, GroupsOfEach, (s, _, groups) => [.. MembersOf(groups).Select(id => ProtectorOf(s, id))]) { Unknown = [ReadEach.UnknownOf("server"), """{"value":[{"id":"/${server}/failoverGroups/${group}","name":"${group}","properties":{"replicationRole":"Primary"}}]}"""] };
        yield return new ReadEach(site, wire, Of("keyvault.role-assignment.list-all", "Lists the local role assignments of a managed HSM at every scope: /, /keys and each key.", Assignments, Needs.Hsm("keys/read/action", "/keys", "Managed HSM Crypto Auditor"), Needs.Hsm("roleAssignments/read/action", "/", "Managed HSM Crypto Auditor")) with { With = Shape.Of($"hsm: {{{ResultText.HsmArgument}}}"), Errors = Refusals.ManagedHsm }, (s, with) => new ReadOne($"List the keys of '{with.Text("hsm")}'.", s.Hsm(with.Text("hsm"), "/keys"), KeysObserved), ReadEach.AllOf, AssignmentsAtEach) { Unknown = ["""{"value":[{"kid":"https://${hsm}/keys/${key}"}]}"""] };
    }

    private static ActionDescriptor Of(string name, string summary, string result, params ImmutableArray<ActionPermission> permissions) => new()
    {
        Name = name,
        Summary = summary,
        Effect = EffectClass.Read,
        With = Shape.Of(""),
        Result = Shape.Of(result),
        Permissions = permissions,
        AzCommand = AzRest.Command,
        Errors = Refusals.ResourceManager.AddRange(
            new ActionError("RateLimiting", "Resource Graph is asked too much: 15 queries in 5 seconds are allowed.", "Nothing changed.", "Wait as long as it said."),
            new ActionError("TooMany", "There are more of them than are read one by one.", "Nothing changed.", "Ask Resource Graph with graph.resources.query, and read the ones that matter.")),
    };

    private static ReadOne ProtectorOf(AzureSite site, string server) => new($"Read the protector of '{Last(server)}'.", site.Arm(server + "/encryptionProtector/current", SqlVersion), ProtectorObserved);

    private static ImmutableArray<ReadOne> GroupsOfEach(AzureSite site, Arguments with, ImmutableArray<CallAnswer> found) =>
        [.. ReadEach.IdsIn(found).Select(id => new ReadOne($"List the failover groups of '{Last(id)}'.", site.Arm(id + "/failoverGroups", SqlVersion), GroupsObserved))];

    private static ImmutableArray<ReadOne> AssignmentsAtEach(AzureSite site, Arguments with, ImmutableArray<CallAnswer> keys)
    {
        var hsm = with.Text("hsm");
        IEnumerable<string> scopes = ["", "/keys", .. ReadEach.ItemsIn(keys).Select(k => k.GetProperty("kid").GetString()!).Select(kid => kid[kid.IndexOf("/keys/", StringComparison.Ordinal)..].TrimEnd('/'))];
        return [.. scopes.Select(scope => new ReadOne($"List who holds a role at '{(scope.Length == 0 ? "/" : scope)}'.", site.Hsm(hsm, scope + "/providers/Microsoft.Authorization/roleAssignments"), AssignmentsObserved))];
    }

    private static JsonObject Each(ImmutableArray<ImmutableArray<CallAnswer>> rounds)
    {
        var servers = ReadEach.ItemsIn(rounds[0], "data");
        return new JsonObject { ["value"] = new JsonArray([.. servers.Zip(rounds[^1], (server, protector) => ProtectedBy(server, protector.Observed))]) };
    }

    private static JsonNode ProtectedBy(JsonElement server, JsonElement protector)
    {
        var properties = protector.TryGetProperty("properties", out var p) ? p : Answers.Nothing;
        var key = Text(properties, "uri") is { } uri && uri.Split('/') is [_, _, _, "keys", var name, ..] ? $"/keys/{name}" : null;
        return Arguments.ObjectOf(("id", Text(server, "id")), ("principal", Text(server, "principal")), ("scope", key), ("properties", Arguments.ToNode(properties)));
    }

    private static JsonObject Compared(ImmutableArray<ImmutableArray<CallAnswer>> rounds)
    {
        var members = MembersOf(rounds[1]);
        var groups = new JsonArray();
        foreach (var group in LedIn(rounds[1]))
        {
            var servers = MembersOf(group).Select(id => Told(id, rounds[2][members.IndexOf(id, 0, StringComparer.OrdinalIgnoreCase)].Observed)).ToList();
            groups.Add((JsonNode)new JsonObject
            {
                ["id"] = group.GetProperty("id").GetString(),
                ["name"] = group.GetProperty("name").GetString(),
                ["same"] = servers.Select(s => $"{s["serverKeyType"]} {s["uri"]}").Distinct(StringComparer.OrdinalIgnoreCase).Count() == 1,
                ["servers"] = new JsonArray([.. servers]),
            });
        }

        return new JsonObject { ["groups"] = groups };
    }

    private static JsonObject Told(string id, JsonElement protector)
    {
        var properties = protector.TryGetProperty("properties", out var p) ? p : Answers.Nothing;
        return Arguments.ObjectOf(("id", id), ("serverKeyType", Text(properties, "serverKeyType")), ("uri", Text(properties, "uri")));
    }

    // Both sides show a group; it is looked at once, where it is led.
    private static IEnumerable<JsonElement> LedIn(ImmutableArray<CallAnswer> groups) =>
        ReadEach.ItemsIn(groups).Where(g => g.GetProperty("properties").TryGetProperty("replicationRole", out var role) && role.GetString() == "Primary");

    private static IEnumerable<string> MembersOf(JsonElement group)
    {
        var id = group.GetProperty("id").GetString()!;
        yield return id[..id.IndexOf("/failoverGroups/", StringComparison.OrdinalIgnoreCase)];
        if (!group.GetProperty("properties").TryGetProperty("partnerServers", out var partners)) yield break;
        foreach (var partner in partners.EnumerateArray()) yield return partner.GetProperty("id").GetString()!;
    }

    private static ImmutableArray<string> MembersOf(ImmutableArray<CallAnswer> groups) => [.. LedIn(groups).SelectMany(MembersOf).Distinct(StringComparer.OrdinalIgnoreCase)];

    private static string? Text(JsonElement value, string name) => value.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    private static string Last(string id) => id[(id.LastIndexOf('/') + 1)..];
}
