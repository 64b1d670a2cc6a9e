using Runbook.Language;

namespace Runbook.EndToEnd.Rehearsals;

/// <summary>Every shipped runbook, down its main path and every other branch, with the estate compared at the end.</summary>
/// <param name="output">Takes the ways taken.</param>
public sealed class RehearsalTests(ITestOutputHelper output)
{
    /// <summary>Every runbook of the folder: one that has no cases is found by the test that reads them.</summary>
    public static TheoryData<string> Runbooks => [.. ShippedRunbook.Ids];

    [Theory]
    [MemberData(nameof(Runbooks))]
    public async Task Each_way_through_ends_as_it_should_and_leaves_what_it_promises(string runbook)
    {
        var (shipped, file, wrong) = (ShippedRunbook.Load(runbook), RehearsalFile.Read(runbook), new List<string>());
        var taken = new HashSet<Passage>();
        foreach (var what in file.Cases)
        {
            var session = await RehearsedSession.RunAsync(shipped, what, null, what.End == CaseEnd.Completed && !what.OwnPromises ? [.. file.Promises, .. what.Facts] : what.Facts);
            output.WriteLine($"{what.Name}: {session.Way}");
            taken.UnionWith(session.Passages);
            wrong.AddRange((await JudgeAsync(shipped, what, session)).Select(w => $"{what.Name}: {w}\n    {session.Way}"));
        }

        wrong.AddRange(NotCovered(shipped.Program.Root, file, taken));
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [MemberData(nameof(Runbooks))]
    public void The_main_path_of_a_case_file_needs_nothing_but_the_runbooks_own_rehearsal(string runbook)
    {
        var main = RehearsalFile.Read(runbook).Main;

        Assert.Equal(CaseEnd.Completed, main.End);
        Assert.True(main is { Set.IsEmpty: true, Estate: null, Scenario: null, Choices.IsEmpty: true, Answers.IsEmpty: true, Meanwhile.IsEmpty: true });
    }

    /// <summary>A key that comes from a token comes from a real one where Azure is not embedded: the rehearsal's stand-in is refused there.</summary>
    public static TheoryData<string> WithoutToken => [.. ShippedRunbook.Ids.Where(id => id != "byok-import")];

    /// <summary>Every case of every runbook goes there with <c>RUNBOOK_OVER_HTTPS=1</c>.</summary>
    [Theory]
    [MemberData(nameof(WithoutToken))]
    public async Task Over_HTTPS_under_Azures_names_as_a_profile_leads_there_the_main_path_does_the_same(string runbook)
    {
        var (shipped, file) = (ShippedRunbook.Load(runbook), RehearsalFile.Read(runbook));

        var session = await RehearsedSession.RunAsync(shipped, file.Main, null, [.. file.Promises, .. file.Main.Facts], overHttps: true);

        var wrong = (await JudgeAsync(shipped, file.Main, session)).ToList();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Append(session.Way)));
    }

    private static async Task<IEnumerable<string>> JudgeAsync(ShippedRunbook shipped, RehearsalCase what, RehearsedSession session)
    {
        var wrong = Judgement.Of(session).ToList();
        if (session.End != what.End) wrong.Add($"it ended as {session.End}, and was to end as {what.End}");
        if (!session.Unplayed.IsEmpty) wrong.Add($"what was to happen in {string.Join(", ", session.Unplayed)} did not come about");
        var at = 0;
        foreach (var step in what.Through)
        {
            var found = at < session.Steps.Length ? session.Steps.IndexOf(step, at) : -1;
            if (found < 0) wrong.Add($"it did not go through \"{step}\"");
            else at = found + 1;
        }

        if (what.Unchanged)
        {
            var before = EstateShape.Of(await StartOfAsync(shipped, what));
            if (EstateShape.Of(session.Estate) is var after && before != after) wrong.Add($"the estate was to stay as it was:\n{Judgement.Difference(before, after)}");
        }

        return wrong;
    }

    /// <summary>The estate once what happens before the session has happened.</summary>
    private static async Task<string> StartOfAsync(ShippedRunbook shipped, RehearsalCase what)
    {
        using var scratch = new TestKit.ScratchFolder();
        await using var azure = await StagedAzure.StartAsync(scratch.In("estate.db"), RehearsedSession.Shipped("estates", what.Estate ?? shipped.Program.Document.Rehearsal.Estate), null);
        foreach (var happening in what.Meanwhile.Where(m => m.Before is null)) await azure.HappenAsync(happening);
        return azure.Azure.State.Export(Simulator.EstateSecrets.Included);
    }

    private static IEnumerable<string> NotCovered(MachineDefinition machine, RehearsalFile file, HashSet<Passage> taken)
    {
        var written = machine.States.SelectMany(s => s.Transitions
            .Where(t => t.Origin == TransitionOrigin.Written)
            .Select(t => new Passage(s.Slug, TriggerNames.Of(t.Trigger).Split(':')[0], t.Target))).ToHashSet();
        var excused = file.NotTaken.Select(n => new Passage(n.From, n.By, n.To)).ToHashSet();
        var steps = taken.Select(p => p.From).ToHashSet(StringComparer.Ordinal);
        return written.Except(taken).Except(excused).Select(p => $"no case takes {p}")
            .Concat(excused.Intersect(taken).Select(p => $"a case takes {p}, which not-taken excuses"))
            .Concat(excused.Except(written).Select(p => $"not-taken excuses {p}, which is not written in the runbook"))
            .Concat(machine.States.Where(s => !steps.Contains(s.Slug) && !file.NotTaken.Any(n => n.To == s.Slug)).Select(s => $"no case visits \"{s.Slug}\""))
            .Order(StringComparer.Ordinal);
    }
}

/// <summary>What must hold of every rehearsed session, however it went.</summary>
internal static class Judgement
{
    /// <summary>What does not.</summary>
    public static IEnumerable<string> Of(RehearsedSession session)
    {
        if (session.Report.Checks.Where(c => c.Verdict == Journal.CheckVerdict.Fails).ToList() is { Count: > 0 } failed) yield return $"the transcript does not hold: {string.Join(", ", failed.Select(c => c.Check))}";
        if (session.End != CaseEnd.Paused && session.Report.Verdict != Journal.TranscriptVerdict.Intact) yield return $"the transcript is {session.Report.Verdict}";
        if (session.Armed > 0 && session.End != CaseEnd.Paused) yield return $"{session.Armed} loans or faults are still armed";
        foreach (var fact in session.Wrong) yield return fact;
    }

    /// <summary>The lines that two shapes do not share.</summary>
    public static string Difference(string before, string after)
    {
        var (old, now) = (before.Split('\n'), after.Split('\n'));
        return string.Join('\n', old.Except(now).Select(l => "  - " + l).Concat(now.Except(old).Select(l => "  + " + l)).Take(12));
    }
}
