using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Language;
using LanguageClass = Runbook.Language.Actions.EffectClass;

namespace Runbook.Cli.Exploring;

/// <summary>What a judge found.</summary>
/// <param name="Violations">Promises that were broken, a sentence each.</param>
/// <param name="Trace">A digest of what the run left.</param>
/// <param name="Steps">The steps that were entered, in order.</param>
/// <param name="Standing">The estate that was left.</param>
internal sealed record Judgement(ImmutableArray<string> Violations, string Trace, ImmutableArray<string> Steps, string Standing);

/// <summary>Looks, once everything has come to rest, for what must be true of every run whatever went wrong in it.</summary>
/// <param name="world">The run.</param>
/// <param name="actions">The actions, unwatched.</param>
/// <param name="disk">The disk, as somebody sees it who touches nothing.</param>
internal sealed class Judge(ExploredWorld world, ActionSet actions, IJournalDisk disk)
{
    // What a fault may outlive its limit by: a guard's look, the console's turn, and the tries that mishaps made fail.
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan BoundOfMishap = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Settled = TimeSpan.FromHours(2);

    private readonly List<string> _violations = [];

    /// <summary>How a session's end is called here.</summary>
    public static ExploredEnd EndOf(SessionEnd end) => end switch
    {
        SessionEnd.Completed => ExploredEnd.Completed,
        SessionEnd.Failed => ExploredEnd.Failed,
        _ => ExploredEnd.Aborted,
    };

    /// <summary>Judges.</summary>
    public async Task<Judgement> JudgeAsync(ExploredEnd end, CancellationToken cancellationToken)
    {
        var lines = Lines(end);
        if (lines.Count == 0 && end is not ExploredEnd.NeverBegan and not ExploredEnd.None) Violated("the session ended, and has no journal");
        if (end == ExploredEnd.NeverBegan && world.Witness.Sent.Any(s => s.Changes)) Violated("the session never began, and changed something");
        if (lines.Count > 0) JudgeTranscript(lines, end);
        JudgeCalls(lines);
        foreach (var seen in world.Witness.Seen) Violated(seen);
        foreach (var order in world.Witness.Orders.Values) await JudgeFaultAsync(order, lines, end, cancellationToken).ConfigureAwait(false);
        var steps = lines.Where(l => l.Entry.Body is StepEntered).Select(l => l.Entry.Step!).ToImmutableArray();
        return new Judgement([.. _violations], Trace(lines), steps, EstateStanding.Of(world.Azure));
    }

    private void Violated(string sentence)
    {
        if (!_violations.Contains(sentence)) _violations.Add(sentence);
    }

    private List<JournalLine> Lines(ExploredEnd end)
    {
        var lines = new List<JournalLine>();
        if (disk.KindOf(world.Session.Journal) == DiskEntryKind.Missing) return lines;
        try
        {
            lines.AddRange(JournalReader.ReadAll(disk, world.Session));
        }
        catch (JournalReadException broken) when (broken.Reason == Reason.NoLf)
        {
            // A session that never began is removed, not mended.
            if (end != ExploredEnd.NeverBegan) Violated("the journal's end is torn, and nobody set it aside");
        }

        return lines;
    }

    /// <summary>The transcript verifies, its machine replayed, and says of the end what the session said.</summary>
    private void JudgeTranscript(List<JournalLine> lines, ExploredEnd end)
    {
        if (end is ExploredEnd.NeverBegan or ExploredEnd.None) return;
        var report = JournalVerifier.Verify(disk, world.Session.Root, new VerifyOptions { Machine = new MachineReplay(actions.Catalogue) });
        foreach (var failed in report.Checks.Where(c => c.Verdict == CheckVerdict.Fails))
        {
            // That a fault was lifted late is what the transcript must say where nobody lived to lift it.
            if (failed.Check == CheckId.Faults && world.Excused > TimeSpan.Zero) continue;
            Violated($"the transcript does not verify: {failed.Check.ToString().ToLowerInvariant()}: {failed.Detail}");
        }

        var isClosed = end is ExploredEnd.Completed or ExploredEnd.Failed or ExploredEnd.Aborted;
        if (isClosed && report.Verdict != TranscriptVerdict.Intact && report.Checks.All(c => c.Verdict != CheckVerdict.Fails)) Violated($"the session is closed, and its transcript is {report.Verdict.ToString().ToLowerInvariant()}");
        if (isClosed && (lines[^1].Entry.Body is not Closed closed || EndOf(closed.End) != end)) Violated("the journal's last entry does not say how the session ended");
        if (isClosed && !report.FaultsArmed.IsEmpty) Violated($"the session is closed with {string.Join(", ", report.FaultsArmed)} armed");
        if (isClosed && !report.InDoubt.IsEmpty) Violated($"the session is closed with {string.Join(", ", report.InDoubt)} in doubt");
    }

    /// <summary>Each call had its intent on stable storage before it left; nothing that may be done once was done twice.</summary>
    private void JudgeCalls(List<JournalLine> lines)
    {
        var ends = new long[lines.Count + 1];
        for (var i = 0; i < lines.Count; i++) ends[i + 1] = ends[i] + lines[i].Utf8.Length + 1;
        foreach (var sent in world.Witness.Sent.Where(s => s.By.IsConsole && s.JournalIsSessions))
        {
            if (sent.IntentSeq < 1 || sent.IntentSeq > lines.Count || lines[(int)sent.IntentSeq - 1].Entry.Body is not Intent intent || intent.Effect.ToString() != sent.Effect) Violated($"{sent.Action} was sent for {sent.Effect}, and no intent says so");
            else if (sent.Synced < ends[sent.IntentSeq]) Violated($"{sent.Action} was sent for {sent.Effect} before its intent was durable");
        }

        foreach (var again in world.Witness.Sent
            .Where(s => s.Took && s.Call.Effect is LanguageClass.Once or LanguageClass.Destructive)
            .GroupBy(s => (s.Action, s.Step, Visit: EffectId.Parse(s.Effect).Visit, s.Call.Index, s.Call.Target))
            .Where(g => g.Count() > 1))
        {
            Violated($"{again.Key.Action}, which may be done once, was done {again.Count()} times in {again.Key.Step}");
        }
    }

    /// <summary>No fault outlives its limit; what undoes it is done, and not again by whoever saw that it is done.</summary>
    private async Task JudgeFaultAsync(GuardOrder order, List<JournalLine> lines, ExploredEnd end, CancellationToken cancellationToken)
    {
        var undoings = world.Witness.Sent.Where(s => s.Undoes == order.Fault && s.Changes).ToList();
        foreach (var needless in undoings.Where(s => s.SeenGone)) Violated($"the {needless.By.Name} saw that {order.Fault} is undone, and undid it again");
        foreach (var again in undoings.Where(s => s.IsAnswered && s.Took).GroupBy(s => (s.By, s.Action, s.Call.Index, s.Call.Target, Visit: s.By.IsConsole ? EffectId.Parse(s.Effect).Visit : 0)).Where(g => g.Count() > 1 && order.Undo.Length == 1))
        {
            Violated($"the {again.Key.By.Name} undid {order.Fault} {again.Count()} times");
        }

        // Where a clock jumped, whose time the limit counts in is not this judge's to say. What is armed again has another guard, and another limit.
        var isTrue = world.Mishaps.Happened.All(m => m.Kind != MishapKind.ClockJumps);
        foreach (var hasty in undoings.Where(s => !s.By.IsConsole && isTrue).GroupBy(s => s.By).Select(g => g.First()).Where(s => s.Silence <= GuardHouse.Grace && s.At < DeadlineAt(lines, order.Fault, s.At)))
        {
            Violated($"the {hasty.By.Name} undid it while the console was well and the limit was not reached");
        }

        foreach (var blind in undoings.Where(s => !s.By.IsConsole && !s.HasLooked && order.Undo[^1].IsWhole)) Violated($"the {blind.By.Name} undid it without a look whether it had to");
        foreach (var bare in world.Witness.Sent.Where(s => s.By.IsConsole && s.Step == order.Fault && s.Undoes is null && s.Changes && !s.GuardStood)) Violated($"{bare.Action} of {order.Fault} was sent, and no guard stood by");
        var causes = world.Witness.Sent.Where(s => s.By.IsConsole && s.Step == order.Fault && s.Undoes is null && s.Took).ToList();
        if (causes.Count == 0) return;
        var since = causes.Max(s => s.At);
        var undone = undoings.Where(s => s.Took && s.At >= since).Select(s => (DateTimeOffset?)s.At).FirstOrDefault();
        var isGone = await IsGoneAsync(order, cancellationToken).ConfigureAwait(false);
        if (undone is null)
        {
            // It may be gone with what it was done to; only Azure can tell.
            if (isGone != true) Violated($"{order.Fault} was done, and nothing undid it ({end.ToString().ToLowerInvariant()})");
            return;
        }

        foreach (var first in undoings.Where(s => !s.By.IsConsole && !s.By.IsDead && s.At >= since).GroupBy(s => s.By).Select(g => g.First()))
        {
            var seen = undoings.Where(s => s.Took && s.At >= first.At).Select(s => (DateTimeOffset?)s.At).FirstOrDefault();
            // While the console's own undoing is on its way, Azure refuses the guard's: who goes on looking until it is gone has not given up.
            if (seen is null && world.Witness.SeenGone.Any(g => g.Key.Process == first.By && g.Value)) continue;
            if (seen is null || seen - first.At > world.Excused + Bound + (BoundOfMishap * world.Mishaps.Happened.Count)) Violated($"the {first.By.Name} began to undo it, and gave up");
        }

        if (isGone == false) Violated($"{order.Fault} counts as undone, and {order.Undo[^1].Use} has not taken effect");

        var allowed = order.Limit + world.Excused + Bound + (BoundOfMishap * world.Mishaps.Happened.Count) + TimeSpan.FromSeconds(world.Mishaps.Happened.Where(m => m.Kind == MishapKind.ClockJumps).Sum(m => Math.Abs(m.Seconds)));
        if (undone - since > allowed) Violated($"{order.Fault} outlived its limit of {Durations.Format(order.Limit)}: it was undone after {Durations.Format(undone.Value - since)}");
    }

    /// <summary>The limit of a fault as it was armed last before a moment; before it was ever armed, its first.</summary>
    private static DateTimeOffset? DeadlineAt(List<JournalLine> lines, string fault, DateTimeOffset moment)
    {
        var armed = lines.Where(l => l.Entry.Body is FaultArmed a && a.Fault == fault).ToList();
        var last = armed.LastOrDefault(l => l.Entry.At.ToDateTimeOffset() <= moment) ?? armed.FirstOrDefault();
        return ((FaultArmed?)last?.Entry.Body)?.Deadline.ToDateTimeOffset();
    }

    /// <summary>Azure itself is asked whether the harm is gone; <see langword="null"/> where that can't be asked in one reading.</summary>
    private async Task<bool?> IsGoneAsync(GuardOrder order, CancellationToken cancellationToken)
    {
        var last = order.Undo[^1];
        if (!last.IsWhole || actions.Get(last.Use).Next(last.With, []) is not ActionStep.MakeCall { Call: { Effect: not LanguageClass.Read } call }) return null;
        world.Azure.Faults.DisarmAll();
        world.Azure.Clock.Advance(Settled);
        var context = new ActionContext { ClientRequestId = "00000000-0000-0000-0000-000000000001", Time = world.Azure.Clock, FilesFolder = "/none", OpenArtifact = _ => null };
        try
        {
            return await actions.Get(last.Use).SettleAsync(call, context, cancellationToken).ConfigureAwait(false) is SettleVerdict.TookEffect;
        }
        catch (CallNotAnsweredException)
        {
            // What it was done to is gone, with everything that was in it: the runbook took it down later.
            return true;
        }
    }

    private string Trace(List<JournalLine> lines)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var line in lines) hash.AppendData(line.Utf8.Span);
        foreach (var sent in world.Witness.Sent) hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{sent.By.Name} {sent.Action} {sent.Effect} {sent.Took} {sent.At:O}\n")));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }
}
