using System.Globalization;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Storage;

/// <summary>
/// Append blobs: bytes are added at the end and never changed. Each append is judged and stored in one transaction, so that of
/// two appends at one position exactly one succeeds.
/// </summary>
internal sealed class AppendRoutes
{
    private const int BlocksMax = 50_000;
    private const int OldBlockBytes = 4 * 1024 * 1024;

    /// <summary>First version that takes blocks of more than 4 MiB.</summary>
    private const string LargeBlocksSince = "2022-11-02";

    private const string Permission = BlobService.BlobActions + "write|" + BlobService.BlobActions + "add/action";

    private readonly BlobDesk _desk;

    public AppendRoutes(BlobDesk desk)
    {
        _desk = desk;
        desk.Service.Add("Append Block", "PUT", BlobLevel.Blob, "comp=appendblock", Permission, Append, note: "At most 64 MiB a block, and not from a URL.");
        desk.Service.Add("Append Blob Seal", "PUT", BlobLevel.Blob, "comp=seal", Permission, Seal);
    }

    private Answer Append(Call call)
    {
        _desk.RequireSound(call);
        if (call.Request.Headers["x-ms-copy-source"] is not null)
            throw _desk.Refuse(call, 501, "NotImplemented", "The simulator does not have the operation \"Append Block From URL\".");
        if (call.Body.Length == 0)
            throw _desk.Service.BadHeader(call, "Content-Length");
        if (call.Body.Length > OldBlockBytes && string.CompareOrdinal(call.Request.Headers["x-ms-version"] ?? "", LargeBlocksSince) < 0)
            throw _desk.Refuse(call, 413, "RequestBodyTooLarge", "The request body is too large and exceeds the maximum permissible limit.");
        var position = Condition(call, "x-ms-blob-condition-appendpos");
        var longest = Condition(call, "x-ms-blob-condition-maxsize");
        var view = call.Read();
        var known = _desk.NeedBlob(view, call);
        var named = call.Request.Headers["x-ms-encryption-scope"];
        if (named is not null && (named == BlobDesk.AccountScope ? null : named) != known.Scope)
            throw _desk.Service.BadHeader(call, "x-ms-encryption-scope");
        var keys = _desk.KeysOf(call, view, known.Scope);
        return call.Write(tx =>
        {
            var container = _desk.NeedContainer(tx, call);
            var blob = _desk.NeedBlob(tx, call);
            RequireGrowing(call, blob);
            // The keys were fetched for the scope that the blob had a moment ago.
            if (blob.Scope != known.Scope)
                throw _desk.Refuse(call, 409, "BlobOverwritten", "The blob has been recreated since the operation began.");
            _desk.RequireLease(call, blob.Lease);
            _desk.RequireConditions(call, blob.ETag, blob.Modified);
            if (!Immutability.MayAppend(container, blob, call.Now))
                throw _desk.Immutable(call);
            if (position is { } at && at != blob.Length)
                throw _desk.Refuse(call, 412, "AppendPositionConditionNotMet", "The append position condition specified was not met.");
            if (longest is { } most && blob.Length + call.Body.Length > most)
                throw _desk.Refuse(call, 412, "MaxBlobSizeConditionNotMet", "The max blob size condition specified was not met.");
            if (blob.Appends >= BlocksMax)
                throw _desk.Refuse(call, 409, "BlockCountExceedsLimit", "The committed block count cannot exceed the maximum limit of 50,000 blocks.");
            var offset = blob.Length;
            BlobContent.Write(tx, keys, BlobContent.ChunkOf(blob.Content, blob.Appends), offset, call.Body.Span);
            blob = blob with
            {
                Length = offset + call.Body.Length,
                Appends = blob.Appends + 1,
                ETag = BlobContainers.NewTag(tx),
                Modified = tx.Now,
                Lease = BlobDesk.AfterWrite(blob.Lease, call.Now),
            };
            tx.Put(Tables.Blobs, blob.Key, blob);
            _desk.Wrote(tx, call);
            return BlobDesk.WithChecksums(
                BlobDesk.Written(201, blob)
                    .With("x-ms-blob-append-offset", BlobDesk.Number(offset))
                    .With("x-ms-blob-committed-block-count", BlobDesk.Number(blob.Appends)),
                call);
        });
    }

    private void RequireGrowing(Call call, BlobItem blob)
    {
        if (blob.Type != BlobItem.Append)
            throw _desk.Refuse(call, 409, "InvalidBlobType", "The blob type is invalid for this operation.");
        if (blob.Sealed)
            throw _desk.Refuse(call, 409, "BlobIsSealed", "The specified blob is sealed and its contents can't be modified unless the blob is re-created after a delete.");
    }

    private long? Condition(Call call, string name)
    {
        if (call.Request.Headers[name] is not { } text)
            return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw _desk.Service.BadHeader(call, name);
    }

    private Answer Seal(Call call)
    {
        var position = Condition(call, "x-ms-blob-condition-appendpos");
        return call.Write(tx =>
        {
            var blob = _desk.NeedBlob(tx, call);
            if (blob.Type != BlobItem.Append)
                throw _desk.Refuse(call, 409, "InvalidBlobType", "The blob type is invalid for this operation.");
            _desk.RequireLease(call, blob.Lease);
            _desk.RequireConditions(call, blob.ETag, blob.Modified);
            if (position is { } at && at != blob.Length)
                throw _desk.Refuse(call, 412, "AppendPositionConditionNotMet", "The append position condition specified was not met.");
            if (!blob.Sealed)
                blob = blob with { Sealed = true, ETag = BlobContainers.NewTag(tx), Modified = tx.Now, Lease = BlobDesk.AfterWrite(blob.Lease, call.Now) };
            tx.Put(Tables.Blobs, blob.Key, blob);
            _desk.Wrote(tx, call);
            return BlobDesk.WithVersion(Answer.Empty(200), blob.ETag, blob.Modified).With("x-ms-blob-sealed", "true");
        });
    }
}
