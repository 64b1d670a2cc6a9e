using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Runbook.Journal;

/// <summary>One signature of an envelope.</summary>
/// <param name="KeyId">The key, by SHA-256 of its DER SubjectPublicKeyInfo.</param>
/// <param name="Signature">DER.</param>
public sealed record DsseSignature(Digest KeyId, ImmutableArray<byte> Signature);

/// <summary>
/// A signed envelope: DSSE v1 (secure-systems-lab/dsse), written and read in one strict way.
/// </summary>
/// <remarks>
/// A DSSE signature covers type and payload only: the JSON around them, key ids and the list of signatures are not covered.
/// So our own envelopes are one canonical line with its line feed, of exactly the three members, base64 that encodes again
/// to itself, each key once, and every signature must hold. Then no bit of the file can change unseen.
/// </remarks>
public sealed class DsseEnvelope
{
    private DsseEnvelope(string payloadType, byte[] payload, ImmutableArray<DsseSignature> signatures)
        => (PayloadType, Payload, Signatures) = (payloadType, payload, signatures);

    /// <summary>One of <see cref="PayloadTypes"/>.</summary>
    public string PayloadType { get; }

    /// <summary>What is signed. Not to be parsed before its signatures were found to hold.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The signatures, in their order.</summary>
    public ImmutableArray<DsseSignature> Signatures { get; }

    /// <summary>Signs a payload.</summary>
    /// <param name="payloadType">One of <see cref="PayloadTypes"/>.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="signers">At least one, each with another key.</param>
    public static DsseEnvelope Sign(string payloadType, ReadOnlySpan<byte> payload, params IEnumerable<ISigner> signers)
    {
        var envelope = new DsseEnvelope(payloadType, payload.ToArray(), []);
        foreach (var signer in signers) envelope = envelope.With(signer);
        return envelope.Signatures.IsEmpty ? throw new ArgumentException("An envelope has at least one signature.", nameof(signers)) : envelope;
    }

    /// <summary>The bytes that are signed: the pre-authentication encoding.</summary>
    /// <param name="payloadType">The type.</param>
    /// <param name="payload">The payload.</param>
    public static byte[] Pae(string payloadType, ReadOnlySpan<byte> payload)
        => [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"DSSEv1 {Encoding.UTF8.GetByteCount(payloadType)} {payloadType} {payload.Length} ")), .. payload];

    /// <summary>Reads an envelope of ours, strictly.</summary>
    /// <param name="file">The whole file, its line feed included.</param>
    /// <param name="envelope">The envelope, or <see langword="null"/> where the file is none.</param>
    public static bool TryRead(ReadOnlySpan<byte> file, out DsseEnvelope? envelope)
    {
        envelope = null;
        if (file.Length is 0 or > Limits.EnvelopeBytes || file[^1] != '\n') return false;
        if (!PayloadText.TryRead(file[..^1], Read, out var read)) return false;
        if (!Base64Text.TryDecode(read.Payload, out var payload) || read.Signatures.Length > Limits.Signatures) return false;
        if (read.Signatures.DistinctBy(s => s.KeyId).Count() != read.Signatures.Length) return false;
        envelope = new DsseEnvelope(read.Type, payload, read.Signatures);
        return true;
    }

    /// <summary>This envelope with one more signature.</summary>
    /// <param name="signer">A key that has not signed it yet.</param>
    public DsseEnvelope With(ISigner signer)
    {
        if (Signatures.Any(s => s.KeyId == signer.PublicKey.KeyId)) throw new ArgumentException("The key has signed this envelope.", nameof(signer));
        var signature = signer.Sign(Pae(PayloadType, Payload.Span), HashAlgorithmName.SHA256);
        return new DsseEnvelope(PayloadType, Payload.ToArray(), Signatures.Add(new DsseSignature(signer.PublicKey.KeyId, [.. signature])));
    }

    /// <summary>Checks one signature.</summary>
    /// <param name="signature">One of <see cref="Signatures"/>.</param>
    /// <param name="key">The key that it names.</param>
    public bool Holds(DsseSignature signature, VerifyingKey key)
        => signature.KeyId == key.KeyId && key.Holds(Pae(PayloadType, Payload.Span), signature.Signature.AsSpan());

    /// <summary>The file: one canonical line and its line feed.</summary>
    public byte[] ToFile()
    {
        var writer = new FieldWriter();
        writer.Begin();
        writer.Token("payload", Convert.ToBase64String(Payload.Span));
        writer.Token("payloadType", PayloadType);
        writer.List("signatures", Signatures, (w, s) => w.Object(EntryFields.Item, new SignaturePart(s)));
        writer.End();
        return [.. writer.Written, (byte)'\n'];
    }

    private static (string Payload, string Type, ImmutableArray<DsseSignature> Signatures) Read(EntryFields f)
    {
        var payload = f.Base64("payload", Limits.EnvelopeBytes);
        var type = f.Token("payloadType", TextRule.Media);
        return (payload, type, f.List("signatures", 1, e => e.Object(EntryFields.Item, SignaturePart.Read)));
    }

    private sealed record SignaturePart(DsseSignature Signature) : EntryPart
    {
        private const int DerBytesMax = 160;

        internal static DsseSignature Read(EntryFields f)
        {
            var keyId = f.Digest("keyid");
            return new DsseSignature(keyId, Base64Text.TryDecode(f.Base64("sig", DerBytesMax), out var der) ? [.. der] : []);
        }

        internal override void Write(FieldWriter to)
        {
            to.Digest("keyid", Signature.KeyId);
            to.Token("sig", Convert.ToBase64String(Signature.Signature.AsSpan()));
        }
    }
}
