using System.Security.Cryptography;
using System.Text;

namespace Runbook.Simulator.Storage;

/// <summary>The keys that encrypt a part of an account.</summary>
/// <param name="Service">AES-256 key of the first layer.</param>
/// <param name="Infrastructure">AES-256 key of the second layer, where there is one.</param>
internal sealed record BlobKeys(byte[] Service, byte[]? Infrastructure);

/// <summary>
/// Encryption at rest: AES-256-GCM under the service's data key, bound to the place where the bytes lie; around it, where
/// infrastructure encryption is on, AES-256-CBC under a key of the platform. Two keys, two modes: either alone opens nothing.
/// </summary>
internal static class BlobCipher
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int IvBytes = 16;

    /// <summary>Nonce, tag and ciphertext; then, for two layers, the second layer's IV and all of that encrypted.</summary>
    public static byte[] Seal(BlobKeys keys, string place, ReadOnlySpan<byte> plain)
    {
        var inner = new byte[NonceBytes + TagBytes + plain.Length];
        var nonce = inner.AsSpan(0, NonceBytes);
        SimulatorRandom.Fill(nonce);
        using (var gcm = new AesGcm(keys.Service, TagBytes))
            gcm.Encrypt(nonce, plain, inner.AsSpan(NonceBytes + TagBytes), inner.AsSpan(NonceBytes, TagBytes), Encoding.UTF8.GetBytes(place));
        if (keys.Infrastructure is null)
            return inner;
        using var aes = Aes.Create();
        aes.Key = keys.Infrastructure;
        var iv = SimulatorRandom.Bytes(IvBytes);
        return [.. iv, .. aes.EncryptCbc(inner, iv)];
    }

    /// <exception cref="CryptographicException">The bytes were not sealed with these keys for this place.</exception>
    public static byte[] Open(BlobKeys keys, string place, ReadOnlySpan<byte> stored)
    {
        var inner = stored;
        if (keys.Infrastructure is not null)
        {
            using var aes = Aes.Create();
            aes.Key = keys.Infrastructure;
            inner = aes.DecryptCbc(stored[IvBytes..], stored[..IvBytes]);
        }
        var plain = new byte[inner.Length - NonceBytes - TagBytes];
        using var gcm = new AesGcm(keys.Service, TagBytes);
        gcm.Decrypt(inner[..NonceBytes], inner[(NonceBytes + TagBytes)..], inner.Slice(NonceBytes, TagBytes), plain, Encoding.UTF8.GetBytes(place));
        return plain;
    }
}
