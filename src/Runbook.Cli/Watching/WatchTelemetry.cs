using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using Runbook.Engine;

namespace Runbook.Cli.Watching;

/// <summary>What a watch tells machines: metrics by OpenTelemetry's protocol and for Prometheus, a log record for each change of state.</summary>
/// <remarks>
/// <c>runbook.watch.check.up</c> is 1 while a check holds and 0 while not, as <c>up</c> is in Prometheus; <c>runbook.watch.check.duration</c>
/// is in seconds; <c>runbook.watch.checks</c> and <c>runbook.watch.rounds.missed</c> count. Attribute <c>check</c> is the step's slug.
/// </remarks>
internal sealed class WatchTelemetry : IDisposable
{
    private const string Name = "Runbook.Watch";

    private readonly Meter _meter = new(Name, ProgramIdentity.Version);
    private readonly Gauge<int> _up;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _checks;
    private readonly Counter<long> _missed;
    private readonly MeterProvider? _metrics;
    private readonly ILoggerFactory? _logs;
    private readonly ILogger? _log;

    /// <summary>Opens what was asked for.</summary>
    /// <param name="watch">Name of what is watched.</param>
    /// <param name="otlp">Where an OpenTelemetry collector listens, for OTLP over HTTP; <see langword="null"/> for none.</param>
    /// <param name="prometheus">Where metrics are served for Prometheus; <see langword="null"/> for nowhere.</param>
    /// <exception cref="CliException">The address for Prometheus can't be listened on.</exception>
    public WatchTelemetry(string watch, Uri? otlp, IPEndPoint? prometheus)
    {
        _up = _meter.CreateGauge<int>("runbook.watch.check.up", description: "1 while the check holds, 0 while it does not");
        _duration = _meter.CreateHistogram<double>("runbook.watch.check.duration", "s", "How long the check took");
        _checks = _meter.CreateCounter<long>("runbook.watch.checks", description: "Checks that were made");
        _missed = _meter.CreateCounter<long>("runbook.watch.rounds.missed", description: "Rounds that were due and not held");
        if (otlp is null && prometheus is null) return;

        var resource = ResourceBuilder.CreateEmpty().AddService("runbook-watch", serviceVersion: ProgramIdentity.Version, autoGenerateServiceInstanceId: false).AddAttributes([new("runbook.watch", watch)]);
        var metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Name);
        if (otlp is not null)
        {
            metrics.AddOtlpExporter((exporter, reader) =>
            {
                Configure(exporter, otlp, "v1/metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = 60_000;
            });
            _logs = LoggerFactory.Create(logging => logging.AddOpenTelemetry(options =>
            {
                options.IncludeFormattedMessage = true;
                options.SetResourceBuilder(resource);
                options.AddOtlpExporter(o => Configure(o, otlp, "v1/logs"));
            }));
            _log = _logs.CreateLogger(Name);
        }

        if (prometheus is not null)
        {
            metrics.AddPrometheusHttpListener(o =>
            {
                o.Host = prometheus.Address.ToString();
                o.Port = prometheus.Port;
            });
        }

        try
        {
            _metrics = metrics.Build();
        }
        catch (Exception exception) when (exception.GetBaseException() is HttpListenerException or System.Net.Sockets.SocketException)
        {
            throw new CliException("RC098", $"metrics can't be served on {prometheus}: {exception.GetBaseException().Message}", "nothing was looked at.", "name a free port: --prometheus 127.0.0.1:9464", ExitCodes.BadInput, exception);
        }
    }

    /// <summary>Tells what a check came to.</summary>
    public void Looked(WatchedResult result)
    {
        KeyValuePair<string, object?> check = new("check", result.Check.Slug);
        _up.Record(result.Holds ? 1 : 0, check);
        _duration.Record(result.Took.TotalSeconds, check);
        _checks.Add(1, check, new("result", result.Holds ? "ok" : "failing"));
    }

    /// <summary>Tells that rounds were missed.</summary>
    public void Missed(long rounds) => _missed.Add(rounds);

    /// <summary>Tells that a check changed its state.</summary>
    public void Changed(WatchChange change)
    {
        if (_log is null) return;
        if (change.IsGood) WatchLog.Holds(_log, change.Check, change.Title, change.Was, change.Reason);
        else WatchLog.Fails(_log, change.Check, change.Title, change.Was, change.Reason);
    }

    /// <summary>Sends what is not sent yet, and closes.</summary>
    public void Dispose()
    {
        _metrics?.Dispose();
        _logs?.Dispose();
        _meter.Dispose();
    }

    private static void Configure(OtlpExporterOptions exporter, Uri collector, string signal)
    {
        exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
        exporter.Endpoint = new Uri(new Uri(collector.AbsoluteUri.TrimEnd('/') + "/"), signal);
    }
}

/// <summary>The log records of a watch.</summary>
internal static partial class WatchLog
{
    [LoggerMessage(1, LogLevel.Information, "{Check} holds, and was {Was}: {Title}{Reason}")]
    public static partial void Holds(ILogger log, string check, string title, string was, string reason);

    [LoggerMessage(2, LogLevel.Error, "{Check} does not hold, and was {Was}: {Title}: {Reason}")]
    public static partial void Fails(ILogger log, string check, string title, string was, string reason);
}
