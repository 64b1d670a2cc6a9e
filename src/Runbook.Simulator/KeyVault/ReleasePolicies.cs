using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Base64Url = Runbook.Simulator.Identity.Base64Url;

namespace Runbook.Simulator.KeyVault;

/// <summary>Release policies: reading them, and telling whether a token's claims meet one.</summary>
internal static class ReleasePolicies
{
    private const string DefaultContentType = "application/json; charset=utf-8";

    public static ReleasePolicyState? Read(Call call, KeyStore store, JsonElement? member, bool exportable)
    {
        if (member is not { } policy)
            return null;
        if (!exportable)
            return new ReleasePolicyState { ContentType = DefaultContentType, Policy = "{}", Immutable = false };
        if (!store.IsHsm && !store.Premium)
            throw KeyVaultService.BadParameter(call, "AKV.SKR.1001: Key release is available in premium vaults only.");
        if (!Base64Url.TryDecode(policy.Member("data").Text(), out var data))
            throw KeyVaultService.BadParameter(call, "Property release_policy.data must be base64url");
        JsonNode parsed;
        try
        {
            using var document = JsonDocument.Parse(data, new JsonDocumentOptions { MaxDepth = Limits.JsonDepth, AllowDuplicateProperties = false });
            Check(call, document.RootElement);
            parsed = Sorted(document.RootElement);
        }
        catch (JsonException)
        {
            throw KeyVaultService.BadParameter(call, "Property release_policy.data is not a JSON document");
        }
        return new ReleasePolicyState
        {
            ContentType = policy.Member("contentType").Text() ?? DefaultContentType,
            Policy = System.Text.Encoding.UTF8.GetString(Answer.Serialize(parsed)),
            Immutable = policy.Member("immutable").Flag() ?? false,
        };
    }

    /// <summary>Whether a token of that issuer with those claims meets the policy.</summary>
    public static bool IsMet(string policy, string issuer, JsonElement claims)
    {
        using var document = JsonDocument.Parse(policy);
        return document.RootElement.GetProperty("anyOf").EnumerateArray().Any(authority =>
            string.Equals(authority.GetProperty("authority").GetString()!.TrimEnd('/'), issuer.TrimEnd('/'), StringComparison.OrdinalIgnoreCase)
            && IsTrue(authority, claims));
    }

    /// <summary>The authorities that a policy trusts.</summary>
    public static IReadOnlyList<string> Authorities(string policy)
    {
        using var document = JsonDocument.Parse(policy);
        return [.. document.RootElement.GetProperty("anyOf").EnumerateArray().Select(authority => authority.GetProperty("authority").GetString()!)];
    }

    private static bool IsTrue(JsonElement condition, JsonElement claims)
    {
        if (condition.Member("allOf") is { } all)
            return all.EnumerateArray().All(inner => IsTrue(inner, claims));
        if (condition.Member("anyOf") is { } any)
            return any.EnumerateArray().Any(inner => IsTrue(inner, claims));
        var wanted = condition.Member("equals") ?? condition.GetProperty("value");
        JsonElement? claim = claims;
        foreach (var name in condition.GetProperty("claim").GetString()!.Split('.'))
            claim = claim is { } found ? found.Member(name) : null;
        return claim is { } given && Equal(given, wanted);
    }

    /// <summary>Compares leniently where one side is a boolean written as a word, as was seen in the service.</summary>
    private static bool Equal(JsonElement a, JsonElement b)
    {
        if (a.ValueKind == JsonValueKind.Number && b.ValueKind == JsonValueKind.Number)
            return a.GetDecimal() == b.GetDecimal();
        if (IsFlag(a) || IsFlag(b))
            return ((JsonElement?)a).Flag() is { } left && ((JsonElement?)b).Flag() is { } right && left == right;
        return a.ValueKind == JsonValueKind.String && b.ValueKind == JsonValueKind.String && a.GetString() == b.GetString();

        static bool IsFlag(JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False;
    }

    private static void Check(Call call, JsonElement policy)
    {
        if (policy.ValueKind != JsonValueKind.Object || policy.Member("version").Text() is null
            || policy.Member("anyOf") is not { ValueKind: JsonValueKind.Array } authorities || authorities.GetArrayLength() == 0
            || policy.EnumerateObject().Any(member => member.Name is not ("version" or "anyOf")))
            throw Bad(call, "a policy has the members \"version\" and \"anyOf\", and no others");
        foreach (var authority in authorities.EnumerateArray())
        {
            if (authority.Member("authority").Text() is not { } url || !Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != "https")
                throw Bad(call, "an authority is an https URL");
            var all = authority.Member("allOf");
            var any = authority.Member("anyOf");
            if ((all is null) == (any is null) || authority.EnumerateObject().Count() != 2)
                throw Bad(call, "an authority has either \"allOf\" or \"anyOf\" beside it");
            CheckConditions(call, (all ?? any)!.Value);
        }
    }

    private static void CheckConditions(Call call, JsonElement conditions)
    {
        if (conditions.ValueKind != JsonValueKind.Array || conditions.GetArrayLength() == 0)
            throw Bad(call, "conditions are a list that is not empty");
        foreach (var condition in conditions.EnumerateArray())
        {
            if ((condition.Member("allOf") ?? condition.Member("anyOf")) is { } inner)
            {
                CheckConditions(call, inner);
                continue;
            }
            var value = condition.Member("equals") ?? (condition.Member("condition").Text() == "equals" ? condition.Member("value") : null);
            if (condition.Member("claim").Text() is not { Length: > 0 } || value is not { ValueKind: JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False })
                throw Bad(call, "a condition has a \"claim\" and the operator \"equals\" with a string, number or boolean");
        }
    }

    private static RefusedException Bad(Call call, string why) => KeyVaultService.BadParameter(call, $"Property release_policy is not a valid policy: {why}");

    private static JsonNode Sorted(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                var sorted = new JsonObject();
                foreach (var member in json.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                    sorted[member.Name] = Sorted(member.Value);
                return sorted;
            case JsonValueKind.Array:
                var array = new JsonArray();
                foreach (var item in json.EnumerateArray())
                    array.Add(Sorted(item));
                return array;
            default:
                return json.ToNode()!;
        }
    }
}
