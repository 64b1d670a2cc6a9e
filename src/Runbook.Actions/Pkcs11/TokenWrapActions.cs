using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>pkcs11.key.wrap</c>: wraps a token's key for a KEK, in the token.</summary>
internal sealed class TokenKeyWrap(TokenAccess access) : TokenAction(access)
{
    /// <summary>What may be wrong with the key itself.</summary>
    public static ImmutableArray<ActionError> KeyErrors { get; } =
    [
        new("KeyNotFound", "The token holds no RSA key of that label.", "Nothing was written.", "List what it holds: pkcs11-tool --module MODULE --login --list-objects."),
        new("KeyAmbiguous", "The token holds several RSA keys of that label.", "Nothing was written.", "Give the right one a label of its own."),
    ];

    /// <summary>What may keep a token from wrapping.</summary>
    public static ImmutableArray<ActionError> WrapErrors { get; } = KeyErrors.AddRange(
        new ActionError("KeyNotSensitive", "The key could leave the token in the clear, so nobody knows whether it has.", "Nothing was written.", "Make another key, sensitive from its birth."),
        new ActionError("KeyNotExtractable", "The key may not leave the token, not even wrapped.", "Nothing was written.", "Make another key, extractable from its birth: the attribute can't be set later."),
        new ActionError("MechanismMissing", "The token can't wrap a key as Azure takes it.", "Nothing was written.", "Use a token that has CKM_RSA_AES_KEY_WRAP, or AES key wrap with padding and RSA-OAEP."),
        new ActionError("PaddingIsAnother", "The token's padded AES key wrap is another than RFC 5649's.", "Nothing was written.", "Update the device's software, or ask its vendor for CKM_AES_KEY_WRAP_KWP."),
        new ActionError("PaddingUnproven", "The token does not let its padded AES key wrap be tried out.", "Nothing was written.", "Ask its vendor for CKM_RSA_AES_KEY_WRAP or CKM_AES_KEY_WRAP_KWP."),
        new ActionError("KekUnusable", "The KEK is no RSA key of 2048, 3072 or 4096 bits.", "Nothing was written.", "Read the KEK from the HSM again."));

    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "pkcs11.key.wrap",
        Summary = "Has a token wrap a key for a KEK of the HSM (CKM_RSA_AES_KEY_WRAP; composed of AES-KWP and RSA-OAEP in the token where it has no such mechanism), and writes the .byok file that Azure takes. The key never leaves the token in the clear.",
        Effect = EffectClass.Read,
        Local = true,
        With = Shape.Of($$"""
            {{TokenArguments}}
            kek: {type: object, additionalProperties: false, required: [n, e], properties: {n: {type: string}, e: {type: string} }, description: "The KEK's public half, as Azure shows it"}
            kekId: {type: string, pattern: '^https://[^/]+/keys/[^/]+/[^/]+$', description: "The full id of its version"}
            {{KeyTransferActions.FileArgument}}
            """),
        Result = Shape.Of($$"""
            file: {{ResultText.File}}
            how: {type: string, description: "By which mechanisms of the token"}
            publicDigest: {type: string, description: "SHA-256 of the key's public half"}
            """),
        NoAzCommand = "Nothing is called in Azure. By hand: the tool of the device's vendor for BYOK, or runbook byok make on the machine that has the token.",
        Errors = TokenErrors.Common.AddRange(WrapErrors),
    };

    /// <inheritdoc/>
    public override ImmutableArray<PlannedCall> Plan(JsonElement with)
    {
        var arguments = new Arguments(with);
        return [Call(arguments, 0, EffectClass.Read, $"Wrap the key '{arguments.Text("label")}' in {InWords(arguments)} for {arguments.Text("kekId")}, into '{arguments.Text("file")}'.")];
    }

    /// <summary>Has the key wrapped, and looks at what came: what Azure would refuse is refused here.</summary>
    public static (byte[] File, string How, string PublicDigest) Wrap(IToken token, string label, ExchangeKey kek, string kekId)
    {
        var key = One(token, label);
        if (!key.IsSensitive) throw new TokenRefusedException("KeyNotSensitive", $"The key '{label}' is not sensitive: it could have left the token in the clear at any time.");
        if (!key.IsExtractable) throw new TokenRefusedException("KeyNotExtractable", $"The key '{label}' is not extractable: it may not leave the token, not even wrapped.");
        var wrapped = token.Wrap(label, kek.Rsa.ExportParameters(includePrivateParameters: false));
        var file = ByokFile.Write(kekId, wrapped.Ciphertext, $"Runbook; {token.Device.Maker}; {wrapped.How}");
        var report = ByokInspector.Inspect(file, new ByokExpectation { Kid = kekId, Kek = kek });
        return report.Findings is [var wrong, ..] ? throw new TokenRefusedException("TokenFailed", $"What the token made is no wrapped key as Azure takes it: {wrong.Says}") : (file, wrapped.How, key.PublicDigest());
    }

    /// <inheritdoc/>
    protected override JsonObject Do(IToken token, PlannedCall call, JsonElement with, SessionFiles files)
    {
        var (label, id, half) = (with.GetProperty("label").GetString()!, with.GetProperty("kekId").GetString()!, with.GetProperty("kek"));
        using var kek = ExchangeKey.TryOf(half.GetProperty("n").GetString()!, half.GetProperty("e").GetString()!, id) ?? throw new TokenRefusedException("KekUnusable", "The KEK is no RSA key of 2048, 3072 or 4096 bits.");
        var (file, how, digest) = Wrap(token, label, kek, id);
        return new JsonObject { ["file"] = files.Write(with.GetProperty("file").GetString()!, file), ["how"] = how, ["publicDigest"] = digest };
    }
}

/// <summary><c>pkcs11.key.escrow</c>: wraps a token's key once more, for a quorum of holders.</summary>
internal sealed class TokenKeyEscrow(TokenAccess access) : TokenAction(access)
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "pkcs11.key.escrow",
        Summary = "Has a token wrap a key for a one-time KEK, and splits that KEK's private half among holders, so that a quorum of them can open the copy. The key never leaves the token in the clear; the one-time KEK is forgotten.",
        Effect = EffectClass.Read,
        Local = true,
        With = Shape.Of($$"""
            {{TokenArguments}}
            certificates: {type: array, minItems: 2, maxItems: 20, items: {type: string, format: file, maxLength: 65536}, description: "The holders' certificates, RSA of 2048 bits and more"}
            quorum: {type: integer, minimum: 2, maximum: 20, description: "How many holders together open it"}
            {{KeyTransferActions.FileArgument}}
            {{KeyTransferActions.FileArgument.Replace("file: ", "shares: ", StringComparison.Ordinal)}}
            """),
        Result = Shape.Of($$"""
            file: {{ResultText.File}}
            shares: {{ResultText.File}}
            publicDigest: {type: string, description: "SHA-256 of the key's public half"}
            """),
        NoAzCommand = "Nothing is called in Azure. By hand: wrap the key for an RSA key of your own, and split that one; docs/escrow-format.md describes the files.",
        Errors = TokenErrors.Common.AddRange(TokenKeyWrap.WrapErrors).AddRange(EscrowErrors.All.Where(e => e.Code is "FileNotFound" or "CertificateUnusable" or "CertificateTwice" or "QuorumTooLarge")),
    };

    /// <inheritdoc/>
    public override ImmutableArray<PlannedCall> Plan(JsonElement with)
    {
        var arguments = new Arguments(with);
        return [Call(arguments, 0, EffectClass.Read, $"Wrap the key '{arguments.Text("label")}' in {InWords(arguments)} for the holders of the escrow, {arguments.Text("quorum")} of whom open it, into '{arguments.Text("file")}' and '{arguments.Text("shares")}'.")];
    }

    /// <inheritdoc/>
    protected override JsonObject Do(IToken token, PlannedCall call, JsonElement with, SessionFiles files)
    {
        var holders = EscrowErrors.Usable(WrappingCertificate.ReadAll(with.GetProperty("certificates"), files));
        var quorum = with.GetProperty("quorum").GetInt32();
        if (quorum > holders.Count) throw new FileRefusedException("QuorumTooLarge", $"{quorum} of {holders.Count} holders can't be asked for.");
        var (blob, shares, digest) = EscrowedKey.Make(token, with.GetProperty("label").GetString()!, quorum, holders);
        return new JsonObject
        {
            ["file"] = files.Write(with.GetProperty("file").GetString()!, blob),
            ["shares"] = files.Write(with.GetProperty("shares").GetString()!, shares),
            ["publicDigest"] = digest,
        };
    }
}
