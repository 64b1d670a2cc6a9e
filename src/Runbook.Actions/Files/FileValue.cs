using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runbook.Actions;

/// <summary>
/// A file as runbooks hold it: <c>{digest, bytes, name}</c> for one that a person handed in, or a path, relative to the
/// session's folder.
/// </summary>
internal static class FileValue
{
    /// <summary>The file as it stands in results.</summary>
    public static JsonObject Of(string name, ReadOnlySpan<byte> bytes) => Of(name, Hashes.Sha256(bytes), bytes.Length);

    /// <summary>The file as it stands in results.</summary>
    public static JsonObject Of(string name, string digest, long bytes) => new()
    {
        ["digest"] = digest,
        ["bytes"] = bytes,
        ["name"] = name,
    };

    /// <summary>What to call a file in a sentence.</summary>
    public static string NameOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Object when value.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String => name.GetString()!,
        _ => value.GetRawText(),
    };

    /// <summary>What to call the file of an argument; <see langword="null"/> when there is none.</summary>
    public static string? NameOf(Arguments with, string member) => with.All.TryGetProperty(member, out var value) ? NameOf(value) : null;

    /// <summary>What names a file's content for good: its digest where that is known, else its path.</summary>
    public static string ReferenceOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("digest", out var digest) && digest.ValueKind == JsonValueKind.String ? digest.GetString()! : NameOf(value);
}
