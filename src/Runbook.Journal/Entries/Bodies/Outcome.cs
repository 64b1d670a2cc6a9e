namespace Runbook.Journal;

/// <summary>What a request came to.</summary>
public enum OutcomeResult
{
    /// <summary>It was done.</summary>
    Done,
    /// <summary>It was refused, and nothing changed.</summary>
    Refused,
    /// <summary>It was answered with a failure.</summary>
    Failed,
    /// <summary>Its time ran out; where it would have changed something, a probe has found that it did not.</summary>
    TimedOut,
    /// <summary>It was in doubt; a probe or two people decided what became of it.</summary>
    Settled,
    /// <summary>It was in doubt, was only a reading, and is repeated.</summary>
    NotNeeded,
}

/// <summary>What was decided about an effect in doubt.</summary>
public enum Settlement
{
    /// <summary>It took effect.</summary>
    TookEffect,
    /// <summary>It did not.</summary>
    DidNot,
    /// <summary>Nobody can tell, and it is left as it is.</summary>
    Abandoned,
}

/// <summary>What a request came to.</summary>
public sealed record Outcome : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.Outcome;

    /// <summary>Microseconds from sending to the answer.</summary>
    public long? DurationUs { get; init; }

    /// <summary>The effect.</summary>
    public required EffectId Effect { get; init; }

    /// <summary>Milliseconds since the step was entered, on the session's clock.</summary>
    public long? ElapsedMs { get; init; }

    /// <summary>The error, where there was one.</summary>
    public CallError? Error { get; init; }

    /// <summary>The result, as far as the action's schema lists it: an object, from which <c>expect</c>, <c>save</c> and
    /// <c>when</c> can be evaluated again.</summary>
    public CanonicalJson? Observed { get; init; }

    /// <summary>The answer, where there was one.</summary>
    public ResponseSummary? Response { get; init; }

    /// <summary>What it came to.</summary>
    public required OutcomeResult Result { get; init; }

    /// <summary>Variables that it binds; a secret one is a <see cref="Commitment"/>.</summary>
    public NamedValues Saved { get; init; } = NamedValues.Empty;

    /// <summary>What was decided, where <see cref="Result"/> is <see cref="OutcomeResult.Settled"/>.</summary>
    public Settlement? SettledAs { get; init; }

    /// <summary>Seq of the probe or approval that settled it, or that decided what a time-out came to.</summary>
    public long? SettledBy { get; init; }

    /// <summary>HTTP status of the answer.</summary>
    public int? Status { get; init; }

    /// <summary>How often the request was sent.</summary>
    public int? Tries { get; init; }

    /// <summary>The whole result of an action that made several calls, with the outcome that ends them; like <see cref="Observed"/>.</summary>
    public CanonicalJson? Whole { get; init; }

    internal override string? Flaw() => Result switch
    {
        OutcomeResult.Settled when SettledBy is null || SettledAs is null => "\"settledBy\" or \"settledAs\" is missing",
        not OutcomeResult.Settled when SettledAs is not null => "\"settledAs\" is there although nothing was settled",
        not (OutcomeResult.Settled or OutcomeResult.TimedOut) when SettledBy is not null => "\"settledBy\" is there although nothing was settled",
        OutcomeResult.Done or OutcomeResult.Refused or OutcomeResult.Failed when Tries is null || DurationUs is null => "\"tries\" or \"durationUs\" is missing",
        _ => null,
    };

    internal static Outcome Read(EntryFields f) => new()
    {
        DurationUs = f.May("durationUs") ? f.Natural("durationUs") : null,
        Effect = f.Effect("effect"),
        ElapsedMs = f.May("elapsedMs") ? f.Natural("elapsedMs") : null,
        Error = f.May("error") ? f.Object("error", CallError.Read) : null,
        Observed = f.May("observed") ? f.ObjectValue("observed") : null,
        Response = f.May("response") ? f.Object("response", ResponseSummary.Read) : null,
        Result = f.Word<OutcomeResult>("result"),
        Saved = f.May("saved") ? f.Values("saved") : NamedValues.Empty,
        SettledAs = f.May("settledAs") ? f.Word<Settlement>("settledAs") : null,
        SettledBy = f.May("settledBy") ? f.Seq("settledBy") : null,
        Status = f.May("status") ? f.Count("status", 100, 599) : null,
        Tries = f.May("tries") ? f.Count("tries", 1, 1_000_000) : null,
        Whole = f.May("whole") ? f.ObjectValue("whole") : null,
    };

    internal override void Write(FieldWriter to)
    {
        to.Integer("durationUs", DurationUs);
        to.Token("effect", Effect.ToString());
        to.Integer("elapsedMs", ElapsedMs);
        to.Object("error", Error);
        to.Value("observed", Observed);
        to.Object("response", Response);
        to.Word<OutcomeResult>("result", Result);
        to.Values("saved", Saved, required: false);
        to.Word("settledAs", SettledAs);
        to.Integer("settledBy", SettledBy);
        to.Integer("status", Status);
        to.Integer("tries", Tries);
        to.Value("whole", Whole);
    }
}

/// <summary>An error as the other side worded it.</summary>
/// <param name="Code">Its code, or <c>NoAnswer</c>, <c>NameNotResolved</c>, <c>TlsFailed</c>.</param>
/// <param name="Message">Its message.</param>
public sealed record CallError(InertText Code, InertText Message) : EntryPart
{
    internal static CallError Read(EntryFields f)
    {
        var code = f.Text("code", Limits.LabelChars);
        return new CallError(code, f.Text("message", Limits.LineChars));
    }

    internal override void Write(FieldWriter to)
    {
        to.Text("code", Code, Limits.LabelChars);
        to.Text("message", Message, Limits.LineChars);
    }
}

/// <summary>An answer, as far as an entry says.</summary>
/// <param name="Digest">Digest of its canonical description, <see cref="RequestDescription"/>.</param>
/// <param name="ServiceRequestId">The id by which the service's logs know it.</param>
/// <param name="CorrelationId">The id by which the activity log knows it.</param>
/// <param name="Date">Its <c>Date</c> header as received.</param>
public sealed record ResponseSummary(Digest Digest, InertText? ServiceRequestId = null, InertText? CorrelationId = null, InertText? Date = null) : EntryPart
{
    internal static ResponseSummary Read(EntryFields f)
    {
        var correlationId = f.TextIfAny("correlationId", Limits.LabelChars);
        var date = f.TextIfAny("date", Limits.LabelChars);
        var digest = f.Digest("digest");
        var serviceRequestId = f.TextIfAny("serviceRequestId", Limits.LabelChars);
        return new ResponseSummary(digest, serviceRequestId, correlationId, date);
    }

    internal override void Write(FieldWriter to)
    {
        to.Text("correlationId", CorrelationId, Limits.LabelChars);
        to.Text("date", Date, Limits.LabelChars);
        to.Digest("digest", Digest);
        to.Text("serviceRequestId", ServiceRequestId, Limits.LabelChars);
    }
}
