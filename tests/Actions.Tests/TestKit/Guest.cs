using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Runbook.Simulator;

namespace Runbook.Actions.Tests.TestKit;

/// <summary>A confidential guest with a key of its own, to which keys are released.</summary>
internal static class Guest
{
    private static readonly Lazy<RSA> Made = new(() => RSA.Create(2048));

    /// <summary>The guest that policies permit.</summary>
    public static SnpGuest Right { get; } = new() { Measurement = Enumerable.Repeat((byte)0x42, 48).ToArray() };

    /// <summary>Its key.</summary>
    public static RSA Key => Made.Value;

    /// <summary>What its processor vouches for: the public half of its key.</summary>
    public static byte[] RuntimeData
    {
        get
        {
            var parameters = Key.ExportParameters(false);
            return Encoding.UTF8.GetBytes(new JsonObject
            {
                ["keys"] = new JsonArray(new JsonObject
                {
                    ["kty"] = "RSA",
                    ["kid"] = "HCLTransferKey",
                    ["key_ops"] = new JsonArray("encrypt"),
                    ["n"] = Base64Url.EncodeToString(parameters.Modulus),
                    ["e"] = Base64Url.EncodeToString(parameters.Exponent),
                }),
            }.ToJsonString());
        }
    }

    /// <summary>Opens a released key: its PKCS#8.</summary>
    /// <param name="jws">The answer of the release, as it was kept.</param>
    public static byte[] Open(string jws)
    {
        var payload = JsonNode.Parse(Base64Url.DecodeFromChars(jws.Split('.')[1]))!;
        var wrapped = JsonNode.Parse(Base64Url.DecodeFromChars((string)payload["response"]!["key"]!["key"]!["key_hsm"]!))!;
        var blob = Base64Url.DecodeFromChars((string)wrapped["ciphertext"]!);
        using var aes = Aes.Create();
        aes.Key = Key.Decrypt(blob[..256], RSAEncryptionPadding.OaepSHA1);
        return aes.DecryptKeyWrapPadded(blob[256..]);
    }
}
