using System.Text.Json;

namespace Runbook.Actions;

/// <summary>
/// A resource that stands between others and their keys: a disk encryption set, or an identity that unwraps for them. A set is
/// itself among what suffers; an identity is not, since nothing is read through it.
/// </summary>
/// <param name="Id">Its resource id.</param>
/// <param name="Suffers">Whether it counts itself.</param>
internal sealed record ResourceTouched(string Id, bool Suffers) : Touched(Id)
{
    private const int DepthMax = 32;

    /// <summary>What an action touches; <see langword="null"/> where that is neither a set nor an identity.</summary>
    public static ResourceTouched? Of(AzureSite site, string action, Arguments with)
    {
        if ((with.TextOrNull("id") ?? with.TextOrNull("name")) is not { } named) return null;
        if (action.StartsWith("compute.disk-encryption-set.", StringComparison.Ordinal)) return new ResourceTouched(site.Id("Microsoft.Compute/diskEncryptionSets", named), Suffers: true);
        if (action.StartsWith("identity.user-assigned.", StringComparison.Ordinal)) return new ResourceTouched(site.Id("Microsoft.ManagedIdentity/userAssignedIdentities", named), Suffers: false);
        return null;
    }

    /// <inheritdoc/>
    public override bool IsUsedBy(JsonElement resource) =>
        (Suffers && resource.TryGetProperty("id", out var id) && Is(id.GetString()))
        || (resource.TryGetProperty("properties", out var properties) && Names(properties, 0))
        || (resource.TryGetProperty("identity", out var identity) && Names(identity, 0));

    // Resources name their identities as the names of members, and everything else as values.
    private bool Names(JsonElement value, int depth)
    {
        if (depth > DepthMax) return false;
        return value.ValueKind switch
        {
            JsonValueKind.String => Is(value.GetString()),
            JsonValueKind.Array => value.EnumerateArray().Any(item => Names(item, depth + 1)),
            JsonValueKind.Object => value.EnumerateObject().Any(member => Is(member.Name) || Names(member.Value, depth + 1)),
            _ => false,
        };
    }

    private bool Is(string? text) => string.Equals(text?.TrimEnd('/'), Id, StringComparison.OrdinalIgnoreCase);
}
