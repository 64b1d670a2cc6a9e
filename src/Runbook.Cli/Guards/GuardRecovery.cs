using Runbook.Cli.Sessions;
using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Cli.Guards;

/// <summary>What a search for armed faults came to, for one of them.</summary>
/// <param name="Fault">Its path.</param>
/// <param name="Deadline">Its deadline.</param>
/// <param name="State">What became of it.</param>
internal sealed record FoundFault(string Fault, DateTimeOffset Deadline, FoundState State);

/// <summary>What became of an armed fault that was found.</summary>
internal enum FoundState
{
    /// <summary>Its guard lives and stands by.</summary>
    Guarded,

    /// <summary>Its guard had lifted it before.</summary>
    Lifted,

    /// <summary>Its guard was gone, and it is undone now.</summary>
    Recovered,
}

/// <summary>
/// Finds the faults of a session that are armed while nobody guards them, as after a reboot, and undoes them before anything
/// else is done: in the guard's own file, so that whoever resumes the session takes it over like any guard's word.
/// </summary>
internal sealed class GuardRecovery(string session, string? profile)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly GuardFolder _folder = new(session);
    private readonly SessionDirectory _directory = new(session);

    /// <summary>Undoes what is armed and unguarded; waits for a guard that is undoing already.</summary>
    public async Task<IReadOnlyList<FoundFault>> RunAsync(CancellationToken cancellationToken)
    {
        var (lines, ledger, _) = SessionReading.Read(_directory);
        var found = new List<FoundFault>();
        // What was armed last is undone first: it may need what was lent before it.
        foreach (var fault in ledger.Faults.Armed.Reverse().Where(f => f.Body.Guard is not null))
        {
            var armed = lines[(int)fault.ArmedSeq - 1];
            found.Add(new FoundFault(fault.Fault, fault.Body.Deadline.ToDateTimeOffset(), await HandleAsync(fault, armed, ledger, cancellationToken).ConfigureAwait(false)));
        }

        return found;
    }

    /// <summary>Whether a session has faults that are armed under a guard.</summary>
    public static bool HasArmed(string session) => SessionReading.Read(new SessionDirectory(session)).Ledger.Faults.Armed.Any(f => f.Body.Guard is not null);

    private async Task<FoundState> HandleAsync(ArmedFault fault, JournalLine armed, SessionLedger ledger, CancellationToken cancellationToken)
    {
        var file = fault.Body.Guard!.File;
        while (true)
        {
            var record = GuardRecord.Read(LocalDisk.Instance, _directory.In(file.Split('/')), armed.Hash);
            if (record?.Lifted is not null) return FoundState.Lifted;
            _folder.Make();
            using (var held = LocalDisk.Instance.TryLock(_folder.LockOf(file), "recovering\n"u8, out _))
            {
                if (held is not null)
                {
                    await UndoAsync(fault, armed, ledger, cancellationToken).ConfigureAwait(false);
                    return FoundState.Recovered;
                }
            }

            if (record?.Acted is null) return FoundState.Guarded;
            await Task.Delay(Look, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task UndoAsync(ArmedFault fault, JournalLine armed, SessionLedger ledger, CancellationToken cancellationToken)
    {
        var opened = ledger.Opened!;
        var order = new GuardOrder
        {
            Session = opened.Session,
            Fault = fault.Fault,
            File = fault.Body.Guard!.File,
            Undo = Undo(fault, ledger),
            Limit = TimeSpan.FromMilliseconds(fault.Body.LimitMs),
            IsSimulated = armed.Entry.Simulated,
        };
        var before = GuardAssignment.TryRead(_folder.Order(order.File));
        var place = opened.Embedded is not null ? null : profile ?? before?.Profile
            ?? throw new CliException("RC074", $"\"{fault.Fault}\" is armed on a real Azure, and no profile is named.", "it is still armed.", $"runbook guard --recover {SessionHost.Shown(session)} --azure PROFILE.yaml", ExitCodes.NeedsPerson);
        var world = await GuardWorld.TryOpenAsync(session, place, opened.Clock == SessionClock.Real, before?.Speed ?? 1, cancellationToken).ConfigureAwait(false)
            ?? throw new CliException("RC075", "the embedded Azure of this session is another process's.", $"\"{fault.Fault}\" is still armed.", "end the other console, or abort there.", ExitCodes.NeedsPerson);
        await using (world.ConfigureAwait(false))
        {
            var ground = new JournalGround();
            using var key = EcdsaSigner.Generate();
            using var journal = GuardJournal.Continue(ground, _directory, order.File, order.Session, armed.Entry, armed.Hash, key);
            journal.Append(new Abort { Reason = "found armed, and its guard was gone", Trigger = "guard" }, order.Fault);
            await new GuardUndo(order, world, ground, () => journal, Console.Error.WriteLine).UntilGoneAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private System.Collections.Immutable.ImmutableArray<UndoCall> Undo(ArmedFault fault, SessionLedger ledger)
    {
        foreach (var kept in ledger.Artifacts.All.Where(a => a.Digest == fault.Body.Inverse.Digest))
        {
            var bytes = DurableFiles.Read(LocalDisk.Instance, Path.Combine(_directory.Artifacts, kept.FileName), Limits.ArtifactBytes);
            if (bytes is not null && Digest.Of(bytes) == fault.Body.Inverse.Digest && UndoPlan.Read(bytes) is { IsEmpty: false } undo) return undo;
        }

        throw new CliException("RC076", $"what undoes \"{fault.Fault}\" can't be read back from the session's directory.", "it is still armed.", $"undo it by hand: the journal's entry {fault.ArmedSeq} says what was done, and {fault.Body.Inverse.Action} undoes it.", ExitCodes.NeedsPerson);
    }
}
