using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>Gives an HSM that holds nothing yet the security domain of another: <c>keyvault.security-domain.transfer-key</c> and <c>.upload</c>.</summary>
internal static class SecurityDomainUploadActions
{
    private const string Path = "/securitydomain/upload";

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire) => [TransferKey(site, wire), Upload(site, wire)];

    private static RequestAction TransferKey(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.security-domain.transfer-key",
        Summary = "Puts a provisioned, not activated HSM into recovery, and writes the certificate of the key that a security domain is to be wrapped for.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of($"hsm: {{{ResultText.HsmArgument}}}\n{KeyTransferActions.FileArgument}"),
        Result = Shape.Of($"file: {ResultText.File}"),
        Permissions = [Needs.Hsm("securitydomain/transferkey/read", "/", "Managed HSM Administrator")],
        AzCommand = "az keyvault security-domain init-recovery --hsm-name {hsm:name} --sd-exchange-key {file}",
        Settle = new SettlingProbe("Nothing tells; it is asked for again, which gives another key of the same use.", TimeSpan.FromSeconds(30)) { Tells = false },
        Errors = Refusals.ManagedHsm.Add(new ActionError("Conflict", "The HSM is active.", "Nothing changed.", "A security domain goes only into an HSM that has none: create another one.")),
    },
        null,
        new RequestCall
        {
            Method = "GET",
            Effect = EffectClass.Idempotent,
            Url = Address,
            Says = with => $"Put '{with.Text("hsm")}' into recovery, and write the certificate of its transfer key into '{with.Text("file")}'.",
            FileMember = "file",
            Writes = CertificateOf,
            Settle = (_, _) => Task.FromResult<SettleVerdict>(new SettleVerdict.CannotTell("No reading tells whether it was asked for.")),
        });

    private static RequestAction Upload(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.security-domain.upload",
        Summary = "Uploads a security domain that was wrapped for an HSM's transfer key, and so activates the HSM with it.",
        Effect = EffectClass.Once,
        With = Shape.Of($$"""
            hsm: {{{ResultText.HsmArgument}}}
            file: {type: string, format: file, maxLength: 2097152, description: "The restore file, wrapped for the transfer key"}
            """),
        Result = Shape.Of("status: {type: string}\nstatus_details: {type: string}"),
        Permissions = [Needs.Hsm("securitydomain/upload/action", "/", "Managed HSM Administrator"), Needs.Hsm("securitydomain/upload/read", "/", "Managed HSM Administrator")],
        AzCommand = AzRest.Command,
        Settle = new SettlingProbe("Asks the HSM how its upload stands: it took effect when that is over and succeeded.", TimeSpan.FromMinutes(1)),
        UsuallyTakes = TimeSpan.FromMinutes(2),
        Errors = Refusals.ManagedHsm.AddRange(
            new ActionError("BadParameter", "The HSM takes the file not.", "Nothing changed: the HSM is as it was.", "Make the restore file again, for the transfer key as it is now."),
            new ActionError("Conflict", "The HSM is active, or not in recovery.", "Nothing changed.", "Ask for its transfer key first."),
            new ActionError("OperationFailed", "The HSM could not restore the security domain.", "It is not active.", "Make the restore file again, for the transfer key as it is now.")),
    },
        null,
        new RequestCall
        {
            Method = "POST",
            Url = Address,
            Says = with => $"Upload the security domain in '{FileValue.NameOf(with, "file")}' into '{with.Text("hsm")}'.",
            Body = (_, with, _) => new JsonObject { ["value"] = RequestAction.FileIn(with, "file", "text") },
            Settle = SettleUploadAsync,
        });

    private static async Task<SettleVerdict> SettleUploadAsync(Look look, PlannedCall call)
    {
        var url = call.Url.Replace(Path, Path + "/pending", StringComparison.Ordinal);
        var found = await look(url).ConfigureAwait(false);
        if (Settling.IsMissing(found)) return new SettleVerdict.DidNot(Answers.Of(found));
        if (!found.IsSuccess || found.Json is not { ValueKind: JsonValueKind.Object } json) return Settling.CannotTell(found);
        return (json.TryGetProperty("status", out var word) ? word.GetString() : null) switch
        {
            "Success" or "Succeeded" => new SettleVerdict.TookEffect(Answers.Of(found)),
            "Failed" => new SettleVerdict.DidNot(Answers.Of(found)),
            { } going => new SettleVerdict.Running(new PendingOperation(url, going, found.RetryAfter ?? ActionsLimits.PollDelay, "status")),
            null => new SettleVerdict.DidNot(Answers.Of(found)),
        };
    }

    // The key comes as text in JSON; what is wanted of it is its certificate.
    private static byte[] CertificateOf(HttpAnswer answer)
    {
        var key = answer.Json!.Value.GetProperty("transfer_key");
        using var parsed = key.ValueKind == JsonValueKind.String ? JsonDocument.Parse(key.GetString()!) : null;
        var jwk = parsed?.RootElement ?? key;
        var der = Convert.FromBase64String(jwk.GetProperty("x5c")[0].GetString()!);
        return Encoding.ASCII.GetBytes(System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", der) + "\n");
    }

    private static string Address(AzureSite site, Arguments with) => $"{site.HsmHost(with.Text("hsm"))}{Path}?api-version={AzureSite.SecurityDomainVersion}";
}
