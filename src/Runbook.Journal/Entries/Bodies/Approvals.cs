namespace Runbook.Journal;

/// <summary>What a person decided.</summary>
public enum Decision
{
    /// <summary>Agreed.</summary>
    Approve,
    /// <summary>Refused.</summary>
    Reject,
}

/// <summary>Why an approval does not count.</summary>
public enum ApprovalRefusal
{
    /// <summary>The envelope is not written the one strict way, or is no approval.</summary>
    Malformed,
    /// <summary>The key is not a current key of the person.</summary>
    UnknownKey,
    /// <summary>The signature does not hold.</summary>
    BadSignature,
    /// <summary>It was made for another session.</summary>
    WrongSession,
    /// <summary>It was made under another runbook.</summary>
    WrongRunbook,
    /// <summary>It was made under another roster.</summary>
    WrongRoster,
    /// <summary>No open request asks for it.</summary>
    NotOpen,
    /// <summary>It names another head of the journal.</summary>
    WrongHead,
    /// <summary>It has another nonce.</summary>
    WrongNonce,
    /// <summary>It is over another plan, or over something else.</summary>
    WrongPlan,
    /// <summary>The person does not have the role, or it is not the one asked.</summary>
    WrongRole,
    /// <summary>It came after the request ran out.</summary>
    Expired,
    /// <summary>The person has answered this request before.</summary>
    DuplicatePerson,
    /// <summary>The key has answered this request before, under another name.</summary>
    DuplicateKey,
    /// <summary>It is the operator's own, where a second person is asked for.</summary>
    OwnApproval,
    /// <summary>The person's passphrase was wrong, so that nothing was signed.</summary>
    WrongPassphrase,
}

/// <summary>People are asked to agree. The line's hash is the head that they sign.</summary>
public sealed record ApprovalRequested : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.ApprovalRequested;

    /// <summary>Milliseconds of monotonic time after which the request runs out.</summary>
    public required long ExpiresMs { get; init; }

    /// <summary>32 hexadecimal digits that no other request has.</summary>
    public required string Nonce { get; init; }

    /// <summary>What they are asked about.</summary>
    public required ApprovalScope Over { get; init; }

    /// <summary>Digest of the text that each approver renders and reads; for a session key, its key id; for a roster, its digest.</summary>
    public required Digest Plan { get; init; }

    /// <summary>How many people must agree.</summary>
    public required int Quorum { get; init; }

    /// <summary>Of which role.</summary>
    public required string Role { get; init; }

    internal static ApprovalRequested Read(EntryFields f) => new()
    {
        ExpiresMs = f.Natural("expiresMs"),
        Nonce = f.Token("nonce", TextRule.Nonce),
        Over = ApprovalScope.TryParse(f.Token("over", TextRule.Scope), out var over) ? over : default,
        Plan = f.Digest("plan"),
        Quorum = f.Count("quorum", 1, Limits.RosterPeople),
        Role = f.Token("role", TextRule.Role),
    };

    internal override void Write(FieldWriter to)
    {
        to.Integer("expiresMs", ExpiresMs);
        to.Token("nonce", Nonce);
        to.Token("over", Over.ToString());
        to.Digest("plan", Plan);
        to.Integer("quorum", Quorum);
        to.Token("role", Role);
    }
}

/// <summary>A person agrees or refuses, signed.</summary>
public sealed record Approval : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.Approval;

    /// <summary>What the person decided.</summary>
    public required Decision Decision { get; init; }

    /// <summary>The signed approval.</summary>
    public required EnvelopeLink Envelope { get; init; }

    /// <summary>Who.</summary>
    public required string Person { get; init; }

    /// <summary>Why, where the person said.</summary>
    public InertText? Reason { get; init; }

    /// <summary>Seq of the request.</summary>
    public required long Request { get; init; }

    /// <summary>In which role.</summary>
    public required string Role { get; init; }

    internal static Approval Read(EntryFields f) => new()
    {
        Decision = f.Word<Decision>("decision"),
        Envelope = f.Object("envelope", EnvelopeLink.Read),
        Person = f.Token("person", TextRule.RosterId),
        Reason = f.TextIfAny("reason", Limits.LineChars),
        Request = f.Seq("request"),
        Role = f.Token("role", TextRule.Role),
    };

    internal override void Write(FieldWriter to)
    {
        to.Word<Decision>("decision", Decision);
        to.Object("envelope", Envelope);
        to.Token("person", Person);
        to.Text("reason", Reason, Limits.LineChars);
        to.Integer("request", Request);
        to.Token("role", Role);
    }
}

/// <summary>An approval, tick or answer does not count.</summary>
public sealed record ApprovalRefused : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.ApprovalRefused;

    /// <summary>Digest of the envelope; absent where there was none.</summary>
    public Digest? Envelope { get; init; }

    /// <summary>Who it claims to be from, where that is known.</summary>
    public string? Person { get; init; }

    /// <summary>Seq of the request.</summary>
    public required long Request { get; init; }

    /// <summary>Why it does not count.</summary>
    public required ApprovalRefusal Why { get; init; }

    internal override string? Flaw()
        => Envelope is null && Why != ApprovalRefusal.WrongPassphrase ? "\"envelope\" is missing" : null;

    internal static ApprovalRefused Read(EntryFields f) => new()
    {
        Envelope = f.May("envelope") ? f.Digest("envelope") : null,
        Person = f.May("person") ? f.Token("person", TextRule.RosterId) : null,
        Request = f.Seq("request"),
        Why = f.Word<ApprovalRefusal>("why"),
    };

    internal override void Write(FieldWriter to)
    {
        to.Digest("envelope", Envelope);
        to.Token("person", Person);
        to.Integer("request", Request);
        to.Word<ApprovalRefusal>("why", Why);
    }
}
