using System.Text.Json;
using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Storage;

/// <summary>Encryption scopes on the control plane: parts of an account with keys of their own. They can be disabled, never deleted.</summary>
internal sealed partial class EncryptionScopes
{
    public const string Type = "Microsoft.Storage/storageAccounts/encryptionScopes";

    private const string Path = StorageAccounts.Path + "/encryptionScopes/{scopeName}";
    private const int PageSize = 5000;

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;
    private readonly StorageAccounts _accounts;
    private readonly StorageKeys _keys;

    public EncryptionScopes(SimulatorCore core, ArmService arm, StorageAccounts accounts, StorageKeys keys)
    {
        _core = core;
        _arm = arm;
        _accounts = accounts;
        _keys = keys;
        arm.Plug(
        [
            ResourceKind.Op("Create or update encryption scope", "PUT", Path, Type + "/write", Write),
            ResourceKind.Op("Update encryption scope", "PATCH", Path, Type + "/write", Write),
            ResourceKind.Op("Get encryption scope", "GET", Path, Type + "/read", Get),
            ResourceKind.Op("List encryption scopes", "GET", StorageAccounts.Path + "/encryptionScopes", Type + "/read", List),
        ]);
    }

    private static string NameOf(Call call) => call.Value("scopeName").ToLowerInvariant();

    private RefusedException NotFound(Call call) => _arm.Refuse(call, 404, "EncryptionScopeNotFound", $"The specified encryption scope '{call.Value("scopeName")}' does not exist.");

    private Answer Write(Call call)
    {
        var body = call.Json();
        var properties = body.Loose("properties");
        var name = NameOf(call);
        if (!Name().IsMatch(name))
            throw _arm.Refuse(call, 400, "InvalidEncryptionScopeName", $"'{call.Value("scopeName")}' is not a valid encryption scope name: 3 to 63 lower-case letters, digits and hyphens, beginning and ending with a letter or digit.");
        var view = call.Read();
        var (account, known) = _accounts.Need(view, call);
        _accounts.Kind.RequireRegionUp(call, known.Location);
        var before = view.Find(Tables.EncryptionScopes, EncryptionScope.KeyOf(known.Name, name));
        if (before is null && call.Request.Method == "PATCH")
            throw NotFound(call);
        var infrastructure = properties.At("requireInfrastructureEncryption").Flag();
        if (before is not null && infrastructure is { } asked && asked != (before.AskedInfrastructure ?? before.Infrastructure))
            throw _arm.Refuse(call, 400, StorageAssumptions.ImmutablePropertyCode, "The value of property 'requireInfrastructureEncryption' cannot be changed after the encryption scope was created.");
        var state = properties.At("state").Text() ?? (before?.Enabled == false ? "Disabled" : "Enabled");
        if (!state.Equals("Enabled", StringComparison.OrdinalIgnoreCase) && !state.Equals("Disabled", StringComparison.OrdinalIgnoreCase))
            throw _arm.Refuse(call, 400, "InvalidValuesForRequestParameters", $"Values for request parameters are invalid: state '{state}'.");
        var setsKey = properties.At("source") is not null || properties.At("keyVaultProperties") is not null || before is null;
        var key = setsKey ? KeyOf(call, properties, before) : null;
        var (link, platform) = setsKey ? Bind(call, view, known, account, name, before, key) : default;
        return call.Write(tx =>
        {
            var (_, current) = _accounts.Need(tx, call);
            var scope = tx.Find(Tables.EncryptionScopes, EncryptionScope.KeyOf(current.Name, name));
            var second = current.Infrastructure == true || infrastructure == true;
            var changed = (scope ?? new EncryptionScope
            {
                Account = current.Name,
                Name = name,
                Enabled = true,
                Infrastructure = second,
                AskedInfrastructure = infrastructure,
                InfrastructureKey = second ? PlatformKeys.Make(tx) : null,
                Created = tx.Now,
                Changed = tx.Now,
            }) with
            { Enabled = state.Equals("Enabled", StringComparison.OrdinalIgnoreCase), Changed = tx.Now };
            if (setsKey)
                changed = Keep(tx, current, changed, key, link, platform);
            tx.Put(Tables.EncryptionScopes, changed.Key, changed);
            var id = StorageShape.ScopeId(current, changed.Name);
            var resource = tx.Find(Tables.Resources, ArmId.Key(id)) ?? new Resource
            {
                Id = id,
                Name = changed.Name,
                Type = Type,
                Properties = default,
                Created = tx.Now,
                Changed = tx.Now,
                CreatedBy = call.Caller.ObjectId,
            };
            var shown = StorageShape.PutScope(tx, resource with { Changed = tx.Now, ChangedBy = call.Caller.ObjectId }, current, changed);
            return Answer.Json(scope is null ? 201 : 200, Shapes.Resource(tx, shown));
        });
    }

    private EncryptionScope Keep(EstateTransaction tx, StorageAccount account, EncryptionScope scope, KeyIdentifier? key, KeyLink? link, byte[]? platform)
    {
        if (link is not null)
        {
            _core.KeyLinks.Put(tx, link);
            return scope with { KeyUrl = key!.ToString(), DataKey = null };
        }
        _core.KeyLinks.Remove(tx, StorageKeys.LinkOf(account, scope.Name));
        return scope with { KeyUrl = null, DataKey = platform is not null ? PlatformKeys.Wrap(tx, platform) : scope.DataKey ?? PlatformKeys.Make(tx) };
    }

    private KeyIdentifier? KeyOf(Call call, JsonElement? properties, EncryptionScope? before)
    {
        var source = properties.At("source").Text() ?? (before?.KeyUrl is null && properties.At("keyVaultProperties") is null ? "Microsoft.Storage" : "Microsoft.KeyVault");
        if (source.Equals("Microsoft.Storage", StringComparison.OrdinalIgnoreCase))
            return null;
        if (!source.Equals("Microsoft.KeyVault", StringComparison.OrdinalIgnoreCase))
            throw _arm.Refuse(call, 400, "InvalidValuesForRequestParameters", $"Values for request parameters are invalid: source '{source}'.");
        var url = properties.At("keyVaultProperties", "keyUri").Text() ?? before?.KeyUrl;
        return KeyIdentifier.TryParse(url, out var key)
            ? key
            : throw _arm.Refuse(call, 400, "InvalidValuesForRequestParameters", $"Values for request parameters are invalid: keyVaultProperties.keyUri '{url}' is no key of a key vault or managed HSM.");
    }

    /// <summary>The scope's data key goes under the wanted key, whichever kept it so far. Validates at once.</summary>
    private (KeyLink? Link, byte[]? Platform) Bind(Call call, EstateView view, StorageAccount account, Resource resource, string name, EncryptionScope? before, KeyIdentifier? key)
    {
        byte[]? dataKey = null;
        if (before is not null)
        {
            if (_keys.TryDataKey(view, before.DataKey, StorageKeys.LinkOf(account, name), call.Now, out var known) is { } locked)
                throw StorageKeys.Refuse(_arm, call, locked);
            dataKey = known;
        }
        if (key is null)
            return (null, dataKey);
        var identity = account.KeyIdentity ?? (resource.Identity?.PrincipalId is null ? resource.Identity?.UserAssigned is [var first, ..] ? first : null : null);
        var principal = identity is null ? resource.Identity?.PrincipalId : Shapes.PrincipalOf(view, identity)?.ObjectId;
        if (principal is null)
            throw _arm.Refuse(call, 400, "CustomerManagedKeyPrerequisitesNotMet", StorageAssumptions.PrerequisitesText + " (The account has no identity that reaches keys.)");
        return (_keys.Bind(_arm, call, StorageKeys.LinkOf(account, name), account.ResourceId, account.Location, key, principal, identity, dataKey), null);
    }

    private Answer Get(Call call)
    {
        var view = call.Read();
        var (_, account) = _accounts.Need(view, call);
        var resource = view.Find(Tables.Resources, ArmId.Key(StorageShape.ScopeId(account, NameOf(call)))) ?? throw NotFound(call);
        return Answer.Json(200, Shapes.Resource(view, resource));
    }

    private Answer List(Call call)
    {
        var view = call.Read();
        var (_, account) = _accounts.Need(view, call);
        var include = call.Parameter("$include") ?? "All";
        var starts = StartsWith().Match(call.Parameter("$filter") ?? "") is { Success: true } match ? match.Groups["prefix"].Value : "";
        var size = int.TryParse(call.Parameter("$maxpagesize"), out var wanted) && wanted is > 0 and < PageSize ? wanted : PageSize;
        var prefix = ArmId.Key(account.ResourceId) + "/encryptionscopes/";
        var found = view.Scan(Tables.Resources, prefix + starts, call.Parameter("$skiptoken"))
            .Where(pair => include.Equals("All", StringComparison.OrdinalIgnoreCase) || string.Equals(pair.Value.Properties.Member("state").Text(), include, StringComparison.OrdinalIgnoreCase))
            .Take(size + 1)
            .ToList();
        var list = Shapes.List(found.Take(size).Select(pair => Shapes.Resource(view, pair.Value)));
        if (found.Count > size)
            list["nextLink"] = GenericResources.NextLink(call, found[size - 1].Key);
        return Answer.Json(200, list);
    }

    [GeneratedRegex("^[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex(@"^startswith\(name,\s*'?(?<prefix>[a-z0-9-]*)'?\)$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex StartsWith();
}
