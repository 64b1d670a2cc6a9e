using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Base64Url = Runbook.Simulator.Identity.Base64Url;

namespace Runbook.Simulator.Attestation;

/// <summary>Evidence that does not hold; the message says why.</summary>
internal sealed class EvidenceException(string message) : Exception(message);

/// <summary>
/// What a confidential machine with a virtual TPM sends to be attested: the processor's report vouches for the TPM's attestation
/// key, and that one for the platform registers and for a key of the moment, to which the answer is sealed.
/// </summary>
internal sealed class GuestEvidence
{
    private const string SealedData = "Transport Key";
    private const string KeyName = "TpmEphemeralEncryptionKey";

    private readonly JsonElement _info;
    private readonly JsonElement _runtime;
    private readonly TpmPublic _ephemeral;
    private readonly IReadOnlyList<int> _registers;

    private GuestEvidence(JsonElement info, byte[] runtime)
    {
        _info = info;
        _runtime = Parsed(runtime);
        var tpm = info.Member("TpmInfo") ?? throw new EvidenceException("'TpmInfo' is missing.");
        try
        {
            var attester = TpmPublic.Parse(Bytes(tpm, "AikPub"));
            using var key = attester.ToKey();
            RequireVouched(attester);
            _ephemeral = TpmPublic.Parse(Bytes(tpm, "EncKeyPub"));
            var statement = Bytes(tpm, "EncKeyCertifyInfo");
            if (!TpmAttest.IsSigned(key, statement, Bytes(tpm, "EncKeyCertifyInfoSignature")) || !TpmAttest.CertifiedName(statement).AsSpan().SequenceEqual(_ephemeral.Name))
                throw new EvidenceException("The TPM's attestation key did not certify the encryption key.");
            _registers = Registers(tpm, key);
        }
        catch (InvalidDataException error)
        {
            throw new EvidenceException($"'TpmInfo' can't be read: {error.Message}.");
        }
    }

    /// <summary>The proof of the processor, as the other endpoint takes it too: <c>SnpReport</c> and <c>VcekCertChain</c>.</summary>
    public required byte[] Proof { get; init; }

    /// <summary>What the processor's report vouches for.</summary>
    public required byte[] RuntimeData { get; init; }

    /// <exception cref="EvidenceException">Something is missing, or does not hold together.</exception>
    public static GuestEvidence Parse(string? attestationInfo)
    {
        var info = Parsed(Decode(attestationInfo, "AttestationInfo"));
        var isolation = info.Member("IsolationInfo") ?? throw new EvidenceException("'IsolationInfo' is missing.");
        if (isolation.Member("Type").Text() != "SevSnp")
            throw new EvidenceException("'IsolationInfo.Type' must be SevSnp; other isolation is not simulated.");
        var evidence = isolation.Member("Evidence") ?? throw new EvidenceException("'IsolationInfo.Evidence' is missing.");
        var runtime = Bytes(evidence, "RunTimeData");
        return new GuestEvidence(info, runtime) { Proof = Bytes(evidence, "Proof"), RuntimeData = runtime };
    }

    /// <summary>The token's claims around those of the processor.</summary>
    public JsonObject Claims(JsonObject isolation)
    {
        isolation["x-ms-runtime"] = _runtime.ToNode();
        var attested = new JsonArray();
        foreach (var register in _registers)
            attested.Add((JsonNode)register);
        var machine = _runtime.Member("vm-configuration");
        var payload = new JsonObject();
        if (_info.Member("ClientPayload") is { ValueKind: JsonValueKind.Object } given)
            foreach (var member in given.EnumerateObject())
                payload[member.Name] = member.Value.ToNode();
        return new JsonObject
        {
            ["secureboot"] = machine?.Member("secure-boot").ToNode(),
            ["x-ms-attestation-type"] = "azurevm",
            ["x-ms-azurevm-attestation-protocol-ver"] = _info.Member("AttestationProtocolVersion").Text(),
            ["x-ms-azurevm-attested-pcrs"] = attested,
            ["x-ms-azurevm-osdistro"] = Word("OSDistro"),
            ["x-ms-azurevm-ostype"] = Word("OSType"),
            ["x-ms-azurevm-vmid"] = machine?.Member("vmUniqueId").ToNode(),
            ["x-ms-isolation-tee"] = isolation,
            ["x-ms-runtime"] = new JsonObject
            {
                ["client-payload"] = payload,
                ["keys"] = new JsonArray(new JsonObject
                {
                    ["kty"] = "RSA",
                    ["kid"] = KeyName,
                    ["key_ops"] = new JsonArray("encrypt"),
                    ["n"] = Base64Url.Encode(_ephemeral.Modulus),
                    ["e"] = Base64Url.Encode(_ephemeral.Exponent),
                }),
            },
        };
    }

    /// <summary>The token, so that only the TPM that was attested can open it.</summary>
    public string Seal(string token)
    {
        var inner = SimulatorRandom.Bytes(32);
        var nonce = SimulatorRandom.Bytes(AesGcm.NonceByteSizes.MaxSize);
        var plain = Encoding.ASCII.GetBytes(token);
        var cipher = new byte[plain.Length];
        var tag = new byte[AesGcm.TagByteSizes.MaxSize];
        using (var aes = new AesGcm(inner, tag.Length))
            aes.Encrypt(nonce, plain, cipher, tag, Encoding.ASCII.GetBytes(SealedData));
        using var key = _ephemeral.ToKey();
        var wrapped = SimulatorRandom.Encrypt(key, inner, RSAEncryptionPadding.Pkcs1);
        CryptographicOperations.ZeroMemory(inner);
        return Base64Url.Encode(Answer.Serialize(new JsonObject
        {
            ["EncryptedInnerKey"] = Convert.ToBase64String(wrapped),
            ["EncryptionParams"] = new JsonObject { ["Iv"] = Convert.ToBase64String(nonce) },
            ["AuthenticationData"] = Convert.ToBase64String(tag),
            ["Jwt"] = Convert.ToBase64String(cipher),
        }));
    }

    /// <summary>The processor's runtime data name the TPM's attestation key: nobody else's TPM may speak for this machine.</summary>
    private void RequireVouched(TpmPublic attester)
    {
        var named = _runtime.Member("keys") is { ValueKind: JsonValueKind.Array } keys && keys.EnumerateArray().Any(key =>
            key.Member("kid").Text() == "HCLAkPub" && Base64Url.TryDecode(key.Member("n").Text(), out var modulus) && modulus.AsSpan().SequenceEqual(attester.Modulus));
        if (!named)
            throw new EvidenceException("The runtime data that the processor vouches for do not name the TPM's attestation key as HCLAkPub.");
    }

    private static List<int> Registers(JsonElement tpm, RSA attester)
    {
        if (tpm.Member("PCRs") is not { ValueKind: JsonValueKind.Array } list)
            throw new EvidenceException("'TpmInfo.PCRs' is missing.");
        var registers = new SortedDictionary<int, byte[]>();
        foreach (var item in list.EnumerateArray())
            if (item.Member("Index") is { ValueKind: JsonValueKind.Number } index && index.TryGetInt32(out var number))
                registers[number] = Bytes(item, "Digest");
        var quote = Bytes(tpm, "PcrQuote");
        var digest = SHA256.HashData([.. registers.Values.SelectMany(value => value)]);
        if (!TpmAttest.IsSigned(attester, quote, Bytes(tpm, "PcrSignature")) || !TpmAttest.QuotedDigest(quote).AsSpan().SequenceEqual(digest))
            throw new EvidenceException("The TPM's quote does not hold for the platform registers.");
        return [.. registers.Keys];
    }

    private string? Word(string name) => _info.Member(name).Text() is { } text ? Encoding.UTF8.GetString(Decode(text, name)) : null;

    private static byte[] Bytes(JsonElement json, string name) => Decode(json.Member(name).Text(), name);

    /// <summary>Clients mix base64 and base64url, with and without padding.</summary>
    private static byte[] Decode(string? text, string name) =>
        text is not null && Base64Url.TryDecode(text.Replace('+', '-').Replace('/', '_').TrimEnd('='), out var bytes)
            ? bytes
            : throw new EvidenceException($"'{name}' must be base64.");

    private static JsonElement Parsed(byte[] json)
    {
        try
        {
            return Call.Parse(json) is { ValueKind: JsonValueKind.Object } parsed ? parsed : throw new EvidenceException("A part of the evidence is no JSON object.");
        }
        catch (JsonException)
        {
            throw new EvidenceException("A part of the evidence is no JSON.");
        }
    }
}
