using System.Text.Json;
using Runbook.Simulator.Http;

namespace Runbook.Simulator.KeyVault;

/// <summary>What a request wants a key version to be: attributes, operations, tags and release policy, checked.</summary>
internal sealed record KeyDraft
{
    private static readonly string[] RsaOperations = ["wrapKey", "decrypt", "encrypt", "unwrapKey", "sign", "verify"];
    private static readonly string[] EcOperations = ["sign", "verify"];

    public required IReadOnlyList<string> Operations { get; init; }

    public required bool Enabled { get; init; }

    public long? NotBefore { get; init; }

    public long? Expires { get; init; }

    public required bool Exportable { get; init; }

    public SortedDictionary<string, string>? Tags { get; init; }

    public ReleasePolicyState? Release { get; init; }

    /// <summary>Reads the members that creating and importing have in common.</summary>
    public static KeyDraft Read(Call call, KeyStore store, JsonElement body, string baseType, IReadOnlyList<string>? operations, KeyVersion? before)
    {
        var attributes = body.Member("attributes");
        var exportable = attributes.At("exportable").Flag() ?? false;
        var release = ReleasePolicies.Read(call, store, body.Member("release_policy"), exportable);
        if (exportable && release is null && before?.Release is null)
            throw KeyVaultService.BadParameter(call, store.IsHsm ? "Exportable keys must have release policy" : "AKV.SKR.1004: Exportable keys must have release policy.");
        if (!exportable && release is not null)
            throw KeyVaultService.BadParameter(call, store.IsHsm ? "Non-exportable keys must not have release policy" : "AKV.SKR.1005: Non-exportable keys must not have release policy.");
        var notBefore = Time(call, attributes, "nbf");
        var expires = Time(call, attributes, "exp");
        RequireOrder(call, notBefore, expires);
        return new KeyDraft
        {
            Operations = operations is { Count: > 0 } ? CheckOperations(call, operations, baseType) : DefaultOperations(baseType),
            Enabled = attributes.At("enabled").Flag() ?? true,
            NotBefore = notBefore,
            Expires = expires,
            Exportable = exportable,
            Tags = ReadTags(call, body),
            Release = release ?? before?.Release,
        };
    }

    public static void RequireOrder(Call call, long? notBefore, long? expires)
    {
        if (notBefore is { } from && expires is { } until && from >= until)
            throw KeyVaultService.BadParameter(call, "Property nbf must be earlier than property exp");
    }

    public static SortedDictionary<string, string>? ReadTags(Call call, JsonElement body)
    {
        if (body.Member("tags") is not { } member)
            return null;
        var tags = ((JsonElement?)member).Tags() ?? throw KeyVaultService.BadParameter(call, "Property tags must be an object");
        if (tags.Count > Limits.TagsPerKey || tags.Any(tag => tag.Key.Length > 256 || tag.Value.Length > 256))
            throw KeyVaultService.BadParameter(call, "Property tags may hold 15 tags, with names and values of at most 256 characters");
        return tags;
    }

    public static long? Time(Call call, JsonElement? attributes, string name)
    {
        if (attributes.At(name) is not { } value)
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds) && seconds is >= 0 and <= 253402300799
            ? seconds
            : throw KeyVaultService.BadParameter(call, $"Property {name} must be a Unix time in seconds");
    }

    public static IReadOnlyList<string> DefaultOperations(string baseType) => baseType switch
    {
        "RSA" => RsaOperations,
        "EC" => EcOperations,
        _ => Assumptions.DefaultOctOperations,
    };

    public static IReadOnlyList<string> CheckOperations(Call call, IReadOnlyList<string> operations, string baseType)
    {
        var allowed = baseType switch
        {
            "RSA" => [.. RsaOperations, "import"],
            "EC" => EcOperations,
            _ => (IReadOnlyList<string>)[.. Assumptions.DefaultOctOperations, "sign", "verify"],
        };
        var distinct = operations.Distinct(StringComparer.Ordinal).ToList();
        foreach (var operation in distinct)
            if (!allowed.Contains(operation, StringComparer.Ordinal) && !(operation == "export" && baseType != "oct"))
                throw KeyVaultService.BadParameter(call, $"Property key_ops has an operation '{operation}' that a key of this type does not have");
        if (distinct.Contains("import") && distinct.Count > 1)
            throw KeyVaultService.BadParameter(call, "Property key_ops: the operation 'import' must be the only one");
        return distinct;
    }

    public KeyVersion ToVersion(KeyStore store, string name, string version, int number, string type, KeyMaterial material, DateTimeOffset now) => new()
    {
        Store = store.Key,
        Name = name,
        Version = version,
        Number = number,
        Type = type,
        Bits = material.Bits,
        Curve = material.Curve,
        Operations = Operations,
        Enabled = Enabled,
        NotBefore = NotBefore,
        Expires = Expires,
        Created = now.ToUnixTimeSeconds(),
        Updated = now.ToUnixTimeSeconds(),
        Exportable = Exportable,
        Tags = Tags,
        Release = Release,
        N = material.N,
        E = material.E,
        X = material.X,
        Y = material.Y,
        Material = material.Secret,
    };
}
