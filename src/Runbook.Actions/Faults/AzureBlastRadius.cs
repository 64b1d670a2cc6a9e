using System.Text.Json;
using Runbook.Engine.Actions;

namespace Runbook.Actions;

/// <summary>
/// Finds what depends on a key, on every key of an HSM, on a disk encryption set, an identity, an account or a region: by Resource Graph, by what it does not hold
/// (encryption scopes, containers, SQL protectors) with each service's own list, and then whatever depends on those.
/// </summary>
/// <remarks>It is complete or it throws: a reading that is refused is never taken for "nothing there".</remarks>
public sealed class AzureBlastRadius : IBlastRadius
{
    private const string StorageVersion = "2023-05-01";
    private const string SqlVersion = "2021-11-01";

    private const string Query = """
        resources
        | where type in~ ('microsoft.storage/storageaccounts', 'microsoft.compute/diskencryptionsets', 'microsoft.compute/disks', 'microsoft.compute/snapshots', 'microsoft.compute/images', 'microsoft.compute/virtualmachines', 'microsoft.sql/servers', 'microsoft.sql/servers/databases', 'microsoft.sql/managedinstances', 'microsoft.dbforpostgresql/flexibleservers')
        | project id, type, tags, managedBy, location, identity, properties
        """;

    // An HSM that lives in other regions as well answers from there.
    private const string StoreQuery = """
        resources
        | where type in~ ('microsoft.keyvault/managedhsms', 'microsoft.keyvault/vaults')
        | project id, type, tags, location, properties
        """;

    private readonly AzureSite _site;
    private readonly FaultReader _reader;

    /// <summary>For an environment.</summary>
    /// <param name="environment">Where, and as whom.</param>
    public AzureBlastRadius(AzureEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        _site = new AzureSite(environment.Cloud, environment.TenantId, environment.SubscriptionId, environment.ResourceGroup);
        _reader = new FaultReader(AzureWire.Of(environment));
    }

    /// <inheritdoc/>
    public async Task<BlastRadius> FindAsync(string action, JsonElement with, ActionContext context, CancellationToken cancellationToken)
    {
        var arguments = new Arguments(with);
        var found = new RadiusBuilder();
        var rows = await RowsAsync(Query, context, cancellationToken).ConfigureAwait(false);
        foreach (var row in rows) found.Know(row);
        if (KeyTouched.Of(_site, action, arguments) is { } touched) await AddUsersAsync(touched, RowsOf(arguments, rows), found, context, cancellationToken).ConfigureAwait(false);
        else if (ResourceTouched.Of(_site, action, arguments) is { } resource) await AddUsersAsync(resource, rows, found, context, cancellationToken).ConfigureAwait(false);
        else if (AzureActions.Catalogue.Find(action)?.EmbeddedOnly == true && arguments.TextOrNull("region") is { } region) await AddRegionAsync(region, rows, found, context, cancellationToken).ConfigureAwait(false);
        else if (AzureActions.Catalogue.Find(action)?.EmbeddedOnly == true && arguments.TextOrNull("account") is { } account) AddAccount(_site.Id("Microsoft.Storage/storageAccounts", account), rows, found);
        else throw new FaultUnknownException($"what depends on the effect of {action} can't be told by this version");
        found.Close();
        return new BlastRadius(found.Resources);
    }

    // A role of a resource's own identity is that resource's affair, whoever else uses the key. Of a group, of a person and of an
    // identity that nobody here carries it can't be told who acts by it: then it is everybody's.
    private static IReadOnlyList<JsonElement> RowsOf(Arguments with, IReadOnlyList<JsonElement> rows) =>
        with.TextOrNull("principal") is { } principal && rows.Any(r => ActsAs(r, principal)) ? [.. rows.Where(r => ActsAs(r, principal) || !HasIdentity(r))] : rows;

    private static bool HasIdentity(JsonElement row) => row.TryGetProperty("identity", out var identity) && identity.ValueKind == JsonValueKind.Object;

    private static bool ActsAs(JsonElement row, string principal)
    {
        if (!HasIdentity(row)) return false;
        var identity = row.GetProperty("identity");
        return IsPrincipal(identity, principal)
            || (identity.TryGetProperty("userAssignedIdentities", out var all) && all.ValueKind == JsonValueKind.Object && all.EnumerateObject().Any(m => IsPrincipal(m.Value, principal)));
    }

    private static bool IsPrincipal(JsonElement identity, string principal) =>
        identity.ValueKind == JsonValueKind.Object && identity.TryGetProperty("principalId", out var id) && string.Equals(id.GetString(), principal, StringComparison.OrdinalIgnoreCase);

    private async Task<IReadOnlyList<JsonElement>> RowsAsync(string query, ActionContext context, CancellationToken cancellationToken) =>
        await _reader.GraphAsync(_site.Cloud.ResourceManagerRoot, _site.SubscriptionId, query, context, cancellationToken).ConfigureAwait(false);

    private static void AddAccount(string id, IReadOnlyList<JsonElement> rows, RadiusBuilder found)
    {
        var account = rows.FirstOrDefault(r => string.Equals(r.GetProperty("id").GetString(), id, StringComparison.OrdinalIgnoreCase));
        if (account.ValueKind == JsonValueKind.Undefined) throw new FaultUnknownException($"there is no {id}");
        found.Add(account, id);
    }

    // What lies in the region, and what has its keys there and nowhere else.
    private async Task AddRegionAsync(string region, IReadOnlyList<JsonElement> rows, RadiusBuilder found, ActionContext context, CancellationToken cancellationToken)
    {
        foreach (var row in rows.Where(r => IsIn(r, region))) found.Add(row, region);
        foreach (var store in (await RowsAsync(StoreQuery, context, cancellationToken).ConfigureAwait(false)).Where(s => IsIn(s, region) && !LivesElsewhere(s)))
        {
            var id = store.GetProperty("id").GetString()!;
            found.Add(store, region);
            var address = store.GetProperty("properties").TryGetProperty("hsmUri", out var hsm) ? hsm : store.GetProperty("properties").GetProperty("vaultUri");
            await AddUsersAsync(new KeyTouched(id, new Uri(address.GetString()!).Host, null), rows, found, context, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsIn(JsonElement row, string region) => row.TryGetProperty("location", out var location) && string.Equals(location.GetString(), region, StringComparison.OrdinalIgnoreCase);

    private static bool LivesElsewhere(JsonElement store) =>
        store.GetProperty("properties").TryGetProperty("regions", out var regions) && regions.ValueKind == JsonValueKind.Array && regions.GetArrayLength() > 1;

    private async Task AddUsersAsync(Touched touched, IReadOnlyList<JsonElement> rows, RadiusBuilder found, ActionContext context, CancellationToken cancellationToken)
    {
        foreach (var row in rows.Where(r => touched.IsUsedBy(r))) found.Add(row, touched.Name);
        foreach (var account in rows.Where(r => IsType(r, "microsoft.storage/storageaccounts"))) await AddScopesAsync(touched, account, found, context, cancellationToken).ConfigureAwait(false);
        foreach (var server in rows.Where(r => IsType(r, "microsoft.sql/servers"))) await AddServerAsync(touched, server, found, context, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<TimeSpan?> UndoableForAsync(string action, JsonElement with, ActionContext context, CancellationToken cancellationToken)
    {
        var arguments = new Arguments(with);
        switch (action)
        {
            case "keyvault.key.delete":
                var key = FaultReader.Require(await _reader.GetAsync(KeyCalls.Key(_site, arguments), context, cancellationToken).ConfigureAwait(false), "the key");
                return key.Json is { } read && KeyCalls.Attribute(read, "recoverableDays") is { ValueKind: JsonValueKind.Number } days
                    ? TimeSpan.FromDays(days.GetInt32())
                    : throw new FaultUnknownException("the key does not say for how long it can be recovered once it is deleted");
            case "keyvault.managed-hsm.delete":
                var hsm = FaultReader.Require(await _reader.GetAsync(_site.Arm(_site.HsmId(arguments.Text("name"))), context, cancellationToken).ConfigureAwait(false), "the HSM");
                return hsm.Json is { } body && body.TryGetProperty("properties", out var properties) && properties.TryGetProperty("softDeleteRetentionInDays", out var retention)
                    ? TimeSpan.FromDays(retention.GetInt32())
                    : throw new FaultUnknownException("the HSM does not say for how long it can be recovered once it is deleted");
            default:
                return null;
        }
    }

    private static bool IsType(JsonElement row, string type) => string.Equals(row.GetProperty("type").GetString(), type, StringComparison.OrdinalIgnoreCase);

    // A scope may have a key of its own, whatever the account's is; a container lies in a scope.
    private async Task AddScopesAsync(Touched touched, JsonElement account, RadiusBuilder found, ActionContext context, CancellationToken cancellationToken)
    {
        var id = account.GetProperty("id").GetString()!;
        if (touched is ResourceTouched && !touched.IsUsedBy(account)) return;
        var scopes = await _reader.ListAsync(_site.Arm($"{id}/encryptionScopes", StorageVersion), $"the encryption scopes of {id}", context, cancellationToken).ConfigureAwait(false);
        var lost = scopes.Where(s => touched is ResourceTouched ? HasKeyOfItsOwn(s) : touched.IsUsedBy(s)).Select(s => (Id: s.GetProperty("id").GetString()!, Name: s.GetProperty("name").GetString()!)).ToList();
        if (lost.Count == 0) return;
        foreach (var scope in lost) found.Add(scope.Id, "Microsoft.Storage/storageAccounts/encryptionScopes", touched.Name, account);
        foreach (var container in await _reader.ListAsync(_site.Arm($"{id}/blobServices/default/containers", StorageVersion), $"the containers of {id}", context, cancellationToken).ConfigureAwait(false))
        {
            if (!container.TryGetProperty("properties", out var properties) || !properties.TryGetProperty("defaultEncryptionScope", out var name)) continue;
            foreach (var scope in lost.Where(s => string.Equals(s.Name, name.GetString(), StringComparison.OrdinalIgnoreCase))) found.Add(container.GetProperty("id").GetString()!, "Microsoft.Storage/storageAccounts/blobServices/containers", scope.Id, account);
        }
    }

    // Whoever unwraps for the scopes of an account is the account.
    private static bool HasKeyOfItsOwn(JsonElement scope) =>
        scope.TryGetProperty("properties", out var properties) && properties.TryGetProperty("source", out var source) && string.Equals(source.GetString(), "Microsoft.KeyVault", StringComparison.OrdinalIgnoreCase);

    // The server's protector is no property of the server.
    private async Task AddServerAsync(Touched touched, JsonElement server, RadiusBuilder found, ActionContext context, CancellationToken cancellationToken)
    {
        // What a server's identity unwraps for it stands in the server's own properties.
        if (touched is ResourceTouched) return;
        var id = server.GetProperty("id").GetString()!;
        var protector = FaultReader.Require(await _reader.GetAsync(_site.Arm($"{id}/encryptionProtector/current", SqlVersion), context, cancellationToken).ConfigureAwait(false), $"the protector of {id}");
        if (protector.Json is { } json && touched.IsUsedBy(json)) found.Add(server, touched.Name);
    }
}
