using System.Collections.Immutable;
using Runbook.Cli.Worlds;
using Runbook.Journal;
using Runbook.Simulator;

namespace Runbook.Cli.Testing;

/// <summary>A case that was played.</summary>
/// <param name="Case">The case.</param>
/// <param name="Session">Its session; <see langword="null"/> where the world did not let it begin or go on.</param>
/// <param name="Wrong">What was to be and was not; empty where the case passes.</param>
internal sealed record PlayedCase(WorldCase Case, TestedSession? Session, ImmutableArray<CaseFinding> Wrong);

/// <summary>Plays the cases of a world and judges each.</summary>
internal static class TestRun
{
    /// <summary>Plays one case.</summary>
    public static async Task<PlayedCase> PlayAsync(TestedRunbook runbook, WorldFile world, WorldCase what, CancellationToken cancellationToken)
    {
        try
        {
            var facts = what.End == CaseEnd.Completed && !what.OwnPromises ? [.. world.Promises, .. what.Facts] : what.Facts;
            var session = await TestedSession.RunAsync(runbook, what, null, facts, null, cancellationToken).ConfigureAwait(false);
            return new PlayedCase(what, session, [.. await JudgeAsync(runbook, what, session).ConfigureAwait(false)]);
        }
        catch (UnplayableException unplayable)
        {
            return new PlayedCase(what, null, [unplayable.Finding]);
        }
        catch (Engine.EngineException refused)
        {
            return new PlayedCase(what, null, [new CaseFinding("the session begins", $"{refused.Code}: {refused.Message}")]);
        }
    }

    private static async Task<IEnumerable<CaseFinding>> JudgeAsync(TestedRunbook runbook, WorldCase what, TestedSession session)
    {
        if (session.Endless is { } endless) return [new CaseFinding($"it ends as {Word(what.End)}", endless)];
        var wrong = new List<CaseFinding>();
        if (session.End != what.End) wrong.Add(new CaseFinding($"it ends as {Word(what.End)}", $"it ended as {Word(session.End)}{(session.Reason is { } reason ? $" ({reason})" : "")}"));
        foreach (var unplayed in session.Unplayed) wrong.Add(new CaseFinding($"something happens in \"{unplayed}\"", "it did not come about: the session did not come there"));
        var at = 0;
        foreach (var step in what.Through)
        {
            var found = at < session.Steps.Length ? session.Steps.IndexOf(step, at) : -1;
            if (found < 0) wrong.Add(new CaseFinding($"it goes through \"{step}\"", session.Way));
            else at = found + 1;
        }

        if (what.Unchanged)
        {
            var before = EstateShape.Of(await StartOfAsync(runbook, what).ConfigureAwait(false));
            if (EstateShape.Of(session.Estate) is var after && before != after) wrong.Add(new CaseFinding("the estate stays as it was", Difference(before, after)));
        }

        return [.. Always(session), .. wrong];
    }

    /// <summary>What must hold of every session, however it went, and does not.</summary>
    public static IEnumerable<CaseFinding> Always(TestedSession session)
    {
        if (session.Report.Checks.Where(c => c.Verdict == CheckVerdict.Fails).ToList() is { Count: > 0 } failed) yield return new CaseFinding("the transcript holds", $"it does not: {string.Join(", ", failed.Select(c => c.Check))}");
        if (session.End != CaseEnd.Paused && session.Report.Verdict != TranscriptVerdict.Intact) yield return new CaseFinding("the transcript is intact", $"it is {session.Report.Verdict}");
        if (session.Armed > 0 && session.End != CaseEnd.Paused) yield return new CaseFinding("nothing stays armed", $"{session.Armed} loans or faults do");
        foreach (var fact in session.Wrong) yield return fact;
    }

    /// <summary>The estate once what happens before the session has happened.</summary>
    private static async Task<string> StartOfAsync(TestedRunbook runbook, WorldCase what)
    {
        var scratch = Directory.CreateTempSubdirectory("runbook-case-").FullName;
        try
        {
            var azure = await StagedAzure.StartAsync(Path.Combine(scratch, "estate.db"), EstateFiles.Estate(runbook.File, what.Estate ?? runbook.Program.Document.Rehearsal.Estate), null).ConfigureAwait(false);
            await using var _ = azure.ConfigureAwait(false);
            foreach (var happening in what.Meanwhile.Where(m => m.Before is null)) await azure.HappenAsync(happening).ConfigureAwait(false);
            return azure.Azure.State.Export(EstateSecrets.Included);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    /// <summary>A word of the world file.</summary>
    public static string Word(CaseEnd end) => end.ToString().ToLowerInvariant();

    private static string Difference(string before, string after)
    {
        var (old, now) = (before.Split('\n'), after.Split('\n'));
        return string.Join('\n', old.Except(now).Select(l => "- " + l).Concat(now.Except(old).Select(l => "+ " + l)).Take(12));
    }
}
