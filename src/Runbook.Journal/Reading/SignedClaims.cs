namespace Runbook.Journal;

/// <summary>What a signed file says of a journal, and the journal does not bear out.</summary>
/// <param name="Witness">The file.</param>
/// <param name="Size">The line or size that it names.</param>
/// <param name="Differs">Whether the journal has another line there; else it does not reach so far.</param>
internal sealed record ClaimFinding(string Witness, long Size, bool Differs);

/// <summary>
/// What signed files beside a journal say of its lines: the checkpoint, and the heads in people's envelopes.
/// </summary>
/// <remarks>
/// The checkpoint counts as it stands: its key may have been announced in the very lines that are missing. Envelopes, which
/// others put there, count where a key of the roster signed them. Whether roster and keys can be trusted is for a verification
/// to say; here it only matters that something may be missing.
/// </remarks>
internal sealed class SignedClaims
{
    private readonly Dictionary<long, List<(Digest Hash, string Witness)>> _heads = [];
    private long _last;
    private string _lastWitness = "";

    private SignedClaims(SignedNote? checkpoint) => Checkpoint = checkpoint;

    /// <summary>Nothing is claimed.</summary>
    internal static SignedClaims None => new(null);

    /// <summary>The checkpoint's file, where it is a signed note.</summary>
    internal SignedNote? Checkpoint { get; }

    /// <summary>Whether anything is claimed.</summary>
    internal bool HasAny => Checkpoint is not null || _heads.Count > 0;

    internal static SignedClaims Of(SessionLayout layout)
    {
        var checkpoint = layout.Read(SessionDirectory.CheckpointName, Limits.EnvelopeBytes) is { } bytes && SignedNote.TryParse(bytes, out var note) ? note : null;
        var claims = new SignedClaims(checkpoint);
        if (checkpoint is not null) claims.Reaches(checkpoint.Size, SessionDirectory.CheckpointName);
        var keys = RosterKeys(layout);
        foreach (var file in layout.FilesIn(SessionDirectory.ApprovalsFolder)) claims.TakeEnvelope(layout, file, keys);
        foreach (var key in keys.Values) key.Dispose();
        return claims;
    }

    /// <summary>Compares a line, once it is in the tree.</summary>
    internal ClaimFinding? Judge(Head line, MerkleFrontier frontier)
    {
        if (_heads.TryGetValue(line.Seq, out var heads))
            foreach (var (hash, witness) in heads)
                if (hash != line.Hash)
                    return new ClaimFinding(witness, line.Seq, Differs: true);
        return Checkpoint is { } note && note.Size == line.Seq && note.Root != frontier.Root()
            ? new ClaimFinding(SessionDirectory.CheckpointName, note.Size, Differs: true)
            : null;
    }

    /// <summary>Says whether anything names a line behind the last one.</summary>
    internal ClaimFinding? JudgeEnd(long lines) => _last > lines ? new ClaimFinding(_lastWitness, _last, Differs: false) : null;

    private void Reaches(long size, string witness)
    {
        if (size > _last) (_last, _lastWitness) = (size, witness);
    }

    private static Dictionary<Digest, VerifyingKey> RosterKeys(SessionLayout layout)
    {
        var keys = new Dictionary<Digest, VerifyingKey>();
        for (var number = 1; layout.Has(SessionDirectory.RosterFile(number)); number++)
        {
            if (layout.Read(SessionDirectory.RosterFile(number), Limits.EnvelopeBytes) is not { } bytes || !Roster.TryRead(bytes, out var roster, out _)) continue;
            foreach (var key in roster!.People.SelectMany(p => p.Keys))
                if (!keys.ContainsKey(key.KeyId))
                    keys.Add(key.KeyId, key.ToVerifyingKey());
        }

        return keys;
    }

    private void TakeEnvelope(SessionLayout layout, string file, Dictionary<Digest, VerifyingKey> keys)
    {
        if (layout.Read(file, Limits.EnvelopeBytes) is not { } bytes || !DsseEnvelope.TryRead(bytes, out var envelope)) return;
        if (!envelope!.Signatures.All(s => keys.TryGetValue(s.KeyId, out var key) && envelope.Holds(s, key))) return;
        if (HeadOf(envelope) is not { } head) return;
        Reaches(head.Seq, Inert.Text(file));
        if (!_heads.TryGetValue(head.Seq, out var heads)) _heads.Add(head.Seq, heads = []);
        heads.Add((head.Hash, Inert.Text(file)));
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
