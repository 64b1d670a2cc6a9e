using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Runbook.Simulator.Http;

namespace Runbook.Simulator.Storage;

/// <summary>Requests that are signed with one of the account's keys (scheme <c>SharedKey</c>, version 2015-02-21 and later).</summary>
internal static class SharedKeySignature
{
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(15);

    private static readonly string[] SignedHeaders =
        ["Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date", "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range"];

    /// <summary>Whether <c>account:signature</c> signs that request with a key of the account.</summary>
    public static bool Holds(SimulatorRequest request, StorageAccount account, string credential, DateTimeOffset hostNow)
    {
        var colon = credential.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || credential[..colon] != account.Name)
            return false;
        if (!DateTimeOffset.TryParseExact(request.Headers["x-ms-date"] ?? request.Headers["Date"], "R", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            || (date - hostNow).Duration() > ClockTolerance)
            return false;
        var given = new byte[32];
        if (!Convert.TryFromBase64String(credential[(colon + 1)..], given, out var length) || length != given.Length)
            return false;
        var text = Encoding.UTF8.GetBytes(StringToSign(request, account.Name));
        return account.AccessKeys.Any(key => key.Value is { } value && CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(Convert.FromBase64String(value), text), given));
    }

    private static string StringToSign(SimulatorRequest request, string account)
    {
        var text = new StringBuilder(request.Method).Append('\n');
        foreach (var name in SignedHeaders)
            text.Append(SignedHeader(request, name)).Append('\n');
        foreach (var group in request.Headers.Where(header => header.Key.StartsWith("x-ms-", StringComparison.OrdinalIgnoreCase))
            .GroupBy(header => header.Key.ToLowerInvariant(), StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal))
            text.Append(group.Key).Append(':').AppendJoin(',', group.Select(header => header.Value.Trim())).Append('\n');
        var mark = request.Target.IndexOf('?', StringComparison.Ordinal);
        text.Append('/').Append(account).Append(mark < 0 ? request.Target : request.Target[..mark]);
        foreach (var group in RequestTarget.ParsePairs(mark < 0 ? "" : request.Target[(mark + 1)..])
            .GroupBy(pair => pair.Key.ToLowerInvariant(), StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal))
            text.Append('\n').Append(group.Key).Append(':').AppendJoin(',', group.Select(pair => pair.Value).Order(StringComparer.Ordinal));
        return text.ToString();
    }

    private static string? SignedHeader(SimulatorRequest request, string name) => name switch
    {
        "Content-Length" => request.ContentLength is > 0 and { } length ? length.ToString(CultureInfo.InvariantCulture) : "",
        "Date" when request.Headers["x-ms-date"] is not null => "",
        _ => request.Headers[name],
    };
}
