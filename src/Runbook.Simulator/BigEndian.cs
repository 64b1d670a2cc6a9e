using System.Numerics;

namespace Runbook.Simulator;

/// <summary>Numbers as cryptography writes them: without a sign, the highest byte first.</summary>
internal static class BigEndian
{
    public static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    /// <summary>Zeros stand before a shorter number.</summary>
    public static byte[] Bytes(BigInteger number, int length)
    {
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        var padded = new byte[length];
        bytes.CopyTo(padded, length - bytes.Length);
        return padded;
    }
}
