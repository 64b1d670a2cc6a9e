using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary>What the described actions on keys share.</summary>
internal static class KeyCalls
{
    /// <summary>Arguments that name a key by its HSM and name.</summary>
    public const string NameArguments = $$"""
        hsm: {{{ResultText.HsmArgument}}}
        name: {type: string, pattern: '^[0-9a-zA-Z-]{1,127}$', description: "Name of the key"}
        """;

    /// <summary>What any call on keys may be refused with.</summary>
    public static ImmutableArray<ActionError> Errors { get; } = Refusals.ManagedHsm.AddRange(
        new ActionError("KeyNotFound", "There is no such key, or no such version.", "Nothing changed.", "List the keys; a deleted one can be recovered for as long as the HSM keeps it."),
        new ActionError("BadParameter", "The HSM takes the request not as it is.", "Nothing changed.", "Read the message: it names what is wrong."),
        new ActionError("Conflict", "The name is held, by a key or by a deleted one, or something is under way.", "Nothing changed.", "Look at the key, and at the deleted one of that name."));

    /// <summary>The newest version of the key that the arguments name, or the version that they name.</summary>
    public static string Key(AzureSite site, Arguments with) => $"{KeyReference.Of(site, with).ReadAddress}?api-version={AzureSite.HsmVersion}";

    /// <summary>An operation on a key or version.</summary>
    public static Func<AzureSite, Arguments, string> Operation(string name) => (site, with) => $"{KeyReference.Of(site, with).Id}/{name}?api-version={AzureSite.HsmVersion}";

    /// <summary>An address below a key of an HSM that are given by their names.</summary>
    public static Func<AzureSite, Arguments, string> Named(string path) => (site, with) => site.Hsm(with.Text("hsm"), path.Replace("{name}", with.Text("name"), StringComparison.Ordinal));

    /// <summary>In a sentence.</summary>
    public static string InWords(Arguments with) => with.TextOrNull("id") is { } id ? id : $"the key '{with.Text("name")}' of '{with.Text("hsm")}'";

    /// <summary>The member of a key's attributes.</summary>
    public static JsonElement? Attribute(JsonElement key, string name) =>
        key.TryGetProperty("attributes", out var attributes) && attributes.ValueKind == JsonValueKind.Object && attributes.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>The arguments that name the key, again.</summary>
    public static JsonObject SameKey(Arguments with)
    {
        var same = new JsonObject();
        foreach (var member in (ReadOnlySpan<string>)["hsm", "name", "id"])
        {
            if (with.Node(member) is { } value) same[member] = value;
        }

        return same;
    }

    /// <summary>The address of the key that a call below it is about: <c>…/keys/name</c>.</summary>
    public static string KeyOf(PlannedCall call)
    {
        var address = new Uri(call.Url);
        var segments = address.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return $"{address.GetLeftPart(UriPartial.Authority)}/keys/{segments[1]}/?api-version={AzureSite.HsmVersion}";
    }

    /// <summary>By the key at the call's own address.</summary>
    public static Func<Look, PlannedCall, Task<SettleVerdict>> WhenKey(Func<PlannedCall, JsonElement, bool> isDone) => Settling.By(c => c.Url, isDone);
}
