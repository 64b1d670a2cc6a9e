using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Base64Url = Runbook.Simulator.Identity.Base64Url;

namespace Runbook.Simulator.KeyVault;

/// <summary>How keys look on the wire; members in alphabetical order.</summary>
internal static class KeyVaultJson
{
    public static string KeyUrl(Call call, string name) => $"https://{call.Request.Authority}/keys/{name}";

    public static string VersionUrl(Call call, KeyVersion version) => $"{KeyUrl(call, version.Name)}/{version.Version}";

    public static JsonObject Bundle(Call call, KeyStore store, KeyVersion version)
    {
        var json = new JsonObject
        {
            ["attributes"] = Attributes(call, store, version),
            ["key"] = PublicKey(call, version),
        };
        if (version.Release is { } release)
            json["release_policy"] = ReleasePolicy(release);
        if (version.Tags is { Count: > 0 } tags)
            json["tags"] = Tags(tags);
        return json;
    }

    public static JsonObject DeletedBundle(Call call, KeyStore store, KeyObject key, KeyVersion latest)
    {
        var json = Bundle(call, store, latest);
        AddDeletion(json, call, key);
        return json;
    }

    /// <summary>An item of a list: of keys without a version in its id, of versions with one.</summary>
    public static JsonObject Item(Call call, KeyStore store, KeyVersion version, bool withVersion)
    {
        var json = new JsonObject
        {
            ["attributes"] = Attributes(call, store, version),
            ["kid"] = withVersion ? VersionUrl(call, version) : KeyUrl(call, version.Name),
        };
        if (version.Tags is { Count: > 0 } tags)
            json["tags"] = Tags(tags);
        return json;
    }

    public static JsonObject DeletedItem(Call call, KeyStore store, KeyObject key, KeyVersion latest)
    {
        var json = Item(call, store, latest, withVersion: false);
        AddDeletion(json, call, key);
        return json;
    }

    private static void AddDeletion(JsonObject json, Call call, KeyObject key)
    {
        json["deletedDate"] = key.Deleted!.Value.ToUnixTimeSeconds();
        json["recoveryId"] = $"https://{call.Request.Authority}/deletedkeys/{key.Name}";
        json["scheduledPurgeDate"] = key.PurgeAt!.Value.ToUnixTimeSeconds();
    }

    public static JsonObject Attributes(Call call, KeyStore store, KeyVersion version)
    {
        var json = new JsonObject { ["created"] = version.Created, ["enabled"] = version.Enabled };
        if (version.Expires is { } expires)
            json["exp"] = expires;
        json["exportable"] = version.Exportable;
        if (!store.IsHsm)
            json["hsmPlatform"] = version.Type.EndsWith("-HSM", StringComparison.Ordinal) ? "2" : "0";
        if (version.BaseType == "oct" && KeyVaultService.AtLeast(call, "2026-01-01-preview"))
            json["key_size"] = version.Bits;
        if (version.NotBefore is { } notBefore)
            json["nbf"] = notBefore;
        json["recoverableDays"] = store.RetentionDays;
        json["recoveryLevel"] = RecoveryLevel(store);
        json["updated"] = version.Updated;
        return json;
    }

    /// <summary>The attributes as the control plane shows them.</summary>
    public static JsonObject ResourceAttributes(KeyStore store, KeyVersion version)
    {
        var json = new JsonObject { ["enabled"] = version.Enabled };
        if (version.NotBefore is { } notBefore)
            json["nbf"] = notBefore;
        if (version.Expires is { } expires)
            json["exp"] = expires;
        json["created"] = version.Created;
        json["updated"] = version.Updated;
        json["recoveryLevel"] = RecoveryLevel(store);
        json["exportable"] = version.Exportable;
        return json;
    }

    public static JsonObject PublicKey(Call call, KeyVersion version)
    {
        var operations = new JsonArray();
        foreach (var operation in version.Operations)
            operations.Add((JsonNode)operation);
        var json = new JsonObject();
        if (version.Curve is not null)
            json["crv"] = version.Curve;
        if (version.E is not null)
            json["e"] = version.E;
        json["key_ops"] = operations;
        json["kid"] = VersionUrl(call, version);
        json["kty"] = version.Type;
        if (version.N is not null)
            json["n"] = version.N;
        if (version.X is not null)
            json["x"] = version.X;
        if (version.Y is not null)
            json["y"] = version.Y;
        return json;
    }

    public static JsonObject ReleasePolicy(ReleasePolicyState release) => new()
    {
        ["contentType"] = release.ContentType,
        ["data"] = Base64Url.Encode(System.Text.Encoding.UTF8.GetBytes(release.Policy)),
        ["immutable"] = release.Immutable,
    };

    private static JsonObject Tags(SortedDictionary<string, string> tags)
    {
        var json = new JsonObject();
        foreach (var (name, value) in tags)
            json[name] = value;
        return json;
    }

    private static string RecoveryLevel(KeyStore store) => (store.RetentionDays, store.PurgeProtection) switch
    {
        (90, false) => "Recoverable+Purgeable",
        (90, true) => "Recoverable",
        (_, false) => "CustomizedRecoverable+Purgeable",
        _ => "CustomizedRecoverable",
    };
}
