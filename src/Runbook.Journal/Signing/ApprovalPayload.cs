namespace Runbook.Journal;

/// <summary>What an approver signs: session, roster, runbook, rendered plan, the journal's head and a nonce that it issued.</summary>
/// <remarks>None of them can be swapped, so an approval can't be moved to another session, text or moment.</remarks>
public sealed record ApprovalPayload : EntryPart
{
    /// <summary>When it was signed, by the approver's clock.</summary>
    public required JournalTime At { get; init; }

    /// <summary>What the person decided.</summary>
    public required Decision Decision { get; init; }

    /// <summary>When the request runs out, by the approver's clock: for people; what counts is monotonic time.</summary>
    public required JournalTime Expires { get; init; }

    /// <summary>The request's line and hash.</summary>
    public required Head Head { get; init; }

    /// <summary>The request's nonce.</summary>
    public required string Nonce { get; init; }

    /// <summary>What is agreed to.</summary>
    public required ApprovalScope Over { get; init; }

    /// <summary>Who signs.</summary>
    public required string Person { get; init; }

    /// <summary>Digest of the plan as the approver's own program rendered it.</summary>
    public required Digest Plan { get; init; }

    /// <summary>Why, where the person says.</summary>
    public InertText? Reason { get; init; }

    /// <summary>In which role.</summary>
    public required string Role { get; init; }

    /// <summary>Digest of the roster.</summary>
    public required Digest Roster { get; init; }

    /// <summary>Digest of the runbook.</summary>
    public required Digest Runbook { get; init; }

    /// <summary>The session.</summary>
    public required string Session { get; init; }

    /// <summary>Reads a payload whose signature holds.</summary>
    /// <param name="payload">The bytes.</param>
    /// <param name="value">The payload, or <see langword="null"/> where the bytes are none.</param>
    public static bool TryRead(ReadOnlySpan<byte> payload, out ApprovalPayload? value) => PayloadText.TryRead(payload, Read, out value!);

    /// <summary>Signs it.</summary>
    /// <param name="signer">The person's key.</param>
    public DsseEnvelope Sign(ISigner signer) => DsseEnvelope.Sign(PayloadTypes.Approval, PayloadText.Write(this), signer);

    internal static ApprovalPayload Read(EntryFields f)
    {
        var value = new ApprovalPayload
        {
            At = f.Time("at"),
            Decision = f.Word<Decision>("decision"),
            Expires = f.Time("expires"),
            Head = f.Object("head", PayloadText.ReadHead),
            Nonce = f.Token("nonce", TextRule.Nonce),
            Over = ApprovalScope.TryParse(f.Token("over", TextRule.Scope), out var over) ? over : default,
            Person = f.Token("person", TextRule.RosterId),
            Plan = f.Digest("plan"),
            Reason = f.TextIfAny("reason", Limits.LineChars),
            Role = f.Token("role", TextRule.Role),
            Roster = f.Digest("roster"),
            Runbook = f.Digest("runbook"),
            Session = f.Token("session", TextRule.SessionId),
        };
        f.Count("v", 1, 1);
        return value;
    }

    internal override void Write(FieldWriter to)
    {
        to.Time("at", At);
        to.Word<Decision>("decision", Decision);
        to.Time("expires", Expires);
        PayloadText.WriteHead(to, "head", Head);
        to.Token("nonce", Nonce);
        to.Token("over", Over.ToString());
        to.Token("person", Person);
        to.Digest("plan", Plan);
        to.Text("reason", Reason, Limits.LineChars);
        to.Token("role", Role);
        to.Digest("roster", Roster);
        to.Digest("runbook", Runbook);
        to.Token("session", Session);
        to.Integer("v", 1);
    }
}
