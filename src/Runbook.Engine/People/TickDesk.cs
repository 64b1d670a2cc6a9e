using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>Takes ticks: from the keyboard, and signed elsewhere. A signed one that does not count is refused, and that is journalled.</summary>
internal sealed class TickDesk(SessionScribe scribe, EnvelopeInbox inbox)
{
    /// <summary>Takes a tick that is made at this console.</summary>
    public async Task<CommandReply> TakeAsync(int item, string person, CancellationToken cancellationToken)
    {
        if (Refusal(item, person, out var open) is { } refusal) return CommandReply.Refused(refusal.Says);
        if (scribe.Roster.FindRole(open!.Attestation.Role)?.TicksAreSigned == true)
        {
            return CommandReply.Refused($"The roster wants signed ticks of the role \"{open.Attestation.Role}\": {person} ticks with runbook approve.");
        }

        await WriteAsync(open, person, null, cancellationToken).ConfigureAwait(false);
        return CommandReply.Done;
    }

    /// <summary>Takes a tick that was signed elsewhere.</summary>
    public async Task TakeSignedAsync(byte[] bytes, DsseEnvelope envelope, CancellationToken cancellationToken)
    {
        if (scribe.View.Current is not { } step || scribe.EntryHead(step.EnteredSeq) is not { } entered) return;
        var why = ClaimRules.JudgeTick(bytes, scribe.View.SessionId, scribe.Roster, JournalTime.Of(scribe.Now.Wall), entered, step.Path, step.Visit, out var payload);
        OpenTick? open = null;
        why ??= Refusal(payload!.Item, payload.Person, out open)?.Why ?? OfWhatWasSigned(payload, open!);
        if (why is { } refused)
        {
            var person = payload?.Person ?? (TickPayload.TryRead(envelope.Payload.Span, out var claimed) ? claimed!.Person : null);
            await scribe.InStepAsync(EntryDraft.Console, new ApprovalRefused { Request = step.EnteredSeq, Person = person, Why = refused, Envelope = Digest.Of(bytes) }, cancellationToken).ConfigureAwait(false);
            return;
        }

        var file = await scribe.Writer.KeepEnvelopeAsync(step.EnteredSeq, payload!.Person, bytes, cancellationToken).ConfigureAwait(false);
        inbox.Know(file);
        await WriteAsync(open!, payload.Person, new EnvelopeLink(file, Digest.Of(bytes), envelope.Signatures[0].KeyId), cancellationToken).ConfigureAwait(false);
    }

    // What is signed is the text that was shown, in the role that is asked.
    private ApprovalRefusal? OfWhatWasSigned(TickPayload payload, OpenTick open)
    {
        if (payload.Role != open.Attestation.Role) return ApprovalRefusal.WrongRole;
        return payload.Text == InertText.Of(ShownValues.In(scribe.View).Of(open.Attestation)) ? null : ApprovalRefusal.WrongPlan;
    }

    private (ApprovalRefusal Why, string Says)? Refusal(int item, string person, out OpenTick? open)
    {
        open = null;
        var view = scribe.View;
        if (view.Current is null || StepRules.Stand(view, scribe.Now) is not StepStand.WaitsForTicks waits) return (ApprovalRefusal.NotOpen, "Nothing waits for a tick.");
        open = waits.Open.FirstOrDefault(o => o.Attestation.Index == item);
        if (open is null) return (ApprovalRefusal.NotOpen, $"Item {item} does not wait for a tick.");
        if (open.Candidates.Contains(person)) return null;
        return view.PeopleOf(open.Attestation.Role).Contains(person)
            ? (ApprovalRefusal.DuplicatePerson, $"{person} has ticked item {item} already.")
            : (ApprovalRefusal.WrongRole, $"Item {item} is not for {person} to tick.");
    }

    private Task WriteAsync(OpenTick open, string person, EnvelopeLink? envelope, CancellationToken cancellationToken) =>
        scribe.InStepAsync(person, new Tick
        {
            Item = open.Attestation.Index,
            Text = ShownValues.In(scribe.View).Of(open.Attestation),
            Role = open.Attestation.Role,
            Person = person,
            Auth = envelope is null ? ClaimAuth.Keyboard : ClaimAuth.Signed,
            Envelope = envelope,
        }, cancellationToken);
}
