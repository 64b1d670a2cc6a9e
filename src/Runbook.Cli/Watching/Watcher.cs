using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Runbook.Cli.Worlds;
using Runbook.Engine;

namespace Runbook.Cli.Watching;

/// <summary>Looks at everything in rounds, and says a line for each check. Nothing that it reads stops it; only its operator does.</summary>
internal sealed class Watcher(string watch, ImmutableArray<WatchedCheck> checks, Variables inputs, IWorld world, WatchTelemetry telemetry, Webhook webhook, CliConsole console)
{
    private readonly Dictionary<string, bool> _states = new(StringComparer.Ordinal);

    /// <summary>Whether every check held in the last round.</summary>
    public bool AllHold => _states.Count == checks.Length && _states.Values.All(s => s);

    private TimeProvider Time => world.Clock.Time;

    /// <summary>Holds rounds until it is told to end, or until it held as many as it was asked for.</summary>
    /// <param name="every">The distance between rounds.</param>
    /// <param name="rounds">How many; <see langword="null"/> for no end.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(TimeSpan every, long? rounds, CancellationToken cancellationToken)
    {
        var schedule = new WatchSchedule(Time.GetUtcNow(), every);
        try
        {
            for (var held = 1L; ; held++)
            {
                await HoldAsync(cancellationToken).ConfigureAwait(false);
                if (held == rounds) return;
                if (schedule.Advance(Time.GetUtcNow()) is > 0 and var missed)
                {
                    telemetry.Missed(missed);
                    Say("MISSED", $"{missed} {(missed == 1 ? "round" : "rounds")} before {schedule.Due.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture)}Z: the checks took longer than {Language.Durations.Format(every)}, or this machine slept");
                }

                if (schedule.Due - Time.GetUtcNow() is { Ticks: > 0 } left) await world.Clock.WaitForAzureAsync(left, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Say("END", "told to end");
        }
    }

    private async Task HoldAsync(CancellationToken cancellationToken)
    {
        var round = new WatchRound(world.Actions, Time, inputs, static () => new Guid(RandomNumberGenerator.GetBytes(16)).ToString());
        foreach (var check in checks)
        {
            var result = await round.LookAsync(check, cancellationToken).ConfigureAwait(false);
            Say(result.Holds ? "OK" : "FAILING", $"{check.Title}{(result.Why.Length > 0 ? $": {result.Why}" : "")}{(result.Status is { } status ? $" [{status}]" : "")} {result.Took.TotalMilliseconds.ToString("F0", CultureInfo.InvariantCulture)} ms");
            telemetry.Looked(result);
            Note(result);
        }

        if (await webhook.SendAsync(cancellationToken).ConfigureAwait(false) is { } why) Say("UNTOLD", why);
    }

    private void Note(WatchedResult result)
    {
        var was = _states.TryGetValue(result.Check.Slug, out var before) ? before ? "ok" : "failing" : "unknown";
        _states[result.Check.Slug] = result.Holds;
        // That all is well when it begins is no news.
        if (was == (result.Holds ? "ok" : "failing") || (was == "unknown" && result.Holds)) return;
        var change = new WatchChange(watch, result.Check.Slug, result.Check.Title, was, result.Holds, result.Why, Time.GetUtcNow());
        telemetry.Changed(change);
        if (webhook.Add(change)) Say("UNTOLD", "more changes wait for the webhook than are kept; the oldest was let go");
    }

    private void Say(string word, string text) =>
        console.Line(CliConsole.Safe($"{Time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)}  {word,-7}  {text}"));
}
