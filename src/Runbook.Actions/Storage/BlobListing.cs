using System.Collections.Immutable;
using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace Runbook.Actions;

/// <summary>One blob of a listing.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Md5">Content-MD5 in base64, as the service keeps it; <see langword="null"/> where it keeps none.</param>
/// <param name="LastModified">When it was written, as the service says it.</param>
internal sealed record ListedBlob(string Name, long? Bytes, string? Md5, string? LastModified)
{
    /// <summary>Whether two hold the same, as far as the service's own checksums tell: without one, they do not.</summary>
    public bool SameAs(ListedBlob other) => Bytes == other.Bytes && Md5 is not null && Md5 == other.Md5;
}

/// <summary>What List Blobs answers: <c>EnumerationResults</c> in XML.</summary>
/// <param name="Blobs">The blobs of the page.</param>
/// <param name="Next">The marker of the next page; <see langword="null"/> for the last.</param>
internal sealed record BlobListing(ImmutableArray<ListedBlob> Blobs, string? Next)
{
    /// <summary>The container's address.</summary>
    public static string ContainerOf(AzureSite site, string account, Arguments with) => $"https://{account}.{site.Cloud.BlobDomain}/{with.Text("container")}";

    /// <summary>Reads an answer; <see langword="null"/> where it is no list.</summary>
    public static BlobListing? Read(HttpAnswer answer)
    {
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(answer.Body.ToArray()), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            var document = XDocument.Load(reader);
            var next = document.Root?.Element("NextMarker")?.Value;
            return document.Root?.Name.LocalName == "EnumerationResults" ? new BlobListing([.. document.Descendants("Blob").Select(Show)], string.IsNullOrEmpty(next) ? null : next) : null;
        }
        catch (XmlException)
        {
            // What is no XML is no list; the caller says so.
            return null;
        }
    }

    private static ListedBlob Show(XElement blob)
    {
        var properties = blob.Element("Properties");
        return new ListedBlob(
            blob.Element("Name")?.Value ?? "",
            long.TryParse(properties?.Element("Content-Length")?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : null,
            properties?.Element("Content-MD5")?.Value is { Length: > 0 } md5 ? md5 : null,
            properties?.Element("Last-Modified")?.Value);
    }
}
