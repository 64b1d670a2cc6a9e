using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>Why a fault is not armed: it stands in the journal as the outcome of a call that was not sent.</summary>
/// <param name="Code"><c>RE211</c> to <c>RE216</c>.</param>
/// <param name="Message">What is in the way, what state that left and what to do.</param>
internal sealed record ArmingRefusal(string Code, string Message);

/// <summary>
/// Makes sure, before anything is broken or lent, that it can and will be undone: looks at the steady state once more,
/// compares the blast radius with what people agreed to, renders the way back, and has a guard stand by. Only then is the
/// fault armed, and only then may its request leave.
/// </summary>
internal sealed class FaultArming(SessionScribe scribe, SessionGround ground, Sampler sampler, FaultWatcher watcher, CallRunner runner, StandingGuards guards)
{
    private Digest? _radius;

    /// <summary>Arms what a step is about to do, as far as it is not armed yet.</summary>
    /// <returns>Why not; <see langword="null"/> once it is armed and its guard stands by.</returns>
    public async Task<ArmingRefusal?> ArmAsync(ActionRun run, StepBlock block, CancellationToken cancellationToken)
    {
        var step = scribe.View.Current!;
        if (scribe.View.Faults.Find(step.Path) is null)
        {
            if (block is StepBlock.Fault fault && await JudgeAsync(run, fault, step, cancellationToken).ConfigureAwait(false) is { } refusal) return refusal;
            if (await ArmNowAsync(run, block, step, cancellationToken).ConfigureAwait(false) is { } refused) return refused;
        }

        return await guards.StandByAsync(scribe.View.Faults.Find(step.Path)!, scribe.LineOf(step.Path), cancellationToken).ConfigureAwait(false) is { } why
            ? new ArmingRefusal("RE214", $"The guard of '{step.Path}' does not stand by: {why}. Nothing was broken. See that this machine can start a process, then begin a new session.")
            : null;
    }

    private async Task<ArmingRefusal?> JudgeAsync(ActionRun run, StepBlock.Fault fault, StepProgress step, CancellationToken cancellationToken)
    {
        if (await watcher.FirstAsync(step, fault, cancellationToken).ConfigureAwait(false) is { } broken)
        {
            return new ArmingRefusal("RE211", $"'{broken}' does not hold any more, so '{step.Path}' is not done: a drill begins from a steady state. Nothing was broken. Find out what is wrong, then begin again.");
        }

        var context = runner.ContextOf(runner.NewRequestId());
        try
        {
            var limit = LimitOf(fault.Limit);
            if (await ground.BlastRadius!.UndoableForAsync(run.Action.Descriptor.Name, run.With, context, cancellationToken).ConfigureAwait(false) is { } retention && limit > retention)
            {
                return new ArmingRefusal("RE216", $"'{step.Path}' may last {Durations.Format(limit)}, and what it does can be undone for {Durations.Format(retention)} only. Nothing was broken. Write a shorter limit.");
            }

            return await JudgeRadiusAsync(run, fault, step, context, cancellationToken).ConfigureAwait(false);
        }
        catch (FaultUnknownException unknown)
        {
            return new ArmingRefusal("RE212", $"{unknown.Message}. Nothing was broken. Have somebody give the operator the readings that are missing, then begin again.");
        }
    }

    private async Task<ArmingRefusal?> JudgeRadiusAsync(ActionRun run, StepBlock.Fault fault, StepProgress step, ActionContext context, CancellationToken cancellationToken)
    {
        var radius = await ground.BlastRadius!.FindAsync(run.Action.Descriptor.Name, run.With, context, cancellationToken).ConfigureAwait(false);
        var allowed = RadiusText.Allowed(fault, scribe.View.Frame!.Variables.Find);
        if (FaultRadius.Refusal(step.Path, radius, allowed) is { } outside) return outside;
        if (Approved(step.Path) is { } approved)
        {
            var grown = radius.Resources.Where(d => !approved.Contains(d.Id, StringComparer.OrdinalIgnoreCase)).Select(d => d.Id).ToList();
            if (grown.Count > 0) return new ArmingRefusal("RE213", $"More depends on what '{step.Path}' breaks than people agreed to: {string.Join(", ", grown)}. Nothing was broken. Ask them again, in a new session.");
        }

        var kept = await scribe.KeepAsync(RadiusText.ArtifactName, "application/json", RadiusText.Write(step.Path, radius, allowed).Utf8, cancellationToken).ConfigureAwait(false);
        _radius = kept.Digest;
        return null;
    }

    /// <summary>What the newest approval that covers the step said would suffer; <see langword="null"/> where none said so.</summary>
    private ImmutableArray<string>? Approved(string path)
    {
        var request = scribe.View.Approvals.AllRequests.LastOrDefault(r => r.State == RequestState.Granted && r.Body.Over.CoversStep(path));
        if (request is null || Artifacts.Read(scribe.Writer, request.Body.Plan) is not { } bytes || !CanonicalJson.TryAccept(bytes, out var plan)) return null;
        return ApprovalCover.Entry(plan, path) is { } entry && entry.TryGetProperty("blastRadius", out var radius) ? RadiusText.Ids(radius) : null;
    }

    private async Task<ArmingRefusal?> ArmNowAsync(ActionRun run, StepBlock block, StepProgress step, CancellationToken cancellationToken)
    {
        var (limitText, undoText, fault) = block switch
        {
            StepBlock.Fault f => (f.Limit, f.Undo, f),
            StepBlock.Lease l => (l.Limit, l.Undo, null),
            _ => throw new ArgumentException("The block arms nothing.", nameof(block)),
        };
        var undo = await UndoAsync(run, undoText, cancellationToken).ConfigureAwait(false);
        var kept = await scribe.KeepAsync("undo.json", "application/json", UndoPlan.Write(undo), cancellationToken).ConfigureAwait(false);
        var limit = LimitOf(limitText);
        // Should this program and its guard be lost for good, the way out must be readable without them.
        var sheet = BreakGlass.Before(scribe.View, step.Path, fault is null, ground.Clock.Time.GetUtcNow() + limit, undo, digest => Artifacts.Read(scribe.Writer, digest), ground.Actions);
        await scribe.KeepAsync(BreakGlass.FileName, "text/x-shellscript", System.Text.Encoding.UTF8.GetBytes(sheet), cancellationToken).ConfigureAwait(false);
        GuardProcess? guard;
        try
        {
            guard = await guards.PostAsync(new GuardOrder
            {
                Session = scribe.View.SessionId,
                Fault = step.Path,
                File = SessionDirectory.GuardFile(scribe.View.Head.Seq),
                Undo = undo,
                Limit = limit,
                IsSimulated = scribe.View.Last!.Simulated,
            }, isFault: fault is not null, cancellationToken).ConfigureAwait(false);
        }
        catch (GuardRefusedException refused)
        {
            return new ArmingRefusal(refused.Code, $"{refused.Message} '{step.Path}' is not armed and nothing was broken. {refused.Next}");
        }

        await scribe.InStepAsync(EntryDraft.Console, new FaultArmed
        {
            Fault = step.Path,
            Lease = fault is null,
            Effect = scribe.View.Effects.Next(step.Path, step.Visit),
            Inverse = new InverseCall(undo[0].Use, kept.Digest),
            LimitMs = (long)limit.TotalMilliseconds,
            Deadline = JournalTime.Of(ground.Clock.Time.GetUtcNow() + limit),
            Guard = guard,
            BlastRadius = fault is null ? null : _radius,
            SteadyState = fault?.SteadyState ?? [],
        }, cancellationToken).ConfigureAwait(false);
        return null;
    }

    private TimeSpan LimitOf(DurationValue limit) =>
        limit.Resolve(scribe.View.Frame!.Variables.Find) ?? throw new InvalidOperationException($"The limit of '{scribe.View.Current!.Path}' is no duration.");

    private async Task<ImmutableArray<UndoCall>> UndoAsync(ActionRun run, ImmutableArray<ActionUse> written, CancellationToken cancellationToken)
    {
        if (!written.IsEmpty) return [.. written.Select(u => new UndoCall(u.Name, u.With.Fill(scribe.View.Frame!.Variables.Find)))];
        var inverse = run.Action.Descriptor.Inverse ?? throw new InvalidOperationException($"{run.Action.Descriptor.Name} has no inverse.");
        JsonElement? reading = inverse.Reading is { } name
            ? (await sampler.SampleAsync(new ActionRun(ground.Actions.Get(name), run.With), cancellationToken).ConfigureAwait(false)).Observed
            : null;
        return [new UndoCall(inverse.Action, run.Action.InvertArguments(run.With, reading))];
    }
}

/// <summary>Judges a blast radius against what a fault's block allows.</summary>
internal static class FaultRadius
{
    private const int NamedMax = 8;

    /// <summary>The refusal; <see langword="null"/> where everything lies inside.</summary>
    public static ArmingRefusal? Refusal(string path, BlastRadius radius, ImmutableArray<string> allowed)
    {
        var outside = RadiusText.Outside(radius, allowed);
        if (outside.IsEmpty) return null;
        var named = string.Join("; ", outside.Take(NamedMax).Select(d => $"{d.Id} (through {d.Through}{(d.Owner is { } owner ? $", owner {owner}" : "")})"));
        var more = outside.Length > NamedMax ? $"; and {outside.Length - NamedMax} more" : "";
        return new ArmingRefusal("RE212", $"'{path}' would hurt more than its blast radius allows: {named}{more}. Nothing was broken. Move what must not suffer to another key, or allow it in the drill and have that agreed to.");
    }
}
