using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Security.KeyVault.Keys;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>
/// <c>keyvault.key.create</c>. Looks first: a request to create a key that is there would give it a new version, which is
/// what rotation is for.
/// </summary>
internal sealed class KeyCreate(AzureSite site, AzureWire? wire) : HsmAction(site, wire)
{
    private static readonly Schema NothingObserved = Shape.Of("");

    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "keyvault.key.create",
        Summary = "Creates a key inside a managed HSM, once it has seen that there is none of that name.",
        Effect = EffectClass.Once,
        With = Shape.Of($$"""
            hsm: {{{ResultText.HsmArgument}}}
            name: {type: string, pattern: '^[0-9a-zA-Z-]{1,127}$', description: "Name of the key"}
            type: {type: string, enum: [RSA-HSM, EC-HSM, oct-HSM], description: "Kind of key"}
            size?: {type: integer, description: "Bits: RSA 2048, 3072, 4096; oct 128, 192, 256"}
            curve?: {type: string, enum: [P-256, P-384, P-521, P-256K], description: "Curve of an EC key"}
            operations?: {type: array, minItems: 1, items: {type: string, enum: [encrypt, decrypt, sign, verify, wrapKey, unwrapKey, import]}, description: "What it may be used for"}
            enabled?: {type: boolean, description: "Whether it may be used at once; yes where it is not said"}
            tags?: {type: object, additionalProperties: {type: string, maxLength: 256} }
            exportable?: {type: boolean, description: "Whether it may be released; it then needs a release policy, and can never be made unexportable again"}
            releasePolicy?: {type: object, description: "Under which claims of an attestation it may be released: version and anyOf, as Azure writes it"}
            """),
        Result = Shape.Of(ResultText.Key),
        Permissions =
        [
            new(PermissionPlane.DataPlane, "Microsoft.KeyVault/managedHsm/keys/read/action", "/keys/{name}", "Managed HSM Crypto User"),
            new(PermissionPlane.DataPlane, "Microsoft.KeyVault/managedHsm/keys/create", "/keys/{name}", "Managed HSM Crypto User"),
        ],
        AzCommand = "az keyvault key create --hsm-name {hsm:name} --name {name} --kty {type} --size {size} --curve {curve} --ops {operations} --exportable {exportable} --tags {tags}",
        Settle = new SettlingProbe("Reads the key and its versions: it took effect when there is exactly one, of the kind, size, operations, tags and release policy that were asked for.", TimeSpan.FromMinutes(1)),
        Errors = Refusals.ManagedHsm.AddRange(
            new("AlreadyExists", "There is a key of that name.", "Nothing was sent: creating it again would give it a new version.", "Rotate it, or take another name."),
            new("Conflict", "A deleted key holds the name.", "Nothing changed.", "Recover it, or take another name: nothing here purges."),
            new("BadParameter", "The HSM does not make such a key.", "Nothing changed.", "Check kind, size, curve and operations; an exportable key needs a release policy, and no other may have one.")),
    };

    /// <inheritdoc/>
    public override ImmutableArray<PlannedCall> Plan(JsonElement with)
    {
        var arguments = new Arguments(with);
        return [Look(arguments), Write(arguments)];
    }

    /// <inheritdoc/>
    public override async Task<SettleVerdict> SettleAsync(PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        var host = new Uri(call.Url).GetLeftPart(UriPartial.Authority);
        var name = SegmentsOf(call)[1];
        var key = await LookAsync($"{host}/keys/{name}/?api-version={AzureSite.HsmVersion}", context, cancellationToken).ConfigureAwait(false);
        if (key.Status == 404) return new SettleVerdict.DidNot(Answers.Of(key));
        if (!key.IsSuccess) return CannotTell(key);
        var versions = await LookAsync($"{host}/keys/{name}/versions?api-version={AzureSite.HsmVersion}", context, cancellationToken).ConfigureAwait(false);
        if (!versions.IsSuccess) return CannotTell(versions);
        var count = versions.Json!.Value.GetProperty("value").GetArrayLength();
        // It was seen before the call that there was none: one version, just as asked for, is this call's.
        return count == 1 && IsWhatWasAskedFor(call.Body!.Value, key.Json!.Value)
            ? new SettleVerdict.TookEffect(Answers.Of(key))
            : new SettleVerdict.CannotTell($"There is a key of that name with {count} versions, and it is not plainly the one that was asked for.");
    }

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers) => answers.Length switch
    {
        0 => Look(with),
        1 => Write(with),
        _ => null,
    };

    /// <inheritdoc/>
    protected override Task AskAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        var name = SegmentsOf(exchange.Call)[1];
        var keys = Wire.Keys(exchange);
        if (exchange.Call.Method == "GET") return keys.GetKeyAsync(name, version: null, cancellationToken);
        var body = exchange.Body!.Value;
        int? size = body.TryGetProperty("key_size", out var bits) ? bits.GetInt32() : null;
        return body.GetProperty("kty").GetString() switch
        {
            "RSA-HSM" => keys.CreateRsaKeyAsync(Fill(new CreateRsaKeyOptions(name, hardwareProtected: true) { KeySize = size }, body), cancellationToken),
            "EC-HSM" => keys.CreateEcKeyAsync(Fill(new CreateEcKeyOptions(name, hardwareProtected: true) { CurveName = body.TryGetProperty("crv", out var curve) ? new KeyCurveName(curve.GetString()!) : default(KeyCurveName?) }, body), cancellationToken),
            "oct-HSM" => keys.CreateOctKeyAsync(Fill(new CreateOctKeyOptions(name, hardwareProtected: true) { KeySize = size }, body), cancellationToken),
            var other => keys.CreateKeyAsync(name, new KeyType(other!), Fill(new CreateKeyOptions(), body), cancellationToken),
        };
    }

    /// <inheritdoc/>
    protected override CallAnswer Read(Exchange exchange, HttpAnswer answer, ActionContext context)
    {
        if (exchange.Call.Method != "GET") return base.Read(exchange, answer, context);
        if (answer.Status == 404) return Answers.Absent(answer, exchange.Tries);
        return answer.IsSuccess
            ? Answers.Refused("AlreadyExists", $"There is a key {exchange.Call.Target.TrimEnd('/')} already; it is left as it is.", answer)
            : Answers.Of(answer, exchange.Tries);
    }

    private PlannedCall Look(Arguments with) =>
        Make(0, EffectClass.Read, "GET", Site.Hsm(with.Text("hsm"), $"/keys/{with.Text("name")}/"), $"See that there is no key '{with.Text("name")}' on '{with.Text("hsm")}' yet.", observes: NothingObserved);

    private PlannedCall Write(Arguments with) =>
        Make(1, EffectClass.Once, "POST", Site.Hsm(with.Text("hsm"), $"/keys/{with.Text("name")}/create"), $"Create the key '{with.Text("name")}' ({with.Text("type")}{(with.TextOrNull("size") is { } size ? " " + size : "")}) inside '{with.Text("hsm")}'.", Arguments.ObjectOf(
            ("kty", with.Node("type")),
            ("key_size", with.Node("size")),
            ("crv", with.Node("curve")),
            ("key_ops", with.Node("operations")),
            ("attributes", with.Has("enabled") || with.Has("exportable") ? Arguments.ObjectOf(("enabled", with.Node("enabled")), ("exportable", with.Node("exportable"))) : null),
            ("release_policy", with.Node("releasePolicy") is { } policy ? new JsonObject { ["data"] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(policy.ToJsonString())) } : null),
            ("tags", with.Node("tags"))));

    private static T Fill<T>(T options, JsonElement body)
        where T : CreateKeyOptions
    {
        if (body.TryGetProperty("key_ops", out var operations))
        {
            foreach (var operation in operations.EnumerateArray()) options.KeyOperations.Add(new KeyOperation(operation.GetString()!));
        }

        if (body.TryGetProperty("attributes", out var attributes))
        {
            if (attributes.TryGetProperty("enabled", out var enabled)) options.Enabled = enabled.GetBoolean();
            if (attributes.TryGetProperty("exportable", out var exportable)) options.Exportable = exportable.GetBoolean();
        }

        if (body.TryGetProperty("release_policy", out var policy)) options.ReleasePolicy = new KeyReleasePolicy(BinaryData.FromBytes(Base64Url.DecodeFromChars(policy.GetProperty("data").GetString()!)));
        if (body.TryGetProperty("tags", out var tags))
        {
            foreach (var tag in tags.EnumerateObject()) options.Tags[tag.Name] = tag.Value.GetString()!;
        }

        return options;
    }

    private static bool IsWhatWasAskedFor(JsonElement asked, JsonElement there)
    {
        var key = there.GetProperty("key");
        if (key.GetProperty("kty").GetString() != asked.GetProperty("kty").GetString()) return false;
        if (asked.TryGetProperty("key_size", out var size) && key.TryGetProperty("n", out var n) && Base64Url.DecodeFromChars(n.GetString()!).Length * 8 != size.GetInt32()) return false;
        if (asked.TryGetProperty("crv", out var curve) && key.TryGetProperty("crv", out var there2) && curve.GetString() != there2.GetString()) return false;
        if (asked.TryGetProperty("key_ops", out var wanted) && !Texts(wanted).SetEquals(Texts(key.GetProperty("key_ops")))) return false;
        if (asked.TryGetProperty("release_policy", out var policy) && !(there.TryGetProperty("release_policy", out var held) && JsonElement.DeepEquals(PolicyIn(policy), PolicyIn(held)))) return false;
        if (asked.TryGetProperty("tags", out var tags) && !(there.TryGetProperty("tags", out var found) && JsonElement.DeepEquals(tags, found))) return false;
        return true;

        static JsonElement PolicyIn(JsonElement member) => JsonElement.Parse(Base64Url.DecodeFromChars(member.GetProperty("data").GetString()!));
        static HashSet<string> Texts(JsonElement list) => [.. list.EnumerateArray().Select(i => i.GetString()!)];
    }
}
