using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Language;

namespace Runbook.Cli.Lags;

/// <summary>An input that could be another, from what was measured.</summary>
/// <param name="Input">Its name.</param>
/// <param name="Now">Its default; <see langword="null"/> where it has none.</param>
/// <param name="Proposed">What is proposed.</param>
/// <param name="Because">From what, in words.</param>
internal sealed record LagProposal(string Input, TimeSpan? Now, TimeSpan Proposed, string Because);

/// <summary>
/// Proposes time-outs and limits. A time-out is half as long again as the longest that was seen, in whole minutes; a limit holds
/// all waits of its scope as they are proposed, and a fifth on top. What was never measured is taken as it is.
/// </summary>
internal static class LagProposals
{
    private const double MarginOfWait = 1.5;
    private const double MarginOfLimit = 1.2;

    /// <summary>For a runbook.</summary>
    /// <param name="machine">The runbook.</param>
    /// <param name="lags">What was measured in sessions of it, in one kind of place.</param>
    public static ImmutableArray<LagProposal> For(MachineDefinition machine, IReadOnlyCollection<MeasuredLag> lags)
    {
        var longest = lags.GroupBy(l => l.Step, StringComparer.Ordinal).ToDictionary(g => g.Key, g => TimeSpan.FromMilliseconds(g.Max(l => l.StepMs)), StringComparer.Ordinal);
        var proposals = ImmutableArray.CreateBuilder<LagProposal>();
        foreach (var step in machine.States.Select(s => s.Step))
        {
            if (step.Block is not StepBlock.Probe { Within.Variable: { } input } || !longest.TryGetValue(step.Slug, out var seen)) continue;
            proposals.Add(new LagProposal(input, Default(machine, input), Wait(seen), $"\"{step.Title}\" took {Short(seen)} at the longest"));
        }

        foreach (var scope in machine.Scopes)
        {
            var opening = machine.State(scope.Opening)!.Step;
            if (Limit(opening.Block) is not { Variable: { } input } || !scope.Steps.Any(longest.ContainsKey)) continue;
            var waits = scope.Steps.Aggregate(TimeSpan.Zero, (sum, s) => sum + Waits(machine, machine.State(s)!.Step, longest));
            proposals.Add(new LagProposal(input, Default(machine, input), Minutes(waits * MarginOfLimit), $"the waits up to \"{machine.State(scope.Revert)!.Step.Title}\" come to {Short(waits)}"));
        }

        return proposals.ToImmutable();
    }

    /// <summary>A duration for people: <c>7m 46s</c>.</summary>
    public static string Short(TimeSpan span)
    {
        if (span < TimeSpan.FromSeconds(1)) return $"{(long)span.TotalMilliseconds}ms";
        if (span < TimeSpan.FromMinutes(1)) return $"{(long)span.TotalSeconds}s";
        if (span < TimeSpan.FromHours(1)) return span.Seconds == 0 ? $"{span.Minutes}m" : $"{span.Minutes}m {span.Seconds}s";
        return span.Minutes == 0 ? $"{(long)span.TotalHours}h" : $"{(long)span.TotalHours}h {span.Minutes}m";
    }

    private static TimeSpan Waits(MachineDefinition machine, RunbookStep step, Dictionary<string, TimeSpan> longest) => step.Block switch
    {
        StepBlock.Probe when longest.TryGetValue(step.Slug, out var seen) => Wait(seen),
        StepBlock.Call when longest.TryGetValue(step.Slug, out var seen) => Wait(seen),
        StepBlock.Probe p => Written(machine, p.Within),
        StepBlock.Action a => Written(machine, a.Timeout),
        StepBlock.Fault f => Written(machine, f.Timeout),
        StepBlock.Ask a => Written(machine, a.Within),
        StepBlock.Approval a => Written(machine, a.Within),
        StepBlock.Wait w => Written(machine, w.For),
        _ => TimeSpan.Zero,
    };

    private static TimeSpan Wait(TimeSpan seen) => Minutes(seen * MarginOfWait);

    // Rounded up, and never nothing.
    private static TimeSpan Minutes(TimeSpan span) => TimeSpan.FromMinutes(Math.Max(1, Math.Ceiling(span.TotalMinutes)));

    private static DurationValue? Limit(StepBlock? block) => block switch
    {
        StepBlock.Fault f => f.Limit,
        StepBlock.Lease l => l.Limit,
        _ => null,
    };

    private static TimeSpan Written(MachineDefinition machine, DurationValue? value) => value?.Resolve(name => DefaultOf(machine, name)) ?? TimeSpan.Zero;

    private static TimeSpan? Default(MachineDefinition machine, string input) =>
        DefaultOf(machine, input) is { ValueKind: JsonValueKind.String } text && Durations.TryParse(text.GetString()!, out var duration) ? duration : null;

    private static JsonElement? DefaultOf(MachineDefinition machine, string input) => machine.Document.Inputs.FirstOrDefault(i => i.Name == input)?.Schema.Default;
}
