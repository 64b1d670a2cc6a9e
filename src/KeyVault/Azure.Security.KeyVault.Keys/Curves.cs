using System.Security.Cryptography;

namespace Azure.Security.KeyVault.Keys;

/// <summary>The service's curves and this platform's.</summary>
internal static class Curves
{
    private const string Secp256K1 = "1.3.132.0.10";

    private static readonly (KeyCurveName Name, ECCurve Curve)[] All =
    [
        (KeyCurveName.P256, ECCurve.NamedCurves.nistP256),
        (KeyCurveName.P384, ECCurve.NamedCurves.nistP384),
        (KeyCurveName.P521, ECCurve.NamedCurves.nistP521),
        (KeyCurveName.P256K, ECCurve.CreateFromValue(Secp256K1)),
    ];

    public static ECCurve CurveOf(KeyCurveName name)
    {
        foreach (var (known, curve) in All)
        {
            if (known == name) return curve;
        }

        throw new NotSupportedException($"The curve {name} is not supported.");
    }

    public static KeyCurveName NameOf(ECCurve curve)
    {
        foreach (var (name, known) in All)
        {
            if (known.Oid.Value == curve.Oid.Value || (known.Oid.FriendlyName is { } friendly && friendly == curve.Oid.FriendlyName)) return name;
        }

        throw new NotSupportedException($"The curve {curve.Oid.FriendlyName} is not supported.");
    }
}
