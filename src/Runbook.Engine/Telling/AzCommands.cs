using System.Text;
using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Engine;

/// <summary>
/// Fills in the <c>az</c> command of an action, so that it can be pasted into a shell: every value is one word to it, or as
/// many words as a list has items.
/// </summary>
/// <remarks>
/// <c>{member}</c> is an argument of the action; <c>{member:name}</c> is the last piece of one that may be a resource id, and
/// <c>{member:kind}</c> the kind of a key without saying that it lies in an HSM. A list
/// is its items, an object <c>name=value</c> for each member, a file its name. Of the call itself: <c>{method}</c>, <c>{url}</c>,
/// <c>{resource}</c> (whom the token is for, outside of Resource Manager), <c>{body}</c>, <c>{resourceGroup}</c> and <c>{subscription}</c>. An option whose value is an argument that is not there is left
/// out; any other place that nothing is known for stays as it is.
/// </remarks>
public static class AzCommands
{
    private const string Name = ":name";
    private const string Kind = ":kind";

    /// <summary>The command, filled in; <see langword="null"/> where the action has none, or the call needs none.</summary>
    /// <param name="descriptor">The action.</param>
    /// <param name="with">Its arguments.</param>
    /// <param name="call">The call that it stands for.</param>
    public static string? Fill(ActionDescriptor descriptor, JsonElement with, PlannedCall call)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        ArgumentNullException.ThrowIfNull(call);
        // What is done on this computer is not what the command does: leaving what stood before, above all.
        if (descriptor.AzCommand is not { } template || call.Method == PlannedCall.Local) return null;
        // A reading before the effect is not what the command does.
        if (call.Effect != descriptor.Effect && !template.Contains("{method}", StringComparison.Ordinal)) return null;
        var filled = new List<string>();
        foreach (var word in template.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (WordsFor(word, descriptor, with, call) is { } words) filled.AddRange(words);
            else if (filled[^1].StartsWith('-')) filled.RemoveAt(filled.Count - 1);
        }

        return string.Join(' ', filled);
    }

    // Null: there is nothing to say, and the option in front goes as well.
    private static IEnumerable<string>? WordsFor(string word, ActionDescriptor descriptor, JsonElement with, PlannedCall call)
    {
        if (word.Length > 2 && word[0] == '{' && word[^1] == '}')
        {
            var place = word[1..^1];
            return OfCall(place, call) is { } known ? known.Select(Word) : IsKnown(place, descriptor) ? ValueOf(place, with)?.Select(Word) : [word];
        }

        return word.Contains('{', StringComparison.Ordinal) ? [Word(FillInside(word, with, call))] : [word];
    }

    private static bool IsKnown(string place, ActionDescriptor descriptor) =>
        place is "body" or "resource" || descriptor.With.Members.Any(m => m.Name == MemberOf(place));

    private static string FillInside(string word, JsonElement with, PlannedCall call)
    {
        var text = new StringBuilder();
        var rest = word.AsSpan();
        while (rest.IndexOf('{') is var start and >= 0 && rest[start..].IndexOf('}') is var length and > 0)
        {
            var place = rest.Slice(start + 1, length - 1).ToString();
            text.Append(rest[..start]).Append((OfCall(place, call) ?? ValueOf(place, with)) is { } known ? string.Join(',', known) : $"{{{place}}}");
            rest = rest[(start + length + 1)..];
        }

        return text.Append(rest).ToString();
    }

    private static IReadOnlyList<string>? OfCall(string place, PlannedCall call) => place switch
    {
        "method" => [call.Method.ToLowerInvariant()],
        "url" => [call.Url],
        "resource" => AudienceOf(call.Url) is { } audience ? [audience] : null,
        "body" => call.Body is { } body ? [JsonSerializer.Serialize(body, EngineJson.Default.JsonElement)] : null,
        "subscription" => SegmentAfter(call.Url, "/subscriptions/") is { } id ? [id] : null,
        "resourceGroup" => SegmentAfter(call.Url, "/resourceGroups/") is { } group ? [group] : null,
        _ => null,
    };

    private static IReadOnlyList<string>? ValueOf(string place, JsonElement with)
    {
        if (with.ValueKind != JsonValueKind.Object || !with.TryGetProperty(MemberOf(place), out var value)) return null;
        if (value.ValueKind != JsonValueKind.String) return TextsOf(value);
        var text = value.GetString()!;
        return place.EndsWith(Name, StringComparison.Ordinal) ? [LastPiece(text)] : place.EndsWith(Kind, StringComparison.Ordinal) ? [text.Replace("-HSM", "", StringComparison.Ordinal)] : [text];
    }

    private static IReadOnlyList<string>? TextsOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array => [.. value.EnumerateArray().SelectMany(i => TextsOf(i) ?? [])],
        JsonValueKind.Object when value.TryGetProperty("digest", out _) && value.TryGetProperty("name", out var name) => [name.GetString()!],
        JsonValueKind.Object => [.. value.EnumerateObject().Select(m => $"{m.Name}={string.Join(',', TextsOf(m.Value) ?? [])}")],
        _ => [value.GetRawText()],
    };

    private static string MemberOf(string place) => place.Split(':')[0];

    private static string LastPiece(string id) => id[(id.TrimEnd('/').LastIndexOf('/') + 1)..].TrimEnd('/');

    // A data plane's tokens are for its domain; storage has a name of its own.
    private static string? AudienceOf(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Host.StartsWith("management.", StringComparison.OrdinalIgnoreCase)) return null;
        var domain = address.Host[(address.Host.IndexOf('.', StringComparison.Ordinal) + 1)..];
        if (domain.StartsWith("loganalytics.", StringComparison.Ordinal)) return $"https://{address.Host}";
        return domain.StartsWith("blob.", StringComparison.Ordinal) ? "https://storage.azure.com" : $"https://{domain}";
    }

    private static string? SegmentAfter(string url, string before)
    {
        var start = url.IndexOf(before, StringComparison.OrdinalIgnoreCase);
        if (start < 0) return null;
        var rest = url[(start + before.Length)..];
        var end = rest.AsSpan().IndexOfAny('/', '?');
        return end < 0 ? rest : rest[..end];
    }

    /// <summary>A text as one word to a shell: what could mean something to it stands in single quotation marks.</summary>
    public static string Word(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':' or '@' or ',' or '=' or '+' or '%')
            ? text
            : "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
