using System.Net.Sockets;
using System.Security.Authentication;
using Azure;
using Azure.Identity;
using Microsoft.Identity.Client;
using Runbook.Engine.Actions;

namespace Runbook.Actions;

/// <summary>What an exception of the network says: whether a request left, and which of the three words tells of it.</summary>
internal static class NetworkFailure
{
    /// <summary>Nothing came back.</summary>
    public const string NoAnswer = "NoAnswer";

    /// <summary>The host's name is not known.</summary>
    public const string NameNotResolved = "NameNotResolved";

    /// <summary>The other side could not prove who it is.</summary>
    public const string TlsFailed = "TlsFailed";

    /// <summary>Whether it is certain that no byte of the request reached the service.</summary>
    public static bool NeverLeft(Exception exception) => All(exception).Any(e => e switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError } => true,
        SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.HostNotFound or SocketError.TryAgain } => true,
        _ => false,
    });

    /// <summary>The word that a reading's <c>error.code</c> tells.</summary>
    public static string WordOf(Exception exception)
    {
        foreach (var e in All(exception))
        {
            if (e is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } or SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain }) return NameNotResolved;
            if (e is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } or AuthenticationException) return TlsFailed;
        }

        return NoAnswer;
    }

    /// <summary>
    /// What an exception means for a call that got no answer. A refused token is never an answer: no reading could tell
    /// anything of Azure then.
    /// </summary>
    /// <param name="exception">What the client threw.</param>
    /// <param name="mayHaveLeft">Whether the request has left, or may have.</param>
    /// <param name="cancelled">Whether our own wait ended it.</param>
    public static Exception Translate(Exception exception, bool mayHaveLeft, bool cancelled)
    {
        if (exception is CallNotSentException or CallNotAnsweredException) return exception;
        var reason = Innermost(exception);
        if (mayHaveLeft)
        {
            return new CallNotAnsweredException(WordOf(exception), cancelled ? "The wait for the answer was ended; the request had left." : $"The request left, and no answer came: {reason}", exception);
        }

        if (cancelled) return new CallNotSentException(ActionCodes.CancelledBefore, "The wait was ended before anything was sent.", exception);
        if (IsTokenRefused(exception)) return new CallNotSentException(ActionCodes.NoToken, $"There is no token: {reason} Nothing was sent.", exception);
        return IsNetwork(exception)
            ? new CallNotSentException(ActionCodes.NoConnection, $"There is no connection: {reason} Nothing was sent.", exception)
            : new CallNotSentException(ActionCodes.ClientRefused, $"The client refused: {reason} Nothing was sent.", exception);
    }

    private static bool IsTokenRefused(Exception exception) =>
        All(exception).Any(e => e is AuthenticationFailedException)
        && (All(exception).Any(e => e is CredentialUnavailableException or MsalServiceException { StatusCode: >= 400 and < 500 } and not MsalServiceException { StatusCode: 408 or 429 }) || !IsNetwork(exception));

    private static bool IsNetwork(Exception exception) => All(exception).Any(e =>
        e is HttpRequestException or SocketException or IOException or OperationCanceledException or RequestFailedException { Status: 0 } or MsalServiceException { StatusCode: >= 500 or 408 or 429 });

    private static string Innermost(Exception exception)
    {
        var text = (exception is AuthenticationFailedException ? exception : All(exception).Last()).Message;
        var line = text.AsSpan().IndexOfAny('\r', '\n') is var end and >= 0 ? text[..end] : text;
        if (line.Length > ActionsLimits.ErrorMessageMax) line = line[..ActionsLimits.ErrorMessageMax];
        return line.EndsWith('.') ? line : line + ".";
    }

    private static IEnumerable<Exception> All(Exception? exception)
    {
        for (var e = exception; e is not null; e = e is AggregateException { InnerExceptions: [var first, ..] } ? first : e.InnerException) yield return e;
    }
}
