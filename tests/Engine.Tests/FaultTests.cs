using Runbook.Journal;

namespace Runbook.Engine.Tests;

/// <summary>Drills: armed only under a guarantee, watched while they hurt, and undone whatever happens.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task A_drill_that_comes_true_is_told_in_three_verdicts()
    {
        using var drill = new Drill();

        var result = await drill.Rehearsed.RunAsync();

        Assert.Equal(SessionEnd.Completed, result.View.End);
        Assert.Equal(new DrillVerdicts("held", "ran", "reverted"), drill.Closed.Verdicts);
        Assert.Equal(["grant kv", "revoke kv"], drill.World.Effects);
        Assert.True(Assert.Single(drill.Guards.All).HasStoodDown);
        drill.Verifies();
    }

    [Fact]
    public async Task A_look_whether_the_harm_is_gone_that_gets_no_answer_is_taken_again()
    {
        using var drill = new Drill();
        drill.World.Plan("test.grant.delete:settle", CallFate.LostAnswer, CallFate.LostAnswer, CallFate.LostAnswer);

        var result = await drill.Rehearsed.RunAsync();

        Assert.Equal(SessionEnd.Completed, result.View.End);
        Assert.Equal("reverted", drill.Closed.Verdicts!.Cleanup);
        Assert.Empty(drill.World.Grants);
        drill.Verifies();
    }

    [Fact]
    public async Task The_way_back_and_the_guard_are_durable_before_anything_is_broken()
    {
        using var drill = new Drill();

        await drill.Rehearsed.RunAsync();

        var armed = drill.Single<FaultArmed>();
        var broke = drill.Rehearsed.Entries.First(e => e.Body is Intent { Action: "test.grant.create" });
        Assert.True(armed.Seq < broke.Seq);
        Assert.True(drill.Rehearsed.Entries.First(e => e.Body is ArtifactKept { Name: "undo.json" }).Seq < armed.Seq);
        Assert.Equal(((FaultArmed)armed.Body).Effect, ((Intent)broke.Body).Effect);
        Assert.Equal("guard/", ((FaultArmed)armed.Body).Guard!.File[..6]);
        Assert.Equal(["it-works"], ((FaultArmed)armed.Body).SteadyState);
    }

    [Fact]
    public async Task Probes_are_sampled_beside_the_steps_from_before_the_fault_until_it_is_lifted()
    {
        using var drill = new Drill();

        await drill.Rehearsed.RunAsync();

        var entries = drill.Rehearsed.Entries;
        var watched = entries.Where(e => e.Body is Probe { Watch: not null }).ToList();
        Assert.Equal(["it-works", "others-live"], watched.Select(e => ((Probe)e.Body).Watch!.Probe).Distinct().Order());
        Assert.True(watched[0].Seq < drill.Single<FaultArmed>().Seq);
        Assert.True(watched.Where(e => e.Seq > drill.Single<FaultArmed>().Seq).Sum(e => ((Probe)e.Body).Samples) > 2);
        Assert.DoesNotContain(watched, e => e.Seq > drill.Single<FaultLifted>().Seq);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_puts_no_probe_off()
    {
        using var drill = new Drill();
        drill.WhileArmed(() => drill.Rehearsed.Clock.Skew = TimeSpan.FromDays(-1));

        await drill.Rehearsed.RunAsync();

        var armed = drill.Single<FaultArmed>().Seq;
        Assert.True(drill.Rehearsed.Entries.Where(e => e.Seq > armed).Select(e => e.Body).OfType<Probe>().Where(p => p.Watch?.Probe == "others-live").Sum(p => p.Samples) > 2);
    }

    [Fact]
    public async Task A_steady_state_that_holds_no_more_keeps_the_drill_from_beginning()
    {
        using var drill = new Drill();
        drill.WhenAsked(() => drill.World.Things.Remove("kv"));

        var result = await drill.Rehearsed.RunAsync();

        drill.IsRefused(result, "RE211");
    }

    [Fact]
    public async Task A_bystander_that_suffers_already_keeps_the_drill_from_beginning()
    {
        using var drill = new Drill();
        drill.WhenAsked(() => drill.World.Things.Remove("other"));

        var result = await drill.Rehearsed.RunAsync();

        drill.IsRefused(result, "RE211");
    }

    [Fact]
    public async Task What_lies_outside_the_blast_radius_stops_the_drill_before_anybody_is_asked()
    {
        using var drill = new Drill();
        drill.Rehearsed.Radius.Ids.Add("/subscriptions/s/payroll");

        var result = await drill.Rehearsed.RunAsync();

        drill.IsRefused(result, "RE212");
        Assert.DoesNotContain(drill.Rehearsed.Entries, e => e.Body is ApprovalRequested { Over: var over } && over.Covers("plan"));
        Assert.Contains("/subscriptions/s/payroll (through the key, owner payments)", drill.Body<Abort>().Reason.Original(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_allowed_may_suffer_with_all_that_lies_within_it()
    {
        using var drill = new Drill(allow: "\"/subscriptions/s/Account\"");
        drill.Rehearsed.Radius.Ids.AddRange(["/subscriptions/s/account", "/subscriptions/s/account/scopes/one"]);

        var result = await drill.Rehearsed.RunAsync();

        Assert.Equal(SessionEnd.Completed, result.View.End);
        drill.Verifies();
    }

    [Fact]
    public async Task A_blast_radius_that_grew_since_people_agreed_keeps_the_fault_from_being_armed()
    {
        using var drill = new Drill(allow: "\"/subscriptions/s\"");
        drill.Rehearsed.Radius.Ids.Add("/subscriptions/s/account");
        drill.WhenAsked(() => drill.Rehearsed.Radius.Ids.Add("/subscriptions/s/new"));

        var result = await drill.Rehearsed.RunAsync();

        drill.IsRefused(result, "RE213");
    }

    [Fact]
    public async Task A_limit_longer_than_what_is_deleted_can_be_recovered_is_refused()
    {
        using var drill = new Drill();
        drill.Rehearsed.Radius.Undoable = TimeSpan.FromMinutes(5);

        var result = await drill.Rehearsed.RunAsync();

        drill.IsRefused(result, "RE216");
    }

    [Fact]
    public async Task A_guard_that_may_not_undo_keeps_the_fault_from_being_armed()
    {
        using var drill = new Drill();
        drill.Guards.Refusal = new GuardRefusedException("RE215", "The guard could not undo it.", "Have a role assigned.");

        var result = await drill.Rehearsed.RunAsync();

        drill.IsRefused(result, "RE215");
    }

    [Fact]
    public async Task A_guard_that_dies_before_it_stands_by_keeps_the_fault_from_being_sent()
    {
        using var drill = new Drill();
        drill.Guards.DieEarly = true;

        var result = await drill.Rehearsed.RunAsync();

        drill.IsRefused(result, "RE214");
        Assert.Equal(LiftedHow.NeverTook, drill.Body<FaultLifted>().How);
    }

    [Fact]
    public async Task A_program_without_guards_runs_no_drill()
    {
        using var drill = new Drill();
        drill.Rehearsed.Guards = null;

        var refused = await Assert.ThrowsAsync<EngineException>(drill.Rehearsed.OpenAsync);

        Assert.Equal("RE206", refused.Code);
        Assert.False(Directory.Exists(drill.Rehearsed.Directory0));
    }

    [Fact]
    public async Task Something_that_must_stay_unharmed_and_does_not_ends_the_scope_at_once()
    {
        using var drill = new Drill(broken: "`false`");
        drill.WhileArmed(() => drill.World.Things.Remove("other"));

        var result = await drill.Rehearsed.RunAsync();

        drill.WasCut(result, "unharmed");
        Assert.Equal(new DrillVerdicts("broke", "cut-short", "reverted"), drill.Closed.Verdicts);
    }

    [Fact]
    public async Task The_limit_ends_the_scope_in_the_middle_of_a_probe()
    {
        using var drill = new Drill(broken: "`false`");

        var result = await drill.Rehearsed.RunAsync();

        drill.WasCut(result, "timeout");
        Assert.Equal(new DrillVerdicts("unjudged", "cut-short", "reverted"), drill.Closed.Verdicts);
    }

    [Fact]
    public async Task An_operator_who_aborts_in_the_scope_is_led_through_the_revert()
    {
        using var drill = new Drill(broken: "`false`");
        using var runner = await drill.Rehearsed.OpenAsync();
        Task<CommandReply>? sent = null;
        drill.WhileArmed(() => sent ??= runner.SendAsync(new SessionCommand.AbortSession("the phone rings", "operator"), TestContext.Current.CancellationToken));

        var result = await runner.RunAsync(TestContext.Current.CancellationToken);

        Assert.True((await sent!).Accepted);
        drill.WasCut(result, "operator");
    }

    [Fact]
    public async Task What_the_guard_has_lifted_is_taken_over_and_the_scope_is_left()
    {
        using var drill = new Drill(broken: "`false`");
        drill.WhileArmed(() =>
        {
            if (drill.Guards.All is [{ IsAlive: true } guard]) guard.Lift();
        });

        var result = await drill.Rehearsed.RunAsync();

        drill.WasCut(result, "guard");
        Assert.Equal(LiftedHow.Guard, drill.Body<FaultLifted>().How);
        Assert.NotNull(drill.Body<FaultLifted>().GuardLine);
        Assert.Equal(["grant kv"], drill.World.Effects);
        Assert.Equal("by-guard", drill.Closed.Verdicts!.Cleanup);
    }

    [Fact]
    public async Task A_negative_test_that_does_not_come_true_cannot_end_as_completed()
    {
        using var drill = new Drill(broken: "`false`", within: "1m");

        var result = await drill.Rehearsed.RunAsync();

        Assert.Equal(SessionEnd.Failed, result.View.End);
        Assert.Equal(CutCause.Timeout, drill.Closed.Cut);
        Assert.Equal(new DrillVerdicts("broke", "cut-short", "reverted"), drill.Closed.Verdicts);
        Assert.Empty(drill.World.Grants);
        drill.Verifies();
    }

    [Fact]
    public async Task A_revert_goes_on_until_the_harm_is_gone_however_often_it_is_refused()
    {
        using var drill = new Drill();
        drill.World.Plan("test.grant.delete", CallFate.Refused, CallFate.Throttled, CallFate.Refused, CallFate.LostAnswer);

        var result = await drill.Rehearsed.RunAsync();

        Assert.Equal(SessionEnd.Completed, result.View.End);
        Assert.Empty(drill.World.Grants);
        drill.Verifies();
    }

    [Theory]
    [InlineData(CallFate.Answered, SessionEnd.Completed, "go-on")]
    [InlineData(CallFate.Refused, SessionEnd.Failed, "it-did-not-go-well")]
    public async Task A_scope_that_was_cut_short_and_made_good_does_not_go_on_as_if_nothing_had_been(object fate, SessionEnd end, string last)
    {
        var world = new TestWorld();
        world.Things["kv"] = "plain";
        world.Plan("test.thing.paint", (CallFate)fate);
        using var rehearsed = new Rehearsed(world, Runbooks.Of(Runbooks.MadeGood));

        var result = await rehearsed.RunAsync();

        Assert.Equal(end, result.View.End);
        Assert.Equal(last, rehearsed.Entries.Last(e => e.Body is StepEntered).Step);
        Assert.Empty(world.Grants);
        var report = rehearsed.Verify();
        Assert.True(report.ExitCode == 0, report.ToString());
    }

    [Fact]
    public async Task A_lease_that_was_refused_is_over_even_where_nobody_may_look()
    {
        var world = new TestWorld { CanTell = false };
        world.Things["kv"] = "plain";
        world.Plan("test.grant.create", CallFate.Refused);
        using var rehearsed = new Rehearsed(world, Runbooks.Of(Runbooks.MadeGood));

        var result = await rehearsed.RunAsync();

        Assert.Equal(SessionEnd.Failed, result.View.End);
        Assert.Equal(LiftedHow.NeverTook, Assert.Single(rehearsed.Entries.Select(e => e.Body).OfType<FaultLifted>()).How);
        Assert.Empty(world.Effects);
        var report = rehearsed.Verify();
        Assert.True(report.ExitCode == 0, report.ToString());
    }

    [Fact]
    public async Task A_rehearsal_of_what_can_not_be_undone_stands_still_and_says_so()
    {
        using var drill = new Drill();
        drill.World.Plan("test.grant.delete", [.. Enumerable.Repeat(CallFate.Refused, 10_000)]);

        var result = await drill.Rehearsed.RunAsync();

        Assert.Contains("can't be undone", result.PauseReason, StringComparison.Ordinal);
        Assert.Single(result.View.Faults.Armed);
    }

    [Fact]
    public async Task What_one_undoing_tells_the_next_one_may_use()
    {
        using var drill = new Drill(undo: """
            undo:
              - use: test.thing.paint
                with: {name: "${name}", colour: plain}
              - use: test.grant.delete
                with: {name: "${undo.1.name}"}
            """);

        var result = await drill.Rehearsed.RunAsync();

        Assert.Equal(SessionEnd.Completed, result.View.End);
        Assert.Equal(["grant kv", "paint kv plain", "revoke kv"], drill.World.Effects);
        drill.Verifies();
    }

    [Theory]
    [InlineData("test.grant.create", CallFate.KilledBefore)]
    [InlineData("test.grant.create", CallFate.KilledAfter)]
    [InlineData("test.grant.delete", CallFate.KilledBefore)]
    [InlineData("test.grant.delete", CallFate.KilledAfter)]
    [InlineData("test.grant.use", CallFate.KilledBefore)]
    public async Task A_console_that_dies_under_a_living_guard_goes_on_where_it_was(string action, object fate)
    {
        using var drill = new Drill();
        drill.World.Plan(action, (CallFate)fate);

        var result = await drill.Rehearsed.RunToTheEndAsync();

        Assert.Equal(SessionEnd.Completed, result.View.End);
        Assert.Empty(drill.World.Grants);
        drill.Single<FaultArmed>();
        drill.Single<FaultLifted>();
        drill.Verifies();
    }

    [Fact]
    public async Task A_console_that_comes_back_after_the_guard_has_acted_finds_the_fault_lifted()
    {
        using var drill = new Drill();
        drill.World.Plan("test.grant.use", CallFate.KilledBefore);
        await Assert.ThrowsAsync<KilledException>(drill.Rehearsed.RunAsync);
        drill.Guards.All[0].Lift();

        var result = await drill.Rehearsed.ResumeAsync();

        drill.WasCut(result, "guard");
        Assert.Equal(["grant kv"], drill.World.Effects);
    }

    /// <summary>A drill on a world of two things: it grants something that nobody should have, and takes it back.</summary>
    private sealed class Drill : IDisposable
    {
        public Drill(string allow = "", string broken = "status == `200`", string within = "30m", string undo = "")
        {
            World.Things["kv"] = "plain";
            World.Things["other"] = "plain";
            Rehearsed = new Rehearsed(World, Text(allow, broken, within, undo));
        }

        public TestWorld World { get; } = new();

        public Rehearsed Rehearsed { get; }

        public GuardsByHand Guards => Rehearsed.Guards!;

        public Closed Closed => Body<Closed>();

        public JournalEntry Single<T>()
            where T : EntryBody => Assert.Single(Rehearsed.Entries, e => e.Body is T);

        public T Body<T>()
            where T : EntryBody => (T)Single<T>().Body;

        /// <summary>Does something when the custodians are asked to agree.</summary>
        public void WhenAsked(Action act) => Rehearsed.Acting = new Asked(Rehearsed.People, act);

        /// <summary>Does something at each wait while the fault is armed.</summary>
        public void WhileArmed(Action act) => Rehearsed.Clock.OnWait = () =>
        {
            if (World.Grants.Count > 0) act();
        };

        public void Verifies()
        {
            var report = Rehearsed.Verify();
            Assert.True(report.ExitCode == 0, ReportText.Render(report));
        }

        public void IsRefused(SessionResult result, string code)
        {
            Assert.Equal(code, result.View.Refusal);
            Assert.True(result.View.IsRefusedUntouched);
            Assert.Equal(new DrillVerdicts("unjudged", "never-began", "nothing-to-do"), Closed.Verdicts);
            Assert.Empty(World.Effects);
            Verifies();
        }

        public void WasCut(SessionResult result, string trigger)
        {
            Assert.Equal(SessionEnd.Aborted, result.View.End);
            Assert.Equal(CutCause.Abort, Closed.Cut);
            Assert.Equal(trigger, Body<Abort>().Trigger);
            Assert.Empty(World.Grants);
            Single<FaultLifted>();
            Verifies();
        }

        public void Dispose() => Rehearsed.Dispose();

        private static string Text(string allow, string broken, string within, string undo) => Runbooks.Of($$"""
            ## It works

            ```yaml probe
            use: test.thing.get
            with: {name: "${name}"}
            expect: "status == `200`"
            within: 2m
            ```

            ## Others live

            ```yaml probe
            use: test.thing.get
            with: {name: other}
            expect: "status == `200`"
            within: 2m
            ```

            ## Agree to it

            ```yaml approval
            role: custodian
            over: plan
            within: 1h
            ```

            ## Break it

            ```yaml fault
            use: test.grant.create
            with: {name: "${name}"}
            timeout: 2m
            limit: 10m
            blast-radius: {allow: [{{allow}}]}
            steady-state: [it-works]
            unharmed: [others-live]
            {{undo}}
            ```

            ## It is broken

            ```yaml probe
            use: test.grant.use
            with: {name: "${name}"}
            expect: "{{broken}}"
            within: {{within}}
            for: 1m
            ```

            ## Mend it

            ```yaml revert
            fault: break-it
            ```

            ## It works again

            ```yaml probe
            same-as: it-works
            within: 2m
            ```
            """, kind: "drill");

        private sealed class Asked(ISimulatedPeople people, Action act) : ISimulatedPeople
        {
            public SessionCommand? Next(SessionView view, SessionNeed need)
            {
                if (need is SessionNeed.Approvals { Request.Body.Over: var over } && over.Covers("plan")) act();
                return people.Next(view, need);
            }
        }
    }
}
