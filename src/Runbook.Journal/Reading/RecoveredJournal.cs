namespace Runbook.Journal;

/// <summary>A session that another process goes on with.</summary>
/// <remarks>Its journal is rewritten and durable; the entry that says so is still to be written:
/// <see cref="AppendRecoveredAsync"/> comes first of all. Of a closed session there is nothing to go on with, and
/// <see cref="Writer"/> is <see langword="null"/>: what its seal lacks is made by <see cref="TranscriptSeal"/>.</remarks>
public sealed class RecoveredJournal : IDisposable
{
    private readonly IDisposable _lock;
    private readonly Recovered _recovered;

    internal RecoveredJournal(SessionDirectory directory, SessionLedger ledger, JournalWriter? writer, Recovered recovered, IDisposable held)
        => (Directory, Ledger, Writer, _recovered, _lock) = (directory, ledger, writer, recovered, held);

    /// <summary>The session's directory.</summary>
    public SessionDirectory Directory { get; }

    /// <summary>What the entries say together.</summary>
    public SessionLedger Ledger { get; }

    /// <summary>Writes the new epoch; <see langword="null"/> where the session is closed.</summary>
    public JournalWriter? Writer { get; }

    /// <summary>Whether the session is closed.</summary>
    public bool IsClosed => Writer is null;

    /// <summary>What is known of the interruption: torn bytes and where they are kept, effects in doubt, faults armed, whether
    /// the machine ran through, and why, as far as the entries say.</summary>
    public Recovered Facts => _recovered;

    /// <summary>Writes the entry that begins the epoch, and the look at the clock that follows it.</summary>
    /// <param name="by">Roster id of who drives the console, or <see cref="EntryDraft.Console"/>.</param>
    /// <param name="why">Why, where the caller knows better.</param>
    /// <param name="simulated">Whether a rehearsal person did it.</param>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <returns>The entry's line and hash.</returns>
    /// <exception cref="JournalNotDurableException"><c>RJ201</c>: resume again on a healthy disk.</exception>
    public ValueTask<Head> AppendRecoveredAsync(string by, RecoveryCause? why, bool simulated, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var writer = Writer ?? throw new JournalClosedException("The session is closed and takes no more entries.");
        return ValueTask.FromResult(writer.AppendFirst(new EntryDraft(by, _recovered with { Why = why ?? _recovered.Why }) { Simulated = simulated }));
    }

    /// <summary>Gives the session back, with its lock.</summary>
    public void Dispose()
    {
        if (Writer is not null) Writer.Dispose();
        else _lock.Dispose();
    }
}
