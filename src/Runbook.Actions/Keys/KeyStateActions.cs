using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>keyvault.key.enable</c>, <c>.disable</c> and <c>.set-dates</c>: whether and when a version may be used.</summary>
internal static class KeyStateActions
{
    // Written where a version had no end before: far enough not to matter, since an end can't be taken away again.
    private const string NoEnd = "2099-12-31T00:00:00Z";

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire) =>
    [
        Switch(site, wire, "enable", "Makes a key's version usable again.", "Enable", on: true),
        Switch(site, wire, "disable", "Makes a key's version unusable, for everybody and at once inside the HSM; what has it in a cache goes on for a while.", "Disable", on: false),
        SetDates(site, wire),
    ];

    private static RequestAction Switch(AzureSite site, AzureWire? wire, string verb, string summary, string says, bool on) => new(site, wire, new ActionDescriptor
    {
        Name = $"keyvault.key.{verb}",
        Summary = summary,
        Effect = EffectClass.Idempotent,
        With = Shape.Of(KeyReference.ArgumentText),
        OneOf = [["hsm", "name"], ["id"]],
        Result = Shape.Of(ResultText.Key),
        Permissions = [Needs.Hsm("keys/write/action", "/keys/{name}", "Managed HSM Crypto User")],
        AzCommand = $"az keyvault key set-attributes --hsm-name {{hsm:name}} --name {{name}} --id {{id}} --enabled {(on ? "true" : "false")}",
        Settle = new SettlingProbe($"Reads the version: it took effect when it is {(on ? "enabled" : "disabled")}.", TimeSpan.FromSeconds(30)),
        Inverse = new ActionInverse($"keyvault.key.{(on ? "disable" : "enable")}", null, on ? "Makes it unusable again." : "Makes it usable again; what had lost it recovers in its own time."),
        Errors = KeyCalls.Errors,
    },
        (with, _) => KeyCalls.SameKey(with),
        new RequestCall
        {
            Method = "PATCH",
            Url = KeyCalls.Key,
            Says = with => $"{says} {KeyCalls.InWords(with)}.",
            Body = (_, _, _) => new JsonObject { ["attributes"] = new JsonObject { ["enabled"] = on } },
            Settle = KeyCalls.WhenKey((_, key) => KeyCalls.Attribute(key, "enabled")?.ValueKind == (on ? JsonValueKind.True : JsonValueKind.False)),
        });

    private static RequestAction SetDates(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.key.set-dates",
        Summary = "Says from when until when a key's version may wrap, encrypt and sign; it may unwrap, decrypt, verify and be released outside of that as well.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of($$"""
            {{KeyReference.ArgumentText}}
            notBefore?: {type: string, format: date-time, description: "From when on; unchanged where it is not said"}
            expires?: {type: string, format: date-time, description: "Until when; unchanged where it is not said"}
            """),
        OneOf = [["hsm", "name"], ["id"]],
        Result = Shape.Of(ResultText.Key),
        Permissions = [Needs.Hsm("keys/write/action", "/keys/{name}", "Managed HSM Crypto User")],
        AzCommand = "az keyvault key set-attributes --hsm-name {hsm:name} --name {name} --id {id} --not-before {notBefore} --expires {expires}",
        Settle = new SettlingProbe("Reads the version: it took effect when its dates are those that were asked for.", TimeSpan.FromSeconds(30)),
        Inverse = new ActionInverse("keyvault.key.set-dates", "keyvault.key.get", "Writes the dates that were there before; a version that had no end ends in 2099, because an end can't be taken away."),
        Errors = KeyCalls.Errors,
    },
        (with, before) => Dates(KeyCalls.SameKey(with), with, before),
        new RequestCall
        {
            Method = "PATCH",
            Url = KeyCalls.Key,
            Says = with => $"Set the dates of {KeyCalls.InWords(with)}{Words(with, "notBefore", "from")}{Words(with, "expires", "until")}.",
            Body = (_, with, _) => new JsonObject { ["attributes"] = Arguments.ObjectOf(("nbf", Seconds(with, "notBefore")), ("exp", Seconds(with, "expires"))) },
            Settle = KeyCalls.WhenKey((call, key) => AskedFor.IsIn(call.Body, key)),
        });

    private static JsonObject Dates(JsonObject same, Arguments with, JsonElement? before)
    {
        if (with.Has("notBefore")) same["notBefore"] = Date(before, "nbf") ?? "1970-01-01T00:00:00Z";
        if (with.Has("expires")) same["expires"] = Date(before, "exp") ?? NoEnd;
        return same;
    }

    private static string? Date(JsonElement? key, string name) => key is { } k && KeyCalls.Attribute(k, name) is { ValueKind: JsonValueKind.Number } seconds
        ? DateTimeOffset.FromUnixTimeSeconds(seconds.GetInt64()).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)
        : null;

    private static string Words(Arguments with, string member, string word) => with.TextOrNull(member) is { } date ? $" {word} {date}" : "";

    private static JsonNode? Seconds(Arguments with, string member) => with.TextOrNull(member) is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date.ToUnixTimeSeconds() : text;
}
