using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Runbook.Simulator.Http;

namespace Runbook.Simulator.Storage;

/// <summary>
/// Requests that carry a shared access signature made with one of the account's keys: for a container, a blob, or the account
/// (version 2018-11-09 and later). What it permits is read off its letters.
/// </summary>
internal static class SharedAccessSignature
{
    private const string FirstVersion = "2018-11-09";
    private const string ScopesVersion = "2020-12-06";

    /// <summary>Why a request's signature lets nobody in, or <see langword="null"/>.</summary>
    public static string? Fault(Call call, StorageAccount account, string container, string blob, DateTimeOffset hostNow)
    {
        var version = Text(call, "sv");
        if (string.CompareOrdinal(version, FirstVersion) < 0)
            return $"The signed version '{version}' is not supported; {FirstVersion} and later are.";
        if (Text(call, "si").Length > 0)
            return "There are no stored access policies.";
        if (Text(call, "skoid").Length > 0)
            return "Signatures made with a user delegation key are not supported.";
        if (!TryTime(Text(call, "se"), out var expires) || expires <= hostNow)
            return "Signature not valid in the specified time frame: it has expired.";
        if (Text(call, "st") is { Length: > 0 } start && (!TryTime(start, out var from) || from > hostNow))
            return "Signature not valid in the specified time frame: it is not valid yet.";
        if (Text(call, "sip") is { Length: > 0 } range && !IsIn(range, call.Request.ClientAddress))
            return "The client's address is outside the signed range.";
        var given = new byte[32];
        if (!Convert.TryFromBase64String(Text(call, "sig"), given, out var length) || length != given.Length)
            return "Signature fields not well formed.";
        if (ToSign(call, account, container, blob, version) is not { } text)
            return "The signed resource is not the one that the request is on.";
        var bytes = Encoding.UTF8.GetBytes(text);
        return account.AccessKeys.Any(key => key.Value is { } value && CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(Convert.FromBase64String(value), bytes), given))
            ? null
            : "Signature did not match.";
    }

    /// <summary>Whether its letters permit the operation.</summary>
    public static bool Permits(Call call)
    {
        var letters = Text(call, "sp");
        return call.Route.Operation.Permission!.Split('|').Any(action => Letters(call, action).Any(letter => letters.Contains(letter, StringComparison.Ordinal)));
    }

    private static string Letters(Call call, string action)
    {
        var onBlob = call.Value("blob").Length > 0;
        return action switch
        {
            BlobService.BlobActions + "read" => onBlob ? "r" : "l",
            BlobService.BlobActions + "write" when onBlob => call.Route.Operation.Name.StartsWith("Put B", StringComparison.Ordinal) && !Exists(call) ? "wc" : "w",
            BlobService.BlobActions + "add/action" when onBlob => "a",
            BlobService.BlobActions + "delete" when onBlob => "d",
            _ => "",
        };
    }

    private static bool Exists(Call call) => call.Read().Has(State.Tables.Blobs, BlobItem.KeyOf(BlobService.RowsOf(call), call.Value("container"), call.Value("blob")));

    private static string? ToSign(Call call, StorageAccount account, string container, string blob, string version)
    {
        var hasScope = string.CompareOrdinal(version, ScopesVersion) >= 0;
        List<string> lines;
        if (Text(call, "ss").Length > 0)
        {
            var type = blob.Length > 0 ? 'o' : container.Length > 0 ? 'c' : 's';
            if (!Text(call, "ss").Contains('b', StringComparison.Ordinal) || !Text(call, "srt").Contains(type, StringComparison.Ordinal))
                return null;
            lines = [account.Name, .. Texts(call, "sp", "ss", "srt", "st", "se", "sip", "spr", "sv")];
            if (hasScope)
                lines.Add(Text(call, "ses"));
            lines.Add("");
            return string.Join('\n', lines);
        }
        var resource = Text(call, "sr") switch
        {
            "c" when container.Length > 0 => $"/blob/{account.Name}/{container}",
            "b" when blob.Length > 0 => $"/blob/{account.Name}/{container}/{blob}",
            _ => null,
        };
        if (resource is null)
            return null;
        lines = [.. Texts(call, "sp", "st", "se"), resource, .. Texts(call, "si", "sip", "spr", "sv", "sr"), ""];
        if (hasScope)
            lines.Add(Text(call, "ses"));
        lines.AddRange(Texts(call, "rscc", "rscd", "rsce", "rscl", "rsct"));
        return string.Join('\n', lines);
    }

    private static IEnumerable<string> Texts(Call call, params string[] names) => names.Select(name => Text(call, name));

    private static string Text(Call call, string name) => call.Parameter(name) ?? "";

    private static bool TryTime(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);

    private static bool IsIn(string range, IPAddress address)
    {
        var parts = range.Split('-');
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (!IPAddress.TryParse(parts[0], out var first) || !IPAddress.TryParse(parts[^1], out var last))
            return false;
        var bytes = plain.GetAddressBytes();
        return first.AddressFamily == plain.AddressFamily && last.AddressFamily == plain.AddressFamily
            && first.GetAddressBytes().AsSpan().SequenceCompareTo(bytes) <= 0 && last.GetAddressBytes().AsSpan().SequenceCompareTo(bytes) >= 0;
    }
}
