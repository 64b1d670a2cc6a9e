using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>A fault or lease that a session armed, and what became of it.</summary>
/// <param name="Fault">Its path.</param>
/// <param name="Lease">Whether it is a lease.</param>
/// <param name="How">How it was undone; <see langword="null"/> while it is armed.</param>
/// <param name="Harmed">Whether something broke that it must not touch.</param>
public sealed record FaultPast(string Fault, bool Lease, LiftedHow? How, bool Harmed);

/// <summary>What a drill came to, worked out from the view alone: three verdicts, so that a poor clean-up never makes a good experiment look bad, nor the other way round.</summary>
public static class DrillVerdict
{
    /// <summary>The verdicts; <see langword="null"/> where the runbook is no drill.</summary>
    public static DrillVerdicts? Of(SessionView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (view.Program?.Document.Kind != Language.RunbookKind.Drill || view.Root is not { } root) return null;
        var faults = view.FaultsPast.Where(f => !f.Lease).ToList();
        return new DrillVerdicts(OfSystem(root, faults), OfDrill(root, faults), OfCleanup(faults));
    }

    // The system held where what the runbook expected of it came true; it broke where something else suffered or a hypothesis failed.
    private static string OfSystem(SessionFrame root, List<FaultPast> faults)
    {
        if (faults.Any(f => f.Harmed)) return "broke";
        if (faults.Count == 0 || faults.All(f => f.How == LiftedHow.NeverTook)) return "unjudged";
        return root.Cut switch
        {
            CutCause.None when StepFold.EndOf(root) == SessionEnd.Completed => "held",
            CutCause.Abort => "unjudged",
            _ => "broke",
        };
    }

    private static string OfDrill(SessionFrame root, List<FaultPast> faults)
    {
        if (faults.Count == 0 || faults.All(f => f.How == LiftedHow.NeverTook)) return "never-began";
        return root.Cut == CutCause.None ? "ran" : "cut-short";
    }

    private static string OfCleanup(List<FaultPast> faults)
    {
        if (faults.Count == 0 || faults.All(f => f.How == LiftedHow.NeverTook)) return "nothing-to-do";
        if (faults.Any(f => f.How == LiftedHow.Guard)) return "by-guard";
        return faults.Any(f => f.How == LiftedHow.ByHand) ? "by-hand" : "reverted";
    }
}
