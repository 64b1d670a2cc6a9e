using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Runbook.Journal;
using Runbook.Language;
using Runbook.Language.Schemas;

namespace Runbook.Engine;

/// <summary>
/// The people of an unattended rehearsal: they tick, answer, approve, choose and go on at once, with keys that are public
/// on purpose. Every entry that they make is marked as simulated.
/// </summary>
/// <param name="rehearsal">What the runbook says of its rehearsal.</param>
/// <param name="filesFolder">Where a rehearsal custodian keeps their key pair, and what lies in the safe.</param>
/// <param name="time">The clock, for the validity of their certificates.</param>
/// <param name="keys">What is random in what they do; the operating system's where left out.</param>
public sealed class RehearsalPeople(RehearsalPlan rehearsal, string filesFolder, TimeProvider time, RehearsalKeySource? keys = null) : ISimulatedPeople, IPersonKeys
{
    private readonly RehearsalHolder _holder = new(filesFolder, time, keys ?? new RehearsalKeySource());

    /// <inheritdoc/>
    public ISigner? TryGet(string person) => Rehearsal.People.Contains(person) ? Rehearsal.KeyOf(person) : null;

    /// <inheritdoc/>
    public SessionCommand? Next(SessionView view, SessionNeed need)
    {
        ArgumentNullException.ThrowIfNull(view);
        switch (need)
        {
            case SessionNeed.Ticks { Open: [var open, ..] }:
                return new SessionCommand.TickItem(open.Attestation.Index, open.Candidates[0]);
            case SessionNeed.Approvals approvals when approvals.Candidates.FirstOrDefault(c => TryGet(c) is not null) is { } person:
                return new SessionCommand.Decide(approvals.Request.Head.Seq, person, Decision.Approve, null, Rehearsal.KeyOf(person));
            case SessionNeed.Answers answers when !answers.Candidates.IsEmpty:
                return Answer(view, answers, answers.Candidates[0]);
            case SessionNeed.Operator:
                return new SessionCommand.GoOn();
            case SessionNeed.Choice choice:
                return new SessionCommand.Choose(Pick(view, choice));
            case SessionNeed.Secret secret:
                return new SessionCommand.TellSecret(secret.Name, "rehearsal-" + secret.Name);
            default:
                return null;
        }
    }

    // Who comes back to a choice takes the next one, else a rehearsal would try in vain again for ever.
    private string Pick(SessionView view, SessionNeed.Choice choice)
    {
        var step = view.Current!;
        var wanted = PlanOf(view).Choices.GetValueOrDefault(step.Slug) ?? rehearsal.Choices.GetValueOrDefault(step.Slug);
        return choice.Choices.FirstOrDefault(c => c.Choice == wanted)?.Choice ?? choice.Choices[Math.Min(step.Visit, choice.Choices.Length) - 1].Choice!;
    }

    private SessionCommand.GiveAnswer Answer(SessionView view, SessionNeed.Answers asked, string person)
    {
        var values = ImmutableDictionary.CreateBuilder<string, JsonElement>(StringComparer.Ordinal);
        var files = ImmutableDictionary.CreateBuilder<string, HandedInFile>(StringComparer.Ordinal);
        foreach (var member in asked.Values)
        {
            if (member.Schema.IsFile) files[member.Name] = FileFor(view, member, person);
            else if (ValueFor(view, member, person) is { } value) values[member.Name] = value;
        }

        return new SessionCommand.GiveAnswer(person, values.ToImmutable(), files.ToImmutable());
    }

    private JsonElement? ValueFor(SessionView view, SchemaMember member, string person)
    {
        if (AnswerFor(view, member) is { } answer)
        {
            return member.Schema.ContentMediaType == RehearsalHolder.ChallengeAnswer
                ? JsonSerializer.SerializeToElement(_holder.AnswerTo(person, answer.GetString()!), EngineJson.Default.String)
                : answer;
        }

        if (member.Schema.Default is { } preset) return preset;
        if (!member.Schema.Examples.IsEmpty) return member.Schema.Examples[0];
        return member.Required ? JsonSerializer.SerializeToElement("rehearsal", EngineJson.Default.String) : null;
    }

    private HandedInFile FileFor(SessionView view, SchemaMember member, string person)
    {
        if (member.Schema.ContentMediaType == RehearsalHolder.Certificate) return new HandedInFile($"{person}.cer", Encoding.ASCII.GetBytes(_holder.CertificateOf(person)));
        var answer = AnswerFor(view, member);
        if (answer is { ValueKind: JsonValueKind.Object } told)
        {
            if (member.Schema.ContentMediaType == RehearsalHolder.OpenedShare) return new HandedInFile($"{person}.opened", _holder.Open(person, told.GetProperty("domain").GetString()!, told.GetProperty("certificate").GetString()!));
            var file = told.GetProperty("file").GetString()!;
            return new HandedInFile(Path.GetFileName(file), File.ReadAllBytes(Path.Combine(filesFolder, file)));
        }

        var text = answer is { } given ? ShownValues.Text(given) : $"rehearsal {member.Name} of {person}\n";
        return new HandedInFile(member.Name + ".txt", Encoding.UTF8.GetBytes(text));
    }

    private JsonElement? AnswerFor(SessionView view, SchemaMember member) =>
        (PlanOf(view).Answers.GetValueOrDefault(member.Name) ?? rehearsal.Answers.GetValueOrDefault(member.Name))?.Fill(view.Frame!.Variables.Find);

    // Who asks is answered by what their own runbook says of its rehearsal, also where another one called it.
    private static RehearsalPlan PlanOf(SessionView view) => view.Frame!.Machine.Document.Rehearsal;
}
