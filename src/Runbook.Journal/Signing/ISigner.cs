using System.Security.Cryptography;

namespace Runbook.Journal;

/// <summary>Something that signs: a key in memory, in a file, on a token, in an agent or in a vault.</summary>
public interface ISigner
{
    /// <summary>The public half.</summary>
    VerifyingKey PublicKey { get; }

    /// <summary>Signs with ECDSA.</summary>
    /// <param name="message">What is signed.</param>
    /// <param name="hash">SHA-256, except inside an SSH signature by a P-384 key.</param>
    /// <returns>The signature as DER.</returns>
    byte[] Sign(ReadOnlySpan<byte> message, HashAlgorithmName hash);
}
