namespace Runbook.Journal;

/// <summary>How a person made a claim.</summary>
public enum ClaimAuth
{
    /// <summary>The operator's keyboard said that the person did.</summary>
    Keyboard,
    /// <summary>The person's key signed it.</summary>
#pragma warning disable CA1720 // "signed" is the format's word, and no number is meant.
    Signed,
#pragma warning restore CA1720
}

/// <summary>A person vouches for something. A claim, unless it is signed.</summary>
public sealed record Tick : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.Tick;

    /// <summary>How the claim was made.</summary>
    public required ClaimAuth Auth { get; init; }

    /// <summary>The signed claim; there exactly where <see cref="Auth"/> is <see cref="ClaimAuth.Signed"/>.</summary>
    public EnvelopeLink? Envelope { get; init; }

    /// <summary>Which of the step's attestations, from 0 in the order of the file.</summary>
    public required int Item { get; init; }

    /// <summary>Who vouches.</summary>
    public required string Person { get; init; }

    /// <summary>In which role.</summary>
    public required string Role { get; init; }

    /// <summary>The exact text that was shown.</summary>
    public required InertText Text { get; init; }

    internal override string? Flaw() => EnvelopeLink.Flaw(Auth, Envelope);

    internal static Tick Read(EntryFields f) => new()
    {
        Auth = f.Word<ClaimAuth>("auth"),
        Envelope = f.May("envelope") ? f.Object("envelope", EnvelopeLink.Read) : null,
        Item = f.Count("item", 0, Limits.ListItems),
        Person = f.Token("person", TextRule.RosterId),
        Role = f.Token("role", TextRule.Role),
        Text = f.Text("text", Limits.TextChars),
    };

    internal override void Write(FieldWriter to)
    {
        to.Word<ClaimAuth>("auth", Auth);
        to.Object("envelope", Envelope);
        to.Integer("item", Item);
        to.Token("person", Person);
        to.Token("role", Role);
        to.Text("text", Text, Limits.TextChars);
    }
}

/// <summary>A signed envelope that an entry rests on.</summary>
/// <param name="File">Its path in the session's directory.</param>
/// <param name="Digest">Digest of the file.</param>
/// <param name="KeyId">The key that signed it.</param>
public sealed record EnvelopeLink(string File, Digest Digest, Digest KeyId) : EntryPart
{
    internal static EnvelopeLink Read(EntryFields f)
    {
        var digest = f.Digest("digest");
        var file = f.Token("file", TextRule.FilePath);
        return new EnvelopeLink(file, digest, f.Digest("keyid"));
    }

    internal static string? Flaw(ClaimAuth auth, EnvelopeLink? envelope) => (auth, envelope) switch
    {
        (ClaimAuth.Signed, null) => "\"envelope\" is missing",
        (ClaimAuth.Keyboard, not null) => "\"envelope\" is there although nothing was signed",
        _ => null,
    };

    internal override void Write(FieldWriter to)
    {
        to.Digest("digest", Digest);
        to.Token("file", File);
        to.Digest("keyid", KeyId);
    }
}
