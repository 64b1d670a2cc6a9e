using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>The canary as a program of its own, and what it tells people, Prometheus, a collector and a webhook.</summary>
public sealed class WatchTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task On_the_embedded_Azure_an_hour_passes_at_once_and_every_check_holds()
    {
        using var scratch = new ScratchFolder();
        var said = await new RunbookProgram(scratch.In("home")).RunAsync("watch", "runbooks/canary.md");

        Assert.True(said.ExitCode == 0, said.ToString());
        var lines = said.Output.Split('\n').Where(l => l.Contains("Z  OK ", StringComparison.Ordinal)).ToList();
        Assert.Equal(12 * 11, lines.Count);
        Assert.Contains("  OK       The key wraps and unwraps [200] ", lines[3], StringComparison.Ordinal);

        // Lines tell whole seconds, and a round's readings take some thousandths of one.
        Assert.InRange(TimeOf(lines[^1]) - TimeOf(lines[0]), new TimeSpan(0, 54, 59), new TimeSpan(0, 55, 1));

        static DateTimeOffset TimeOf(string line) => DateTimeOffset.Parse(line.Split("  ")[0], CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_lost_role_is_told_to_everybody_who_listens_and_so_is_its_end()
    {
        using var scratch = new ScratchFolder();
        using var azure = await SimulatorProcess.StartAsync(scratch, "payments");
        await File.WriteAllTextAsync(scratch.In("canary.md"), WithoutServer(await File.ReadAllTextAsync(Repository.In("runbooks", "canary.md"), TestContext.Current.CancellationToken)), TestContext.Current.CancellationToken);
        azure.WriteProfile(scratch.In("test.yaml"));
        await using var webhook = Listener.Start(refuses: 1);
        await using var collector = Listener.Start();
        var prometheus = FreePort();
        using var watch = new RunbookProgram(scratch.In("home")) { Variables = azure.Variables }.Start(
            "watch", scratch.In("canary.md"), "--azure", scratch.In("test.yaml"), "--every", "1s", "--prometheus", $"127.0.0.1:{prometheus}",
            "--otlp", collector.Address, "--webhook", webhook.Address, "--set", "hsm=kv-hsm-prod", "--set", "key=cmk-storage", "--set", "account=stkvdataprod");

        await watch.LineAsync(l => l.Contains("OK       The canary blob is read", StringComparison.Ordinal), Limit);
        Assert.Contains("check=\"the-key-wraps-and-unwraps\"} 1", await ScrapeAsync(prometheus), StringComparison.Ordinal);
        await azure.TakeLocalRoleAsync("21dbd100-6940-42c2-9190-5d6cb909625b");
        await watch.LineAsync(l => l.Contains("FAILING  The key wraps and unwraps: it was refused: 403 AccessDenied", StringComparison.Ordinal), Limit);
        await watch.LineAsync(l => l.Contains("UNTOLD   the webhook answered 503; 1 changes wait", StringComparison.Ordinal), Limit);
        var told = JsonNode.Parse(await webhook.NextAsync(b => b.Contains("failing", StringComparison.Ordinal), Limit))!;
        Assert.Equal(("canary", "the-key-wraps-and-unwraps", "ok", "failing", "it was refused: 403 AccessDenied"), ((string)told["watch"]!, (string)told["check"]!, (string)told["was"]!, (string)told["is"]!, (string)told["reason"]!));
        Assert.Contains("check=\"the-key-wraps-and-unwraps\"} 0", await ScrapeAsync(prometheus), StringComparison.Ordinal);

        await Tools.RunAsync("kill", ["-TERM", watch.Id.ToString(CultureInfo.InvariantCulture)]);
        var end = await watch.EndAsync(Limit);

        Assert.True(end.ExitCode == 0, end.ToString());
        Assert.Contains("END      told to end", end.Output, StringComparison.Ordinal);
        Assert.Contains(collector.Seen, c => c.Path == "/v1/metrics" && c.Body.Contains("runbook.watch.check.up", StringComparison.Ordinal));
        Assert.Contains(collector.Seen, c => c.Path == "/v1/logs" && c.Body.Contains("the-key-wraps-and-unwraps does not hold, and was ok", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(5, "RE230", "runbooks/cmk-storage.md")]
    [InlineData(2, "RC097", "runbooks/canary.md", "--every", "often")]
    [InlineData(2, "RC097", "runbooks/canary.md", "--every", "10ms")]
    [InlineData(2, "RC097", "runbooks/canary.md", "--webhook", "alerts.example.com")]
    [InlineData(2, "RC097", "runbooks/canary.md", "--prometheus", "9464")]
    [InlineData(2, "RC001", "runbooks/canary.md", "--rounds", "0")]
    public async Task What_can_not_be_watched_is_refused_and_says_why(int exit, string code, params string[] arguments)
    {
        using var scratch = new ScratchFolder();
        var said = await new RunbookProgram(scratch.In("home")).RunAsync(["watch", .. arguments]);

        Assert.True(said.ExitCode == exit, said.ToString());
        Assert.Contains($"error {code}: ", said.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        using var scratch = new ScratchFolder();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var said = await new RunbookProgram(scratch.In("home")).RunAsync("watch", "runbooks/canary.md", "--rounds", "1", "--prometheus", taken.LocalEndpoint.ToString()!);

        Assert.True(said.ExitCode == 2, said.ToString());
        Assert.Contains("error RC098: ", said.Error, StringComparison.Ordinal);
    }

    /// <summary>The canary of an estate that has no SQL server, as its page says to make it.</summary>
    private static string WithoutServer(string canary)
    {
        var (first, end) = (canary.IndexOf("## The server uses the key", StringComparison.Ordinal), canary.IndexOf("- **on success** [Completed]", StringComparison.Ordinal));
        var steps = canary[..first] + canary[end..];
        return string.Join('\n', steps.Split('\n').Where(l => !l.StartsWith("  server:", StringComparison.Ordinal) && !l.StartsWith("  database:", StringComparison.Ordinal)))
            .Replace(", server: sql-prod}", "}", StringComparison.Ordinal).Replace(" and `${server}` get", " gets", StringComparison.Ordinal);
    }

    private static async Task<string> ScrapeAsync(int port)
    {
        using var client = new HttpClient();
        return await client.GetStringAsync($"http://127.0.0.1:{port}/metrics", TestContext.Current.CancellationToken);
    }

    private static int FreePort()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        return ((IPEndPoint)free.LocalEndpoint).Port;
    }

    /// <summary>Takes what is sent, on a port of its own.</summary>
    private sealed class Listener : IAsyncDisposable
    {
        private readonly HttpListener _http;
        private readonly List<(string Path, string Body)> _seen = [];
        private readonly Task _taking;
        private int _refuses;

        private Listener(HttpListener http, string address, int refuses)
        {
            (_http, Address, _refuses) = (http, address, refuses);
            _taking = TakeAsync();
        }

        public string Address { get; }

        public IReadOnlyList<(string Path, string Body)> Seen
        {
            get
            {
                lock (_seen) return [.. _seen];
            }
        }

        public static Listener Start(int refuses = 0)
        {
            var address = $"http://127.0.0.1:{FreePort()}/";
            var http = new HttpListener();
            http.Prefixes.Add(address);
            http.Start();
            return new Listener(http, address, refuses);
        }

        public async Task<string> NextAsync(Func<string, bool> fits, TimeSpan limit)
        {
            var until = TimeProvider.System.GetUtcNow() + limit;
            while (TimeProvider.System.GetUtcNow() < until)
            {
                if (Seen.FirstOrDefault(s => fits(s.Body)) is { Body: { } body }) return body;
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
            }

            throw new TimeoutException($"Nothing came that fits; {Seen.Count} came.");
        }

        public async ValueTask DisposeAsync()
        {
            _http.Stop();
            await _taking;
            _http.Close();
        }

        private async Task TakeAsync()
        {
            while (_http.IsListening)
            {
                HttpListenerContext context;
                try
                {
                    context = await _http.GetContextAsync();
                }
                catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
                {
                    // It was told to stop.
                    return;
                }

                using var content = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(content);
                var isRefused = _refuses-- > 0;
                if (!isRefused)
                {
                    lock (_seen) _seen.Add((context.Request.Url!.AbsolutePath, Encoding.UTF8.GetString(content.ToArray())));
                }

                context.Response.StatusCode = isRefused ? 503 : 200;
                context.Response.Close();
            }
        }
    }
}
