using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary>How sessions reach tokens.</summary>
/// <param name="IsEmbedded">Whether the session is on the embedded Azure, where a token may be a stand-in.</param>
internal sealed record TokenAccess(bool IsEmbedded);

/// <summary>
/// An action on a token of our own, behind a PKCS#11 module on this computer. Module, token and key are named by reference:
/// what stands in the runbook is the same whatever the device. The PIN is known to the module and to nobody else.
/// </summary>
internal abstract class TokenAction(TokenAccess access) : IAction
{
    /// <summary>The arguments that every one of them takes.</summary>
    protected const string TokenArguments = """
        module: {type: string, minLength: 1, maxLength: 256, description: "The token's PKCS#11 module: its path, or the name that p11-kit has for it; rehearsal-token is a stand-in, on the embedded Azure only"}
        token: {type: string, minLength: 1, maxLength: 32, description: "The token's label"}
        pin: {type: string, writeOnly: true, minLength: 4, maxLength: 255, description: "Its user's PIN"}
        label: {type: string, minLength: 1, maxLength: 128, description: "The key's label in the token"}
        """;

    /// <summary>A key as it is found, as members of a result.</summary>
    protected const string KeyResult = """
        count: {type: integer, description: "How many RSA private keys have that label"}
        bits: {type: integer}
        sensitive: {type: boolean, description: "It never leaves the token in the clear"}
        extractable: {type: boolean, description: "It leaves the token wrapped"}
        local: {type: boolean, description: "It was made in the token"}
        public: {type: object, additionalProperties: false, properties: {n: {type: string}, e: {type: string}}, description: "Its public half, as Azure writes one"}
        publicDigest: {type: string, description: "SHA-256 of the public half (SubjectPublicKeyInfo, DER): sha256: and 64 hex digits"}
        device: {type: object, additionalProperties: false, properties: {maker: {type: string}, serial: {type: string}, rehearsal: {type: boolean, description: "It is no device but files"}}}
        """;

    /// <inheritdoc/>
    public abstract ActionDescriptor Descriptor { get; }

    /// <inheritdoc/>
    public abstract ImmutableArray<PlannedCall> Plan(JsonElement with);

    /// <inheritdoc/>
    public ActionStep Next(JsonElement with, ImmutableArray<CallAnswer> answers)
    {
        var calls = Plan(with);
        return answers.Length < calls.Length ? new ActionStep.MakeCall(calls[answers.Length]) : new ActionStep.Finished(answers[^1].Observed);
    }

    /// <inheritdoc/>
    public async Task<CallAnswer> SendAsync(EffectPermit permit, PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        Permits.Use(permit, call);
        try
        {
            // A module blocks for as long as the device takes.
            return await Task.Run(() => Ask(call, context), CancellationToken.None).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (TokenRefusedException refused)
        {
            return Answers.Refused(refused.Code, refused.Message);
        }
        catch (FileRefusedException refused)
        {
            return Answers.Refused(refused.Code, refused.Message);
        }
    }

    /// <inheritdoc/>
    public Task<CallAnswer> PollAsync(PendingOperation operation, PlannedCall call, ActionContext context, CancellationToken cancellationToken) =>
        throw new InvalidOperationException($"{Descriptor.Name} is done at once.");

    /// <inheritdoc/>
    public async Task<SettleVerdict> SettleAsync(PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        if (Descriptor.Settle is null) return new SettleVerdict.CannotTell($"{Descriptor.Name} only reads: there is nothing to settle.");
        try
        {
            return await Task.Run(() => Settle(call, context), CancellationToken.None).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (TokenRefusedException refused)
        {
            return new SettleVerdict.CannotTell($"The token could not be asked: {refused.Message}");
        }
    }

    /// <inheritdoc/>
    public virtual JsonElement InvertArguments(JsonElement with, JsonElement? reading) => throw new InvalidOperationException($"{Descriptor.Name} has no inverse.");

    /// <summary>Does what a call says, in a token that is open.</summary>
    protected abstract JsonObject Do(IToken token, PlannedCall call, JsonElement with, SessionFiles files);

    /// <summary>Whether the key that is there, or that none is, shows the effect; only for what changes something.</summary>
    protected virtual bool IsDone(bool isThere) => isThere;

    /// <summary>A call to the token.</summary>
    protected PlannedCall Call(Arguments with, int index, EffectClass effect, string description) => new()
    {
        Index = index,
        Effect = effect,
        Description = description,
        Target = $"token '{with.Text("token")}', key '{with.Text("label")}'",
        Method = PlannedCall.Local,
        Url = Descriptor.Name,
        Body = with.All,
    };

    /// <summary>The token in a sentence; a stand-in is called one.</summary>
    protected static string InWords(Arguments with) => with.Text("module") == RehearsalToken.Module ? $"the token '{with.Text("token")}' ({RehearsalToken.InWords})" : $"the token '{with.Text("token")}'";

    /// <summary>What a token tells of the keys of a label.</summary>
    protected static JsonObject Tell(IToken token, string label)
    {
        var keys = token.Find(label);
        var told = new JsonObject
        {
            ["count"] = keys.Length,
            ["device"] = new JsonObject { ["maker"] = token.Device.Maker, ["serial"] = token.Device.Serial, ["rehearsal"] = token.Device.IsRehearsal },
        };
        if (keys is not [var key]) return told;
        told["bits"] = key.Bits;
        told["sensitive"] = key.IsSensitive;
        told["extractable"] = key.IsExtractable;
        told["local"] = key.IsMadeThere;
        told["public"] = new JsonObject { ["n"] = ByokFile.Text(key.Public.Modulus!), ["e"] = ByokFile.Text(key.Public.Exponent!) };
        told["publicDigest"] = key.PublicDigest();
        return told;
    }

    /// <summary>The one key of a label.</summary>
    /// <exception cref="TokenRefusedException">There is none, or there are several.</exception>
    protected static TokenKey One(IToken token, string label) => token.Find(label) switch
    {
        [var only] => only,
        [] => throw new TokenRefusedException("KeyNotFound", $"The token holds no RSA key '{label}'."),
        var several => throw new TokenRefusedException("KeyAmbiguous", $"The token holds {several.Length} RSA keys '{label}', which can't be told apart."),
    };

    private CallAnswer Ask(PlannedCall call, ActionContext context)
    {
        var with = call.Body!.Value;
        using var token = Open(with, context);
        return Answers.Local(Do(token, call, with, new SessionFiles(context)));
    }

    private SettleVerdict Settle(PlannedCall call, ActionContext context)
    {
        var with = call.Body!.Value;
        using var token = Open(with, context);
        var found = Tell(token, with.GetProperty("label").GetString()!);
        var answer = Answers.Local(found);
        return IsDone(found["count"]!.GetValue<int>() > 0) ? new SettleVerdict.TookEffect(answer) : new SettleVerdict.DidNot(answer);
    }

    private IToken Open(JsonElement with, ActionContext context)
    {
        var (module, label) = (with.GetProperty("module").GetString()!, with.GetProperty("token").GetString()!);
        var pin = context.Secret(NameOf(with.GetProperty("pin").GetString()!)) ?? throw new TokenRefusedException("PinNotTold", "Nobody has told this console the token's PIN.");
        if (module != RehearsalToken.Module) return Pkcs11Token.Open(module, label, pin);
        return access.IsEmbedded ? new RehearsalToken(context.FilesFolder, label) : throw new TokenRefusedException("RehearsalTokenOnly", "The rehearsal token keeps keys in files; it is for the embedded Azure only.");
    }

    // The checker lets a secret be nothing but ${name}.
    private static string NameOf(string reference) => reference.StartsWith("${", StringComparison.Ordinal) && reference[^1] == '}' ? reference[2..^1] : "";
}
