using System.Threading.Channels;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>
/// Where people and the session meet: takes commands and signed envelopes one at a time, and waits for them. Every command
/// is answered; one that does not fit the moment is refused and changes nothing.
/// </summary>
internal sealed class PeopleDesk
{
    private readonly SessionScribe _scribe;
    private readonly SessionGround _ground;
    private readonly ChannelReader<SessionCommand> _commands;
    private readonly EnvelopeInbox _inbox;
    private readonly ApprovalDesk _approvals;
    private readonly AnswerDesk _answers;
    private readonly TickDesk _ticks;
    private readonly Action _interrupt;
    private Settlement? _proposed;
    private Task<bool>? _ready;

    public PeopleDesk(SessionScribe scribe, SessionGround ground, SecretStore secrets, ChannelReader<SessionCommand> commands, Action interrupt)
    {
        (_scribe, _ground, Secrets, _commands, _interrupt) = (scribe, ground, secrets, commands, interrupt);
        _inbox = new EnvelopeInbox(scribe.Writer);
        _approvals = new ApprovalDesk(scribe, ground, _inbox);
        _answers = new AnswerDesk(scribe, ground, secrets, _inbox);
        _ticks = new TickDesk(scribe, _inbox);
    }

    /// <summary>What people told this process and nobody may write down.</summary>
    public SecretStore Secrets { get; }

    /// <summary>Why the session is to be left where it stands; <see langword="null"/> while it is not.</summary>
    public string? PauseReason { get; private set; }

    /// <summary>The call of which people must say what became of it; <see langword="null"/> while there is none, or while it is asked for already.</summary>
    public EffectRecord? Undecided { get; private set; }

    /// <summary>Has the session left where it stands.</summary>
    public void Pause(string reason) => PauseReason ??= reason;

    /// <summary>Forgets that the session was to stand still: something must be put back first.</summary>
    public void GoOn() => PauseReason = null;

    /// <summary>Asks for what the step's block wants of people.</summary>
    public Task AskAsync(StepBlock block, CancellationToken cancellationToken) => block switch
    {
        StepBlock.Approval approval => _approvals.AskAsync(approval, cancellationToken),
        StepBlock.Ask ask => _answers.AskAsync(ask, cancellationToken),
        _ => throw new ArgumentException("The block asks nobody.", nameof(block)),
    };

    /// <summary>Gets this process's session key endorsed by the operator.</summary>
    public async Task EndorseAsync(CancellationToken cancellationToken)
    {
        if (Endorsement() is null) await _approvals.AskEndorsementAsync(cancellationToken).ConfigureAwait(false);
        if (_ground.Keys.TryGet(_scribe.View.Operator) is { } key && Endorsement() is { } request)
        {
            await HandleAsync(new SessionCommand.Decide(request.Head.Seq, _scribe.View.Operator, Decision.Approve, null, key), cancellationToken).ConfigureAwait(false);
        }

        while (!_scribe.View.Endorsed && PauseReason is null) await WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private ApprovalRequest? Endorsement() =>
        _scribe.View.Approvals.OpenRequests.LastOrDefault(r => r.Body.Over.Covers("session-key") && r.Epoch == _scribe.View.Epoch);

    /// <summary>Has two people decide what became of a call that no probe can tell, and writes the outcome.</summary>
    public async Task SettleByPeopleAsync(EffectRecord record, CancellationToken cancellationToken)
    {
        var role = _scribe.View.Program!.Document.Roles.FirstOrDefault(r => r.Name != "operator" && _scribe.View.PeopleOf(r.Name).Length >= 2)?.Name;
        if (role is null)
        {
            PauseReason = $"nobody can tell what became of {record.Intent.Effect}, and no role of this runbook has two people who could decide it";
            return;
        }

        while (PauseReason is null)
        {
            var request = _scribe.View.Approvals.AllRequests.LastOrDefault(r => r.Body.Over.Covers("in-doubt:" + record.Intent.Effect));
            Undecided = request is { State: RequestState.Open or RequestState.Granted } ? null : record;
            if (request is { State: RequestState.Granted })
            {
                await WriteSettledAsync(record, request, cancellationToken).ConfigureAwait(false);
                return;
            }

            if (request is not { State: RequestState.Open } && _proposed is { } proposed)
            {
                _proposed = null;
                await _approvals.AskSettlementAsync(record.Intent.Effect, proposed, role, cancellationToken).ConfigureAwait(false);
            }

            await WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until somebody has done something, or the time of what is asked is over.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="need">What is needed, where that does not follow from the view: a secret that this process does not know any more.</param>
    public async Task WaitAsync(CancellationToken cancellationToken, SessionNeed? need = null)
    {
        if (_commands.TryRead(out var waiting))
        {
            await AnswerAsync(waiting, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (await TakeEnvelopesAsync(cancellationToken).ConfigureAwait(false)) return;
        if (_ground.Simulated is { } people && await ActAsync(people, need ?? SessionNeed.Of(_scribe.View, _scribe.Now), cancellationToken).ConfigureAwait(false)) return;

        await WaitForCommandAsync(cancellationToken).ConfigureAwait(false);
    }

    // Where nobody is at the console, what no simulated person can do is left to whoever resumes the session.
    private async Task<bool> ActAsync(ISimulatedPeople people, SessionNeed need, CancellationToken cancellationToken)
    {
        if (people.Next(_scribe.View, need) is { } command)
        {
            var reply = await HandleAsync(command, cancellationToken).ConfigureAwait(false);
            if (!reply.Accepted) throw new InvalidOperationException($"A simulated person was refused: {reply.Message}");
            return true;
        }

        if (Undecided is null && need is SessionNeed.Nothing) return false;
        PauseReason ??= Undecided is { } doubt ? $"people must say what became of {doubt.Intent.Effect}" : "a person is needed whom nobody simulates";
        return true;
    }

    /// <summary>Takes commands while something else is waited for; ends when it is told to.</summary>
    public async Task HearAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            // Every wait ends by telling this one to end: that is no exception, and must not cost one. The same look for a command outlives it.
            if (_ready is null or { IsCompleted: true }) _ready = _commands.WaitToReadAsync(CancellationToken.None).AsTask();
            if (!_ready.IsCompleted)
            {
                var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await using var _ = cancellationToken.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), told);
                await Task.WhenAny(_ready, told.Task).ConfigureAwait(false);
            }

            if (cancellationToken.IsCancellationRequested || !await _ready.ConfigureAwait(false)) return;
            while (!cancellationToken.IsCancellationRequested && _commands.TryRead(out var command))
            {
                // A command that was taken is carried out to its end, whatever becomes of the wait around it.
                await AnswerAsync(command, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task WaitForCommandAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var poll = _ground.Clock.WaitForPeopleAsync(EngineLimits.EnvelopePoll, stop.Token);
        var command = _commands.WaitToReadAsync(stop.Token).AsTask();
        var first = await Task.WhenAny(poll, command).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (first == command && !await command.ConfigureAwait(false)) PauseReason ??= "nobody is at the console any more";
        if (_commands.TryRead(out var arrived)) await AnswerAsync(arrived, cancellationToken).ConfigureAwait(false);
    }

    private async Task AnswerAsync(SessionCommand command, CancellationToken cancellationToken)
    {
        try
        {
            command.Reply.TrySetResult(await HandleAsync(command, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception)
        {
            command.Reply.TrySetException(exception);
            throw;
        }
    }

    private async Task<bool> TakeEnvelopesAsync(CancellationToken cancellationToken)
    {
        var took = false;
        foreach (var (name, bytes) in _inbox.TakeNew())
        {
            took = true;
            await TakeEnvelopeAsync(name, bytes, cancellationToken).ConfigureAwait(false);
        }

        return await TakeRefusalsAsync(cancellationToken).ConfigureAwait(false) || took;
    }

    // Word of a wrong passphrase at somebody's own machine. The file goes once the entry is durable.
    private async Task<bool> TakeRefusalsAsync(CancellationToken cancellationToken)
    {
        var took = false;
        foreach (var (file, refusal) in RefusalInbox.Read(_scribe.Writer.Directory.Root))
        {
            took = true;
            if (_scribe.Roster.Find(refusal.Person) is not null) await _approvals.WrongPassphraseAsync(refusal.Request, refusal.Person, cancellationToken).ConfigureAwait(false);
            File.Delete(file);
        }

        return took;
    }

    private async Task TakeEnvelopeAsync(string name, byte[] bytes, CancellationToken cancellationToken)
    {
        var digest = Digest.Of(bytes);
        var view = _scribe.View;
        if (_scribe.Writer.Ledger.KnowsEnvelope(digest)) return;
        var named = name.Split('-')[0];
        var request = long.TryParse(named, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var seq) ? seq : 0;
        if (!DsseEnvelope.TryRead(bytes, out var envelope))
        {
            if (view.Approvals.Find(request) is not null) await _approvals.CountAsync(bytes, request, "somebody", cancellationToken).ConfigureAwait(false);
            return;
        }

        if (envelope!.PayloadType == PayloadTypes.Approval)
        {
            await _approvals.CountAsync(bytes, request, "somebody", cancellationToken).ConfigureAwait(false);
        }
        else if (envelope.PayloadType == PayloadTypes.Answer && AnswerPayload.TryRead(envelope.Payload.Span, out var answer))
        {
            await _answers.TakeSignedAsync(bytes, answer!, cancellationToken).ConfigureAwait(false);
        }
        else if (envelope.PayloadType == PayloadTypes.Tick)
        {
            await _ticks.TakeSignedAsync(bytes, envelope, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<CommandReply> HandleAsync(SessionCommand command, CancellationToken cancellationToken)
    {
        switch (command)
        {
            case SessionCommand.TickItem tick:
                return await _ticks.TakeAsync(tick.Item, tick.Person, cancellationToken).ConfigureAwait(false);
            case SessionCommand.GiveAnswer answer:
                return await _answers.TakeAsync(answer, cancellationToken).ConfigureAwait(false);
            case SessionCommand.Decide decide:
                return await _approvals.DecideAsync(decide, cancellationToken).ConfigureAwait(false);
            case SessionCommand.ReportWrongPassphrase wrong:
                return await _approvals.WrongPassphraseAsync(wrong.Request, wrong.Person, cancellationToken).ConfigureAwait(false);
            case SessionCommand.GoOn or SessionCommand.Choose:
                return await LeaveAsync(command, cancellationToken).ConfigureAwait(false);
            case SessionCommand.AbortSession abort:
                return await AbortAsync(abort, cancellationToken).ConfigureAwait(false);
            case SessionCommand.PauseSession pause:
                if (_scribe.View.Faults.Armed.FirstOrDefault() is { } armed) return CommandReply.Refused($"\"{armed.Body.Fault}\" is armed and must not be left alone: abort, and the session can be left once it is lifted.");
                PauseReason = pause.Reason;
                _interrupt();
                return CommandReply.Done;
            case SessionCommand.AddNote note:
                if (note.Text.Length is 0 or > EngineLimits.TypedTextMax) return CommandReply.Refused($"A note has 1 to {EngineLimits.TypedTextMax} characters.");
                await _scribe.AppendAsync(new EntryDraft(_scribe.View.Operator, new Note { Text = note.Text }), cancellationToken).ConfigureAwait(false);
                return CommandReply.Done;
            case SessionCommand.TellSecret secret:
                Secrets.Tell(secret.Name, secret.Value);
                return CommandReply.Done;
            case SessionCommand.ProposeSettlement propose:
                _proposed = propose.Settlement;
                return CommandReply.Done;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task<CommandReply> LeaveAsync(SessionCommand command, CancellationToken cancellationToken)
    {
        var view = _scribe.View;
        if (view.Current is null) return CommandReply.Refused("The session is in no step.");
        var edge = (StepRules.Stand(view, _scribe.Now), command) switch
        {
            (StepStand.WaitsForOperator waits, SessionCommand.GoOn) => waits.By,
            (StepStand.WaitsForChoice waits, SessionCommand.Choose choose) => waits.Choices.FirstOrDefault(c => c.Choice == choose.Choice),
            _ => null,
        };
        if (edge is null) return CommandReply.Refused("The step does not wait for that.");
        await _scribe.InStepAsync(view.Operator, new StepLeft
        {
            Trigger = StepFold.Trigger(edge.Trigger),
            Next = edge.Target,
            Choice = edge.Choice is null ? default(InertText?) : InertText.Of(edge.Choice),
        }, cancellationToken).ConfigureAwait(false);
        return CommandReply.Done;
    }

    private async Task<CommandReply> AbortAsync(SessionCommand.AbortSession abort, CancellationToken cancellationToken)
    {
        var view = _scribe.View;
        if (view.Current is not { } step) return CommandReply.Refused("The session is in no step; it can be aborted in the next.");
        if (step.Step.Block is StepBlock.Revert) return CommandReply.Refused("What was broken or lent is being put back; that goes on until it holds, and can't be aborted.");
        if (step.AbortReason is not null) return CommandReply.Refused("It is being aborted already.");
        var reason = abort.Reason.Length <= EngineLimits.TypedTextMax ? abort.Reason : abort.Reason[..EngineLimits.TypedTextMax];
        await _scribe.InStepAsync(view.Operator, new Abort { Reason = reason.Length == 0 ? "no reason given" : reason, Trigger = abort.Trigger }, cancellationToken).ConfigureAwait(false);
        _interrupt();
        return CommandReply.Done;
    }

    private Task WriteSettledAsync(EffectRecord record, ApprovalRequest request, CancellationToken cancellationToken)
    {
        var effect = record.Intent.Effect;
        var settlement = Enum.GetValues<Settlement>().First(s => SettlementPlan.DigestOf(effect, s) == request.Body.Plan);
        var approval = request.Counted.Last(c => c.Decision == Decision.Approve).Seq;
        var now = _scribe.Now;
        return _scribe.InStepAsync(EntryDraft.Console, new Outcome
        {
            Effect = effect,
            Result = OutcomeResult.Settled,
            SettledAs = settlement,
            SettledBy = approval,
            ElapsedMs = _scribe.View.ElapsedMs(now.Epoch, now.MonoUs, now.Wall),
        }, cancellationToken);
    }
}
