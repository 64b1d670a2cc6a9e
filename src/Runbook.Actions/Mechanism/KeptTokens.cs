using System.Collections.Concurrent;
using Azure.Core;

namespace Runbook.Actions;

/// <summary>
/// A credential whose tokens are used until shortly before they end. A client of Azure's that lives for one call keeps none from one
/// to the next, and neither do some credentials: each token of <c>az</c> starts a process.
/// </summary>
/// <remarks>All are of one person: when somebody else is signed in, what is kept of the former is forgotten.</remarks>
/// <param name="inner">Who is asked for them.</param>
/// <param name="time">The clock that tokens end by: this computer's, whatever the session's is.</param>
/// <param name="somebodyElse">Told when a token is another's than those before.</param>
internal sealed class KeptTokens(TokenCredential inner, TimeProvider time, Action somebodyElse) : TokenCredential
{
    // As Azure's clients do it where the answer does not say when to ask again.
    private static readonly TimeSpan AskedAnewBeforeEnd = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<(string Scopes, string? Tenant, bool IsRevocable), AccessToken> _kept = new();
    private string? _whose;

    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        Find(requestContext) ?? Keep(requestContext, inner.GetToken(requestContext, cancellationToken));

    public override async ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        Find(requestContext) ?? Keep(requestContext, await inner.GetTokenAsync(requestContext, cancellationToken).ConfigureAwait(false));

    /// <summary>Forgets them: the next is asked for.</summary>
    public void Forget() => _kept.Clear();

    // Whoever names claims was refused with the token that is kept.
    private AccessToken? Find(TokenRequestContext context) =>
        context.Claims is null && _kept.TryGetValue(KeyOf(context), out var token) && IsToBeUsed(token, time.GetUtcNow()) ? token : null;

    private static bool IsToBeUsed(AccessToken token, DateTimeOffset now) => token.RefreshOn is { } renewed ? now < renewed : now + AskedAnewBeforeEnd < token.ExpiresOn;

    private AccessToken Keep(TokenRequestContext context, AccessToken token)
    {
        var whose = TokenClaims.Of(token.Token)?.ObjectId;
        if (Interlocked.Exchange(ref _whose, whose) is { } before && before != whose)
        {
            Forget();
            somebodyElse();
        }

        return _kept[KeyOf(context)] = token;
    }

    private static (string Scopes, string? Tenant, bool IsRevocable) KeyOf(TokenRequestContext context) => (string.Join(' ', context.Scopes), context.TenantId, context.IsCaeEnabled);
}
