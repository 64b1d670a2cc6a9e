using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Runbook.Actions;

/// <summary>A token, as somebody names it at a machine that has no session.</summary>
/// <param name="Module">The PKCS#11 module: its path, or p11-kit's name for it.</param>
/// <param name="Label">The token's label.</param>
/// <param name="Pin">Its user's PIN.</param>
public sealed record NamedToken(string Module, string Label, string Pin)
{
    /// <summary>The token's label, and never its PIN.</summary>
    public override string ToString() => $"token '{Label}'";
}

/// <summary>The holders of an escrow.</summary>
/// <param name="Certificates">Their certificates, each with the name of its file.</param>
/// <param name="Quorum">How many of them open it.</param>
public sealed record EscrowHolders(ImmutableArray<(string Name, byte[] Content)> Certificates, int Quorum);

/// <summary>A file that was made.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Content">Its content.</param>
public sealed record MadeFile(string Name, byte[] Content);

/// <summary>The workbench can't make what was asked for.</summary>
/// <param name="code">A word, such as <c>PinIncorrect</c>.</param>
/// <param name="message">Why, in a sentence.</param>
/// <param name="inner">The cause.</param>
public sealed class ByokException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>A word, such as <c>PinIncorrect</c>.</summary>
    public string Code { get; } = code;
}

/// <summary>
/// Makes, on a machine that has the token and no network, what is carried to the console: the blob, the escrow, and a receipt
/// that tells the public half and a value that only the key opens.
/// </summary>
public static class CarriedKey
{
    /// <summary>The blob's name.</summary>
    public const string BlobName = "key-to-import.byok";

    /// <summary>Name of the copy in escrow.</summary>
    public const string EscrowName = "escrow.byok";

    /// <summary>Name of the escrow's shares.</summary>
    public const string SharesName = "escrow-shares.json";

    /// <summary>The receipt's name.</summary>
    public const string ReceiptName = "receipt.json";

    /// <summary>The receipt's format.</summary>
    public const string ReceiptFormat = "runbook-byok-receipt/1";

    private const int ValueBytes = 32;

    /// <summary>Makes or finds the key in a token, and wraps it there.</summary>
    /// <param name="named">The token.</param>
    /// <param name="label">The key's label.</param>
    /// <param name="makeBits">Bits of the key to be made; <see langword="null"/> to take the one that is there.</param>
    /// <param name="kek">The KEK, with its id.</param>
    /// <param name="escrow">The holders of a copy; <see langword="null"/> for none.</param>
    /// <exception cref="ByokException">The token or a certificate does not allow it. A key that was made stays in the token.</exception>
    public static ImmutableArray<MadeFile> FromToken(NamedToken named, string label, int? makeBits, ExchangeKey kek, EscrowHolders? escrow)
    {
        ArgumentNullException.ThrowIfNull(named);
        ArgumentNullException.ThrowIfNull(kek);
        try
        {
            var holders = escrow is null ? null : EscrowErrors.Usable([.. escrow.Certificates.Select(c => WrappingCertificate.Read(c.Name, c.Content))]);
            if (holders is not null && (escrow!.Quorum < 2 || escrow.Quorum > holders.Count)) throw new ByokException("QuorumTooLarge", $"{escrow.Quorum} of {holders.Count} holders can't be asked for: name at least two, and no more than there are.");
            using var token = Pkcs11Token.Open(named.Module, named.Label, named.Pin);
            if (makeBits is { } bits)
            {
                if (!token.Find(label).IsEmpty) throw new ByokException("AlreadyExists", $"The token holds a key '{label}' already; two of one label can't be told apart.");
                token.Generate(label, bits);
            }

            return FromToken(token, label, kek, escrow?.Quorum ?? 0, holders);
        }
        catch (TokenRefusedException refused)
        {
            throw new ByokException(refused.Code, refused.Message, refused);
        }
        catch (FileRefusedException refused)
        {
            throw new ByokException(refused.Code, refused.Message, refused);
        }
    }

    /// <summary>Wraps a key that lies in a file, in the clear: no HSM has kept it.</summary>
    /// <param name="key">PKCS#8 as PEM or DER, or 16, 24 or 32 bytes of a symmetric key.</param>
    /// <param name="kek">The KEK, with its id.</param>
    /// <exception cref="ByokException">It is no key that can be imported.</exception>
    public static MadeFile FromFile(byte[] key, ExchangeKey kek)
    {
        ArgumentNullException.ThrowIfNull(kek);
        var plain = DerOf(key);
        try
        {
            var found = KeyPlaintext.Of(plain);
            return found.Key is null
                ? throw new ByokException(found.Code, found.Problem.Replace("was wrapped", "is in the file", StringComparison.Ordinal).Replace("were wrapped", "are in the file", StringComparison.Ordinal))
                : new MadeFile(BlobName, ByokFile.Write(kek.Kid!, ByokMaker.Wrap(kek.Rsa, plain), "Runbook; from a file, in the clear"));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private static ImmutableArray<MadeFile> FromToken(IToken token, string label, ExchangeKey kek, int quorum, IReadOnlyList<WrappingCertificate>? holders)
    {
        var (blob, _, digest) = TokenKeyWrap.Wrap(token, label, kek, kek.Kid!);
        var made = new List<MadeFile> { new(BlobName, blob) };
        var key = token.Find(label)[0];
        var receipt = new JsonObject
        {
            ["format"] = ReceiptFormat,
            ["kekId"] = kek.Kid,
            ["blobDigest"] = Hashes.Sha256(blob),
            ["public"] = new JsonObject { ["n"] = ByokFile.Text(key.Public.Modulus!), ["e"] = ByokFile.Text(key.Public.Exponent!) },
            ["publicDigest"] = digest,
            ["device"] = token.Device.Maker,
        };
        if (holders is not null)
        {
            var (copy, shares, _) = EscrowedKey.Make(token, label, quorum, holders);
            made.AddRange([new MadeFile(EscrowName, copy), new MadeFile(SharesName, shares)]);
            receipt["escrowDigest"] = Hashes.Sha256(copy);
            receipt["sharesDigest"] = Hashes.Sha256(shares);
        }

        var value = Randomness.Bytes(ValueBytes);
        receipt["ciphertext"] = ByokFile.Text(token.Encrypt(label, value));
        receipt["plaintextDigest"] = Hashes.Sha256(value);
        CryptographicOperations.ZeroMemory(value);
        made.Add(new MadeFile(ReceiptName, Encoding.UTF8.GetBytes(receipt.ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n")));
        return [.. made];
    }

    private static byte[] DerOf(byte[] key)
    {
        var text = key.AsSpan().IndexOf("-----BEGIN "u8) < 0 ? null : Encoding.ASCII.GetString(key);
        if (text is null) return [.. key];
        return PemEncoding.TryFind(text, out var fields) ? Convert.FromBase64String(text[fields.Base64Data]) : throw new ByokException("KeyUnreadable", "The file holds no key: its PEM is cut off.");
    }
}
