using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Runbook.Actions;

/// <summary>
/// A key exchange key (KEK) as far as it is known here: its public half, its id where the file tells it, and its private
/// half where it is one of our own and no HSM's.
/// </summary>
public sealed class ExchangeKey : IDisposable
{
    private ExchangeKey(RSA rsa, string? kid, bool hasPrivateHalf) => (Rsa, Kid, HasPrivateHalf) = (rsa, kid, hasPrivateHalf);

    /// <summary>The key.</summary>
    public RSA Rsa { get; }

    /// <summary>The full id of its version, where it is known.</summary>
    public string? Kid { get; }

    /// <summary>Whether a blob can be opened with it.</summary>
    public bool HasPrivateHalf { get; }

    /// <summary>SHA-256 of its public half (SubjectPublicKeyInfo, DER).</summary>
    public string PublicDigest => Hashes.Sha256(Rsa.ExportSubjectPublicKeyInfo());

    /// <summary>Of modulus and exponent in base64url, as Azure shows a key.</summary>
    /// <returns>The key; <see langword="null"/> when it is none that can wrap: RSA of 2048, 3072 and 4096 bits.</returns>
    public static ExchangeKey? TryOf(string n, string e, string? kid)
    {
        if (ByokFile.Bytes(n) is not { } modulus || ByokFile.Bytes(e) is not { } exponent) return null;
        var rsa = RSA.Create();
        try
        {
            rsa.ImportParameters(new RSAParameters { Modulus = modulus, Exponent = exponent });
            return Checked(rsa, kid, hasPrivateHalf: false);
        }
        catch (CryptographicException)
        {
            rsa.Dispose();
            return null;
        }
    }

    /// <summary>
    /// Of a file: PEM of a public or private key, as <c>az keyvault key download</c> writes it, or JSON as
    /// <c>az keyvault key show</c> prints it.
    /// </summary>
    /// <returns>The key; <see langword="null"/> when the file holds none that can wrap.</returns>
    public static ExchangeKey? TryRead(byte[] file, string? kid)
    {
        var text = Encoding.UTF8.GetString(file);
        return text.Contains("-----BEGIN ", StringComparison.Ordinal) ? OfPem(text, kid) : OfJson(text, kid);
    }

    /// <summary>Of a private key, PKCS#8 DER.</summary>
    /// <returns>The key; <see langword="null"/> when it is none that can wrap.</returns>
    internal static ExchangeKey? OfPkcs8(ReadOnlySpan<byte> der)
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportPkcs8PrivateKey(der, out _);
            return Checked(rsa, kid: null, hasPrivateHalf: true);
        }
        catch (CryptographicException)
        {
            rsa.Dispose();
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Rsa.Dispose();

    private static ExchangeKey? OfPem(string text, string? kid)
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(text);
            return Checked(rsa, kid, text.Contains("PRIVATE KEY-----", StringComparison.Ordinal));
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            rsa.Dispose();
            return null;
        }
    }

    private static ExchangeKey? OfJson(string text, string? kid)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var key = document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("key", out var inner) ? inner : document.RootElement;
            return key.ValueKind == JsonValueKind.Object && Member(key, "n") is { } n && Member(key, "e") is { } e ? TryOf(n, e, kid ?? Member(key, "kid")) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ExchangeKey? Checked(RSA rsa, string? kid, bool hasPrivateHalf)
    {
        if (rsa.KeySize is 2048 or 3072 or 4096) return new ExchangeKey(rsa, kid, hasPrivateHalf);
        rsa.Dispose();
        return null;
    }

    private static string? Member(JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
