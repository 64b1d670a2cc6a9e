using System.Net;
using Runbook.Simulator.Server;

namespace Runbook.Simulator;

/// <summary>What <c>runbook simulate</c> was asked for.</summary>
public sealed record SimulationRun
{
    /// <summary>Address and port; port 0 takes a free one.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>SQLite file that keeps the estate; absent: memory only.</summary>
    public string? StateFile { get; init; }

    /// <summary>Estate file that a new state starts from; absent: a subscription with its owner.</summary>
    public string? EstateFile { get; init; }

    /// <summary>Scenario file: faults by the clock.</summary>
    public string? ScenarioFile { get; init; }

    /// <summary>A virtual clock stands still between advances, but moves when a running operation is polled; absent: a real one.</summary>
    public bool VirtualClock { get; init; } = true;

    /// <summary>How many times faster than the host's clock a real clock runs.</summary>
    public double Speed { get; init; } = 1.0;

    /// <summary>File that gets the variables which point a client at this Azure.</summary>
    public string? EnvFile { get; init; }

    /// <summary>
    /// Serves until it is cancelled: prints one line, <c>listening on …</c>, once it answers.
    /// </summary>
    /// <param name="output">Gets that line.</param>
    /// <param name="cancellationToken">Ends it cleanly: the port is closed, then the state file.</param>
    /// <returns>Done once everything is closed.</returns>
    /// <exception cref="StateFileException">The state, estate or scenario can't be used; nothing was changed.</exception>
    /// <exception cref="IOException">A file can't be read or written, or the address is taken.</exception>
    public async Task ServeAsync(TextWriter output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        var options = new EmbeddedAzureOptions
        {
            StateFile = StateFile,
            Clock = VirtualClock ? ClockMode.Standing : ClockMode.Real,
            PollsMoveClock = VirtualClock,
            Speed = Speed,
            Estate = EstateFile is null ? null : await File.ReadAllTextAsync(EstateFile, cancellationToken).ConfigureAwait(false),
            Scenario = ScenarioFile is null ? null : await File.ReadAllTextAsync(ScenarioFile, cancellationToken).ConfigureAwait(false),
        };
        var starting = Task.Run(() => StartAsync(options, cancellationToken), cancellationToken);
        var opening = SimulatorServer.StartAsync(starting, Listen, cancellationToken);
        await using var azure = await starting.ConfigureAwait(false);
        await using var server = await opening.ConfigureAwait(false);
        if (EnvFile is not null)
            EnvironmentFile.Write(EnvFile, server, azure);
        await output.WriteLineAsync($"listening on {server.EndPoint}").ConfigureAwait(false);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellationToken.Register(() => ended.TrySetResult()).ConfigureAwait(false);
        await ended.Task.ConfigureAwait(false);
    }

    /// <summary>Starts the Azure, and makes the certificate that its first client is going to meet: whoever comes signs in first.</summary>
    private static async Task<EmbeddedAzure> StartAsync(EmbeddedAzureOptions options, CancellationToken cancellationToken)
    {
        var azure = await EmbeddedAzure.StartAsync(options, cancellationToken).ConfigureAwait(false);
        _ = azure.Core.Authority.LeafFor(HostNames.Login);
        return azure;
    }
}
