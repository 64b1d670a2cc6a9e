using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Runbook.Simulator;

/// <summary>
/// Keys and signatures on curves of NIST whose secret numbers come from the run: the framework takes them from nowhere but the
/// operating system. The arithmetic is not constant-time; what it signs for is thrown away.
/// </summary>
internal static class GivenCurve
{
    // SEC 2, version 2, §2.4 to §2.6: the orders of the groups.
    private static readonly BigInteger Order256 = Hex("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
    private static readonly BigInteger Order384 = Hex("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973");
    private static readonly BigInteger Order521 = Hex("01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409");
    private static readonly BigInteger Order256K = Hex("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141");

    /// <summary>A new key.</summary>
    public static ECDsa NewKey(ECCurve curve)
    {
        if (!RepeatedRuns.IsOn)
            return ECDsa.Create(curve);
        var order = OrderOf(curve);
        return ECDsa.Create(new ECParameters { Curve = curve, D = BigEndian.Bytes(Number(order), LengthOf(order)) });
    }

    /// <summary>Signs a digest.</summary>
    /// <returns>Both numbers, one behind the other, each as long as the order.</returns>
    public static byte[] SignHash(ECDsa key, ReadOnlySpan<byte> digest)
    {
        if (!RepeatedRuns.IsOn)
            return key.SignHash(digest.ToArray(), DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        var parameters = key.ExportParameters(includePrivateParameters: true);
        var order = OrderOf(parameters.Curve);
        var length = LengthOf(order);
        var shift = Math.Max(0, (digest.Length * 8) - (int)order.GetBitLength());
        var z = BigEndian.Number(digest) >> shift;
        var d = BigEndian.Number(parameters.D!);
        while (true)
        {
            var k = Number(order);
            using var point = ECDsa.Create(new ECParameters { Curve = parameters.Curve, D = BigEndian.Bytes(k, length) });
            var r = BigEndian.Number(point.ExportParameters(includePrivateParameters: false).Q.X!) % order;
            var s = BigInteger.ModPow(k, order - 2, order) * (z + (r * d)) % order;
            if (!r.IsZero && !s.IsZero)
                return [.. BigEndian.Bytes(r, length), .. BigEndian.Bytes(s, length)];
        }
    }

    /// <summary>Signs certificates.</summary>
    public static X509SignatureGenerator Generator(ECDsa key) => new Signer(key);

    private static BigInteger OrderOf(ECCurve curve) => (curve.Oid.Value, curve.Oid.FriendlyName) switch
    {
        ("1.2.840.10045.3.1.7", _) or (_, "nistP256" or "ECDSA_P256") => Order256,
        ("1.3.132.0.34", _) or (_, "nistP384" or "ECDSA_P384") => Order384,
        ("1.3.132.0.35", _) or (_, "nistP521" or "ECDSA_P521") => Order521,
        ("1.3.132.0.10", _) or (_, "secP256k1" or "secp256k1") => Order256K,
        _ => throw new NotSupportedException($"No key of the curve {curve.Oid.FriendlyName} can be given."),
    };

    // A number from 1 to below the order.
    private static BigInteger Number(BigInteger order)
    {
        // As many bytes again leave no bias that matters.
        var bytes = SimulatorRandom.Bytes(2 * LengthOf(order));
        return 1 + (BigEndian.Number(bytes) % (order - 1));
    }

    private static int LengthOf(BigInteger order) => order.GetByteCount(isUnsigned: true);

    private static BigInteger Hex(string digits) => BigInteger.Parse("0" + digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private sealed class Signer(ECDsa key) : X509SignatureGenerator
    {
        private readonly X509SignatureGenerator _inner = CreateForECDsa(key);

        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => _inner.GetSignatureAlgorithmIdentifier(hashAlgorithm);

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm)
        {
            var signature = SignHash(key, CryptographicOperations.HashData(hashAlgorithm, data));
            var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
            using (writer.PushSequence())
            {
                foreach (var half in (byte[][])[signature[..(signature.Length / 2)], signature[(signature.Length / 2)..]])
                    writer.WriteInteger(BigEndian.Number(half));
            }
            return writer.Encode();
        }

        protected override PublicKey BuildPublicKey() => _inner.PublicKey;
    }
}
