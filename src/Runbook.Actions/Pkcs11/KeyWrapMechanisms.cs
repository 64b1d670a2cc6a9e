using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;
using Net.Pkcs11Interop.HighLevelAPI.MechanismParams;

namespace Runbook.Actions;

/// <summary>
/// Wraps a key in a token for a KEK: by CKM_RSA_AES_KEY_WRAP where the token has it, else by the two mechanisms of which
/// that is made, both in the token, with a one-time AES key that the token makes and forgets.
/// </summary>
/// <remarks>
/// The mechanism 0x210A is called CKM_AES_KEY_WRAP_PAD, and vendors mean two different paddings by it. It is tried on the
/// example of RFC 5649 first, so that a blob that Azure would refuse is never made. A token may also fill a key up with zero
/// bytes to a multiple of eight before it wraps it, as PKCS#11 allows and SoftHSM does: what comes out is RFC 5649's of the
/// longer key, in which DER ends where it says. That is told with the mechanism.
/// </remarks>
internal sealed class KeyWrapMechanisms(ISession session, IReadOnlyCollection<CKM> mechanisms)
{
    private const CKM RsaAesKeyWrap = (CKM)0x1054;
    private const CKM AesKeyWrapPad = (CKM)0x210A;
    private const CKM AesKeyWrapKwp = (CKM)0x210B;
    private const ulong AesKeyBits = 256;
    private const ulong GeneratorOfSha1 = 1;
    private const ulong DataSpecified = 1;

    private static readonly Pkcs11InteropFactories Factories = new();

    // RFC 5649, section 6, the first example: a key that everybody knows, and protects nothing.
    private static readonly byte[] ExampleKek = Convert.FromHexString("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8");
    private static readonly byte[] ExampleKey = Convert.FromHexString("c37b7e6492584340bed12207808941155068f738");
    private static readonly byte[] ExampleWrapped = Convert.FromHexString("138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a");

    // The same, of that key with the four zero bytes behind it that fill it up to 24.
    private static readonly byte[] ExampleFilledUp = Convert.FromHexString("cf1e485360e1a8126f524d01771677f9400edb4d074f14116988d71e1588e367");

    /// <summary>The parameters of RSA-OAEP with SHA-1, MGF1 with SHA-1 and no label.</summary>
    public static ICkRsaPkcsOaepParams Oaep() => Factories.MechanismParamsFactory.CreateCkRsaPkcsOaepParams((ulong)CKM.CKM_SHA_1, GeneratorOfSha1, DataSpecified, null);

    /// <summary>Wraps.</summary>
    /// <param name="kek">The KEK's public half, in the token.</param>
    /// <param name="key">The key.</param>
    /// <exception cref="TokenRefusedException">The token has no mechanisms that give what Azure takes.</exception>
    public TokenWrapping Wrap(IObjectHandle kek, IObjectHandle key)
    {
        if (mechanisms.Contains(RsaAesKeyWrap)) return AtOnce(kek, key);
        var kwp = mechanisms.Contains(AesKeyWrapKwp) ? AesKeyWrapKwp : mechanisms.Contains(AesKeyWrapPad) ? AesKeyWrapPad : throw Missing("AES key wrap with padding (CKM_AES_KEY_WRAP_KWP or CKM_AES_KEY_WRAP_PAD)");
        if (!mechanisms.Contains(CKM.CKM_RSA_PKCS_OAEP)) throw Missing("RSA-OAEP (CKM_RSA_PKCS_OAEP)");
        if (!mechanisms.Contains(CKM.CKM_AES_KEY_GEN)) throw Missing("the making of AES keys (CKM_AES_KEY_GEN)");
        return Composed(kek, key, kwp, kwp == AesKeyWrapKwp ? "CKM_AES_KEY_WRAP_KWP" : ProvenPadding());
    }

    private TokenWrapping AtOnce(IObjectHandle kek, IObjectHandle key)
    {
        var oaep = Oaep();
        using var held = oaep as IDisposable;
        var wrap = Factories.MechanismParamsFactory.CreateCkRsaAesKeyWrapParams(AesKeyBits, oaep);
        using var wrapHeld = wrap as IDisposable;
        using var mechanism = Factories.MechanismFactory.Create(RsaAesKeyWrap, wrap);
        return new TokenWrapping(session.WrapKey(mechanism, kek, key), "CKM_RSA_AES_KEY_WRAP");
    }

    private TokenWrapping Composed(IObjectHandle kek, IObjectHandle key, CKM kwp, string padding)
    {
        using var making = Factories.MechanismFactory.Create(CKM.CKM_AES_KEY_GEN);
        var oaep = Oaep();
        using var held = oaep as IDisposable;
        using var underKek = Factories.MechanismFactory.Create(CKM.CKM_RSA_PKCS_OAEP, oaep);
        using var underAes = Factories.MechanismFactory.Create(kwp);
        var aes = session.GenerateKey(making,
        [
            Of(CKA.CKA_CLASS, (ulong)CKO.CKO_SECRET_KEY), Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_AES), Of(CKA.CKA_VALUE_LEN, AesKeyBits / 8),
            Of(CKA.CKA_TOKEN, false), Of(CKA.CKA_PRIVATE, true), Of(CKA.CKA_SENSITIVE, true), Of(CKA.CKA_EXTRACTABLE, true), Of(CKA.CKA_WRAP, true),
        ]);
        try
        {
            return new TokenWrapping([.. session.WrapKey(underKek, kek, aes), .. session.WrapKey(underAes, aes, key)], $"{padding} and CKM_RSA_PKCS_OAEP");
        }
        finally
        {
            session.DestroyObject(aes);
        }
    }

    private string ProvenPadding()
    {
        var made = new List<IObjectHandle>();
        try
        {
            made.Add(session.CreateObject([Of(CKA.CKA_CLASS, (ulong)CKO.CKO_SECRET_KEY), Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_AES), Of(CKA.CKA_TOKEN, false), Of(CKA.CKA_WRAP, true), Of(CKA.CKA_VALUE, ExampleKek)]));
            made.Add(session.CreateObject([Of(CKA.CKA_CLASS, (ulong)CKO.CKO_SECRET_KEY), Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_GENERIC_SECRET), Of(CKA.CKA_TOKEN, false), Of(CKA.CKA_EXTRACTABLE, true), Of(CKA.CKA_VALUE, ExampleKey)]));
            using var mechanism = Factories.MechanismFactory.Create(AesKeyWrapPad);
            var wrapped = session.WrapKey(mechanism, made[0], made[1]).AsSpan();
            if (wrapped.SequenceEqual(ExampleWrapped)) return "CKM_AES_KEY_WRAP_PAD, proven to be RFC 5649,";
            if (wrapped.SequenceEqual(ExampleFilledUp)) return "CKM_AES_KEY_WRAP_PAD, proven to be RFC 5649 of the key filled up with zero bytes,";
            throw new TokenRefusedException("PaddingIsAnother", "The token's CKM_AES_KEY_WRAP_PAD is not AES key wrap with padding after RFC 5649: it gives something else for the RFC's own example, and Azure would refuse what it wraps.");
        }
        catch (Pkcs11Exception exception)
        {
            throw new TokenRefusedException("PaddingUnproven", $"The token has CKM_AES_KEY_WRAP_PAD, of which there are two kinds, and does not let it be tried on a key that is known ({exception.RV}).", exception);
        }
        finally
        {
            foreach (var handle in made) session.DestroyObject(handle);
        }
    }

    private static TokenRefusedException Missing(string what) => new("MechanismMissing", $"The token has neither CKM_RSA_AES_KEY_WRAP nor {what}, so it can't wrap a key as Azure takes it.");

    private static IObjectAttribute Of(CKA kind, bool value) => Factories.ObjectAttributeFactory.Create(kind, value);

    private static IObjectAttribute Of(CKA kind, ulong value) => Factories.ObjectAttributeFactory.Create(kind, value);

    private static IObjectAttribute Of(CKA kind, byte[] value) => Factories.ObjectAttributeFactory.Create(kind, value);
}
