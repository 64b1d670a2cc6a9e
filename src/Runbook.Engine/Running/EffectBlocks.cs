using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Language;
using LanguageClass = Runbook.Language.Actions.EffectClass;

namespace Runbook.Engine;

/// <summary>Carries out <c>action</c>, <c>lease</c> and <c>fault</c> blocks, one call at a time.</summary>
internal sealed class EffectBlocks(SessionScribe scribe, SessionGround ground, CallRunner runner, CallSettler settler, CallWait wait, PeopleDesk people, FaultArming arming)
{
    /// <summary>Does the next thing that the block needs: settles a doubt, arms, or makes a call.</summary>
    public async Task StepOnAsync(ActionUse use, DurationValue? timeout, CancellationToken cancellationToken)
    {
        var view = scribe.View;
        var step = view.Current!;
        if (MissingSecret(use) is { } missing)
        {
            await people.WaitAsync(cancellationToken, new SessionNeed.Secret(missing)).ConfigureAwait(false);
            return;
        }

        var run = new ActionRun(ground.Actions.Get(use.Name), use.With.Fill(view.Frame!.Variables.Find));
        var deadline = Deadline(timeout);
        if (step.Calls.FirstOrDefault(c => c.State == EffectState.InDoubt) is { } doubt)
        {
            await SettleAsync(run, doubt, deadline, cancellationToken).ConfigureAwait(false);
            return;
        }

        var answers = ActionRun.Answers(step, use.Name);
        var call = run.Next(answers) ?? throw new InvalidOperationException($"{use.Name} has nothing to call.");
        var cover = run.Action.Descriptor.Effect == LanguageClass.Read
            ? new ApprovalCover(true, [], "")
            : ApprovalCover.Of(view, run.With, ReadPlan);
        if (!cover.Permitted)
        {
            people.Pause($"\"{step.Step.Title}\" was not started: {cover.Why}");
            return;
        }

        var plan = CallRendering.Describe(call).Digest;
        try
        {
            if (step.Step.Block is StepBlock.Fault or StepBlock.Lease && await arming.ArmAsync(run, step.Step.Block, cancellationToken).ConfigureAwait(false) is { } refusal)
            {
                if (!wait.IsInterrupted) await runner.RefuseAsync(run.Action, call, run.IsSeveral, cover.Requires, plan, deadline, refusal, cancellationToken).ConfigureAwait(false);
                return;
            }
        }
        catch (OperationCanceledException) when (wait.IsInterrupted && !cancellationToken.IsCancellationRequested)
        {
            // Somebody stopped while the way back was looked up: nothing is armed and nothing was sent.
            return;
        }

        // Who asked to leave while it was being armed finds it armed, with nothing sent: it is lifted as one that never took.
        if (wait.IsInterrupted) return;
        if (!await WaitBeforeAgainAsync(step, call, run.IsSeveral, cancellationToken).ConfigureAwait(false)) return;
        var concluded = await runner.MakeAsync(run.Action, call, run.IsSeveral, call.Effect == LanguageClass.Read ? [] : cover.Requires, plan, deadline, a => run.Whole(answers, a), cancellationToken).ConfigureAwait(false);
        if (!concluded && people.PauseReason is null) await SettleAsync(run, scribe.View.Current!.Calls.Last(c => c.State == EffectState.InDoubt), deadline, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A secret that the block needs and nobody has told this process; <see langword="null"/> when there is none.</summary>
    public string? MissingSecret(ActionUse use) => use.With.Variables
        .Select(v => v.Split('.')[0])
        .FirstOrDefault(name => scribe.View.Frame!.Variables.Named.TryGetValue(name, out var variable) && variable.Secret && !people.Secrets.Knows(name));

    private DateTimeOffset Deadline(DurationValue? timeout)
    {
        var view = scribe.View;
        var now = scribe.Now;
        var limit = timeout?.Resolve(view.Frame!.Variables.Find) ?? EngineLimits.DefaultTimeout;
        return now.Wall + limit - TimeSpan.FromMilliseconds(view.ElapsedMs(now.Epoch, now.MonoUs, now.Wall));
    }

    private async Task SettleAsync(ActionRun run, CallProgress doubt, DateTimeOffset deadline, CancellationToken cancellationToken)
    {
        var answers = ActionRun.Answers(scribe.View.Current!, doubt.Action);
        var call = run.Next(answers) ?? throw new InvalidOperationException($"{doubt.Effect} is in doubt, and its action has no such call.");
        await settler.SettleAsync(run.Action, call, doubt.Effect, deadline, a => run.Whole(answers, a), cancellationToken).ConfigureAwait(false);
        wait.Reset();
    }

    /// <summary>Waits before a call that did not go through is made again; false when somebody interrupted.</summary>
    private async Task<bool> WaitBeforeAgainAsync(StepProgress step, PlannedCall call, bool isSeveral, CancellationToken cancellationToken)
    {
        var tried = step.Calls.Count(c => c.Element == (isSeveral ? call.Index : null));
        if (tried == 0) return true;
        var delay = BlockFold.RetryDelay(tried);
        if (runner.RetryAfter is { } asked && asked > delay) delay = asked < EngineLimits.PollDelayMax ? asked : EngineLimits.PollDelayMax;
        await wait.ForAzureAsync(delay, cancellationToken).ConfigureAwait(false);
        return !wait.IsInterrupted;
    }

    private CanonicalJson? ReadPlan(Digest digest) =>
        Artifacts.Read(scribe.Writer, digest) is { } bytes && CanonicalJson.TryAccept(bytes, out var json) ? json : null;
}
