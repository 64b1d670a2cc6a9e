using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Security.KeyVault.Keys.Cryptography;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>
/// <c>keyvault.key.round-trip</c>: wraps a random value inside the HSM, unwraps it again, and compares. The value itself is
/// told to nobody: what is compared, and kept, are digests.
/// </summary>
internal sealed class KeyRoundTrip(AzureSite site, AzureWire? wire) : HsmAction(site, wire)
{
    private const int ValueBytes = 32;

    private static readonly Schema Observed = Shape.Of("""
        kid: {type: string}
        value: {type: string}
        digest: {type: string}
        """);

    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "keyvault.key.round-trip",
        Summary = "Wraps a random value with a key and unwraps it again, both inside the HSM, and compares. With another HSM it is unwrapped there, by the same version of the key: that shows that both hold the same secret half.",
        Effect = EffectClass.Read,
        With = Shape.Of($$"""
            {{KeyReference.ArgumentText}}
            algorithm: {type: string, enum: [RSA-OAEP-256, RSA-OAEP, A128KW, A192KW, A256KW], description: "How it is wrapped"}
            other?: {{{ResultText.HsmArgument}}}
            """),
        OneOf = [["hsm", "name"], ["id"]],
        Result = Shape.Of("""
            same: {type: boolean, description: "Whether what came out is what went in"}
            kid: {type: string, description: "The version that did it"}
            """),
        Permissions =
        [
            new(PermissionPlane.DataPlane, "Microsoft.KeyVault/managedHsm/keys/wrap/action", "/keys/{name}", "Managed HSM Crypto Service Encryption User"),
            new(PermissionPlane.DataPlane, "Microsoft.KeyVault/managedHsm/keys/unwrap/action", "/keys/{name}", "Managed HSM Crypto Service Encryption User"),
        ],
        AzCommand = AzRest.Command,
        Errors = Refusals.ManagedHsm.AddRange(
            new ActionError("KeyNotFound", "There is no such key, or no such version.", "Nothing changed.", "List the keys."),
            new ActionError("BadParameter", "The key does not wrap in that way.", "Nothing changed.", "Choose an algorithm of the key's kind and size.")),
    };

    /// <inheritdoc/>
    public override ImmutableArray<PlannedCall> Plan(JsonElement with)
    {
        var arguments = new Arguments(with);
        var key = KeyReference.Of(Site, arguments);
        return [Wrap(arguments, key), Unwrap(arguments, key.IsVersioned ? Moved(arguments, key.Id) : "${kid}", "${wrapped}")];
    }

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers) => answers.Length switch
    {
        0 => Wrap(with, KeyReference.Of(Site, with)),
        1 => Unwrap(with, Moved(with, Text(answers[0], "kid")), Text(answers[0], "value")),
        _ => null,
    };

    /// <inheritdoc/>
    protected override JsonElement Result(Arguments with, ImmutableArray<CallAnswer> answers) => Arguments.ToElement(new JsonObject
    {
        ["same"] = Text(answers[0], "digest") == Text(answers[1], "digest"),
        ["kid"] = Text(answers[1], "kid"),
    });

    /// <inheritdoc/>
    protected override async Task AskAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        var url = exchange.Call.Target;
        var crypto = Wire.Crypto(exchange, new Uri(url[..url.LastIndexOf('/')]));
        var body = exchange.Body!.Value;
        var algorithm = new KeyWrapAlgorithm(body.GetProperty("alg").GetString()!);
        if (url.EndsWith("/unwrapKey", StringComparison.Ordinal))
        {
            await crypto.UnwrapKeyAsync(algorithm, Base64Url.DecodeFromChars(body.GetProperty("value").GetString()!), cancellationToken).ConfigureAwait(false);
            return;
        }

        var value = Randomness.Bytes(ValueBytes);
        try
        {
            exchange.SecretDigest = Hashes.Sha256(value);
            await crypto.WrapKeyAsync(algorithm, value, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(value);
        }
    }

    /// <inheritdoc/>
    protected override CallAnswer Read(Exchange exchange, HttpAnswer answer, ActionContext context)
    {
        if (!answer.IsSuccess) return Answers.Of(answer, exchange.Tries);
        var json = answer.Json!.Value;
        var (kid, value) = (json.GetProperty("kid").GetString(), json.GetProperty("value").GetString()!);
        if (exchange.SecretDigest is { } digest) return Answers.With(answer, new JsonObject { ["kid"] = kid, ["value"] = value, ["digest"] = digest }, exchange.Tries);

        var plaintext = Base64Url.DecodeFromChars(value);
        try
        {
            // The answer's body holds the value: its digest would be the value's too, so nothing of it is handed on.
            return Answers.With(answer with { Body = ReadOnlyMemory<byte>.Empty }, new JsonObject { ["kid"] = kid, ["digest"] = Hashes.Sha256(plaintext) }, exchange.Tries);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    // The same version of the same key, on the other HSM where one is named.
    private string Moved(Arguments with, string kid) =>
        with.TextOrNull("other") is { } other && !kid.StartsWith("${", StringComparison.Ordinal) ? Site.HsmHost(other) + new Uri(kid).AbsolutePath : kid;

    private static PlannedCall Wrap(Arguments with, KeyReference key) =>
        Make(0, EffectClass.Read, "POST", $"{key.Id}/wrapKey?api-version={AzureSite.HsmVersion}", $"Wrap a random value with {key.Id}.", Body(with, RequestMatch.RandomHole), Observed);

    private static PlannedCall Unwrap(Arguments with, string kid, string wrapped) =>
        Make(1, EffectClass.Read, "POST", $"{kid}/unwrapKey?api-version={AzureSite.HsmVersion}", $"Unwrap it again with {kid}, and compare.", Body(with, wrapped), Observed);

    private static JsonObject Body(Arguments with, string value) => Arguments.ObjectOf(("alg", with.Node("algorithm")), ("value", value));

    private static string Text(CallAnswer answer, string name) => answer.Observed.GetProperty(name).GetString()!;
}
