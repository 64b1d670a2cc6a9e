using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>What arming, lifting and watching do to a view.</summary>
internal static class FaultFold
{
    private const string RefusalCodes = "RE21";

    public static SessionView Arm(SessionView view, FaultArmed armed) => view with
    {
        FaultsPast = view.FaultsPast.Add(new FaultPast(armed.Fault, armed.Lease, null, Harmed: false)),
        Broken = view.Broken.Remove(armed.Fault),
    };

    /// <summary>
    /// In the fault's own revert that is what the step waited for. Anywhere else somebody was quicker than the runbook, and the
    /// scope has lost what it is for.
    /// </summary>
    public static SessionView Lift(SessionView view, JournalEntry entry, FaultLifted lifted)
    {
        view = Past(view, lifted.Fault, p => p with { How = lifted.How });
        var isOwnRevert = view.Current is { Step.Block: StepBlock.Revert revert } step && StepRules.FaultPath(step, revert) == lifted.Fault;
        return isOwnRevert
            ? StepFold.InStep(view, entry, s => s with { Lifted = true })
            : view with { Broken = view.Broken.SetItem(lifted.Fault, new ScopeCut(lifted.Fault, $"the guard has lifted '{lifted.Fault}'", "guard")) };
    }

    /// <summary>A sample beside the session: only what must stay unharmed, and did not, changes anything.</summary>
    public static SessionView See(SessionView view, Probe probe, FaultWatch watch)
    {
        if (watch.As != WatchedAs.Unharmed || probe.Verdict != ProbeVerdict.NotYet || view.Faults.Find(watch.Fault) is null || view.Broken.ContainsKey(watch.Fault)) return view;
        return Past(view, watch.Fault, p => p with { Harmed = true }) with
        {
            Broken = view.Broken.Add(watch.Fault, new ScopeCut(watch.Fault, $"'{watch.Probe}' does not hold any more, and '{watch.Fault}' must not touch it", "unharmed")),
        };
    }

    public static SessionView Enter(SessionView view, StepProgress step)
    {
        var fault = step.Step.Block switch
        {
            StepBlock.Revert revert => StepRules.FaultPath(step, revert),
            StepBlock.Fault or StepBlock.Lease => step.Path,
            _ => null,
        };
        return fault is null ? view : view with { Broken = view.Broken.Remove(fault) };
    }

    public static SessionView Note(SessionView view, Outcome outcome)
    {
        if (outcome is { Result: OutcomeResult.Refused, Error: { } error } && error.Code.Original() is var code && code.StartsWith(RefusalCodes, StringComparison.Ordinal)) return view with { Refusal = code };
        var didNot = outcome.Result is OutcomeResult.Refused or OutcomeResult.NotNeeded or OutcomeResult.TimedOut || outcome is { Result: OutcomeResult.Settled, SettledAs: Settlement.DidNot };
        return didNot || view.Effects.Find(outcome.Effect) is not { Intent.Class: not Journal.EffectClass.Read } ? view : view with { HasChanged = true };
    }

    public static SessionView Refuse(SessionView view, Abort abort) =>
        abort.Reason.Original() is var reason && reason.StartsWith(RefusalCodes, StringComparison.Ordinal) ? view with { Refusal = reason[..5] } : view;

    private static SessionView Past(SessionView view, string fault, Func<FaultPast, FaultPast> change)
    {
        for (var i = view.FaultsPast.Length - 1; i >= 0; i--)
        {
            if (view.FaultsPast[i].Fault == fault) return view with { FaultsPast = view.FaultsPast.SetItem(i, change(view.FaultsPast[i])) };
        }

        return view;
    }
}
