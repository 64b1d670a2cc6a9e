using System.Collections.Concurrent;
using System.Net;
using Azure.Core;
using Runbook.Simulator;

namespace Runbook.Cli.Exploring;

/// <summary>An estate that runs start from, prepared once for all of them, and the operator's tokens for it.</summary>
internal sealed class ExploredEstate
{
    /// <summary>The clock of the computer on which every explored Azure stands: later than the evidence of guests that lies beside the runbooks was made.</summary>
    public static readonly TimeProvider Host = new FrozenTime(new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static readonly RepeatedRuns Preparing = new("estate");
    // Azure's clients look at the time of the real clock.
    private static readonly TimeSpan TokensLast = TimeSpan.FromDays(36_500);

    private readonly ConcurrentDictionary<string, Lazy<Task<AccessToken>>> _tokens = new(StringComparer.Ordinal);

    private ExploredEstate(PreparedEstate prepared) => Prepared = prepared;

    /// <summary>The estate.</summary>
    public PreparedEstate Prepared { get; }

    /// <summary>Prepares one.</summary>
    /// <param name="estate">As a file of estates says it.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<ExploredEstate> PrepareAsync(string estate, CancellationToken cancellationToken)
    {
        using var random = Preparing.Begin();
        var azure = await EmbeddedAzure.StartAsync(new EmbeddedAzureOptions { Clock = ClockMode.Standing, Estate = estate, HostClock = Host, Seed = "1" }, cancellationToken).ConfigureAwait(false);
        await using (azure.ConfigureAwait(false))
        {
            // What an Azure makes for itself when it is first asked, such as the keys that sign its tokens, is made here once for all runs.
            _ = await AskAsync(azure, "https://management.azure.com/.default", cancellationToken).ConfigureAwait(false);
            return new ExploredEstate(PreparedEstate.Read(azure.State.Export(EstateSecrets.Included)));
        }
    }

    /// <summary>
    /// A token of the operator, asked for once and of an Azure beside the run's: who asks first follows from the order of the workers,
    /// and what tokens do when they are refused is not what is explored.
    /// </summary>
    /// <param name="scope">What it is for.</param>
    public Task<AccessToken> TokenAsync(string scope) => _tokens.GetOrAdd(scope, s => new Lazy<Task<AccessToken>>(() => AskAsync(s))).Value;

    private async Task<AccessToken> AskAsync(string scope)
    {
        using var random = Preparing.Begin();
        var azure = await EmbeddedAzure.StartAsync(new EmbeddedAzureOptions { Clock = ClockMode.Standing, Prepared = Prepared, HostClock = Host, Seed = "1" }, CancellationToken.None).ConfigureAwait(false);
        await using (azure.ConfigureAwait(false))
        {
            return await AskAsync(azure, scope, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task<AccessToken> AskAsync(EmbeddedAzure azure, string scope, CancellationToken cancellationToken)
    {
        var who = azure.Principals.Find("operator")!;
        using var wire = new HttpMessageInvoker(azure.CreateHandler(IPAddress.Loopback));
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://login.microsoftonline.com/{azure.TenantId}/oauth2/v2.0/token")
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = who.ClientId!,
                ["client_secret"] = who.Secret!,
                ["scope"] = scope,
            }),
        };
        using var answer = await wire.SendAsync(request, cancellationToken).ConfigureAwait(false);
        using var told = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false));
        return new AccessToken(told.RootElement.GetProperty("access_token").GetString()!, Host.GetUtcNow() + TokensLast);
    }
}

/// <summary>The operator's tokens, as clients of an estate ask for them.</summary>
/// <param name="estate">The estate.</param>
internal sealed class ExploredCredential(ExploredEstate estate) : TokenCredential
{
    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => GetTokenAsync(requestContext, cancellationToken).AsTask().GetAwaiter().GetResult();

    public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => new(estate.TokenAsync(requestContext.Scopes[0]));
}
