using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.ResourceManager;
using Azure.Security.KeyVault.Administration;
using Azure.Security.KeyVault.Keys;
using Azure.Security.KeyVault.Keys.Cryptography;

namespace Runbook.Actions;

/// <summary>
/// Carries the requests of planned calls, and makes clients that do. Their own retries and redirects are off,
/// <see cref="PlannedRequestPolicy"/> stands before the network, and a request passes there with its <see cref="Exchange"/> only.
/// </summary>
/// <remarks>One for an environment (<see cref="Of"/>): it keeps tokens for as long as they hold. Safe to share between threads.</remarks>
internal sealed class AzureWire
{
    private const string NoToken = "";

    // Probes of a key that is disabled on purpose are refused every few seconds, and nobody signs in anew that fast.
    private static readonly TimeSpan AskedAnewAtMostEvery = TimeSpan.FromSeconds(15);

    // For as long as the environment lives, which itself is immutable.
    private static readonly ConditionalWeakTable<AzureEnvironment, AzureWire> Wires = [];

    private readonly AzureEnvironment _environment;
    private readonly KeptTokens _credential;
    private readonly PlannedRequestPolicy _last;
    private readonly ConcurrentDictionary<string, HttpPipeline> _plain = new(StringComparer.Ordinal);
    private long _forgotten;

    private AzureWire(AzureEnvironment environment)
    {
        _environment = environment;
        _credential = new KeptTokens(environment.Credential, TimeProvider.System, _plain.Clear);
        _last = new PlannedRequestPolicy(Refused);
    }

    /// <summary>The one of an environment.</summary>
    public static AzureWire Of(AzureEnvironment environment) => Wires.GetValue(environment, static e => new AzureWire(e));

    /// <summary>The cloud that addresses must be of.</summary>
    public AzureCloud Cloud => _environment.Cloud;

    /// <summary>Resource Manager.</summary>
    public ArmClient Arm(Exchange exchange)
    {
        var options = Configured(new ArmClientOptions { Environment = new ArmEnvironment(_environment.Cloud.ResourceManager, _environment.Cloud.ResourceManagerRoot) }, exchange);
        foreach (var type in (ReadOnlySpan<string>)["managedHSMs", "locations/deletedManagedHSMs"])
        {
            // Named versions, so that the client doesn't look them up with a request of its own.
            options.SetApiVersion(new ResourceType($"Microsoft.KeyVault/{type}"), AzureSite.KeyVaultVersion);
        }

        return new ArmClient(_credential, _environment.SubscriptionId, options);
    }

    /// <summary>The keys of a managed HSM.</summary>
    public KeyClient Keys(Exchange exchange) =>
        new(HostOf(exchange), _credential, Configured(new KeyClientOptions(KeyClientOptions.ServiceVersion.V7_6), exchange));

    /// <summary>What a key does, inside the HSM only.</summary>
    /// <param name="exchange">The call.</param>
    /// <param name="keyId">The key, with or without version.</param>
    public CryptographyClient Crypto(Exchange exchange, Uri keyId)
    {
        var options = Configured(new CryptographyClientOptions(CryptographyClientOptions.ServiceVersion.V7_6), exchange);
        options.AddPolicy(new StayRemotePolicy(), HttpPipelinePosition.PerCall);
        return new CryptographyClient(keyId, _credential, options);
    }

    /// <summary>The local roles of a managed HSM.</summary>
    public KeyVaultAccessControlClient Roles(Exchange exchange) =>
        new(HostOf(exchange), _credential, Configured(new KeyVaultAdministrationClientOptions(KeyVaultAdministrationClientOptions.ServiceVersion.V7_6), exchange));

    /// <summary>For what no client has: the planned request, made as it is.</summary>
    /// <param name="exchange">The call.</param>
    /// <param name="cancellationToken">Ends our wait.</param>
    /// <param name="page">A further page of the list that the call reads; <see langword="null"/> for the call itself.</param>
    /// <exception cref="Engine.Actions.CallNotSentException">The address is of another cloud, or of none.</exception>
    public async Task SendAsync(Exchange exchange, CancellationToken cancellationToken, Uri? page = null)
    {
        var address = page ?? exchange.Address;
        var pipeline = PlainFor(address);
        using var message = pipeline.CreateMessage();
        exchange.GoesWith(message);
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
            var token = await TokenAsync(ScopeOf(new Uri(source)), cancellationToken).ConfigureAwait(false);
            message.Request.Headers.Add("x-ms-copy-source-authorization", $"Bearer {token.Token}");
        }

        await pipeline.SendAsync(message, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The token that calls are made with: asked for as Azure.Core asks.</summary>
    /// <param name="scope">What it is for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<AccessToken> TokenAsync(string scope, CancellationToken cancellationToken) => _credential.GetTokenAsync(new TokenRequestContext([scope], isCaeEnabled: true), cancellationToken);

    /// <summary>What a token for an address is asked for: never one for somebody else's address.</summary>
    private string ScopeOf(Uri address) => Cloud.ScopeOf(address) ?? throw Foreign(address);

    private HttpPipeline PlainFor(Uri address)
    {
        RefuseRepeatedRunsElsewhere();
        return _plain.GetOrAdd(ScopeFor(address), scope => HttpPipelineBuilder.Build(Configured(new PlainOptions()), scope == NoToken ? [] : [new BearerTokenAuthenticationPolicy(_credential, scope)]));
    }

    // Whoever arms a fault of the embedded Azure shows no token, and a real Azure has none.
    private string ScopeFor(Uri address)
    {
        if (!EmbeddedActions.IsHere(address)) return ScopeOf(address);
        return _environment.IsEmbedded
            ? NoToken
            : throw new Engine.Actions.CallNotSentException(ActionCodes.EmbeddedOnly, "This action exists on the embedded Azure only, and the profile names a real subscription. Nothing was sent. Follow the drill's variant by hand, in which a person cuts the route.");
    }

    private Uri HostOf(Exchange exchange)
    {
        var address = exchange.Address;
        return Cloud.IsManagedHsm(address) ? new Uri(address.GetLeftPart(UriPartial.Authority)) : throw Foreign(address);
    }

    private Engine.Actions.CallNotSentException Foreign(Uri address) =>
        new(ActionCodes.ForeignAddress, $"{address.GetLeftPart(UriPartial.Authority)} is no address of the cloud '{Cloud.Name}': no token is given to it, and nothing was sent.");

    // For one call: whatever the client sends is sent for it.
    private T Configured<T>(T options, Exchange exchange)
        where T : ClientOptions
    {
        RefuseRepeatedRunsElsewhere();
        options.AddPolicy(new ExchangePolicy(exchange), HttpPipelinePosition.PerCall);
        return Configured(options);
    }

    private T Configured<T>(T options)
        where T : ClientOptions
    {
        options.Transport = _environment.Transport;
        options.Retry.MaxRetries = 0;
        options.Retry.NetworkTimeout = ActionsLimits.NetworkTimeout;
        if (options.Diagnostics.IsTelemetryEnabled) options.AddPolicy(UserAgentPolicy.Of(typeof(T)), HttpPipelinePosition.PerCall);
        options.Diagnostics.IsTelemetryEnabled = false;
        options.AddPolicy(_last, HttpPipelinePosition.BeforeTransport);
        return options;
    }

    private void RefuseRepeatedRunsElsewhere()
    {
        if (Randomness.IsGiven && !_environment.IsEmbedded) throw new InvalidOperationException("Random bytes are given, as for runs that repeat, and this Azure is not embedded.");
    }

    // A token that is refused is of no use. Who is forbidden something may sign in as somebody who may: the next call asks who it is.
    private void Refused(int status)
    {
        var now = TimeProvider.System.GetTimestamp();
        var last = Volatile.Read(ref _forgotten);
        if (status == 403 && last != 0 && TimeProvider.System.GetElapsedTime(last, now) < AskedAnewAtMostEvery) return;
        Volatile.Write(ref _forgotten, now);
        _credential.Forget();
        _plain.Clear();
    }

    private sealed class PlainOptions : ClientOptions;

    private sealed class ExchangePolicy(Exchange exchange) : HttpPipelineSynchronousPolicy
    {
        public override void OnSendingRequest(HttpMessage message) => exchange.GoesWith(message);
    }
}
