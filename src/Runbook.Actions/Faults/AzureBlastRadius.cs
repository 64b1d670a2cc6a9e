using System.Text.Json;
using Runbook.Engine.Actions;

namespace Runbook.Actions;

/// <summary>
/// Finds what depends on a key, on every key of an HSM, on a disk encryption set or on an identity: by Resource Graph, by what it does not hold
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
        | project id, type, tags, managedBy, identity, properties
        """;

    private readonly AzureSite _site;
    private readonly FaultReader _reader;

    /// <summary>For an environment.</summary>
    /// <param name="environment">Where, and as whom.</param>
    public AzureBlastRadius(AzureEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        _site = new AzureSite(environment.Cloud, environment.TenantId, environment.SubscriptionId, environment.ResourceGroup);
        _reader = new FaultReader(new AzureWire(environment));
    }

    /// <inheritdoc/>
    public async Task<BlastRadius> FindAsync(string action, JsonElement with, ActionContext context, CancellationToken cancellationToken)
    {
        var arguments = new Arguments(with);
        var touched = (Touched?)KeyTouched.Of(_site, action, arguments) ?? ResourceTouched.Of(_site, action, arguments) ?? throw new FaultUnknownException($"what depends on the effect of {action} can't be told by this version");
        var rows = await _reader.GraphAsync(_site.Cloud.ResourceManagerRoot, _site.SubscriptionId, Query, context, cancellationToken).ConfigureAwait(false);
        var found = new RadiusBuilder();
        foreach (var row in rows) found.Know(row);
        foreach (var row in rows.Where(r => touched.IsUsedBy(r))) found.Add(row, touched.Name);
        foreach (var account in rows.Where(r => IsType(r, "microsoft.storage/storageaccounts"))) await AddScopesAsync(touched, account, found, context, cancellationToken).ConfigureAwait(false);
        foreach (var server in rows.Where(r => IsType(r, "microsoft.sql/servers"))) await AddServerAsync(touched, server, found, context, cancellationToken).ConfigureAwait(false);
        found.Close();
        return new BlastRadius(found.Resources);
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
