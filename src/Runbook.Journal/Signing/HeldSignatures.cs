using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Runbook.Journal;

/// <summary>Signatures that were found to hold, over SHA-256, by a digest over key, signature and message.</summary>
/// <param name="signaturesMax">How many are remembered; then it begins anew.</param>
internal sealed class HeldSignatures(int signaturesMax)
{
    private readonly ConcurrentDictionary<Digest, bool> _held = new();

    /// <summary>Whether a signature holds: it did before, or it does now.</summary>
    public bool Holds(VerifyingKey key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature, HashAlgorithmName hash)
    {
        if (hash != HashAlgorithmName.SHA256) return key.Verified(message, signature, hash);
        var name = NameOf(key, message, signature);
        if (_held.ContainsKey(name)) return true;
        if (!key.Verified(message, signature, hash)) return false;
        if (_held.Count >= signaturesMax) _held.Clear();
        _held[name] = true;
        return true;
    }

    // The curve of the key says how long the signature is, so nothing can be moved from one part to another.
    private static Digest NameOf(VerifyingKey key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        var bytes = new byte[Digest.Length + signature.Length + message.Length];
        key.KeyId.CopyTo(bytes);
        signature.CopyTo(bytes.AsSpan(Digest.Length));
        message.CopyTo(bytes.AsSpan(Digest.Length + signature.Length));
        return Digest.Of(bytes);
    }
}
