using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>The guards of a session, by the fault that each stands by for.</summary>
internal sealed class StandingGuards(SessionGround ground)
{
    private readonly Dictionary<string, IStandingGuard> _byFault = new(StringComparer.Ordinal);

    /// <summary>How often guards' files are looked at.</summary>
    public TimeSpan? PollEvery => ground.Guards?.PollEvery;

    /// <summary>Starts a guard for what is about to be armed. A lease on the embedded Azure has none: nothing real would outlive it.</summary>
    /// <exception cref="GuardRefusedException">It does not stand by.</exception>
    public async Task<GuardProcess?> PostAsync(GuardOrder order, bool isFault, CancellationToken cancellationToken)
    {
        if (!isFault && !ground.GuardsLeases) return null;
        if (ground.Guards is not { } post) throw new GuardRefusedException("RE214", "This program has no guards.", "Use the program that has.");
        var guard = await post.PostAsync(order, cancellationToken).ConfigureAwait(false);
        _byFault[order.Fault] = guard;
        return guard.Process;
    }

    /// <summary>Takes up the heartbeat of guards that an earlier process started.</summary>
    public void TakeUp(IEnumerable<ArmedFault> faults)
    {
        foreach (var fault in faults) _ = Of(fault);
    }

    /// <summary>Makes sure that the guard of an armed fault knows of it.</summary>
    /// <returns>Why it does not stand by, without full stop; <see langword="null"/> when it does, or when there is none to.</returns>
    public async Task<string?> StandByAsync(ArmedFault fault, JournalLine armed, CancellationToken cancellationToken)
    {
        if (fault.Body.Guard is null) return null;
        if (Of(fault) is not { IsAlive: true } guard) return "its process is gone";
        if (ground.Guards!.Read(fault.Body.Guard.File, armed.Hash)?.StandsBy is not null) return null;
        return await guard.ArmAsync(armed, cancellationToken).ConfigureAwait(false) ? null : "it does not answer";
    }

    /// <summary>Takes over what guards have lifted by themselves.</summary>
    public async Task ImportAsync(SessionScribe scribe, CancellationToken cancellationToken)
    {
        // What a revert has sent is settled before its fault counts as lifted: a step that is left with a call in doubt stays in doubt.
        if (scribe.View.Effects.HasDoubt && scribe.View.Current?.Step.Block is Language.StepBlock.Revert) return;
        foreach (var fault in scribe.View.Faults.Armed)
        {
            _ = Of(fault);
            var line = LineOf(scribe, fault);
            if (Lifted(scribe, fault, line) is not { } lifted)
            {
                if (SawTooSoon(scribe, fault, line) && scribe.View.Current is { AbortReason: null, Step.Block: not Language.StepBlock.Revert })
                {
                    await scribe.InStepAsync(EntryDraft.Console, new Abort { Reason = $"the guard of '{fault.Fault}' found nothing to undo and went, and it was done after that", Trigger = "guard" }, cancellationToken).ConfigureAwait(false);
                }

                continue;
            }

            await scribe.InStepAsync(EntryDraft.Console, lifted, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// What the guard says of a fault that it has lifted; <see langword="null"/> where it has not, and where its word does not
    /// count: it found nothing to undo, and the fault was done all the same, by a console that stood still meanwhile. Then
    /// whoever reverts looks for themselves.
    /// </summary>
    public FaultLifted? Lifted(SessionScribe scribe, ArmedFault fault) => Lifted(scribe, fault, LineOf(scribe, fault));

    private static FaultLifted? Lifted(SessionScribe scribe, ArmedFault fault, JournalLine? line) =>
        line is null || SawTooSoon(scribe, fault, line) ? null : (FaultLifted)line.Entry.Body with { GuardLine = line.Hash };

    private JournalLine? LineOf(SessionScribe scribe, ArmedFault fault) =>
        fault.Body.Guard is { } guard ? ground.Guards?.Read(guard.File, scribe.LineOf(fault.Fault).Hash)?.Lifted : null;

    private static bool SawTooSoon(SessionScribe scribe, ArmedFault fault, JournalLine? line) =>
        line?.Entry.Body is FaultLifted { How: LiftedHow.ByHand } && scribe.View.Effects.Find(fault.Body.Effect) is { State: EffectState.TookEffect or EffectState.InDoubt or EffectState.Abandoned or EffectState.Failed };

    /// <summary>Tells a fault's guard that the fault is lifted.</summary>
    public async Task StandDownAsync(ArmedFault fault, CancellationToken cancellationToken)
    {
        if (fault.Body.Guard is null || Of(fault) is not { } guard) return;
        await guard.StandDownAsync(cancellationToken).ConfigureAwait(false);
        _byFault.Remove(fault.Fault);
    }

    private IStandingGuard? Of(ArmedFault fault)
    {
        if (_byFault.TryGetValue(fault.Fault, out var known)) return known;
        if (fault.Body.Guard is null || ground.Guards?.Find(fault) is not { } found) return null;
        return _byFault[fault.Fault] = found;
    }
}
