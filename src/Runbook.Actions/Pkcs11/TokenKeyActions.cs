using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>pkcs11.key.generate</c>: makes a key in a token of our own.</summary>
internal sealed class TokenKeyGenerate(TokenAccess access) : TokenAction(access)
{
    private static readonly Schema NothingObserved = Shape.Of("count: {type: integer}");

    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "pkcs11.key.generate",
        Summary = "Makes an RSA key pair in a token, once it has seen that there is none of that label: sensitive, so that it never leaves the token in the clear, and extractable, so that it leaves it wrapped.",
        Effect = EffectClass.Once,
        Local = true,
        UsuallyTakes = TimeSpan.FromMinutes(1),
        With = Shape.Of($$"""
            {{TokenArguments}}
            size: {type: integer, enum: [2048, 3072, 4096], description: "Bits of the key; SQL takes 2048 and 3072, storage and disks 4096 as well"}
            """),
        Result = Shape.Of(KeyResult),
        NoAzCommand = "Nothing is called in Azure. By hand: pkcs11-tool --module MODULE --token-label TOKEN --login --keypairgen --key-type rsa:SIZE --label LABEL, with the attributes CKA_SENSITIVE and CKA_EXTRACTABLE.",
        Settle = new SettlingProbe("Looks for the key in the token, where there was none before: it took effect when it is there.", TimeSpan.FromSeconds(5)),
        Inverse = new ActionInverse("pkcs11.key.delete", null, "Destroys the key in the token, for good. Once it is imported the HSM has its own."),
        Errors = TokenErrors.Common.Add(new ActionError("AlreadyExists", "The token holds a key of that label.", "Nothing changed: two keys of one label can't be told apart.", "Take another label, or the key that is there.")),
    };

    /// <inheritdoc/>
    public override ImmutableArray<PlannedCall> Plan(JsonElement with)
    {
        var arguments = new Arguments(with);
        return
        [
            Call(arguments, 0, EffectClass.Read, $"See that there is no key '{arguments.Text("label")}' in {InWords(arguments)} yet.") with { Observes = NothingObserved },
            Call(arguments, 1, EffectClass.Once, $"Make an RSA key of {arguments.Text("size")} bits, '{arguments.Text("label")}', in {InWords(arguments)}."),
        ];
    }

    /// <inheritdoc/>
    public override JsonElement InvertArguments(JsonElement with, JsonElement? reading)
    {
        var arguments = new Arguments(with);
        return Arguments.ToElement(Arguments.ObjectOf(("module", arguments.Node("module")), ("token", arguments.Node("token")), ("pin", arguments.Node("pin")), ("label", arguments.Node("label"))));
    }

    /// <inheritdoc/>
    protected override JsonObject Do(IToken token, PlannedCall call, JsonElement with, SessionFiles files)
    {
        var label = with.GetProperty("label").GetString()!;
        // Asked again in the call that makes it: between the two somebody else may have been at the token.
        if (!token.Find(label).IsEmpty) throw new TokenRefusedException("AlreadyExists", $"The token holds a key '{label}' already.");
        if (call.Index == 0) return new JsonObject { ["count"] = 0 };
        token.Generate(label, with.GetProperty("size").GetInt32());
        return Tell(token, label);
    }
}

/// <summary><c>pkcs11.key.find</c>: looks for a key in a token.</summary>
internal sealed class TokenKeyFind(TokenAccess access) : TokenAction(access)
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "pkcs11.key.find",
        Summary = "Looks for the RSA keys of a label in a token, and tells the public half of the one that is there.",
        Effect = EffectClass.Read,
        Local = true,
        With = Shape.Of(TokenArguments),
        Result = Shape.Of(KeyResult),
        NoAzCommand = "Nothing is called in Azure. By hand: pkcs11-tool --module MODULE --token-label TOKEN --login --list-objects --label LABEL.",
        Errors = TokenErrors.Common,
    };

    /// <inheritdoc/>
    public override ImmutableArray<PlannedCall> Plan(JsonElement with) => [Call(new Arguments(with), 0, EffectClass.Read, $"Look for the key '{new Arguments(with).Text("label")}' in {InWords(new Arguments(with))}.")];

    /// <inheritdoc/>
    protected override JsonObject Do(IToken token, PlannedCall call, JsonElement with, SessionFiles files) => Tell(token, with.GetProperty("label").GetString()!);
}

/// <summary><c>pkcs11.key.delete</c>: destroys a key in a token.</summary>
internal sealed class TokenKeyDelete(TokenAccess access) : TokenAction(access)
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "pkcs11.key.delete",
        Summary = "Destroys the RSA key pair of a label in a token, for good. One that is gone counts as destroyed.",
        Effect = EffectClass.Destructive,
        Local = true,
        With = Shape.Of(TokenArguments),
        Result = Shape.Of("count: {type: integer, description: \"How many are left: 0\"}"),
        NoAzCommand = "Nothing is called in Azure. By hand: pkcs11-tool --module MODULE --token-label TOKEN --login --delete-object --type privkey --label LABEL, and the same with pubkey.",
        Settle = new SettlingProbe("Looks for the key in the token: it took effect when there is none.", TimeSpan.FromSeconds(5)),
        Errors = TokenErrors.Common,
    };

    /// <inheritdoc/>
    public override ImmutableArray<PlannedCall> Plan(JsonElement with) => [Call(new Arguments(with), 0, EffectClass.Destructive, $"Destroy the key '{new Arguments(with).Text("label")}' in {InWords(new Arguments(with))}, for good.")];

    /// <inheritdoc/>
    protected override JsonObject Do(IToken token, PlannedCall call, JsonElement with, SessionFiles files)
    {
        var label = with.GetProperty("label").GetString()!;
        token.Destroy(label);
        return new JsonObject { ["count"] = token.Find(label).Length };
    }

    /// <inheritdoc/>
    protected override bool IsDone(bool isThere) => !isThere;
}

/// <summary><c>pkcs11.key.encrypt-random</c>: seals a value that nobody knows under a key in a token.</summary>
internal sealed class TokenKeyEncryptRandom(TokenAccess access) : TokenAction(access)
{
    private const int ValueBytes = 32;

    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "pkcs11.key.encrypt-random",
        Summary = "Has a token encrypt a random value with a key's public half (RSA-OAEP with SHA-1), and tells the digest of the value, which is then forgotten: whoever unwraps it later has the private half.",
        Effect = EffectClass.Read,
        Local = true,
        With = Shape.Of(TokenArguments),
        Result = Shape.Of("""
            ciphertext: {type: string, description: "The value as encrypted, base64url; keyvault.key.unwrap takes it with the algorithm RSA-OAEP"}
            plaintextDigest: {type: string, description: "SHA-256 of the value: sha256: and 64 hex digits"}
            """),
        NoAzCommand = "Nothing is called in Azure. By hand: openssl rand 32 > value; openssl pkeyutl -encrypt -pubin -inkey KEY.pem -pkeyopt rsa_padding_mode:oaep -in value; sha256sum value.",
        Errors = TokenErrors.Common.AddRange(TokenKeyWrap.KeyErrors),
    };

    /// <inheritdoc/>
    public override ImmutableArray<PlannedCall> Plan(JsonElement with) => [Call(new Arguments(with), 0, EffectClass.Read, $"Seal a random value under the key '{new Arguments(with).Text("label")}' in {InWords(new Arguments(with))}.")];

    /// <inheritdoc/>
    protected override JsonObject Do(IToken token, PlannedCall call, JsonElement with, SessionFiles files)
    {
        var value = Randomness.Bytes(ValueBytes);
        try
        {
            return new JsonObject { ["ciphertext"] = ByokFile.Text(token.Encrypt(with.GetProperty("label").GetString()!, value)), ["plaintextDigest"] = Hashes.Sha256(value) };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(value);
        }
    }
}
