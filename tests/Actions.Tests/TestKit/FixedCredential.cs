using Azure.Core;

namespace Runbook.Actions.Tests.TestKit;

/// <summary>Gives a token of its own for each scope, and keeps what was asked for.</summary>
internal sealed class FixedCredential(Exception? refusal = null) : TokenCredential
{
    /// <summary>In front of a scope: the token for it.</summary>
    public const string Prefix = "token-for-";

    /// <summary>The scopes that were asked for, in order.</summary>
    public List<string> Asked { get; } = [];

    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        Asked.Add(requestContext.Scopes[0]);
        return refusal is null ? new AccessToken(Prefix + requestContext.Scopes[0], DateTimeOffset.MaxValue) : throw refusal;
    }

    public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        ValueTask.FromResult(GetToken(requestContext, cancellationToken));
}
