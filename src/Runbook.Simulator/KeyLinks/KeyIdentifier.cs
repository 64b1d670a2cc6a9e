using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Runbook.Simulator.Http;

namespace Runbook.Simulator.KeyLinks;

/// <summary>A key's URL taken apart: the store, the name, and the version unless it follows rotation.</summary>
internal sealed partial record KeyIdentifier
{
    private KeyIdentifier()
    {
    }

    /// <summary>Host name of the managed HSM or vault, in lower case.</summary>
    public required string Host { get; init; }

    public required string Name { get; init; }

    /// <summary>32 hexadecimal digits in lower case, or <see langword="null"/> for whichever version is the newest.</summary>
    public string? Version { get; init; }

    public bool IsVersioned => Version is not null;

    public bool IsHsm => HostNames.KindOf(Host) == ServiceKind.ManagedHsm;

    /// <summary>First label of the host name: the store's own name, unless it is a regional one.</summary>
    public string StoreName => HostNames.FirstLabel(Host);

    public string StoreUrl => $"https://{Host}";

    public string Versionless => $"https://{Host}/keys/{Name}";

    public KeyIdentifier WithVersion(string version) => this with { Version = version.ToLowerInvariant() };

    public override string ToString() => Version is null ? Versionless : $"{Versionless}/{Version}";

    /// <summary>Reads <c>https://store/keys/name</c>, with or without <c>/version</c>.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out KeyIdentifier? key)
    {
        key = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttps || uri.Query.Length > 0)
            return false;
        var host = uri.IdnHost.ToLowerInvariant();
        if (HostNames.KindOf(host) is not (ServiceKind.ManagedHsm or ServiceKind.Vault))
            return false;
        if (Path().Match(uri.AbsolutePath) is not { Success: true } match)
            return false;
        var version = match.Groups["version"];
        key = new KeyIdentifier
        {
            Host = host,
            Name = match.Groups["name"].Value,
            Version = version.Success ? version.Value.ToLowerInvariant() : null,
        };
        return true;
    }

    /// <summary>Reads a URL that was checked before.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static KeyIdentifier Parse(string text) => TryParse(text, out var key) ? key : throw new InvalidDataException($"\"{text}\" is no key.");

    /// <summary>The key that store, name and version name together; an empty version is none.</summary>
    public static bool TryMake(string? store, string? name, string? version, [NotNullWhen(true)] out KeyIdentifier? key) =>
        TryParse($"{store?.TrimEnd('/')}/keys/{name}{(string.IsNullOrEmpty(version) ? "" : "/" + version)}", out key);

    [GeneratedRegex("^/keys/(?<name>[0-9a-zA-Z-]{1,127})(?:/(?<version>[0-9a-fA-F]{32}))?/?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Path();
}
