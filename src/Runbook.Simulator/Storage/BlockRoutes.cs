using System.Xml;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Storage;

/// <summary>Block blobs in parts: blocks are staged, then committed as a list.</summary>
internal sealed class BlockRoutes
{
    private const int BlocksMax = 50_000;
    private const int StagedMax = 100_000;
    private const int BlockIdBytes = 64;
    private const string Write = BlobService.BlobActions + "write";
    private const string WriteOrAdd = Write + "|" + BlobService.BlobActions + "add/action";

    private const string StagedDue = "staged-blocks-over";

    private static readonly TimeSpan StagedFor = TimeSpan.FromDays(7);

    private readonly BlobDesk _desk;

    public BlockRoutes(SimulatorCore core, BlobDesk desk)
    {
        _desk = desk;
        core.Work.OnChange(StagedDue, DropOld);
        desk.Service.Add("Put Block", "PUT", BlobLevel.Blob, "comp=block", WriteOrAdd, PutBlock, note: "At most 64 MiB a block, and not from a URL.");
        desk.Service.Add("Put Block List", "PUT", BlobLevel.Blob, "comp=blocklist", WriteOrAdd, PutBlockList);
        desk.Service.Add("Get Block List", "GET", BlobLevel.Blob, "comp=blocklist", BlobService.BlobActions + "read", GetBlockList);
    }

    /// <summary>Drops what was staged for a blob, but the bytes that the blob now has.</summary>
    public static void DropStaged(EstateTransaction tx, BlobItem blob)
    {
        foreach (var (key, staged) in tx.Scan(Tables.StagedBlocks, BlobContent.StagedPrefix(blob.Account, blob.Container, blob.Name)).ToList())
        {
            tx.Remove(Tables.StagedBlocks, key);
            if (blob.Blocks?.Any(block => block.Chunk == staged.Chunk) != true)
                tx.Remove(Tables.Chunks, staged.Chunk);
        }
    }

    private static void DropOld(EstateTransaction tx, DueItem item)
    {
        if (tx.Find(Tables.StagedBlocks, item.Target) is not { } staged || staged.At + StagedFor > tx.Now)
            return;
        tx.Remove(Tables.StagedBlocks, item.Target);
        tx.Remove(Tables.Chunks, staged.Chunk);
    }

    private Answer PutBlock(Call call)
    {
        _desk.RequireSound(call);
        var id = NeedBlockId(call, call.Parameter("blockid"));
        if (call.Request.Headers["x-ms-copy-source"] is not null)
            throw _desk.Refuse(call, 501, "NotImplemented", "The simulator does not have the operation \"Put Block From URL\".");
        if (call.Body.Length == 0)
            throw _desk.Service.BadHeader(call, "Content-Length");
        var view = call.Read();
        var scope = _desk.ScopeFor(call, _desk.NeedContainer(view, call));
        var keys = _desk.KeysOf(call, view, scope);
        return call.Write(tx =>
        {
            var container = _desk.NeedContainer(tx, call);
            if (BlobDesk.FindBlob(tx, call) is { } blob)
            {
                if (blob.Type != BlobItem.Block)
                    throw _desk.Refuse(call, 409, "InvalidBlobType", "The blob type is invalid for this operation.");
                _desk.RequireLease(call, blob.Lease);
            }
            var name = call.Value("blob");
            if (tx.CountWithPrefix(Tables.StagedBlocks, BlobContent.StagedPrefix(container.Account, container.Name, name)) >= StagedMax)
                throw _desk.Refuse(call, 409, "BlockCountExceedsLimit", "The uncommitted block count cannot exceed the maximum limit of 100,000 blocks.");
            var key = BlobContent.StagedKey(container.Account, container.Name, name, id);
            if (tx.Find(Tables.StagedBlocks, key) is { } before)
                tx.Remove(Tables.Chunks, before.Chunk);
            var chunk = tx.NextHex() + "/0";
            BlobContent.Write(tx, keys, chunk, 0, call.Body.Span);
            tx.Put(Tables.StagedBlocks, key, new StagedBlock { Id = id, Chunk = chunk, Length = call.Body.Length, Scope = scope, At = tx.Now });
            tx.Schedule(tx.Now + StagedFor, StagedDue, key);
            var answer = Answer.Empty(201).With("x-ms-request-server-encrypted", "true");
            if (scope is not null)
                answer.With("x-ms-encryption-scope", scope);
            return BlobDesk.WithChecksums(answer, call);
        });
    }

    private string NeedBlockId(Call call, string? id)
    {
        Span<byte> bytes = stackalloc byte[BlockIdBytes];
        return id is { Length: > 0 } && Convert.TryFromBase64String(id, bytes, out _)
            ? id
            : throw _desk.Refuse(call, 400, "InvalidQueryParameterValue", "Value for one of the query parameters specified in the request URI is invalid: blockid must be base64 of at most 64 bytes.");
    }

    private Answer PutBlockList(Call call)
    {
        _desk.RequireSound(call);
        var wanted = ReadList(call);
        var metadata = _desk.MetadataIn(call);
        var headers = BlobRoutes.HeadersIn(call, "x-ms-blob-");
        var view = call.Read();
        var scope = _desk.ScopeFor(call, _desk.NeedContainer(view, call));
        var keys = _desk.KeysOf(call, view, scope);
        return call.Write(tx =>
        {
            var container = _desk.NeedContainer(tx, call);
            var before = BlobDesk.FindBlob(tx, call);
            if (before is not null)
            {
                if (before.Type != BlobItem.Block)
                    throw _desk.Refuse(call, 409, "InvalidBlobType", "The blob type is invalid for this operation.");
                _desk.RequireLease(call, before.Lease);
            }
            _desk.RequireConditions(call, before?.ETag, before?.Modified);
            _desk.RequireMutable(call, container, before);
            var blocks = wanted.Select(entry => Resolve(call, tx, container, before, scope, entry)).ToList();
            var content = tx.NextHex();
            var blob = new BlobItem
            {
                Account = container.Account,
                Container = container.Name,
                Name = call.Value("blob"),
                Type = BlobItem.Block,
                Content = content,
                Length = blocks.Sum(block => (long)block.Length),
                Blocks = blocks,
                ETag = BlobContainers.NewTag(tx),
                Created = before?.Created ?? tx.Now,
                Modified = tx.Now,
                Headers = headers,
                Scope = scope,
                Metadata = BlobContent.SealMetadata(keys, content, metadata),
                Lease = BlobDesk.AfterWrite(before?.Lease, call.Now),
            };
            BlobContent.Put(tx, blob);
            DropStaged(tx, blob);
            _desk.Wrote(tx, call);
            return BlobDesk.WithChecksums(BlobDesk.Written(201, blob), call);
        });
    }

    private BlobBlock Resolve(Call call, EstateTransaction tx, BlobContainer container, BlobItem? before, string? scope, (string Kind, string Id) entry)
    {
        var staged = entry.Kind == "Committed" ? null : tx.Find(Tables.StagedBlocks, BlobContent.StagedKey(container.Account, container.Name, call.Value("blob"), entry.Id));
        if (staged is not null && staged.Scope == scope)
            return new BlobBlock(entry.Id, staged.Chunk, staged.Length);
        var committed = entry.Kind == "Uncommitted" || before?.Scope != scope ? null : before?.Blocks?.FirstOrDefault(block => block.Id == entry.Id);
        return committed ?? throw _desk.Refuse(call, 400, "InvalidBlockList", "The specified block list is invalid.");
    }

    private List<(string Kind, string Id)> ReadList(Call call)
    {
        var list = new List<(string, string)>();
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(call.Body.ToArray()), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, IgnoreWhitespace = true, IgnoreComments = true });
            reader.MoveToContent();
            if (reader.LocalName != "BlockList")
                throw new XmlException("The list is no BlockList.");
            if (reader.IsEmptyElement)
                return list;
            reader.Read();
            while (reader.NodeType == XmlNodeType.Element)
            {
                var kind = reader.LocalName;
                if (kind is not ("Latest" or "Committed" or "Uncommitted"))
                    throw new XmlException($"The list has a {kind}.");
                list.Add((kind, reader.ReadElementContentAsString()));
                if (list.Count > BlocksMax)
                    throw _desk.Refuse(call, 400, "BlockListTooLong", "The block list may not contain more than 50,000 blocks.");
            }
            return list;
        }
        catch (XmlException)
        {
            throw _desk.Refuse(call, 400, "InvalidXmlDocument", "XML specified is not syntactically valid.");
        }
    }

    private Answer GetBlockList(Call call)
    {
        var view = call.Read();
        var container = _desk.NeedContainer(view, call);
        var blob = BlobDesk.FindBlob(view, call);
        var staged = view.Scan(Tables.StagedBlocks, BlobContent.StagedPrefix(container.Account, container.Name, call.Value("blob"))).Select(pair => pair.Value).ToList();
        if (blob is null && staged.Count == 0)
            throw _desk.Refuse(call, 404, "BlobNotFound", "The specified blob does not exist.");
        if (blob is { Type: not BlobItem.Block })
            throw _desk.Refuse(call, 409, "InvalidBlobType", "The blob type is invalid for this operation.");
        var which = call.Parameter("blocklisttype")?.ToLowerInvariant() ?? "committed";
        var answer = BlobDesk.Xml(xml =>
        {
            xml.WriteStartElement("BlockList");
            if (which is "committed" or "all")
                Section(xml, "CommittedBlocks", (blob?.Blocks ?? []).Where(block => block.Id.Length > 0).Select(block => (block.Id, block.Length)));
            if (which is "uncommitted" or "all")
                Section(xml, "UncommittedBlocks", staged.Select(block => (block.Id, block.Length)));
            xml.WriteEndElement();
        }).With("x-ms-blob-content-length", BlobDesk.Number(blob?.Length ?? 0));
        return blob is null ? answer : BlobDesk.WithVersion(answer, blob.ETag, blob.Modified);
    }

    private static void Section(XmlWriter xml, string name, IEnumerable<(string Id, int Length)> blocks)
    {
        xml.WriteStartElement(name);
        foreach (var (id, length) in blocks)
        {
            xml.WriteStartElement("Block");
            xml.WriteElementString("Name", id);
            xml.WriteElementString("Size", BlobDesk.Number(length));
            xml.WriteEndElement();
        }
        xml.WriteEndElement();
    }
}
