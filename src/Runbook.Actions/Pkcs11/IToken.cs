using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Runbook.Actions;

/// <summary>What a token says that it is.</summary>
/// <param name="Label">Its label.</param>
/// <param name="Maker">Manufacturer and model, in its own words.</param>
/// <param name="Serial">Its serial number.</param>
/// <param name="IsRehearsal">Whether it is a stand-in without any hardware.</param>
internal sealed record TokenDevice(string Label, string Maker, string Serial, bool IsRehearsal);

/// <summary>An RSA private key in a token: what may be known of it outside.</summary>
/// <param name="Public">The public half.</param>
/// <param name="IsSensitive">Whether it never leaves the token in the clear.</param>
/// <param name="IsExtractable">Whether it leaves the token wrapped.</param>
/// <param name="IsMadeThere">Whether it was made in the token.</param>
internal sealed record TokenKey(RSAParameters Public, bool IsSensitive, bool IsExtractable, bool IsMadeThere)
{
    /// <summary>Bits of the modulus.</summary>
    public int Bits => Public.Modulus!.Length * 8;

    /// <summary>SHA-256 of the public half (SubjectPublicKeyInfo, DER).</summary>
    public string PublicDigest()
    {
        using var rsa = RSA.Create(Public);
        return Hashes.Sha256(rsa.ExportSubjectPublicKeyInfo());
    }
}

/// <summary>A key wrapped in a token.</summary>
/// <param name="Ciphertext">The AES key under the KEK, and behind it the key under the AES key.</param>
/// <param name="How">By which mechanisms, in words.</param>
internal sealed record TokenWrapping(byte[] Ciphertext, string How);

/// <summary>A token to which somebody has logged in. Keys are named by their label, and never come out in the clear.</summary>
internal interface IToken : IDisposable
{
    /// <summary>What it says that it is.</summary>
    TokenDevice Device { get; }

    /// <summary>The RSA private keys of a label.</summary>
    ImmutableArray<TokenKey> Find(string label);

    /// <summary>Makes an RSA key pair: sensitive, and extractable wrapped.</summary>
    void Generate(string label, int bits);

    /// <summary>Wraps the one key of a label for a KEK: CKM_RSA_AES_KEY_WRAP with SHA-1 and an AES key of 256 bits.</summary>
    TokenWrapping Wrap(string label, RSAParameters kek);

    /// <summary>Encrypts with the public half of the one key of a label: RSA-OAEP with SHA-1.</summary>
    byte[] Encrypt(string label, byte[] value);

    /// <summary>Destroys the key pair of a label, for good.</summary>
    void Destroy(string label);
}

/// <summary>A token, or this computer on the way to it, refuses. An answer, not a bug.</summary>
internal sealed class TokenRefusedException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>A word for expressions, such as <c>PinIncorrect</c>.</summary>
    public string Code { get; } = code;
}
