using System.Diagnostics;

namespace Runbook.Bench;

/// <summary>What many connections got out of the server in a time.</summary>
/// <param name="PerSecond">Answers per second, with clients and server on the same processors.</param>
/// <param name="ServerCost">Processor time of the server for one answer, in seconds.</param>
internal sealed record Rate(double PerSecond, double ServerCost)
{
    private const int Connections = 16;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    /// <summary>Sends the same request over and over on sixteen kept-alive connections.</summary>
    public static async Task<Rate> OfAsync(Simulated azure, string host, byte[] request, int status, TimeSpan time)
    {
        var connections = new List<Connection>();
        for (var i = 0; i < Connections; i++)
            connections.Add(await Connection.OpenAsync(azure.EndPoint, azure.Authority, host));
        await RunAsync(connections, request, status, WarmUp);
        var before = azure.Processor;
        var watch = Stopwatch.StartNew();
        var answers = await RunAsync(connections, request, status, time);
        var rate = new Rate(answers / watch.Elapsed.TotalSeconds, (azure.Processor - before).TotalSeconds / answers);
        foreach (var connection in connections)
            await connection.DisposeAsync();
        return rate;
    }

    /// <summary>The middle one of repeated measurements.</summary>
    public static Rate Middle(IEnumerable<Rate> rates)
    {
        var sorted = rates.OrderBy(rate => rate.PerSecond).ToList();
        return sorted[sorted.Count / 2];
    }

    private static async Task<long> RunAsync(List<Connection> connections, byte[] request, int status, TimeSpan time)
    {
        var watch = Stopwatch.StartNew();
        var counts = await Task.WhenAll(connections.Select(connection => Task.Run(async () =>
        {
            long answers = 0;
            for (; watch.Elapsed < time; answers++)
            {
                var seen = await connection.SendAsync(request);
                if (seen != status)
                    throw new InvalidOperationException($"The server answered {seen}: {System.Text.Encoding.UTF8.GetString(connection.Body.Span)}");
            }
            return answers;
        })));
        return counts.Sum();
    }
}
