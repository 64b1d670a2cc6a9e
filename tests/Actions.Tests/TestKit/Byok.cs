using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runbook.Actions.Tests.TestKit;

/// <summary>Wraps keys as another HSM would: CKM_RSA_AES_KEY_WRAP, in a .byok file.</summary>
internal static class Byok
{
    /// <summary>A .byok file.</summary>
    /// <param name="kek">The import key, as the HSM shows it.</param>
    /// <param name="key">PKCS#8 of the key.</param>
    public static byte[] Wrap(JsonElement kek, byte[] key)
    {
        using var wrapping = RSA.Create(new RSAParameters { Modulus = Base64Url.DecodeFromChars(kek.GetProperty("n").GetString()!), Exponent = Base64Url.DecodeFromChars(kek.GetProperty("e").GetString()!) });
        using var aes = Aes.Create();
        aes.GenerateKey();
        byte[] blob = [.. wrapping.Encrypt(aes.Key, RSAEncryptionPadding.OaepSHA1), .. aes.EncryptKeyWrapPadded(key)];
        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["schema_version"] = "1.0.0",
            ["header"] = new JsonObject { ["kid"] = kek.GetProperty("kid").GetString(), ["alg"] = "dir", ["enc"] = "CKM_RSA_AES_KEY_WRAP" },
            ["ciphertext"] = Base64Url.EncodeToString(blob),
            ["generator"] = "a test",
        }.ToJsonString());
    }
}
