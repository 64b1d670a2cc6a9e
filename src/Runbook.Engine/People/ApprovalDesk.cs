using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>Asks people to agree, and counts what they sign.</summary>
internal sealed class ApprovalDesk(SessionScribe scribe, SessionGround ground, EnvelopeInbox inbox)
{
    private readonly PlanRenderer _plans = new(ground.Actions);
    private readonly PlannedRadii _radii = new(scribe, ground);

    /// <summary>Asks for what the approval step that the session stands in wants.</summary>
    public async Task AskAsync(StepBlock.Approval approval, CancellationToken cancellationToken)
    {
        var radii = await _radii.OfAsync(approval, cancellationToken).ConfigureAwait(false);
        if (radii is null) return;
        var view = scribe.View;
        var plan = _plans.ForApproval(view, radii);
        await scribe.KeepAsync("plan.json", "application/json", plan.Json.Utf8, cancellationToken).ConfigureAwait(false);
        var prefix = view.Frame!.Prefix;
        var over = approval.Over.Select(o => o.Kind switch
        {
            ApprovalSubjectKind.Plan => ApprovalScope.Plan,
            ApprovalSubjectKind.Close => ApprovalScope.Close,
            ApprovalSubjectKind.Step => ApprovalScope.Step(prefix + o.Step),
            _ => ApprovalScope.Result(prefix + o.Step),
        });
        var within = approval.Within.Resolve(view.Frame.Variables.Find) ?? EngineLimits.DefaultPeopleTime;
        await scribe.InStepAsync(EntryDraft.Console, new ApprovalRequested
        {
            Over = ApprovalScope.All(over),
            Role = approval.Role,
            Quorum = approval.Quorum ?? view.Frame.Machine.Document.Role(approval.Role)!.Quorum,
            Plan = plan.Digest,
            Nonce = SessionNames.NewNonce(ground.Journal.Random),
            ExpiresMs = (long)within.TotalMilliseconds,
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks the operator to endorse this process's session key.</summary>
    public Task AskEndorsementAsync(CancellationToken cancellationToken) => AskAsync(ApprovalScope.SessionKey, "operator", 1, scribe.Writer.SessionKey.PublicKey.KeyId, cancellationToken);

    /// <summary>Asks two people to sign what became of a call.</summary>
    public Task AskSettlementAsync(EffectId effect, Settlement settlement, string role, CancellationToken cancellationToken) =>
        AskAsync(ApprovalScope.InDoubt(effect), role, 2, SettlementPlan.DigestOf(effect, settlement), cancellationToken);

    /// <summary>Signs what a person decides at this console, and counts it.</summary>
    public async Task<CommandReply> DecideAsync(SessionCommand.Decide command, CancellationToken cancellationToken)
    {
        var view = scribe.View;
        if (view.Approvals.Find(command.Request) is not { } request) return CommandReply.Refused("Nothing waits for this approval.");
        var payload = Payload(view, request, command);
        var envelope = payload.Sign(command.Signer).ToFile();
        return await CountAsync(envelope, request.Head.Seq, command.Person, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Counts an envelope, whoever brought it; what does not count is refused, and that is journalled.</summary>
    public async Task<CommandReply> CountAsync(ReadOnlyMemory<byte> envelope, long requestSeq, string person, CancellationToken cancellationToken)
    {
        var view = scribe.View;
        switch (ApprovalRules.Judge(envelope.Span, Situation(view, requestSeq)))
        {
            case ApprovalJudgement.Accepted accepted:
                var file = await scribe.Writer.KeepEnvelopeAsync(accepted.Request.Head.Seq, accepted.Payload.Person, envelope, cancellationToken).ConfigureAwait(false);
                inbox.Know(file);
                await AppendAsync(view, accepted.Request.Head.Seq, accepted.Payload.Person, new Approval
                {
                    Request = accepted.Request.Head.Seq,
                    Person = accepted.Payload.Person,
                    Role = accepted.Payload.Role,
                    Decision = accepted.Payload.Decision,
                    Reason = accepted.Payload.Reason,
                    Envelope = new EnvelopeLink(file, Digest.Of(envelope.Span), accepted.KeyId),
                }, cancellationToken).ConfigureAwait(false);
                return CommandReply.Done;
            case ApprovalJudgement.Refused refused:
                var seq = refused.Request is { } named && view.Approvals.Find(named) is not null ? named : requestSeq;
                if (view.Approvals.Find(seq) is null) return CommandReply.Refused($"The envelope of {person} names no request of this session.");
                await RefuseAsync(view, seq, refused.Person ?? person, refused.Why, Digest.Of(envelope.Span), cancellationToken).ConfigureAwait(false);
                return CommandReply.Refused(Refusals.InWords(refused.Why, refused.Person ?? person));
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Writes down that an approval could not even be signed.</summary>
    public async Task<CommandReply> WrongPassphraseAsync(long request, string person, CancellationToken cancellationToken)
    {
        var view = scribe.View;
        if (view.Approvals.Find(request) is not null || view.Approvals.FindQuestion(request) is not null || view.Current?.EnteredSeq == request)
        {
            await RefuseAsync(view, request, person, ApprovalRefusal.WrongPassphrase, null, cancellationToken).ConfigureAwait(false);
        }

        return CommandReply.Refused(Refusals.InWords(ApprovalRefusal.WrongPassphrase, person));
    }

    private Task AskAsync(ApprovalScope over, string role, int quorum, Digest plan, CancellationToken cancellationToken) =>
        scribe.AppendAsync(new EntryDraft(EntryDraft.Console, new ApprovalRequested
        {
            Over = over,
            Role = role,
            Quorum = quorum,
            Plan = plan,
            Nonce = SessionNames.NewNonce(ground.Journal.Random),
            ExpiresMs = (long)EngineLimits.DefaultPeopleTime.TotalMilliseconds,
        }), cancellationToken);

    private ApprovalPayload Payload(SessionView view, ApprovalRequest request, SessionCommand.Decide command)
    {
        var now = scribe.Now;
        var passed = view.Clocks.Between(request.Epoch, request.MonoUs, now.Epoch, now.MonoUs) ?? TimeSpan.Zero;
        return new ApprovalPayload
        {
            Session = view.SessionId,
            Runbook = view.Plan?.Runbook.Digest ?? default,
            Roster = view.Roster!.Roster,
            Over = request.Body.Over,
            Plan = request.Body.Plan,
            Nonce = request.Body.Nonce,
            Head = request.Head,
            Person = command.Person,
            Role = request.Body.Role,
            Decision = command.Decision,
            Reason = string.IsNullOrEmpty(command.Reason) ? default(InertText?) : InertText.Of(command.Reason),
            At = JournalTime.Of(now.Wall),
            Expires = JournalTime.Of(now.Wall + TimeSpan.FromMilliseconds(request.Body.ExpiresMs) - passed),
        };
    }

    private ApprovalSituation Situation(SessionView view, long requestSeq)
    {
        var now = scribe.Now;
        return new ApprovalSituation
        {
            Session = view.SessionId,
            Runbook = view.Plan?.Runbook.Digest ?? default,
            Roster = scribe.Roster,
            Ledger = view.Approvals,
            Clocks = view.Clocks,
            Epoch = now.Epoch,
            MonoUs = now.MonoUs,
            At = JournalTime.Of(now.Wall),
            Excluded = CoversDestructive(view, requestSeq) ? view.Operator : null,
        };
    }

    // The operator's own approval does not count for what takes something away.
    private bool CoversDestructive(SessionView view, long requestSeq)
    {
        if (view.Approvals.Find(requestSeq) is not { } request || Artifacts.Read(scribe.Writer, request.Body.Plan) is not { } text || !CanonicalJson.TryAccept(text, out var plan)) return false;
        return new RenderedPlan(plan!).Steps.Any(s => s.TryGetProperty("class", out var effect) && effect.GetString() == "destructive");
    }

    private Task RefuseAsync(SessionView view, long requestSeq, string person, ApprovalRefusal why, Digest? envelope, CancellationToken cancellationToken) =>
        AppendAsync(view, requestSeq, EntryDraft.Console, new ApprovalRefused
        {
            Request = requestSeq,
            Person = TryRosterId(person),
            Why = why,
            Envelope = envelope,
        }, cancellationToken);

    private static string? TryRosterId(string person) =>
        person.Length is > 0 and <= 32 && char.IsAsciiLetterLower(person[0]) && person.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') ? person : null;

    // What belongs to the current step names it; the endorsement of a key belongs to none.
    private Task AppendAsync(SessionView view, long requestSeq, string by, EntryBody body, CancellationToken cancellationToken) =>
        view.Current is { } step && (step.RequestSeq == requestSeq || step.EnteredSeq == requestSeq)
            ? scribe.InStepAsync(by, body, cancellationToken)
            : scribe.AppendAsync(new EntryDraft(by, body), cancellationToken);
}
