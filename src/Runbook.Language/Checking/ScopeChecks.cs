namespace Runbook.Language.Checking;

/// <summary>RB704: whether what a scope may wait for fits into its limit.</summary>
internal static class ScopeChecks
{
    /// <summary>For a runbook by itself; what it calls is taken to need no time.</summary>
    public static void Run(CheckContext context)
    {
        foreach (var scope in context.Machine.Scopes) Report(context.Machine, scope, context.Found, static _ => TimeSpan.Zero, null);
    }

    /// <summary>For the scopes that only the waits of called runbooks make too long.</summary>
    public static void RunLinked(LinkedRunbook linked, string rootPath, DiagnosticBag found)
    {
        foreach (var scope in linked.Root.Machine!.Scopes)
        {
            if (IsTooLong(linked.Root.Machine, scope, static _ => TimeSpan.Zero, out _)) continue;
            Report(linked.Root.Machine, scope, found, call => Called(linked, rootPath, call), ", called runbooks included,");
        }
    }

    private static void Report(MachineDefinition machine, FaultScope scope, DiagnosticBag found, Func<StepBlock.Call, TimeSpan> called, string? included)
    {
        if (!IsTooLong(machine, scope, called, out var waits)) return;
        var opening = machine.State(scope.Opening)!.Step;
        found.Add(Rules.ScopeTooLong, opening.Span, $"The steps from '{opening.Title}' to its revert{included} may wait for {Durations.Format(waits)}, and its limit is {Durations.Format(Limit(opening)!.Value)}.", "Raise the limit, or shorten what is waited for.");
    }

    private static bool IsTooLong(MachineDefinition machine, FaultScope scope, Func<StepBlock.Call, TimeSpan> called, out TimeSpan waits)
    {
        waits = Sum(scope.Steps.Select(s => Wait(machine.State(s)!.Step.Block, called)));
        return Limit(machine.State(scope.Opening)!.Step) is { } limit && waits > limit;
    }

    private static TimeSpan? Limit(RunbookStep opening) => opening.Block switch
    {
        _ when opening.IsBroken => null,
        StepBlock.Fault f => f.Limit.Fixed,
        StepBlock.Lease l => l.Limit.Fixed,
        _ => null,
    };

    private static TimeSpan Called(LinkedRunbook linked, string path, StepBlock.Call call)
    {
        var target = RunbookLinker.Resolve(path, call.File)!;
        return Sum(linked.ByPath[target].Document!.Steps.Select(s => Wait(s.Block, inner => Called(linked, target, inner))));
    }

    private static TimeSpan Wait(StepBlock? block, Func<StepBlock.Call, TimeSpan> called) => block switch
    {
        StepBlock.Action b => b.Timeout?.Fixed ?? default,
        StepBlock.Probe b => b.Within.Fixed ?? default,
        StepBlock.Ask b => b.Within?.Fixed ?? default,
        StepBlock.Approval b => b.Within.Fixed ?? default,
        StepBlock.Wait b => b.For?.Fixed ?? default,
        StepBlock.Call b => called(b),
        _ => default,
    };

    // A hundred thousand days are too long for any limit, and don't overflow when they are added up.
    private static TimeSpan Sum(IEnumerable<TimeSpan> waits) =>
        waits.Aggregate(TimeSpan.Zero, static (sum, wait) => sum < TimeSpan.FromDays(100_000) ? sum + wait : sum);
}
