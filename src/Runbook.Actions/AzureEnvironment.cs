using Azure.Core;
using Azure.Core.Pipeline;

namespace Runbook.Actions;

/// <summary>Where a session's actions are carried out, and as whom. Immutable; safe to share between threads.</summary>
public sealed record AzureEnvironment
{
    /// <summary>The cloud.</summary>
    public AzureCloud Cloud { get; init; } = AzureCloud.Public;

    /// <summary>The tenant's id.</summary>
    public required string TenantId { get; init; }

    /// <summary>The subscription's id.</summary>
    public required string SubscriptionId { get; init; }

    /// <summary>The group in which a resource that is given by its name alone lies.</summary>
    public required string ResourceGroup { get; init; }

    /// <summary>The environment's label, which a runbook's <c>environments</c> must hold; <c>rehearsal</c> for the embedded Azure.</summary>
    public required string Label { get; init; }

    /// <summary>Whether it is the embedded Azure: there a token of one's own may be a stand-in, and nowhere else.</summary>
    public bool IsEmbedded { get; init; }

    /// <summary>Who asks.</summary>
    public required TokenCredential Credential { get; init; }

    /// <summary>
    /// How requests travel. It must not follow redirects. The embedded Azure is plugged in here, as an
    /// <see cref="HttpClientTransport"/> over its handler; the credential needs the same one.
    /// </summary>
    public HttpPipelineTransport Transport { get; init; } = DefaultTransport;

    /// <summary>The network, without redirects.</summary>
    public static HttpPipelineTransport DefaultTransport { get; } = new HttpClientTransport(NewHandler());

    internal static SocketsHttpHandler NewHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(30),
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
    };
}
