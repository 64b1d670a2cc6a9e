using System.Formats.Asn1;
using System.Numerics;

namespace Runbook.Journal;

/// <summary>ECDSA signatures as DER, read so strictly that each has one spelling.</summary>
/// <remarks>The framework's own reader takes a second number without its leading zero, and more: then bytes that nobody
/// signed would pass for a signature.</remarks>
internal static class SignatureEncoding
{
    /// <summary>Turns DER into the two numbers side by side, each as wide as the curve.</summary>
    /// <returns><see langword="false"/> where the bytes are not the one DER of two positive numbers of that width.</returns>
    internal static bool TryToFixedWidth(ReadOnlySpan<byte> der, int widthBytes, out byte[] fixedWidth)
    {
        fixedWidth = new byte[2 * widthBytes];
        try
        {
            var outer = new AsnReader(der.ToArray(), AsnEncodingRules.DER);
            var numbers = outer.ReadSequence();
            if (outer.HasData || !TryNumber(numbers.ReadInteger(), fixedWidth.AsSpan(0, widthBytes))) return false;
            return TryNumber(numbers.ReadInteger(), fixedWidth.AsSpan(widthBytes)) && !numbers.HasData;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    private static bool TryNumber(BigInteger number, Span<byte> into)
    {
        if (number.Sign <= 0 || number.GetByteCount(isUnsigned: true) > into.Length) return false;
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes.CopyTo(into[(into.Length - bytes.Length)..]);
        return true;
    }
}
