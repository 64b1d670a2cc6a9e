using System.Diagnostics;

namespace Runbook.Simulator.Tests.TestKit;

/// <summary>A simulator in a process of its own, which can be killed.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private HostProcess(Process process, IReadOnlyDictionary<string, string> environment)
    {
        _process = process;
        Environment = environment;
    }

    /// <summary>The variables of its environment file.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    public Uri Admin => new(Environment["RUNBOOK_SIMULATOR_ADMIN"]);

    public static async Task<HostProcess> StartAsync(Scratch scratch, params string[] arguments)
    {
        var folder = AppContext.BaseDirectory.Replace(Path.Combine("tests", "Simulator.Tests"), Path.Combine("tests", "Simulator.Host"), StringComparison.Ordinal)
            .Replace(Path.Combine("tests", "Simulator.Clients"), Path.Combine("tests", "Simulator.Host"), StringComparison.Ordinal);
        var environment = scratch.File("sim.env");
        var start = new ProcessStartInfo("dotnet", [Path.Combine(folder, "simulator-host.dll"), "--env-file", environment, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        var line = await process.StandardOutput.ReadLineAsync(limit.Token);
        if (line?.StartsWith("listening on ", StringComparison.Ordinal) != true)
            Assert.Fail($"the host did not start: {line} {await process.StandardError.ReadToEndAsync(limit.Token)}");
        var variables = (await File.ReadAllLinesAsync(environment, limit.Token)).Select(entry => entry.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return new HostProcess(process, variables);
    }

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(World.Stop);
    }

    /// <summary>Ends it as SIGTERM does, and returns its exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        await Tool.RunAsync("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    /// <summary>A client that goes through the proxy and trusts the authority.</summary>
    public HttpClient Client()
    {
        var authority = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificateFromFile(Environment["NODE_EXTRA_CA_CERTS"]);
        return new HttpClient(Through(new Uri(Environment["HTTPS_PROXY"]), authority)) { Timeout = Patience };
    }

    /// <summary>The way through a proxy to hosts that one authority vouches for.</summary>
    public static SocketsHttpHandler Through(Uri proxy, System.Security.Cryptography.X509Certificates.X509Certificate2 authority)
    {
        var handler = new SocketsHttpHandler { Proxy = new System.Net.WebProxy(proxy), UseProxy = true };
        handler.SslOptions.CertificateChainPolicy = new()
        {
            TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
            RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
        };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.Add(authority);
        return handler;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }
}
