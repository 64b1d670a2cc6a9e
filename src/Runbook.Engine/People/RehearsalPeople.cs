using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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
/// <param name="filesFolder">Where a rehearsal custodian keeps the key pair that they made.</param>
/// <param name="time">The clock, for the validity of their certificates.</param>
public sealed class RehearsalPeople(RehearsalPlan rehearsal, string filesFolder, TimeProvider time) : ISimulatedPeople, IPersonKeys
{
    // The least that Azure takes: the rehearsal waits while they are made, and what they guard is not real.
    private const int WrappingKeyBits = 2048;

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

    private string Pick(SessionView view, SessionNeed.Choice choice)
    {
        var wanted = rehearsal.Choices.GetValueOrDefault(view.Current!.Slug);
        return choice.Choices.FirstOrDefault(c => c.Choice == wanted)?.Choice ?? choice.Choices[0].Choice!;
    }

    private SessionCommand.GiveAnswer Answer(SessionView view, SessionNeed.Answers asked, string person)
    {
        var values = ImmutableDictionary.CreateBuilder<string, JsonElement>(StringComparer.Ordinal);
        var files = ImmutableDictionary.CreateBuilder<string, HandedInFile>(StringComparer.Ordinal);
        foreach (var member in asked.Values)
        {
            if (member.Schema.IsFile) files[member.Name] = FileFor(view, member, person);
            else if (ValueFor(view, member) is { } value) values[member.Name] = value;
        }

        return new SessionCommand.GiveAnswer(person, values.ToImmutable(), files.ToImmutable());
    }

    private JsonElement? ValueFor(SessionView view, SchemaMember member)
    {
        if (rehearsal.Answers.GetValueOrDefault(member.Name) is { } answer) return answer.Fill(view.Frame!.Variables.Find);
        if (member.Schema.Default is { } preset) return preset;
        if (!member.Schema.Examples.IsEmpty) return member.Schema.Examples[0];
        return member.Required ? JsonSerializer.SerializeToElement("rehearsal", EngineJson.Default.String) : null;
    }

    private HandedInFile FileFor(SessionView view, SchemaMember member, string person)
    {
        if (member.Schema.ContentMediaType == "application/x-x509-ca-cert") return new HandedInFile($"{person}.cer", Encoding.ASCII.GetBytes(MakeCertificate(person)));
        var text = rehearsal.Answers.GetValueOrDefault(member.Name) is { } answer
            ? ShownValues.Text(answer.Fill(view.Frame!.Variables.Find))
            : $"rehearsal {member.Name} of {person}\n";
        return new HandedInFile(member.Name + ".txt", Encoding.UTF8.GetBytes(text));
    }

    /// <summary>A key pair of the person's own, kept beside the session as a custodian keeps it on a medium; gives the certificate.</summary>
    private string MakeCertificate(string person)
    {
        using var key = RSA.Create(WrappingKeyBits);
        var request = new CertificateRequest($"CN=security domain holder {person}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var now = time.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(10));
        var folder = Path.Combine(filesFolder, "rehearsal-people", person);
        Directory.CreateDirectory(folder);
        var pem = certificate.ExportCertificatePem() + "\n";
        File.WriteAllText(Path.Combine(folder, "wrapping.cer"), pem);
        File.WriteAllText(Path.Combine(folder, "wrapping.key.pem"), key.ExportPkcs8PrivateKeyPem() + "\n");
        return pem;
    }
}
