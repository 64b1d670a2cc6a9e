using System.Formats.Asn1;
using System.Security.Cryptography;
using Runbook.Simulator.State;
using Base64Url = Runbook.Simulator.Identity.Base64Url;

namespace Runbook.Simulator.KeyVault;

/// <summary>New or imported key material, with the public half as it is shown.</summary>
internal sealed record KeyMaterial
{
    /// <summary><c>RSA</c>, <c>EC</c> or <c>oct</c>.</summary>
    public required string BaseType { get; init; }

    public required int Bits { get; init; }

    public string? Curve { get; init; }

    public string? N { get; init; }

    public string? E { get; init; }

    public string? X { get; init; }

    public string? Y { get; init; }

    /// <summary>PKCS#8 for RSA and EC, the raw key otherwise; base64.</summary>
    public required string Secret { get; init; }

    /// <summary>A key for an estate, where somebody has laid keys ready one of those that it does not have yet.</summary>
    public static KeyMaterial MakeRsa(int bits, EstateView estate) => RepeatedRuns.Next(bits) ?? RehearsalKeys.Next(bits, estate) ?? KeysAhead.Take(bits) ?? NewRsa(bits);

    /// <summary>A key pair to work with, laid ready or made; which estate it is for is not looked at.</summary>
    public static RSA LoadedRsa(int bits) => (RepeatedRuns.Next(bits) ?? RehearsalKeys.Next(bits, estate: null))?.ToRsa() ?? RSA.Create(bits);

    /// <summary>An RSA key, to work with.</summary>
    public RSA ToRsa()
    {
        var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(Convert.FromBase64String(Secret), out _);
        return rsa;
    }

    public static KeyMaterial NewRsa(int bits)
    {
        using var rsa = RSA.Create(bits);
        return Of(rsa);
    }

    public static KeyMaterial MakeEc(string curve)
    {
        using var ec = GivenCurve.NewKey(CurveOf(curve)!.Value);
        return Of(ec, curve);
    }

    public static KeyMaterial MakeOct(int bits) => OfRaw(SimulatorRandom.Bytes(bits / 8));

    public static KeyMaterial OfRaw(byte[] key) => new() { BaseType = "oct", Bits = key.Length * 8, Secret = Convert.ToBase64String(key) };

    public static KeyMaterial Of(RSA rsa)
    {
        var parameters = rsa.ExportParameters(includePrivateParameters: false);
        return new KeyMaterial
        {
            BaseType = "RSA",
            Bits = rsa.KeySize,
            N = Base64Url.Encode(parameters.Modulus),
            E = Base64Url.Encode(parameters.Exponent),
            Secret = Convert.ToBase64String(rsa.ExportPkcs8PrivateKey()),
        };
    }

    public static KeyMaterial Of(ECDsa ec, string curve)
    {
        var parameters = ec.ExportParameters(includePrivateParameters: false);
        return new KeyMaterial
        {
            BaseType = "EC",
            Bits = 0,
            Curve = curve,
            X = Base64Url.Encode(parameters.Q.X),
            Y = Base64Url.Encode(parameters.Q.Y),
            Secret = Convert.ToBase64String(ec.ExportPkcs8PrivateKey()),
        };
    }

    /// <summary>Reads a PKCS#8 private key of that type; <see langword="null"/> where it is none, or one that is not taken.</summary>
    public static KeyMaterial? OfPkcs8(byte[] der, string baseType, string? curve)
    {
        try
        {
            if (baseType == "RSA")
            {
                using var rsa = RSA.Create();
                rsa.ImportPkcs8PrivateKey(der, out var read);
                return IsWhole(der, read) && rsa.KeySize is 2048 or 3072 or 4096 ? Of(rsa) : null;
            }
            using var ec = ECDsa.Create();
            ec.ImportPkcs8PrivateKey(der, out var length);
            var named = NameOf(ec.ExportParameters(includePrivateParameters: false).Curve);
            return IsWhole(der, length) && named is not null && (curve is null || named == curve) ? Of(ec, named) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    // Tokens that pad to the wrapping algorithm's block before they wrap (SoftHSM 2.6 does) leave zeros behind the structure.
    private static bool IsWhole(byte[] der, int read) =>
        der.Length - read < Assumptions.KeyWrapBlockBytes && !der.AsSpan(read).ContainsAnyExcept((byte)0);

    public static ECCurve? CurveOf(string name) => name switch
    {
        "P-256" => ECCurve.NamedCurves.nistP256,
        "P-256K" => ECCurve.CreateFromValue("1.3.132.0.10"),
        "P-384" => ECCurve.NamedCurves.nistP384,
        "P-521" => ECCurve.NamedCurves.nistP521,
        _ => null,
    };

    private static string? NameOf(ECCurve curve) => (curve.Oid.Value, curve.Oid.FriendlyName) switch
    {
        ("1.2.840.10045.3.1.7", _) or (_, "nistP256" or "ECDSA_P256") => "P-256",
        ("1.3.132.0.10", _) or (_, "secP256k1" or "secp256k1") => "P-256K",
        ("1.3.132.0.34", _) or (_, "nistP384" or "ECDSA_P384") => "P-384",
        ("1.3.132.0.35", _) or (_, "nistP521" or "ECDSA_P521") => "P-521",
        _ => null,
    };
}
