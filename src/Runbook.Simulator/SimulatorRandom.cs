using System.Security.Cryptography;

namespace Runbook.Simulator;

/// <summary>Random bytes of an embedded Azure: the operating system's, or those of a run that repeats.</summary>
internal static class SimulatorRandom
{
    public static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        Fill(bytes);
        return bytes;
    }

    public static void Fill(Span<byte> bytes)
    {
        if (RepeatedRuns.IsOn) RepeatedRuns.Fill(bytes);
        else RandomNumberGenerator.Fill(bytes);
    }

    /// <summary>A number from 0 to below a limit of at most 65536.</summary>
    public static int Below(int limit)
    {
        if (!RepeatedRuns.IsOn)
            return RandomNumberGenerator.GetInt32(limit);
        Span<byte> word = stackalloc byte[8];
        Fill(word);
        return (int)(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(word) % (ulong)limit);
    }

    /// <summary>Encrypts under a public key.</summary>
    /// <exception cref="CryptographicException">The value is too long for the key.</exception>
    public static byte[] Encrypt(RSA key, byte[] value, RSAEncryptionPadding padding) =>
        RepeatedRuns.IsOn ? RepeatedRuns.Encrypt(key, value, padding) : key.Encrypt(value, padding);
}
