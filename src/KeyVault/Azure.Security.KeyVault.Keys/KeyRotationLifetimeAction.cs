using System.Text.Json;

namespace Azure.Security.KeyVault.Keys;

/// <summary>Something that happens in the life of a key's version.</summary>
public class KeyRotationLifetimeAction
{
    /// <summary>An action whose time is still to be set.</summary>
    public KeyRotationLifetimeAction(KeyRotationPolicyAction action) => Action = action;

    /// <summary>What happens.</summary>
    public KeyRotationPolicyAction Action { get; }

    /// <summary>How long after its making, as an ISO 8601 duration.</summary>
    public string? TimeAfterCreate { get; set; }

    /// <summary>How long before its expiry, as an ISO 8601 duration.</summary>
    public string? TimeBeforeExpiry { get; set; }

    internal static KeyRotationLifetimeAction Read(JsonElement from)
    {
        var trigger = from.Member("trigger");
        return new KeyRotationLifetimeAction(new KeyRotationPolicyAction(from.Member("action")?.Text("type") ?? ""))
        {
            TimeAfterCreate = trigger?.Text("timeAfterCreate"),
            TimeBeforeExpiry = trigger?.Text("timeBeforeExpiry"),
        };
    }

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("trigger");
        writer.WriteText("timeAfterCreate", TimeAfterCreate);
        writer.WriteText("timeBeforeExpiry", TimeBeforeExpiry);
        writer.WriteEndObject();
        writer.WriteStartObject("action");
        writer.WriteString("type", Action.ToString());
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
