using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Tui;

/// <summary>How the runner fares.</summary>
internal enum RunStand
{
    /// <summary>It has not begun: people read what is to come.</summary>
    NotBegun,

    /// <summary>It runs.</summary>
    Runs,

    /// <summary>It has ended: the session is closed or paused.</summary>
    Ended,

    /// <summary>It threw.</summary>
    Broke,
}

/// <summary>
/// The console's end of a session: runs it on other threads, folds its entries as they become durable, carries commands
/// there and answers back. The only thing here that is not a fold is whether the runner runs.
/// </summary>
internal sealed class SessionLink : IDisposable
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan CatchUpMax = TimeSpan.FromSeconds(5);

    private readonly SessionRunner _runner;
    private readonly JournalSubscription _subscription;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _close = new();
    private readonly TimeProvider _sessionTime;
    private readonly Lock _gate = new();
    private SessionSnapshot _newest;
    private long _newestAt;
    private readonly Task _folding;
    private Task? _running;

    /// <summary>Takes a runner that does not run yet, and begins to read its journal.</summary>
    public SessionLink(SessionRunner runner, TimeProvider sessionTime)
    {
        (_runner, _sessionTime) = (runner, sessionTime);
        _subscription = runner.Subscribe();
        var fold = new SnapshotFold(runner.View.Program);
        _newest = fold.Now;
        _newestAt = sessionTime.GetTimestamp();
        _folding = Task.Run(() => FoldAsync(fold));
    }

    /// <summary>How the runner fares.</summary>
    public RunStand Stand { get; private set; }

    /// <summary>What it came to, once it has ended.</summary>
    public SessionResult? Result { get; private set; }

    /// <summary>What it threw, once it broke; or what kept its journal from being read.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>The newest snapshot; safe to read from any thread.</summary>
    public SessionSnapshot Newest => Volatile.Read(ref _newest);

    /// <summary>The session's directory.</summary>
    public SessionDirectory Directory => _runner.Directory;

    /// <summary>The moment, on the session's clock; never before the last entry that was read.</summary>
    public Moment Now
    {
        get
        {
            SessionSnapshot snapshot;
            long at;
            lock (_gate) (snapshot, at) = (_newest, _newestAt);
            var last = snapshot.Last;
            var since = _sessionTime.GetElapsedTime(at);
            return new Moment(last.Epoch, last.MonoUs + (long)since.TotalMicroseconds, _sessionTime.GetUtcNow());
        }
    }

    /// <summary>The secret that this process does not hold and the session waits for; no entry can tell that.</summary>
    public string? MissingSecret => Stand == RunStand.Runs && _runner.Need is SessionNeed.Secret secret ? secret.Name : null;

    /// <summary>Lets the session run. Once.</summary>
    public void Begin()
    {
        if (_running is not null) return;
        Stand = RunStand.Runs;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Tells the session something that was decided while looking at a snapshot.</summary>
    /// <param name="command">What.</param>
    /// <param name="seen">The snapshot that was on the screen.</param>
    /// <returns>Refused when the session has gone on to another visit since: what a person said was meant for what they saw.</returns>
    public async Task<CommandReply> SendAsync(SessionCommand command, SessionSnapshot seen)
    {
        if (command is not (SessionCommand.PauseSession or SessionCommand.AddNote or SessionCommand.AbortSession or SessionCommand.TellSecret)
            && Stand == RunStand.Runs
            && _runner.View.Current?.EnteredSeq != seen.View.Current?.EnteredSeq
            && _runner.View.Head.Seq > seen.Size)
        {
            return CommandReply.Refused("The session has gone on since; look again.");
        }

        return await _runner.SendAsync(command, _close.Token).ConfigureAwait(false);
    }

    /// <summary>Reads an artifact of the session by its file's name; whoever reads it holds the bytes against the digest.</summary>
    /// <returns><see langword="null"/> where it is too large or can't be read.</returns>
    public byte[]? ReadArtifact(string fileName) => ReadArtifact(Directory, fileName);

    /// <summary>Reads an artifact of any session.</summary>
    /// <returns><see langword="null"/> where it is too large or can't be read.</returns>
    public static byte[]? ReadArtifact(SessionDirectory session, string fileName)
    {
        try
        {
            return DurableFiles.Read(LocalDisk.Instance, Path.Combine(session.Artifacts, fileName), Limits.ArtifactBytes);
        }
        catch (DiskException)
        {
            // What can't be read is not shown, and what is not shown is not signed.
            return null;
        }
    }

    /// <summary>Aborts while something is armed, whatever the session does: where it is between two steps, the next one hears it.</summary>
    /// <returns>Whether it was taken, or why it is not needed any more.</returns>
    public async Task<CommandReply> AbortArmedAsync(string reason)
    {
        while (true)
        {
            var reply = await _runner.SendAsync(new SessionCommand.AbortSession(reason, "operator"), _close.Token).ConfigureAwait(false);
            var isHeard = _runner.View.Current is { AbortReason: not null } or { Step.Block: Language.StepBlock.Revert };
            if (reply.Accepted || isHeard || Stand != RunStand.Runs || _runner.View.Faults.Armed.IsEmpty) return reply;
            await Task.Delay(LookAgain, TimeProvider.System, _close.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Has the runner stop in order, as a signal does: what is armed is taken back first.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="trigger"><c>operator</c>, or <c>signal:TERM</c>.</param>
    public async Task StopAsync(string reason, string trigger)
    {
        while (Stand == RunStand.Runs && !_runner.View.Faults.Armed.IsEmpty)
        {
            // A refusal says that it is being put back already, or that the next step will hear it.
            var reply = await _runner.SendAsync(new SessionCommand.AbortSession(reason, trigger), _close.Token).ConfigureAwait(false);
            if (!reply.Accepted) await Task.Delay(LookAgain, TimeProvider.System, _close.Token).ConfigureAwait(false);
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await WhenOverAsync().ConfigureAwait(false);
    }

    /// <summary>Waits until the runner has ended and everything that it wrote was read.</summary>
    public Task WhenOverAsync() => _running ?? Task.CompletedTask;

    /// <summary>Lets go of the journal. The runner belongs to whoever made it.</summary>
    public void Dispose()
    {
        _close.Cancel();
        _subscription.Dispose();
        _close.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            var result = await _runner.RunAsync(_stop.Token).ConfigureAwait(false);
            await CatchUpAsync(result.View.Head.Seq).ConfigureAwait(false);
            Result = result;
            Stand = Failure is null ? RunStand.Ended : RunStand.Broke;
        }
        catch (Exception cause)
        {
            // Whatever it was, the person at the console has to be told, and the process decides what comes of it.
            Failure = cause;
            Stand = RunStand.Broke;
        }
    }

    private async Task FoldAsync(SnapshotFold fold)
    {
        try
        {
            await foreach (var line in _subscription.ReadAllAsync(_close.Token).ConfigureAwait(false))
            {
                var snapshot = fold.Add(line);
                lock (_gate) (_newest, _newestAt) = (snapshot, _sessionTime.GetTimestamp());
            }
        }
        catch (OperationCanceledException) when (_close.IsCancellationRequested)
        {
            // The console is gone; nobody looks any more.
            return;
        }
        catch (Exception cause) when (cause is JournalReadException or DiskException)
        {
            // What can't be read back must not be run on with.
            Failure = cause;
            await _stop.CancelAsync().ConfigureAwait(false);
        }
    }

    // The end is shown as what was read from the journal, not as what the runner has in memory.
    private async Task CatchUpAsync(long head)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (Newest.Size < head && !_folding.IsCompleted && TimeProvider.System.GetElapsedTime(began) < CatchUpMax)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, _close.Token).ConfigureAwait(false);
        }
    }
}
