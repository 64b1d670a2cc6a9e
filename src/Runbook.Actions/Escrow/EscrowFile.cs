using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runbook.Actions;

/// <summary>
/// A secret in the keeping of several holders: for each a share, sealed for the key of a certificate of theirs. Its text is
/// JSON; docs/escrow-format.md describes it.
/// </summary>
/// <remarks>
/// A share is sealed with AES-256-GCM under a key of its own, and that key with RSA-OAEP (SHA-256) for the certificate. The
/// number of shares needed, the share's number and the digest of the secret are authenticated with it.
/// </remarks>
internal static class EscrowFile
{
    private const string Format = "runbook-escrow/1";
    private const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <summary>Splits a secret, and seals a share for each certificate.</summary>
    public static byte[] Make(ReadOnlySpan<byte> secret, int required, IReadOnlyList<WrappingCertificate> holders)
    {
        var digest = Hashes.Sha256(secret);
        // One holder has the whole secret as a share; of several each has one of Shamir's.
        var shares = holders.Count == 1 ? [secret.ToArray()] : SecretShares.Split(secret, required, holders.Count);
        var list = new JsonArray();
        for (var n = 0; n < holders.Count; n++)
        {
            list.Add((JsonNode)Seal(shares[n], holders[n], Context(required, n + 1, digest), n + 1));
            CryptographicOperations.ZeroMemory(shares[n]);
        }

        var file = new JsonObject { ["format"] = Format, ["required"] = required, ["secretDigest"] = digest, ["shares"] = list };
        return Encoding.UTF8.GetBytes(file.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }) + "\n");
    }

    /// <summary>Opens the shares that some keys open, and joins them.</summary>
    /// <exception cref="FileRefusedException">It is no escrow file, too few of its shares could be opened, or they give another secret.</exception>
    public static byte[] Open(byte[] file, IReadOnlyList<RSA> keys)
    {
        try
        {
            using var document = JsonDocument.Parse(file);
            return Open(document.RootElement, keys);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new FileRefusedException("EscrowUnreadable", $"The file is no escrow: {exception.Message}");
        }
    }

    private static byte[] Open(JsonElement root, IReadOnlyList<RSA> keys)
    {
        if (root.GetProperty("format").GetString() != Format) throw new FileRefusedException("EscrowUnreadable", $"The file's format is not {Format}.");
        var (required, digest) = (root.GetProperty("required").GetInt32(), root.GetProperty("secretDigest").GetString()!);
        var opened = new Dictionary<byte, byte[]>();
        foreach (var share in root.GetProperty("shares").EnumerateArray())
        {
            var number = share.GetProperty("number").GetByte();
            if (keys.Select(k => TryUnseal(share, k, Context(required, number, digest))).FirstOrDefault(s => s is not null) is { } content) opened[number] = content;
        }

        if (opened.Count < required) throw new FileRefusedException("TooFewShares", $"The keys open {opened.Count} of the shares, and {required} are needed.");
        var chosen = opened.Take(required).Select(s => (s.Key, s.Value)).ToList();
        var secret = required == 1 ? chosen[0].Value : SecretShares.Join(chosen);
        return Hashes.Sha256(secret) == digest ? secret : throw new FileRefusedException("OtherSecret", "The shares give another secret than the one that was split.");
    }

    private static JsonObject Seal(byte[] share, WrappingCertificate holder, byte[] context, int number)
    {
        var key = Randomness.Bytes(KeyBytes);
        try
        {
            byte[] nonce = Randomness.Bytes(NonceBytes), sealedShare = new byte[share.Length], tag = new byte[TagBytes];
            using var aes = new AesGcm(key, TagBytes);
            aes.Encrypt(nonce, share, sealedShare, tag, context);
            using var rsa = RSA.Create(holder.Rsa);
            return new JsonObject
            {
                ["number"] = number,
                ["certificate"] = holder.Sha256,
                ["key"] = Base64Url.EncodeToString(Randomness.Encrypt(rsa, key, RSAEncryptionPadding.OaepSHA256)),
                ["nonce"] = Base64Url.EncodeToString(nonce),
                ["share"] = Base64Url.EncodeToString(sealedShare),
                ["tag"] = Base64Url.EncodeToString(tag),
            };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static byte[]? TryUnseal(JsonElement share, RSA rsa, byte[] context)
    {
        try
        {
            var key = rsa.Decrypt(Bytes(share, "key"), RSAEncryptionPadding.OaepSHA256);
            var sealedShare = Bytes(share, "share");
            var content = new byte[sealedShare.Length];
            using var aes = new AesGcm(key, TagBytes);
            CryptographicOperations.ZeroMemory(key);
            aes.Decrypt(Bytes(share, "nonce"), sealedShare, Bytes(share, "tag"), content, context);
            return content;
        }
        catch (CryptographicException)
        {
            // Somebody else's share, or a changed one: the count of those that open decides.
            return null;
        }
    }

    private static byte[] Context(int required, int number, string digest) => Encoding.UTF8.GetBytes($"{Format}\n{required}\n{number}\n{digest}");

    private static byte[] Bytes(JsonElement share, string name) => Base64Url.DecodeFromChars(share.GetProperty(name).GetString()!);
}
