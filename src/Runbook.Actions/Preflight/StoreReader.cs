using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Runbook.Actions;

/// <summary>Reads stores of keys: who may reach them, who has which of their own roles, and their keys.</summary>
internal sealed class StoreReader(PreflightReader reader, AzureSite site)
{
    private const string Assignments = "/providers/Microsoft.Authorization/roleAssignments";
    private const string Definitions = "/providers/Microsoft.Authorization/roleDefinitions";

    /// <summary>A store as Resource Manager tells of it.</summary>
    /// <param name="host">Its host.</param>
    /// <param name="rows">The stores that were found by the query.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<StoreFacts> FactsAsync(string host, ImmutableArray<JsonElement> rows, CancellationToken cancellationToken)
    {
        var isHsm = site.Cloud.IsManagedHsm(new Uri($"https://{host}"));
        var store = new StoreFacts { Host = host, IsHsm = isHsm };
        var row = rows.FirstOrDefault(r => JsonParts.Same(KeyNames.HostOf(r.Text("properties", isHsm ? "hsmUri" : "vaultUri") ?? ""), host));
        if (row.ValueKind == JsonValueKind.Undefined)
        {
            // The query lags behind what was just made.
            var reading = await reader.GetAsync(site.Arm(site.Id(isHsm ? "Microsoft.KeyVault/managedHSMs" : "Microsoft.KeyVault/vaults", store.Name), AzureSite.KeyVaultVersion), cancellationToken).ConfigureAwait(false);
            if (!reading.IsGood) return store with { Exists = reading.IsMissing ? false : null, RolesUnread = reading.IsMissing ? null : $"the store could not be read ({reading.WhyNot})" };
            row = reading.Body;
        }

        var properties = row.At("properties");
        return store with
        {
            Exists = true,
            ResourceId = row.Text("id"),
            Network = new NetworkRules(
                !JsonParts.Same(properties.Text("publicNetworkAccess"), "Disabled"),
                !JsonParts.Same(properties.Text("networkAcls", "defaultAction"), "Deny"),
                !JsonParts.Same(properties.Text("networkAcls", "bypass"), "None"),
                [.. properties.List("networkAcls", "ipRules").Select(r => r.Text("value")).OfType<string>()]),
            Policies = isHsm || properties.IsTrue("enableRbacAuthorization") ? null : [.. properties.List("accessPolicies").Select(p => (p.Text("objectId") ?? "", p.Texts("permissions", "keys")))],
        };
    }

    /// <summary>An HSM's own roles: at the scopes that matter, everybody's; and everywhere, those of the principals that matter.</summary>
    /// <param name="model">The world so far; the store is in it.</param>
    /// <param name="host">The HSM.</param>
    /// <param name="keys">Names of keys that matter.</param>
    /// <param name="principals">Object ids.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<PreflightModel> RolesAsync(PreflightModel model, string host, IEnumerable<string> keys, IEnumerable<string> principals, CancellationToken cancellationToken)
    {
        var store = model.Stores[host];
        var definitions = await GetAsync(host, Definitions, "", cancellationToken).ConfigureAwait(false);
        if (definitions.IsFirewall) return model with { Stores = model.Stores.SetItem(host, store with { CallerIsShutOut = true, RolesUnread = "its firewall does not let you in" }) };
        if (!definitions.IsGood) return Unread(model, store, definitions);
        var roles = model.Access.Roles.ToBuilder();
        foreach (var role in definitions.Items.Select(Rights.Of)) roles[(host, role.Id)] = role;
        model = model with { Access = model.Access with { Roles = roles.ToImmutable() } };
        foreach (var scope in (string[])["", "/keys", .. keys.Select(k => "/keys/" + k)])
        {
            var list = await GetAsync(host, scope + Assignments, "", cancellationToken).ConfigureAwait(false);
            if (!list.IsGood) return Unread(model, store, list);
            model = model with { Access = model.Access.With(list.Items.Select(a => RoleHolding.Of(a, host))) };
        }

        foreach (var principal in principals)
        {
            var list = await GetAsync(host, Assignments, $"$filter=principalId%20eq%20'{principal}'&", cancellationToken).ConfigureAwait(false);
            if (!list.IsGood) return Unread(model, store, list);
            model = model with { Access = model.Access.With(list.Items.Select(a => RoleHolding.Of(a, host))) };
        }

        return model;
    }

    /// <summary>A key, with its rotation and the versions that somebody depends on.</summary>
    public async Task<KeyFacts> KeyAsync(string id, IEnumerable<string> versions, CancellationToken cancellationToken)
    {
        var reading = await reader.GetAsync($"{id}?api-version={AzureSite.HsmVersion}", cancellationToken).ConfigureAwait(false);
        if (reading.Status == 404) return new KeyFacts { Id = id, Exists = false };
        if (!reading.IsGood) return new KeyFacts { Id = id, Unread = reading.WhyNot };
        var newest = VersionOf(id, reading.Body);
        var known = ImmutableSortedDictionary.CreateBuilder<string, KeyVersionFacts>(StringComparer.OrdinalIgnoreCase);
        foreach (var version in versions.Where(v => !JsonParts.Same(v, newest.Id)).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            var older = await reader.GetAsync($"{version}?api-version={AzureSite.HsmVersion}", cancellationToken).ConfigureAwait(false);
            if (older.Status == 404) known[version] = new KeyVersionFacts(version, Exists: false, Enabled: false, null, null);
            else if (older.IsGood) known[version] = VersionOf(version, older.Body);
        }

        var policy = await reader.GetAsync($"{id}/rotationpolicy?api-version={AzureSite.HsmVersion}", cancellationToken).ConfigureAwait(false);
        return new KeyFacts { Id = id, Newest = newest, Versions = known.ToImmutable(), NextRotation = policy.IsGood ? NextRotation(newest, policy.Body) : null };
    }

    private Task<Reading> GetAsync(string host, string path, string query, CancellationToken cancellationToken) =>
        reader.GetAsync($"https://{host}{path}?{query}api-version={AzureSite.HsmVersion}", cancellationToken);

    private static PreflightModel Unread(PreflightModel model, StoreFacts store, Reading reading) => model with
    {
        Stores = model.Stores.SetItem(store.Host, store with { RolesUnread = $"the roles of {store.Name} could not be read ({reading.WhyNot})" }),
    };

    private static KeyVersionFacts VersionOf(string id, JsonElement key) => new(
        key.Text("key", "kid") ?? id,
        Exists: true,
        key.At("attributes", "enabled").ValueKind != JsonValueKind.False,
        key.Seconds("attributes", "created"),
        key.Seconds("attributes", "exp"));

    private static DateTimeOffset? NextRotation(KeyVersionFacts newest, JsonElement policy)
    {
        foreach (var action in policy.List("lifetimeActions").Where(a => JsonParts.Same(a.Text("action", "type"), "Rotate")))
        {
            if (newest.Created is { } created && action.Text("trigger", "timeAfterCreate") is { } after && Later(created, after, 1) is { } byAge) return byAge;
            if (newest.Expires is { } expires && action.Text("trigger", "timeBeforeExpiry") is { } before && Later(expires, before, -1) is { } byExpiry) return byExpiry;
        }

        return null;
    }

    /// <summary>A moment moved by a duration in years, months, weeks and days (ISO 8601); <see langword="null"/> for any other text.</summary>
    public static DateTimeOffset? Later(DateTimeOffset from, string duration, int sign)
    {
        if (duration is not ['P', .. var rest]) return null;
        var number = "";
        foreach (var c in rest)
        {
            if (char.IsAsciiDigit(c))
            {
                number += c;
                continue;
            }

            if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > 36_500) return null;
            number = "";
            switch (c)
            {
                case 'Y': from = from.AddYears(Math.Min(count, 100) * sign); break;
                case 'M': from = from.AddMonths(Math.Min(count, 1200) * sign); break;
                case 'W': from = from.AddDays(Math.Min(count, 5000) * 7 * sign); break;
                case 'D': from = from.AddDays(count * sign); break;
                default: return null;
            }
        }

        return number.Length == 0 ? from : null;
    }
}
