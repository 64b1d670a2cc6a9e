using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Runbook.Journal;

/// <summary>One signature line of a note.</summary>
/// <param name="Name">The key's name.</param>
/// <param name="KeyHint">The first four bytes of the key's id, in eight hexadecimal digits.</param>
/// <param name="Signature">What follows them.</param>
public sealed record NoteSignature(string Name, string KeyHint, ImmutableArray<byte> Signature);

/// <summary>
/// A checkpoint: a C2SP signed note (c2sp.org/signed-note) with a tlog-checkpoint body (c2sp.org/tlog-checkpoint).
/// </summary>
/// <remarks>
/// Three lines (origin, size, root in base64), an empty line, signature lines. Signatures are of type 0x02, ECDSA: the
/// key's hint is the beginning of SHA-256 over its DER SubjectPublicKeyInfo, the signature DER over SHA-256 of the three
/// lines with their line feeds. Read strictly: what is accepted has one spelling.
/// </remarks>
public sealed record SignedNote
{
    /// <summary>Domain that stands in an origin where no organisation has given its own.</summary>
    public const string DefaultDomain = "runbook.invalid";

    private const string Dash = "\u2014 ";
    private const int HintBytes = 4;

    private SignedNote(string text, string origin, long size, Digest root, ImmutableArray<NoteSignature> signatures)
        => (Text, Origin, Size, Root, Signatures) = (text, origin, size, root, signatures);

    /// <summary>The whole note.</summary>
    public string Text { get; }

    /// <summary>Whose log it is: <c>&lt;domain&gt;/session/&lt;session id&gt;</c>.</summary>
    public string Origin { get; }

    /// <summary>Number of lines that it covers.</summary>
    public long Size { get; }

    /// <summary>Merkle root over them.</summary>
    public Digest Root { get; }

    /// <summary>Its signature lines, in their order.</summary>
    public ImmutableArray<NoteSignature> Signatures { get; }

    /// <summary>The part that is signed: three lines, each with its line feed.</summary>
    public string Body => BodyOf(Origin, Size, Root);

    /// <summary>The origin of a session.</summary>
    /// <param name="organisation">The organisation's domain, or <see langword="null"/> for <see cref="DefaultDomain"/>.</param>
    /// <param name="session">The session's id.</param>
    public static string OriginOf(string? organisation, string session) => $"{organisation ?? DefaultDomain}/session/{session}";

    /// <summary>Makes a note with one signature, the key named like the origin.</summary>
    /// <param name="origin">Whose log it is.</param>
    /// <param name="size">Number of lines.</param>
    /// <param name="root">Merkle root over them.</param>
    /// <param name="signer">The session key.</param>
    public static SignedNote Sign(string origin, long size, Digest root, ISigner signer) => SignAs(origin, size, root, origin, signer);

    /// <summary>Makes a note with one signature by a key of another name than the origin.</summary>
    /// <param name="origin">Whose log it is.</param>
    /// <param name="size">Number of lines.</param>
    /// <param name="root">Merkle root over them.</param>
    /// <param name="name">The key's name.</param>
    /// <param name="signer">The key.</param>
    public static SignedNote SignAs(string origin, long size, Digest root, string name, ISigner signer)
    {
        var body = BodyOf(origin, size, root);
        var line = SignatureLine(body, name, signer);
        return TryParse(Encoding.UTF8.GetBytes(body + "\n" + line), out var note) ? note! : throw new FormatException($"\"{origin}\" can't be the origin of a note.");
    }

    /// <summary>This note with one more signature, as a second console or an auditor's laptop gives it.</summary>
    /// <param name="name">The key's name; not the origin.</param>
    /// <param name="signer">The key.</param>
    public SignedNote Cosign(string name, ISigner signer)
        => TryParse(Encoding.UTF8.GetBytes(Text + SignatureLine(Body, name, signer)), out var note) ? note! : throw new FormatException($"\"{name}\" can't be the name of a key.");

    /// <summary>Reads a note strictly.</summary>
    /// <param name="bytes">The note.</param>
    /// <param name="note">The note, or <see langword="null"/> where the bytes are none.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out SignedNote? note)
    {
        note = null;
        if (bytes.Length > Limits.EnvelopeBytes) return false;
        var text = Encoding.UTF8.GetString(bytes);
        // Malformed UTF-8 would come back as replacement characters.
        if (!bytes.SequenceEqual(Encoding.UTF8.GetBytes(text)) || text.AsSpan().ContainsAnyInRange('\0', '\t')) return false;
        var lines = text.Split('\n');
        if (lines.Length < 6 || lines.Length > 5 + Limits.Signatures || lines[3].Length != 0 || lines[^1].Length != 0) return false;
        if (!IsName(lines[0]) || !TrySize(lines[1], out var size) || !Base64Text.TryDecode(lines[2], out var root) || root.Length != Digest.Length) return false;

        var signatures = ImmutableArray.CreateBuilder<NoteSignature>();
        foreach (var line in lines.AsSpan(4..^1))
        {
            if (!TrySignature(line, out var signature)) return false;
            signatures.Add(signature!);
        }

        note = new SignedNote(text, lines[0], size, new Digest(root), signatures.DrainToImmutable());
        return true;
    }

    /// <summary>Checks a key's signature.</summary>
    /// <param name="name">The key's name.</param>
    /// <param name="key">The key.</param>
    /// <returns>Whether there is a line of that name and key, and every such line holds. Lines of other keys are
    /// ignored, as the format demands.</returns>
    public bool IsSignedBy(string name, VerifyingKey key)
    {
        var hint = key.KeyId.Hex[..(2 * HintBytes)];
        var body = Encoding.UTF8.GetBytes(Body);
        var found = false;
        foreach (var signature in Signatures)
        {
            if (signature.Name != name || signature.KeyHint != hint) continue;
            if (!key.Holds(body, signature.Signature.AsSpan())) return false;
            found = true;
        }

        return found;
    }

    /// <summary>The whole note.</summary>
    public override string ToString() => Text;

    private static string BodyOf(string origin, long size, Digest root)
        => string.Create(CultureInfo.InvariantCulture, $"{origin}\n{size}\n{root.Base64}\n");

    private static string SignatureLine(string body, string name, ISigner signer)
    {
        var signature = signer.Sign(Encoding.UTF8.GetBytes(body), HashAlgorithmName.SHA256);
        return $"{Dash}{name} {Convert.ToBase64String([.. signer.PublicKey.KeyId.ToBytes().AsSpan(0, HintBytes), .. signature])}\n";
    }

    private static bool TrySize(string digits, out long size)
        => long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out size)
           && size.ToString(CultureInfo.InvariantCulture) == digits && size <= Limits.IntegerMax;

    private static bool TrySignature(string line, out NoteSignature? signature)
    {
        signature = null;
        if (!line.StartsWith(Dash, StringComparison.Ordinal)) return false;
        var parts = line[Dash.Length..].Split(' ');
        if (parts.Length != 2 || !IsName(parts[0]) || !Base64Text.TryDecode(parts[1], out var bytes) || bytes.Length <= HintBytes) return false;
        signature = new NoteSignature(parts[0], Convert.ToHexStringLower(bytes.AsSpan(0, HintBytes)), [.. bytes.AsSpan(HintBytes)]);
        return true;
    }

    // Neither white space nor a plus sign, which other users of the format give a meaning.
    private static bool IsName(string name) => name.Length is > 0 and <= 512 && Inert.IsInert(name) && !name.Any(c => char.IsWhiteSpace(c) || c == '+');
}
