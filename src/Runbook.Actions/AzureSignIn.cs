using Runbook.Engine.Actions;

namespace Runbook.Actions;

/// <summary>Whom Azure takes us for, before anything is asked of it.</summary>
public static class AzureSignIn
{
    /// <summary>Reads whose token calls of Resource Manager are made with; <see langword="null"/> where it names no object id.</summary>
    /// <param name="environment">Where, and with which credential.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="CallNotSentException">There is no token: the credential was refused, or nothing answered.</exception>
    public static async Task<TokenClaims?> ClaimsAsync(AzureEnvironment environment, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(environment);
        try
        {
            var token = await AzureWire.Of(environment).TokenAsync(environment.Cloud.ResourceManagerScope, cancellationToken).ConfigureAwait(false);
            return TokenClaims.Of(token.Token);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && exception is not OutOfMemoryException)
        {
            throw NetworkFailure.Translate(exception, mayHaveLeft: false, cancelled: false);
        }
    }
}
