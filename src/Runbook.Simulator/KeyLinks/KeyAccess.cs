using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.Identity;

namespace Runbook.Simulator.KeyLinks;

/// <summary>What a reading of a key tells its user.</summary>
internal sealed record KeyFacts
{
    /// <summary>With the version.</summary>
    public required KeyIdentifier Id { get; init; }

    /// <summary>As the store says: <c>RSA</c>, <c>RSA-HSM</c>, …</summary>
    public required string Type { get; init; }

    /// <summary>Size of the modulus; 0 for other types.</summary>
    public required int Bits { get; init; }

    public required bool Enabled { get; init; }

    public DateTimeOffset? Expires { get; init; }

    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Soft delete is on, and a deleted key can't be purged before its retention ends.</summary>
    public required bool IsPurgeProtected { get; init; }

    public bool IsRsa => Type is "RSA" or "RSA-HSM";
}

/// <summary>
/// A key as a service of Azure uses it: by calls to the store, with a managed identity, through the same permissions, firewalls,
/// faults and log as everybody's. Never to be used inside a transaction.
/// </summary>
internal sealed class KeyAccess(SimulatorCore core)
{
    private const string Version = "?api-version=7.4";
    private const string Algorithm = "RSA-OAEP-256";

    /// <summary>Reads a key; of a versionless id the newest version.</summary>
    /// <returns>What was in the way, or <see langword="null"/>.</returns>
    public KeyFault? TryRead(string principalId, KeyIdentifier key, DateTimeOffset now, out KeyFacts facts)
    {
        facts = null!;
        if (Send(principalId, "get", "GET", key, "", null, now, out var json) is { } fault)
            return fault;
        var attributes = json.Member("attributes");
        var id = json.At("key", "kid").Text();
        if (id is null || !KeyIdentifier.TryParse(id, out var versioned))
            throw new InvalidDataException($"The store named a key \"{id}\".");
        facts = new KeyFacts
        {
            Id = versioned with { Host = key.Host },
            Type = json.At("key", "kty").Text() ?? "",
            Bits = Base64Url.TryDecode(json.At("key", "n").Text(), out var modulus) ? modulus.Length * 8 : 0,
            Enabled = attributes.At("enabled").Flag() == true,
            Expires = Time(attributes.At("exp")),
            NotBefore = Time(attributes.At("nbf")),
            IsPurgeProtected = attributes.At("recoveryLevel").Text() is "Recoverable" or "CustomizedRecoverable" or "Recoverable+ProtectedSubscription" or "CustomizedRecoverable+ProtectedSubscription",
        };
        return null;
    }

    /// <summary>Wraps a data key with a version of a key.</summary>
    public KeyFault? TryWrap(string principalId, KeyIdentifier key, byte[] dataKey, DateTimeOffset now, out byte[] wrapped) =>
        TryApply(principalId, "wrapKey", key, dataKey, now, out wrapped);

    /// <summary>Unwraps a data key with the version of a key that it was wrapped with.</summary>
    public KeyFault? TryUnwrap(string principalId, KeyIdentifier key, byte[] wrapped, DateTimeOffset now, out byte[] dataKey) =>
        TryApply(principalId, "unwrapKey", key, wrapped, now, out dataKey);

    /// <summary>
    /// Judges a key before anything is bound to it: that it is there, enabled and in its time, of a kind that the service takes,
    /// and in a store that meets its demands; and that the identity may read it.
    /// </summary>
    /// <returns>What is in the way, or <see langword="null"/>; wrapping and unwrapping are not tried yet.</returns>
    public KeyFault? TryJudge(KeyLinkProfile profile, string principalId, KeyIdentifier key, DateTimeOffset now, out KeyFacts facts)
    {
        if (TryRead(principalId, key, now, out facts) is { } fault)
            return fault;
        return Unfit(profile, facts, now);
    }

    /// <summary>What keeps a key from being taken into use now.</summary>
    public static KeyFault? Unfit(KeyLinkProfile profile, KeyFacts facts, DateTimeOffset now)
    {
        if (!facts.Enabled)
            return Of(KeyTrouble.KeyDisabled, "The key is disabled.");
        if (facts.Expires <= now)
            return Of(KeyTrouble.KeyExpired, "The key is expired.");
        if (facts.NotBefore > now)
            return Of(KeyTrouble.KeyNotYetValid, "The key is not yet valid.");
        if (!facts.IsRsa || !profile.RsaBits.Contains(facts.Bits))
            return Of(KeyTrouble.WrongKind, $"The key is {facts.Type} {facts.Bits}; it must be RSA or RSA-HSM of {string.Join(", ", profile.RsaBits)} bits.");
        if (profile.NeedsPurgeProtection && !facts.IsPurgeProtected)
            return Of(KeyTrouble.NoPurgeProtection, "The store has no purge protection.");
        return null;

        KeyFault Of(KeyTrouble trouble, string text) => new() { Trouble = trouble, Use = "get", Key = facts.Id.ToString(), Text = text };
    }

    private KeyFault? TryApply(string principalId, string use, KeyIdentifier key, byte[] value, DateTimeOffset now, out byte[] result)
    {
        result = [];
        var body = Answer.Serialize(new JsonObject { ["alg"] = Algorithm, ["value"] = Base64Url.Encode(value) });
        if (Send(principalId, use, "POST", key, "/" + use.ToLowerInvariant(), body, now, out var json) is { } fault)
            return fault;
        return Base64Url.TryDecode(json.Member("value").Text(), out result)
            ? null
            : throw new InvalidDataException($"The store answered {use} without a value.");
    }

    private KeyFault? Send(string principalId, string use, string method, KeyIdentifier key, string verb, byte[]? body, DateTimeOffset now, out JsonElement json)
    {
        json = default;
        if (core.Estate.Current.FindPrincipal(principalId) is not { } principal)
            return Of(KeyTrouble.TokenRefused, null, "ManagedServiceIdentityNotFound", $"The directory has no principal {principalId}.");
        var answer = core.Inside.Send(InsideCalls.As(principal), method, key + verb + Version, body, now, ("Content-Type", "application/json"));
        if (answer is null)
            return core.ServiceFor(key.Host)?.Exists(key.Host) == true
                ? Of(KeyTrouble.Unreachable, null, null, $"{key.Host} does not answer.")
                : Of(KeyTrouble.StoreNotFound, null, null, $"There is no {key.Host}.");
        if (answer.Status >= 300)
            return Of(TroubleOf(answer), answer.Status, answer.ErrorCode, answer.ErrorText);
        using var document = JsonDocument.Parse(answer.Body);
        json = document.RootElement.Clone();
        return null;

        KeyFault Of(KeyTrouble trouble, int? status, string? code, string? text) =>
            new() { Trouble = trouble, Use = use, Key = key.ToString(), Status = status, Code = code, Text = text };
    }

    private static KeyTrouble TroubleOf(Answer answer) => (answer.Status, answer.ErrorCode) switch
    {
        (429, _) => KeyTrouble.Throttled,
        ( >= 500, _) => KeyTrouble.ServerError,
        (404, "KeyNotFound") => KeyTrouble.KeyNotFound,
        (404, _) => KeyTrouble.StoreNotFound,
        (403, "KeyDisabled") => KeyTrouble.KeyDisabled,
        (403, "KeyExpired") => KeyTrouble.KeyExpired,
        (403, "KeyNotYetValid") => KeyTrouble.KeyNotYetValid,
        (403, "KeyOperationForbidden") => KeyTrouble.OperationNotPermitted,
        (403, "ForbiddenByFirewall" or "ForbiddenByConnection") => KeyTrouble.NetworkDenied,
        (403, Assumptions.NotActivatedInner) => KeyTrouble.NotActivated,
        (401 or 403, _) => KeyTrouble.AccessDenied,
        (400, _) => KeyTrouble.DoesNotUnwrap,
        _ => KeyTrouble.ServerError,
    };

    private static DateTimeOffset? Time(JsonElement? seconds) =>
        seconds is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var unix) ? DateTimeOffset.FromUnixTimeSeconds(unix) : null;
}
