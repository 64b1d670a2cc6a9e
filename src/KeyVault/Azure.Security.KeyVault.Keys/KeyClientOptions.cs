using System.Diagnostics.CodeAnalysis;
using Azure.Core;

namespace Azure.Security.KeyVault.Keys;

/// <summary>How a <see cref="KeyClient"/> talks to the service.</summary>
public class KeyClientOptions : ClientOptions
{
    /// <summary>Options for a version of the service.</summary>
    public KeyClientOptions(ServiceVersion version = ServiceVersion.V7_6)
    {
        Version = version;
        Retry.NetworkTimeout = TimeSpan.FromSeconds(100);
    }

    /// <summary>Versions of the service.</summary>
    [SuppressMessage("Naming", "CA1707:Identifiers should not contain underscores", Justification = "The official names.")]
    public enum ServiceVersion
    {
        /// <summary>7.0.</summary>
        V7_0 = 0,

        /// <summary>7.1.</summary>
        V7_1 = 1,

        /// <summary>7.2.</summary>
        V7_2 = 2,

        /// <summary>7.3.</summary>
        V7_3 = 3,

        /// <summary>7.4.</summary>
        V7_4 = 4,

        /// <summary>7.5.</summary>
        V7_5 = 5,

        /// <summary>7.6.</summary>
        V7_6 = 6,
    }

    /// <summary>The version of the service.</summary>
    public ServiceVersion Version { get; }

    /// <summary>Whether a host may ask for tokens of another domain.</summary>
    public bool DisableChallengeResourceVerification { get; set; }

    internal string VersionText => $"7.{(int)Version}";
}
