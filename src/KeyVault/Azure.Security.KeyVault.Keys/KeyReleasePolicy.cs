using System.Text.Json;

namespace Azure.Security.KeyVault.Keys;

/// <summary>Under which conditions a key may be released.</summary>
public class KeyReleasePolicy
{
    /// <summary>A policy, in the service's own JSON.</summary>
    public KeyReleasePolicy(BinaryData encodedPolicy) => EncodedPolicy = Argument.NotNull(encodedPolicy);

    /// <summary>Media type of the policy.</summary>
    public string? ContentType { get; set; }

    /// <summary>The policy's JSON; the service may spell it anew.</summary>
    public BinaryData EncodedPolicy { get; }

    /// <summary>Whether the policy can never be changed again.</summary>
    public bool? Immutable { get; set; }

    internal static KeyReleasePolicy Read(JsonElement from) => new(BinaryData.FromBytes(from.Bytes("data") ?? []))
    {
        ContentType = from.Text("contentType"),
        Immutable = from.Flag("immutable"),
    };

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("release_policy");
        writer.WriteText("contentType", ContentType);
        writer.WriteBytes("data", EncodedPolicy);
        writer.WriteFlag("immutable", Immutable);
        writer.WriteEndObject();
    }
}
