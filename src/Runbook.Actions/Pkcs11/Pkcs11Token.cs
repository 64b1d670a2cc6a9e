using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Runbook.Actions;

/// <summary>A token behind a PKCS#11 module. One at a time: a module has one state for the whole process.</summary>
internal sealed class Pkcs11Token : IToken
{
    private static readonly Lock OneAtATime = new();
    private static readonly Pkcs11InteropFactories Factories = new();

    private readonly IPkcs11Library _module;
    private readonly ISlot _slot;
    private readonly ISession _session;
    private bool _isOver;

    // The library asks for "libdl", a name that only a machine with a compiler's links has; the loader's own name is libdl.so.2.
    static Pkcs11Token() => NativeLibrary.SetDllImportResolver(
        typeof(IPkcs11Library).Assembly,
        static (name, _, _) => OperatingSystem.IsLinux() && name == "libdl" && NativeLibrary.TryLoad("libdl.so.2", out var handle) ? handle : IntPtr.Zero);

    private Pkcs11Token(IPkcs11Library module, ISlot slot, ISession session, TokenDevice device) =>
        (_module, _slot, _session, Device) = (module, slot, session, device);

    /// <inheritdoc/>
    public TokenDevice Device { get; }

    /// <summary>Loads a module, finds its token by label, and logs in as its user.</summary>
    /// <exception cref="TokenRefusedException">One of these does not go.</exception>
    public static Pkcs11Token Open(string module, string label, string pin)
    {
        var path = TokenModules.Find(module);
        OneAtATime.Enter();
        IPkcs11Library? library = null;
        ISession? session = null;
        var secret = Encoding.UTF8.GetBytes(pin);
        try
        {
            library = Factories.Pkcs11LibraryFactory.LoadPkcs11Library(Factories, path, AppType.MultiThreaded);
            var (slot, device) = SlotOf(library, label);
            session = slot.OpenSession(SessionType.ReadWrite);
            session.Login(CKU.CKU_USER, secret);
            return new Pkcs11Token(library, slot, session, device);
        }
        catch (Exception exception)
        {
            session?.Dispose();
            library?.Dispose();
            OneAtATime.Exit();
            if (TokenErrors.Translate(exception, $"log in to the token '{label}'") is { } refused) throw refused;
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <inheritdoc/>
    public ImmutableArray<TokenKey> Find(string label) => Do($"look for the key '{label}'", () => Handles(CKO.CKO_PRIVATE_KEY, label).Select(Describe).ToImmutableArray());

    /// <inheritdoc/>
    public void Generate(string label, int bits) => Do($"make the key '{label}'", () =>
    {
        using var mechanism = Mechanism(CKM.CKM_RSA_PKCS_KEY_PAIR_GEN);
        var id = Randomness.Bytes(8);
        _session.GenerateKeyPair(
            mechanism,
            [Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_PRIVATE, false), Of(CKA.CKA_LABEL, label), Of(CKA.CKA_ID, id), Of(CKA.CKA_ENCRYPT, true), Of(CKA.CKA_WRAP, true), Of(CKA.CKA_VERIFY, true), Of(CKA.CKA_MODULUS_BITS, (ulong)bits), Of(CKA.CKA_PUBLIC_EXPONENT, [1, 0, 1])],
            [Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_PRIVATE, true), Of(CKA.CKA_LABEL, label), Of(CKA.CKA_ID, id), Of(CKA.CKA_SENSITIVE, true), Of(CKA.CKA_EXTRACTABLE, true), Of(CKA.CKA_DECRYPT, true), Of(CKA.CKA_UNWRAP, true), Of(CKA.CKA_SIGN, true)],
            out _,
            out _);
        return true;
    });

    /// <inheritdoc/>
    public TokenWrapping Wrap(string label, RSAParameters kek) => Do($"wrap the key '{label}'", () =>
    {
        var key = One(CKO.CKO_PRIVATE_KEY, label);
        var wrapping = _session.CreateObject([Of(CKA.CKA_CLASS, (ulong)CKO.CKO_PUBLIC_KEY), Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_RSA), Of(CKA.CKA_TOKEN, false), Of(CKA.CKA_PRIVATE, false), Of(CKA.CKA_WRAP, true), Of(CKA.CKA_MODULUS, kek.Modulus!), Of(CKA.CKA_PUBLIC_EXPONENT, kek.Exponent!)]);
        try
        {
            return new KeyWrapMechanisms(_session, _slot.GetMechanismList()).Wrap(wrapping, key);
        }
        finally
        {
            _session.DestroyObject(wrapping);
        }
    });

    /// <inheritdoc/>
    public byte[] Encrypt(string label, byte[] value) => Do($"encrypt with the key '{label}'", () =>
    {
        var oaep = KeyWrapMechanisms.Oaep();
        using var held = oaep as IDisposable;
        using var mechanism = Factories.MechanismFactory.Create(CKM.CKM_RSA_PKCS_OAEP, oaep);
        return _session.Encrypt(mechanism, One(CKO.CKO_PUBLIC_KEY, label), value);
    });

    /// <inheritdoc/>
    public void Destroy(string label) => Do($"destroy the key '{label}'", () =>
    {
        var halves = Handles(CKO.CKO_PRIVATE_KEY, label).Concat(Handles(CKO.CKO_PUBLIC_KEY, label)).ToList();
        foreach (var half in halves) _session.DestroyObject(half);
        return halves.Count;
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isOver) return;
        _isOver = true;
        try
        {
            _session.Dispose();
            _module.Dispose();
        }
        finally
        {
            OneAtATime.Exit();
        }
    }

    private static (ISlot Slot, TokenDevice Device) SlotOf(IPkcs11Library library, string label)
    {
        var tokens = library.GetSlotList(SlotsType.WithTokenPresent).Select(slot => (Slot: slot, Token: slot.GetTokenInfo())).ToList();
        var fitting = tokens.Where(t => t.Token.Label == label).ToList();
        return fitting switch
        {
            [var only] => (only.Slot, new TokenDevice(label, $"{only.Token.ManufacturerId}, {only.Token.Model}", only.Token.SerialNumber, IsRehearsal: false)),
            [] => throw new TokenRefusedException("TokenNotFound", tokens.Count == 0 ? "The module shows no token: none is inserted, or it is not reachable." : $"No token has the label '{label}'; there {(tokens.Count == 1 ? "is" : "are")} {string.Join(", ", tokens.Select(t => $"'{t.Token.Label}'"))}."),
            _ => throw new TokenRefusedException("TokenAmbiguous", $"{fitting.Count} tokens have the label '{label}': take out the others."),
        };
    }

    private TokenKey Describe(IObjectHandle handle)
    {
        var told = _session.GetAttributeValue(handle, [CKA.CKA_MODULUS, CKA.CKA_PUBLIC_EXPONENT, CKA.CKA_SENSITIVE, CKA.CKA_EXTRACTABLE, CKA.CKA_LOCAL]);
        return new TokenKey(new RSAParameters { Modulus = told[0].GetValueAsByteArray(), Exponent = told[1].GetValueAsByteArray() }, told[2].GetValueAsBool(), told[3].GetValueAsBool(), told[4].GetValueAsBool());
    }

    private IObjectHandle One(CKO kind, string label) => Handles(kind, label) switch
    {
        [var only] => only,
        [] => throw new TokenRefusedException("KeyNotFound", $"The token holds no RSA key '{label}'."),
        var several => throw new TokenRefusedException("KeyAmbiguous", $"The token holds {several.Count} RSA keys '{label}', which can't be told apart."),
    };

    private List<IObjectHandle> Handles(CKO kind, string label) =>
        _session.FindAllObjects([Of(CKA.CKA_CLASS, (ulong)kind), Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_RSA), Of(CKA.CKA_LABEL, label)]);

    private static T Do<T>(string what, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (TokenErrors.Translate(exception, what) is { } refused)
        {
            throw refused;
        }
    }

    private static IMechanism Mechanism(CKM kind) => Factories.MechanismFactory.Create(kind);

    private static IObjectAttribute Of(CKA kind, bool value) => Factories.ObjectAttributeFactory.Create(kind, value);

    private static IObjectAttribute Of(CKA kind, ulong value) => Factories.ObjectAttributeFactory.Create(kind, value);

    private static IObjectAttribute Of(CKA kind, string value) => Factories.ObjectAttributeFactory.Create(kind, value);

    private static IObjectAttribute Of(CKA kind, byte[] value) => Factories.ObjectAttributeFactory.Create(kind, value);
}
