using System.Text.Json;

namespace Azure.Security.KeyVault.Keys;

/// <summary>To whom a key is to be released.</summary>
public class ReleaseKeyOptions
{
    /// <summary>The release of a key to the holder of a token.</summary>
    public ReleaseKeyOptions(string name, string targetAttestationToken)
    {
        Name = Argument.NotEmpty(name);
        TargetAttestationToken = Argument.NotEmpty(targetAttestationToken);
    }

    /// <summary>The key's name.</summary>
    public string Name { get; }

    /// <summary>The token that says what environment asks.</summary>
    public string TargetAttestationToken { get; }

    /// <summary>The key's version; <see langword="null"/> for the newest.</summary>
    public string? Version { get; set; }

    /// <summary>A value that the answer repeats.</summary>
    public string? Nonce { get; set; }

    /// <summary>How the key is wrapped.</summary>
    public KeyExportEncryptionAlgorithm? Algorithm { get; set; }

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("target", TargetAttestationToken);
        writer.WriteText("nonce", Nonce);
        writer.WriteText("enc", Algorithm?.ToString());
    }
}
