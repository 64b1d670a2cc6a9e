using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace Runbook.Actions;

/// <summary>
/// Takes a transfer blob apart, off-line, and names the part that is wrong. What can be seen depends on what is known of
/// the KEK: nothing, its public half, or, where it is no HSM's, its private half.
/// </summary>
public static class ByokInspector
{
    private const int KwpOverhead = 8;

    // Lengths of PKCS#8 that the common tools write, without attributes; they vary by leading zeros.
    private static readonly (string Name, int Least, int Most)[] Kinds =
    [
        ("RSA 4096", 2369, 2377), ("RSA 3072", 1788, 1796), ("RSA 2048", 1212, 1220),
        ("EC, by its length", 64, 250), ("AES 256 (oct)", 32, 32), ("AES 192 (oct)", 24, 24), ("AES 128 (oct)", 16, 16),
    ];

    private static readonly int[] KekBytes = [256, 384, 512];

    /// <summary>Inspects a file.</summary>
    public static ByokReport Inspect(byte[] bytes, ByokExpectation expected)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ArgumentNullException.ThrowIfNull(expected);
        var report = new ByokReport { Digest = Hashes.Sha256(bytes) };
        if (ByokFile.TryRead(bytes) is not { } file)
        {
            return report with { Findings = [new("file", "NotByok", bytes.Length == 0 ? "The file is empty." : "The file is no JSON object, or is cut off.", "Copy it again from where it was made, and compare the digests.")] };
        }

        report = report with { File = file, Findings = [.. OfHeader(file, expected)] };
        return file.Ciphertext is { } ciphertext ? OfCiphertext(report, ciphertext, expected) : report;
    }

    private static IEnumerable<ByokFinding> OfHeader(ByokFile file, ByokExpectation expected)
    {
        if (file.SchemaVersion != "1.0.0") yield return new("header", "SchemaVersion", $"schema_version is {Quoted(file.SchemaVersion)} and has to be \"1.0.0\".", "Have the file made anew by a tool that knows the format.");
        if (file.Algorithm != ByokFile.Direct) yield return new("header", "HeaderAlg", $"header.alg is {Quoted(file.Algorithm)} and has to be \"dir\".", "Have the file made anew by a tool that knows the format.");
        if (file.Encryption != ByokFile.KeyWrap) yield return new("header", "HeaderEnc", $"header.enc is {Quoted(file.Encryption)} and has to be \"{ByokFile.KeyWrap}\".", "Have the key wrapped with that mechanism.");
        if (OfKid(file.Kid, expected.Kid ?? expected.Kek?.Kid) is { } kid) yield return kid;
        if (file.Ciphertext is null) yield return new("length", "CiphertextUnreadable", "ciphertext is missing, or no base64url: it may have been cut off.", "Copy the file again from where it was made, and compare the digests.");
    }

    private static ByokFinding? OfKid(string? kid, string? expected)
    {
        if (kid is not null && kid == expected) return null;
        if (!Uri.TryCreate(kid, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttps || uri.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries) is not ["keys", _, .. var rest] || rest.Length > 1)
            return new("header", "HeaderKid", $"header.kid is {Quoted(kid)} and has to be the id of the KEK: https://HSM.managedhsm.azure.net/keys/NAME/VERSION.", "Have the file made anew with the id that 'az keyvault key show' prints.");
        if (rest.Length == 0) return new("header", "KidWithoutVersion", "header.kid names no version of the KEK: whichever is the newest on the day of the import would have to open it.", "Have the file made anew with the whole id.");
        return expected is null || string.Equals(kid, expected, StringComparison.OrdinalIgnoreCase)
            ? null
            : new("kek", "WrongKek", $"header.kid names {Quoted(kid)}, and the KEK at hand is {Quoted(expected)}.", "Wrap the key for the right version of the KEK.");
    }

    private static ByokReport OfCiphertext(ByokReport report, byte[] ciphertext, ByokExpectation expected)
    {
        if (expected.Kek is null) return WithoutKek(report, ciphertext);
        var modulus = expected.Kek.Rsa.KeySize / 8;
        report = report with { WrappedAesKeyBytes = Math.Min(modulus, ciphertext.Length), WrappedKeyBytes = Math.Max(0, ciphertext.Length - modulus) };
        if (LengthProblem(ciphertext.Length, modulus) is { } problem) return With(report, problem);
        report = report with { Fits = FitsOf(ciphertext.Length - modulus, modulus) };
        var wrappedAesKey = ciphertext[..modulus];
        if (new BigInteger(wrappedAesKey, isUnsigned: true, isBigEndian: true) >= new BigInteger(expected.Kek.Rsa.ExportParameters(false).Modulus, isUnsigned: true, isBigEndian: true))
            return With(report, new("kek", "WrongKek", "The wrapped AES key is a larger number than the KEK's modulus: it was wrapped under another key.", "Wrap the key for the KEK that header.kid names; download its public half again."));
        return expected.Kek.HasPrivateHalf ? Open(report, ciphertext, wrappedAesKey, expected) : report;
    }

    private static ByokReport WithoutKek(ByokReport report, byte[] ciphertext)
    {
        var possible = KekBytes.Where(k => LengthProblem(ciphertext.Length, k) is null).ToList();
        if (possible.Count == 0) return With(report, LengthProblem(ciphertext.Length, KekBytes[0])!);
        var fits = possible.SelectMany(k => FitsOf(ciphertext.Length - k, k)).ToImmutableArray();
        var only = possible.Where(k => FitsOf(ciphertext.Length - k, k).Length > 0).ToList();
        return only is [var sure]
            ? report with { Fits = fits, WrappedAesKeyBytes = sure, WrappedKeyBytes = ciphertext.Length - sure }
            : report with { Fits = fits };
    }

    private static ByokFinding? LengthProblem(int total, int modulus)
    {
        var rest = total - modulus;
        if (rest < 2 * KwpOverhead) return new("length", "Truncated", $"The ciphertext has {total} bytes: {modulus} would be the AES key under a KEK of {modulus * 8} bits, and too few are left for a key behind it.", "Copy the file again from where it was made, and compare the digests.");
        return rest % 8 == 0
            ? null
            : new("length", "Truncated", $"The ciphertext has {total} bytes; behind the {modulus} of the wrapped AES key there are {rest}, and what AES key wrap gives has a multiple of eight.", "Copy the file again from where it was made, and compare the digests; if it is whole, the KEK is another.");
    }

    private static ImmutableArray<string> FitsOf(int wrapped, int modulus) =>
        [.. Kinds.Where(k => Padded(k.Least) <= wrapped && wrapped <= Padded(k.Most)).Select(k => string.Create(CultureInfo.InvariantCulture, $"{k.Name} under a KEK of {modulus * 8} bits"))];

    private static int Padded(int plain) => ((plain + 7) / 8 * 8) + KwpOverhead;

    private static ByokReport Open(ByokReport report, byte[] ciphertext, byte[] wrappedAesKey, ByokExpectation expected)
    {
        var opened = OaepReading.Of(expected.Kek!.Rsa, wrappedAesKey);
        if (opened.Content is not { } aesKey) return With(report, new("kek", "WrongKek", "The KEK opens the wrapped AES key under no padding that tools use: it was wrapped under another key, or a byte of it has changed.", "Wrap the key for the KEK that header.kid names; if it was, compare the digests of the file."));
        byte[]? plain = null;
        try
        {
            report = report with { Padding = opened.Padding };
            if (!opened.IsWanted) report = With(report, new("oaep", "OaepHash", $"The AES key is wrapped by {opened.Padding}; the format asks for RSA-OAEP with SHA-1 and MGF1 with SHA-1, without a label.", "Set hashAlg to CKM_SHA_1 and mgf to CKG_MGF1_SHA1, or rsa_oaep_md:sha1 with openssl."));
            if (aesKey.Length is not (16 or 24 or 32)) return With(report, new("aes-key", "AesKeySize", $"What is wrapped under the KEK has {aesKey.Length} bytes, and is no AES key.", "Wrap a one-time AES key of 256 bits under the KEK, and the key under that."));
            if (aesKey.Length != 32) report = With(report, new("aes-key", "AesKeySize", $"The one-time AES key has {aesKey.Length * 8} bits; the format asks for 256.", "Set ulAESKeyBits to 256."));
            var unwrapped = KeyWrapPadded.Unwrap(aesKey, ciphertext.AsSpan(wrappedAesKey.Length));
            plain = unwrapped.Plain;
            if (plain is null) return With(report, new("kwp", unwrapped.Code, "The key under the AES key does not open. " + unwrapped.Problem, "Have it wrapped with CKM_AES_KEY_WRAP_KWP, or id-aes256-wrap-pad with openssl; if it was, compare the digests of the file."));
            var inside = KeyPlaintext.Of(plain);
            report = report with { IsOpened = true, Key = inside.Key, Fits = [] };
            if (inside.Key is null) return With(report, new("key", inside.Code, inside.Problem, "Have the key wrapped as PKCS#8 DER (a symmetric one as its bare bytes)."));
            return IsAnother(inside.Key, expected) ? With(report, new("key", "OtherKey", $"The key inside is another than the one that was meant: its public half has the digest {inside.Key.PublicDigest}.", "Look for the blob of the right key.")) : report;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(aesKey);
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private static bool IsAnother(WrappedKey key, ByokExpectation expected) =>
        (expected.Modulus is { } modulus && key.Modulus != modulus.TrimEnd('=')) || (expected.PublicDigest is { } digest && key.PublicDigest != digest);

    private static ByokReport With(ByokReport report, ByokFinding finding) => report with { Findings = report.Findings.Add(finding) };

    private static string Quoted(string? text) => text is null ? "missing" : $"\"{text}\"";
}
