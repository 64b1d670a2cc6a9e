namespace Runbook.Journal;

/// <summary>The SSH signature is over these very bytes, by somebody of the roster.</summary>
internal sealed class SshSigCheck(SessionLayout layout)
{
    internal CheckLog Log { get; } = new(CheckId.Sshsig);

    internal string? SignedBy { get; private set; }

    internal void Finish(byte[] sha512, RosterBook rosters, SessionLedger ledger)
    {
        if (!layout.Has(SessionDirectory.SshSigName)) return;
        Log.Saw();
        if (rosters.Last is not { } roster)
        {
            Log.Unjudge(Reason.CannotJudge, "there is no roster that could be read, so nobody's signature can be judged");
            return;
        }

        if (layout.Read(SessionDirectory.SshSigName, Limits.EnvelopeBytes) is not { } file)
        {
            Log.Fail(Reason.TooLong, "it is larger than a signature may be");
            return;
        }

        Judge(file, sha512, roster, ledger);
    }

    internal CheckResult Result()
        => Log.Result(SignedBy is { } person ? $"{person}; repeat it with: ssh-keygen -Y verify -f allowed_signers -I {person} -n {SshSig.TranscriptNamespace} -s {SessionDirectory.SshSigName} < {SessionDirectory.JournalName}" : "", "the journal has no SSH signature");

    private void Judge(byte[] file, byte[] sha512, Roster roster, SessionLedger ledger)
    {
        var keys = new List<(VerifyingKey Key, string Person)>();
        try
        {
            foreach (var person in roster.People)
                foreach (var key in person.Keys.Where(k => ledger.Last is { } last && k.IsCurrent(last.At)))
                    keys.Add((key.ToVerifyingKey(), person.Id));
            var reason = SshSig.Check(file, keys.Select(k => k.Key), SshSig.TranscriptNamespace, sha512, out var signedBy);
            if (reason == Reason.None) SignedBy = keys.First(k => ReferenceEquals(k.Key, signedBy)).Person;
            else Log.Fail(reason == Reason.CannotJudge ? Reason.BadSignature : reason, Describe(reason));
        }
        finally
        {
            foreach (var (key, _) in keys) key.Dispose();
        }
    }

    private static string Describe(Reason reason) => reason switch
    {
        Reason.CannotJudge => "it is by a key that is no current key of the roster",
        Reason.BadSignature => "it is not a signature over these bytes",
        _ => "it is not an SSH signature for a transcript, written the one strict way",
    };
}
