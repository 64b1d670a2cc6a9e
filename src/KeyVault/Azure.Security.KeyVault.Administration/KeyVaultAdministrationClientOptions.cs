using System.Diagnostics.CodeAnalysis;
using Azure.Core;

namespace Azure.Security.KeyVault.Administration;

/// <summary>How the clients of a managed HSM's administration talk to it.</summary>
public class KeyVaultAdministrationClientOptions : ClientOptions
{
    /// <summary>Options for a version of the service.</summary>
    public KeyVaultAdministrationClientOptions(ServiceVersion version = ServiceVersion.V7_6) => Version = version;

    /// <summary>Versions of the service.</summary>
    [SuppressMessage("Naming", "CA1707:Identifiers should not contain underscores", Justification = "The official names.")]
    [SuppressMessage("Design", "CA1008:Enums should have zero value", Justification = "The official values.")]
    public enum ServiceVersion
    {
        /// <summary>7.2.</summary>
        V7_2 = 1,

        /// <summary>7.3.</summary>
        V7_3 = 2,

        /// <summary>7.4.</summary>
        V7_4 = 3,

        /// <summary>7.5.</summary>
        V7_5 = 4,

        /// <summary>7.6.</summary>
        V7_6 = 5,
    }

    /// <summary>The version of the service.</summary>
    public ServiceVersion Version { get; }

    /// <summary>Whether a host may ask for tokens of another domain.</summary>
    public bool DisableChallengeResourceVerification { get; set; }

    internal string VersionText => $"7.{(int)Version + 1}";

    internal KeyVaultPipeline Pipeline(Uri vaultUri, TokenCredential credential, string client) => new(
        Argument.NotNull(vaultUri), VersionText, Argument.NotNull(credential), DisableChallengeResourceVerification, this, $"Azure.Security.KeyVault.Administration.{client}");
}
