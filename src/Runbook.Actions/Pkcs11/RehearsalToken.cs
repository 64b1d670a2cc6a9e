using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Runbook.Actions;

/// <summary>
/// A stand-in for a token where there is none: a rehearsal runs on any computer. It keeps keys in files beside the session,
/// in the clear, says so wherever it is named, and exists on the embedded Azure only.
/// </summary>
internal sealed class RehearsalToken : IToken
{
    /// <summary>The name of its module.</summary>
    public const string Module = "rehearsal-token";

    /// <summary>What is said of it wherever it is named.</summary>
    public const string InWords = "rehearsal token: files beside the session, no hardware";

    private const string FileHead = "This key was made by a rehearsal. It lies here in the clear and protects nothing.\n";

    private readonly string _folder;

    /// <summary>Opens one, which there always is.</summary>
    /// <param name="filesFolder">The session's folder of files.</param>
    /// <param name="label">The token's label.</param>
    public RehearsalToken(string filesFolder, string label)
    {
        _folder = Path.Combine(filesFolder, Module, Plain(label));
        Device = new TokenDevice(label, $"Runbook, {InWords}", "0", IsRehearsal: true);
    }

    /// <inheritdoc/>
    public TokenDevice Device { get; }

    /// <inheritdoc/>
    public ImmutableArray<TokenKey> Find(string label)
    {
        if (!File.Exists(PathOf(label))) return [];
        using var key = Read(label);
        return [new TokenKey(key.ExportParameters(includePrivateParameters: false), IsSensitive: true, IsExtractable: true, IsMadeThere: true)];
    }

    /// <inheritdoc/>
    public void Generate(string label, int bits)
    {
        using var key = Randomness.Rsa(bits);
        Directory.CreateDirectory(_folder);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(PathOf(label), options);
        writer.Write(FileHead + key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <inheritdoc/>
    public TokenWrapping Wrap(string label, RSAParameters kek)
    {
        using var key = Read(label);
        using var wrapping = RSA.Create(kek);
        var plain = key.ExportPkcs8PrivateKey();
        try
        {
            return new TokenWrapping(ByokMaker.Wrap(wrapping, plain), $"in the {InWords}");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <inheritdoc/>
    public byte[] Encrypt(string label, byte[] value)
    {
        using var key = Read(label);
        return Randomness.Encrypt(key, value, RSAEncryptionPadding.OaepSHA1);
    }

    /// <inheritdoc/>
    public void Destroy(string label) => File.Delete(PathOf(label));

    /// <inheritdoc/>
    public void Dispose()
    {
        // There is nothing to let go: it is a folder.
    }

    private RSA Read(string label)
    {
        if (!File.Exists(PathOf(label))) throw new TokenRefusedException("KeyNotFound", $"The token holds no RSA key '{label}'.");
        var key = RSA.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(PathOf(label)));
            return key;
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new TokenRefusedException("TokenFailed", $"The rehearsal token's file '{PathOf(label)}' holds no key any more.", exception);
        }
    }

    private string PathOf(string label) => Path.Combine(_folder, Plain(label) + ".pem");

    private static string Plain(string name) => SessionFiles.IsPlainName(name) ? name : throw new TokenRefusedException("TokenFailed", $"The rehearsal token takes plain names only, and '{name}' is none.");
}
