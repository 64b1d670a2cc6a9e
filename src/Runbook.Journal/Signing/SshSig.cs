using System.Buffers;
using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;

namespace Runbook.Journal;

/// <summary>
/// A signature over a file that <c>ssh-keygen -Y verify</c> checks (OpenSSH, PROTOCOL.sshsig), read strictly.
/// </summary>
/// <remarks>The file is hashed with SHA-512; the inner signature is ECDSA with SHA-256 for P-256 and SHA-384 for P-384
/// (RFC 5656 §6.2.1).</remarks>
public static class SshSig
{
    /// <summary>The namespace of signatures over a journal.</summary>
    public const string TranscriptNamespace = "runbook-transcript@v1";

    /// <summary>Length of a SHA-512 digest.</summary>
    public const int DigestBytes = 64;

    private const string Begin = "-----BEGIN SSH SIGNATURE-----\n";
    private const string End = "-----END SSH SIGNATURE-----\n";
    private const int ArmourWidth = 70;
    private const int BytesMax = 4096;

    /// <summary>Signs.</summary>
    /// <param name="signer">The key.</param>
    /// <param name="name">The namespace, so that a signature for one purpose does not count for another.</param>
    /// <param name="sha512">SHA-512 of the file.</param>
    /// <returns>The armoured signature, a line feed behind each line.</returns>
    public static string Sign(ISigner signer, string name, ReadOnlySpan<byte> sha512)
    {
        var curve = CurveOf(signer.PublicKey);
        var der = signer.Sign(ToSign(name, sha512), curve.Hash);
        var sequence = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        var inner = new SshWriter();
        inner.Integer(sequence.ReadInteger());
        inner.Integer(sequence.ReadInteger());
        var signature = new SshWriter();
        signature.Text(curve.Algorithm);
        signature.String(inner.ToArray());

        var blob = new SshWriter();
        blob.Raw("SSHSIG"u8);
        blob.Number(1);
        blob.String(PublicKey(signer.PublicKey));
        blob.Text(name);
        blob.Text("");
        blob.Text("sha512");
        blob.String(signature.ToArray());
        return Armour(blob.ToArray());
    }

    /// <summary>Reads a signature's public key, to look up whose it is.</summary>
    /// <param name="file">The armoured signature.</param>
    /// <param name="keys">Keys that may have made it.</param>
    /// <param name="name">The namespace that it must be for.</param>
    /// <param name="sha512">SHA-512 of the file that is claimed to be signed.</param>
    /// <param name="signedBy">The key whose signature this is and holds, or <see langword="null"/>.</param>
    /// <returns>What is wrong; <see cref="Reason.None"/> where nothing is.</returns>
    public static Reason Check(ReadOnlySpan<byte> file, IEnumerable<VerifyingKey> keys, string name, ReadOnlySpan<byte> sha512, out VerifyingKey? signedBy)
    {
        signedBy = null;
        if (!TryReadBlob(file, name, out var publicKey, out var algorithm, out var r, out var s)) return Reason.BadEnvelope;
        foreach (var key in keys)
        {
            if (!PublicKey(key).AsSpan().SequenceEqual(publicKey)) continue;
            var curve = CurveOf(key);
            var fixedWidth = new byte[2 * curve.Bytes];
            if (algorithm != curve.Algorithm || r.Length > curve.Bytes || s.Length > curve.Bytes) return Reason.BadEnvelope;
            r.CopyTo(fixedWidth.AsSpan(curve.Bytes - r.Length));
            s.CopyTo(fixedWidth.AsSpan(2 * curve.Bytes - s.Length));
            if (!key.HoldsFixedWidth(ToSign(name, sha512), fixedWidth, curve.Hash)) return Reason.BadSignature;
            signedBy = key;
            return Reason.None;
        }

        return Reason.CannotJudge;
    }

    /// <summary>A public key as OpenSSH writes it: type and base64, with a blank between them.</summary>
    /// <param name="key">The key.</param>
    public static string PublicKeyText(VerifyingKey key) => $"{CurveOf(key).Algorithm} {Convert.ToBase64String(PublicKey(key))}";

    private static (string Algorithm, string Curve, int Bytes, HashAlgorithmName Hash) CurveOf(VerifyingKey key)
        => key.CurveBits == 256
            ? ("ecdsa-sha2-nistp256", "nistp256", 32, HashAlgorithmName.SHA256)
            : ("ecdsa-sha2-nistp384", "nistp384", 48, HashAlgorithmName.SHA384);

    private static byte[] PublicKey(VerifyingKey key)
    {
        var (algorithm, curve, _, _) = CurveOf(key);
        var point = key.Point();
        var blob = new SshWriter();
        blob.Text(algorithm);
        blob.Text(curve);
        blob.String([4, .. point.X!, .. point.Y!]);
        return blob.ToArray();
    }

    private static byte[] ToSign(string name, ReadOnlySpan<byte> sha512)
    {
        var blob = new SshWriter();
        blob.Raw("SSHSIG"u8);
        blob.Text(name);
        blob.Text("");
        blob.Text("sha512");
        blob.String(sha512);
        return blob.ToArray();
    }

    private static string Armour(byte[] blob)
    {
        var text = new StringBuilder(Begin);
        var base64 = Convert.ToBase64String(blob);
        for (var at = 0; at < base64.Length; at += ArmourWidth)
            text.Append(base64, at, Math.Min(ArmourWidth, base64.Length - at)).Append('\n');
        return text.Append(End).ToString();
    }

    private static bool TryReadBlob(ReadOnlySpan<byte> file, string name, out byte[] publicKey, out string algorithm, out byte[] r, out byte[] s)
    {
        (publicKey, algorithm, r, s) = ([], "", [], []);
        if (file.Length > BytesMax) return false;
        var text = Encoding.Latin1.GetString(file);
        if (!text.StartsWith(Begin, StringComparison.Ordinal) || !text.EndsWith(End, StringComparison.Ordinal) || text.Length < Begin.Length + End.Length) return false;
        var body = text[Begin.Length..^End.Length];
        // Armouring again must give the same file: then no line can be broken elsewhere, and no bit is unused.
        if (!Base64Text.TryDecode(body.Replace("\n", "", StringComparison.Ordinal), out var blob) || Armour(blob) != text) return false;

        var read = new SshReader(blob);
        if (!read.Raw("SSHSIG"u8) || !read.Number(1)) return false;
        publicKey = read.String().ToArray();
        if (!read.Text(name) || !read.Text("") || !read.Text("sha512")) return false;
        var signature = new SshReader(read.String().ToArray());
        if (!read.IsDone) return false;
        algorithm = Encoding.Latin1.GetString(signature.String());
        var inner = new SshReader(signature.String().ToArray());
        if (!signature.IsDone || !inner.Positive(out r) || !inner.Positive(out s)) return false;
        return inner.IsDone;
    }

    /// <summary>Writes the wire format of RFC 4251 §5.</summary>
    private sealed class SshWriter
    {
        private readonly ArrayBufferWriter<byte> _out = new();

        internal void Raw(ReadOnlySpan<byte> bytes) => _out.Write(bytes);

        internal void Number(int value)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(bytes, value);
            _out.Write(bytes);
        }

        internal void String(ReadOnlySpan<byte> bytes)
        {
            Number(bytes.Length);
            _out.Write(bytes);
        }

        internal void Text(string text) => String(Encoding.ASCII.GetBytes(text));

        // Both numbers of a signature are positive; the framework writes the leading zero that then may be needed, and no other.
        internal void Integer(System.Numerics.BigInteger value) => String(value.ToByteArray(isUnsigned: false, isBigEndian: true));

        internal byte[] ToArray() => _out.WrittenSpan.ToArray();
    }

    /// <summary>Reads the same. What is not there reads as empty, and <see cref="IsDone"/> is false from then on.</summary>
    private sealed class SshReader(byte[] bytes)
    {
        private int _at;
        private bool _failed;

        internal bool IsDone => !_failed && _at == bytes.Length;

        internal bool Raw(ReadOnlySpan<byte> expected)
        {
            if (_failed || !bytes.AsSpan(_at).StartsWith(expected)) return Fail();
            _at += expected.Length;
            return true;
        }

        internal bool Number(int expected)
        {
            if (_failed || bytes.Length - _at < 4 || BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(_at)) != expected) return Fail();
            _at += 4;
            return true;
        }

        internal ReadOnlySpan<byte> String()
        {
            if (_failed || bytes.Length - _at < 4) return Nothing();
            var length = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(_at));
            if (length > bytes.Length - _at - 4) return Nothing();
            var value = bytes.AsSpan(_at + 4, (int)length);
            _at += 4 + (int)length;
            return value;
        }

        internal bool Text(string expected) => String().SequenceEqual(Encoding.ASCII.GetBytes(expected)) && !_failed;

        // A multiple-precision integer above zero, without superfluous zeros.
        internal bool Positive(out byte[] magnitude)
        {
            magnitude = [];
            var value = String();
            if (_failed || value.IsEmpty || (value[0] & 0x80) != 0) return Fail();
            if (value[0] == 0)
            {
                if (value.Length < 2 || (value[1] & 0x80) == 0) return Fail();
                value = value[1..];
            }

            magnitude = value.ToArray();
            return true;
        }

        private bool Fail()
        {
            _failed = true;
            return false;
        }

        private ReadOnlySpan<byte> Nothing()
        {
            _failed = true;
            return [];
        }
    }
}
