using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.Identity;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyVault;

/// <summary>A full backup or restore of an HSM, as a job.</summary>
internal sealed record HsmJob
{
    public required string Store { get; init; }

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary><c>backup</c>, <c>restore</c>, <c>restore-key</c>, or one of the first two with <c>pre</c> in front.</summary>
    public required string Kind { get; init; }

    public required string Container { get; init; }

    public string? Folder { get; init; }

    /// <summary>Shared access signature, without a question mark.</summary>
    [Secret]
    public string? Token { get; init; }

    public required bool UsesIdentity { get; init; }

    public string? KeyName { get; init; }

    public required DateTimeOffset Started { get; init; }

    public DateTimeOffset? Ended { get; init; }

    public string? ErrorCode { get; init; }

    public string? ErrorMessage { get; init; }

    public string Key => $"{Store}/{Id}";
}

/// <summary>Full backup to a blob container, full restore, and restore of one key out of a full backup.</summary>
internal sealed class HsmBackupRoutes
{
    private const string Work = "hsm-job";
    private const string BlobName = "backup.jwe";

    private readonly SimulatorCore _core;
    private readonly HsmService _hsm;
    private readonly KeyBackupRoutes _backups;

    public HsmBackupRoutes(SimulatorCore core, HsmService hsm, KeyBackupRoutes backups)
    {
        _core = core;
        _hsm = hsm;
        _backups = backups;
        core.Work.On(Work, End);
        hsm.Plug(
        [
            Op("Full backup", "POST", "/backup", "backup/start/action", call => Begin(call, "backup")),
            Op("Full backup pre-check", "POST", "/prebackup", "backup/start/action", call => Begin(call, "prebackup")) with { Since = "7.6-preview.2" },
            Op("Full backup status", "GET", "/backup/{job}/pending", "backup/status/action", Status) with { IsPoll = true },
            Op("Full restore", "PUT", "/restore", "restore/start/action", call => Begin(call, "restore")),
            Op("Full restore pre-check", "PUT", "/prerestore", "restore/start/action", call => Begin(call, "prerestore")) with { Since = "7.6-preview.2" },
            Op("Full restore status", "GET", "/restore/{job}/pending", "restore/status/action", Status) with { IsPoll = true },
            Op("Selective key restore", "PUT", "/keys/{key}/restore", "restore/start/action", call => Begin(call, "restore-key")),
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

    private Answer Begin(Call call, string kind)
    {
        var restores = kind.Contains("restore", StringComparison.Ordinal);
        var body = call.Json();
        var target = restores ? body.Member("sasTokenParameters") ?? throw KeyVaultService.BadParameter(call, "Property sasTokenParameters is required") : body;
        if (target.Member("storageResourceUri").Text() is not { } container || !Uri.TryCreate(container, UriKind.Absolute, out _))
            throw KeyVaultService.BadParameter(call, "Property storageResourceUri must be the URL of a blob container");
        var usesIdentity = target.Member("useManagedIdentity").Flag() ?? false;
        var token = target.Member("token").Text()?.TrimStart('?');
        if (!usesIdentity && (token is null || !RequestTarget.ParsePairs(token).Any(pair => pair.Key == "se")))
            throw KeyVaultService.Refuse(call, 400, "BadRequest", "The customer provided SAS token is malformed. The SAS token does not contain the expiry field");
        var folder = (body.Member("folderToRestore") ?? body.Member("folder")).Text();
        if (restores && string.IsNullOrEmpty(folder))
            throw KeyVaultService.BadParameter(call, "The folder to restore from is required");
        return call.Write(tx =>
        {
            var store = _hsm.StoreOf(tx, call);
            if (tx.Scan(Tables.HsmJobs, store.Key + "/").Any(pair => pair.Value.Ended is null))
                throw KeyVaultService.Refuse(call, 409, "Conflict", "A backup or restore is in progress on this managed HSM.");
            var keyName = kind == "restore-key" ? KeyRoutes.NameOf(call) : null;
            if (keyName is not null && (tx.Has(Tables.Keys, KeyObject.KeyOf(store.Key, keyName)) || tx.Has(Tables.DeletedKeys, KeyObject.KeyOf(store.Key, keyName))))
                throw KeyVaultService.Refuse(call, 409, "Conflict", $"The key '{keyName}' exists, or is deleted and recoverable. It must be purged before it can be restored.");
            if (kind == "restore" && !tx.Scan(Tables.HsmJobs, store.Key + "/").Any(pair => pair.Value is { Kind: "backup", ErrorCode: null, Ended: { } ended } && tx.Now - ended <= TimeSpan.FromMinutes(30))
                && tx.CountWithPrefix(Tables.Keys, store.Key + "/") > 0)
                throw KeyVaultService.BadParameter(call, "A full backup that is at most 30 minutes old is needed before a full restore");
            var job = new HsmJob
            {
                Store = store.Key,
                Id = tx.NextHex(),
                Kind = kind,
                Container = container.TrimEnd('/'),
                Folder = folder ?? string.Create(CultureInfo.InvariantCulture, $"mhsm-{store.Name.ToLowerInvariant()}-{tx.Now:yyyyMMddHHmmssff}"),
                Token = token,
                UsesIdentity = usesIdentity,
                KeyName = keyName,
                Started = tx.Now,
            };
            var ends = tx.Now + _core.Timings.HsmBackup;
            tx.Put(Tables.HsmJobs, job.Key, job);
            tx.Schedule(ends, Work, job.Key);
            if (kind == "restore")
                tx.Put(Tables.Stores, store.Key, store with { RestoringUntil = ends });
            return Announce(Answer.Json(202, Shape(job)), call, job);
        });
    }

    private static Answer Announce(Answer answer, Call call, HsmJob job)
    {
        var what = job.Kind.Contains("restore", StringComparison.Ordinal) ? "restore" : "backup";
        return answer.With("Azure-AsyncOperation", $"https://{call.Request.Authority}/{what}/{job.Id}/pending").With("Retry-After", "10");
    }

    private Answer Status(Call call)
    {
        var view = call.Read();
        var job = view.Find(Tables.HsmJobs, $"{_hsm.StoreOf(view, call).Key}/{call.Value("job").ToLowerInvariant()}")
            ?? throw KeyVaultService.Refuse(call, 404, "NotFound", "The job was not found.");
        var answer = Answer.Json(200, Shape(job));
        return job.Ended is null ? Announce(answer, call, job) : answer;
    }

    private static JsonObject Shape(HsmJob job)
    {
        var json = new JsonObject
        {
            ["endTime"] = job.Ended?.ToUnixTimeSeconds(),
            ["error"] = job.Ended is not null && job.ErrorCode is null
                ? null
                : new JsonObject { ["code"] = job.ErrorCode, ["innererror"] = null, ["message"] = job.ErrorMessage },
            ["jobId"] = job.Id,
            ["startTime"] = job.Started.ToUnixTimeSeconds(),
            ["status"] = job.Ended is null ? "InProgress" : job.ErrorCode is null ? "Succeeded" : "Failed",
            ["statusDetails"] = job.ErrorMessage,
        };
        if (!job.Kind.Contains("restore", StringComparison.Ordinal))
            json["azureStorageBlobContainerUri"] = job is { Ended: not null, ErrorCode: null, Kind: "backup" } ? $"{job.Container}/{job.Folder}" : null;
        return json;
    }

    private void End(DueItem item)
    {
        if (_core.Estate.Current.Find(Tables.HsmJobs, item.Target) is not { Ended: null } job || _core.Estate.Current.Find(Tables.Stores, job.Store) is not { } store)
        {
            _core.Work.Complete(item, static _ => { });
            return;
        }
        var (packed, code, message) = Transfer(job, store, item.Due);
        _core.Work.Complete(item, tx =>
        {
            var errorCode = code;
            var errorMessage = message;
            if (packed is not null)
                Apply(tx, job, packed, ref errorCode, ref errorMessage);
            if (job.Kind == "restore" && tx.Find(Tables.Stores, job.Store) is { } current)
                tx.Put(Tables.Stores, current.Key, current with { RestoringUntil = null });
            tx.Put(Tables.HsmJobs, job.Key, job with { Ended = tx.Now, ErrorCode = errorCode, ErrorMessage = errorMessage, Token = null });
        });
    }

    /// <summary>Moves the backup to or from the container through the storage service; restores get back what they have to apply.</summary>
    private (byte[]? Packed, string? Code, string? Message) Transfer(HsmJob job, KeyStore store, DateTimeOffset now)
    {
        var url = $"{job.Container}/{job.Folder}/{BlobName}{(job.Token is null ? "" : "?" + job.Token)}";
        var caller = job.UsesIdentity ? IdentityOf(store) : Caller.Nobody;
        if (caller is null)
            return (null, "Forbidden", "The managed HSM has no managed identity that can be used for the storage account.");
        if (job.Kind == "backup")
        {
            var plain = Pack(_core.Estate.Current, store);
            var text = System.Text.Encoding.ASCII.GetBytes(Jwe.EncryptDirect(_backups.ContentKey(store), "backup-protection-key", plain));
            var put = _core.Inside.Send(caller, "PUT", url, text, now, ("x-ms-blob-type", "BlockBlob"), ("x-ms-version", "2021-06-08"));
            return put is { Status: 201 } ? (null, null, null) : (null, put?.ErrorCode ?? "ServiceUnavailable", $"The storage account did not take the backup: {put?.ErrorText ?? "it could not be reached"}");
        }
        if (job.Kind == "prebackup")
            return (null, null, null);
        var got = _core.Inside.Send(caller, "GET", url, null, now, ("x-ms-version", "2021-06-08"));
        if (got is not { Status: 200 })
            return (null, got?.ErrorCode ?? "ServiceUnavailable", $"The backup could not be read: {got?.ErrorText ?? "the storage account could not be reached"}");
        try
        {
            return (Jwe.DecryptDirect(_backups.ContentKey(store), System.Text.Encoding.ASCII.GetString(got.Body.Span)), null, null);
        }
        catch (CryptographicException)
        {
            return (null, "BadParameter", "The backup was made under another security domain.");
        }
    }

    private Caller? IdentityOf(KeyStore store)
    {
        var view = _core.Estate.Current;
        var identity = view.Find(Tables.Resources, ArmId.Key(store.ResourceId))?.Identity;
        return identity?.UserAssigned is [var first, ..] && Shapes.PrincipalOf(view, first) is { } principal ? InsideCalls.As(principal) : null;
    }

    private static byte[] Pack(EstateView view, KeyStore store)
    {
        using var keys = JsonDocument.Parse(KeyBackupRoutes.Pack(view, view.Scan(Tables.Keys, store.Key + "/").Select(pair => pair.Value)));
        var assignments = new JsonArray();
        foreach (var (_, assignment) in view.Scan(Tables.LocalAssignments, store.Key + "/"))
            assignments.Add(JsonSerializer.SerializeToNode(assignment, EstateJson.Default.LocalAssignment));
        var roles = new JsonArray();
        foreach (var (_, role) in view.Scan(Tables.LocalRoles, store.Key + "/"))
            roles.Add(JsonSerializer.SerializeToNode(role, EstateJson.Default.LocalRole));
        return Answer.Serialize(new JsonObject { ["keys"] = keys.RootElement.GetProperty("keys").ToNode(), ["assignments"] = assignments, ["roles"] = roles });
    }

    private static void Apply(EstateTransaction tx, HsmJob job, byte[] packed, ref string? code, ref string? message)
    {
        var store = tx.Find(Tables.Stores, job.Store)!;
        var keys = KeyBackupRoutes.Unpack(packed);
        if (job.Kind == "prerestore")
            return;
        if (job.Kind == "restore-key")
        {
            var wanted = keys.FirstOrDefault(pair => pair.Key.Name.Equals(job.KeyName, StringComparison.OrdinalIgnoreCase));
            if (wanted.Key is null)
            {
                code = "KeyNotFound";
                message = $"The backup holds no key '{job.KeyName}'.";
                return;
            }
            KeyBackupRoutes.Put(tx, store, wanted.Key, wanted.Versions);
            return;
        }
        ManagedHsms.DropContents(tx, store.Key);
        foreach (var (key, versions) in keys)
            KeyBackupRoutes.Put(tx, store, key, versions);
        using var document = JsonDocument.Parse(packed);
        foreach (var item in document.RootElement.GetProperty("assignments").EnumerateArray())
        {
            var assignment = item.Deserialize(EstateJson.Default.LocalAssignment)! with { Store = store.Key };
            tx.Put(Tables.LocalAssignments, assignment.Key, assignment);
        }
        foreach (var item in document.RootElement.GetProperty("roles").EnumerateArray())
        {
            var role = item.Deserialize(EstateJson.Default.LocalRole)! with { Store = store.Key };
            tx.Put(Tables.LocalRoles, role.Key, role);
        }
    }
}
