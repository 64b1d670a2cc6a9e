using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>
/// <c>keyvault.security-domain.download</c>. No SDK has this call.
/// </summary>
/// <remarks>
/// The plan names each certificate by its file's digest, <c>${certificate sha256:…}</c>; what leaves is the certificate with
/// just that digest. The first answer holds the domain while the HSM is still at it, so it is put on stable storage at
/// once, under a name that says that it is not confirmed, and gets its own name when the HSM says that it is done. A crash
/// in between loses nothing: whoever goes on polling finds the file.
/// </remarks>
internal sealed class SecurityDomainDownload(AzureSite site, AzureWire? wire) : HsmAction(site, wire)
{
    private const string Hole = "${certificate ";
    private const string PendingPath = "/securitydomain/download/pending";

    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "keyvault.security-domain.download",
        Summary = "Downloads a managed HSM's security domain, encrypted for the keys of its holders, into the session's folder. The first download activates the HSM; a later one gives the same domain anew, for the holders that it names.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of($$"""
            hsm: {{{ResultText.HsmArgument}}}
            certificates: {type: array, minItems: 3, maxItems: 10, items: {type: string, format: file, maxLength: 65536}, description: "The holders' certificates, RSA of 2048 bits and more, PEM or DER"}
            quorum: {type: integer, minimum: 2, maximum: 10, description: "How many holders together open it"}
            file: {type: string, pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$', description: "Name of the file in the session's folder; one that has this name is kept under a numbered name"}
            """),
        Result = Shape.Of($$"""
            file: {{ResultText.File}}
            previous: {type: string, description: "Name under which an earlier file of that name was kept, where there was one"}
            """),
        Permissions =
        [
            new(PermissionPlane.DataPlane, "Microsoft.KeyVault/managedHsm/securitydomain/download/action", "/", "Managed HSM Administrator"),
            new(PermissionPlane.DataPlane, "Microsoft.KeyVault/managedHsm/securitydomain/download/read", "/", "Managed HSM Administrator"),
        ],
        AzCommand = "az keyvault security-domain download --hsm-name {hsm:name} --sd-wrapping-keys {certificates} --sd-quorum {quorum} --security-domain-file {file}",
        Settle = new SettlingProbe("Looks for the file, for the same holders and quorum; one whose download was not confirmed is asked about again.", TimeSpan.FromMinutes(1)),
        UsuallyTakes = TimeSpan.FromMinutes(2),
        Errors = Refusals.ManagedHsm.AddRange(
            new("BadParameter", "The HSM takes the certificates or the quorum not.", "Nothing changed.", "Inspect the certificates: RSA of 2048 bits and more, 3 to 10 of them, each with its own key."),
            new("Conflict", "Another download is under way.", "Nothing changed by this call.", "Wait until it is over, and download again."),
            new("SecurityDomainDownloadFailed", "The HSM could not make its security domain.", "No file was confirmed. Whether the HSM is active, Resource Manager says.", "Download again."),
            new("FileMissing", "The HSM is done, and the file that it had sent is not here any more.", "The HSM is active. No file is in the folder.", "Download again: it gives the same domain.")),
    };

    /// <inheritdoc/>
    public override async Task<CallAnswer> PollAsync(PendingOperation operation, PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        var answer = await LookAsync(operation.Url, context, cancellationToken).ConfigureAwait(false);
        if (answer.Status is 408 or 429 or >= 500) return Pending(operation with { RetryAfter = answer.RetryAfter ?? operation.RetryAfter }, answer);
        if (!answer.IsSuccess) throw new CallNotAnsweredException(NetworkFailure.NoAnswer, $"The question how the download stands was answered {answer.Status} {answer.ErrorOf().Code}.");
        var files = new SessionFiles(context);
        switch (Word(answer, "status"))
        {
            case "Success" or "Succeeded":
                return Confirm(files, operation.Token, call.File!, answer);
            case "Failed":
                files.Discard(operation.Token);
                return Answers.Refused("SecurityDomainDownloadFailed", Word(answer, "status_details") ?? "The HSM does not say why.", answer);
            case { } going:
                return Pending(operation with { Status = going, RetryAfter = answer.RetryAfter ?? operation.RetryAfter }, answer);
            default:
                throw new CallNotAnsweredException(NetworkFailure.NoAnswer, "The question how the download stands was answered with something else.");
        }
    }

    /// <inheritdoc/>
    public override Task<SettleVerdict> SettleAsync(PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        var files = new SessionFiles(context);
        var unconfirmed = UnconfirmedName(call.File!);
        if (files.Exists(unconfirmed)) return Task.FromResult<SettleVerdict>(new SettleVerdict.Running(Operation(call, null, unconfirmed)));
        try
        {
            var certificates = CertificatesOf(call, files);
            var found = files.TryRead(call.File!, ActionsLimits.SecurityDomainBytesMax);
            if (found is null) return Task.FromResult<SettleVerdict>(new SettleVerdict.DidNot(Answers.Refused("FileNotFound", $"There is no file '{call.File}'.")));
            var domain = SecurityDomainFile.Read(found);
            return Task.FromResult<SettleVerdict>(domain.Matches(certificates) && domain.Required == call.Body!.Value.GetProperty("required").GetInt32()
                ? new SettleVerdict.TookEffect(Answers.Local(new JsonObject { ["file"] = FileValue.Of(call.File!, found) }))
                : new SettleVerdict.DidNot(Answers.Refused("OtherSecurityDomain", $"'{call.File}' is for other holders or another quorum.")));
        }
        catch (FileRefusedException refused)
        {
            return Task.FromResult<SettleVerdict>(new SettleVerdict.DidNot(Answers.Refused(refused.Code, refused.Message)));
        }
    }

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers)
    {
        if (!answers.IsEmpty) return null;
        var certificates = with.Items("certificates");
        JsonNode? holders = certificates is null ? with.Node("certificates") : new JsonArray([.. certificates.Select(c => (JsonNode)$"{Hole}{FileValue.ReferenceOf(c)}}}")]);
        var body = Arguments.ObjectOf(("certificates", holders), ("required", with.Node("quorum")));
        var url = $"{Site.HsmHost(with.Text("hsm"))}/securitydomain/download?api-version={AzureSite.SecurityDomainVersion}";
        var who = certificates is null ? "the holders" : $"{certificates.Count} holders";
        return Make(0, EffectClass.Idempotent, "POST", url, $"Download the security domain of '{with.Text("hsm")}' for {who}, {with.Text("quorum")} of whom open it, into '{with.Text("file")}'. The first download activates the HSM.", body) with
        {
            File = with.Text("file"),
        };
    }

    /// <inheritdoc/>
    protected override JsonElement? BodyOf(PlannedCall call, ActionContext context)
    {
        try
        {
            var certificates = CertificatesOf(call, new SessionFiles(context));
            if (!SessionFiles.IsPlainName(call.File ?? "")) throw new FileRefusedException("FileNameNotAllowed", $"'{call.File}' is no plain file name.");
            if (certificates.FirstOrDefault(c => c.KeyType != "RSA" || c.KeyBits < ActionsLimits.WrappingKeyBitsMin) is { } weak)
            {
                throw new FileRefusedException("CertificateUnusable", $"'{weak.Name}' has {weak.KeyType} of {weak.KeyBits} bits; RSA of {ActionsLimits.WrappingKeyBitsMin} bits and more is taken.");
            }

            // One key twice would give one person two shares.
            if (certificates.DistinctBy(c => c.KeyDigest, StringComparer.Ordinal).Count() != certificates.Count) throw new FileRefusedException("CertificateTwice", "Two of the certificates are for one key: one person would hold two shares.");
            return Arguments.ToElement(new JsonObject
            {
                ["certificates"] = new JsonArray([.. certificates.Select(c => (JsonNode)c.ToJwk())]),
                ["required"] = Arguments.ToNode(call.Body!.Value.GetProperty("required")),
            });
        }
        catch (FileRefusedException refused)
        {
            throw new CallNotSentException(ActionCodes.FileUnusable, $"{refused.Message} Nothing was sent.", refused);
        }
    }

    /// <inheritdoc/>
    protected override CallAnswer Read(Exchange exchange, HttpAnswer answer, ActionContext context)
    {
        if (!answer.IsSuccess) return Answers.Of(answer, exchange.Tries);
        var value = Word(answer, "value");
        if (string.IsNullOrEmpty(value)) throw new CallNotAnsweredException(NetworkFailure.NoAnswer, $"The HSM answered {answer.Status} without a security domain.");
        var unconfirmed = UnconfirmedName(exchange.Call.File!);
        new SessionFiles(context).WriteUnconfirmed(unconfirmed, SecurityDomainFile.TextOf(value));
        return Answers.With(answer, new JsonObject(), exchange.Tries) with { Pending = Operation(exchange.Call, answer, unconfirmed) };
    }

    private static PendingOperation Operation(PlannedCall call, HttpAnswer? answer, string unconfirmed)
    {
        var host = new Uri(call.Url).GetLeftPart(UriPartial.Authority);
        // The HSM's own address is followed only where it leads to the HSM itself.
        var announced = answer?.AsyncOperation is { } text && Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.GetLeftPart(UriPartial.Authority) == host ? text : null;
        return new PendingOperation(announced ?? $"{host}{PendingPath}?api-version={AzureSite.SecurityDomainVersion}", "InProgress", answer?.RetryAfter ?? ActionsLimits.PollDelay, unconfirmed);
    }

    private static CallAnswer Confirm(SessionFiles files, string unconfirmed, string name, HttpAnswer answer)
    {
        if (files.TryRead(unconfirmed, ActionsLimits.SecurityDomainBytesMax) is not { } bytes)
        {
            // Whoever confirmed it before a crash was cut off before saying so.
            if (files.TryRead(name, ActionsLimits.SecurityDomainBytesMax) is not { } confirmed) return Answers.Refused("FileMissing", $"The HSM is done, and '{name}' is not here.", answer);
            return Answers.With(answer, new JsonObject { ["file"] = FileValue.Of(name, confirmed) });
        }

        try
        {
            var previous = files.Confirm(unconfirmed, name);
            return Answers.With(answer, Arguments.ObjectOf(("file", FileValue.Of(name, bytes)), ("previous", previous)));
        }
        catch (FileRefusedException refused)
        {
            return Answers.Refused(refused.Code, refused.Message, answer);
        }
    }

    private static IReadOnlyList<WrappingCertificate> CertificatesOf(PlannedCall call, SessionFiles files) =>
        [.. call.Body!.Value.GetProperty("certificates").EnumerateArray().Select(hole => ReadCertificate(hole.GetString()!, files))];

    private static WrappingCertificate ReadCertificate(string hole, SessionFiles files)
    {
        var reference = hole[Hole.Length..^1];
        var file = reference.StartsWith("sha256:", StringComparison.Ordinal)
            ? new JsonObject { ["digest"] = reference, ["name"] = $"certificate {reference[7..15]}…" }
            : (JsonNode)reference;
        var element = Arguments.ToElement(file);
        return WrappingCertificate.Read(FileValue.NameOf(element), files.Read(element, ActionsLimits.CertificateBytesMax));
    }

    private static CallAnswer Pending(PendingOperation operation, HttpAnswer answer) => new() { Status = answer.Status, Observed = Answers.Nothing, Pending = operation };

    private static string UnconfirmedName(string file) => $".{file}.unconfirmed";

    private static string? Word(HttpAnswer answer, string name) =>
        answer.Json is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
