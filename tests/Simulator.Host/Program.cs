using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;

namespace Runbook.Simulator.Host;

/// <summary>Serves an embedded Azure in a process of its own, so that tests can kill it.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        string? Option(string name) => Array.IndexOf(arguments, name) is >= 0 and var at && at + 1 < arguments.Length ? arguments[at + 1] : null;
        using var stop = new CancellationTokenSource();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        try
        {
            await new SimulationRun
            {
                Listen = IPEndPoint.Parse(Option("--listen") ?? "127.0.0.1:0"),
                StateFile = Option("--state"),
                EstateFile = Option("--estate"),
                ScenarioFile = Option("--scenario"),
                EnvFile = Option("--env-file"),
                VirtualClock = Option("--clock") != "real",
                Speed = double.Parse(Option("--speed") ?? "1", CultureInfo.InvariantCulture),
            }.ServeAsync(Console.Out, stop.Token);
            return 0;
        }
        catch (IOException error)
        {
            await Console.Error.WriteLineAsync(error.Message);
            return 2;
        }
    }
}
