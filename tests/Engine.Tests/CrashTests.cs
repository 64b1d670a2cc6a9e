using Runbook.Journal;

namespace Runbook.Engine.Tests;

/// <summary>The process dies at every point at which it can.</summary>
public sealed class CrashTests
{
    [Fact]
    public async Task A_death_at_any_call_of_a_whole_runbook_leads_to_the_same_world()
    {
        string[] actions = ["test.thing.make-slowly", "test.thing.make-slowly:poll", "test.thing.get", "test.thing.paint", "test.grant.create", "test.grant.delete", "test.grant.use"];
        foreach (var action in actions)
        {
            foreach (var fate in new[] { CallFate.KilledBefore, CallFate.KilledAfter })
            {
                for (var n = 0; n < 4; n++)
                {
                    var world = new TestWorld();
                    world.Plan(action, [.. Enumerable.Repeat(CallFate.Answered, n), fate]);
                    using var rehearsed = new Rehearsed(world, Runbooks.Of(Runbooks.Everything));

                    var result = await rehearsed.RunToTheEndAsync();

                    var where = $"{action} {fate} at call {n + 1}";
                    Assert.True(result.View.End == SessionEnd.Completed, where);
                    Assert.Equal(["a", "b", "c"], world.Grants.Order(StringComparer.Ordinal));
                    Assert.Equal("red", world.Things["kv"]);
                    Assert.Equal(1, world.Effects.Count(e => e == "make kv"));
                    var report = rehearsed.Verify();
                    Assert.True(report.ExitCode == 0, $"{where}\n{report}");
                }
            }
        }
    }

    [Fact]
    public async Task A_death_behind_any_entry_leads_to_the_same_world()
    {
        for (var entries = 12; ; entries += 3)
        {
            var world = new TestWorld();
            using var rehearsed = new Rehearsed(world, Runbooks.Of(Runbooks.Everything));
            var died = false;
            using (var runner = await rehearsed.OpenAsync())
            {
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
                try
                {
                    rehearsed.Clock.OnWait = () => { if (runner.View.Head.Seq >= entries) throw new KilledException(); };
                    rehearsed.Dying = () => runner.View.Head.Seq >= entries;
                    await runner.RunAsync(stop.Token);
                }
                catch (KilledException)
                {
                    died = true;
                }
            }

            rehearsed.Clock.OnWait = null;
            rehearsed.Dying = null;
            if (!died) break;
            var result = await rehearsed.ResumeAsync();
            Assert.Equal(SessionEnd.Completed, result.View.End);
            Assert.Equal(["a", "b", "c"], world.Grants.Order(StringComparer.Ordinal));
            Assert.Equal(1, world.Effects.Count(e => e == "make kv"));
            var report = rehearsed.Verify();
            Assert.True(report.ExitCode == 0, $"after entry {entries}\n{report}");
        }
    }

    [Fact]
    public async Task Folding_any_beginning_of_a_journal_and_then_the_rest_gives_what_folding_it_whole_gives()
    {
        using var rehearsed = new Rehearsed(new TestWorld(), Runbooks.Of(Runbooks.Everything));
        await rehearsed.RunAsync();
        var lines = JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(rehearsed.Directory0)).ToList();
        var whole = SessionFold.All(rehearsed.Program, lines);

        for (var cut = 0; cut <= lines.Count; cut++)
        {
            var beginning = SessionFold.All(rehearsed.Program, lines.Take(cut));
            var view = lines.Skip(cut).Aggregate(beginning, (v, l) => SessionFold.Apply(v, l.Entry, l.Hash));

            Assert.Equal((whole.Head, whole.Status, whole.End, whole.Epoch), (view.Head, view.Status, view.End, view.Epoch));
            Assert.Equal(whole.Root!.Variables.Named.Keys, view.Root!.Variables.Named.Keys);
            Assert.Empty(view.Findings);
        }
    }

    [Fact]
    public async Task A_session_that_was_told_to_stop_is_gone_on_with_where_it_stood()
    {
        var world = new TestWorld();
        using var rehearsed = new Rehearsed(world, Runbooks.Of(Runbooks.Everything)) { Until = "paint-it" };

        var paused = await rehearsed.RunAsync();
        rehearsed.Until = null;
        var result = await rehearsed.ResumeAsync();

        Assert.Equal("it was to stop before 'paint-it'", paused.PauseReason);
        Assert.Equal(SessionEnd.Completed, result.View.End);
        Assert.Equal(RecoveryCause.Pause, rehearsed.Entries.Select(e => e.Body).OfType<Recovered>().Single().Why);
        Assert.Equal(0, rehearsed.Verify().ExitCode);
    }
}
