using System.Text.Json;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>
/// Samples, beside whatever the session does, the probes that a fault's block names: from before it is armed until it is
/// lifted. What it sees is journalled; that something broke is the fold's to say, and <see cref="ScopeCuts"/>' to act upon.
/// </summary>
/// <remarks>
/// It runs on the session's own thread, between steps and in the slices of every wait, so that on the virtual clock the same
/// session gives the same entries. Faults lie in the frame that opened them: their probes see that frame's variables.
/// </remarks>
internal sealed class FaultWatcher(SessionScribe scribe, SessionGround ground, Sampler sampler, CallWait wait, StandingGuards guards)
{
    private static readonly TimeSpan DefaultEvery = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, List<Watch>> _watches = new(StringComparer.Ordinal);

    /// <summary>Takes the sample before arming of everything that the block names; each is journalled.</summary>
    /// <returns>The slug of the first probe that does not hold; <see langword="null"/> when all do.</returns>
    public async Task<string?> FirstAsync(StepProgress step, StepBlock.Fault fault, CancellationToken cancellationToken)
    {
        var watches = _watches[step.Path] = Of(scribe.View.Frame!, step.Path, fault);
        foreach (var watch in watches)
        {
            if (!await SampleAsync(watch, cancellationToken).ConfigureAwait(false)) return watch.Probe.Probe;
        }

        return null;
    }

    /// <summary>Takes up the heartbeat of the guards that an earlier process left, before anything else is waited for.</summary>
    public void TakeUp() => guards.TakeUp(scribe.View.Faults.Armed);

    /// <summary>How long until something is to be looked at; <see langword="null"/> while nothing is armed.</summary>
    public TimeSpan? NextDue()
    {
        var view = scribe.View;
        if (view.Faults.Armed.IsEmpty) return null;
        var now = scribe.Now;
        var left = view.Faults.Armed.Select(f => ScopeCuts.Left(view, f, now)).Where(l => l > TimeSpan.Zero).DefaultIfEmpty(TimeSpan.MaxValue).Min();
        foreach (var due in Armed(view).Select(w => TimeSpan.FromMicroseconds(w.NextAtUs - now.MonoUs)).Where(d => d < left)) left = due;
        if (guards.PollEvery is { } poll && poll < left) left = poll;
        return left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1);
    }

    /// <summary>Looks at whatever is due: guards, probes, limits. Interrupts what is waited for when a scope is to be cut short.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        if (scribe.View.Faults.Armed.IsEmpty || scribe.View.Current is null) return;
        await guards.ImportAsync(scribe, cancellationToken).ConfigureAwait(false);
        var nowUs = scribe.Now.MonoUs;
        foreach (var watch in Armed(scribe.View).Where(w => w.NextAtUs <= nowUs).ToList())
        {
            if (wait.IsInterrupted) return;
            await SampleAsync(watch, cancellationToken).ConfigureAwait(false);
        }

        if (ScopeCuts.Of(scribe.View, scribe.Now) is not null) wait.Interrupt();
    }

    /// <summary>Writes what was gathered of a fault's probes and not yet written: its scope is over.</summary>
    public async Task EndAsync(string fault, CancellationToken cancellationToken)
    {
        if (!_watches.Remove(fault, out var watches)) return;
        foreach (var watch in watches.Where(w => w.Gathered > 0)) await WriteAsync(watch, cancellationToken).ConfigureAwait(false);
    }

    private List<Watch> Armed(SessionView view)
    {
        var all = new List<Watch>();
        foreach (var armed in view.Faults.Armed.Where(f => !f.Body.Lease))
        {
            if (!_watches.TryGetValue(armed.Fault, out var watches)) _watches[armed.Fault] = watches = Of(view, armed.Fault);
            all.AddRange(watches);
        }

        return all;
    }

    // After a resume: the fault was armed by a process that is gone.
    private List<Watch> Of(SessionView view, string path)
    {
        foreach (var frame in view.Frames.Reverse())
        {
            if (path.StartsWith(frame.Prefix, StringComparison.Ordinal) && frame.Machine.State(path[frame.Prefix.Length..])?.Step.Block is StepBlock.Fault fault) return Of(frame, path, fault);
        }

        return [];
    }

    private List<Watch> Of(SessionFrame frame, string path, StepBlock.Fault fault)
    {
        var named = fault.SteadyState.Select(s => (Slug: s, As: WatchedAs.SteadyState)).Concat(fault.Unharmed.Select(s => (Slug: s, As: WatchedAs.Unharmed)));
        var watches = new List<Watch>();
        foreach (var (slug, kind) in named)
        {
            if (frame.Machine.State(slug)?.Step.Block is not StepBlock.Probe probe) continue;
            watches.Add(new Watch(
                new Journal.FaultWatch(path, slug, kind),
                new ActionRun(ground.Actions.Get(probe.Use.Name), probe.Use.With.Fill(frame.Variables.Find)),
                probe.Expect,
                frame.Variables,
                probe.Every.Resolve(frame.Variables.Find) ?? DefaultEvery));
        }

        return watches;
    }

    private async Task<bool> SampleAsync(Watch watch, CancellationToken cancellationToken)
    {
        Sample sample;
        try
        {
            sample = await sampler.SampleAsync(watch.Run, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (wait.IsInterrupted && !cancellationToken.IsCancellationRequested)
        {
            return watch.Holds;
        }

        var now = scribe.Now;
        watch.NextAtUs = now.MonoUs + (long)watch.Every.TotalMicroseconds;
        var result = BlockEvaluation.Result(sample.Observed, sample.Status, sample.Error, scribe.View.ElapsedMs(now.Epoch, now.MonoUs, now.Wall));
        var holds = BlockEvaluation.Holds(watch.Expect, result, watch.Variables, out _);
        if (watch.Gathered > 0 && (holds != watch.Holds || !watch.IsLike(sample))) await WriteAsync(watch, cancellationToken).ConfigureAwait(false);
        var isNews = watch.Last is null || holds != watch.Holds || !watch.IsLike(sample);
        watch.Take(sample, holds, now.MonoUs);
        if (isNews || scribe.IsGatheredEnough(watch.Gathered, watch.FirstAtUs, watch.LastAtUs)) await WriteAsync(watch, cancellationToken).ConfigureAwait(false);
        return holds;
    }

    private async Task WriteAsync(Watch watch, CancellationToken cancellationToken)
    {
        if (scribe.View.Current is null || watch.Last is not { } last) return;
        var now = scribe.Now;
        await scribe.InStepAsync(EntryDraft.Console, new Probe
        {
            Action = watch.Run.Action.Descriptor.Name,
            Request = last.Request,
            Observed = JournalValue.ToJournal(last.Observed),
            Status = last.Status,
            Error = last.Error is { } error ? new Journal.CallError(error.Code, error.Message) : null,
            Verdict = watch.Holds ? ProbeVerdict.Holds : ProbeVerdict.NotYet,
            Samples = watch.Gathered,
            FirstAtUs = watch.FirstAtUs,
            LastAtUs = watch.LastAtUs,
            ElapsedMs = scribe.View.ElapsedMs(now.Epoch, now.MonoUs, now.Wall),
            Watch = watch.Probe,
        }, cancellationToken).ConfigureAwait(false);
        watch.Written();
    }

    /// <summary>One probe beside the session, and what was seen of it since its last entry.</summary>
    private sealed class Watch(Journal.FaultWatch probe, ActionRun run, ConditionText? expect, Variables variables, TimeSpan every)
    {
        public Journal.FaultWatch Probe => probe;

        public ActionRun Run => run;

        public ConditionText? Expect => expect;

        public Variables Variables => variables;

        public TimeSpan Every => every;

        /// <summary>When it is due, by this process's monotonic clock: a wall clock that is set back puts nothing off.</summary>
        public long NextAtUs { get; set; }

        public Sample? Last { get; private set; }

        public bool Holds { get; private set; } = true;

        public int Gathered { get; private set; }

        public long FirstAtUs { get; private set; }

        public long LastAtUs { get; private set; }

        public bool IsLike(Sample sample) => Last is { } last && sample.Status == last.Status && sample.Error?.Code == last.Error?.Code && JsonElement.DeepEquals(sample.Observed, last.Observed);

        public void Take(Sample sample, bool holds, long monoUs)
        {
            if (Gathered == 0) FirstAtUs = monoUs;
            (Last, Holds, LastAtUs, Gathered) = (sample, holds, monoUs, Gathered + 1);
        }

        public void Written() => Gathered = 0;
    }
}
