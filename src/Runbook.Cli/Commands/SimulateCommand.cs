using System.CommandLine;
using System.Net;
using Runbook.Simulator;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook simulate</c>: the embedded Azure as an HTTPS server and proxy, for any Azure client.</summary>
internal static class SimulateCommand
{
    public static Command Build(CliConsole console)
    {
        var listen = new Option<string>("--listen") { Description = "Address and port; port 0 takes a free one.", DefaultValueFactory = _ => "127.0.0.1:0", HelpName = "ADDRESS:PORT" };
        var state = new Option<string?>("--state") { Description = "SQLite file that keeps the estate; memory only if left out.", HelpName = "FILE" };
        var scenario = new Option<string?>("--scenario") { Description = "Faults by the clock.", HelpName = "FILE" };
        var clock = new Option<string>("--clock") { Description = "A virtual clock stands still until it is moved, or until a running operation is polled.", DefaultValueFactory = _ => "virtual" };
        clock.AcceptOnlyFromAmong("real", "virtual");
        var speed = new Option<double>("--speed") { Description = "Real clock: how many times faster it goes.", DefaultValueFactory = _ => 1, HelpName = "N" };
        speed.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (>= 0.01 and <= 10_000)) result.AddError("--speed takes a number from 0.01 to 10000.");
        });
        var envFile = new Option<string?>("--env-file") { Description = "Where to write the variables that point a client at it.", HelpName = "FILE" };
        var command = new Command("simulate", "Serve the embedded Azure over HTTPS and as a proxy, for any Azure client.") { listen, state, scenario, clock, speed, envFile };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var named = parsed.GetValue(listen)!;
            if (!IPEndPoint.TryParse(named, out var endPoint) || !named.Contains(':', StringComparison.Ordinal))
                throw new CliException("RC046", $"\"{named}\" is no address and port.", "nothing was started.", "runbook simulate --listen 127.0.0.1:8443");
            if (parsed.GetValue(scenario) is { } file && !File.Exists(file)) throw new CliException("RC047", $"there is no scenario \"{file}\".", "nothing was started.", "name an existing file.");
            if (!IPAddress.IsLoopback(endPoint.Address)) console.Error.WriteLine($"Listening beyond this machine, on {endPoint.Address}: whoever reaches it is Owner of the simulated subscription.");
            await ServeAsync(
                new SimulationRun
                {
                    Listen = endPoint,
                    StateFile = parsed.GetValue(state),
                    ScenarioFile = parsed.GetValue(scenario),
                    EnvFile = parsed.GetValue(envFile),
                    VirtualClock = parsed.GetValue(clock) != "real",
                    Speed = parsed.GetValue(speed),
                },
                console,
                cancellationToken).ConfigureAwait(false);
            return ExitCodes.Done;
        });
        return command;
    }

    private static async Task ServeAsync(SimulationRun run, CliConsole console, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var signals = new StopSignals(stop);
        await run.ServeAsync(console.Out, stop.Token).ConfigureAwait(false);
    }
}
