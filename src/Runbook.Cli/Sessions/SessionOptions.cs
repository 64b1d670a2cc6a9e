using System.CommandLine;
using Runbook.Language;

namespace Runbook.Cli.Sessions;

/// <summary>How a session is shown.</summary>
internal enum FrontKind
{
    Tui,
    Plain,
    Json,
}

/// <summary>The options that <c>run</c> and <c>resume</c> share.</summary>
internal sealed class SessionOptions
{
    public Option<string> Azure { get; } = new("--azure") { Description = "Where it runs: 'embedded', or a profile that names cloud, tenant, subscription, resource group, environment and credential.", DefaultValueFactory = _ => "embedded", HelpName = "embedded|PROFILE.yaml" };

    public Option<FrontKind?> Ui { get; } = new("--ui") { Description = "The console on a terminal, plain lines elsewhere.", HelpName = "tui|plain|json" };

    public Option<bool> Rehearse { get; } = new("--rehearse") { Description = "Unattended, on the embedded Azure only: simulated people tick, answer and sign; every such entry says so." };

    public Option<string> Clock { get; } = new("--clock") { Description = "Embedded Azure only: on the virtual clock, waiting for Azure takes no time.", DefaultValueFactory = _ => "virtual" };

    public Option<double> Speed { get; } = new("--speed") { Description = "Embedded Azure on the real clock: how many times faster it goes.", DefaultValueFactory = _ => 1, HelpName = "N" };

    public Option<string> Grace { get; } = new("--grace") { Description = "How long the console's heartbeat may be missing before a guard undoes what is armed.", DefaultValueFactory = _ => "90s", HelpName = "DURATION" };

    public Option<string?> Until { get; } = new("--until") { Description = "Stop before that step, resumable.", HelpName = "STEP" };

    public Option<string?> Operator { get; } = new("--operator") { Description = "Roster id of who drives the console, where the keys on this machine do not say.", HelpName = "ID" };

    public Option<bool> NoColor { get; } = new("--no-color") { Description = "No colour." };

    private static readonly TimeSpan GraceMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GraceMax = TimeSpan.FromHours(1);

    public SessionOptions()
    {
        Clock.AcceptOnlyFromAmong("real", "virtual");
        Grace.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !(Durations.TryParse(token.Value, out var grace) && grace >= GraceMin && grace <= GraceMax)) result.AddError("--grace takes a duration from 1s to 1h, such as 90s.");
        });
        Speed.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (>= 0.01 and <= 10_000)) result.AddError("--speed takes a number from 0.01 to 10000.");
        });
    }

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { Azure, Ui, Rehearse, Clock, Speed, Grace, Until, Operator, NoColor }) command.Options.Add(option);
    }

    /// <summary>What somebody typed.</summary>
    public SessionChoices Read(ParseResult parsed, CliConsole console)
    {
        var rehearse = parsed.GetValue(Rehearse);
        var azure = parsed.GetValue(Azure)!;
        var isEmbedded = azure == "embedded";
        if (rehearse && !isEmbedded) throw new CliException("RC002", "--rehearse is for the embedded Azure only: simulated people never act on a real one.", "nothing was done.", "leave out --rehearse or --azure.");
        if (!isEmbedded && parsed.GetResult(Clock) is { Implicit: false }) throw new CliException("RC002", "--clock is for the embedded Azure only.", "nothing was done.", "leave out --clock.");
        var terminal = console.IsInteractive && console.IsOutputTerminal;
        return new SessionChoices
        {
            Profile = isEmbedded ? null : azure,
            Front = parsed.GetValue(Ui) ?? (terminal && !rehearse ? FrontKind.Tui : FrontKind.Plain),
            Rehearse = rehearse,
            RealClock = parsed.GetValue(Clock) == "real" || !isEmbedded,
            Speed = parsed.GetValue(Speed),
            Grace = Durations.TryParse(parsed.GetValue(Grace)!, out var grace) ? grace : SessionChoices.DefaultGrace,
            Until = parsed.GetValue(Until),
            Operator = parsed.GetValue(Operator),
            NoColor = parsed.GetValue(NoColor),
        };
    }
}

/// <summary>What somebody typed for a session.</summary>
internal sealed record SessionChoices
{
    /// <summary>The grace where none was typed.</summary>
    public static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(90);

    /// <summary>The profile of a real Azure; <see langword="null"/> for the embedded one.</summary>
    public string? Profile { get; init; }

    public FrontKind Front { get; init; }

    public bool Rehearse { get; init; }

    public bool RealClock { get; init; }

    public double Speed { get; init; } = 1;

    /// <summary>How long this console's heartbeat may be missing before a guard acts.</summary>
    public TimeSpan Grace { get; init; } = DefaultGrace;

    public string? Until { get; init; }

    public string? Operator { get; init; }

    public bool NoColor { get; init; }
}
