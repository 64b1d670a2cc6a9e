using System.Globalization;

namespace Runbook.Journal;

/// <summary>
/// What signed files beside a journal say of its lines: a resume refuses a journal that is behind any of them.
/// </summary>
/// <remarks>
/// The checkpoint counts as it stands: its key may have been announced in the very lines that are missing. Envelopes, which
/// others put there, count where a key of the roster signed them. Whether roster and keys can be trusted is for a verification
/// to say; a resume only has to notice that something is missing, and leaves the rest to a person.
/// </remarks>
internal sealed class SignedClaims
{
    private readonly Dictionary<long, List<(Digest Hash, string Witness)>> _heads = [];
    private readonly SignedNote? _checkpoint;
    private long _last;
    private string _lastWitness = "";

    private SignedClaims(SignedNote? checkpoint) => _checkpoint = checkpoint;

    internal static SignedClaims Of(IJournalDisk disk, SessionDirectory directory)
    {
        var claims = new SignedClaims(ReadCheckpoint(disk, directory));
        if (claims._checkpoint is { } note) claims.Reaches(note.Size, SessionDirectory.CheckpointName);
        var keys = RosterKeys(disk, directory);
        if (disk.KindOf(directory.Approvals) == DiskEntryKind.Folder)
            foreach (var entry in disk.List(directory.Approvals, Limits.FolderFiles))
                claims.TakeEnvelope(disk, directory, entry, keys);
        foreach (var key in keys.Values) key.Dispose();
        return claims;
    }

    internal void RefuseIfDifferent(Head line, MerkleFrontier frontier)
    {
        if (_heads.TryGetValue(line.Seq, out var heads))
            foreach (var (hash, witness) in heads)
                if (hash != line.Hash)
                    throw new JournalBehindException(witness, line.Seq, line.Seq, differs: true);
        if (_checkpoint is { } note && note.Size == line.Seq && note.Root != frontier.Root())
            throw new JournalBehindException(SessionDirectory.CheckpointName, note.Size, line.Seq, differs: true);
    }

    internal void RefuseIfAhead(long lines)
    {
        if (_last > lines) throw new JournalBehindException(_lastWitness, _last, lines, differs: false);
    }

    private void Reaches(long size, string witness)
    {
        if (size > _last) (_last, _lastWitness) = (size, witness);
    }

    private static SignedNote? ReadCheckpoint(IJournalDisk disk, SessionDirectory directory)
    {
        if (disk.KindOf(directory.Checkpoint) != DiskEntryKind.File) return null;
        return DurableFiles.Read(disk, directory.Checkpoint, Limits.EnvelopeBytes) is { } bytes && SignedNote.TryParse(bytes, out var note) ? note : null;
    }

    private static Dictionary<Digest, VerifyingKey> RosterKeys(IJournalDisk disk, SessionDirectory directory)
    {
        var keys = new Dictionary<Digest, VerifyingKey>();
        for (var number = 1; ; number++)
        {
            var path = directory.In(SessionDirectory.RosterFile(number));
            if (disk.KindOf(path) != DiskEntryKind.File) return keys;
            if (DurableFiles.Read(disk, path, Limits.EnvelopeBytes) is not { } bytes || !Roster.TryRead(bytes, out var roster, out _)) continue;
            foreach (var key in roster!.People.SelectMany(p => p.Keys))
                if (!keys.ContainsKey(key.KeyId))
                    keys.Add(key.KeyId, key.ToVerifyingKey());
        }
    }

    private void TakeEnvelope(IJournalDisk disk, SessionDirectory directory, DiskEntry entry, Dictionary<Digest, VerifyingKey> keys)
    {
        if (entry.Kind != DiskEntryKind.File || entry.Bytes > Limits.EnvelopeBytes) return;
        var witness = string.Create(CultureInfo.InvariantCulture, $"{SessionDirectory.ApprovalsFolder}/{Inert.Text(entry.Name)}");
        if (DurableFiles.Read(disk, directory.In(SessionDirectory.ApprovalsFolder, entry.Name), Limits.EnvelopeBytes) is not { } bytes) return;
        if (!DsseEnvelope.TryRead(bytes, out var envelope) || !envelope!.Signatures.All(s => keys.TryGetValue(s.KeyId, out var key) && envelope.Holds(s, key))) return;
        if (HeadOf(envelope) is not { } head) return;
        Reaches(head.Seq, witness);
        if (!_heads.TryGetValue(head.Seq, out var heads)) _heads.Add(head.Seq, heads = []);
        heads.Add((head.Hash, witness));
    }

    private static Head? HeadOf(DsseEnvelope envelope)
    {
        var payload = envelope.Payload.Span;
        return envelope.PayloadType switch
        {
            PayloadTypes.Approval when ApprovalPayload.TryRead(payload, out var approval) => approval!.Head,
            PayloadTypes.Tick when TickPayload.TryRead(payload, out var tick) => tick!.Head,
            PayloadTypes.Answer when AnswerPayload.TryRead(payload, out var answer) => answer!.Head,
            PayloadTypes.Handover when HandoverPayload.TryRead(payload, out var handover) => handover!.Head,
            _ => null,
        };
    }
}
