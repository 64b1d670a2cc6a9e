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

    /// <summary>An address of a managed HSM's data plane.</summary>
    /// <param name="hsm">Name or id.</param>
    /// <param name="path">The path, from its slash on.</param>
    /// <param name="query">What stands in front of the version, with its <c>&amp;</c>.</param>
    public string Hsm(string hsm, string path, string query = "") => $"{HsmHost(hsm)}{path}?{query}api-version={HsmVersion}";
}
