using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Runbook.Actions;

/// <summary>
/// A security domain as a managed HSM hands it out: its parts and the shares that open it, all encrypted. Reads and
/// checks the form; opens nothing. Immutable.
/// </summary>
internal sealed record SecurityDomainFile
{
    private const int ShareCiphertextBytes = 80;

    private SecurityDomainFile()
    {
    }

    /// <summary>How many holders together open it.</summary>
    public required int Required { get; init; }

    /// <summary>The format's version.</summary>
    public required int Version { get; init; }

    /// <summary>Names of the encrypted parts.</summary>
    public required ImmutableArray<string> Parts { get; init; }

    /// <summary>The shares.</summary>
    public required ImmutableArray<DomainShare> Shares { get; init; }

    /// <summary>Reads one.</summary>
    /// <exception cref="FileRefusedException">It is none, or one that the documented way of restoring does not take.</exception>
    public static SecurityDomainFile Read(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return Read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Refused($"it can't be read: {exception.Message}");
        }
    }

    /// <summary>The text that an HSM answered, as the file is to hold it: plain JSON, also where it came in base64url.</summary>
    public static byte[] TextOf(string value)
    {
        if (!value.AsSpan().TrimStart().StartsWith("{") && Base64Url.IsValid(value)) return Base64Url.DecodeFromChars(value);
        return Encoding.UTF8.GetBytes(value);
    }

    /// <summary>Whether every share is for one of the certificates, and every certificate has one.</summary>
    public bool Matches(IReadOnlyCollection<WrappingCertificate> certificates) =>
        Shares.Length == certificates.Count
        && Shares.Select(s => s.Thumbprint).ToHashSet(StringComparer.Ordinal).SetEquals(certificates.Select(c => c.Thumbprint))
        && Shares.All(s => certificates.First(c => c.Thumbprint == s.Thumbprint).KeyBits == s.WrappedKeyBytes * 8);

    private static SecurityDomainFile Read(JsonElement root)
    {
        var encrypted = root.GetProperty("EncData");
        if (encrypted.GetProperty("kdf").GetString() != "sp108_kdf") throw Refused("its key derivation is not sp108_kdf");
        var shared = root.GetProperty("SharedKeys");
        if (shared.GetProperty("key_algorithm").GetString() != "shamir_share") throw Refused("its shares are not Shamir's");

        var file = new SecurityDomainFile
        {
            Version = root.TryGetProperty("version", out var version) ? version.GetInt32() : 0,
            Required = shared.GetProperty("required").GetInt32(),
            Parts = [.. encrypted.GetProperty("data").EnumerateArray().Select(ReadPart)],
            Shares = [.. shared.GetProperty("enc_shares").EnumerateArray().Select(ReadShare)],
        };
        if (file.Version != 2) throw Refused($"its version is {file.Version}, and 2 is the one that is known");
        if (file.Required is < 2 or > 10) throw Refused($"it asks for {file.Required} holders, and 2 to 10 are possible");
        if (file.Shares.Length < file.Required) throw Refused($"it asks for {file.Required} holders and has {file.Shares.Length} shares");
        if (file.Parts.IsEmpty) throw Refused("it has no parts");
        if (file.Shares.DistinctBy(s => s.Thumbprint).Count() != file.Shares.Length) throw Refused("two of its shares are for one certificate");
        return file;
    }

    private static string ReadPart(JsonElement part)
    {
        var tag = part.GetProperty("tag").GetString()!;
        var pieces = Pieces(part.GetProperty("compact_jwe").GetString()!, $"the part '{tag}'");
        CheckHeader(pieces[0], "dir", tag, $"the part '{tag}'");
        return tag;
    }

    private static DomainShare ReadShare(JsonElement share)
    {
        var thumbprint = share.GetProperty("x5t_256").GetString()!;
        var pieces = Pieces(share.GetProperty("enc_key").GetString()!, "a share");
        CheckHeader(pieces[0], "RSA-OAEP-256", kid: null, "a share");
        if (Base64Url.DecodeFromChars(pieces[3]).Length != ShareCiphertextBytes) throw Refused("a share has another length than shares have");
        return new DomainShare(thumbprint, Base64Url.DecodeFromChars(pieces[1]).Length);
    }

    private static string[] Pieces(string jwe, string what)
    {
        var pieces = jwe.Split('.');
        return pieces.Length == 5 ? pieces : throw Refused($"{what} is no encrypted object");
    }

    private static void CheckHeader(string encoded, string algorithm, string? kid, string what)
    {
        using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(encoded));
        var root = header.RootElement;
        if (root.GetProperty("alg").GetString() != algorithm || root.GetProperty("enc").GetString() != "A256CBC-HS512" || (kid is not null && root.GetProperty("kid").GetString() != kid))
        {
            throw Refused($"{what} is encrypted in another way than security domains are");
        }
    }

    private static FileRefusedException Refused(string why) => new("SecurityDomainUnreadable", $"The file is no security domain that could be restored: {why}.");
}

/// <summary>One share, encrypted for the key of one certificate.</summary>
/// <param name="Thumbprint">SHA-256 of the certificate's DER, base64url.</param>
/// <param name="WrappedKeyBytes">Length of the wrapped content key: that of the certificate's modulus.</param>
internal sealed record DomainShare(string Thumbprint, int WrappedKeyBytes);
