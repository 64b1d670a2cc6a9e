using Runbook.Engine.Actions;
using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>How a look for a harm that is being undone stands in the journal, whoever looked.</summary>
internal static class LookedFor
{
    /// <summary>It holds that the harm is gone, it does not yet, or nobody could look.</summary>
    public static ProbeVerdict VerdictOf(SettleVerdict verdict) => verdict switch
    {
        SettleVerdict.TookEffect => ProbeVerdict.Holds,
        SettleVerdict.CannotTell => ProbeVerdict.CannotTell,
        _ => ProbeVerdict.NotYet,
    };

    /// <summary>What was refused, or why nobody could look.</summary>
    public static Journal.CallError? ErrorOf(SettleVerdict verdict, CallAnswer? answer) =>
        (answer?.Error ?? (verdict is SettleVerdict.CannotTell unknown ? new Actions.CallError("CannotTell", unknown.Reason) : null)) is { } error
            ? new Journal.CallError(error.Code, error.Message.Length <= EngineLimits.TypedTextMax ? error.Message : error.Message[..EngineLimits.TypedTextMax])
            : null;
}
