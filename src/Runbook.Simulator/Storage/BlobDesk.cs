using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Storage;

/// <summary>What the blob service's operations have in common: finding things, conditions, leases, keys, headers.</summary>
internal sealed class BlobDesk(SimulatorCore core, BlobService service, StorageKeys keys)
{
    public const string AccountScope = "$account-encryption-key";

    private const string MetadataPrefix = "x-ms-meta-";

    public BlobService Service => service;

    public RefusedException Refuse(Call call, int status, string code, string message) => service.Refuse(call, status, code, message);

    public static string HttpTime(DateTimeOffset time) => time.UtcDateTime.ToString("R", CultureInfo.InvariantCulture);

    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    public BlobContainer NeedContainer(EstateView view, Call call) =>
        view.Find(Tables.Containers, BlobContainer.KeyOf(BlobService.RowsOf(call), call.Value("container")))
        ?? throw Refuse(call, 404, "ContainerNotFound", "The specified container does not exist.");

    public static BlobItem? FindBlob(EstateView view, Call call) =>
        view.Find(Tables.Blobs, BlobItem.KeyOf(BlobService.RowsOf(call), call.Value("container"), call.Value("blob")));

    public BlobItem NeedBlob(EstateView view, Call call)
    {
        NeedContainer(view, call);
        return FindBlob(view, call) ?? throw Refuse(call, 404, "BlobNotFound", "The specified blob does not exist.");
    }

    /// <summary>Plans the copying of what a transaction wrote.</summary>
    public void Wrote(EstateTransaction tx, Call call)
    {
        var account = service.AccountOf(tx, call);
        var planned = GeoReplication.Plan(tx, account, core.Timings.GeoReplication);
        if (!ReferenceEquals(planned, account))
            tx.Put(Tables.StorageAccounts, account.Name, planned);
    }

    // Keys.

    /// <summary>The scope under which a new blob is encrypted: the one that the request names, else the container's.</summary>
    public string? ScopeFor(Call call, BlobContainer container)
    {
        var named = call.Request.Headers["x-ms-encryption-scope"];
        if (named is null)
            return container.DefaultScope;
        var wanted = named == AccountScope ? null : named;
        if (container.DenyScopeOverride && wanted != container.DefaultScope)
            throw Refuse(call, 403, StorageAssumptions.ScopeOverrideCode, StorageAssumptions.ScopeOverrideText);
        return wanted;
    }

    /// <summary>The keys of a scope, or of the account. Not to be called inside a transaction.</summary>
    /// <exception cref="RefusedException">The scope is disabled or unknown, or its key can't be used.</exception>
    public BlobKeys KeysOf(Call call, EstateView view, string? scopeName) => KeysOf(call, view, service.AccountOf(view, call), scopeName);

    /// <summary>The same for an account that need not be the one that was called.</summary>
    public BlobKeys KeysOf(Call call, EstateView view, StorageAccount account, string? scopeName)
    {
        EncryptionScope? scope = null;
        if (scopeName is not null)
        {
            scope = view.Find(Tables.EncryptionScopes, EncryptionScope.KeyOf(account.Name, scopeName)) ?? throw service.BadHeader(call, "x-ms-encryption-scope");
            if (!scope.Enabled)
                throw Refuse(call, 403, StorageAssumptions.ScopeDisabledCode, StorageAssumptions.ScopeDisabledText);
        }
        if (keys.TryKeys(view, account, scope, call.Now, out var found) is not { } fault)
            return found;
        var (code, text) = StorageAssumptions.BlobRefusalOf(fault);
        throw Refuse(call, 403, code, text);
    }

    // Conditions.

    /// <summary>Judges the conditional headers against what is there, or is not.</summary>
    public void RequireConditions(Call call, string? tag, DateTimeOffset? modified)
    {
        var headers = call.Request.Headers;
        var reads = call.Route.Operation.ReadsOnly;
        if (headers["If-Match"] is { } match && (tag is null || (match != "*" && !SameTag(match, tag))))
            throw NotMet(call, 412);
        if (headers["If-None-Match"] is { } none && tag is not null)
        {
            if (none == "*" && !reads)
                throw call.Value("blob").Length > 0 ? Refuse(call, 409, "BlobAlreadyExists", "The specified blob already exists.") : NotMet(call, 412);
            if (none == "*" || SameTag(none, tag))
                throw NotMet(call, reads ? 304 : 412);
        }
        if (modified is not { } at)
            return;
        var second = DateTimeOffset.FromUnixTimeSeconds(at.ToUnixTimeSeconds());
        if (Time(call, "If-Modified-Since") is { } since && second <= since)
            throw NotMet(call, reads ? 304 : 412);
        if (Time(call, "If-Unmodified-Since") is { } until && second > until)
            throw NotMet(call, 412);
    }

    private static bool SameTag(string given, string tag) => given.Trim().Trim('"') == tag.Trim('"');

    private RefusedException NotMet(Call call, int status) => Refuse(call, status, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.");

    private DateTimeOffset? Time(Call call, string name)
    {
        if (call.Request.Headers[name] is not { } text)
            return null;
        return DateTimeOffset.TryParseExact(text, "R", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : throw service.BadHeader(call, name);
    }

    /// <summary>Judges the lease id of a request against the lease that is there.</summary>
    public void RequireLease(Call call, BlobLease? lease, string what = "blob")
    {
        var given = call.Request.Headers["x-ms-lease-id"];
        var holds = lease?.HoldsAt(call.Now) == true;
        if (holds && given is null && !call.Route.Operation.ReadsOnly)
            throw Refuse(call, 412, "LeaseIdMissing", $"There is currently a lease on the {what} and no lease ID was specified in the request.");
        if (given is null)
            return;
        var mismatch = what == "blob" ? "LeaseIdMismatchWithBlobOperation" : "LeaseIdMismatchWithContainerOperation";
        if (lease is null)
            throw Refuse(call, 412, what == "blob" ? "LeaseNotPresentWithBlobOperation" : "LeaseNotPresentWithContainerOperation", $"There is currently no lease on the {what}.");
        if (!SameLease(given, lease.Id))
            throw Refuse(call, 412, mismatch, $"The lease ID specified did not match the lease ID for the {what}.");
        if (!holds)
            throw Refuse(call, 412, "LeaseLost", $"A lease ID was specified, but the lease for the {what} has expired.");
    }

    public static bool SameLease(string one, string other) => string.Equals(one.Trim('{', '}'), other.Trim('{', '}'), StringComparison.OrdinalIgnoreCase);

    /// <summary>The lease that is left after a write: one that held nobody out is gone, and can't be renewed.</summary>
    public static BlobLease? AfterWrite(BlobLease? lease, DateTimeOffset now) => lease?.HoldsAt(now) == true ? lease : null;

    public void RequireMutable(Call call, BlobContainer container, BlobItem? blob)
    {
        if (blob is not null && Immutability.Keeps(container, blob, call.Now))
            throw Immutable(call);
    }

    public RefusedException Immutable(Call call) => Refuse(call, 409, "BlobImmutableDueToPolicy", "This operation is not permitted as the blob is immutable due to a policy.");

    // Bodies and headers.

    /// <summary>Checks the checksums that a request carries; the answer repeats what was computed.</summary>
    public void RequireSound(Call call)
    {
        var headers = call.Request.Headers;
        if (headers["Content-MD5"] is { } md5 && md5 != Convert.ToBase64String(Md5(call.Body.Span)))
            throw Refuse(call, 400, "Md5Mismatch", "The MD5 value specified in the request did not match with the MD5 value calculated by the server.");
        if (headers["x-ms-content-crc64"] is { } crc && crc != Convert.ToBase64String(Crc64.Hash(call.Body.Span)))
            throw Refuse(call, 400, "Crc64Mismatch", "The CRC64 value specified in the request did not match with the CRC64 value calculated by the server.");
        if (headers["x-ms-structured-body"] is not null)
            throw Refuse(call, 501, "NotImplemented", "The simulator does not have structured bodies; use a checksum of the whole body.");
    }

    public static Answer WithChecksums(Answer answer, Call call) => call.Request.Headers["Content-MD5"] is not null
        ? answer.With("Content-MD5", Convert.ToBase64String(Md5(call.Body.Span)))
        : answer.With("x-ms-content-crc64", Convert.ToBase64String(Crc64.Hash(call.Body.Span)));

#pragma warning disable CA5351 // The protocol's checksum against damage in transit; it protects from nobody.
    public static byte[] Md5(ReadOnlySpan<byte> bytes) => MD5.HashData(bytes);
#pragma warning restore CA5351

    public SortedDictionary<string, string> MetadataIn(Call call)
    {
        var metadata = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in call.Request.Headers)
        {
            if (!name.StartsWith(MetadataPrefix, StringComparison.OrdinalIgnoreCase))
                continue;
            if (name.Length == MetadataPrefix.Length)
                throw Refuse(call, 400, "EmptyMetadataKey", "The key for one of the metadata key-value pairs is empty.");
            metadata[name[MetadataPrefix.Length..]] = value;
        }
        return metadata;
    }

    public static Answer WithMetadata(Answer answer, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        foreach (var (name, value) in metadata)
            answer.Headers.Set(MetadataPrefix + name, value);
        return answer;
    }

    public static Answer WithVersion(Answer answer, string tag, DateTimeOffset modified) => answer.With("ETag", tag).With("Last-Modified", HttpTime(modified));

    public static Answer WithLease(Answer answer, BlobLease? lease, DateTimeOffset now)
    {
        var state = lease?.StateAt(now) ?? "available";
        answer.With("x-ms-lease-status", lease?.HoldsAt(now) == true ? "locked" : "unlocked").With("x-ms-lease-state", state);
        return state == "leased" ? answer.With("x-ms-lease-duration", lease!.Duration < 0 ? "infinite" : "fixed") : answer;
    }

    /// <summary>The answer to a write that stored something encrypted.</summary>
    public static Answer Written(int status, BlobItem blob)
    {
        var answer = WithVersion(Answer.Empty(status), blob.ETag, blob.Modified).With("x-ms-request-server-encrypted", "true");
        return blob.Scope is null ? answer : answer.With("x-ms-encryption-scope", blob.Scope);
    }

    public static Answer Xml(Action<System.Xml.XmlWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = System.Xml.XmlWriter.Create(stream, new System.Xml.XmlWriterSettings { Encoding = new UTF8Encoding(false), CheckCharacters = false }))
            write(writer);
        return Answer.Bytes(200, stream.ToArray(), "application/xml");
    }
}
