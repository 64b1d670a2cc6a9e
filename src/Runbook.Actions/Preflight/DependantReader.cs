using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runbook.Actions;

/// <summary>What of a subscription has to do with keys.</summary>
/// <param name="Stores">Managed HSMs and vaults, as rows of Resource Graph.</param>
/// <param name="Dependants">What depends on keys.</param>
/// <param name="Unchecked">What could not be read, in sentences.</param>
internal sealed record Landscape(ImmutableArray<JsonElement> Stores, ImmutableArray<Dependant> Dependants, ImmutableArray<string> Unchecked);

/// <summary>
/// Finds what depends on keys: one query of Resource Graph, and one reading each for what is in no table (protectors, failover
/// groups, encryption scopes). What the caller may not read is not among it.
/// </summary>
internal sealed class DependantReader(PreflightReader reader, AzureSite site)
{
    private const string SqlVersion = "2021-11-01";
    private const string StorageVersion = "2023-05-01";
    private const string Query = """
        Resources
        | where type in~ ('microsoft.keyvault/managedhsms', 'microsoft.keyvault/vaults', 'microsoft.storage/storageaccounts', 'microsoft.compute/diskencryptionsets', 'microsoft.compute/disks', 'microsoft.sql/servers', 'microsoft.sql/servers/databases', 'microsoft.dbforpostgresql/flexibleservers')
        | project id, type, identity, properties
        | order by id asc
        """;

    private readonly List<string> _unchecked = [];

    /// <summary>Reads it.</summary>
    public async Task<Landscape> ReadAsync(CancellationToken cancellationToken)
    {
        var rows = await RowsAsync(cancellationToken).ConfigureAwait(false);
        var dependants = ImmutableArray.CreateBuilder<Dependant>();
        foreach (var row in Of(rows, "microsoft.compute/diskencryptionsets"))
        {
            if (DiskSet(row, rows) is { } set) dependants.Add(set);
        }

        foreach (var row in Of(rows, "microsoft.dbforpostgresql/flexibleservers")) dependants.AddRange(Postgres(row));
        foreach (var row in Limited(Of(rows, "microsoft.storage/storageaccounts"), "storage accounts"))
        {
            if (Account(row) is { } account) dependants.Add(account);
            dependants.AddRange(await ScopesAsync(row, cancellationToken).ConfigureAwait(false));
        }

        foreach (var row in Limited(Of(rows, "microsoft.sql/servers"), "SQL servers"))
        {
            if (await ServerAsync(row, rows, cancellationToken).ConfigureAwait(false) is { } server) dependants.Add(server);
        }

        return new Landscape([.. Of(rows, "microsoft.keyvault/managedhsms"), .. Of(rows, "microsoft.keyvault/vaults")], dependants.ToImmutable(), [.. _unchecked]);
    }

    private async Task<ImmutableArray<JsonElement>> RowsAsync(CancellationToken cancellationToken)
    {
        var rows = ImmutableArray.CreateBuilder<JsonElement>();
        string? skip = null;
        for (var page = 0; page < ActionsLimits.ListPagesMax; page++)
        {
            var options = new JsonObject { ["resultFormat"] = "objectArray" };
            if (skip is not null) options["$skipToken"] = skip;
            var body = new JsonObject { ["subscriptions"] = new JsonArray(site.SubscriptionId), ["query"] = Query, ["options"] = options };
            var reading = await reader.QueryAsync(site.Arm("/providers/Microsoft.ResourceGraph/resources", "2021-03-01"), body, cancellationToken).ConfigureAwait(false);
            if (!reading.IsGood)
            {
                _unchecked.Add($"What depends on keys could not be listed ({reading.WhyNot}): nothing is predicted.");
                break;
            }

            rows.AddRange(reading.Body.List("data"));
            if ((skip = reading.Body.Text("$skipToken")) is null) break;
        }

        return rows.ToImmutable();
    }

    private static IEnumerable<JsonElement> Of(ImmutableArray<JsonElement> rows, string type) => rows.Where(r => JsonParts.Same(r.Text("type"), type) && r.Text("id") is not null);

    private IEnumerable<JsonElement> Limited(IEnumerable<JsonElement> rows, string what)
    {
        var all = rows.ToList();
        if (all.Count > ActionsLimits.PreflightResourcesMax) _unchecked.Add($"Only {ActionsLimits.PreflightResourcesMax} of {all.Count} {what} were looked at.");
        return all.Take(ActionsLimits.PreflightResourcesMax);
    }

    private static Dependant? DiskSet(JsonElement row, ImmutableArray<JsonElement> rows)
    {
        if (row.Text("properties", "activeKey", "keyUrl") is not { } key) return null;
        var id = row.Text("id")!;
        var follows = row.IsTrue("properties", "rotationToLatestKeyVersionEnabled");
        var (identity, principal) = OnlyIdentity(row);
        return new Dependant
        {
            Id = id,
            Kind = DependantKind.DiskSet,
            Key = key,
            InUse = key,
            Follows = follows,
            IdentityId = identity,
            Principal = principal,
            Also = [.. Of(rows, "microsoft.compute/disks").Where(d => JsonParts.Same(d.Text("properties", "encryption", "diskEncryptionSetId"), id)).Select(d => d.Text("id")!)],
        };
    }

    // The backups of another region have a key of their own there.
    private static IEnumerable<Dependant> Postgres(JsonElement row)
    {
        (string Key, string Identity)[] keys = [("primaryKeyURI", "primaryUserAssignedIdentityId"), ("geoBackupKeyURI", "geoBackupUserAssignedIdentityId")];
        var encryption = row.At("properties", "dataEncryption");
        foreach (var (key, identity) in keys)
        {
            if (encryption.Text(key) is not { } uri) continue;
            var identityId = encryption.Text(identity);
            yield return new Dependant { Id = row.Text("id")!, Kind = DependantKind.Postgres, Key = uri, InUse = KeyNames.IsVersioned(uri) ? uri : null, Follows = !KeyNames.IsVersioned(uri), IdentityId = identityId, Principal = PrincipalOf(row, identityId) };
        }
    }

    private static Dependant? Account(JsonElement row)
    {
        var encryption = row.At("properties", "encryption");
        if (!JsonParts.Same(encryption.Text("keySource"), "Microsoft.Keyvault") || encryption.Text("keyvaultproperties", "keyvaulturi") is not { } store || encryption.Text("keyvaultproperties", "keyname") is not { } name) return null;
        var version = encryption.Text("keyvaultproperties", "keyversion");
        var identity = encryption.Text("identity", "userAssignedIdentity");
        return new Dependant
        {
            Id = row.Text("id")!,
            Kind = DependantKind.Storage,
            Key = $"{store.TrimEnd('/')}/keys/{name}{(version is null ? "" : "/" + version)}",
            InUse = encryption.Text("keyvaultproperties", "currentVersionedKeyIdentifier"),
            Follows = version is null,
            IdentityId = identity,
            Principal = PrincipalOf(row, identity),
        };
    }

    private async Task<IEnumerable<Dependant>> ScopesAsync(JsonElement row, CancellationToken cancellationToken)
    {
        var account = row.Text("id")!;
        var reading = await reader.GetAsync(site.Arm(account + "/encryptionScopes", StorageVersion), cancellationToken).ConfigureAwait(false);
        if (!reading.IsGood)
        {
            if (!reading.IsMissing) _unchecked.Add($"The encryption scopes of {account} could not be read ({reading.WhyNot}).");
            return [];
        }

        var identity = row.Text("properties", "encryption", "identity", "userAssignedIdentity") ?? OnlyIdentity(row).Id;
        return reading.Items
            .Where(s => JsonParts.Same(s.Text("properties", "source"), "Microsoft.KeyVault") && !JsonParts.Same(s.Text("properties", "state"), "Disabled") && s.Text("properties", "keyVaultProperties", "keyUri") is not null)
            .Select(s => new Dependant
            {
                Id = s.Text("id")!,
                Kind = DependantKind.Scope,
                Key = s.Text("properties", "keyVaultProperties", "keyUri")!.TrimEnd('/'),
                InUse = s.Text("properties", "keyVaultProperties", "currentVersionedKeyIdentifier"),
                Follows = !KeyNames.IsVersioned(s.Text("properties", "keyVaultProperties", "keyUri")!),
                IdentityId = identity,
                Principal = PrincipalOf(row, identity),
            });
    }

    private async Task<Dependant?> ServerAsync(JsonElement row, ImmutableArray<JsonElement> rows, CancellationToken cancellationToken)
    {
        var id = row.Text("id")!;
        var protector = await reader.GetAsync(site.Arm(id + "/encryptionProtector/current", SqlVersion), cancellationToken).ConfigureAwait(false);
        if (!protector.IsGood)
        {
            if (!protector.IsMissing) _unchecked.Add($"The protector of {id} could not be read ({protector.WhyNot}).");
            return null;
        }

        if (protector.Body.Text("properties", "uri") is not { } key || JsonParts.Same(protector.Body.Text("properties", "serverKeyType"), "ServiceManaged")) return null;
        var identity = row.Text("properties", "primaryUserAssignedIdentityId");
        var groups = await reader.GetAsync(site.Arm(id + "/failoverGroups", SqlVersion), cancellationToken).ConfigureAwait(false);
        if (!groups.IsGood && !groups.IsMissing) _unchecked.Add($"The failover groups of {id} could not be read ({groups.WhyNot}).");
        return new Dependant
        {
            Id = id,
            Kind = DependantKind.SqlServer,
            Key = key,
            InUse = key,
            Follows = protector.Body.IsTrue("properties", "autoRotationEnabled"),
            IdentityId = identity,
            Principal = PrincipalOf(row, identity),
            Also = [.. Of(rows, "microsoft.sql/servers/databases").Select(d => d.Text("id")!).Where(d => d.StartsWith(id + "/", StringComparison.OrdinalIgnoreCase) && !d.EndsWith("/master", StringComparison.OrdinalIgnoreCase))],
            Groups = [.. groups.Items.SelectMany(g => g.List("properties", "partnerServers").Select(p => new FailoverLink(g.Text("id") ?? "", p.Text("id") ?? "", JsonParts.Same(g.Text("properties", "replicationRole"), "Primary"))))],
        };
    }

    // The identity that a resource uses where it does not say which: its only one.
    private static (string? Id, string? Principal) OnlyIdentity(JsonElement row)
    {
        if (row.Text("identity", "principalId") is { } own) return (null, own);
        if (row.At("identity", "userAssignedIdentities") is not { ValueKind: JsonValueKind.Object } map) return (null, null);
        foreach (var identity in map.EnumerateObject()) return (identity.Name, identity.Value.Text("principalId"));
        return (null, null);
    }

    private static string? PrincipalOf(JsonElement row, string? identity) => identity is null
        ? row.Text("identity", "principalId")
        : row.At("identity", "userAssignedIdentities") is { ValueKind: JsonValueKind.Object } map ? map.EnumerateObject().Where(i => JsonParts.Same(i.Name, identity)).Select(i => i.Value.Text("principalId")).FirstOrDefault() : null;
}
