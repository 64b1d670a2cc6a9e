using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>keyvault.key.rotate</c> and <c>keyvault.rotation-policy.*</c>.</summary>
internal static class KeyRotationActions
{
    private const string Policy = """
        lifetimeActions: {type: array, items: {type: object, additionalProperties: false, properties: {trigger: {type: object, additionalProperties: false, properties: {timeAfterCreate: {type: string}, timeBeforeExpiry: {type: string}}}, action: {type: object, additionalProperties: false, properties: {type: {type: string}}}}}}
        attributes: {type: object, additionalProperties: false, properties: {expiryTime: {type: string}}}
        """;

    private static readonly Schema NewestObserved = Shape.Of("key: {type: object, additionalProperties: false, properties: {kid: {type: string}}}");

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire) => [Rotate(site, wire), Get(site, wire), Set(site, wire)];

    private static RequestAction Rotate(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.key.rotate",
        Summary = "Gives a key a new version, of new material; the versions before stay and go on unwrapping. The key must have a rotation policy.",
        Effect = EffectClass.Once,
        With = Shape.Of(KeyCalls.NameArguments),
        Result = Shape.Of(ResultText.Key),
        Permissions = [Needs.Hsm("keys/read/action", "/keys/{name}", "Managed HSM Crypto User"), Needs.Hsm("keys/rotate/action", "/keys/{name}", "Managed HSM Crypto User")],
        AzCommand = "az keyvault key rotate --hsm-name {hsm:name} --name {name}",
        Settle = new SettlingProbe("Reads the newest version: it took effect when that is another than was read before.", TimeSpan.FromMinutes(1)),
        Errors = KeyCalls.Errors,
    },
        null,
        new RequestCall { Method = "GET", Url = KeyCalls.Named("/keys/{name}/"), Says = with => $"Read which version of {KeyCalls.InWords(with)} is the newest.", Observes = NewestObserved },
        new RequestCall
        {
            Method = "POST",
            Url = KeyCalls.Named("/keys/{name}/rotate"),
            Says = with => $"Rotate {KeyCalls.InWords(with)}.",
            Remembers = (_, answers) => new JsonObject { ["before"] = answers.IsEmpty ? "${kid}" : KidOf(answers[^1].Observed) },
            Settle = Settling.By(KeyCalls.KeyOf, (call, key) => KidOf(key) is { } kid && kid != call.Part!.Value.GetProperty("before").GetString()),
        });

    private static RequestAction Get(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.rotation-policy.get",
        Summary = "Reads when a key is rotated by itself, and how long its versions live.",
        Effect = EffectClass.Read,
        With = Shape.Of(KeyCalls.NameArguments),
        Result = Shape.Of(Policy),
        Permissions = [Needs.Hsm("keys/read/action", "/keys/{name}", "Managed HSM Crypto Auditor")],
        AzCommand = "az keyvault key rotation-policy show --hsm-name {hsm:name} --name {name}",
        Errors = KeyCalls.Errors,
    },
        null,
        new RequestCall { Method = "GET", Url = KeyCalls.Named("/keys/{name}/rotationpolicy"), Says = with => $"Read the rotation policy of {KeyCalls.InWords(with)}.", Tells = (_, answer) => Known(answer.Json!.Value) });

    private static RequestAction Set(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.rotation-policy.set",
        Summary = "Says when a key is rotated by itself, and how long its versions live; without any of it the key has no policy.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of($$"""
            {{KeyCalls.NameArguments}}
            rotateAfter?: {type: string, pattern: '^P[0-9]+[YMD]$', description: "How long after its creation a version is rotated, such as P18M; 28 days at least"}
            rotateBefore?: {type: string, pattern: '^P[0-9]+[YMD]$', description: "How long before its end instead"}
            expires?: {type: string, pattern: '^P[0-9]+[YMD]$', description: "How long a new version lives, such as P2Y"}
            """),
        Result = Shape.Of(Policy),
        Permissions = [Needs.Hsm("keys/write/action", "/keys/{name}", "Managed HSM Crypto User")],
        AzCommand = AzRest.Command,
        Settle = new SettlingProbe("Reads the policy: it took effect when it is the one that was asked for.", TimeSpan.FromSeconds(30)),
        Inverse = new ActionInverse("keyvault.rotation-policy.set", "keyvault.rotation-policy.get", "Writes the policy that was there before; none where there was none."),
        Errors = KeyCalls.Errors,
    },
        (with, before) => Before(KeyCalls.SameKey(with), before),
        new RequestCall
        {
            Method = "PUT",
            Url = KeyCalls.Named("/keys/{name}/rotationpolicy"),
            Says = with => $"Set the rotation policy of {KeyCalls.InWords(with)}.",
            Body = (_, with, _) => PolicyOf(with),
            Tells = (_, answer) => Known(answer.Json!.Value),
            Settle = Settling.By(c => c.Url, (call, policy) => AskedFor.IsIn(Arguments.ToElement(Known(call.Body!.Value)), Arguments.ToElement(Known(policy)))),
        });

    private static JsonObject PolicyOf(Arguments with) => new()
    {
        ["lifetimeActions"] = with.Has("rotateAfter") || with.Has("rotateBefore")
            ? new JsonArray(new JsonObject
            {
                ["trigger"] = Arguments.ObjectOf(("timeAfterCreate", with.Node("rotateAfter")), ("timeBeforeExpiry", with.Node("rotateBefore"))),
                ["action"] = new JsonObject { ["type"] = "Rotate" },
            })
            : [],
        ["attributes"] = Arguments.ObjectOf(("expiryTime", with.Node("expires"))),
    };

    // A key without a policy is answered with nulls; notices are no concern of ours.
    private static JsonObject Known(JsonElement policy)
    {
        var actions = policy.TryGetProperty("lifetimeActions", out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Where(IsRotation).Select(a => WithoutNulls(a)).ToArray() : [];
        var expiry = policy.TryGetProperty("attributes", out var attributes) && attributes.ValueKind == JsonValueKind.Object && attributes.TryGetProperty("expiryTime", out var time) && time.ValueKind == JsonValueKind.String ? time.GetString() : null;
        return new JsonObject { ["lifetimeActions"] = new JsonArray(actions), ["attributes"] = Arguments.ObjectOf(("expiryTime", expiry)) };
    }

    private static bool IsRotation(JsonElement action) =>
        action.TryGetProperty("action", out var what) && what.TryGetProperty("type", out var type) && string.Equals(type.GetString(), "Rotate", StringComparison.OrdinalIgnoreCase);

    private static JsonNode WithoutNulls(JsonElement action) => new JsonObject
    {
        ["trigger"] = new JsonObject(action.GetProperty("trigger").EnumerateObject().Where(m => m.Value.ValueKind != JsonValueKind.Null).Select(m => KeyValuePair.Create(m.Name, Arguments.ToNode(m.Value)))),
        ["action"] = new JsonObject { ["type"] = "Rotate" },
    };

    private static JsonObject Before(JsonObject same, JsonElement? before)
    {
        if (before is not { } policy) return same;
        var known = Arguments.ToElement(Known(policy));
        foreach (var action in known.GetProperty("lifetimeActions").EnumerateArray())
        {
            if (action.GetProperty("trigger").TryGetProperty("timeAfterCreate", out var after)) same["rotateAfter"] = after.GetString();
            if (action.GetProperty("trigger").TryGetProperty("timeBeforeExpiry", out var ahead)) same["rotateBefore"] = ahead.GetString();
        }

        if (known.GetProperty("attributes").TryGetProperty("expiryTime", out var expiry)) same["expires"] = expiry.GetString();
        return same;
    }

    private static string? KidOf(JsonElement key) => key.TryGetProperty("key", out var bundle) && bundle.TryGetProperty("kid", out var kid) ? kid.GetString() : null;
}
