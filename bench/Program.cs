using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Runbook.Bench;

/// <summary>Measures what the embedded Azure promises about its speed, in one run, and writes it down.</summary>
internal static class Program
{
    private const int Keys = 100_000;
    private const int PageSize = 25;
    private const double TicksPerSecond = 100;

    private static readonly TimeSpan Each = TimeSpan.FromSeconds(6);
    private static readonly Report Report = new();

    private static async Task<int> Main(string[] arguments)
    {
        var root = Root();
        var program = Path.Combine(root, "src", "Runbook.Cli", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", "runbook.dll");
        var published = Path.Combine(Path.GetDirectoryName(program)!, RuntimeInformation.RuntimeIdentifier, "publish", "runbook");
        await Report.DescribeAsync(root);
        if (arguments.Contains("--only-drills"))
        {
            await DrillsAsync(root, program, RunsOf(arguments));
            await Report.WriteAsync(root);
            return 0;
        }
        if (!arguments.Contains("--only-list"))
        {
            if (File.Exists(published))
                await StartAsync(published, "Start to first answer, published for this platform", "under 400 ms");
            await StartAsync(program, "Start to first answer, as built", File.Exists(published) ? "" : "under 400 ms");
        }
        if (arguments.Contains("--only-start"))
        {
            await Report.WriteAsync(root);
            return 0;
        }
        if (!arguments.Contains("--only-list"))
            await MeasureAsync(program, arguments.Contains("--once") ? 1 : 3);
        await using (var azure = await Simulated.StartAsync(program))
        {
            await azure.MakeVaultAsync();
            await ListAsync(azure, arguments.Contains("--few-keys") ? Keys / 20 : Keys);
        }
        if (!arguments.Contains("--only-list"))
            await DrillsAsync(root, program, RunsOf(arguments));
        await Report.WriteAsync(root);
        return 0;
    }

    private static int RunsOf(string[] arguments) => arguments.Contains("--few-runs") ? 100 : arguments.Contains("--once") ? 2_000 : 100_000;

    /// <summary>What drills wait for: the blast radius of a key that much depends on, and explored runs.</summary>
    private static async Task DrillsAsync(string root, string program, int runs)
    {
        await using (var azure = await Simulated.StartAsync(program))
        {
            var times = await Radius.MeasureAsync(azure, 5);
            Report.Add($"Blast radius of a key with {Radius.Dependants} dependants in three levels, through HTTPS", $"{times[times.Count / 2].TotalSeconds:F2} s, the middle of {times.Count} ({times[0].TotalSeconds:F2} to {times[^1].TotalSeconds:F2})", "under 3 s", times[times.Count / 2].TotalSeconds < 3);
        }
        var start = new ProcessStartInfo("dotnet", [program, "explore", "runbooks", "drills", "--runs", runs.ToString(CultureInfo.InvariantCulture), "--json"]) { WorkingDirectory = root, RedirectStandardOutput = true };
        var before = await OfChildrenAsync();
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var (took, processor) = (watch.Elapsed, await OfChildrenAsync() - before);
        var broken = JsonNode.Parse(said)!["broken"]!.AsArray().Count;
        var perSecond = runs / took.TotalSeconds;
        Report.Add($"{runs} explored runs over all runbooks and drills, {broken} of them with a broken promise", $"{took.TotalMinutes:F1} minutes, {perSecond:F0} a second; {processor.TotalMilliseconds / runs:F1} ms of a processor each, start included", "100,000 in 10 minutes, none broken", broken == 0 && perSecond >= 100_000 / 600.0, perSecond / (100_000 / 600.0));
    }

    /// <summary>Processor time of all processes that this one began and that have ended: of an ended process itself nothing can be asked (proc(5), cutime and cstime).</summary>
    private static async Task<TimeSpan> OfChildrenAsync()
    {
        var line = await File.ReadAllTextAsync("/proc/self/stat");
        // The name, in brackets, may hold blanks.
        var fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromSeconds(fields[13..15].Sum(f => long.Parse(f, CultureInfo.InvariantCulture)) / TicksPerSecond);
    }

    private static async Task MeasureAsync(string program, int repetitions)
    {
        await using var azure = await Simulated.StartAsync(program);
        await azure.ActivateAsync();
        var key = await azure.KeyAsync("cmk");
        await UnwrapAndReadAsync(azure, key, repetitions);
        await DayAsync(azure, key);
    }

    /// <summary>From starting the program to the first answer, with a new certificate authority each time.</summary>
    private static async Task StartAsync(string program, string what, string target)
    {
        var times = new List<double>();
        var processors = new List<double>();
        for (var i = 0; i < 7; i++)
        {
            var watch = Stopwatch.StartNew();
            await using var azure = await Simulated.StartAsync(program);
            await using var connection = await Connection.OpenAsync(azure.EndPoint, azure.Authority, "login.microsoftonline.com");
            var status = await connection.SendAsync(Connection.Request("GET", "login.microsoftonline.com", $"/{azure.Tenant}/v2.0/.well-known/openid-configuration", ""));
            times.Add(watch.Elapsed.TotalMilliseconds);
            processors.Add(azure.Processor.TotalMilliseconds);
            if (status != 200)
                throw new InvalidOperationException($"The first answer was {status}.");
        }
        times.Sort();
        processors.Sort();
        var processor = processors[processors.Count / 2];
        Report.Add(what, $"{times[times.Count / 2]:F0} ms, the middle of {times.Count} ({times[0]:F0} to {times[^1]:F0})", target, target.Length == 0 ? null : times[times.Count / 2] < 400);
        Report.Add("The same by processor time", $"{processor:F0} ms of processors until then", "", null);
    }

    private static async Task UnwrapAndReadAsync(Simulated azure, Uri key, int repetitions)
    {
        var token = await azure.HsmTokenAsync();
        var wrapped = await azure.SendAsync("POST", $"{key}/wrapkey?api-version=7.4", new JsonObject { ["alg"] = "RSA-OAEP-256", ["value"] = System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)) });
        var body = new JsonObject { ["alg"] = "RSA-OAEP-256", ["value"] = (string)wrapped!["value"]! }.ToJsonString();
        var unwrap = Connection.Request("POST", Simulated.HsmHost, $"{key.AbsolutePath}/unwrapkey?api-version=7.4", token, body);
        var nothing = Connection.Request("POST", "aka.ms", "/nothing", token, body);
        var read = Connection.Request("GET", Simulated.HsmHost, "/keys/cmk?api-version=7.4", token);
        List<Rate> unwraps = [], nothings = [], reads = [];
        List<double> byWall = [], byProcessor = [];
        // One after the other, and again, so that what else the machine does meets all of them alike.
        for (var i = 0; i < repetitions; i++)
        {
            byWall.Add(await OpenSsl.ByWallAsync());
            byProcessor.Add(await OpenSsl.ByProcessorAsync());
            unwraps.Add(await Rate.OfAsync(azure, Simulated.HsmHost, unwrap, 200, Each));
            nothings.Add(await Rate.OfAsync(azure, "aka.ms", nothing, 404, Each));
            reads.Add(await Rate.OfAsync(azure, Simulated.HsmHost, read, 200, Each));
        }
        var (unwrapped, empty, got) = (Rate.Middle(unwraps), Rate.Middle(nothings), Rate.Middle(reads));
        byWall.Sort();
        byProcessor.Sort();
        var (wall, processor) = (byWall[repetitions / 2], byProcessor[repetitions / 2]);
        var withoutClient = 1 / (1 / unwrapped.PerSecond - 1 / empty.PerSecond);
        var serverAlone = Environment.ProcessorCount / unwrapped.ServerCost;
        Report.Add("openssl speed rsa3072, private operations", $"{wall:F0} a second by the clock, {processor:F0} by its processor time", "", null);
        Report.Add("Requests to an endpoint that does nothing", $"{empty.PerSecond:F0} a second with their clients, {empty.ServerCost * 1e6:F0} µs of the server's processors each", "", null);
        Report.Add("Unwrap through HTTPS, RSA-3072", $"{unwrapped.PerSecond:F0} a second with its clients; {withoutClient:F0} with the cost of doing nothing taken off", "70 % of openssl", withoutClient / wall >= 0.7, withoutClient / wall);
        Report.Add("The same by processor time", $"{unwrapped.ServerCost * 1e6:F0} µs of the server's processors each, TLS and HTTP included, which is {serverAlone:F0} a second", "70 % of openssl", serverAlone / processor >= 0.7, serverAlone / processor);
        var readsAlone = Environment.ProcessorCount / got.ServerCost;
        Report.Add("Key reads over kept-alive connections", $"{got.PerSecond:F0} a second with their clients on the same processors", "10,000 a second", got.PerSecond >= 10_000, got.PerSecond / 10_000);
        Report.Add("The same by processor time", $"{got.ServerCost * 1e6:F0} µs of the server's processors each, which is {readsAlone:F0} a second", "10,000 a second", readsAlone >= 10_000, readsAlone / 10_000);
    }

    private static async Task DayAsync(Simulated azure, Uri key)
    {
        await azure.FiftyResourcesAsync(key);
        var before = await azure.CallsAsync();
        var processor = azure.Processor;
        var watch = Stopwatch.StartNew();
        await azure.AdvanceAsync("P1D");
        var took = watch.Elapsed;
        processor = azure.Processor - processor;
        var calls = await azure.CallsAsync() - before;
        Report.Add("A day of virtual time, 50 resources polling", $"{took.TotalSeconds:F2} s, {processor.TotalSeconds:F2} s of processors, {calls} calls to the key", "under 2 s", took.TotalSeconds < 2);
    }

    private static async Task ListAsync(Simulated azure, int count)
    {
        var token = await azure.VaultTokenAsync();
        const int Makers = 8;
        const string Curve = """{"kty":"EC","crv":"P-256"}""";
        await Task.WhenAll(Enumerable.Range(0, Makers).Select(maker => Task.Run(async () =>
        {
            await using var connection = await Connection.OpenAsync(azure.EndPoint, azure.Authority, Simulated.VaultHost);
            for (var i = maker; i < count; i += Makers)
            {
                if (await connection.SendAsync(Connection.Request("POST", Simulated.VaultHost, string.Create(CultureInfo.InvariantCulture, $"/keys/k-{i:D6}/create?api-version=7.4"), token, Curve)) != 200)
                    throw new InvalidOperationException("A key was not made: " + Encoding.UTF8.GetString(connection.Body.Span));
            }
        })));
        await using var lister = await Connection.OpenAsync(azure.EndPoint, azure.Authority, Simulated.VaultHost);
        string? next = string.Create(CultureInfo.InvariantCulture, $"/keys?api-version=7.4&maxresults={PageSize}");
        var (before, peak, pages, seen) = (azure.Memory, 0L, 0, 0);
        var watch = Stopwatch.StartNew();
        for (; next is not null; pages++)
        {
            if (await lister.SendAsync(Connection.Request("GET", Simulated.VaultHost, next, token)) != 200)
                throw new InvalidOperationException("A page was refused: " + Encoding.UTF8.GetString(lister.Body.Span));
            var page = JsonNode.Parse(lister.Body.Span)!;
            seen += page["value"]!.AsArray().Count;
            next = (string?)page["nextLink"] is { } link ? new Uri(link).PathAndQuery : null;
            if (pages % 50 == 0)
                peak = Math.Max(peak, azure.Memory);
        }
        if (seen < count)
            throw new InvalidOperationException($"Only {seen} of {count} keys were listed.");
        var growth = (peak - before) / (double)before;
        Report.Add($"{count} keys listed by page", $"{pages} pages in {watch.Elapsed.TotalSeconds:F1} s; memory {before >> 20} MiB before, {peak >> 20} MiB at most meanwhile ({growth:P1})", "flat memory: less than 10 % more", growth < 0.1);
    }

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Runbook.sln")))
                return folder.FullName;
        throw new InvalidOperationException("Runbook.sln is in no folder above.");
    }
}
