using Runbook.Journal;

namespace Runbook.Cli.People;

/// <summary>
/// The folder of a person on this machine: their keys, locked with passphrases, and the roster authorities that they trust.
/// </summary>
internal sealed class OwnKeys
{
    /// <summary>Ends the name of a private key's file.</summary>
    public const string KeySuffix = ".key.pem";

    private const int NameCharsMax = 32;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private OwnKeys(string root) => Root = root;

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <summary>Where keys lie.</summary>
    public string Keys => Path.Combine(Root, "keys");

    /// <summary>Where trusted authorities lie.</summary>
    public string Trust => Path.Combine(Root, "trust");

    /// <summary>The folder of whoever runs this process: <c>RUNBOOK_HOME</c>, else <c>runbook</c> in the user's configuration folder.</summary>
    public static OwnKeys OfThisUser()
    {
        var named = Environment.GetEnvironmentVariable("RUNBOOK_HOME");
        return new OwnKeys(string.IsNullOrEmpty(named) ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "runbook") : Path.GetFullPath(named));
    }

    /// <summary>Names of the keys that lie here.</summary>
    public IEnumerable<string> Names => Directory.Exists(Keys)
        ? Directory.EnumerateFiles(Keys, "*" + KeySuffix).Select(f => Path.GetFileName(f)[..^KeySuffix.Length]).Order(StringComparer.Ordinal)
        : [];

    /// <summary>The file of a private key.</summary>
    public string KeyFile(string name) => Path.Combine(Keys, name + KeySuffix);

    /// <summary>The file of a public key.</summary>
    public string PublicFile(string name) => Path.Combine(Keys, name + ".pub.pem");

    /// <summary>The public half of a key that lies here.</summary>
    public VerifyingKey PublicKey(string name)
    {
        if (!File.Exists(PublicFile(name))) throw new CliException("RC061", $"there is no key \"{name}\".", "nothing was done.", "runbook keys show    (lists the keys that are here)");
        return VerifyingKey.TryImportPem(File.ReadAllText(PublicFile(name))) ?? throw new CliException("RC061", $"\"{PublicFile(name)}\" holds no P-256 or P-384 public key.", "nothing was done.", "restore the file, or make a new key.");
    }

    /// <summary>Stores a new key; one that is there is never overwritten.</summary>
    public void Add(string name, EcdsaSigner signer, ReadOnlySpan<char> passphrase)
    {
        RequireName(name);
        MakeFolder(Root);
        MakeFolder(Keys);
        if (File.Exists(KeyFile(name))) throw new CliException("RC060", $"there is a key \"{name}\" already.", "it was not touched.", "choose another name.");
        Write(KeyFile(name), PersonKeyFile.Write(signer, passphrase));
        Write(PublicFile(name), System.Text.Encoding.ASCII.GetBytes(signer.PublicKey.Pem));
    }

    /// <summary>Opens a private key.</summary>
    /// <exception cref="PersonKeyException">The passphrase is wrong.</exception>
    public EcdsaSigner Open(string name, ReadOnlySpan<char> passphrase)
    {
        if (!File.Exists(KeyFile(name))) throw new CliException("RC061", $"there is no key \"{name}\".", "nothing was done.", "runbook keys show    (lists the keys that are here)");
        return PersonKeyFile.Open(File.ReadAllBytes(KeyFile(name)), passphrase);
    }

    /// <summary>The authorities that this user trusts.</summary>
    public TrustedAuthorities TrustedAuthorities()
    {
        var trusted = new TrustedAuthorities();
        if (!Directory.Exists(Trust)) return trusted;
        foreach (var file in Directory.EnumerateFiles(Trust, "*.pem").Order(StringComparer.Ordinal)) trusted.TryAdd(File.ReadAllText(file), "trusted by this user");
        return trusted;
    }

    /// <summary>Trusts an authority from now on.</summary>
    public void AddTrust(VerifyingKey key)
    {
        MakeFolder(Root);
        MakeFolder(Trust);
        Write(TrustFile(key.KeyId), System.Text.Encoding.ASCII.GetBytes(key.Pem));
    }

    /// <summary>The file of a trusted authority.</summary>
    public string TrustFile(Digest keyId) => Path.Combine(Trust, keyId.Hex + ".pem");

    /// <summary>A name that can be a file and a roster id.</summary>
    public static void RequireName(string name)
    {
        var fits = name.Length is > 0 and <= NameCharsMax && char.IsAsciiLetterLower(name[0]) && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
        if (!fits) throw new CliException("RC062", $"\"{name}\" is no name for a key.", "nothing was done.", $"use 1 to {NameCharsMax} lower-case letters, digits and hyphens, a letter first: the same as the person's id in rosters.");
    }

    private static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
    }

    private static void Write(string file, byte[] bytes) => DurableFiles.Replace(LocalDisk.Instance, file, bytes);
}
