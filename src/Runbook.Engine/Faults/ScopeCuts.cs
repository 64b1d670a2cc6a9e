using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>A reason to cut a fault scope short at once.</summary>
/// <param name="Fault">Path of the fault or lease.</param>
/// <param name="Why">Why, in a sentence without full stop.</param>
/// <param name="Trigger">Whose decision it is, as the journal says it.</param>
public sealed record ScopeCut(string Fault, string Why, string Trigger);

/// <summary>
/// Decides whether the scope that a session stands in must be left by its abort. Pure and asked again at every step: what
/// has broken stays broken until the fault's revert is entered, wherever the runbook leads in between.
/// </summary>
public static class ScopeCuts
{
    /// <summary>The reason to cut; <see langword="null"/> while there is none, or while the step is a revert, or is being aborted.</summary>
    public static ScopeCut? Of(SessionView view, Moment now)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (view.Current is not { AbortReason: null } step || step.Step.Block is StepBlock.Revert) return null;
        return Around(view).Select(fault => Of(view, fault, now)).FirstOrDefault(cut => cut is not null);
    }

    /// <summary>
    /// How long until a fault's limit is reached; zero or less once it is. The wall clock says so, or the time that has passed since it
    /// was armed, whichever is first: a clock that is set back lengthens nothing.
    /// </summary>
    public static TimeSpan Left(SessionView view, ArmedFault fault, Moment now)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(fault);
        var left = fault.Body.Deadline.ToDateTimeOffset() - now.Wall;
        if (view.Clocks.Between(fault.Epoch, fault.MonoUs, now.Epoch, now.MonoUs) is not { } age) return left;
        var byAge = TimeSpan.FromMilliseconds(fault.Body.LimitMs) - age;
        return byAge < left ? byAge : left;
    }

    /// <summary>The faults and leases in whose scopes the session stands, innermost first; called runbooks' callers included.</summary>
    public static IEnumerable<string> Around(SessionView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        foreach (var frame in view.Frames.Reverse())
        {
            if (frame.Current is not { } step) continue;
            for (var scope = step.State.Scope; scope is not null; scope = frame.Machine.Scopes.FirstOrDefault(s => s.Opening == scope.Enclosing))
            {
                if (step.Slug != scope.Revert) yield return frame.Prefix + scope.Opening;
            }
        }
    }

    private static ScopeCut? Of(SessionView view, string fault, Moment now)
    {
        if (view.Broken.TryGetValue(fault, out var broken)) return broken;
        return view.Faults.Find(fault) is { } armed && Left(view, armed, now) <= TimeSpan.Zero
            ? new ScopeCut(fault, $"the limit of '{fault}' is reached", "timeout")
            : null;
    }
}
