using System.Security.Cryptography;
using System.Text.Json;

namespace Runbook.EndToEnd;

/// <summary>What is secret of an RSA key, in the forms in which it could lie somewhere.</summary>
public sealed class PrivateParts
{
    private readonly List<byte[]> _secret;

    private PrivateParts(RSAParameters key)
    {
        Modulus = key.Modulus!;
        _secret = [key.D!, key.P!, key.Q!];
    }

    /// <summary>The modulus, which is no secret: whoever looks for the others has to find it.</summary>
    public byte[] Modulus { get; }

    /// <summary>The secret parts as bytes, in both orders of them.</summary>
    public IEnumerable<byte[]> Bytes => _secret.SelectMany(s => (byte[][])[s, [.. s.AsEnumerable().Reverse()]]);

    /// <summary>The secret parts as text: hexadecimal, and base64 of both alphabets.</summary>
    public IEnumerable<string> Texts => _secret.SelectMany(s => (string[])[Convert.ToHexStringLower(s), Convert.ToHexString(s), Convert.ToBase64String(s).TrimEnd('='), Convert.ToBase64String(s).TrimEnd('=').Replace('+', '-').Replace('/', '_')]);

    /// <summary>Opens a blob with the private half of the KEK that it was made for.</summary>
    /// <param name="kek">The KEK.</param>
    /// <param name="file">The .byok file.</param>
    public static PrivateParts Of(RSA kek, string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        var blob = System.Buffers.Text.Base64Url.DecodeFromChars(document.RootElement.GetProperty("ciphertext").GetString());
        using var aes = Aes.Create();
        aes.Key = kek.Decrypt(blob[..(kek.KeySize / 8)], RSAEncryptionPadding.OaepSHA1);
        using var key = RSA.Create();
        key.ImportPkcs8PrivateKey(aes.DecryptKeyWrapPadded(blob[(kek.KeySize / 8)..]), out _);
        return new PrivateParts(key.ExportParameters(includePrivateParameters: true));
    }

    /// <summary>Whether some bytes hold one of the secret parts.</summary>
    /// <param name="bytes">Where to look.</param>
    public bool AreIn(ReadOnlySpan<byte> bytes)
    {
        foreach (var part in Bytes)
        {
            if (bytes.IndexOf(part) >= 0) return true;
        }

        foreach (var text in Texts)
        {
            if (bytes.IndexOf(System.Text.Encoding.ASCII.GetBytes(text)) >= 0 || bytes.IndexOf(System.Text.Encoding.Unicode.GetBytes(text)) >= 0) return true;
        }

        return false;
    }
}
