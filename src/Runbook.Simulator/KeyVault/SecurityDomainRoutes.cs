using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyVault;

/// <summary>Handing out an HSM's security domain to its holders, which activates it, and taking one in from another HSM.</summary>
internal sealed class SecurityDomainRoutes
{
    private const string DownloadEnd = "security-domain-download";
    private const string UploadEnd = "security-domain-upload";
    private const string Report = "hsm-activation-report";

    private readonly SimulatorCore _core;
    private readonly HsmService _hsm;

    public SecurityDomainRoutes(SimulatorCore core, HsmService hsm)
    {
        _core = core;
        _hsm = hsm;
        core.Work.OnChange(DownloadEnd, EndDownload);
        core.Work.OnChange(UploadEnd, EndUpload);
        core.Work.OnChange(Report, ReportActivation);
        hsm.Plug(
        [
            Op("Download security domain", "POST", "/securitydomain/download", "securitydomain/download/action", Download),
            Op("Get security domain download status", "GET", "/securitydomain/download/pending", "securitydomain/download/read", DownloadStatus) with { IsPoll = true },
            Op("Get security domain transfer key", "GET", "/securitydomain/upload", "securitydomain/transferkey/read", TransferKey),
            Op("Upload security domain", "POST", "/securitydomain/upload", "securitydomain/upload/action", Upload),
            Op("Get security domain upload status", "GET", "/securitydomain/upload/pending", "securitydomain/upload/read", UploadStatus) with { IsPoll = true },
        ]);
    }

    private static Operation Op(string name, string method, string template, string permission, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.ManagedHsm,
        Name = name,
        Method = method,
        Template = template,
        Permission = permission,
        Handler = handler,
    };

    private Answer Download(Call call)
    {
        var (certificates, required) = SecurityDomainFile.ReadRequest(call);
        try
        {
            return call.Write(tx =>
            {
                var store = _hsm.StoreOf(tx, call);
                var domain = store.Domain ?? new SecurityDomainState();
                if (domain.DownloadEnds > tx.Now)
                    throw KeyVaultService.Refuse(call, 409, "Conflict", "A download of the security domain is in progress.");
                if (domain.DomainKey is null)
                    domain = SecurityDomainFile.NewDomain(domain);
                var file = SecurityDomainFile.Make(domain, certificates, required);
                var ends = tx.Now + _core.Timings.SecurityDomain;
                tx.Put(Tables.Stores, store.Key, store with { Domain = domain with { DownloadStatus = "Success", DownloadEnds = ends } });
                tx.Schedule(ends, DownloadEnd, store.Key);
                return Pending(Answer.Json(202, new JsonObject { ["value"] = file }), call, "download");
            });
        }
        finally
        {
            foreach (var certificate in certificates)
                certificate.Dispose();
        }
    }

    private void EndDownload(EstateTransaction tx, DueItem item)
    {
        if (tx.Find(Tables.Stores, item.Target) is not { Active: false } store)
            return;
        tx.Put(Tables.Stores, store.Key, store with { Active = true });
        // Resource Manager hears of it a little later.
        tx.Schedule(tx.Now + _core.Timings.ActivationReport, Report, store.Key);
    }

    private static void ReportActivation(EstateTransaction tx, DueItem item)
    {
        if (tx.Find(Tables.Stores, item.Target) is { Deleted: null } store && tx.Find(Tables.Resources, ArmId.Key(store.ResourceId)) is { } resource)
            HsmShape.Put(tx, resource, store, resource.Properties.Member("provisioningState").Text() ?? "Succeeded");
    }

    private Answer DownloadStatus(Call call)
    {
        var domain = _hsm.StoreOf(call.Read(), call).Domain;
        if (domain?.DownloadStatus is not { } status)
            throw KeyVaultService.Refuse(call, 404, "NotFound", "No download of the security domain was started.");
        return domain.DownloadEnds > call.Now
            ? Pending(Status("InProgress", "The Security Domain is being downloaded."), call, "download")
            : Status(status, status == "Success" ? "The Security Domain was downloaded." : "The download of the Security Domain failed.");
    }

    private static Answer Status(string status, string details) =>
        Answer.Json(200, new JsonObject { ["status"] = status, ["status_details"] = details });

    private Answer Pending(Answer answer, Call call, string what) => answer
        .With("Azure-AsyncOperation", $"https://{call.Request.Authority}/securitydomain/{what}/pending?api-version={call.ApiVersion}")
        .With("Retry-After", ((int)_core.Timings.HsmRetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture));

    private Answer TransferKey(Call call)
    {
        using var key = KeyMaterial.LoadedRsa(2048);
        return call.Write(tx =>
        {
            var store = _hsm.StoreOf(tx, call);
            if (store.Active)
                throw KeyVaultService.Refuse(call, 409, "Conflict", "The managed HSM is activated already and has a security domain.");
            var domain = store.Domain ?? new SecurityDomainState();
            if (domain.TransferKey is null)
            {
                domain = SecurityDomainFile.NewTransferKey(domain, key, store.Host, call.Core.Clock.Host.GetUtcNow());
                tx.Put(Tables.Stores, store.Key, store with { Domain = domain });
            }
            var jwk = SecurityDomainFile.TransferJwk(domain, $"https://{call.Request.Authority}/transfer_key");
            JsonNode shown = call.Core.Choices.TransferKeyAsString ? JsonValue.Create(Encoding.UTF8.GetString(Answer.Serialize(jwk))) : jwk;
            return Answer.Json(200, new JsonObject { ["key_format"] = "jwk", ["transfer_key"] = shown });
        });
    }

    private Answer Upload(Call call)
    {
        var value = call.Json().Member("value").Text() ?? throw KeyVaultService.BadParameter(call, "Property value is required");
        return call.Write(tx =>
        {
            var store = _hsm.StoreOf(tx, call);
            if (store.Active)
                throw KeyVaultService.Refuse(call, 409, "Conflict", "The managed HSM is activated already and has a security domain.");
            if (store.Domain is not { TransferKey: not null } domain)
                throw KeyVaultService.BadParameter(call, "The transfer key must be read before a security domain is uploaded");
            var ends = tx.Now + _core.Timings.SecurityDomain;
            var opened = SecurityDomainFile.Open(domain, value, out var why);
            tx.Put(Tables.Stores, store.Key, store with
            {
                Domain = (opened ?? domain) with { UploadStatus = opened is null ? "Failed" : "Success", UploadDetails = why, UploadEnds = ends },
            });
            tx.Schedule(ends, UploadEnd, store.Key);
            return Pending(Answer.Json(202, new JsonObject { ["status"] = "InProgress", ["status_details"] = "The Security Domain is being restored." }), call, "upload");
        });
    }

    private void EndUpload(EstateTransaction tx, DueItem item)
    {
        if (tx.Find(Tables.Stores, item.Target) is not { Active: false, Domain: { UploadStatus: "Success" } domain } store)
            return;
        tx.Put(Tables.Stores, store.Key, store with { Active = true, Domain = domain with { TransferKey = null, TransferCertificate = null } });
        tx.Schedule(tx.Now + _core.Timings.ActivationReport, Report, store.Key);
    }

    private Answer UploadStatus(Call call)
    {
        var domain = _hsm.StoreOf(call.Read(), call).Domain;
        if (domain?.UploadStatus is not { } status)
            throw KeyVaultService.Refuse(call, 404, "NotFound", "No upload of a security domain was started.");
        return domain.UploadEnds > call.Now
            ? Pending(Status("InProgress", "The Security Domain is being restored."), call, "upload")
            : Status(status, status == "Success" ? "The Security Domain was restored." : domain.UploadDetails ?? "The Security Domain could not be restored.");
    }
}
