using System.Security.Cryptography;
using System.Text.Json;

namespace Azure.Security.KeyVault.Keys;

/// <summary>A key's material.</summary>
public class JsonWebKey
{
    /// <summary>A key without material.</summary>
    public JsonWebKey(IEnumerable<KeyOperation> keyOps) => KeyOps = [.. Argument.NotNull(keyOps)];

    /// <summary>A symmetric key.</summary>
    public JsonWebKey(Aes aesProvider, IEnumerable<KeyOperation>? keyOps = null)
        : this(keyOps ?? [KeyOperation.Encrypt, KeyOperation.Decrypt, KeyOperation.WrapKey, KeyOperation.UnwrapKey])
    {
        KeyType = KeyType.Oct;
        K = Argument.NotNull(aesProvider).Key;
    }

    /// <summary>An elliptic-curve key.</summary>
    public JsonWebKey(ECDsa ecdsa, bool includePrivateParameters = false, IEnumerable<KeyOperation>? keyOps = null)
        : this(keyOps ?? (includePrivateParameters ? [KeyOperation.Sign, KeyOperation.Verify] : [KeyOperation.Verify]))
    {
        var parameters = Argument.NotNull(ecdsa).ExportParameters(includePrivateParameters);
        KeyType = KeyType.Ec;
        CurveName = Curves.NameOf(parameters.Curve);
        X = parameters.Q.X;
        Y = parameters.Q.Y;
        D = parameters.D;
    }

    /// <summary>An RSA key.</summary>
    public JsonWebKey(RSA rsaProvider, bool includePrivateParameters = false, IEnumerable<KeyOperation>? keyOps = null)
        : this(keyOps ?? (includePrivateParameters
            ? [KeyOperation.Encrypt, KeyOperation.Decrypt, KeyOperation.Sign, KeyOperation.Verify, KeyOperation.WrapKey, KeyOperation.UnwrapKey]
            : [KeyOperation.Encrypt, KeyOperation.Verify, KeyOperation.WrapKey]))
    {
        var parameters = Argument.NotNull(rsaProvider).ExportParameters(includePrivateParameters);
        KeyType = KeyType.Rsa;
        N = parameters.Modulus;
        E = parameters.Exponent;
        D = parameters.D;
        DP = parameters.DP;
        DQ = parameters.DQ;
        P = parameters.P;
        Q = parameters.Q;
        QI = parameters.InverseQ;
    }

    /// <summary>The key's id.</summary>
    public string? Id { get; set; }

    /// <summary>Its kind.</summary>
    public KeyType KeyType { get; set; }

    /// <summary>What it may be used for.</summary>
    public IReadOnlyCollection<KeyOperation> KeyOps { get; }

    /// <summary>The curve of an elliptic-curve key.</summary>
    public KeyCurveName? CurveName { get; set; }

    /// <summary>RSA modulus, big-endian.</summary>
    public byte[]? N { get; set; }

    /// <summary>RSA public exponent, big-endian.</summary>
    public byte[]? E { get; set; }

    /// <summary>Private exponent or scalar.</summary>
    public byte[]? D { get; set; }

    /// <summary>RSA: d mod (p - 1).</summary>
    public byte[]? DP { get; set; }

    /// <summary>RSA: d mod (q - 1).</summary>
    public byte[]? DQ { get; set; }

    /// <summary>RSA: first prime.</summary>
    public byte[]? P { get; set; }

    /// <summary>RSA: second prime.</summary>
    public byte[]? Q { get; set; }

    /// <summary>RSA: inverse of q mod p.</summary>
    public byte[]? QI { get; set; }

    /// <summary>X of a point.</summary>
    public byte[]? X { get; set; }

    /// <summary>Y of a point.</summary>
    public byte[]? Y { get; set; }

    /// <summary>A symmetric key's bytes.</summary>
    public byte[]? K { get; set; }

    /// <summary>A key wrapped by another HSM, for import.</summary>
    public byte[]? T { get; set; }

    /// <summary>The key for RSA operations of this platform; the caller disposes it.</summary>
    /// <exception cref="InvalidOperationException">It is no RSA key, or lacks material.</exception>
    public RSA ToRSA(bool includePrivateParameters = false)
    {
        if (KeyType != KeyType.Rsa && KeyType != KeyType.RsaHsm) throw new InvalidOperationException("key is not an Rsa or RsaHsm type");
        if (N is null || E is null) throw new InvalidOperationException("key is missing required value");
        var parameters = new RSAParameters { Modulus = N, Exponent = E };
        if (includePrivateParameters)
        {
            parameters.D = D;
            parameters.DP = DP;
            parameters.DQ = DQ;
            parameters.P = P;
            parameters.Q = Q;
            parameters.InverseQ = QI;
        }

        return RSA.Create(parameters);
    }

    /// <summary>The key for ECDSA operations of this platform; the caller disposes it.</summary>
    /// <exception cref="InvalidOperationException">It is no elliptic-curve key, or lacks material.</exception>
    public ECDsa ToECDsa(bool includePrivateParameters = false)
    {
        if (KeyType != KeyType.Ec && KeyType != KeyType.EcHsm) throw new InvalidOperationException("key is not an Ec or EcHsm type");
        if (CurveName is not { } name || X is null || Y is null) throw new InvalidOperationException("key is missing required value");
        return ECDsa.Create(new ECParameters
        {
            Curve = Curves.CurveOf(name),
            Q = new ECPoint { X = X, Y = Y },
            D = includePrivateParameters ? D : null,
        });
    }

    /// <summary>The key for AES operations of this platform; the caller disposes it.</summary>
    /// <exception cref="InvalidOperationException">It is no symmetric key, or lacks material.</exception>
    public Aes ToAes()
    {
        if (KeyType != KeyType.Oct && KeyType != KeyType.OctHsm) throw new InvalidOperationException("key is not an Oct or OctHsm type");
        if (K is null) throw new InvalidOperationException("key does not contain a value");
        var aes = Aes.Create();
        aes.Key = K;
        return aes;
    }

    internal static JsonWebKey Read(JsonElement from)
    {
        var key = new JsonWebKey(from.Items("key_ops").Select(o => new KeyOperation(o.GetString() ?? "")))
        {
            Id = from.Text("kid"),
            KeyType = new KeyType(from.Text("kty") ?? ""),
            N = from.Bytes("n"),
            E = from.Bytes("e"),
            X = from.Bytes("x"),
            Y = from.Bytes("y"),
        };
        if (from.Text("crv") is { } curve) key.CurveName = new KeyCurveName(curve);
        return key;
    }

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("key");
        writer.WriteText("kid", Id);
        writer.WriteText("kty", KeyType.ToString());
        if (KeyOps.Count > 0) writer.WriteTexts("key_ops", KeyOps.Select(o => o.ToString()));
        writer.WriteText("crv", CurveName?.ToString());
        writer.WriteBytes("n", N);
        writer.WriteBytes("e", E);
        writer.WriteBytes("d", D);
        writer.WriteBytes("dp", DP);
        writer.WriteBytes("dq", DQ);
        writer.WriteBytes("qi", QI);
        writer.WriteBytes("p", P);
        writer.WriteBytes("q", Q);
        writer.WriteBytes("x", X);
        writer.WriteBytes("y", Y);
        writer.WriteBytes("k", K);
        writer.WriteBytes("key_hsm", T);
        writer.WriteEndObject();
    }
}
