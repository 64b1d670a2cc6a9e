namespace Runbook.Language.Checking;

/// <summary>RB704: whether what a scope may wait for fits into its limit.</summary>
internal static class ScopeChecks
{
    public static void Run(CheckContext context)
    {
        foreach (var scope in context.Machine.Scopes)
        {
            var opening = context.Document.Step(scope.Opening)!;
            var limit = opening.Block switch
            {
                StepBlock.Fault f => f.Limit.Fixed,
                StepBlock.Lease l => l.Limit.Fixed,
                _ => null,
            };
            if (limit is null) continue;
            var waits = scope.Steps.Select(s => Wait(context.Document.Step(s)!.Block)).Aggregate(TimeSpan.Zero, (sum, wait) => sum + wait);
            if (waits <= limit) continue;
            context.Found.Add(Rules.ScopeTooLong, opening.Span, $"The steps from '{opening.Title}' to its revert may wait for {Durations.Format(waits)}, and its limit is {Durations.Format(limit.Value)}.", "Raise the limit, or shorten what is waited for.");
        }
    }

    private static TimeSpan Wait(StepBlock? block) => block switch
    {
        StepBlock.Action b => b.Timeout?.Fixed ?? default,
        StepBlock.Probe b => b.Within.Fixed ?? default,
        StepBlock.Ask b => b.Within?.Fixed ?? default,
        StepBlock.Approval b => b.Within.Fixed ?? default,
        StepBlock.Wait b => b.For?.Fixed ?? default,
        _ => default,
    };
}
