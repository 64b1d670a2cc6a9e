using System.Numerics;
using System.Security.Cryptography;

namespace Runbook.Journal;

/// <summary>
/// Signs with P-256 so that the same key and message always give the same bytes (RFC 6979), for keys that are public
/// on purpose: those of the rehearsal, and session keys made from a seed.
/// </summary>
/// <remarks>
/// A rehearsal repeated from its seed then writes the same journal, byte for byte. The arithmetic on the secret scalar is
/// not constant-time, which is why no real key can be brought in: there is no public way to give one.
/// </remarks>
public sealed class DeterministicSigner : ISigner, IDisposable
{
    private static readonly BigInteger Order = BigInteger.Parse("0FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture);

    private readonly BigInteger _secret;

    private DeterministicSigner(BigInteger secret)
    {
        _secret = secret;
        using var key = ECDsa.Create(Parameters(secret));
        PublicKey = VerifyingKey.TryImport(key.ExportSubjectPublicKeyInfo())!;
    }

    /// <inheritdoc/>
    public VerifyingKey PublicKey { get; }

    /// <summary>Makes the key that belongs to a seed.</summary>
    /// <param name="seed">Any bytes; whoever has them has the key.</param>
    public static DeterministicSigner FromSeed(ReadOnlySpan<byte> seed)
    {
        // 64 bytes reduced by the order leave no bias that matters, and no seed without a key.
        Span<byte> wide = stackalloc byte[64];
        SHA512.HashData(seed, wide);
        return new DeterministicSigner(1 + Number(wide) % (Order - 1));
    }

    /// <inheritdoc/>
    public byte[] Sign(ReadOnlySpan<byte> message, HashAlgorithmName hash)
    {
        if (hash != HashAlgorithmName.SHA256) throw new NotSupportedException("A P-256 key signs over SHA-256.");
        var digest = SHA256.HashData(message);
        var z = Number(digest);
        foreach (var k in Nonces(_secret, digest))
        {
            var r = AbscissaOf(k) % Order;
            var s = BigInteger.ModPow(k, Order - 2, Order) * (z + r * _secret) % Order;
            if (!r.IsZero && !s.IsZero) return Der(r, s);
        }

        throw new CryptographicException("No nonce gave a signature.");
    }

    /// <summary>
    /// The same key, signing some hundred times as fast: its nonces come out of a small set that was worked out before. Two of its
    /// signatures can give the key away, so it is for runs that are thrown away, and by the thousand.
    /// </summary>
    public ISigner WithFewNonces() => new FewNonces(this);

    /// <summary>Lets the key go.</summary>
    public void Dispose() => PublicKey.Dispose();

    internal static DeterministicSigner FromScalar(ReadOnlySpan<byte> secret) => new(Number(secret));

    /// <summary>The private key as PKCS#8, for tests and for the documents that print it. It is public on purpose.</summary>
    internal byte[] ExportPkcs8()
    {
        using var key = ECDsa.Create(Parameters(_secret));
        return key.ExportPkcs8PrivateKey();
    }

    // RFC 6979 §3.2 for a hash as long as the order.
    private static IEnumerable<BigInteger> Nonces(BigInteger secret, byte[] digest)
    {
        byte[] material = [.. Bytes(secret), .. Bytes(Number(digest) % Order)];
        var v = Enumerable.Repeat((byte)1, 32).ToArray();
        var k = new byte[32];
        k = Mac(k, [.. v, 0, .. material]);
        v = Mac(k, v);
        k = Mac(k, [.. v, 1, .. material]);
        v = Mac(k, v);
        for (var tries = 0; tries < 64; tries++)
        {
            v = Mac(k, v);
            var candidate = Number(v);
            if (!candidate.IsZero && candidate < Order) yield return candidate;
            k = Mac(k, [.. v, 0]);
            v = Mac(k, v);
        }
    }

    private static byte[] Mac(byte[] key, byte[] message) => HMACSHA256.HashData(key, message);

    // The framework computes the public point of a scalar, and the point of the nonce is all that is needed of the curve.
    private static BigInteger AbscissaOf(BigInteger scalar)
    {
        using var point = ECDsa.Create(Parameters(scalar));
        return Number(point.ExportParameters(includePrivateParameters: false).Q.X);
    }

    private static ECParameters Parameters(BigInteger scalar) => new() { Curve = ECCurve.NamedCurves.nistP256, D = Bytes(scalar) };

    private static BigInteger Number(ReadOnlySpan<byte> bigEndian) => new(bigEndian, isUnsigned: true, isBigEndian: true);

    private static byte[] Bytes(BigInteger number)
    {
        var bytes = new byte[32];
        var raw = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        raw.CopyTo(bytes.AsSpan(32 - raw.Length));
        return bytes;
    }

    private static byte[] Der(BigInteger r, BigInteger s)
    {
        var first = r.ToByteArray(isUnsigned: false, isBigEndian: true);
        var second = s.ToByteArray(isUnsigned: false, isBigEndian: true);
        return [0x30, (byte)(first.Length + second.Length + 4), 2, (byte)first.Length, .. first, 2, (byte)second.Length, .. second];
    }

    private sealed class FewNonces(DeterministicSigner signer) : ISigner
    {
        private static readonly Lazy<(BigInteger R, BigInteger Inverse)>[] Known = [.. Enumerable.Range(0, 256).Select(i => new Lazy<(BigInteger, BigInteger)>(() => Worked((byte)i)))];

        public VerifyingKey PublicKey => signer.PublicKey;

        public byte[] Sign(ReadOnlySpan<byte> message, HashAlgorithmName hash)
        {
            if (hash != HashAlgorithmName.SHA256) return signer.Sign(message, hash);
            var digest = SHA256.HashData(message);
            var (r, inverse) = Known[digest[0]].Value;
            var s = inverse * (Number(digest) + r * signer._secret) % Order;
            return s.IsZero ? signer.Sign(message, hash) : Der(r, s);
        }

        private static (BigInteger R, BigInteger Inverse) Worked(byte number)
        {
            var k = 1 + Number(SHA512.HashData([number])) % (Order - 1);
            return (AbscissaOf(k) % Order, BigInteger.ModPow(k, Order - 2, Order));
        }
    }
}
