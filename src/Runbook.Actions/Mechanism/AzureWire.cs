using Azure.Core;
using Azure.Core.Pipeline;
using Azure.ResourceManager;
using Azure.Security.KeyVault.Administration;
using Azure.Security.KeyVault.Keys;
using Azure.Security.KeyVault.Keys.Cryptography;

namespace Runbook.Actions;

/// <summary>
/// Makes the clients for one call. Each is built around its <see cref="Exchange"/>: its own retries and redirects are off,
/// and <see cref="PlannedRequestPolicy"/> stands before the network.
/// </summary>
/// <remarks>Whoever has none of these can't send. Tokens are kept by the credential, connections by the transport.</remarks>
internal sealed class AzureWire(AzureEnvironment environment)
{
    /// <summary>The cloud that addresses must be of.</summary>
    public AzureCloud Cloud => environment.Cloud;

    /// <summary>Resource Manager.</summary>
    public ArmClient Arm(Exchange exchange)
    {
        var options = Configured(new ArmClientOptions { Environment = new ArmEnvironment(environment.Cloud.ResourceManager, environment.Cloud.ResourceManagerRoot + "/") }, exchange);
        foreach (var type in (ReadOnlySpan<string>)["managedHSMs", "locations/deletedManagedHSMs"])
        {
            // Named versions, so that the client doesn't look them up with a request of its own.
            options.SetApiVersion(new ResourceType($"Microsoft.KeyVault/{type}"), AzureSite.KeyVaultVersion);
        }

        return new ArmClient(environment.Credential, environment.SubscriptionId, options);
    }

    /// <summary>The keys of a managed HSM.</summary>
    public KeyClient Keys(Exchange exchange) =>
        new(HostOf(exchange), environment.Credential, Configured(new KeyClientOptions(KeyClientOptions.ServiceVersion.V7_6), exchange));

    /// <summary>What a key does, inside the HSM only.</summary>
    /// <param name="exchange">The call.</param>
    /// <param name="keyId">The key, with or without version.</param>
    public CryptographyClient Crypto(Exchange exchange, Uri keyId)
    {
        var options = Configured(new CryptographyClientOptions(CryptographyClientOptions.ServiceVersion.V7_6), exchange);
        options.AddPolicy(new StayRemotePolicy(), HttpPipelinePosition.PerCall);
        return new CryptographyClient(keyId, environment.Credential, options);
    }

    /// <summary>The local roles of a managed HSM.</summary>
    public KeyVaultAccessControlClient Roles(Exchange exchange) =>
        new(HostOf(exchange), environment.Credential, Configured(new KeyVaultAdministrationClientOptions(KeyVaultAdministrationClientOptions.ServiceVersion.V7_6), exchange));

    /// <summary>For what no client has: the planned request, made as it is.</summary>
    /// <param name="exchange">The call.</param>
    /// <param name="cancellationToken">Ends our wait.</param>
    /// <param name="page">A further page of the list that the call reads; <see langword="null"/> for the call itself.</param>
    /// <exception cref="Engine.Actions.CallNotSentException">The address is of another cloud, or of none.</exception>
    public async Task SendAsync(Exchange exchange, CancellationToken cancellationToken, Uri? page = null)
    {
        var address = page ?? new Uri(exchange.Call.Url);
        var pipeline = HttpPipelineBuilder.Build(Configured(new PlainOptions(), exchange), AuthenticationFor(address));
        using var message = pipeline.CreateMessage();
        message.Request.Method = new RequestMethod(exchange.Call.Method);
        message.Request.Uri.Reset(address);
        message.Request.Headers.Add("Accept", "application/json");
        // Storage knows its version by a header, and takes no token without one.
        if (Cloud.IsBlob(address)) message.Request.Headers.Add("x-ms-version", AzureSite.BlobVersion);
        if (page is null && exchange.Body is { } body)
        {
            message.Request.Headers.Add("Content-Type", "application/json");
            message.Request.Content = RequestContent.Create(BinaryData.FromString(body.GetRawText()));
        }

        // A copy reads its source as whoever asks for it; the token is no part of what was planned, and stands in no journal.
        if (page is null && exchange.Call.Headers.TryGetValue(BlobCopy.SourceHeader, out var source))
        {
            var token = await environment.Credential.GetTokenAsync(new TokenRequestContext([ScopeOf(new Uri(source))]), cancellationToken).ConfigureAwait(false);
            message.Request.Headers.Add("x-ms-copy-source-authorization", $"Bearer {token.Token}");
        }

        await pipeline.SendAsync(message, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What a token for an address is asked for: never one for somebody else's address.</summary>
    private string ScopeOf(Uri address) => Cloud.ScopeOf(address) ?? throw Foreign(address);

    // Whoever arms a fault of the embedded Azure shows no token, and a real Azure has none.
    private HttpPipelinePolicy[] AuthenticationFor(Uri address)
    {
        if (!EmbeddedActions.IsHere(address)) return [new BearerTokenAuthenticationPolicy(environment.Credential, ScopeOf(address))];
        return environment.IsEmbedded
            ? []
            : throw new Engine.Actions.CallNotSentException(ActionCodes.EmbeddedOnly, "This action exists on the embedded Azure only, and the profile names a real subscription. Nothing was sent. Follow the drill's variant by hand, in which a person cuts the route.");
    }

    private Uri HostOf(Exchange exchange)
    {
        var address = new Uri(exchange.Call.Url);
        return Cloud.IsManagedHsm(address) ? new Uri(address.GetLeftPart(UriPartial.Authority)) : throw Foreign(address);
    }

    private Engine.Actions.CallNotSentException Foreign(Uri address) =>
        new(ActionCodes.ForeignAddress, $"{address.GetLeftPart(UriPartial.Authority)} is no address of the cloud '{Cloud.Name}': no token is given to it, and nothing was sent.");

    private T Configured<T>(T options, Exchange exchange)
        where T : ClientOptions
    {
        if (Randomness.IsGiven && !environment.IsEmbedded) throw new InvalidOperationException("Random bytes are given, as for runs that repeat, and this Azure is not embedded.");
        options.Transport = environment.Transport;
        options.Retry.MaxRetries = 0;
        options.Retry.NetworkTimeout = ActionsLimits.NetworkTimeout;
        if (options.Diagnostics.IsTelemetryEnabled) options.AddPolicy(UserAgentPolicy.Of(typeof(T)), HttpPipelinePosition.PerCall);
        options.Diagnostics.IsTelemetryEnabled = false;
        options.AddPolicy(new PlannedRequestPolicy(exchange), HttpPipelinePosition.BeforeTransport);
        return options;
    }

    private sealed class PlainOptions : ClientOptions;
}
