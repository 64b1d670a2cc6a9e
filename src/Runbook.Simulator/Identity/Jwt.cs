using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Runbook.Simulator.Identity;

/// <summary>A compact signed token (RFC 7515, RFC 7519), taken apart.</summary>
internal sealed record Jwt(JsonElement Header, JsonElement Payload, byte[] SignedPart, byte[] Signature)
{
    /// <summary>Seconds from 1970 to the year 9999: nothing that is later is a time.</summary>
    private const long LargestTime = 253402300800;

    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = Limits.JsonDepth, AllowDuplicateProperties = false };

    public static bool TryParse(string text, out Jwt token)
    {
        token = null!;
        var parts = text.Split('.');
        if (parts.Length != 3
            || !Base64Url.TryDecode(parts[0], out var header)
            || !Base64Url.TryDecode(parts[1], out var payload)
            || !Base64Url.TryDecode(parts[2], out var signature))
            return false;
        try
        {
            using var headerDocument = JsonDocument.Parse(header, Reading);
            using var payloadDocument = JsonDocument.Parse(payload, Reading);
            if (headerDocument.RootElement.ValueKind != JsonValueKind.Object || payloadDocument.RootElement.ValueKind != JsonValueKind.Object)
                return false;
            token = new Jwt(
                headerDocument.RootElement.Clone(),
                payloadDocument.RootElement.Clone(),
                Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"),
                signature);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Writes and signs a token with RS256.</summary>
    public static string Sign(RSA key, Action<Utf8JsonWriter> header, Action<Utf8JsonWriter> payload)
    {
        var signed = $"{Part(header)}.{Part(payload)}";
        var signature = key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{signed}.{Base64Url.Encode(signature)}";
    }

    /// <summary>A header's or claim's text, or <see langword="null"/>.</summary>
    public static string? Text(JsonElement part, string name) =>
        part.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A claim's whole number, or <see langword="null"/>; some clients write their times as text.</summary>
    public static long? Number(JsonElement part, string name)
    {
        if (!part.TryGetProperty(name, out var value))
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && Math.Abs(number) < LargestTime)
            return (long)number;
        return value.ValueKind == JsonValueKind.String && long.TryParse(value.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var text) && text < LargestTime ? text : null;
    }

    /// <summary>Whether the signature was made with that key by the algorithm that the header names.</summary>
    public bool IsSignedBy(RSA key) => Text(Header, "alg") switch
    {
        "RS256" => key.VerifyData(SignedPart, Signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        "RS384" => key.VerifyData(SignedPart, Signature, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
        "RS512" => key.VerifyData(SignedPart, Signature, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
        "PS256" => key.VerifyData(SignedPart, Signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
        "PS384" => key.VerifyData(SignedPart, Signature, HashAlgorithmName.SHA384, RSASignaturePadding.Pss),
        _ => false,
    };

    private static string Part(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, Writing))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }
        return Base64Url.Encode(buffer.WrittenSpan);
    }
}
