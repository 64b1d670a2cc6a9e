using Runbook.Engine;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Cli.Fronts;

/// <summary>
/// Runs a session behind a front that writes lines: tells each entry once it is durable, says what is waited for, and takes
/// lines in between. Everything happens on one task, so that no two lines are ever mixed.
/// </summary>
internal abstract class LineFront(SessionRunner runner, TypedLines? typed) : ISessionFront
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    private string _asked = "";
    private Leaving? _leaving;
    private bool _isAlone;
    private Leaving? _asksToLeave;
    private long _abortedIn;

    /// <summary>The session.</summary>
    protected SessionRunner Runner { get; } = runner;

    /// <summary>What was told so far, folded.</summary>
    protected SessionView View { get; private set; } = SessionFold.Begin(runner.View.Program);

    /// <summary>Has the session left in order: what is armed is taken back first. Safe from any thread.</summary>
    public void Leave(string reason, string trigger) => Volatile.Write(ref _asksToLeave, new Leaving(reason, trigger));

    private sealed record Leaving(string Reason, string Trigger);

    /// <summary>Runs the session to its end or to where it stands still.</summary>
    public async Task<SessionResult> RunAsync(CancellationToken cancellationToken)
    {
        await using var feed = new EntryFeed(Runner.Subscribe());
        var session = Task.Run(() => Runner.RunAsync(CancellationToken.None), cancellationToken);
        var line = typed?.Reader.ReadAsync(cancellationToken).AsTask();
        Task<CommandReply>? reply = null;
        while (!session.IsCompleted)
        {
            await WaitAsync(session, feed, reply ?? (Task?)line, cancellationToken).ConfigureAwait(false);
            foreach (var entry in feed.TakeReady()) Take(entry);
            if (reply is { IsCompleted: true })
            {
                ShowReply(await reply.ConfigureAwait(false));
                reply = null;
                _asked = "";
            }

            if (session.IsCompleted || reply is not null) continue;
            reply = LeaveNow(cancellationToken);
            if (reply is null && line is { IsCompleted: true })
            {
                var text = await line.ConfigureAwait(false);
                reply = Hear(text, cancellationToken);
                line = text is null ? null : typed!.Reader.ReadAsync(cancellationToken).AsTask();
            }

            if (reply is null && typed is not null) AskOnce();
            if (_isAlone) LeaveWhereSomebodyIsNeeded();
        }

        var result = await session.ConfigureAwait(false);
        while (View.Head.Seq < result.View.Head.Seq && await feed.NextAsync().ConfigureAwait(false) is { } late) Take(late);
        return result;
    }

    /// <summary>Tells an entry.</summary>
    /// <param name="line">The entry as it lies in the journal.</param>
    /// <param name="before">The view before it.</param>
    /// <param name="after">The view after it.</param>
    protected abstract void Tell(JournalLine line, SessionView before, SessionView after);

    /// <summary>Says what is waited for.</summary>
    protected abstract void Ask(SessionNeed need);

    /// <summary>Says what came of a command.</summary>
    protected abstract void ShowReply(CommandReply reply);

    /// <summary>Takes a line.</summary>
    /// <returns>What came of it, in time; <see langword="null"/> where the session has nothing to do with it.</returns>
    protected abstract Task<CommandReply>? Hear(string line, SessionNeed need, CancellationToken cancellationToken);

    // A need can change without an entry, so the session is looked at again after a while.
    private static async Task WaitAsync(Task session, EntryFeed feed, Task? people, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var again = Task.Delay(LookAgain, TimeProvider.System, stop.Token);
        await Task.WhenAny(session, feed.IsOver ? session : feed.Ready, people ?? session, again).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
    }

    private Task<CommandReply>? Hear(string? line, CancellationToken cancellationToken)
    {
        if (line is not null) return Hear(line, Runner.NeedOf(View), cancellationToken);
        _isAlone = true;
        return null;
    }

    // What a session does by itself it goes on with; it stands still where it needs somebody, and nobody is there.
    private void LeaveWhereSomebodyIsNeeded()
    {
        if (View.Head.Seq == Runner.View.Head.Seq && Runner.NeedOf(View) is not SessionNeed.Nothing) Leave("nobody is at the console any more", "operator");
    }

    private void Take(JournalLine line)
    {
        var before = View;
        View = SessionFold.Apply(View, line.Entry, line.Hash);
        Tell(line, before, View);
    }

    private void AskOnce()
    {
        if (View.Head.Seq < Runner.View.Head.Seq) return;
        var need = Runner.NeedOf(View);
        var key = NeedKey.Of(need, View);
        if (key == _asked) return;
        _asked = key;
        if (need is not SessionNeed.Nothing) Ask(need);
    }

    private Task<CommandReply>? LeaveNow(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _asksToLeave) is { } asked) _leaving ??= asked;
        if (_leaving is not { } leaving) return null;
        if (View.Faults.Armed.IsEmpty) return Runner.SendAsync(new SessionCommand.PauseSession(leaving.Reason), cancellationToken);

        // Once in each step that can be aborted: what is being put back goes on until it holds, and leads on to the next.
        if (View.Current is not { AbortReason: null, Step.Block: not StepBlock.Revert } step || step.EnteredSeq == _abortedIn) return null;
        _abortedIn = step.EnteredSeq;
        return Runner.SendAsync(new SessionCommand.AbortSession(leaving.Reason, leaving.Trigger), cancellationToken);
    }
}
