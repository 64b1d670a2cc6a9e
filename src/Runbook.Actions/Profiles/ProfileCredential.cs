namespace Runbook.Actions;

/// <summary>How a profile says who asks.</summary>
public enum CredentialKind
{
    /// <summary>Azure.Identity's default chain, without a browser.</summary>
    Default,

    /// <summary>Whoever is signed in with <c>az login</c>.</summary>
    Az,

    /// <summary>The variables <c>AZURE_CLIENT_ID</c>, <c>AZURE_TENANT_ID</c> and <c>AZURE_CLIENT_SECRET</c> or a certificate's.</summary>
    Environment,

    /// <summary>A federated token in a file, as Kubernetes and pipelines mount it.</summary>
    WorkloadIdentity,

    /// <summary>The identity of the machine this runs on.</summary>
    ManagedIdentity,

    /// <summary>An application's certificate.</summary>
    Certificate,
}

/// <summary>Who asks.</summary>
/// <param name="Kind">Where the credential comes from.</param>
/// <param name="ClientId">The application's or user-assigned identity's client id, where one is named.</param>
/// <param name="CertificateFile">The certificate with its private key, PEM or PKCS#12, for <see cref="CredentialKind.Certificate"/>.</param>
public sealed record ProfileCredential(CredentialKind Kind, string? ClientId, string? CertificateFile);
