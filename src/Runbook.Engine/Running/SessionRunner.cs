using System.Text;
using System.Threading.Channels;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>How a run of the runner ended.</summary>
/// <param name="View">The view at that moment.</param>
/// <param name="PauseReason">Why the session stands still and can be resumed; <see langword="null"/> when it is closed.</param>
/// <param name="MissingSignatures">People whose signatures a closed session still waits for.</param>
public sealed record SessionResult(SessionView View, string? PauseReason, IReadOnlyList<string> MissingSignatures);

/// <summary>
/// Carries a session forward: decides by the fold alone what comes next, does it, writes it down, and folds again. One at
/// a time holds a session; whoever watches it reads the journal.
/// </summary>
/// <remarks>
/// Dispose it to let the session go. Whatever kills it in between, <see cref="SessionOpener.ResumeAsync"/> goes on: every
/// decision here can be made again from the entries.
/// </remarks>
public sealed class SessionRunner : IDisposable
{
    private readonly Channel<SessionCommand> _commands = Channel.CreateBounded<SessionCommand>(EngineLimits.CommandsMax);
    private readonly SessionScribe _scribe;
    private readonly SessionGround _ground;
    private readonly PeopleDesk _people;
    private readonly CallWait _wait;
    private readonly EffectBlocks _effects;
    private readonly ProbeBlocks _probes;
    private readonly RevertBlocks _reverts;
    private readonly FaultWatcher _watcher;
    private SessionView _published;

    internal SessionRunner(SessionScribe scribe, SessionGround ground, SecretStore secrets)
    {
        (_scribe, _ground, _published) = (scribe, ground, scribe.View);
        PeopleDesk? desk = null;
        _wait = new CallWait(ground.Clock, token => desk!.HearAsync(token));
        _people = desk = new PeopleDesk(scribe, ground, secrets, _commands.Reader, _wait.Interrupt);
        var calls = new CallRunner(scribe, ground, _wait, secrets);
        var settler = new CallSettler(scribe, ground, calls, _wait, _people);
        var sampler = new Sampler(scribe, calls, _wait, ground.Clock);
        var guards = new StandingGuards(ground);
        _wait.Beside = _watcher = new FaultWatcher(scribe, ground, sampler, _wait, guards);
        _effects = new EffectBlocks(scribe, ground, calls, settler, _wait, _people, new FaultArming(scribe, ground, sampler, _watcher, calls, guards));
        _probes = new ProbeBlocks(scribe, ground, sampler, _wait);
        _reverts = new RevertBlocks(scribe, ground, calls, settler, sampler, _wait, _watcher, guards, _people.Pause);
    }

    /// <summary>The session's directory.</summary>
    public SessionDirectory Directory => _scribe.Writer.Directory;

    /// <summary>The newest view; safe to read from any thread.</summary>
    public SessionView View => Volatile.Read(ref _published);

    /// <summary>The moment on the session's clock.</summary>
    public Moment Now => _scribe.Now;

    /// <summary>What the session waits for from people right now, as <see cref="NeedOf"/> says it of the newest view.</summary>
    public SessionNeed Need => NeedOf(View);

    /// <summary>
    /// What the session waits for from people in the face of a view that a front has folded: what follows from the view, and
    /// what only this process knows, a secret that is not in memory and a doubt that no probe could end.
    /// </summary>
    public SessionNeed NeedOf(SessionView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (MissingSecret(view) is { } name) return new SessionNeed.Secret(name);
        var need = SessionNeed.Of(view, _scribe.Now);
        return need is SessionNeed.Nothing && _people.Undecided is { } doubt && view.Effects.Find(doubt.Intent.Effect) is { State: EffectState.InDoubt }
            ? new SessionNeed.Settlement(doubt)
            : need;
    }

    private string? MissingSecret(SessionView view) => view.Current?.Step.Block switch
    {
        StepBlock.Action block => _effects.MissingSecret(block.Use),
        StepBlock.Lease block => _effects.MissingSecret(block.Use),
        StepBlock.Fault block => _effects.MissingSecret(block.Use),
        _ => null,
    };

    /// <summary>An observer of the journal, from its first line on.</summary>
    public JournalSubscription Subscribe() => _scribe.Writer.Subscribe();

    /// <summary>Tells the session something, and waits for its answer.</summary>
    /// <returns>Refused when the session takes no more commands.</returns>
    public async Task<CommandReply> SendAsync(SessionCommand command, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);
        try
        {
            await _commands.Writer.WriteAsync(command, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            return CommandReply.Refused("The session does not run any more.");
        }

        return await command.Reply.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Carries the session on until it is closed and sealed, or has to stand still.</summary>
    /// <param name="cancellationToken">Stops it in order: what is under way is left to be settled by a resume.</param>
    /// <exception cref="JournalNotDurableException">The journal could not be made durable; nothing was sent after that.</exception>
    public async Task<SessionResult> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            _watcher.TakeUp();
            while (_scribe.View.Status != SessionStatus.Closed)
            {
                if (cancellationToken.IsCancellationRequested) _people.Pause("the console was told to stop");
                if (_people.PauseReason is { } reason && !await TakeBackFirstAsync(reason, cancellationToken).ConfigureAwait(false)) return await PauseAsync(reason).ConfigureAwait(false);
                _wait.Reset();
                try
                {
                    await StepOnAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    _people.Pause("the console was told to stop");
                }

                Volatile.Write(ref _published, _scribe.CatchUp());
            }

            return new SessionResult(_scribe.View, null, SessionSeal.Seal(_scribe.Writer.Ground.Disk, Directory, _ground.Keys));
        }
        finally
        {
            _commands.Writer.TryComplete();
            Volatile.Write(ref _published, _scribe.View);
            while (_commands.Reader.TryRead(out var late)) late.Reply.TrySetResult(CommandReply.Refused("The session does not run any more."));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _scribe.Dispose();
        _scribe.Writer.Dispose();
    }

    private async Task StepOnAsync(CancellationToken cancellationToken)
    {
        var view = _scribe.View;
        if (!view.Endorsed)
        {
            await _people.EndorseAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        if (view.Root is { AtEnd: true } root && view.Frames.Length == 1)
        {
            await CloseAsync(root, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (view.Current is not { } step)
        {
            await EnterNextAsync(view.Frame!, cancellationToken).ConfigureAwait(false);
            return;
        }

        await _watcher.LookAsync(cancellationToken).ConfigureAwait(false);
        if (await CutShortAsync(cancellationToken).ConfigureAwait(false)) return;
        if (_people.PauseReason is not null) return;
        _wait.Reset();
        switch (StepRules.Stand(_scribe.View, _scribe.Now))
        {
            case StepStand.Leaves leaves:
                await _scribe.InStepAsync(EntryDraft.Console, new StepLeft { Trigger = StepFold.Trigger(leaves.By.Trigger), Next = leaves.By.Target }, cancellationToken).ConfigureAwait(false);
                break;
            case StepStand.BlockRuns:
                await RunBlockAsync(_scribe.View.Current ?? step, cancellationToken).ConfigureAwait(false);
                break;
            default:
                await _people.WaitAsync(cancellationToken).ConfigureAwait(false);
                break;
        }
    }

    private async Task RunBlockAsync(StepProgress step, CancellationToken cancellationToken)
    {
        switch (step.Step.Block)
        {
            case StepBlock.Action block:
                await _effects.StepOnAsync(block.Use, block.Timeout, cancellationToken).ConfigureAwait(false);
                break;
            case StepBlock.Lease block:
                await _effects.StepOnAsync(block.Use, block.Timeout, cancellationToken).ConfigureAwait(false);
                break;
            case StepBlock.Fault block:
                await _effects.StepOnAsync(block.Use, block.Timeout, cancellationToken).ConfigureAwait(false);
                break;
            case StepBlock.Probe block:
                await _probes.RunAsync(block, cancellationToken).ConfigureAwait(false);
                break;
            case StepBlock.Revert block:
                await _reverts.StepOnAsync(block, cancellationToken).ConfigureAwait(false);
                break;
            case StepBlock.Approval or StepBlock.Ask when !IsAsked(step):
                await _people.AskAsync(step.Step.Block, cancellationToken).ConfigureAwait(false);
                break;
            case StepBlock.Approval or StepBlock.Ask:
                await _people.WaitAsync(cancellationToken).ConfigureAwait(false);
                break;
            case StepBlock.Wait block:
                await _wait.ForAzureAsync(LeftOf(block), cancellationToken).ConfigureAwait(false);
                break;
            case StepBlock.Call call:
                var path = SessionProgram.Called(_scribe.View.Frame!.RunbookPath, call);
                var machine = _scribe.View.Program!.Machine(path);
                await EnterAsync(step.Path + "/" + machine.Initial.Slug, machine.Initial, null, cancellationToken).ConfigureAwait(false);
                break;
            default:
                throw new InvalidOperationException($"'{step.Path}' has a block that this version does not carry out.");
        }
    }

    private bool IsAsked(StepProgress step) => step.RequestSeq > 0
        && (_scribe.View.Approvals.Find(step.RequestSeq)?.State ?? _scribe.View.Approvals.FindQuestion(step.RequestSeq)?.State) is RequestState.Open;

    private TimeSpan LeftOf(StepBlock.Wait block)
    {
        var view = _scribe.View;
        var now = _scribe.Now;
        var left = block.For is { } time
            ? (time.Resolve(view.Frame!.Variables.Find) ?? TimeSpan.Zero) - TimeSpan.FromMilliseconds(view.ElapsedMs(now.Epoch, now.MonoUs, now.Wall))
            : block.Until!.Fill(view.Frame!.Variables.Find).TryGetDateTimeOffset(out var until) ? until - now.Wall : TimeSpan.Zero;
        return left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1);
    }

    private async Task EnterNextAsync(SessionFrame frame, CancellationToken cancellationToken)
    {
        var path = frame.Prefix + frame.Next;
        if (_ground.Until is { } until && until == path)
        {
            _people.Pause($"it was to stop before '{path}'");
            return;
        }

        await EnterAsync(path, frame.Machine.State(frame.Next)!, frame.Via, cancellationToken).ConfigureAwait(false);
    }

    private async Task EnterAsync(string path, MachineState state, TriggerKind? via, CancellationToken cancellationToken)
    {
        var text = Encoding.UTF8.GetBytes(ShownValues.StepText(_scribe.View, state.Step));
        var kept = await _scribe.KeepAsync("step.txt", "text/plain", text, cancellationToken).ConfigureAwait(false);
        var visit = _scribe.View.Visits.GetValueOrDefault(path) + 1;
        await _scribe.AppendAsync(new EntryDraft(EntryDraft.Console, new StepEntered { Title = state.Step.Title, Trigger = StepFold.Trigger(via), Text = kept.Digest }) { Step = path, Visit = visit }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Leaves a fault scope by its abort where it must be left: its limit, its guard, or something that it harms.</summary>
    private async Task<bool> CutShortAsync(CancellationToken cancellationToken)
    {
        if (ScopeCuts.Of(_scribe.View, _scribe.Now) is not { } cut) return false;
        await _scribe.InStepAsync(EntryDraft.Console, new Abort { Reason = cut.Why, Trigger = cut.Trigger }, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>A session that asked to stand still while something was being armed takes that back before it does.</summary>
    private async Task<bool> TakeBackFirstAsync(string reason, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested || _scribe.View.Faults.Armed.IsEmpty || _scribe.View.Current is not { AbortReason: null } step || step.Step.Block is StepBlock.Revert) return false;
        _people.GoOn();
        await _scribe.InStepAsync(EntryDraft.Console, new Abort { Reason = reason, Trigger = "operator" }, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async Task CloseAsync(SessionFrame root, CancellationToken cancellationToken)
    {
        await _scribe.Writer.CloseAsync(StepFold.EndOf(root), root.Cut, DrillVerdict.Of(_scribe.View), cancellationToken).ConfigureAwait(false);
        _scribe.CatchUp();
    }

    private async Task<SessionResult> PauseAsync(string reason)
    {
        await _scribe.AppendAsync(new EntryDraft(EntryDraft.Console, new Paused { Reason = reason }), CancellationToken.None).ConfigureAwait(false);
        await _scribe.Writer.CheckpointAsync(CancellationToken.None).ConfigureAwait(false);
        return new SessionResult(_scribe.CatchUp(), reason, []);
    }
}
