namespace Runbook.Journal;

/// <summary>What a person signs who vouches for something away from the console's keyboard.</summary>
public sealed record TickPayload : EntryPart
{
    /// <summary>When it was signed, by the person's clock.</summary>
    public required JournalTime At { get; init; }

    /// <summary>The line and hash of the <c>step-entered</c> entry of that visit.</summary>
    public required Head Head { get; init; }

    /// <summary>Which of the step's attestations, from 0.</summary>
    public required int Item { get; init; }

    /// <summary>Who signs.</summary>
    public required string Person { get; init; }

    /// <summary>In which role.</summary>
    public required string Role { get; init; }

    /// <summary>The session.</summary>
    public required string Session { get; init; }

    /// <summary>Path of the step's slug.</summary>
    public required string Step { get; init; }

    /// <summary>The exact text.</summary>
    public required InertText Text { get; init; }

    /// <summary>Which visit of the step.</summary>
    public required int Visit { get; init; }

    /// <summary>Reads a payload whose signature holds.</summary>
    /// <param name="payload">The bytes.</param>
    /// <param name="value">The payload, or <see langword="null"/> where the bytes are none.</param>
    public static bool TryRead(ReadOnlySpan<byte> payload, out TickPayload? value) => PayloadText.TryRead(payload, Read, out value!);

    /// <summary>Signs it.</summary>
    /// <param name="signer">The person's key.</param>
    public DsseEnvelope Sign(ISigner signer) => DsseEnvelope.Sign(PayloadTypes.Tick, PayloadText.Write(this), signer);

    internal static TickPayload Read(EntryFields f)
    {
        var at = f.Time("at");
        var head = f.Object("head", PayloadText.ReadHead);
        var item = f.Count("item", 0, Limits.ListItems);
        var person = f.Token("person", TextRule.RosterId);
        var role = f.Token("role", TextRule.Role);
        var session = f.Token("session", TextRule.SessionId);
        var step = f.Token("step", TextRule.Step);
        var text = f.Text("text", Limits.TextChars);
        f.Count("v", 1, 1);
        return new TickPayload
        {
            At = at,
            Head = head,
            Item = item,
            Person = person,
            Role = role,
            Session = session,
            Step = step,
            Text = text,
            Visit = f.Count("visit", 1, int.MaxValue),
        };
    }

    internal override void Write(FieldWriter to)
    {
        to.Time("at", At);
        PayloadText.WriteHead(to, "head", Head);
        to.Integer("item", Item);
        to.Token("person", Person);
        to.Token("role", Role);
        to.Token("session", Session);
        to.Token("step", Step);
        to.Text("text", Text, Limits.TextChars);
        to.Integer("v", 1);
        to.Integer("visit", Visit);
    }
}
