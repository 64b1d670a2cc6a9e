namespace Runbook.Language.Checking;

/// <summary>RB4xx and RB602: shapes first; the model check where nothing stands in its way.</summary>
internal static class SafetyChecks
{
    /// <summary>Runs the checks; gives how many states were looked at, where the model check could run to its end.</summary>
    public static int? Run(CheckContext context)
    {
        ScopeShapes.Run(context);
        if (!CanExplore(context)) return null;
        var findings = ModelCheck.Run(context.Machine, context.Catalogue, out var states);
        foreach (var finding in findings) context.Found.Add(finding.Rule, finding.Span, finding.Message, finding.Fix, finding.Path);
        return states;
    }

    /// <summary>Where something was not read, leads nowhere or has no scope, a way through it would be made up.</summary>
    private static bool CanExplore(CheckContext context) =>
        context.AllRead && !context.Found.Has(Rules.TargetUnknown) && !context.Found.Has(Rules.ScopeShape) && !context.Found.Has(Rules.ScopesCross);
}
