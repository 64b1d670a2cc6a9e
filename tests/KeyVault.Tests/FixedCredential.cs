using Azure.Core;

namespace Runbook.KeyVault.Tests;

/// <summary>Gives the same token to everyone and keeps what was asked for.</summary>
internal sealed class FixedCredential : TokenCredential
{
    /// <summary>What tokens were asked for.</summary>
    public List<TokenRequestContext> Asked { get; } = [];

    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        Asked.Add(requestContext);
        return new AccessToken($"token-{Asked.Count}", DateTimeOffset.MaxValue.AddDays(-1));
    }

    public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => new(GetToken(requestContext, cancellationToken));
}
