using System.Text.Json;

namespace Azure.Security.KeyVault.Keys;

/// <summary>A released key.</summary>
public class ReleaseKeyResult
{
    private ReleaseKeyResult(string value) => Value = value;

    /// <summary>A signed object that holds the key, wrapped.</summary>
    public string Value { get; }

    internal static ReleaseKeyResult Read(JsonElement from) => new(from.Text("value") ?? throw new JsonException("The answer has no value."));
}
