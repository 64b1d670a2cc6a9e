using System.Globalization;
using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Storage;

/// <summary>Whole blobs: putting, reading, describing, deleting.</summary>
internal sealed partial class BlobRoutes
{
    public const string Read = BlobService.BlobActions + "read";
    public const string Write = BlobService.BlobActions + "write";
    private const string WriteOrAdd = Write + "|" + BlobService.BlobActions + "add/action";

    private readonly BlobDesk _desk;

    public BlobRoutes(BlobDesk desk)
    {
        _desk = desk;
        var service = desk.Service;
        service.Add("Put Blob (block blob)", "PUT", BlobLevel.Blob, "", WriteOrAdd, PutBlock, BlobItem.Block, "At most 64 MiB at once.");
        service.Add("Put Blob (append blob)", "PUT", BlobLevel.Blob, "", WriteOrAdd, PutAppend, BlobItem.Append);
        service.Add("Put Blob (page blob)", "PUT", BlobLevel.Blob, "", Write, null, "PageBlob");
        service.Add("Get Blob", "GET", BlobLevel.Blob, "", Read, Get, note: "At most 64 MiB at once.");
        service.Add("Get Blob Properties", "HEAD", BlobLevel.Blob, "", Read, Head);
        service.Add("Get Blob Metadata", "GET", BlobLevel.Blob, "comp=metadata", Read, GetMetadata);
        service.Add("Get Blob Metadata", "HEAD", BlobLevel.Blob, "comp=metadata", Read, GetMetadata);
        service.Add("Set Blob Metadata", "PUT", BlobLevel.Blob, "comp=metadata", Write, SetMetadata);
        service.Add("Set Blob Properties", "PUT", BlobLevel.Blob, "comp=properties", Write, SetProperties);
        service.Add("Set Blob Tier", "PUT", BlobLevel.Blob, "comp=tier", Write, SetTier, note: "Hot, Cool and Cold; not Archive.");
        service.Add("Delete Blob", "DELETE", BlobLevel.Blob, "", BlobService.BlobActions + "delete", Delete);
        service.Add("Snapshot Blob", "PUT", BlobLevel.Blob, "comp=snapshot", Write, null);
        service.Add("Undelete Blob", "PUT", BlobLevel.Blob, "comp=undelete", Write, null);
        service.Add("Get Blob Tags", "GET", BlobLevel.Blob, "comp=tags", BlobService.BlobActions + "tags/read", null);
        service.Add("Set Blob Tags", "PUT", BlobLevel.Blob, "comp=tags", BlobService.BlobActions + "tags/write", null);
        service.Add("Set Blob Immutability Policy", "PUT", BlobLevel.Blob, "comp=immutabilitypolicies", BlobService.BlobActions + "immutableStorage/runAsSuperUser/action", null);
        service.Add("Delete Blob Immutability Policy", "DELETE", BlobLevel.Blob, "comp=immutabilitypolicies", BlobService.BlobActions + "immutableStorage/runAsSuperUser/action", null);
        service.Add("Set Blob Legal Hold", "PUT", BlobLevel.Blob, "comp=legalhold", BlobService.BlobActions + "immutableStorage/runAsSuperUser/action", null);
        service.Add("Put Page", "PUT", BlobLevel.Blob, "comp=page", Write, null);
        service.Add("Query Blob Contents", "POST", BlobLevel.Blob, "comp=query", Read, null);
    }

    private Answer PutBlock(Call call)
    {
        _desk.RequireSound(call);
        return BlobDesk.WithChecksums(PutBlock(call, call.Body, headers: null, metadata: null), call);
    }

    /// <summary>Stores a whole block blob.</summary>
    /// <param name="call">The request: its name, its conditions, and what else it says.</param>
    /// <param name="bytes">What it holds.</param>
    /// <param name="headers">Headers of the blob that it is a copy of.</param>
    /// <param name="metadata">Metadata of that blob, for a request that brings none.</param>
    public Answer PutBlock(Call call, ReadOnlyMemory<byte> bytes, BlobHeaders? headers, SortedDictionary<string, string>? metadata) => Put(call, BlobItem.Block, (tx, keys, blob) =>
    {
        var chunk = blob.Content + "/0";
        if (bytes.Length > 0)
            BlobContent.Write(tx, keys, chunk, 0, bytes.Span);
        return blob with
        {
            Length = bytes.Length,
            Blocks = bytes.Length > 0 ? [new BlobBlock("", chunk, bytes.Length)] : [],
            Headers = (headers ?? blob.Headers) with { ContentMd5 = (headers ?? blob.Headers).ContentMd5 ?? BlobDesk.Md5(bytes.Span) },
            Metadata = blob.Metadata ?? (metadata is null ? null : BlobContent.SealMetadata(keys, blob.Content, metadata)),
            Tier = call.Request.Headers["x-ms-access-tier"] is { } tier ? NeedTier(call, tier, blob.Scope) : null,
        };
    });

    private Answer PutAppend(Call call)
    {
        if (call.Body.Length > 0)
            throw _desk.Service.BadHeader(call, "Content-Length");
        return Put(call, BlobItem.Append, static (_, _, blob) => blob);
    }

    /// <summary>Stores a blob in the place of whatever has its name.</summary>
    private Answer Put(Call call, string type, Func<EstateTransaction, BlobKeys, BlobItem, BlobItem> fill)
    {
        if (call.Value("blob").Length > 1024)
            throw _desk.Refuse(call, 400, "InvalidUri", "The requested URI does not represent any resource on the server.");
        var metadata = _desk.MetadataIn(call);
        var headers = HeadersIn(call, "x-ms-blob-");
        var view = call.Read();
        var scope = _desk.ScopeFor(call, _desk.NeedContainer(view, call));
        var keys = _desk.KeysOf(call, view, scope);
        return call.Write(tx =>
        {
            var container = _desk.NeedContainer(tx, call);
            var before = BlobDesk.FindBlob(tx, call);
            if (before is not null)
                _desk.RequireLease(call, before.Lease);
            _desk.RequireConditions(call, before?.ETag, before?.Modified);
            _desk.RequireMutable(call, container, before);
            var content = tx.NextHex();
            var blob = fill(tx, keys, new BlobItem
            {
                Account = container.Account,
                Container = container.Name,
                Name = call.Value("blob"),
                Type = type,
                Content = content,
                Length = 0,
                ETag = BlobContainers.NewTag(tx),
                Created = tx.Now,
                Modified = tx.Now,
                Headers = headers,
                Scope = scope,
                Metadata = BlobContent.SealMetadata(keys, content, metadata),
                Lease = BlobDesk.AfterWrite(before?.Lease, call.Now),
            });
            BlobContent.Put(tx, blob);
            BlockRoutes.DropStaged(tx, blob);
            _desk.Wrote(tx, call);
            return BlobDesk.Written(201, blob);
        });
    }

    /// <summary>The headers that are stored with a blob; a client may send them bare or with a prefix, which wins.</summary>
    public static BlobHeaders HeadersIn(Call call, string prefix)
    {
        var headers = call.Request.Headers;
        return new BlobHeaders
        {
            ContentType = headers[prefix + "content-type"] ?? (prefix.Length > 0 && call.Route.Operation.Template.Contains('?', StringComparison.Ordinal) ? null : headers["Content-Type"]) ?? "application/octet-stream",
            ContentEncoding = headers[prefix + "content-encoding"],
            ContentLanguage = headers[prefix + "content-language"],
            ContentDisposition = headers[prefix + "content-disposition"],
            CacheControl = headers[prefix + "cache-control"],
            ContentMd5 = headers[prefix + "content-md5"] is { } text && TryBase64(text, out var md5) ? md5 : null,
        };
    }

    private static bool TryBase64(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var length))
            return false;
        Array.Resize(ref bytes, length);
        return true;
    }

    private Answer Get(Call call)
    {
        var view = call.Read();
        var blob = _desk.NeedBlob(view, call);
        _desk.RequireLease(call, blob.Lease);
        _desk.RequireConditions(call, blob.ETag, blob.Modified);
        var keys = _desk.KeysOf(call, view, blob.Scope);
        var range = RangeIn(call, blob);
        var (offset, length) = range ?? (0, blob.Length);
        if (length > Limits.BlobBodyBytes)
            throw _desk.Refuse(call, 501, "NotImplemented", "The simulator sends at most 64 MiB in one answer; ask for a range.");
        var bytes = BlobContent.Read(view, keys, blob, offset, (int)length);
        var answer = Describe(Answer.Bytes(range is null ? 200 : 206, bytes, blob.Headers.ContentType), call, blob, keys);
        if (range is null)
            return blob.Headers.ContentMd5 is { } md5 ? answer.With("Content-MD5", Convert.ToBase64String(md5)) : answer;
        answer.With("Content-Range", $"bytes {BlobDesk.Number(offset)}-{BlobDesk.Number(offset + length - 1)}/{BlobDesk.Number(blob.Length)}");
        if (string.Equals(call.Request.Headers["x-ms-range-get-content-md5"], "true", StringComparison.OrdinalIgnoreCase))
            answer.With("Content-MD5", Convert.ToBase64String(BlobDesk.Md5(bytes)));
        if (string.Equals(call.Request.Headers["x-ms-range-get-content-crc64"], "true", StringComparison.OrdinalIgnoreCase))
            answer.With("x-ms-content-crc64", Convert.ToBase64String(Crc64.Hash(bytes)));
        return blob.Headers.ContentMd5 is { } whole ? answer.With("x-ms-blob-content-md5", Convert.ToBase64String(whole)) : answer;
    }

    private (long Offset, long Length)? RangeIn(Call call, BlobItem blob)
    {
        if ((call.Request.Headers["x-ms-range"] ?? call.Request.Headers["Range"]) is not { } text)
            return null;
        if (ByteRange().Match(text) is not { Success: true } match || !long.TryParse(match.Groups["from"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var from))
            throw _desk.Service.BadHeader(call, "Range");
        var to = long.TryParse(match.Groups["to"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last : long.MaxValue;
        if (to < from)
            throw _desk.Service.BadHeader(call, "Range");
        if (from >= blob.Length)
            throw new RefusedException(_desk.Service.Error(call, 416, "InvalidRange", "The range specified is invalid for the current size of the resource.")
                .With("Content-Range", $"bytes */{BlobDesk.Number(blob.Length)}"));
        return (from, Math.Min(to, blob.Length - 1) - from + 1);
    }

    private static Answer Describe(Answer answer, Call call, BlobItem blob, BlobKeys keys)
    {
        BlobDesk.WithVersion(answer, blob.ETag, blob.Modified)
            .With("Accept-Ranges", "bytes")
            .With("x-ms-blob-type", blob.Type)
            .With("x-ms-creation-time", BlobDesk.HttpTime(blob.Created))
            .With("x-ms-server-encrypted", "true");
        if (blob.Scope is not null)
            answer.With("x-ms-encryption-scope", blob.Scope);
        if (blob.Headers.ContentEncoding is { } encoding)
            answer.With("Content-Encoding", encoding);
        if (blob.Headers.ContentLanguage is { } language)
            answer.With("Content-Language", language);
        if (blob.Headers.ContentDisposition is { } disposition)
            answer.With("Content-Disposition", disposition);
        if (blob.Headers.CacheControl is { } cache)
            answer.With("Cache-Control", cache);
        if (blob.Type == BlobItem.Append)
            answer.With("x-ms-blob-committed-block-count", BlobDesk.Number(blob.Appends));
        if (blob.Sealed)
            answer.With("x-ms-blob-sealed", "true");
        return BlobDesk.WithMetadata(BlobDesk.WithLease(answer, blob.Lease, call.Now), BlobContent.OpenMetadata(keys, blob));
    }

    private Answer Head(Call call)
    {
        var view = call.Read();
        var blob = _desk.NeedBlob(view, call);
        _desk.RequireLease(call, blob.Lease);
        _desk.RequireConditions(call, blob.ETag, blob.Modified);
        var answer = Describe(Answer.Bytes(200, default, blob.Headers.ContentType), call, blob, _desk.KeysOf(call, view, blob.Scope))
            .With("Content-Length", BlobDesk.Number(blob.Length));
        if (blob.Type == BlobItem.Block)
        {
            answer.With("x-ms-access-tier", blob.Tier ?? "Hot");
            if (blob.Tier is null)
                answer.With("x-ms-access-tier-inferred", "true");
        }
        return blob.Headers.ContentMd5 is { } md5 ? answer.With("Content-MD5", Convert.ToBase64String(md5)) : answer;
    }

    private Answer GetMetadata(Call call)
    {
        var view = call.Read();
        var blob = _desk.NeedBlob(view, call);
        _desk.RequireLease(call, blob.Lease);
        _desk.RequireConditions(call, blob.ETag, blob.Modified);
        return BlobDesk.WithMetadata(BlobDesk.WithVersion(Answer.Empty(200), blob.ETag, blob.Modified), BlobContent.OpenMetadata(_desk.KeysOf(call, view, blob.Scope), blob));
    }

    private Answer SetMetadata(Call call)
    {
        var metadata = _desk.MetadataIn(call);
        var view = call.Read();
        var keys = _desk.KeysOf(call, view, _desk.NeedBlob(view, call).Scope);
        return Change(call, blob => blob with { Metadata = BlobContent.SealMetadata(keys, blob.Content, metadata) });
    }

    private Answer SetProperties(Call call)
    {
        var headers = HeadersIn(call, "x-ms-blob-");
        return Change(call, blob => blob with { Headers = headers });
    }

    /// <summary>Changes what is stored with a blob, not its bytes.</summary>
    private Answer Change(Call call, Func<BlobItem, BlobItem> change) => call.Write(tx =>
    {
        var container = _desk.NeedContainer(tx, call);
        var blob = _desk.NeedBlob(tx, call);
        _desk.RequireLease(call, blob.Lease);
        _desk.RequireConditions(call, blob.ETag, blob.Modified);
        _desk.RequireMutable(call, container, blob);
        blob = change(blob) with { ETag = BlobContainers.NewTag(tx), Modified = tx.Now, Lease = BlobDesk.AfterWrite(blob.Lease, call.Now) };
        tx.Put(Tables.Blobs, blob.Key, blob);
        _desk.Wrote(tx, call);
        return BlobDesk.Written(200, blob);
    });

    private Answer SetTier(Call call)
    {
        var tier = call.Request.Headers["x-ms-access-tier"] ?? throw _desk.Service.BadHeader(call, "x-ms-access-tier");
        var view = call.Read();
        _desk.KeysOf(call, view, _desk.NeedBlob(view, call).Scope);
        return call.Write(tx =>
        {
            var blob = _desk.NeedBlob(tx, call);
            if (blob.Type != BlobItem.Block)
                throw _desk.Refuse(call, 409, "InvalidBlobType", "The blob type is invalid for this operation.");
            tx.Put(Tables.Blobs, blob.Key, blob with { Tier = NeedTier(call, tier, blob.Scope) });
            return Answer.Empty(200);
        });
    }

    private string NeedTier(Call call, string tier, string? scope)
    {
        var known = ((string[])["Hot", "Cool", "Cold"]).FirstOrDefault(name => name.Equals(tier, StringComparison.OrdinalIgnoreCase));
        if (known is not null)
            return known;
        if (scope is not null && tier.Equals("Archive", StringComparison.OrdinalIgnoreCase))
            throw _desk.Refuse(call, 409, "AccessTierNotSupportedForEncryptionScope", "The archive tier is not available for blobs with an encryption scope.");
        throw _desk.Refuse(call, 501, "NotImplemented", $"The simulator has the tiers Hot, Cool and Cold, not \"{tier}\".");
    }

    private Answer Delete(Call call) => call.Write(tx =>
    {
        var container = _desk.NeedContainer(tx, call);
        var blob = _desk.NeedBlob(tx, call);
        _desk.RequireLease(call, blob.Lease);
        _desk.RequireConditions(call, blob.ETag, blob.Modified);
        _desk.RequireMutable(call, container, blob);
        BlobContent.Remove(tx, blob);
        BlockRoutes.DropStaged(tx, blob);
        _desk.Wrote(tx, call);
        return Answer.Empty(202).With("x-ms-delete-type-permanent", "true");
    });

    [GeneratedRegex("^bytes=(?<from>[0-9]{1,18})-(?<to>[0-9]{0,18})$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex ByteRange();
}
