using Runbook.Journal;

namespace Runbook.Engine.Tests;

/// <summary>Calls that were not answered, and processes that died around one.</summary>
public sealed class DoubtTests
{
    [Theory]
    [InlineData("LostAnswer", "make kv")]
    [InlineData("LostRequest", "make kv")]
    [InlineData("ServerErrorAfter", "make kv")]
    [InlineData("KilledAfter", "make kv")]
    [InlineData("KilledBefore", "make kv")]
    [InlineData("Throttled", "make kv")]
    public async Task What_may_be_done_only_once_is_done_once(string fate, string effects)
    {
        var world = new TestWorld();
        world.Plan("test.thing.make", Enum.Parse<CallFate>(fate));
        using var rehearsed = new Rehearsed(world, Runbooks.Of(Runbooks.Make));

        var result = await rehearsed.RunToTheEndAsync();

        Assert.Equal(SessionEnd.Completed, result.View.End);
        Assert.Equal(effects, string.Join(", ", world.Effects));
        Verified(rehearsed);
    }

    [Theory]
    [InlineData("LostAnswer")]
    [InlineData("LostRequest")]
    [InlineData("ServerErrorAfter")]
    [InlineData("KilledAfter")]
    [InlineData("KilledBefore")]
    [InlineData("Throttled")]
    public async Task What_may_be_repeated_ends_as_if_done_once(string fate)
    {
        var world = new TestWorld();
        world.Plan("test.thing.paint", Enum.Parse<CallFate>(fate), CallFate.Throttled);
        using var rehearsed = new Rehearsed(world, Runbooks.Of(Runbooks.Paint));

        var result = await rehearsed.RunToTheEndAsync();

        Assert.Equal(SessionEnd.Completed, result.View.End);
        Assert.Equal("red", world.Things["kv"]);
        Verified(rehearsed);
    }

    [Theory]
    [InlineData("LostRequest", SessionEnd.Completed)]
    [InlineData("Throttled", SessionEnd.Failed)]
    public async Task What_may_be_repeated_waits_for_its_own_unanswered_attempt_and_for_no_other(string fate, SessionEnd end)
    {
        var world = new TestWorld();
        world.Plan("test.thing.paint", Enum.Parse<CallFate>(fate), CallFate.Conflict, CallFate.Conflict);
        using var rehearsed = new Rehearsed(world, Runbooks.Of(Runbooks.Paint));

        var result = await rehearsed.RunToTheEndAsync();

        Assert.Equal(end, result.View.End);
        Verified(rehearsed);
    }

    [Theory]
    [InlineData("LostAnswer")]
    [InlineData("KilledBefore")]
    [InlineData("KilledAfter")]
    public async Task A_reading_is_simply_read_again(string fate)
    {
        var world = new TestWorld { Things = { ["kv"] = "blue" } };
        world.Plan("test.thing.get", Enum.Parse<CallFate>(fate));
        using var rehearsed = new Rehearsed(world, Runbooks.Of(Runbooks.Look + "## Say it\n\n- [ ] It is `${colour}`."));

        var result = await rehearsed.RunToTheEndAsync();

        // A reading that is not answered is an answer: the step fails. One that a crash cut off is read again.
        Assert.Equal(fate == "LostAnswer" ? SessionEnd.Failed : SessionEnd.Completed, result.View.End);
        Verified(rehearsed);
    }

    [Fact]
    public async Task A_running_operation_is_polled_on_after_a_crash_and_not_begun_again()
    {
        var world = new TestWorld { SlowPolls = 6 };
        world.Plan("test.thing.make-slowly:poll", CallFate.Answered, CallFate.Answered, CallFate.KilledBefore, CallFate.Answered, CallFate.KilledBefore);
        using var rehearsed = new Rehearsed(world, Runbooks.Of(Runbooks.Make.Replace("test.thing.make", "test.thing.make-slowly", StringComparison.Ordinal)));

        var result = await rehearsed.RunToTheEndAsync();

        Assert.Equal(SessionEnd.Completed, result.View.End);
        Assert.Equal(["make kv"], world.Effects);
        Assert.Equal(2, rehearsed.Entries.Count(e => e.Body is Recovered));
        Verified(rehearsed);
    }

    [Fact]
    public async Task Three_deaths_in_a_row_at_the_same_call_change_nothing_about_how_often_it_is_made()
    {
        var world = new TestWorld();
        world.Plan("test.thing.make", CallFate.KilledBefore, CallFate.KilledBefore, CallFate.KilledAfter);
        using var rehearsed = new Rehearsed(world, Runbooks.Of(Runbooks.Make));

        await rehearsed.RunToTheEndAsync();

        Assert.Equal(["make kv"], world.Effects);
        Verified(rehearsed);
    }

    [Fact]
    public async Task What_lost_the_answer_may_lose_the_question_too_and_then_it_is_asked_again()
    {
        var world = new TestWorld();
        world.Plan("test.thing.make", CallFate.LostAnswer);
        world.Plan("test.thing.make:settle", CallFate.LostAnswer, CallFate.LostAnswer, CallFate.LostAnswer);
        using var rehearsed = new Rehearsed(world, Runbooks.Of(Runbooks.Make));

        var result = await rehearsed.RunAsync();

        Assert.Equal(SessionEnd.Completed, result.View.End);
        Assert.Equal(["make kv"], world.Effects);
        Assert.Equal(Settlement.TookEffect, rehearsed.Entries.Select(e => e.Body).OfType<Outcome>().Single().SettledAs);
        Verified(rehearsed);
    }

    [Fact]
    public async Task A_question_that_is_never_answered_is_left_to_people_and_ends_no_session()
    {
        var world = new TestWorld();
        world.Plan("test.thing.make", CallFate.LostAnswer);
        world.Plan("test.thing.make:settle", [.. Enumerable.Repeat(CallFate.LostAnswer, 100)]);
        using var rehearsed = new Rehearsed(world, Runbooks.Of(Runbooks.Make, roles: "operator: 1"));

        var stopped = await rehearsed.RunAsync();
        world.Plan("test.thing.make:settle");
        var result = await rehearsed.ResumeAsync();

        Assert.Contains("nobody can tell", stopped.PauseReason, StringComparison.Ordinal);
        Assert.Equal(SessionEnd.Completed, result.View.End);
        Assert.Equal(["make kv"], world.Effects);
        Verified(rehearsed);
    }

    [Fact]
    public async Task When_no_probe_can_tell_two_people_decide_and_sign()
    {
        var world = new TestWorld { CanTell = false };
        world.Plan("test.thing.make", CallFate.LostAnswer);
        using var rehearsed = new Rehearsed(world, Runbooks.Of(Runbooks.Make));
        rehearsed.Acting = new DecidingPeople(rehearsed.People, Settlement.TookEffect);

        var result = await rehearsed.RunAsync();

        Assert.Equal(SessionEnd.Completed, result.View.End);
        Assert.Equal(["make kv"], world.Effects);
        var outcome = rehearsed.Entries.Select(e => e.Body).OfType<Outcome>().Single();
        Assert.Equal(Settlement.TookEffect, outcome.SettledAs);
        Verified(rehearsed);
    }

    [Fact]
    public async Task Where_nobody_could_decide_the_session_stands_still_and_can_be_resumed()
    {
        var world = new TestWorld { CanTell = false };
        world.Plan("test.thing.make", CallFate.LostAnswer);
        using var rehearsed = new Rehearsed(world, Runbooks.Of(Runbooks.Make, roles: "operator: 1"));

        var stopped = await rehearsed.RunAsync();
        world.CanTell = true;
        var result = await rehearsed.ResumeAsync();

        Assert.Contains("nobody can tell", stopped.PauseReason, StringComparison.Ordinal);
        Assert.Equal(SessionEnd.Completed, result.View.End);
        Assert.Equal(["make kv"], world.Effects);
        Verified(rehearsed);
    }

    [Fact]
    public async Task A_refusal_is_an_answer_and_the_step_fails()
    {
        var world = new TestWorld();
        world.Plan("test.thing.make", CallFate.Refused);
        using var rehearsed = new Rehearsed(world, Runbooks.Of(Runbooks.Make));

        var result = await rehearsed.RunAsync();

        Assert.Equal(SessionEnd.Failed, result.View.End);
        Assert.Empty(world.Effects);
        Verified(rehearsed);
    }

    [Fact]
    public async Task A_service_that_throttles_for_ever_ends_in_a_timeout_and_not_in_a_loop()
    {
        var world = new TestWorld();
        world.Plan("test.thing.paint", [.. Enumerable.Repeat(CallFate.Throttled, 100)]);
        using var rehearsed = new Rehearsed(world, Runbooks.Of(Runbooks.Paint));

        var result = await rehearsed.RunAsync();

        Assert.Equal(SessionEnd.Failed, result.View.End);
        Assert.Equal(EngineLimits.AttemptsMax, rehearsed.Entries.Count(e => e.Body is Intent));
        Verified(rehearsed);
    }

    private static void Verified(Rehearsed rehearsed)
    {
        var report = rehearsed.Verify();
        Assert.True(report.ExitCode == 0, report.ToString());
    }

    /// <summary>The rehearsal's people, who also say what became of a call that nobody can tell.</summary>
    private sealed class DecidingPeople(RehearsalPeople people, Settlement settlement) : ISimulatedPeople
    {
        public SessionCommand? Next(SessionView view, SessionNeed need)
        {
            if (people.Next(view, need) is { } command) return command;
            return view.Effects.HasDoubt && view.Approvals.OpenRequests.All(r => !r.Body.Over.ToString().StartsWith("in-doubt", StringComparison.Ordinal))
                ? new SessionCommand.ProposeSettlement(settlement)
                : null;
        }
    }
}
