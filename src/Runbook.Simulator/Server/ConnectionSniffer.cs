using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Runbook.Simulator.Server;

/// <summary>
/// Tells from a connection's first bytes what it wants to be: TLS, the proxy's CONNECT with TLS after it, or plain HTTP for
/// the admin interface and the metadata service. One port serves all of them.
/// </summary>
internal sealed class ConnectionSniffer(Func<string, bool> isKnownHost)
{
    private const byte TlsHandshake = 0x16;
    private const int LongestPreamble = 8 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Runs a connection: <paramref name="secured"/> has TLS in it, <paramref name="plain"/> has not.</summary>
    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate secured, ConnectionDelegate plain)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, connection.ConnectionClosed);
        ConnectionDelegate? next;
        try
        {
            next = await ChooseAsync(connection, secured, plain, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            connection.Abort();
            return;
        }
        catch (ConnectionResetException)
        {
            // The client went away before it said what it wanted; there is nobody to tell.
            connection.Abort();
            return;
        }
        if (next is not null)
            await next(connection).ConfigureAwait(false);
    }

    private async Task<ConnectionDelegate?> ChooseAsync(ConnectionContext connection, ConnectionDelegate secured, ConnectionDelegate plain, CancellationToken cancellationToken)
    {
        var reader = connection.Transport.Input;
        var tunnelled = false;
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;
            if (buffer.Length == 0 && result.IsCompleted)
                return null;
            if (buffer.FirstSpan is [TlsHandshake, ..])
            {
                reader.AdvanceTo(buffer.Start);
                return secured;
            }
            var text = Encoding.ASCII.GetString(buffer.Slice(0, Math.Min(buffer.Length, LongestPreamble)).ToArray());
            if (tunnelled || (text.Length >= 8 && !text.StartsWith("CONNECT ", StringComparison.Ordinal)))
            {
                reader.AdvanceTo(buffer.Start);
                return plain;
            }
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
            {
                reader.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted || text.Length >= LongestPreamble)
                    return null;
                continue;
            }
            reader.AdvanceTo(buffer.GetPosition(end + 4));
            var host = HostOf(text);
            if (host is null || !isKnownHost(host))
            {
                await connection.Transport.Output.WriteAsync("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
                return null;
            }
            await connection.Transport.Output.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
            tunnelled = true;
        }
    }

    private static string? HostOf(string preamble)
    {
        var parts = preamble[..preamble.IndexOf("\r\n", StringComparison.Ordinal)].Split(' ');
        if (parts.Length != 3)
            return null;
        var colon = parts[1].LastIndexOf(':');
        return (colon < 0 ? parts[1] : parts[1][..colon]).ToLowerInvariant();
    }
}
