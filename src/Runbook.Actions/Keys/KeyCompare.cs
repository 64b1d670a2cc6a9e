using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>
/// <c>keyvault.key.compare</c>: whether two managed HSMs hold the same keys. Lists the keys of both, then reads each key and its
/// versions on both: what there is to read decides how many calls it makes.
/// </summary>
/// <remarks>
/// Compared are the ids of all versions, and of the newest one kind, curve, public half, operations, dates, whether it may be used or
/// released, release policy and tags. The secret half can't be read, by anybody: that it is the same is shown by unwrapping on the
/// one what was wrapped on the other.
/// </remarks>
internal sealed class KeyCompare(AzureSite site, AzureWire? wire) : HsmAction(site, wire)
{
    private const int Lists = 2;
    private const int CallsPerKey = 4;

    private static readonly Schema KeysObserved = Shape.Of("value: {type: array, items: {type: object, additionalProperties: false, properties: {kid: {type: string}}}}");
    private static readonly Schema KeyObserved = Shape.Of(ResultText.Key);

    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "keyvault.key.compare",
        Summary = "Compares the keys of two managed HSMs, one by one: all versions, and of the newest the public half, attributes, release policy and tags.",
        Effect = EffectClass.Read,
        With = Shape.Of($$"""
            hsm: {{{ResultText.HsmArgument}}}
            other: {{{ResultText.HsmArgument}}}
            """),
        Result = Shape.Of("""
            same: {type: boolean, description: "Whether both hold the same keys, and there is at least one"}
            compared: {type: integer, description: "How many keys"}
            differences: {type: array, items: {type: object, additionalProperties: false, properties: {key: {type: string}, what: {type: string}}}}
            """),
        Permissions = [Needs.Hsm("keys/read/action", "/keys", "Managed HSM Crypto Auditor")],
        AzCommand = AzRest.Command,
        Errors = Refusals.ManagedHsm,
    };

    /// <inheritdoc/>
    public override ImmutableArray<PlannedCall> Plan(JsonElement with)
    {
        var arguments = new Arguments(with);
        return [ListOf(0, arguments.Text("hsm")), ListOf(1, arguments.Text("other"))];
    }

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers)
    {
        var index = answers.Length;
        if (index < Lists) return ListOf(index, with.Text(index == 0 ? "hsm" : "other"));
        var names = NamesOf(answers);
        var (key, part) = Math.DivRem(index - Lists, CallsPerKey);
        if (key >= names.Length) return null;
        var (hsm, path) = (with.Text(part % 2 == 0 ? "hsm" : "other"), $"/keys/{names[key]}");
        return part < 2
            ? Make(index, EffectClass.Read, "GET", Site.Hsm(hsm, path + "/"), $"Read the key '{names[key]}' of '{hsm}'.", observes: KeyObserved)
            : Make(index, EffectClass.Read, "GET", Site.Hsm(hsm, path + "/versions", "maxresults=25&"), $"List the versions of the key '{names[key]}' of '{hsm}'.", observes: KeysObserved);
    }

    /// <inheritdoc/>
    protected override async Task AskAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        await Wire.SendAsync(exchange, cancellationToken).ConfigureAwait(false);
        while (exchange.Answer is { IsSuccess: true, NextLink: { } next }) await Wire.SendAsync(exchange, cancellationToken, next).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override CallAnswer Read(Exchange exchange, HttpAnswer answer, ActionContext context)
    {
        // That one of the two lacks a key is what the comparison is for.
        if (answer.Status == 404 && exchange.Call.Index >= Lists) return Answers.Absent(answer, exchange.Tries);
        return exchange.Call.Url.Contains("maxresults=", StringComparison.Ordinal) ? Answers.List(exchange, answer) : base.Read(exchange, answer, context);
    }

    /// <inheritdoc/>
    protected override JsonElement Result(Arguments with, ImmutableArray<CallAnswer> answers)
    {
        var names = NamesOf(answers);
        var differences = new JsonArray();
        for (var key = 0; key < names.Length; key++)
        {
            var at = Lists + (key * CallsPerKey);
            foreach (var what in DifferencesOf(answers[at].Observed, answers[at + 1].Observed, answers[at + 2].Observed, answers[at + 3].Observed, with))
            {
                differences.Add((JsonNode)new JsonObject { ["key"] = names[key], ["what"] = what });
            }
        }

        return Arguments.ToElement(new JsonObject { ["same"] = differences.Count == 0 && names.Length > 0, ["compared"] = names.Length, ["differences"] = differences });
    }

    private PlannedCall ListOf(int index, string hsm) =>
        Make(index, EffectClass.Read, "GET", Site.Hsm(hsm, "/keys", "maxresults=25&"), $"List the keys of '{hsm}', to compare each.", observes: KeysObserved);

    private static string[] NamesOf(ImmutableArray<CallAnswer> answers) =>
        [.. answers.Take(Lists).SelectMany(a => Ids(a.Observed)).Select(id => id.Split('/')[4]).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase)];

    private static IEnumerable<string> Ids(JsonElement list) =>
        list.TryGetProperty("value", out var items) ? items.EnumerateArray().Select(i => i.GetProperty("kid").GetString()!) : [];

    private static IEnumerable<string> DifferencesOf(JsonElement left, JsonElement right, JsonElement leftVersions, JsonElement rightVersions, Arguments with)
    {
        if (!left.TryGetProperty("key", out var a)) return [$"missing on '{with.Text("hsm")}'"];
        if (!right.TryGetProperty("key", out var b)) return [$"missing on '{with.Text("other")}'"];
        var found = new List<string>();
        if (!VersionsOf(leftVersions).SetEquals(VersionsOf(rightVersions))) found.Add("versions");
        if (LastOf(a) != LastOf(b)) found.Add("newest version");
        foreach (var member in (ReadOnlySpan<string>)["kty", "crv", "n", "e", "x", "y"]) Compare(found, a, b, member);
        if (!Texts(a, "key_ops").SetEquals(Texts(b, "key_ops"))) found.Add("key_ops");
        foreach (var member in (ReadOnlySpan<string>)["enabled", "exportable", "nbf", "exp", "created"]) Compare(found, Member(left, "attributes"), Member(right, "attributes"), member);
        Compare(found, left, right, "tags");
        Compare(found, Member(left, "release_policy"), Member(right, "release_policy"), "data");
        return found;
    }

    private static void Compare(List<string> found, JsonElement a, JsonElement b, string member)
    {
        var (left, right) = (Member(a, member), Member(b, member));
        if (!(left.ValueKind == JsonValueKind.Undefined ? right.ValueKind == JsonValueKind.Undefined : right.ValueKind != JsonValueKind.Undefined && JsonElement.DeepEquals(left, right))) found.Add(member);
    }

    // What is null, or an object without members, is what is missing.
    private static JsonElement Member(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null && !(value.ValueKind == JsonValueKind.Object && !value.EnumerateObject().Any()) ? value : default;

    private static HashSet<string> Texts(JsonElement from, string name) => Member(from, name) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray().Select(i => i.GetString()!)] : [];

    private static HashSet<string> VersionsOf(JsonElement list) => [.. Ids(list).Select(id => id.Split('/')[^1])];

    private static string LastOf(JsonElement key) => key.GetProperty("kid").GetString()!.Split('/')[^1];
}
