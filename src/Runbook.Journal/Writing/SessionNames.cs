using System.Globalization;

namespace Runbook.Journal;

/// <summary>Names that a session makes up.</summary>
public static class SessionNames
{
    /// <summary>A session's id: <c>YYYYMMDDThhmmssZ-</c> and 16 hexadecimal digits.</summary>
    /// <param name="at">When it begins.</param>
    /// <param name="random">Where the digits come from.</param>
    public static string NewSession(DateTimeOffset at, IRandomSource random)
        => string.Create(CultureInfo.InvariantCulture, $"{at.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{Hex(random, 8)}");

    /// <summary>A request's nonce: 32 hexadecimal digits.</summary>
    /// <param name="random">Where the digits come from.</param>
    public static string NewNonce(IRandomSource random) => Hex(random, 16);

    internal static string Hex(IRandomSource random, int bytes)
    {
        Span<byte> buffer = stackalloc byte[bytes];
        random.Fill(buffer);
        return Convert.ToHexStringLower(buffer);
    }
}
