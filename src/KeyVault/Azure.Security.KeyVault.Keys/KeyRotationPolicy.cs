using System.Text.Json;

namespace Azure.Security.KeyVault.Keys;

/// <summary>When a key gets new versions.</summary>
public class KeyRotationPolicy
{
    /// <summary>A policy that does nothing yet.</summary>
    public KeyRotationPolicy()
    {
    }

    /// <summary>The policy's id.</summary>
    public Uri? Id { get; private init; }

    /// <summary>How long a new version lives, as an ISO 8601 duration.</summary>
    public string? ExpiresIn { get; set; }

    /// <summary>What happens in the life of a version.</summary>
    public IList<KeyRotationLifetimeAction> LifetimeActions { get; } = [];

    /// <summary>When the policy was made.</summary>
    public DateTimeOffset? CreatedOn { get; private init; }

    /// <summary>When the policy was changed last.</summary>
    public DateTimeOffset? UpdatedOn { get; private init; }

    internal static KeyRotationPolicy Read(JsonElement from)
    {
        // A key that never had a policy answers with nulls in the place of list and attributes.
        var attributes = from.Member("attributes");
        var policy = new KeyRotationPolicy
        {
            Id = from.Address("id"),
            ExpiresIn = attributes?.Text("expiryTime"),
            CreatedOn = attributes?.Time("created"),
            UpdatedOn = attributes?.Time("updated"),
        };
        foreach (var action in from.Items("lifetimeActions")) policy.LifetimeActions.Add(KeyRotationLifetimeAction.Read(action));
        return policy;
    }

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("lifetimeActions");
        foreach (var action in LifetimeActions) action.Write(writer);
        writer.WriteEndArray();
        writer.WriteStartObject("attributes");
        writer.WriteText("expiryTime", ExpiresIn);
        writer.WriteEndObject();
    }
}
