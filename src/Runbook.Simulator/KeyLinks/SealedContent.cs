using System.Security.Cryptography;

namespace Runbook.Simulator.KeyLinks;

/// <summary>Small contents under a data key: AES-256-GCM, stored as nonce, tag and text.</summary>
internal static class SealedContent
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    public static byte[] Seal(byte[] dataKey, ReadOnlySpan<byte> plain)
    {
        var box = new byte[NonceBytes + TagBytes + plain.Length];
        SimulatorRandom.Fill(box.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(dataKey, TagBytes);
        aes.Encrypt(box.AsSpan(0, NonceBytes), plain, box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes));
        return box;
    }

    /// <exception cref="CryptographicException">It was not sealed under that key.</exception>
    public static byte[] Open(byte[] dataKey, ReadOnlySpan<byte> box)
    {
        var plain = new byte[box.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(dataKey, TagBytes);
        aes.Decrypt(box[..NonceBytes], box[(NonceBytes + TagBytes)..], box.Slice(NonceBytes, TagBytes), plain);
        return plain;
    }
}
