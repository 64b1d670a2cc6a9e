using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Journal;
using Runbook.Language;
using Runbook.Language.Schemas;

namespace Runbook.Engine;

/// <summary>Asks people for values, and takes what they bring.</summary>
internal sealed class AnswerDesk(SessionScribe scribe, SessionGround ground, SecretStore secrets, EnvelopeInbox inbox)
{
    /// <summary>Asks for what the step that the session stands in wants.</summary>
    public Task AskAsync(StepBlock.Ask ask, CancellationToken cancellationToken)
    {
        var view = scribe.View;
        var within = ask.Within?.Resolve(view.Frame!.Variables.Find) ?? EngineLimits.DefaultPeopleTime;
        return scribe.InStepAsync(EntryDraft.Console, new AnswerRequested
        {
            Role = ask.Role,
            Each = ask.Each,
            Quorum = ask.Each ? view.PeopleOf(ask.Role).Length : 1,
            Names = [.. ask.Value.Select(v => v.Name)],
            Nonce = SessionNames.NewNonce(ground.Journal.Random),
            ExpiresMs = (long)within.TotalMilliseconds,
        }, cancellationToken);
    }

    /// <summary>Takes an answer that is given at this console.</summary>
    public Task<CommandReply> TakeAsync(SessionCommand.GiveAnswer command, CancellationToken cancellationToken) =>
        TakeAsync(command.Person, command.Values, command.Files, null, cancellationToken);

    /// <summary>Takes an answer that was signed elsewhere; its values and files lie in the session's inbox.</summary>
    public async Task<CommandReply> TakeSignedAsync(ReadOnlyMemory<byte> envelope, AnswerPayload payload, CancellationToken cancellationToken)
    {
        var brought = AnswerInbox.Read(scribe.Writer.Directory.Root, payload.Head.Seq, payload.Person);
        return brought is null
            ? CommandReply.Refused($"{payload.Person} signed an answer, and its values are not there.")
            : await TakeAsync(payload.Person, brought.Values, brought.Files, envelope, cancellationToken).ConfigureAwait(false);
    }

    private async Task<CommandReply> TakeAsync(string person, ImmutableDictionary<string, JsonElement> values, ImmutableDictionary<string, HandedInFile> files, ReadOnlyMemory<byte>? envelope, CancellationToken cancellationToken)
    {
        var view = scribe.View;
        var step = view.Current;
        if (step?.Step.Block is not StepBlock.Ask ask || view.Approvals.FindQuestion(step.RequestSeq) is not { State: RequestState.Open } question) return CommandReply.Refused("Nothing is asked.");
        if (!view.PeopleOf(ask.Role).Contains(person)) return CommandReply.Refused($"{person} does not hold the role '{ask.Role}' in this session.");
        if (question.Answered.Contains(person)) return CommandReply.Refused($"{person} has answered already.");
        if (Complaint(ask, values, files) is { } complaint) return CommandReply.Refused(complaint);

        var journalled = ImmutableArray.CreateBuilder<KeyValuePair<string, CanonicalJson>>();
        foreach (var member in ask.Value)
        {
            if (files.TryGetValue(member.Name, out var file)) journalled.Add(new(member.Name, AnsweredValues.OfFile(file)));
            else if (!values.TryGetValue(member.Name, out var value)) continue;
            else if (member.Schema.WriteOnly) journalled.Add(new(member.Name, Commit(step, person, member.Name, value)));
            else journalled.Add(new(member.Name, JournalValue.ToJournal(value)));
        }

        var named = new NamedValues(journalled);
        var link = envelope is { } signed ? await LinkAsync(view, question, named, signed, cancellationToken).ConfigureAwait(false) : null;
        if (envelope is not null && link is null) return CommandReply.Refused($"The signature of {person} does not fit what was brought.");
        foreach (var file in files.Values) await scribe.KeepAsync("handed-in", "application/octet-stream", file.Bytes, cancellationToken).ConfigureAwait(false);
        await scribe.InStepAsync(person, new Answer
        {
            Request = question.Head.Seq,
            Person = person,
            Names = [.. named.Keys],
            Values = named,
            Auth = link is null ? ClaimAuth.Keyboard : ClaimAuth.Signed,
            Envelope = link,
        }, cancellationToken).ConfigureAwait(false);
        return CommandReply.Done;
    }

    private static string? Complaint(StepBlock.Ask ask, ImmutableDictionary<string, JsonElement> values, ImmutableDictionary<string, HandedInFile> files)
    {
        foreach (var member in ask.Value)
        {
            if (member.Schema.IsFile)
            {
                if (!files.TryGetValue(member.Name, out var file))
                {
                    if (member.Required) return $"'{member.Name}' is a file, and none was handed in.";
                    continue;
                }

                if (file.Bytes.Length > EngineLimits.HandedInBytesMax) return $"'{member.Name}' has {file.Bytes.Length:N0} bytes, and may have at most {EngineLimits.HandedInBytesMax:N0}.";
                if (First(member.Schema.Check(AnsweredValues.OfFile(file).ToElement())) is { } problem) return $"'{member.Name}' {problem}.";
                continue;
            }

            if (!values.TryGetValue(member.Name, out var value))
            {
                if (member.Required) return $"'{member.Name}' is missing.";
                continue;
            }

            if (First(member.Schema.Check(value)) is { } wrong) return $"'{member.Name}' {wrong}.";
            if (JournalValue.IsTooLarge(value)) return $"'{member.Name}' has more than {EngineLimits.SavedBytesMax} bytes.";
        }

        return null;

        static string? First(ImmutableArray<SchemaProblem> problems) => problems.IsEmpty ? null : problems[0].Message;
    }

    private CanonicalJson Commit(StepProgress step, string person, string name, JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        secrets.Tell(name, text);
        var opening = scribe.Writer.Opening ?? throw new InvalidOperationException("The key that commits to secrets was lost, so no secret can be taken in this session.");
        return opening.Commit($"answer/{step.Path}/{step.Visit}/{person}/{name}", System.Text.Encoding.UTF8.GetBytes(text)).ToJson();
    }

    private async Task<EnvelopeLink?> LinkAsync(SessionView view, AnswerRequest question, NamedValues values, ReadOnlyMemory<byte> envelope, CancellationToken cancellationToken)
    {
        var now = scribe.Now;
        var situation = new ApprovalSituation
        {
            Session = view.SessionId,
            Runbook = view.Plan?.Runbook.Digest ?? default,
            Roster = scribe.Roster,
            Ledger = view.Approvals,
            Clocks = view.Clocks,
            Epoch = now.Epoch,
            MonoUs = now.MonoUs,
            At = JournalTime.Of(now.Wall),
        };
        if (ClaimRules.JudgeAnswer(envelope.Span, values, situation, out var payload) is { } why)
        {
            await scribe.AppendAsync(new EntryDraft(EntryDraft.Console, new ApprovalRefused { Request = question.Head.Seq, Why = why, Envelope = Digest.Of(envelope.Span) }), cancellationToken).ConfigureAwait(false);
            return null;
        }

        var file = await scribe.Writer.KeepEnvelopeAsync(question.Head.Seq, payload!.Person, envelope, cancellationToken).ConfigureAwait(false);
        inbox.Know(file);
        return DsseEnvelope.TryRead(envelope.Span, out var dsse) ? new EnvelopeLink(file, Digest.Of(envelope.Span), dsse!.Signatures[0].KeyId) : null;
    }
}
