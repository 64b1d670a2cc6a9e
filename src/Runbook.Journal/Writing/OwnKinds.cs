namespace Runbook.Journal;

/// <summary>Which kinds of entry a caller may append, and how.</summary>
internal static class OwnKinds
{
    internal static void Refuse(EntryBody body)
    {
        if (body is SessionOpened or Recovered or ArtifactKept or Checkpoint or Closed or RosterBound)
            throw new EntryRefusedException(Reason.BadField, $"An entry of kind \"{Words<EntryKind>.Of(body.Kind)}\" is written by a method of its own.");
    }

    internal static void RefuseInGroup(EntryBody body)
    {
        if (body is not (Progress or ClockObservation or Tick))
            throw new EntryRefusedException(Reason.BadField, $"An entry of kind \"{Words<EntryKind>.Of(body.Kind)}\" is always written alone.");
    }
}
