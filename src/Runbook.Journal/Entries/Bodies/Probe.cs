namespace Runbook.Journal;

/// <summary>What a reading says.</summary>
public enum ProbeVerdict
{
    /// <summary>The effect in doubt is there, finished.</summary>
    TookEffect,
    /// <summary>The effect in doubt is not there.</summary>
    DidNot,
    /// <summary>Neither can be said.</summary>
    CannotTell,
    /// <summary>What was expected holds.</summary>
    Holds,
    /// <summary>It does not hold, so far.</summary>
    NotYet,
}

/// <summary>What a reading found, once or over several samples.</summary>
public sealed record Probe : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.Probe;

    /// <summary>The action of the catalogue.</summary>
    public required string Action { get; init; }

    /// <summary>The effect that it settles, where it settles one.</summary>
    public EffectId? Effect { get; init; }

    /// <summary>Milliseconds since the step was entered, on the session's clock, at the last sample.</summary>
    public long? ElapsedMs { get; init; }

    /// <summary>The error of the last sample, where there was one.</summary>
    public CallError? Error { get; init; }

    /// <summary>Monotonic time of the first sample, microseconds in this epoch.</summary>
    public required long FirstAtUs { get; init; }

    /// <summary>Monotonic time of the last sample, microseconds in this epoch.</summary>
    public required long LastAtUs { get; init; }

    /// <summary>The last sample's result, as far as the action's schema lists it: an object.</summary>
    public CanonicalJson? Observed { get; init; }

    /// <summary>The last sample's request.</summary>
    public required RequestSummary Request { get; init; }

    /// <summary>Number of samples since the last entry about this probe.</summary>
    public required int Samples { get; init; }

    /// <summary>Variables that it binds.</summary>
    public NamedValues Saved { get; init; } = NamedValues.Empty;

    /// <summary>HTTP status of the last sample.</summary>
    public int? Status { get; init; }

    /// <summary>What it says.</summary>
    public required ProbeVerdict Verdict { get; init; }

    /// <summary>The fault and the probe that it watches, where it is a sample beside what the session does; absent for a step's own.</summary>
    public FaultWatch? Watch { get; init; }

    internal override string? Flaw()
    {
        if (LastAtUs < FirstAtUs) return "\"lastAtUs\" is before \"firstAtUs\"";
        return Effect is null && Verdict is ProbeVerdict.TookEffect or ProbeVerdict.DidNot ? "\"effect\" is missing" : null;
    }

    internal static Probe Read(EntryFields f) => new()
    {
        Action = f.Token("action", TextRule.Action),
        Effect = f.May("effect") ? f.Effect("effect") : null,
        ElapsedMs = f.May("elapsedMs") ? f.Natural("elapsedMs") : null,
        Error = f.May("error") ? f.Object("error", CallError.Read) : null,
        FirstAtUs = f.Natural("firstAtUs"),
        LastAtUs = f.Natural("lastAtUs"),
        Observed = f.May("observed") ? f.ObjectValue("observed") : null,
        Request = f.Object("request", RequestSummary.Read),
        Samples = f.Count("samples", 1, int.MaxValue),
        Saved = f.May("saved") ? f.Values("saved") : NamedValues.Empty,
        Status = f.May("status") ? f.Count("status", 100, 599) : null,
        Verdict = f.Word<ProbeVerdict>("verdict"),
        Watch = f.May("watch") ? f.Object("watch", FaultWatch.Read) : null,
    };

    internal override void Write(FieldWriter to)
    {
        to.Token("action", Action);
        to.Token("effect", Effect?.ToString());
        to.Integer("elapsedMs", ElapsedMs);
        to.Object("error", Error);
        to.Integer("firstAtUs", FirstAtUs);
        to.Integer("lastAtUs", LastAtUs);
        to.Value("observed", Observed);
        to.Object("request", Request);
        to.Integer("samples", Samples);
        to.Values("saved", Saved, required: false);
        to.Integer("status", Status);
        to.Word<ProbeVerdict>("verdict", Verdict);
        to.Object("watch", Watch);
    }
}

/// <summary>Why a probe is sampled beside what the session does: a fault is about to be armed, or is armed.</summary>
/// <param name="Fault">The fault.</param>
/// <param name="Probe">Slug of the step that the probe stands in.</param>
/// <param name="As">What it is to the fault.</param>
public sealed record FaultWatch(string Fault, string Probe, WatchedAs As) : EntryPart
{
    internal static FaultWatch Read(EntryFields f)
    {
        var kind = f.Word<WatchedAs>("as");
        var fault = f.Token("fault", TextRule.Step);
        return new FaultWatch(fault, f.Token("probe", TextRule.Step), kind);
    }

    internal override void Write(FieldWriter to)
    {
        to.Word<WatchedAs>("as", As);
        to.Token("fault", Fault);
        to.Token("probe", Probe);
    }
}

/// <summary>What a watched probe is to a fault.</summary>
public enum WatchedAs
{
    /// <summary>Part of the hypothesis: it holds before the fault and again after its revert.</summary>
    SteadyState,
    /// <summary>What the fault must not touch: where it does not hold, the scope is cut short.</summary>
    Unharmed,
}
