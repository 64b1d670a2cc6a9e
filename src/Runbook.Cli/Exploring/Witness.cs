using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Cli.Exploring;

/// <summary>A call that a process made.</summary>
internal sealed class SentCall
{
    /// <summary>Who made it.</summary>
    public required ExploredProcess By { get; init; }

    /// <summary>The action.</summary>
    public required string Action { get; init; }

    /// <summary>The effect as its permit names it: step, visit, attempt.</summary>
    public required string Effect { get; init; }

    /// <summary>Line of its intent.</summary>
    public required long IntentSeq { get; init; }

    /// <summary>The call.</summary>
    public required PlannedCall Call { get; init; }

    /// <summary>Path of the step in which the console stood; for a guard its fault.</summary>
    public required string Step { get; init; }

    /// <summary>Path of the fault or lease that it undoes; <see langword="null"/> where it undoes none.</summary>
    public string? Undoes { get; init; }

    /// <summary>How much of its process's journal was on stable storage when it left.</summary>
    public required long Synced { get; init; }

    /// <summary>Whether its intent stands in the session's own journal; else in a guard's file.</summary>
    public required bool JournalIsSessions { get; init; }

    /// <summary>When it left.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Whether a request of it was done: accepted, and not seen to have failed afterwards.</summary>
    public bool Took { get; set; }

    /// <summary>Where Azure tells how it goes on with what it accepted; <see langword="null"/> where it was done at once.</summary>
    public string? Operation { get; set; }

    /// <summary>Whether its process got the answer that it was.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>Whether its process had just seen that there was nothing to undo.</summary>
    public bool SeenGone { get; init; }

    /// <summary>Whether its process had looked before whether there was anything to undo.</summary>
    public bool HasLooked { get; init; }

    /// <summary>For a call that is a fault: whether a guard had said that it stands by.</summary>
    public bool GuardStood { get; init; }

    /// <summary>How long the console had been silent, as its guard heard it.</summary>
    public TimeSpan Silence { get; init; }

    /// <summary>Whether it changes something in Azure.</summary>
    public bool Changes => Call.Effect != EffectClass.Read && Call.Method != PlannedCall.Local;
}

/// <summary>What was seen of a run by somebody who sees everything.</summary>
internal sealed class Witness
{
    /// <summary>Every call that was to change something.</summary>
    public List<SentCall> Sent { get; } = [];

    /// <summary>Promises that were seen to be broken while it happened, a sentence each.</summary>
    public List<string> Seen { get; } = [];

    /// <summary>Processes that have looked whether there was anything to undo.</summary>
    public HashSet<ExploredProcess> Looked { get; } = [];

    /// <summary>What guards were told to undo, by the path of the fault.</summary>
    public Dictionary<string, GuardOrder> Orders { get; } = new(StringComparer.Ordinal);

    /// <summary>What a process saw last of a fault: whether it was gone. By process and the last undoing's action.</summary>
    public Dictionary<(ExploredProcess Process, string Undoing), bool> SeenGone { get; } = [];
}
