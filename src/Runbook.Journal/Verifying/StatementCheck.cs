using System.Globalization;
using System.Text.Json;

namespace Runbook.Journal;

/// <summary>The statement is signed by those who must, is about these bytes, and says what the entries say.</summary>
internal sealed class StatementCheck(SessionLayout layout)
{
    private SessionStatement? _statement;

    internal CheckLog Log { get; } = new(CheckId.Statement);

    /// <summary>Who signed it, ascending.</summary>
    internal IReadOnlyList<string> SignedBy { get; private set; } = [];

    /// <summary>Number of lines that it names, where its signatures hold.</summary>
    internal long? Entries { get; private set; }

    /// <summary>The head that it names, where its signatures hold.</summary>
    internal Digest? Head { get; private set; }

    /// <summary>Whether only signatures are missing that may still come.</summary>
    internal bool IsPending { get; private set; }

    internal void Finish(SessionLedger ledger, RosterBook rosters, JournalSummary journal)
    {
        if (!layout.Has(SessionDirectory.StatementName)) return;
        Log.Saw();
        if (layout.Read(SessionDirectory.StatementName, Limits.EnvelopeBytes) is not { } file || !DsseEnvelope.TryRead(file, out var envelope) || envelope!.PayloadType != PayloadTypes.InToto)
        {
            Log.Fail(Reason.BadEnvelope, "it is not an envelope written the strict way");
            return;
        }

        if (rosters.Last is not { } roster)
        {
            Log.Unjudge(Reason.CannotJudge, "there is no roster that could be read, so nobody's signature can be judged");
            return;
        }

        if (!JudgeSignatures(envelope, roster, ledger)) return;
        if (!SessionStatement.TryRead(envelope.Payload.Span, out _statement))
        {
            Log.Fail(Reason.PredicateMismatch, "what was signed is not a statement of ours");
            return;
        }

        ReadClaims();
        JudgeContent(ledger, journal);
        foreach (var missing in RequiredSigners.Missing(ledger, roster, SignedBy))
        {
            IsPending = Log.FirstFailure is null;
            Log.Fail(Reason.RequiredAbsent, missing.Role == RequiredSigners.OperatorRole ? $"{missing.People[0]}, the operator, has not signed it" : string.Create(CultureInfo.InvariantCulture, $"{missing.Missing} more of the role {missing.Role} must sign it"));
        }
    }

    private bool JudgeSignatures(DsseEnvelope envelope, Roster roster, SessionLedger ledger)
    {
        var people = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var signature in envelope.Signatures)
        {
            if (roster.FindKey(signature.KeyId) is not { } known || ledger.Last is not { } last || !known.Key.IsCurrent(last.At))
            {
                Log.Fail(Reason.BadSignature, $"the key {signature.KeyId.ToString()[..19]}… is no current key of the roster");
                continue;
            }

            using var key = known.Key.ToVerifyingKey();
            if (envelope.Holds(signature, key)) people.Add(known.Person.Id);
            else Log.Fail(Reason.BadSignature, $"{known.Person.Id}'s signature does not hold");
        }

        SignedBy = [.. people];
        return Log.FirstFailure is null;
    }

    private void ReadClaims()
    {
        if (_statement!.Predicate.TryGetValue("entries", out var entries) && entries.ToElement() is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var count)) Entries = count;
        if (_statement.Predicate.TryGetValue("head", out var head) && head.ToElement() is { ValueKind: JsonValueKind.String } text && Digest.TryParseHex(text.GetString(), out var hash)) Head = hash;
    }

    private void JudgeContent(SessionLedger ledger, JournalSummary journal)
    {
        if (Entries > journal.Lines)
        {
            Log.Fail(Reason.Ahead, string.Create(CultureInfo.InvariantCulture, $"signatures hold ({string.Join(", ", SignedBy)}), and it is about {Entries} lines, of which {journal.Lines} are there"));
            return;
        }

        var journalSubject = _statement!.Subjects.FirstOrDefault(s => s.Name == SessionDirectory.JournalName);
        if (journalSubject?.Digest != journal.Sha256)
        {
            Log.Fail(Reason.SubjectMismatch, $"signatures hold ({string.Join(", ", SignedBy)}), but journal.jsonl is {journal.Sha256.Hex[..8]}…, signed was {journalSubject?.Digest.Hex[..8] ?? "nothing"}…");
            return;
        }

        if (ledger.Closed is null || ledger.Opened is null)
        {
            Log.Fail(Reason.PredicateMismatch, "it is about a closed session, and this one is not closed");
            return;
        }

        JudgeDerived(ledger, journal);
    }

    private void JudgeDerived(SessionLedger ledger, JournalSummary journal)
    {
        var checkpoint = layout.Read(SessionDirectory.CheckpointName, Limits.EnvelopeBytes);
        var derived = SessionStatement.Derive(ledger, journal.Root, journal.Sha256, Digest.Of(checkpoint));
        if (_statement!.PredicateType != derived.PredicateType) Log.Fail(Reason.PredicateMismatch, "its predicateType is another one than the session's");
        if (!_statement.Subjects.SequenceEqual(derived.Subjects)) Log.Fail(Reason.SubjectMismatch, "it is about other files than those that are there: " + FirstDifferent(derived));
        foreach (var (name, value) in derived.Predicate)
        {
            if (!_statement.Predicate.TryGetValue(name, out var said)) Log.Fail(Reason.PredicateMismatch, $"predicate.{name} is missing");
            else if (!said.Equals(value)) Log.Fail(Reason.PredicateMismatch, $"predicate.{name} is not what follows from the entries");
        }

        foreach (var name in _statement.Predicate.Keys.Where(n => !derived.Predicate.ContainsKey(n)))
            Log.Unjudge(Reason.UnknownField, $"predicate.{name} is not known to this program");
    }

    private string FirstDifferent(SessionStatement derived)
    {
        var there = _statement!.Subjects.ToHashSet();
        return derived.Subjects.FirstOrDefault(s => !there.Contains(s))?.Name ?? _statement.Subjects.First(s => !derived.Subjects.Contains(s)).Name;
    }
}
