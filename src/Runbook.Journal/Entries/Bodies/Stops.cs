using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>The process ends in good order and the session stays open.</summary>
public sealed record Paused : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.Paused;

    /// <summary>Why.</summary>
    public required InertText Reason { get; init; }

    /// <summary>Until when, where that is known.</summary>
    public JournalTime? Until { get; init; }

    internal static Paused Read(EntryFields f) => new()
    {
        Reason = f.Text("reason", Limits.LineChars),
        Until = f.May("until") ? f.Time("until") : null,
    };

    internal override void Write(FieldWriter to)
    {
        to.Text("reason", Reason, Limits.LineChars);
        to.Time("until", Until);
    }
}

/// <summary>A decision to stop.</summary>
public sealed record Abort : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.Abort;

    /// <summary>Why.</summary>
    public required InertText Reason { get; init; }

    /// <summary>Whose: <c>operator</c>, <c>guard</c>, <c>timeout</c>, <c>unharmed</c>, or <c>signal:</c> and a signal's name.</summary>
    public required string Trigger { get; init; }

    internal static Abort Read(EntryFields f) => new()
    {
        Reason = f.Text("reason", Limits.LineChars),
        Trigger = f.Token("trigger", TextRule.AbortTrigger),
    };

    internal override void Write(FieldWriter to)
    {
        to.Text("reason", Reason, Limits.LineChars);
        to.Token("trigger", Trigger);
    }
}

/// <summary>Why a new process goes on, as far as that is known.</summary>
public enum RecoveryCause
{
    /// <summary>The process before it died.</summary>
    Crash,
    /// <summary>It had been paused.</summary>
    Pause,
    /// <summary>Another machine takes over.</summary>
    Handover,
    /// <summary>The journal could not be made durable.</summary>
    JournalFailed,
    /// <summary>The local file was behind its anchor, whose bytes were taken.</summary>
    FromAnchor,
}

/// <summary>A new process goes on with the session. First entry of its epoch.</summary>
public sealed record Recovered : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.Recovered;

    /// <summary>Id of the machine's boot.</summary>
    public required InertText Boot { get; init; }

    /// <summary>The program that writes from here on.</summary>
    public ConsoleProgram? Console { get; init; }

    /// <summary>Faults and leases that are armed.</summary>
    public required ImmutableArray<string> FaultsArmed { get; init; }

    /// <summary>A label of the machine.</summary>
    public required InertText Host { get; init; }

    /// <summary>Effects that are in doubt.</summary>
    public required ImmutableArray<EffectId> InDoubt { get; init; }

    /// <summary>Where the epoch before ended.</summary>
    public required EpochEnd Previous { get; init; }

    /// <summary>Whether the machine has run through since, so that monotonic times can be compared.</summary>
    public required bool SameBoot { get; init; }

    /// <summary>Public half of this epoch's session key: DER SubjectPublicKeyInfo in base64.</summary>
    public required string SessionKey { get; init; }

    /// <summary>File under <c>recovery/</c> that keeps the bytes that were removed.</summary>
    public string? Tail { get; init; }

    /// <summary>Number of bytes that were removed from the journal's end.</summary>
    public required long TornBytes { get; init; }

    /// <summary>Their digest.</summary>
    public Digest? TornDigest { get; init; }

    /// <summary>Milliseconds since the machine's boot when this epoch began.</summary>
    public required long UpMs { get; init; }

    /// <summary>Wall time since the last entry: an observation.</summary>
    public required long WallGapMs { get; init; }

    /// <summary>Why.</summary>
    public required RecoveryCause Why { get; init; }

    internal override string? Flaw() => (TornBytes > 0) != (TornDigest is not null) || (TornDigest is null) != (Tail is null)
        ? "\"tornDigest\" and \"tail\" must be there exactly where bytes were removed"
        : null;

    internal static Recovered Read(EntryFields f) => new()
    {
        Boot = f.Text("boot", Limits.LabelChars),
        Console = f.May("console") ? f.Object("console", ConsoleProgram.Read) : null,
        FaultsArmed = f.List("faultsArmed", 0, e => e.Token(EntryFields.Item, TextRule.Step)),
        Host = f.Text("host", Limits.LabelChars),
        InDoubt = f.List("inDoubt", 0, e => e.Effect(EntryFields.Item)),
        Previous = f.Object("previous", EpochEnd.Read),
        SameBoot = f.Flag("sameBoot"),
        SessionKey = f.Base64("sessionKey", VerifyingKey.SpkiBytesMax),
        Tail = f.May("tail") ? f.Token("tail", TextRule.FilePath) : null,
        TornBytes = f.Natural("tornBytes"),
        TornDigest = f.May("tornDigest") ? f.Digest("tornDigest") : null,
        UpMs = f.Natural("upMs"),
        WallGapMs = f.Integer("wallGapMs", -Limits.IntegerMax, Limits.IntegerMax),
        Why = f.Word<RecoveryCause>("why"),
    };

    internal override void Write(FieldWriter to)
    {
        to.Text("boot", Boot, Limits.LabelChars);
        to.Object("console", Console);
        to.List("faultsArmed", FaultsArmed, (w, slug) => w.Token(EntryFields.Item, slug));
        to.Text("host", Host, Limits.LabelChars);
        to.List("inDoubt", InDoubt, (w, effect) => w.Token(EntryFields.Item, effect.ToString()));
        to.Object("previous", Previous);
        to.Flag("sameBoot", SameBoot);
        to.Token("sessionKey", SessionKey);
        to.Token("tail", Tail);
        to.Integer("tornBytes", TornBytes);
        to.Digest("tornDigest", TornDigest);
        to.Integer("upMs", UpMs);
        to.Integer("wallGapMs", WallGapMs);
        to.Word<RecoveryCause>("why", Why);
    }
}

/// <summary>Where an epoch ended.</summary>
/// <param name="Epoch">The epoch.</param>
/// <param name="Seq">Its last line.</param>
/// <param name="Head">That line's hash.</param>
public sealed record EpochEnd(int Epoch, long Seq, Digest Head) : EntryPart
{
    internal static EpochEnd Read(EntryFields f)
    {
        var epoch = f.Count("epoch", 1, int.MaxValue);
        var head = f.Hex("head");
        return new EpochEnd(epoch, f.Seq("seq"), head);
    }

    internal override void Write(FieldWriter to)
    {
        to.Integer("epoch", Epoch);
        to.Hex("head", Head);
        to.Integer("seq", Seq);
    }
}
