using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Runbook.Simulator.Http;
using Runbook.Simulator.Server;

namespace Runbook.Simulator;

/// <summary>
/// An embedded Azure on a socket: an HTTPS server by SNI for every Azure host name, an HTTP proxy that ends CONNECT itself, and
/// the admin interface and metadata service over plain HTTP, all on one port.
/// </summary>
public sealed class SimulatorServer : IAsyncDisposable
{
    private const int AdminBodyBytes = Limits.EstateBytes;

    private readonly WebApplication _app;
    private readonly EmbeddedAzure _azure;
    private readonly AdminInterface _admin;

    private SimulatorServer(WebApplication app, EmbeddedAzure azure)
    {
        _app = app;
        _azure = azure;
        _admin = new AdminInterface(azure);
    }

    /// <summary>Where it listens, with the port that it got.</summary>
    public IPEndPoint EndPoint { get; private set; } = new(IPAddress.Loopback, 0);

    /// <summary>Base address of the admin interface.</summary>
    public Uri AdminAddress => new($"http://{EndPoint}/");

    /// <summary>The certificate authority of this Azure, PEM.</summary>
    public string AuthorityPem => _azure.Core.Authority.Certificate.ExportCertificatePem() + "\n";

    /// <summary>Opens an embedded Azure to other processes.</summary>
    /// <param name="azure">Stays the caller's; it must outlive the server.</param>
    /// <param name="listen">Address and port; port 0 takes a free one. Other than a loopback address opens simulated secrets to
    /// the network; the admin interface answers callers on the loopback only, whatever is given.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <returns>Listening.</returns>
    /// <exception cref="IOException">The address is taken.</exception>
    public static Task<SimulatorServer> StartAsync(EmbeddedAzure azure, IPEndPoint listen, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(azure);
        ArgumentNullException.ThrowIfNull(listen);
        return StartAsync(Task.FromResult(azure), listen, cancellationToken);
    }

    /// <summary>The same for an Azure that is still starting: the two get ready beside each other.</summary>
    internal static async Task<SimulatorServer> StartAsync(Task<EmbeddedAzure> starting, IPEndPoint listen, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        EmbeddedAzure? azure = null;
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MaxRequestLineSize = Limits.TargetCharacters + 1024;
            kestrel.Listen(listen, options => Configure(options, () => azure!));
        });
        var app = builder.Build();
        try
        {
            azure = await starting.ConfigureAwait(false);
            var server = new SimulatorServer(app, azure);
            app.Run(server.AnswerAsync);
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
            var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            server.EndPoint = new IPEndPoint(listen.Address, new Uri(address).Port);
            return server;
        }
        catch
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // Asked for the Azure once somebody connects: it is there by then.
    private static void Configure(ListenOptions options, Func<EmbeddedAzure> azure)
    {
        var sniffer = new ConnectionSniffer(host => azure().Core.ServiceFor(host) is { } service && service.Exists(host));
        ConnectionDelegate? plain = null;
        options.Protocols = HttpProtocols.Http1;
        options.Use(secured => connection => sniffer.RunAsync(connection, secured, plain!));
        options.UseHttps(https => https.ServerCertificateSelector = (_, name) => azure().Core.Authority.LeafFor(name ?? "localhost"));
        // What comes after TLS is also what plain connections go to directly.
        options.Use(next => plain = next);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var raw = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var host = context.Request.Host.Host.ToLowerInvariant();
        if (!context.Request.IsHttps && !raw.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
            && !raw.StartsWith("/metadata/", StringComparison.OrdinalIgnoreCase) && !raw.StartsWith("/msi/", StringComparison.OrdinalIgnoreCase))
        {
            await AnswerAdminAsync(context, raw).ConfigureAwait(false);
            return;
        }
        var request = Read(context, raw, host);
        var delivery = await _azure.Core.Dispatcher.DispatchAsync(request, context.RequestAborted).ConfigureAwait(false);
        if (delivery.Fails != Delivery.Failure.None)
        {
            context.Abort();
            return;
        }
        await WriteAsync(context, delivery.Answer!).ConfigureAwait(false);
    }

    private static SimulatorRequest Read(HttpContext context, string raw, string host)
    {
        var authority = context.Request.Host.Value?.ToLowerInvariant() ?? host;
        var target = raw;
        if (!context.Request.IsHttps)
        {
            // Clients of the metadata service come through a proxy in absolute form, or straight to this address.
            host = Uri.TryCreate(raw, UriKind.Absolute, out var absolute) && absolute.Scheme == Uri.UriSchemeHttp ? absolute.Host.ToLowerInvariant() : HostNames.InstanceMetadata;
            target = absolute?.Scheme == Uri.UriSchemeHttp ? absolute.PathAndQuery : raw;
            authority = host;
        }
        else if (context.Request.Host.Port == 443)
        {
            authority = host;
        }
        var headers = new HeaderList();
        foreach (var (name, values) in context.Request.Headers)
            foreach (var value in values)
                headers.Add(name, value ?? "");
        return new SimulatorRequest
        {
            Method = context.Request.Method.ToUpperInvariant(),
            Host = host,
            Authority = authority,
            Scheme = context.Request.IsHttps ? "https" : "http",
            Target = target.StartsWith('/') ? target : "/",
            Headers = headers,
            Body = context.Request.Body,
            ContentLength = context.Request.ContentLength ?? (context.Request.Headers.TransferEncoding.Count > 0 ? null : 0),
            ClientAddress = context.Connection.RemoteIpAddress ?? IPAddress.Loopback,
            IsRemote = true,
        };
    }

    private static async Task WriteAsync(HttpContext context, Answer answer)
    {
        context.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers)
            context.Response.Headers.Append(name, value);
        var hasBody = answer.Status is not (204 or 304);
        if (hasBody && answer.Headers["Content-Length"] is null)
            context.Response.ContentLength = answer.Body.Length;
        if (hasBody && answer.Body.Length > 0 && !HttpMethods.IsHead(context.Request.Method))
            await context.Response.Body.WriteAsync(answer.Body, context.RequestAborted).ConfigureAwait(false);
    }

    private async Task AnswerAdminAsync(HttpContext context, string raw)
    {
        // A page in a browser must not get here through a name that resolves to this machine.
        var isLocal = context.Connection.RemoteIpAddress is { } from && IPAddress.IsLoopback(from);
        var named = context.Request.Host.Host;
        if (!isLocal || !(named == "localhost" || (IPAddress.TryParse(named.Trim('[', ']'), out var literal) && IPAddress.IsLoopback(literal))))
        {
            context.Response.StatusCode = 403;
            return;
        }
        using var body = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted).ConfigureAwait(false)) > 0;)
        {
            if (body.Length + read > AdminBodyBytes)
            {
                context.Response.StatusCode = 413;
                return;
            }
            body.Write(buffer, 0, read);
        }
        var answer = RequestTarget.TryParse(raw, out var target)
            ? _admin.Handle(context.Request.Method.ToUpperInvariant(), target, body.GetBuffer().AsMemory(0, (int)body.Length))
            : Answer.Empty(400);
        await WriteAsync(context, answer).ConfigureAwait(false);
    }

    /// <summary>Closes the port; requests under way get a moment to end.</summary>
    /// <returns>Done once nothing is answered any more.</returns>
    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2), TimeProvider.System);
        await _app.StopAsync(patience.Token).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
    }
}
