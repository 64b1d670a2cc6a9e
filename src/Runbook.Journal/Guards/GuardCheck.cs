using System.Text;

namespace Runbook.Journal;

/// <summary>Judges a guard's file as the second chain that it is: lines, notes by the guard's key, what it says of its fault.</summary>
internal static class GuardCheck
{
    /// <summary>Judges one file.</summary>
    /// <param name="record">Its lines.</param>
    /// <param name="file">Its name, for people.</param>
    /// <param name="session">The session's id.</param>
    /// <param name="armed">What armed the fault.</param>
    /// <param name="log">Takes what is wrong.</param>
    /// <param name="warnings">Takes what is odd.</param>
    public static void Judge(GuardRecord record, string file, string session, FaultArmed armed, CheckLog log, List<string> warnings)
    {
        var origin = SignedNote.OriginOf(null, session);
        var frontier = new MerkleFrontier();
        var key = VerifyingKey.TryImport(armed.Guard!.Key);
        var (epoch, noted) = (1, 0L);
        foreach (var line in record.Lines)
        {
            var entry = line.Entry;
            if (entry.By != EntryDraft.Guard) log.Fail(Reason.BadField, $"{file}, line {entry.Seq}: it is not by the guard");
            if (entry.Epoch != epoch)
            {
                key?.Dispose();
                key = entry.Body is Recovered begun ? VerifyingKey.TryImport(begun.SessionKey) : null;
                epoch = entry.Epoch;
                warnings.Add($"unendorsed-epoch: {file}, line {entry.Seq}: a guard went on whose key nobody endorsed");
            }

            if (entry.Body is FaultArmed stands && stands != armed && !Same(stands, armed)) log.Fail(Reason.FaultLeft, $"{file}, line {entry.Seq}: it stands by for something else than the journal says");
            if (entry.Body is Checkpoint checkpoint)
            {
                if (!Holds(checkpoint, entry.Seq, frontier, origin, key)) log.Fail(Reason.NoteSignature, $"{file}, line {entry.Seq}: its note does not hold");
                noted = checkpoint.Size;
            }

            frontier.Add(line.Utf8.Span);
        }

        key?.Dispose();

        // A crash between an entry and its note costs that one note, and nothing else.
        var unsigned = record.Lines.LastOrDefault(l => l.Entry.Body is not Checkpoint);
        if (unsigned is not null && unsigned.Entry.Seq > noted) warnings.Add($"guard-unsigned: {file}, line {unsigned.Entry.Seq}");
        if (record.IsTorn) warnings.Add($"guard-torn: {file}");
    }

    private static bool Same(FaultArmed a, FaultArmed b) => a.Fault == b.Fault && a.Effect == b.Effect && a.Inverse == b.Inverse && a.LimitMs == b.LimitMs && a.Deadline == b.Deadline;

    private static bool Holds(Checkpoint checkpoint, long seq, MerkleFrontier before, string origin, VerifyingKey? key)
        => checkpoint.Size == seq - 1
        && SignedNote.TryParse(Encoding.UTF8.GetBytes(checkpoint.Note.Value), out var note)
        && note!.Size == checkpoint.Size && note.Root == checkpoint.Root && note.Root == before.Root()
        && note.Origin == origin && key is not null && note.IsSignedBy(origin, key);
}
