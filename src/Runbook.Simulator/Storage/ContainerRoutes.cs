using System.Globalization;
using System.Text;
using System.Xml;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;
using Base64Url = Runbook.Simulator.Identity.Base64Url;

namespace Runbook.Simulator.Storage;

/// <summary>Accounts and containers on the data plane, and the lists of what is in them.</summary>
internal sealed class ContainerRoutes
{
    private const int PageLimit = 5000;
    private const string Actions = BlobService.ContainerActions;
    private const string Read = BlobService.BlobActions + "read";

    private readonly SimulatorCore _core;
    private readonly BlobDesk _desk;

    public ContainerRoutes(SimulatorCore core, BlobDesk desk)
    {
        _core = core;
        _desk = desk;
        var service = desk.Service;
        service.Add("List Containers", "GET", BlobLevel.Account, "comp=list", Actions + "read", ListContainers);
        service.Add("Get Blob Service Properties", "GET", BlobLevel.Account, "restype=service&comp=properties", "Microsoft.Storage/storageAccounts/blobServices/read", _ => ServiceProperties(), note: "Always the same: no CORS rules, no soft delete.");
        service.Add("Set Blob Service Properties", "PUT", BlobLevel.Account, "restype=service&comp=properties", "Microsoft.Storage/storageAccounts/blobServices/write", null);
        service.Add("Get Blob Service Stats", "GET", BlobLevel.Account, "restype=service&comp=stats", "Microsoft.Storage/storageAccounts/blobServices/read", Stats);
        service.Add("Get User Delegation Key", "POST", BlobLevel.Account, "restype=service&comp=userdelegationkey", "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action", null);
        service.Add("Blob Batch", "POST", BlobLevel.Account, "comp=batch", Read, null);
        foreach (var method in (string[])["GET", "HEAD"])
        {
            service.Add("Get Account Information", method, BlobLevel.Account, "restype=account&comp=properties", "Microsoft.Storage/storageAccounts/read", AccountInformation);
            service.Add("Get Container Properties", method, BlobLevel.Container, "restype=container", Actions + "read|" + Read, Properties);
            service.Add("Get Container Metadata", method, BlobLevel.Container, "restype=container&comp=metadata", Actions + "read|" + Read, Properties);
            service.Add("Get Container ACL", method, BlobLevel.Container, "restype=container&comp=acl", Actions + "getAcl/action|" + Actions + "read", Acl, note: "There are no stored access policies.");
        }
        service.Add("Set Container ACL", "PUT", BlobLevel.Container, "restype=container&comp=acl", Actions + "setAcl/action", null);
        service.Add("Create Container", "PUT", BlobLevel.Container, "restype=container", Actions + "write", Create);
        service.Add("Set Container Metadata", "PUT", BlobLevel.Container, "restype=container&comp=metadata", Actions + "write", SetMetadata);
        service.Add("Delete Container", "DELETE", BlobLevel.Container, "restype=container", Actions + "delete", Delete, note: "The name is free at once.");
        service.Add("List Blobs", "GET", BlobLevel.Container, "restype=container&comp=list", Read, ListBlobs, note: "No snapshots, versions, deleted or uncommitted blobs.");
    }

    private Answer AccountInformation(Call call)
    {
        var account = _desk.Service.AccountOf(call.Read(), call);
        return Answer.Empty(200)
            .With("x-ms-sku-name", account.Sku)
            .With("x-ms-account-kind", account.Kind)
            .With("x-ms-is-hns-enabled", account.Settings.Member("isHnsEnabled").Flag() == true ? "true" : "false");
    }

    private static Answer ServiceProperties() => BlobDesk.Xml(xml =>
    {
        xml.WriteStartElement("StorageServiceProperties");
        xml.WriteElementString("Cors", "");
        xml.WriteStartElement("DeleteRetentionPolicy");
        xml.WriteElementString("Enabled", "false");
        xml.WriteEndElement();
        xml.WriteEndElement();
    });

    private Answer Stats(Call call)
    {
        var account = _desk.Service.AccountOf(call.Read(), call);
        if (!BlobService.IsSecondary(call.Request.Host))
            throw _desk.Refuse(call, 400, "InvalidQueryParameterValue", "Value for one of the query parameters specified in the request URI is invalid. Statistics are asked of the secondary endpoint.");
        return BlobDesk.Xml(xml =>
        {
            xml.WriteStartElement("StorageServiceStats");
            xml.WriteStartElement("GeoReplication");
            xml.WriteElementString("Status", account.LastSync is null ? "bootstrap" : _core.Faults.IsRegionDown(account.Location) ? "unavailable" : "live");
            xml.WriteElementString("LastSyncTime", GeoReplication.LastSync(account, call.Now) is { } at ? BlobDesk.HttpTime(at) : "");
            xml.WriteEndElement();
            xml.WriteEndElement();
        });
    }

    private Answer Create(Call call)
    {
        var name = call.Value("container");
        if (!BlobContainers.IsName(name))
            throw _desk.Refuse(call, 400, "InvalidResourceName", "The specifed resource name contains invalid characters.");
        if (call.Request.Headers["x-ms-blob-public-access"] is not null)
            throw _desk.Refuse(call, 409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.");
        var metadata = _desk.MetadataIn(call);
        var scope = call.Request.Headers["x-ms-default-encryption-scope"];
        scope = scope == BlobDesk.AccountScope ? null : scope;
        var deny = string.Equals(call.Request.Headers["x-ms-deny-encryption-scope-override"], "true", StringComparison.OrdinalIgnoreCase);
        return call.Write(tx =>
        {
            var account = BlobService.RowsOf(call);
            var key = BlobContainer.KeyOf(account, name);
            if (tx.Has(Tables.Containers, key))
                throw _desk.Refuse(call, 409, "ContainerAlreadyExists", "The specified container already exists.");
            if (scope is not null && !tx.Has(Tables.EncryptionScopes, EncryptionScope.KeyOf(account, scope)))
                throw _desk.Service.BadHeader(call, "x-ms-default-encryption-scope");
            var container = new BlobContainer
            {
                Account = account,
                Name = name,
                ETag = BlobContainers.NewTag(tx),
                Created = tx.Now,
                Modified = tx.Now,
                DefaultScope = scope,
                DenyScopeOverride = deny,
                Metadata = metadata.Count > 0 ? metadata : null,
            };
            tx.Put(Tables.Containers, key, container);
            _desk.Wrote(tx, call);
            return BlobDesk.WithVersion(Answer.Empty(201), container.ETag, container.Modified);
        });
    }

    private Answer Properties(Call call)
    {
        var container = _desk.NeedContainer(call.Read(), call);
        _desk.RequireLease(call, container.Lease, "container");
        var answer = BlobDesk.WithVersion(Answer.Empty(200), container.ETag, container.Modified)
            .With("x-ms-has-immutability-policy", container.Immutability is null ? "false" : "true")
            .With("x-ms-has-legal-hold", container.LegalHold is { Count: > 0 } ? "true" : "false")
            .With("x-ms-immutable-storage-with-versioning-enabled", "false")
            .With("x-ms-default-encryption-scope", container.DefaultScope ?? BlobDesk.AccountScope)
            .With("x-ms-deny-encryption-scope-override", container.DenyScopeOverride ? "true" : "false");
        return BlobDesk.WithMetadata(BlobDesk.WithLease(answer, container.Lease, call.Now), container.Metadata ?? []);
    }

    private Answer Acl(Call call)
    {
        var container = _desk.NeedContainer(call.Read(), call);
        return BlobDesk.WithVersion(BlobDesk.Xml(static xml => xml.WriteElementString("SignedIdentifiers", "")), container.ETag, container.Modified);
    }

    private Answer SetMetadata(Call call)
    {
        var metadata = _desk.MetadataIn(call);
        return call.Write(tx =>
        {
            var container = _desk.NeedContainer(tx, call);
            _desk.RequireLease(call, container.Lease, "container");
            _desk.RequireConditions(call, container.ETag, container.Modified);
            container = container with { Metadata = metadata.Count > 0 ? metadata : null, ETag = BlobContainers.NewTag(tx), Modified = tx.Now };
            tx.Put(Tables.Containers, container.Key, container);
            _desk.Wrote(tx, call);
            return BlobDesk.WithVersion(Answer.Empty(200), container.ETag, container.Modified);
        });
    }

    private Answer Delete(Call call) => call.Write(tx =>
    {
        var container = _desk.NeedContainer(tx, call);
        _desk.RequireLease(call, container.Lease, "container");
        _desk.RequireConditions(call, container.ETag, container.Modified);
        if (Immutability.KeepsContainer(tx, container))
            throw _desk.Immutable(call);
        BlobContent.DropContainer(tx, container);
        _desk.Wrote(tx, call);
        return Answer.Empty(202);
    });

    private int PageSize(Call call)
    {
        if (call.Parameter("maxresults") is not { } text)
            return PageLimit;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) || size < 1)
            throw _desk.Refuse(call, 400, "OutOfRangeQueryParameterValue", "One of the query parameters specified in the request URI is outside the permissible range.");
        return Math.Min(size, PageLimit);
    }

    private Answer ListContainers(Call call)
    {
        var account = BlobService.RowsOf(call);
        var size = PageSize(call);
        var begin = account + "/";
        var prefix = call.Parameter("prefix") ?? "";
        var marker = call.Parameter("marker") is { Length: > 0 } given ? given : null;
        var withMetadata = Includes(call, "metadata");
        var found = call.Read().Scan(Tables.Containers, begin + prefix, marker is null ? null : begin + marker).Select(pair => pair.Value).Take(size + 1).ToList();
        return BlobDesk.Xml(xml =>
        {
            Begin(xml, call, null, prefix, marker, null);
            xml.WriteStartElement("Containers");
            foreach (var container in found.Take(size))
            {
                xml.WriteStartElement("Container");
                xml.WriteElementString("Name", container.Name);
                xml.WriteStartElement("Properties");
                xml.WriteElementString("Last-Modified", BlobDesk.HttpTime(container.Modified));
                xml.WriteElementString("Etag", container.ETag);
                WriteLease(xml, container.Lease, call.Now);
                xml.WriteElementString("HasImmutabilityPolicy", container.Immutability is null ? "false" : "true");
                xml.WriteElementString("HasLegalHold", container.LegalHold is { Count: > 0 } ? "true" : "false");
                xml.WriteElementString("DefaultEncryptionScope", container.DefaultScope ?? BlobDesk.AccountScope);
                xml.WriteElementString("DenyEncryptionScopeOverride", container.DenyScopeOverride ? "true" : "false");
                xml.WriteEndElement();
                if (withMetadata)
                    WriteMetadata(xml, container.Metadata ?? []);
                xml.WriteEndElement();
            }
            xml.WriteEndElement();
            xml.WriteElementString("NextMarker", found.Count > size ? found[size - 1].Name : "");
            xml.WriteEndElement();
        });
    }

    private static bool Includes(Call call, string what) => (call.Parameter("include") ?? "").Split(',').Contains(what, StringComparer.OrdinalIgnoreCase);

    private static void Begin(XmlWriter xml, Call call, string? container, string prefix, string? marker, string? delimiter)
    {
        xml.WriteStartElement("EnumerationResults");
        xml.WriteAttributeString("ServiceEndpoint", $"https://{call.Request.Host}/");
        if (container is not null)
            xml.WriteAttributeString("ContainerName", container);
        if (prefix.Length > 0)
            xml.WriteElementString("Prefix", prefix);
        if (marker is not null)
            xml.WriteElementString("Marker", marker);
        if (call.Parameter("maxresults") is { } size)
            xml.WriteElementString("MaxResults", size);
        if (delimiter is not null)
            xml.WriteElementString("Delimiter", delimiter);
    }

    private static void WriteLease(XmlWriter xml, BlobLease? lease, DateTimeOffset now)
    {
        var state = lease?.StateAt(now) ?? "available";
        xml.WriteElementString("LeaseStatus", lease?.HoldsAt(now) == true ? "locked" : "unlocked");
        xml.WriteElementString("LeaseState", state);
        if (state == "leased")
            xml.WriteElementString("LeaseDuration", lease!.Duration < 0 ? "infinite" : "fixed");
    }

    private static void WriteMetadata(XmlWriter xml, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        xml.WriteStartElement("Metadata");
        foreach (var (name, value) in metadata)
            xml.WriteElementString(name, value);
        xml.WriteEndElement();
    }

    private Answer ListBlobs(Call call)
    {
        var view = call.Read();
        var container = _desk.NeedContainer(view, call);
        var size = PageSize(call);
        var prefix = call.Parameter("prefix") ?? "";
        var delimiter = call.Parameter("delimiter") is { Length: > 0 } parting ? parting : null;
        var marker = MarkerIn(call);
        var withMetadata = Includes(call, "metadata");
        var (items, next) = Page(view, container, prefix, delimiter, marker, size);
        // Metadata is encrypted with the blob's key: where that can't be used, the whole list is refused.
        var metadata = withMetadata
            ? items.Select(item => item.Blob is null ? null : BlobContent.OpenMetadata(_desk.KeysOf(call, view, item.Blob.Scope), item.Blob)).ToList()
            : null;
        return BlobDesk.Xml(xml =>
        {
            Begin(xml, call, container.Name, prefix, call.Parameter("marker") is { Length: > 0 } given ? given : null, delimiter);
            xml.WriteStartElement("Blobs");
            for (var i = 0; i < items.Count; i++)
            {
                if (items[i].Blob is not { } blob)
                {
                    xml.WriteStartElement("BlobPrefix");
                    WriteName(xml, items[i].Name);
                    xml.WriteEndElement();
                    continue;
                }
                WriteBlob(xml, blob, call.Now, metadata?[i]);
            }
            xml.WriteEndElement();
            xml.WriteElementString("NextMarker", next is null ? "" : Base64Url.Encode(Encoding.UTF8.GetBytes(next)));
            xml.WriteEndElement();
        });
    }

    /// <summary>Where the page before ended. Clients carry it around without looking into it.</summary>
    private string? MarkerIn(Call call)
    {
        if (call.Parameter("marker") is not { Length: > 0 } text)
            return null;
        return Base64Url.TryDecode(text, out var bytes)
            ? Encoding.UTF8.GetString(bytes)
            : throw _desk.Refuse(call, 400, "InvalidQueryParameterValue", "Value for one of the query parameters specified in the request URI is invalid: marker.");
    }

    /// <summary>A name as text, or percent-encoded where XML can't hold it.</summary>
    private static void WriteName(XmlWriter xml, string name)
    {
        xml.WriteStartElement("Name");
        if (name.All(XmlConvert.IsXmlChar))
        {
            xml.WriteString(name);
        }
        else
        {
            xml.WriteAttributeString("Encoded", "true");
            xml.WriteString(Uri.EscapeDataString(name));
        }
        xml.WriteEndElement();
    }

    /// <summary>Blobs, and with a delimiter the common beginnings of names, in order.</summary>
    private static (List<(string Name, BlobItem? Blob)> Items, string? Next) Page(EstateView view, BlobContainer container, string prefix, string? delimiter, string? marker, int size)
    {
        var begin = container.Key + "/";
        var items = new List<(string, BlobItem?)>();
        var after = marker is null ? null : begin + marker;
        while (true)
        {
            string? skipTo = null;
            foreach (var (key, blob) in view.Scan(Tables.Blobs, begin + prefix, after))
            {
                if (items.Count == size)
                    return (items, items[^1].Item2 is null ? items[^1].Item1 + '\uffff' : items[^1].Item1);
                var end = delimiter is null ? -1 : blob.Name.IndexOf(delimiter, prefix.Length, StringComparison.Ordinal);
                if (end >= 0)
                {
                    var common = blob.Name[..(end + delimiter!.Length)];
                    items.Add((common, null));
                    skipTo = begin + common + '\uffff';
                    break;
                }
                items.Add((blob.Name, blob));
                after = key;
            }
            if (skipTo is null)
                return (items, null);
            after = skipTo;
        }
    }

    private static void WriteBlob(XmlWriter xml, BlobItem blob, DateTimeOffset now, SortedDictionary<string, string>? metadata)
    {
        xml.WriteStartElement("Blob");
        WriteName(xml, blob.Name);
        xml.WriteStartElement("Properties");
        xml.WriteElementString("Creation-Time", BlobDesk.HttpTime(blob.Created));
        xml.WriteElementString("Last-Modified", BlobDesk.HttpTime(blob.Modified));
        xml.WriteElementString("Etag", blob.ETag.Trim('"'));
        xml.WriteElementString("Content-Length", BlobDesk.Number(blob.Length));
        xml.WriteElementString("Content-Type", blob.Headers.ContentType);
        xml.WriteElementString("Content-Encoding", blob.Headers.ContentEncoding ?? "");
        xml.WriteElementString("Content-Language", blob.Headers.ContentLanguage ?? "");
        xml.WriteElementString("Content-MD5", blob.Headers.ContentMd5 is { } md5 ? Convert.ToBase64String(md5) : "");
        xml.WriteElementString("Cache-Control", blob.Headers.CacheControl ?? "");
        xml.WriteElementString("Content-Disposition", blob.Headers.ContentDisposition ?? "");
        xml.WriteElementString("BlobType", blob.Type);
        if (blob.Type == BlobItem.Block)
        {
            xml.WriteElementString("AccessTier", blob.Tier ?? "Hot");
            if (blob.Tier is null)
                xml.WriteElementString("AccessTierInferred", "true");
        }
        WriteLease(xml, blob.Lease, now);
        if (blob.Sealed)
            xml.WriteElementString("Sealed", "true");
        xml.WriteElementString("ServerEncrypted", "true");
        if (blob.Scope is not null)
            xml.WriteElementString("EncryptionScope", blob.Scope);
        xml.WriteEndElement();
        if (metadata is not null)
            WriteMetadata(xml, metadata);
        xml.WriteEndElement();
    }
}
