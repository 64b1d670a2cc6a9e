using System.Text;

namespace Runbook.Journal;

/// <summary>
/// What is digested of a request or an answer: method, cleaned URL, allow-listed headers, digest of the body.
/// </summary>
/// <remarks>The canonical text is <c>{"body":…,"headers":{…},"method":…,"url":…}</c>; an answer has <c>status</c> in the
/// place of method and URL. It is kept as an artifact, so that the digest in an entry can be looked up. Where the body held
/// a secret, a commitment stands in its place.</remarks>
public sealed record RequestDescription
{
    private static readonly HashSet<string> PlainHeaders = new(StringComparer.Ordinal)
    {
        "accept", "content-type", "content-length", "date", "etag", "if-match", "if-none-match", "location", "retry-after",
        "azure-asyncoperation", "x-ms-client-request-id", "x-ms-request-id", "x-ms-correlation-request-id", "x-ms-error-code",
        "x-ms-keyvault-region", "x-ms-version", "x-ms-date", "x-ms-blob-type", "x-ms-encryption-scope",
    };

    private static readonly HashSet<string> PlainQuery = new(StringComparer.OrdinalIgnoreCase)
    {
        "api-version", "comp", "restype", "timeout", "maxresults", "$filter", "$top", "$skip", "$expand", "$select",
    };

    private RequestDescription(byte[] canonical) => Canonical = canonical;

    /// <summary>The canonical text.</summary>
    public ReadOnlyMemory<byte> Canonical { get; }

    /// <summary>SHA-256 of the canonical text.</summary>
    public Digest Digest => Digest.Of(Canonical.Span);

    /// <summary>Describes a request.</summary>
    /// <param name="method">HTTP method.</param>
    /// <param name="url">The whole URL; query values that are not allow-listed become <c>~</c>, credentials go.</param>
    /// <param name="headers">Its headers; those that are not allow-listed go. Names in any case.</param>
    /// <param name="body">Its body as it was sent.</param>
    public static RequestDescription OfRequest(string method, string url, IEnumerable<KeyValuePair<string, string>> headers, ReadOnlySpan<byte> body)
        => OfRequest(method, url, headers, Digest.Of(body).ToString());

    /// <summary>Describes a request whose body holds a secret.</summary>
    /// <param name="method">HTTP method.</param>
    /// <param name="url">The whole URL.</param>
    /// <param name="headers">Its headers.</param>
    /// <param name="body">A commitment to its body.</param>
    public static RequestDescription OfRequest(string method, string url, IEnumerable<KeyValuePair<string, string>> headers, Commitment body)
        => OfRequest(method, url, headers, "hmac-sha256:" + body.Hmac);

    /// <summary>Describes an answer.</summary>
    /// <param name="status">HTTP status.</param>
    /// <param name="headers">Its headers.</param>
    /// <param name="body">Its body as it came.</param>
    public static RequestDescription OfResponse(int status, IEnumerable<KeyValuePair<string, string>> headers, ReadOnlySpan<byte> body)
        => OfResponse(status, headers, Digest.Of(body).ToString());

    /// <summary>Describes an answer whose body holds a secret.</summary>
    /// <param name="status">HTTP status.</param>
    /// <param name="headers">Its headers.</param>
    /// <param name="body">A commitment to its body.</param>
    public static RequestDescription OfResponse(int status, IEnumerable<KeyValuePair<string, string>> headers, Commitment body)
        => OfResponse(status, headers, "hmac-sha256:" + body.Hmac);

    /// <summary>A URL without what may be secret: user and password go, query values that are not allow-listed become <c>~</c>, the fragment goes.</summary>
    /// <param name="url">The whole URL.</param>
    /// <returns>Query members stay in their order.</returns>
    public static string CleanUrl(string url)
    {
        var fragment = url.IndexOf('#', StringComparison.Ordinal);
        if (fragment >= 0) url = url[..fragment];
        var question = url.IndexOf('?', StringComparison.Ordinal);
        var path = WithoutUser(question < 0 ? url : url[..question]);
        if (question < 0) return path;

        var clean = new StringBuilder(path);
        var separator = '?';
        foreach (var part in url[(question + 1)..].Split('&'))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? part : part[..equals];
            clean.Append(separator).Append(name);
            if (equals >= 0) clean.Append('=').Append(PlainQuery.Contains(Uri.UnescapeDataString(name)) ? part[(equals + 1)..] : "~");
            separator = '&';
        }

        return clean.ToString();
    }

    private static string WithoutUser(string url)
    {
        var authority = url.IndexOf("://", StringComparison.Ordinal);
        if (authority < 0) return url;
        authority += 3;
        var end = url.IndexOf('/', authority);
        var at = url.AsSpan(authority, (end < 0 ? url.Length : end) - authority).LastIndexOf('@');
        return at < 0 ? url : string.Concat(url.AsSpan(0, authority), url.AsSpan(authority + at + 1));
    }

    private static RequestDescription OfRequest(string method, string url, IEnumerable<KeyValuePair<string, string>> headers, string body)
    {
        var writer = Begin(headers, body);
        writer.Token("method", method);
        writer.Text("url", CleanUrl(url), Limits.TextChars);
        writer.End();
        return new RequestDescription(writer.Written.ToArray());
    }

    private static RequestDescription OfResponse(int status, IEnumerable<KeyValuePair<string, string>> headers, string body)
    {
        var writer = Begin(headers, body);
        writer.Integer("status", status);
        writer.End();
        return new RequestDescription(writer.Written.ToArray());
    }

    private static FieldWriter Begin(IEnumerable<KeyValuePair<string, string>> headers, string body)
    {
        // A header that comes twice is one line with a comma, as HTTP has it (RFC 9110 §5.2).
        var kept = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in headers)
        {
            var key = name.ToLowerInvariant();
            if (!PlainHeaders.Contains(key)) continue;
            var clean = key is "location" or "azure-asyncoperation" ? CleanUrl(value) : value;
            kept[key] = kept.TryGetValue(key, out var before) ? $"{before}, {clean}" : clean;
        }

        var writer = new FieldWriter();
        writer.Begin();
        writer.Token("body", body);
        writer.Map("headers", kept, (w, header) => w.Text(header.Key, header.Value, Limits.LineChars));
        return writer;
    }
}
