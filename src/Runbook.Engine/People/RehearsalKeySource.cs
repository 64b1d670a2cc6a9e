using System.Security.Cryptography;

namespace Runbook.Engine;

/// <summary>What is random in what the people of a rehearsal do on their own machines.</summary>
public sealed record RehearsalKeySource
{
    /// <summary>Makes a person's RSA key pair: its size in bits, and the roster id.</summary>
    public Func<int, string, RSA> Make { get; init; } = static (bits, _) => RSA.Create(bits);

    /// <summary>Encrypts under a public key.</summary>
    public Func<RSA, byte[], RSAEncryptionPadding, byte[]> Encrypt { get; init; } = static (key, value, padding) => key.Encrypt(value, padding);
}
