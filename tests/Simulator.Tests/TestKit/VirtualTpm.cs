using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Runbook.Simulator.Tests.TestKit;

/// <summary>A confidential machine's virtual TPM: an attestation key, an encryption key of the moment, and what it states about both.</summary>
internal sealed class VirtualTpm : IDisposable
{
    private static readonly int[] Registers = [0, 1, 2, 3, 4, 5, 6, 7];

    private readonly RSA _attester = RSA.Create(2048);
    private readonly RSA _ephemeral = RSA.Create(2048);

    public RSA Ephemeral => _ephemeral;

    /// <summary>What the machine's firmware has the processor vouch for.</summary>
    public JsonObject Runtime() => new()
    {
        ["keys"] = new JsonArray(new JsonObject
        {
            ["kid"] = "HCLAkPub",
            ["kty"] = "RSA",
            ["key_ops"] = new JsonArray("sign"),
            ["n"] = Base64Url.EncodeToString(_attester.ExportParameters(false).Modulus),
            ["e"] = "AQAB",
        }),
        ["vm-configuration"] = new JsonObject { ["console-enabled"] = true, ["secure-boot"] = true, ["tpm-enabled"] = true, ["vmUniqueId"] = "5A0C4B42-0E2F-4E1C-9B7D-2C3D4E5F6A7B" },
    };

    /// <summary>The document that the guest's library sends, before it is encoded.</summary>
    public JsonObject Info(World world, SnpGuest? guest = null)
    {
        var runtime = Encoding.UTF8.GetBytes(Runtime().ToJsonString());
        var evidence = JsonNode.Parse(world.Azure.MakeEvidence(guest ?? new SnpGuest(), runtime))!;
        var digests = Registers.Select(register => SHA256.HashData([(byte)register])).ToList();
        var list = new JsonArray();
        foreach (var register in Registers)
            list.Add((JsonNode)new JsonObject { ["Index"] = register, ["Digest"] = Convert.ToBase64String(digests[register]) });
        var quote = Quote(SHA256.HashData([.. digests.SelectMany(digest => digest)]));
        var certify = Certify(Name(Area(_ephemeral, decrypts: true)));
        return new JsonObject
        {
            ["AttestationProtocolVersion"] = "2.0",
            ["OSType"] = Convert.ToBase64String("Linux"u8),
            ["OSDistro"] = Convert.ToBase64String("Ubuntu"u8),
            ["TcgLogs"] = "",
            ["ClientPayload"] = new JsonObject { ["nonce"] = "MTIzNA==" },
            ["TpmInfo"] = new JsonObject
            {
                ["AikPub"] = Convert.ToBase64String(Sized(Area(_attester, decrypts: false))),
                ["PcrQuote"] = Convert.ToBase64String(quote),
                ["PcrSignature"] = Convert.ToBase64String(Sign(quote)),
                ["PCRs"] = list,
                ["EncKeyPub"] = Convert.ToBase64String(Sized(Area(_ephemeral, decrypts: true))),
                ["EncKeyCertifyInfo"] = Convert.ToBase64String(certify),
                ["EncKeyCertifyInfoSignature"] = Convert.ToBase64String(Sign(certify)),
            },
            ["IsolationInfo"] = new JsonObject
            {
                ["Type"] = "SevSnp",
                ["Evidence"] = new JsonObject { ["Proof"] = (string)evidence["report"]!, ["RunTimeData"] = Base64Url.EncodeToString(runtime) },
            },
        };
    }

    public static JsonObject Request(JsonObject info) => new() { ["AttestationInfo"] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(info.ToJsonString())) };

    /// <summary>Opens a sealed answer, as only this TPM can.</summary>
    public string Open(string sealedToken)
    {
        var json = JsonNode.Parse(Base64Url.DecodeFromChars(sealedToken))!;
        var inner = _ephemeral.Decrypt(Convert.FromBase64String((string)json["EncryptedInnerKey"]!), RSAEncryptionPadding.Pkcs1);
        var cipher = Convert.FromBase64String((string)json["Jwt"]!);
        var plain = new byte[cipher.Length];
        using var aes = new AesGcm(inner, 16);
        aes.Decrypt(Convert.FromBase64String((string)json["EncryptionParams"]!["Iv"]!), cipher, Convert.FromBase64String((string)json["AuthenticationData"]!), plain, "Transport Key"u8);
        return Encoding.ASCII.GetString(plain);
    }

    private byte[] Sign(byte[] statement) => _attester.SignData(statement, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    private static byte[] Number16(int number)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)number);
        return bytes;
    }

    private static byte[] Sized(byte[] bytes) => [.. Number16(bytes.Length), .. bytes];

    private static byte[] Area(RSA key, bool decrypts) =>
    [
        .. Number16(0x0001), .. Number16(0x000B), 0, decrypts ? (byte)2 : (byte)5, 0, 0x72, .. Number16(0), .. Number16(0x0010),
        .. decrypts ? Number16(0x0015) : [.. Number16(0x0014), .. Number16(0x000B)],
        .. Number16(2048), 0, 0, 0, 0, .. Sized(key.ExportParameters(false).Modulus!),
    ];

    private static byte[] Name(byte[] area) => [0, 0x0B, .. SHA256.HashData(area)];

    private byte[] Statement(int kind, byte[] attested) =>
        [0xFF, (byte)'T', (byte)'C', (byte)'G', .. Number16(kind), .. Sized(Name(Area(_attester, decrypts: false))), .. Sized([]), .. new byte[25], .. attested];

    private byte[] Certify(byte[] name) => Statement(0x8017, [.. Sized(name), .. Sized(name)]);

    private byte[] Quote(byte[] digest) => Statement(0x8018, [0, 0, 0, 1, .. Number16(0x000B), 3, 0xFF, 0, 0, .. Sized(digest)]);

    public void Dispose()
    {
        _attester.Dispose();
        _ephemeral.Dispose();
    }
}
