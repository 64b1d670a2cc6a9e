namespace Runbook.Actions;

/// <summary>One of Azure's clouds: where its services are and what tokens they take. Immutable.</summary>
public sealed record AzureCloud
{
    private AzureCloud()
    {
    }

    /// <summary>Azure.</summary>
    public static AzureCloud Public { get; } = new()
    {
        Name = "public",
        AuthorityHost = new Uri("https://login.microsoftonline.com/"),
        ResourceManager = new Uri("https://management.azure.com"),
        ManagedHsmDomain = "managedhsm.azure.net",
        VaultDomain = "vault.azure.net",
        BlobDomain = "blob.core.windows.net",
        Logs = new Uri("https://api.loganalytics.io"),
        Directory = new Uri("https://graph.microsoft.com"),
        AttestationDomain = "attest.azure.net",
    };

    /// <summary>Azure for the government of the United States.</summary>
    public static AzureCloud UsGovernment { get; } = new()
    {
        Name = "us-government",
        AuthorityHost = new Uri("https://login.microsoftonline.us/"),
        ResourceManager = new Uri("https://management.usgovcloudapi.net"),
        ManagedHsmDomain = "managedhsm.usgovcloudapi.net",
        VaultDomain = "vault.usgovcloudapi.net",
        BlobDomain = "blob.core.usgovcloudapi.net",
        Logs = new Uri("https://api.loganalytics.us"),
        Directory = new Uri("https://graph.microsoft.us"),
        AttestationDomain = "attest.azure.us",
    };

    /// <summary>Azure in China.</summary>
    public static AzureCloud China { get; } = new()
    {
        Name = "china",
        AuthorityHost = new Uri("https://login.chinacloudapi.cn/"),
        ResourceManager = new Uri("https://management.chinacloudapi.cn"),
        ManagedHsmDomain = "managedhsm.azure.cn",
        VaultDomain = "vault.azure.cn",
        BlobDomain = "blob.core.chinacloudapi.cn",
        Logs = new Uri("https://api.loganalytics.azure.cn"),
        Directory = new Uri("https://microsoftgraph.chinacloudapi.cn"),
    };

    /// <summary>All of them, in the order in which they are listed to people.</summary>
    public static IReadOnlyList<AzureCloud> All { get; } = [Public, UsGovernment, China];

    /// <summary>Its name in a profile: <c>public</c>, <c>us-government</c> or <c>china</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Where tokens are issued.</summary>
    public required Uri AuthorityHost { get; init; }

    /// <summary>Resource Manager's address, without a slash behind it when written.</summary>
    public required Uri ResourceManager { get; init; }

    /// <summary>The domain of managed HSMs: an HSM is <c>name.domain</c>, and its tokens are for the domain.</summary>
    public required string ManagedHsmDomain { get; init; }

    /// <summary>The domain of key vaults.</summary>
    public required string VaultDomain { get; init; }

    /// <summary>The domain of blobs.</summary>
    public required string BlobDomain { get; init; }

    /// <summary>Where the logs of Log Analytics are queried.</summary>
    public required Uri Logs { get; init; }

    /// <summary>Where Entra's directory is read.</summary>
    public required Uri Directory { get; init; }

    /// <summary>The directory's address as URLs begin with it.</summary>
    internal string DirectoryRoot => Directory.GetLeftPart(UriPartial.Authority);
    /// <summary>The domain of attestation providers; <see langword="null"/> for a cloud that has none.</summary>
    public string? AttestationDomain { get; init; }

    /// <summary>Resource Manager's address as URLs begin with it.</summary>
    internal string ResourceManagerRoot => ResourceManager.GetLeftPart(UriPartial.Authority);

    /// <summary>What a token for Resource Manager is asked for.</summary>
    internal string ResourceManagerScope => $"{ResourceManagerRoot}/.default";

    /// <summary>What a token for managed HSMs is asked for.</summary>
    internal string ManagedHsmScope => $"https://{ManagedHsmDomain}/.default";

    /// <summary>What a token for an address is asked for; <see langword="null"/> for an address of another cloud, or of none.</summary>
    internal string? ScopeOf(Uri address)
    {
        if (IsResourceManager(address)) return ResourceManagerScope;
        if (address.Scheme != Uri.UriSchemeHttps) return null;
        if (IsManagedHsm(address)) return ManagedHsmScope;
        if (address.Host.EndsWith("." + VaultDomain, StringComparison.OrdinalIgnoreCase)) return $"https://{VaultDomain}/.default";
        if (string.Equals(address.Authority, Logs.Authority, StringComparison.OrdinalIgnoreCase)) return $"{Logs.GetLeftPart(UriPartial.Authority)}/.default";
        if (string.Equals(address.Authority, Directory.Authority, StringComparison.OrdinalIgnoreCase)) return $"{DirectoryRoot}/.default";
        if (IsAttestation(address)) return $"https://{AttestationDomain}/.default";
        return IsBlob(address) ? "https://storage.azure.com/.default" : null;
    }

    /// <summary>Whether an address is of the blob service of this cloud.</summary>
    internal bool IsBlob(Uri address) => address.Host.EndsWith("." + BlobDomain, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether an address is of an attestation provider of this cloud.</summary>
    internal bool IsAttestation(Uri address) => AttestationDomain is { } domain && address.Host.EndsWith("." + domain, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a host is of a managed HSM of this cloud.</summary>
    internal bool IsManagedHsm(Uri address) => address.Scheme == Uri.UriSchemeHttps && address.Host.EndsWith("." + ManagedHsmDomain, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether an address is Resource Manager's of this cloud.</summary>
    internal bool IsResourceManager(Uri address) => address.Scheme == Uri.UriSchemeHttps && string.Equals(address.Authority, ResourceManager.Authority, StringComparison.OrdinalIgnoreCase);
}
