using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>How a fault or lease was undone.</summary>
public enum LiftedHow
{
    /// <summary>The session reverted it.</summary>
    Revert,
    /// <summary>The guard did.</summary>
    Guard,
    /// <summary>A person did, by hand.</summary>
    ByHand,
    /// <summary>It had never taken effect.</summary>
    NeverTook,
}

/// <summary>A fault or lease is about to be armed. Durable before the request that causes it.</summary>
public sealed record FaultArmed : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.FaultArmed;

    /// <summary>Digest of the blast radius, an artifact; a lease has none.</summary>
    public Digest? BlastRadius { get; init; }

    /// <summary>When the guard acts, by the wall clock.</summary>
    public required JournalTime Deadline { get; init; }

    /// <summary>The effect that causes it.</summary>
    public required EffectId Effect { get; init; }

    /// <summary>The fault's slug.</summary>
    public required string Fault { get; init; }

    /// <summary>The guard; absent where none exists.</summary>
    public GuardProcess? Guard { get; init; }

    /// <summary>What undoes it.</summary>
    public required InverseCall Inverse { get; init; }

    /// <summary>Whether it is a lease: wanted, but only for a time.</summary>
    public bool Lease { get; init; }

    /// <summary>Age at which it is undone whatever became of the console.</summary>
    public required long LimitMs { get; init; }

    /// <summary>Slugs of the probes that held before.</summary>
    public ImmutableArray<string> SteadyState { get; init; } = [];

    internal override string? Flaw() => !Lease && BlastRadius is null ? "\"blastRadius\" is missing" : null;

    internal static FaultArmed Read(EntryFields f) => new()
    {
        BlastRadius = f.May("blastRadius") ? f.Digest("blastRadius") : null,
        Deadline = f.Time("deadline"),
        Effect = f.Effect("effect"),
        Fault = f.Token("fault", TextRule.Step),
        Guard = f.May("guard") ? f.Object("guard", GuardProcess.Read) : null,
        Inverse = f.Object("inverse", InverseCall.Read),
        Lease = f.May("lease") && f.True("lease"),
        LimitMs = f.Integer("limitMs", 1, Limits.IntegerMax),
        SteadyState = f.May("steadyState") ? f.List("steadyState", 1, e => e.Token(EntryFields.Item, TextRule.Step)) : [],
    };

    internal override void Write(FieldWriter to)
    {
        to.Digest("blastRadius", BlastRadius);
        to.Time("deadline", Deadline);
        to.Token("effect", Effect.ToString());
        to.Token("fault", Fault);
        to.Object("guard", Guard);
        to.Object("inverse", Inverse);
        to.True("lease", Lease);
        to.Integer("limitMs", LimitMs);
        to.ListIfAny("steadyState", SteadyState, (w, slug) => w.Token(EntryFields.Item, slug));
    }
}

/// <summary>The process that undoes a fault at its limit.</summary>
/// <param name="Pid">Its process id.</param>
/// <param name="Boot">Id of the boot that the process id belongs to.</param>
/// <param name="Key">Public half of its key: DER SubjectPublicKeyInfo in base64.</param>
/// <param name="File">Its file under <c>guard/</c>.</param>
public sealed record GuardProcess(int Pid, InertText Boot, string Key, string File) : EntryPart
{
    internal static GuardProcess Read(EntryFields f)
    {
        var boot = f.Text("boot", Limits.LabelChars);
        var file = f.Token("file", TextRule.FilePath);
        var key = f.Base64("key", VerifyingKey.SpkiBytesMax);
        return new GuardProcess(f.Count("pid", 1, int.MaxValue), boot, key, file);
    }

    internal override void Write(FieldWriter to)
    {
        to.Text("boot", Boot, Limits.LabelChars);
        to.Token("file", File);
        to.Token("key", Key);
        to.Integer("pid", Pid);
    }
}

/// <summary>What undoes a fault, rendered before the fault is sent.</summary>
/// <param name="Action">The inverse action; the first one where there are several.</param>
/// <param name="Digest">Digest of all its calls as rendered, an artifact.</param>
public sealed record InverseCall(string Action, Digest Digest) : EntryPart
{
    internal static InverseCall Read(EntryFields f)
    {
        var action = f.Token("action", TextRule.Action);
        return new InverseCall(action, f.Digest("digest"));
    }

    internal override void Write(FieldWriter to)
    {
        to.Token("action", Action);
        to.Digest("digest", Digest);
    }
}

/// <summary>A fault or lease is undone, and the harm is seen to be gone.</summary>
public sealed record FaultLifted : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.FaultLifted;

    /// <summary>The fault's slug.</summary>
    public required string Fault { get; init; }

    /// <summary>Digest of the guard's line that this was taken from.</summary>
    public Digest? GuardLine { get; init; }

    /// <summary>Who undid it.</summary>
    public required LiftedHow How { get; init; }

    /// <summary>Digest of what was seen, an artifact.</summary>
    public required Digest Observed { get; init; }

    internal static FaultLifted Read(EntryFields f) => new()
    {
        Fault = f.Token("fault", TextRule.Step),
        GuardLine = f.May("guardLine") ? f.Digest("guardLine") : null,
        How = f.Word<LiftedHow>("how"),
        Observed = f.Digest("observed"),
    };

    internal override void Write(FieldWriter to)
    {
        to.Token("fault", Fault);
        to.Digest("guardLine", GuardLine);
        to.Word<LiftedHow>("how", How);
        to.Digest("observed", Observed);
    }
}
