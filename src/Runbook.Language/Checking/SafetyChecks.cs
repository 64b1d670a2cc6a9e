namespace Runbook.Language.Checking;

/// <summary>RB4xx and RB602: shapes first; the model check where nothing stands in its way.</summary>
internal static class SafetyChecks
{
    public static void Run(CheckContext context)
    {
        ScopeShapes.Run(context);
        if (!CanExplore(context)) return;
        foreach (var finding in ModelCheck.Run(context.Machine, context.Catalogue))
        {
            context.Found.Add(finding.Rule, finding.Span, finding.Message, finding.Fix, finding.Path);
        }
    }

    /// <summary>Where something was not read, leads nowhere or has no scope, a way through it would be made up.</summary>
    private static bool CanExplore(CheckContext context) =>
        context.AllRead && !context.Found.Has(Rules.TargetUnknown) && !context.Found.Has(Rules.ScopeShape) && !context.Found.Has(Rules.ScopesCross);
}
