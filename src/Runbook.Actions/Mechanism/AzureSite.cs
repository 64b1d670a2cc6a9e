namespace Runbook.Actions;

/// <summary>The names of an environment: turns a resource's name or id into addresses. Pure; a name may be a <c>${hole}</c>.</summary>
internal sealed record AzureSite(AzureCloud Cloud, string TenantId, string SubscriptionId, string ResourceGroup)
{
    /// <summary>Version of the Key Vault resource provider.</summary>
    public const string KeyVaultVersion = "2023-07-01";

    /// <summary>Version of a managed HSM's data plane that the clients speak.</summary>
    public const string HsmVersion = "7.6";

    /// <summary>Version of the security-domain calls, as the command line sends it.</summary>
    public const string SecurityDomainVersion = "7.5";

    /// <summary>Version of the blob service.</summary>
    public const string BlobVersion = "2021-12-02";

    /// <summary>Nowhere: for a catalogue of descriptors.</summary>
    public static AzureSite Nowhere { get; } = new(AzureCloud.Public, "${tenant}", "${subscription}", "${resourceGroup}");

    /// <summary>A managed HSM's resource id, from its name in the group or its id.</summary>
    public string HsmId(string nameOrId) => nameOrId.StartsWith("/subscriptions/", StringComparison.OrdinalIgnoreCase)
        ? nameOrId.TrimEnd('/')
        : $"/subscriptions/{SubscriptionId}/resourceGroups/{ResourceGroup}/providers/Microsoft.KeyVault/managedHSMs/{nameOrId}";

    /// <summary>A managed HSM's data-plane address, without slash behind it.</summary>
    public string HsmHost(string nameOrId) => $"https://{nameOrId[(nameOrId.TrimEnd('/').LastIndexOf('/') + 1)..].TrimEnd('/')}.{Cloud.ManagedHsmDomain}";

    /// <summary>An address of Resource Manager.</summary>
    /// <param name="path">The path, from its slash on.</param>
    public string Arm(string path) => $"{Cloud.ResourceManagerRoot}{path}?api-version={KeyVaultVersion}";

    /// <summary>A resource's id, from its name in the group or its id.</summary>
    /// <param name="type">Its type, such as <c>Microsoft.Storage/storageAccounts</c>.</param>
    /// <param name="nameOrId">Name or id.</param>
    public string Id(string type, string nameOrId) => nameOrId.StartsWith('/') || nameOrId.StartsWith("${", StringComparison.Ordinal) && nameOrId.EndsWith("id}", StringComparison.OrdinalIgnoreCase)
        ? nameOrId.TrimEnd('/')
        : $"/subscriptions/{SubscriptionId}/resourceGroups/{ResourceGroup}/providers/{type}/{nameOrId}";

    /// <summary>An address of Resource Manager, of a version.</summary>
    public string Arm(string path, string version, string query = "") => $"{Cloud.ResourceManagerRoot}{path}?{query}api-version={version}";

    /// <summary>An address of a managed HSM's data plane.</summary>
    /// <param name="hsm">Name or id.</param>
    /// <param name="path">The path, from its slash on.</param>
    /// <param name="query">What stands in front of the version, with its <c>&amp;</c>.</param>
    public string Hsm(string hsm, string path, string query = "") => $"{HsmHost(hsm)}{path}?{query}api-version={HsmVersion}";
}
