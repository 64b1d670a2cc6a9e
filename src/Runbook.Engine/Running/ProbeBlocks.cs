using System.Text.Json;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>Carries out <c>probe</c> blocks: samples until the fold says that it held, or that its time is over.</summary>
internal sealed class ProbeBlocks(SessionScribe scribe, SessionGround ground, Sampler sampler, CallWait wait)
{
    /// <summary>Samples until the block has an outcome, or somebody interrupts.</summary>
    public async Task RunAsync(StepBlock.Probe block, CancellationToken cancellationToken)
    {
        var variables = scribe.View.Frame!.Variables;
        var run = new ActionRun(ground.Actions.Get(block.Use.Name), block.Use.With.Fill(variables.Find));
        var every = block.Every.Resolve(variables.Find) ?? TimeSpan.FromSeconds(15);
        Gathered? gathered = null;
        while (scribe.View.Current is { Outcome: null })
        {
            Sample sample;
            try
            {
                sample = await sampler.SampleAsync(run, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (wait.IsInterrupted && !cancellationToken.IsCancellationRequested)
            {
                break;
            }

            var now = scribe.Now;
            var elapsed = scribe.View.ElapsedMs(now.Epoch, now.MonoUs, now.Wall);
            var result = BlockEvaluation.Result(sample.Observed, sample.Status, sample.Error, elapsed);
            var holds = BlockFold.JudgeSample(scribe.View, block, result).Trigger == TriggerKind.Success;
            gathered = await GatherAsync(block, gathered, sample, holds, now, elapsed, cancellationToken).ConfigureAwait(false);
            if (scribe.View.Current is not { Outcome: null }) return;
            await wait.ForAzureAsync(Next(block, every, elapsed), cancellationToken).ConfigureAwait(false);
            if (wait.IsInterrupted) break;
        }

        if (gathered is { Samples: > 0 }) await WriteAsync(block, gathered, cancellationToken).ConfigureAwait(false);
    }

    // The last sample is taken when the time is over, not one interval later.
    private TimeSpan Next(StepBlock.Probe block, TimeSpan every, long elapsedMs)
    {
        var within = block.Within.Resolve(scribe.View.Frame!.Variables.Find) ?? every;
        var left = within - TimeSpan.FromMilliseconds(elapsedMs);
        return left > TimeSpan.Zero && left < every ? left : every;
    }

    /// <summary>
    /// Writes a sample, or keeps it for the next entry while nothing changes and nothing holds. What a crash can lose of
    /// it is only a count.
    /// </summary>
    private async Task<Gathered?> GatherAsync(StepBlock.Probe block, Gathered? before, Sample sample, bool holds, Moment now, long elapsed, CancellationToken cancellationToken)
    {
        var verdict = holds ? ProbeVerdict.Holds : ProbeVerdict.NotYet;
        var isSame = before is not null && before.Verdict == verdict && before.IsLike(sample);
        if (before is { Samples: > 0 } && !isSame) await WriteAsync(block, before, cancellationToken).ConfigureAwait(false);
        var gathered = isSame && before is { Samples: > 0 }
            ? before with { Samples = before.Samples + 1, LastAtUs = now.MonoUs, ElapsedMs = elapsed, Last = sample }
            : new Gathered(sample, verdict, 1, now.MonoUs, now.MonoUs, elapsed);
        var within = block.Within.Resolve(scribe.View.Frame!.Variables.Find) ?? TimeSpan.Zero;
        var mustWrite = holds || !isSame || scribe.IsGatheredEnough(gathered.Samples, gathered.FirstAtUs, gathered.LastAtUs) || elapsed >= within.TotalMilliseconds;
        if (!mustWrite) return gathered;
        await WriteAsync(block, gathered, cancellationToken).ConfigureAwait(false);
        return gathered with { Samples = 0 };
    }

    private async Task WriteAsync(StepBlock.Probe block, Gathered gathered, CancellationToken cancellationToken)
    {
        var probe = new Probe
        {
            Action = block.Use.Name,
            Request = gathered.Last.Request,
            Observed = JournalValue.ToJournal(gathered.Last.Observed),
            Status = gathered.Last.Status,
            Error = gathered.Last.Error is { } error ? new Journal.CallError(error.Code, error.Message) : null,
            Verdict = gathered.Verdict,
            Samples = gathered.Samples,
            FirstAtUs = gathered.FirstAtUs,
            LastAtUs = gathered.LastAtUs,
            ElapsedMs = gathered.ElapsedMs,
        };
        var view = scribe.View;
        var outcome = BlockFold.WithProbe(view, view.Current!, view.Last!, probe).Outcome;
        var saved = outcome is { Trigger: TriggerKind.Success }
            ? new NamedValues(outcome.Saved.Where(s => !s.Value.Secret).Select(s => new KeyValuePair<string, CanonicalJson>(s.Key, JournalValue.ToJournal(s.Value.Value))))
            : NamedValues.Empty;
        await scribe.InStepAsync(EntryDraft.Console, probe with { Saved = saved }, cancellationToken).ConfigureAwait(false);
    }

    private sealed record Gathered(Sample Last, ProbeVerdict Verdict, int Samples, long FirstAtUs, long LastAtUs, long ElapsedMs)
    {
        public bool IsLike(Sample sample) =>
            sample.Status == Last.Status && sample.Error?.Code == Last.Error?.Code && JsonElement.DeepEquals(sample.Observed, Last.Observed);
    }
}
