namespace Runbook.Journal;

/// <summary>When a checkpoint is made: docs/journal-format.md §8.</summary>
internal static class CheckpointRules
{
    /// <summary>Before an effect that can't be taken back, so that everything that led to it is signed.</summary>
    internal static bool IsDueBefore(EntryBody body) => body is Intent { Class: EffectClass.Once or EffectClass.Destructive };

    /// <summary>Behind what people decided, behind such an effect, behind faults and handovers.</summary>
    /// <param name="body">What was appended.</param>
    /// <param name="outcomeOf">Class of the effect that an outcome belongs to.</param>
    internal static bool IsDueAfter(EntryBody body, EffectClass? outcomeOf)
        => body is Approval or FaultArmed or FaultLifted or Handover || (body is Outcome && outcomeOf is EffectClass.Once or EffectClass.Destructive);

    /// <summary>By number of entries and by time, while anything happens.</summary>
    internal static bool IsDueByAge(long entriesSince, TimeSpan since)
        => entriesSince >= Limits.CheckpointEveryEntries || since >= Limits.CheckpointEvery;
}
