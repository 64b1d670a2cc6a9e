using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>
/// A guard's watch: listens for the console's heartbeat, and undoes its fault when the limit passes, when the heartbeat is
/// missing for longer than the grace, or when it is told to. It needs the console for nothing.
/// </summary>
/// <remarks>
/// Heartbeats are counted on this process's monotonic clock, so that a wall clock that jumps neither hides a dead console
/// nor ends a drill. The limit is the session's: the last beat's session time and what has passed since; on a real clock the
/// wall clock and the age since arming count as well, whichever is first.
/// </remarks>
/// <param name="order">What it is to do.</param>
/// <param name="grace">How long a heartbeat may be missing.</param>
/// <param name="isRealClock">Whether the session's clock is the real one.</param>
/// <param name="ground">Disk, clock and machine, all real.</param>
/// <param name="directory">The session's directory.</param>
/// <param name="key">The guard's key.</param>
/// <param name="read">Reads the console's newest signal; <see langword="null"/> where there is none.</param>
/// <param name="openWorld">Opens the world; <see langword="null"/> while somebody else has it.</param>
/// <param name="complain">Takes what has no place in the record, such as that it can't be written.</param>
public sealed class GuardDuty(GuardOrder order, TimeSpan grace, bool isRealClock, JournalGround ground, SessionDirectory directory, ISigner key, Func<GuardSignal?> read, Func<CancellationToken, Task<IGuardWorld?>> openWorld, Action<string> complain)
{
    // A console that lives reverts at the limit itself; only one that does not come to it is overtaken.
    private static readonly TimeSpan ConsolesTurn = TimeSpan.FromSeconds(1);

    // What was armed within a lease may need the lease to be undone, as a key that is disabled with a lent role: its guard goes first,
    // if it begins at once, and for as long as an undoing may take that Azure throttles. After that, a lease is given back all the same.
    private static readonly TimeSpan InnersTurn = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan InnersUndoing = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan InnersLook = TimeSpan.FromMilliseconds(500);

    private GuardJournal? _journal;
    private JournalLine? _armed;
    private long _armedAt;
    private string _beat = "";
    private long _beatAt;
    private DateTimeOffset _sessionNow;
    private TimeSpan _lookInsideAt;
    private bool _stoodDown;

    /// <summary>How it waits between two looks; on its own clock unless something else moves that clock.</summary>
    public Func<TimeSpan, CancellationToken, Task> Pause { get; init; } = (time, cancellationToken) => Task.Delay(time, ground.Time, cancellationToken);

    /// <summary>How long it waits between two looks.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Stands by until there is nothing more to do.</summary>
    public async Task<GuardEnd> StandByAsync(CancellationToken cancellationToken)
    {
        _beatAt = ground.Time.GetTimestamp();
        try
        {
            while (true)
            {
                var signal = Hear();
                if (signal?.Say == GuardWord.Lifted) return StandDown();
                if (_armed is null && Silence > grace) return GuardEnd.NeverArmed;
                if (_armed is not null && Reason(signal) is { } reason)
                {
                    await UndoAsync(reason, cancellationToken).ConfigureAwait(false);
                    return _stoodDown ? GuardEnd.StoodDown : GuardEnd.Lifted;
                }

                await Pause(Look, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _journal?.Dispose();
        }
    }

    private TimeSpan Silence => ground.Time.GetElapsedTime(_beatAt);

    private GuardSignal? Hear()
    {
        var signal = read();
        if (signal is null) return null;
        if (signal.Beat != _beat) (_beat, _beatAt, _sessionNow) = (signal.Beat, ground.Time.GetTimestamp(), signal.SessionNow);
        if (_armed is null && signal.Armed is { Entry.Body: FaultArmed body } armed)
        {
            (_armed, _armedAt) = (armed, ground.Time.GetTimestamp());
            Record(() =>
            {
                _journal = GuardJournal.Begin(ground, directory, order.File, order.Session, armed.Hash, order.IsSimulated, key);
                _journal.Append(body, order.Fault);
            });
        }

        return signal;
    }

    private Abort? Reason(GuardSignal? signal)
    {
        if (signal?.Say == GuardWord.Undo) return new Abort { Reason = "told to undo", Trigger = "operator" };
        if (Silence > grace) return new Abort { Reason = $"no heartbeat of the console for {Language.Durations.Format(grace)}", Trigger = "guard" };
        var turn = Silence < ConsolesTurn ? ConsolesTurn : TimeSpan.Zero;
        return IsOver(turn) ? new Abort { Reason = $"the limit of '{order.Fault}' is reached", Trigger = "timeout" } : null;
    }

    private bool IsOver(TimeSpan turn)
    {
        var deadline = ((FaultArmed)_armed!.Entry.Body).Deadline.ToDateTimeOffset() + turn;
        if (_sessionNow + Silence >= deadline) return true;
        return isRealClock && (ground.Time.GetUtcNow() >= deadline || ground.Time.GetElapsedTime(_armedAt) >= order.Limit + turn);
    }

    private GuardEnd StandDown()
    {
        if (_journal is not null) Record(() => _journal.Append(new Note { Text = "told that the fault is lifted" }, order.Fault));
        return GuardEnd.StoodDown;
    }

    private async Task UndoAsync(Abort reason, CancellationToken cancellationToken)
    {
        Record(() => _journal?.Append(reason, order.Fault));
        var began = ground.Time.GetTimestamp();
        while (true)
        {
            if (Hear()?.Say == GuardWord.Lifted)
            {
                _stoodDown = true;
                StandDown();
                return;
            }

            var givesWay = GivesWay(ground.Time.GetElapsedTime(began));
            if (!givesWay && await openWorld(cancellationToken).ConfigureAwait(false) is { } world)
            {
                await using (world.ConfigureAwait(false))
                {
                    await new GuardUndo(order, world, ground, () => _journal, complain).UntilGoneAsync(cancellationToken).ConfigureAwait(false);
                    return;
                }
            }

            await Pause(Look, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether this is a lease, and something that was armed within it is still to be undone by its own guard.</summary>
    private bool GivesWay(TimeSpan waited)
    {
        if (_armed!.Entry.Body is not FaultArmed { Lease: true } || waited >= InnersUndoing) return false;
        if (waited < _lookInsideAt) return true;
        _lookInsideAt = waited + InnersLook;
        try
        {
            return ArmedWithin().Any(inner => IsToBeUndone(inner.File, inner.Armed, mayBegin: waited < InnersTurn));
        }
        catch (Exception exception) when (exception is JournalReadException or DiskException)
        {
            complain($"What was armed within the lease can't be read ({exception.Message}). The lease is given back now.");
            return false;
        }
    }

    private bool IsToBeUndone(string file, Digest armed, bool mayBegin)
    {
        var record = GuardRecord.Read(ground.Disk, directory.In(file.Split('/')), armed);
        return record is not { IsOver: true } && (mayBegin || record?.Acted is not null);
    }

    private IEnumerable<(string File, Digest Armed)> ArmedWithin()
    {
        var within = new Dictionary<string, (string, Digest)>(StringComparer.Ordinal);
        try
        {
            foreach (var line in JournalReader.ReadAll(ground.Disk, directory).Where(l => l.Entry.Seq > _armed!.Entry.Seq))
            {
                if (line.Entry.Body is FaultArmed { Guard: { } guard } inner) within[inner.Fault] = (guard.File, line.Hash);
                if (line.Entry.Body is FaultLifted lifted) within.Remove(lifted.Fault);
            }
        }
        catch (JournalReadException torn) when (torn.Reason == Journal.Reason.NoLf)
        {
            // The console died over its last line, or writes it now: what is armed stands before it.
        }

        return within.Values;
    }

    // A disk that fails takes the record away, and never the undoing: the estate goes first.
    private void Record(Action write)
    {
        try
        {
            write();
        }
        catch (DiskException exception)
        {
            complain($"The guard's record can't be written ({exception.Message}). It goes on without.");
        }
    }
}
