using System.Text.Json;

namespace Runbook.Actions;

/// <summary>
/// What an action touches, as other resources name it: a key in all its versions, or everything in an HSM. That a version is
/// disabled counts for the whole key: who follows a key's rotation names no version.
/// </summary>
/// <param name="Name">For people: the key's id without version, or the HSM's address.</param>
/// <param name="Host">The HSM's host.</param>
/// <param name="Key">The key's name; <see langword="null"/> for all keys.</param>
internal sealed record KeyTouched(string Name, string Host, string? Key) : Touched(Name)
{
    private const int DepthMax = 32;

    /// <summary>What an action touches; <see langword="null"/> where that is neither a key nor an HSM.</summary>
    public static KeyTouched? Of(AzureSite site, string action, Arguments with)
    {
        if (with.TextOrNull("id") is { } id && id.Contains("/keys/", StringComparison.Ordinal)) return OfKey(id);
        if (action.StartsWith("keyvault.key.", StringComparison.Ordinal) && with.Has("hsm") && with.Has("name")) return OfKey($"{site.HsmHost(with.Text("hsm"))}/keys/{with.Text("name")}");
        var hsm = with.TextOrNull("hsm") ?? (action.StartsWith("keyvault.managed-hsm.", StringComparison.Ordinal) ? with.TextOrNull("name") : null);
        if (hsm is null || !(action.StartsWith("keyvault.", StringComparison.Ordinal) || action.StartsWith("embedded.", StringComparison.Ordinal))) return null;
        var host = site.HsmHost(hsm);

        // A role at one key is that key's affair; at any other scope it may be everybody's.
        return with.TextOrNull("scope") is { } scope && scope.StartsWith("/keys/", StringComparison.Ordinal) && scope.Length > "/keys/".Length
            ? OfKey(host + scope)
            : new KeyTouched(host, new Uri(host).Host, null);
    }

    /// <summary>Whether a resource names it, wherever in its properties.</summary>
    public override bool IsUsedBy(JsonElement resource) => resource.TryGetProperty("properties", out var properties) && Names(properties, 0);

    private static KeyTouched OfKey(string id)
    {
        var address = new Uri(id);
        var key = address.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries)[1];
        return new KeyTouched($"https://{address.Host}/keys/{key}", address.Host, key);
    }

    private bool Names(JsonElement value, int depth)
    {
        if (depth > DepthMax) return false;
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                return IsIt(value.GetString()!);
            case JsonValueKind.Array:
                return value.EnumerateArray().Any(item => Names(item, depth + 1));
            case JsonValueKind.Object:
                return IsPair(value) || value.EnumerateObject().Any(member => Names(member.Value, depth + 1));
            default:
                return false;
        }
    }

    private bool IsIt(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || !string.Equals(address.Host, Host, StringComparison.OrdinalIgnoreCase)) return false;
        var parts = address.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts is not ["keys", var key, ..]) return false;
        return Key is null || string.Equals(key, Key, StringComparison.OrdinalIgnoreCase);
    }

    // Storage names its key in parts.
    private bool IsPair(JsonElement value)
    {
        var (uri, name) = (Text(value, "keyvaulturi"), Text(value, "keyname"));
        return uri is not null && name is not null && Uri.TryCreate(uri, UriKind.Absolute, out var address)
            && string.Equals(address.Host, Host, StringComparison.OrdinalIgnoreCase)
            && (Key is null || string.Equals(name, Key, StringComparison.OrdinalIgnoreCase));
    }

    private static string? Text(JsonElement value, string name)
    {
        foreach (var member in value.EnumerateObject())
        {
            if (member.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && member.Value.ValueKind == JsonValueKind.String) return member.Value.GetString();
        }

        return null;
    }
}
