using System.Globalization;
using System.Text;

namespace Runbook.Journal;

/// <summary>The rosters of a session: each the one that was bound, signed by an authority that is trusted from outside.</summary>
internal sealed class RosterBook(SessionLayout layout, TrustedAuthorities trust)
{
    private readonly List<Roster?> _rosters = [];

    internal CheckLog Log { get; } = new(CheckId.Roster);

    /// <summary>The roster that counts now, where its file is the one that was bound.</summary>
    internal Roster? Last => _rosters.Count == 0 ? null : _rosters[^1];

    /// <summary>Whether every roster is signed by an authority that is trusted.</summary>
    internal bool IsPinned { get; private set; }

    internal bool HasRehearsalPeople { get; private set; }

    internal string Source { get; private set; } = "";

    internal void Take(LineAtHand line, SessionLedger before)
    {
        if (line.Entry is not { Body: RosterBound bound }) return;
        Log.Saw();
        var number = _rosters.Count + 1;
        var roster = Read(number, bound, line.Number, before);
        if (roster is not null && number > 1) JudgeChange(bound, line.Number, before);
        _rosters.Add(roster);
    }

    /// <summary>Compares what other tools read with what is derived from the last roster.</summary>
    internal void Finish()
    {
        if (Last is not { } roster) return;
        CompareIfThere(SessionDirectory.AllowedSignersName, AllowedSigners.Of(roster));
        foreach (var (file, pem) in KeyFolder.Of(roster)) CompareIfThere(SessionDirectory.KeysFolder + "/" + file, pem);
    }

    private Roster? Read(int number, RosterBound bound, long line, SessionLedger before)
    {
        var file = ReadFile(SessionDirectory.RosterFile(number));
        var envelope = ReadFile(SessionDirectory.RosterEnvelopeFile(number));
        if (file is null || envelope is null)
        {
            Log.Fail(Reason.MissingFile, $"{SessionDirectory.RosterFile(number)} or its envelope is missing or too large", line);
            IsPinned = false;
            return null;
        }

        if (Digest.Of(file) != bound.Roster)
        {
            Log.Fail(Reason.DigestMismatch, $"{SessionDirectory.RosterFile(number)} is not the roster that was bound", line);
            IsPinned = false;
            return null;
        }

        if (!SignedRoster.TryRead(file, envelope, out var result, out var flaw))
        {
            Log.Fail(Reason.BadRoster, flaw, line);
            IsPinned = false;
            return null;
        }

        if (!result!.Roster.Agrees(bound)) Log.Fail(Reason.BadRoster, "the entry says something else than the roster's file", line);
        JudgeAuthority(result, bound, line, before.IsEmbedded, number);
        return result.Roster;
    }

    private void JudgeAuthority(SignedRoster roster, RosterBound bound, long line, bool isEmbedded, int number)
    {
        var isPinned = false;
        if (roster.Authority != bound.Authority)
            Log.Fail(Reason.BadSignature, "another authority signed it than the entry says", line);
        else if (!trust.TryFind(bound.Authority, isEmbedded, out var key, out var source))
            Log.Unjudge(Reason.CannotJudge, $"no trusted roster authority: {bound.Authority.ToString()[..19]}… signed it; give its public key with --trust, or a folder would vouch for itself", line);
        else if (!roster.IsSignedBy(key))
            Log.Fail(Reason.BadSignature, "the authority's signature does not hold", line);
        else
            (isPinned, Source, HasRehearsalPeople) = (true, source, HasRehearsalPeople || key.KeyId == Rehearsal.Authority.PublicKey.KeyId);
        IsPinned = isPinned && (number == 1 || IsPinned);
    }

    // The people who were bound before agree to those who come after them.
    private void JudgeChange(RosterBound bound, long line, SessionLedger before)
    {
        var agreed = before.Approvals.AllRequests.Any(r => r.State == RequestState.Granted && r.Body.Over.Covers("roster") && r.Body.Plan == bound.Roster);
        if (!agreed) Log.Fail(Reason.Quorum, "nobody of the roster before agreed to this one", line);
    }

    private void CompareIfThere(string file, string expected)
    {
        layout.Name(file);
        if (!layout.Has(file)) return;
        if (ReadFile(file) is not { } bytes || !bytes.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(expected)))
            Log.Fail(Reason.DigestMismatch, string.Create(CultureInfo.InvariantCulture, $"{file} is not what follows from the roster"));
    }

    private byte[]? ReadFile(string file) => layout.TryRead(file, Limits.EnvelopeBytes, Log);
}
