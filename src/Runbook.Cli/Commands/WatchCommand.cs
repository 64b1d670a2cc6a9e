using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using Runbook.Actions;
using Runbook.Cli.Loading;
using Runbook.Cli.Watching;
using Runbook.Cli.Worlds;
using Runbook.Engine;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook watch FILE</c>: makes the readings of a runbook every few minutes, and tells people and machines what they come to.</summary>
internal static class WatchCommand
{
    /// <summary>On the embedded Azure an hour passes at once: so many rounds of five minutes.</summary>
    private const long EmbeddedRounds = 12;

    public static Command Build(CliConsole console)
    {
        var file = new Argument<string>("FILE") { Description = "A runbook whose steps only read, such as runbooks/canary.md." };
        var set = new Option<string[]>("--set") { Description = "An input; repeatable.", HelpName = "name=value" };
        var inputs = new Option<string?>("--inputs") { Description = "A YAML or JSON file of inputs.", HelpName = "FILE" };
        var azure = new Option<string>("--azure") { Description = "Where to look; the embedded Azure lets an hour pass at once.", DefaultValueFactory = _ => "embedded", HelpName = "embedded|PROFILE.yaml" };
        var every = new Option<string>("--every") { Description = "Distance between rounds, 1s to 1d.", DefaultValueFactory = _ => "5m", HelpName = "DURATION" };
        var rounds = new Option<long?>("--rounds") { Description = "How many rounds; no end if left out.", HelpName = "N" };
        rounds.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<long?>() is < 1) result.AddError("--rounds takes a number from 1.");
        });
        var otlp = new Option<string?>("--otlp") { Description = "OpenTelemetry collector, for metrics and logs over HTTP.", HelpName = "URL" };
        var prometheus = new Option<string?>("--prometheus") { Description = "Where metrics are served for Prometheus, under /metrics.", HelpName = "ADDRESS:PORT" };
        var webhook = new Option<string?>("--webhook") { Description = "Who is told of changes, by a POST of JSON for each.", HelpName = "URL" };
        var command = new Command("watch", "Make the readings of a runbook every few minutes, with metrics and alerts.") { file, set, inputs, azure, every, rounds, otlp, prometheus, webhook };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var order = new WatchOrder
            {
                File = parsed.GetValue(file)!,
                Set = parsed.GetValue(set) ?? [],
                Inputs = parsed.GetValue(inputs),
                Azure = parsed.GetValue(azure)!,
                Every = Language.Durations.TryParse(parsed.GetValue(every)!, out var distance) && distance >= TimeSpan.FromSeconds(1) && distance <= TimeSpan.FromDays(1)
                    ? distance
                    : throw Unusable("--every", parsed.GetValue(every)!, "a duration from 1s to 1d", "--every 5m"),
                Rounds = parsed.GetValue(rounds),
                Otlp = AddressOf("--otlp", parsed.GetValue(otlp), "http://127.0.0.1:4318"),
                Webhook = AddressOf("--webhook", parsed.GetValue(webhook), "https://alerts.example.com/runbook"),
                Prometheus = parsed.GetValue(prometheus) is not { } named ? null
                    : IPEndPoint.TryParse(named, out var point) && point.Port > 0 ? point
                    : throw Unusable("--prometheus", named, "an address and a port", "--prometheus 127.0.0.1:9464"),
            };
            return await WatchAsync(order, console, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> WatchAsync(WatchOrder order, CliConsole console, CancellationToken cancellationToken)
    {
        var loaded = RunbookLoader.LoadGood(order.File, AzureActions.Catalogue, console);
        var document = loaded.Linked.ByPath[loaded.RootPath].Document!;
        var isEmbedded = order.Azure == "embedded";
        var given = new InputReader(document, console).Read(order.Set, order.Inputs, useRehearsal: isEmbedded, ask: false);
        var checks = WatchedCheck.Of(loaded.ToProgram().Root, AzureActions.Catalogue);
        IWorld world = isEmbedded ? await EmbeddedWorld.StartForLookAsync(EstateFiles.Estate(loaded.File, document.Rehearsal.Estate), cancellationToken).ConfigureAwait(false) : RealWorld.Open(order.Azure);
        await using (world.ConfigureAwait(false))
        {
            var variables = new Variables { Named = given.Values.ToImmutableSortedDictionary(v => v.Key, v => Variable.Of(v.Value), StringComparer.Ordinal) };
            using var telemetry = new WatchTelemetry(document.Id, order.Otlp, order.Prometheus);
            using var webhook = new Webhook(order.Webhook);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var signals = new StopSignals(stop);
            console.Line(CliConsole.Safe($"Watching \"{document.Title}\" {(isEmbedded ? "on the embedded Azure" : $"in {world.Label}")}: {checks.Length} checks every {Language.Durations.Format(order.Every)}.{(isEmbedded && order.Rounds is null ? $" {EmbeddedRounds} rounds, without waiting." : "")}"));
            var watcher = new Watcher(document.Id, checks, variables, world, telemetry, webhook, console);
            await watcher.RunAsync(order.Every, order.Rounds ?? (isEmbedded ? EmbeddedRounds : null), stop.Token).ConfigureAwait(false);
            return watcher.AllHold || signals.Came ? ExitCodes.Done : ExitCodes.NotCompleted;
        }
    }

    private static Uri? AddressOf(string option, string? text, string example) => text is null
        ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : throw Unusable(option, text, "an http or https address", $"{option} {example}");

    private static CliException Unusable(string option, string text, string what, string next) =>
        new("RC097", $"{option} takes {what}, and \"{text}\" is none.", "nothing was looked at.", next);

    /// <summary>What was asked for.</summary>
    private sealed record WatchOrder
    {
        public required string File { get; init; }

        public required string[] Set { get; init; }

        public string? Inputs { get; init; }

        public required string Azure { get; init; }

        public required TimeSpan Every { get; init; }

        public long? Rounds { get; init; }

        public Uri? Otlp { get; init; }

        public Uri? Webhook { get; init; }

        public IPEndPoint? Prometheus { get; init; }
    }
}
