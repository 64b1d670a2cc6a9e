namespace Runbook.Journal;

/// <summary>What is known of an effect.</summary>
public enum EffectState
{
    /// <summary>Sent, or about to be; what became of it is not known.</summary>
    InDoubt,
    /// <summary>It took effect.</summary>
    TookEffect,
    /// <summary>It did not.</summary>
    DidNot,
    /// <summary>It was answered with a failure, which says nothing of what remained.</summary>
    Failed,
    /// <summary>Nobody can tell, and it was left as it is.</summary>
    Abandoned,
}

/// <summary>One effect, from its intent on.</summary>
public sealed record EffectRecord
{
    /// <summary>Its intent.</summary>
    public required Intent Intent { get; init; }

    /// <summary>The intent's line.</summary>
    public required long IntentSeq { get; init; }

    /// <summary>What is known of it.</summary>
    public EffectState State { get; init; }

    /// <summary>Its outcome's line.</summary>
    public long? OutcomeSeq { get; init; }

    /// <summary>The last operation that <c>progress</c> reported: where to ask first after a crash.</summary>
    public Progress? LastProgress { get; init; }

    /// <summary>The last probe that was made to settle it.</summary>
    public Probe? LastProbe { get; init; }

    /// <summary>That probe's line.</summary>
    public long? LastProbeSeq { get; init; }
}
