using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runbook.Actions;

/// <summary>
/// Makes the file that an HSM in recovery takes, out of a security domain and as many of its shares as it asks for: every part is
/// decrypted and encrypted anew, under a master key that only the HSM's transfer key opens.
/// </summary>
internal static class RestoreFile
{
    /// <summary>Makes one.</summary>
    /// <param name="domain">The security domain.</param>
    /// <param name="shareKeys">Content keys of shares, as their holders opened them; in any order.</param>
    /// <param name="transfer">The certificate of the HSM's transfer key.</param>
    /// <exception cref="FileRefusedException">Too few shares open, or what they give does not open the domain.</exception>
    public static byte[] Make(byte[] domain, IReadOnlyList<byte[]> shareKeys, WrappingCertificate transfer)
    {
        var required = SecurityDomainFile.Read(domain).Required;
        using var document = JsonDocument.Parse(domain);
        var opened = new List<byte[]>();
        byte[] fresh = [];
        byte[]? master = null;
        try
        {
            foreach (var share in document.RootElement.GetProperty("SharedKeys").GetProperty("enc_shares").EnumerateArray())
            {
                var token = share.GetProperty("enc_key").GetString()!;
                if (shareKeys.Select(k => DomainCrypto.TryOpen(token, k)).FirstOrDefault(s => s is not null) is { } content) opened.Add(content);
            }

            if (opened.Count < required) throw new FileRefusedException("TooFewShares", $"{opened.Count} of the shares are open, and {required} are needed.");
            master = DomainCrypto.TryJoin([.. opened.Take(required)]) ?? throw new FileRefusedException("OtherSecret", "The shares don't fit together.");
            fresh = Randomness.Bytes(DomainCrypto.MasterKeyBytes);
            return Write(document.RootElement.GetProperty("EncData").GetProperty("data"), master, fresh, transfer);
        }
        finally
        {
            foreach (var share in opened) CryptographicOperations.ZeroMemory(share);
            CryptographicOperations.ZeroMemory(fresh);
            CryptographicOperations.ZeroMemory(master);
        }
    }

    private static byte[] Write(JsonElement parts, byte[] master, byte[] fresh, WrappingCertificate transfer)
    {
        var data = new JsonArray();
        foreach (var part in parts.EnumerateArray())
        {
            var tag = part.GetProperty("tag").GetString()!;
            var plain = DomainCrypto.TryOpen(part.GetProperty("compact_jwe").GetString()!, DomainCrypto.Derive(master, tag))
                ?? throw new FileRefusedException("OtherSecret", $"The shares give a key that does not open the part '{tag}'.");
            data.Add((JsonNode)new JsonObject { ["compact_jwe"] = DomainCrypto.Seal(DomainCrypto.Derive(fresh, tag), tag, plain), ["tag"] = tag });
            CryptographicOperations.ZeroMemory(plain);
        }

        using var recipient = RSA.Create(transfer.Rsa);
        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["EncData"] = new JsonObject { ["data"] = data, ["kdf"] = "sp108_kdf" },
            ["WrappedKey"] = new JsonObject { ["enc_key"] = DomainCrypto.SealFor(recipient, fresh), ["x5t_256"] = transfer.Thumbprint },
        }.ToJsonString());
    }
}
