using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Runbook.Bench;

/// <summary>One kept-alive HTTPS connection that costs its side as little as can be: a request is bytes made beforehand, an answer is a status and a length.</summary>
internal sealed class Connection : IAsyncDisposable
{
    private const int Room = 1 << 18;

    private static readonly byte[] HeadEnd = "\r\n\r\n"u8.ToArray();

    private readonly TcpClient _socket;
    private readonly SslStream _stream;
    private readonly byte[] _buffer = new byte[Room];

    private Connection(TcpClient socket, SslStream stream) => (_socket, _stream) = (socket, stream);

    /// <summary>Body of the last answer; the next request overwrites it.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    public static async Task<Connection> OpenAsync(IPEndPoint server, X509Certificate2 authority, string host)
    {
        var socket = new TcpClient { NoDelay = true };
        await socket.ConnectAsync(server);
        var stream = new SslStream(socket.GetStream());
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authority);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host, CertificateChainPolicy = policy });
        return new Connection(socket, stream);
    }

    /// <summary>The bytes of a request.</summary>
    public static byte[] Request(string method, string host, string target, string token, string? body = null)
    {
        var length = body is null && method == "GET" ? "" : string.Create(CultureInfo.InvariantCulture, $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body ?? "")}\r\n");
        return Encoding.UTF8.GetBytes($"{method} {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n{length}\r\n{body}");
    }

    /// <summary>Sends a request, reads its whole answer, and returns the status.</summary>
    public async Task<int> SendAsync(ReadOnlyMemory<byte> request)
    {
        await _stream.WriteAsync(request);
        var filled = 0;
        var head = -1;
        while (head < 0)
        {
            filled += await ReadAsync(filled);
            head = _buffer.AsSpan(0, filled).IndexOf(HeadEnd);
        }
        var end = head + HeadEnd.Length + ContentLength(Encoding.ASCII.GetString(_buffer, 0, head + 2));
        while (filled < end)
            filled += await ReadAsync(filled);
        Body = _buffer.AsMemory(head + HeadEnd.Length, end - head - HeadEnd.Length);
        return int.Parse(_buffer.AsSpan("HTTP/1.1 ".Length, 3), CultureInfo.InvariantCulture);
    }

    private static int ContentLength(string head)
    {
        const string Name = "\r\nContent-Length: ";
        var at = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
            throw new InvalidDataException("The answer does not say its length:\n" + head);
        var from = at + Name.Length;
        return int.Parse(head.AsSpan(from, head.IndexOf('\r', from) - from), CultureInfo.InvariantCulture);
    }

    private async Task<int> ReadAsync(int filled)
    {
        var read = await _stream.ReadAsync(_buffer.AsMemory(filled));
        return read > 0 ? read : throw new EndOfStreamException("The server closed a connection in the middle of an answer.");
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _socket.Dispose();
    }
}
