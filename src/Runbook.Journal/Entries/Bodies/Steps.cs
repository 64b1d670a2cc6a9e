namespace Runbook.Journal;

/// <summary>What led to a step, or away from it.</summary>
public enum StepTrigger
{
    /// <summary>The session began with this step.</summary>
    Start,
    /// <summary>The step's block succeeded.</summary>
    Success,
    /// <summary>It failed.</summary>
    Failure,
    /// <summary>Its time ran out.</summary>
    Timeout,
    /// <summary>People refused.</summary>
    Rejection,
    /// <summary>A decision to stop.</summary>
    Abort,
    /// <summary>A condition held.</summary>
    When,
    /// <summary>The operator chose.</summary>
    Choose,
}

/// <summary>A step is entered. The entry's <c>step</c> and <c>visit</c> say which.</summary>
public sealed record StepEntered : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.StepEntered;

    /// <summary>Digest of the prose as it was shown.</summary>
    public required Digest Text { get; init; }

    /// <summary>The step's heading.</summary>
    public required InertText Title { get; init; }

    /// <summary>What led here.</summary>
    public required StepTrigger Trigger { get; init; }

    internal static StepEntered Read(EntryFields f) => new()
    {
        Text = f.Digest("text"),
        Title = f.Text("title", Limits.LineChars),
        Trigger = f.Word<StepTrigger>("trigger"),
    };

    internal override void Write(FieldWriter to)
    {
        to.Digest("text", Text);
        to.Text("title", Title, Limits.LineChars);
        to.Word<StepTrigger>("trigger", Trigger);
    }
}

/// <summary>A step is left.</summary>
public sealed record StepLeft : EntryBody
{
    /// <inheritdoc/>
    public override EntryKind Kind => EntryKind.StepLeft;

    /// <summary>Text of the choice, where the operator chose.</summary>
    public InertText? Choice { get; init; }

    /// <summary>The next step's slug, or the end's.</summary>
    public required string Next { get; init; }

    /// <summary>What leads there.</summary>
    public required StepTrigger Trigger { get; init; }

    internal override string? Flaw() => Trigger switch
    {
        StepTrigger.Start => "\"trigger\" is \"start\", which only enters a step",
        StepTrigger.Choose when Choice is null => "\"choice\" is missing",
        not StepTrigger.Choose when Choice is not null => "\"choice\" is there although nobody chose",
        _ => null,
    };

    internal static StepLeft Read(EntryFields f) => new()
    {
        Choice = f.TextIfAny("choice", Limits.LineChars),
        Next = f.Token("next", TextRule.Step),
        Trigger = f.Word<StepTrigger>("trigger"),
    };

    internal override void Write(FieldWriter to)
    {
        to.Text("choice", Choice, Limits.LineChars);
        to.Token("next", Next);
        to.Word<StepTrigger>("trigger", Trigger);
    }
}
