using Microsoft.Extensions.Time.Testing;
using Runbook.Engine.Actions;
using Runbook.Journal;

namespace Runbook.Engine.Tests;

/// <summary>A guard's watch: when it acts, that it acts, and that it does nothing twice.</summary>
public sealed class GuardDutyTests
{
    [Fact]
    public async Task A_heartbeat_that_is_missing_for_longer_than_the_grace_has_the_fault_undone()
    {
        using var watch = new Watch();
        watch.Arm();
        watch.BeatFor(TimeSpan.FromSeconds(40));

        var end = await watch.UntilOverAsync();

        Assert.Equal(GuardEnd.Lifted, end);
        Assert.Equal(["revoke kv"], watch.World.Effects);
        Assert.Equal("guard", watch.Record.Acted!.Trigger);
        Assert.Equal(LiftedHow.Guard, ((FaultLifted)watch.Record.Lifted!.Entry.Body).How);
        Assert.True(watch.Passed >= TimeSpan.FromSeconds(50) && watch.Passed < TimeSpan.FromSeconds(55), $"{watch.Passed}");
    }

    [Fact]
    public async Task The_limit_has_the_fault_undone_though_the_console_lives()
    {
        using var watch = new Watch();
        watch.Arm();
        watch.BeatFor(TimeSpan.FromHours(2));

        var end = await watch.UntilOverAsync();

        Assert.Equal(GuardEnd.Lifted, end);
        Assert.Equal("timeout", watch.Record.Acted!.Trigger);
        Assert.True(watch.Passed >= Watch.Limit && watch.Passed < Watch.Limit + TimeSpan.FromSeconds(5), $"{watch.Passed}");
    }

    [Fact]
    public async Task A_guard_that_is_told_undoes_at_once()
    {
        using var watch = new Watch();
        watch.Arm();
        watch.BeatFor(TimeSpan.FromHours(2));
        watch.Say = GuardWord.Undo;

        Assert.Equal(GuardEnd.Lifted, await watch.UntilOverAsync());
        Assert.Equal("operator", watch.Record.Acted!.Trigger);
        Assert.Empty(watch.World.Grants);
    }

    [Fact]
    public async Task A_fault_that_is_said_to_be_lifted_is_left_alone()
    {
        using var watch = new Watch();
        watch.Arm();
        watch.BeatFor(TimeSpan.FromHours(2));
        watch.Say = GuardWord.Lifted;

        Assert.Equal(GuardEnd.StoodDown, await watch.UntilOverAsync());
        Assert.Empty(watch.World.Effects);
        Assert.Null(watch.Record.Lifted);
    }

    [Fact]
    public async Task A_console_that_dies_before_it_arms_leaves_nothing_to_guard()
    {
        using var watch = new Watch();
        watch.BeatFor(TimeSpan.FromSeconds(3));

        Assert.Equal(GuardEnd.NeverArmed, await watch.UntilOverAsync());
        Assert.Empty(watch.World.Effects);
        Assert.False(File.Exists(watch.File));
    }

    [Fact]
    public async Task What_somebody_else_has_undone_is_not_undone_again()
    {
        using var watch = new Watch();
        watch.Arm();
        watch.World.Grants.Clear();

        Assert.Equal(GuardEnd.Lifted, await watch.UntilOverAsync());
        Assert.Empty(watch.World.Effects);
        Assert.Equal(LiftedHow.ByHand, ((FaultLifted)watch.Record.Lifted!.Entry.Body).How);
    }

    [Fact]
    public async Task An_undoing_of_several_calls_is_not_over_because_its_last_one_looks_done()
    {
        using var watch = new Watch("kv", "spare");
        watch.Arm();
        watch.World.Grants.Remove("spare");

        Assert.Equal(GuardEnd.Lifted, await watch.UntilOverAsync());
        Assert.Empty(watch.World.Grants);
        Assert.Contains("revoke kv", watch.World.Effects);
        Assert.Equal(LiftedHow.Guard, ((FaultLifted)watch.Record.Lifted!.Entry.Body).How);
    }

    [Fact]
    public async Task An_undoing_that_was_cut_off_is_begun_again_whole()
    {
        using var watch = new Watch("kv", "spare");
        watch.Arm();
        watch.World.Plan("test.grant.delete", CallFate.Answered, CallFate.LostRequest);

        Assert.Equal(GuardEnd.Lifted, await watch.UntilOverAsync());
        Assert.Empty(watch.World.Grants);
        Assert.Equal(1, watch.World.Effects.Count(e => e == "revoke spare"));
    }

    [Fact]
    public async Task A_guard_goes_on_through_refusals_throttling_and_lost_answers()
    {
        using var watch = new Watch();
        watch.Arm();
        watch.World.Plan("test.grant.delete", CallFate.LostRequest, CallFate.Throttled, CallFate.Refused, CallFate.LostAnswer);

        Assert.Equal(GuardEnd.Lifted, await watch.UntilOverAsync());
        Assert.Empty(watch.World.Grants);
        Assert.Equal(["revoke kv"], watch.World.Effects);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_answered_as_done_is_not_done_again_because_nobody_can_look(bool isAnswered)
    {
        using var watch = new Watch();
        watch.Arm();
        // The look before it is answered; those after it are not, or can't tell.
        watch.World.Plan("test.grant.delete:settle", [CallFate.Answered, .. Enumerable.Repeat(isAnswered ? CallFate.Throttled : CallFate.LostAnswer, 5)]);

        Assert.Equal(GuardEnd.Lifted, await watch.UntilOverAsync());
        Assert.Equal(["revoke kv"], watch.World.Effects);
        Assert.Equal(1, watch.Attempts);
        Assert.Equal(isAnswered ? 5 : 0, watch.Looks(ProbeVerdict.CannotTell));
        Assert.Equal(1, watch.Looks(ProbeVerdict.Holds));
    }

    [Fact]
    public async Task A_part_that_is_seen_to_be_there_is_undone_again_though_another_cannot_be_looked_at()
    {
        using var watch = new Watch("kv", "spare");
        watch.Arm();
        watch.World.Plan("test.grant.delete", CallFate.Answered, CallFate.Idle);
        watch.World.Plan("test.grant.delete:settle", CallFate.Answered, CallFate.Throttled);

        Assert.Equal(GuardEnd.Lifted, await watch.UntilOverAsync());
        Assert.Empty(watch.World.Grants);
        Assert.Equal(4, watch.Attempts);
    }

    [Fact]
    public async Task Where_a_reading_is_answered_and_cannot_tell_it_is_done_again()
    {
        using var watch = new Watch();
        watch.Arm();
        // The look before it, the one after it, the next round's, and the one after it was done again.
        watch.World.Plan("test.grant.delete:settle", CallFate.Answered, CallFate.Refused, CallFate.Refused, CallFate.Refused);

        Assert.Equal(GuardEnd.Lifted, await watch.UntilOverAsync());
        Assert.Equal(["revoke kv", "revoke kv"], watch.World.Effects);
        Assert.Equal(2, watch.Attempts);
        Assert.Equal(3, watch.Looks(ProbeVerdict.CannotTell));
    }

    [Fact]
    public async Task What_was_answered_as_done_and_is_seen_to_be_there_is_done_again()
    {
        using var watch = new Watch();
        watch.Arm();
        watch.World.Plan("test.grant.delete", CallFate.Idle);

        Assert.Equal(GuardEnd.Lifted, await watch.UntilOverAsync());
        Assert.Empty(watch.World.Grants);
        Assert.Equal(2, watch.Attempts);
    }

    [Fact]
    public async Task A_lease_is_given_back_after_what_was_armed_within_it_is_undone()
    {
        using var watch = new Watch();
        watch.Arm(isLease: true);
        watch.ArmWithin();
        watch.ActWithin();
        var over = watch.StandBy();
        await watch.PassAsync(over, TimeSpan.FromMinutes(3));
        Assert.Empty(watch.World.Effects);
        watch.LiftWithin();

        Assert.Equal(GuardEnd.Lifted, await watch.UntilOverAsync(over));
        Assert.Equal(["revoke kv"], watch.World.Effects);
        Assert.True(watch.Passed < TimeSpan.FromMinutes(3) + TimeSpan.FromSeconds(2), $"{watch.Passed}");
        Assert.Empty(watch.Complaints);
    }

    [Theory]
    [InlineData(false, 70)]
    [InlineData(true, 610)]
    public async Task What_was_armed_within_a_lease_and_is_not_undone_does_not_keep_the_lease_for_ever(bool begins, int seconds)
    {
        using var watch = new Watch();
        watch.Arm(isLease: true);
        watch.ArmWithin();
        if (begins) watch.ActWithin();

        Assert.Equal(GuardEnd.Lifted, await watch.UntilOverAsync());
        Assert.True(watch.Passed >= TimeSpan.FromSeconds(seconds) && watch.Passed < TimeSpan.FromSeconds(seconds + 3), $"{watch.Passed}");
    }

    [Fact]
    public async Task A_fault_waits_for_nothing_that_was_armed_within_it()
    {
        using var watch = new Watch();
        watch.Arm();
        watch.ArmWithin();
        watch.ActWithin();

        Assert.Equal(GuardEnd.Lifted, await watch.UntilOverAsync());
        Assert.True(watch.Passed < TimeSpan.FromSeconds(15), $"{watch.Passed}");
    }

    [Fact]
    public async Task A_world_that_somebody_else_has_is_waited_for()
    {
        using var watch = new Watch { IsTaken = true };
        watch.Arm();
        var over = watch.StandBy();
        await watch.PassAsync(over, TimeSpan.FromMinutes(2));
        Assert.False(over.IsCompleted);
        watch.IsTaken = false;

        Assert.Equal(GuardEnd.Lifted, await watch.UntilOverAsync(over));
        Assert.Empty(watch.World.Grants);
    }

    [Fact]
    public async Task A_record_that_cannot_be_written_does_not_keep_the_guard_from_undoing()
    {
        using var watch = new Watch();
        watch.Arm();
        Directory.Delete(watch.Folder);
        await System.IO.File.WriteAllTextAsync(watch.Folder, "in the way", TestContext.Current.CancellationToken);

        Assert.Equal(GuardEnd.Lifted, await watch.UntilOverAsync());
        Assert.Empty(watch.World.Grants);
        Assert.Contains(watch.Complaints, c => c.Contains("goes on without", StringComparison.Ordinal));
    }

    /// <summary>One guard on a clock that a test moves, in a world where its fault is armed.</summary>
    private sealed class Watch : IDisposable
    {
        public static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);
        private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
        private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("runbook-guard-");
        private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 9, 0, 0, TimeSpan.Zero));
        private readonly EcdsaSigner _key = EcdsaSigner.Generate();
        private readonly DateTimeOffset _start;
        private readonly GuardOrder _order;

        private GuardJournal? _journal;
        private GuardJournal? _guardWithin;
        private JournalLine? _armed;
        private JournalLine? _within;
        private int _heard;
        private DateTimeOffset _beatsUntil;

        /// <summary>For a fault that gave grants.</summary>
        /// <param name="grants">The grants, which undoing takes away one after the other; kv if left out.</param>
        public Watch(params string[] grants)
        {
            if (grants is []) grants = ["kv"];
            foreach (var grant in grants) World.Grants.Add(grant);
            _order = new GuardOrder
            {
                Session = "20261124T090000Z-0123456789abcdef",
                Fault = "break-it",
                File = "guard/fault-7.jsonl",
                Undo = [.. grants.Select(g => new UndoCall("test.grant.delete", System.Text.Json.JsonElement.Parse($$"""{"name":"{{g}}"}""")))],
                Limit = Limit,
                IsSimulated = true,
            };
            _start = _time.GetUtcNow();
        }

        public TestWorld World { get; } = new();

        public GuardWord Say { get; set; } = GuardWord.StandBy;

        public bool IsTaken { get; set; }

        public List<string> Complaints { get; } = [];

        public string Folder => Path.Combine(_folder.FullName, "guard");

        public string File => Path.Combine(Folder, "fault-7.jsonl");

        public TimeSpan Passed => _time.GetUtcNow() - _start;

        /// <summary>How often the guard sent what undoes it.</summary>
        public int Attempts => Record.Lines.Count(l => l.Entry.Body is Intent);

        public GuardRecord Record => GuardRecord.Read(LocalDisk.Instance, File, _armed!.Hash)!;

        /// <summary>How many of its looks came to that.</summary>
        public int Looks(ProbeVerdict verdict) => Record.Lines.Count(l => l.Entry.Body is Probe probe && probe.Verdict == verdict);

        /// <summary>The console has armed the fault.</summary>
        public void Arm(bool isLease = false)
        {
            _journal = GuardJournal.Begin(new JournalGround { Time = _time }, new SessionDirectory(_folder.FullName), "journal.jsonl", _order.Session, default, true, _key);
            _armed = Armed("break-it", _order.File, isLease);
        }

        /// <summary>It has armed another one after it.</summary>
        public void ArmWithin() => _within = Armed("within", "guard/fault-9.jsonl", isLease: true);

        /// <summary>The other one's guard has begun to undo.</summary>
        public void ActWithin()
        {
            _guardWithin = GuardJournal.Begin(new JournalGround { Time = _time }, new SessionDirectory(_folder.FullName), "guard/fault-9.jsonl", _order.Session, _within!.Hash, true, _key);
            _guardWithin.Append(_within.Entry.Body, "within");
            _guardWithin.Append(new Abort { Reason = "no heartbeat", Trigger = "guard" }, "within");
        }

        /// <summary>The other one's guard has undone it.</summary>
        public void LiftWithin() => _guardWithin!.Append(new FaultLifted { Fault = "within", How = LiftedHow.Guard, Observed = Digest.OfText("{}") }, "within");

        public void BeatFor(TimeSpan time) => _beatsUntil = _start + time;

        public Task<GuardEnd> StandBy() => new GuardDuty(_order, Grace, isRealClock: true, new JournalGround { Time = _time }, new SessionDirectory(_folder.FullName), _key, Signal, Open, Complaints.Add).StandByAsync(TestContext.Current.CancellationToken);

        public Task<GuardEnd> UntilOverAsync() => UntilOverAsync(StandBy());

        public async Task<GuardEnd> UntilOverAsync(Task<GuardEnd> over)
        {
            await PassAsync(over, TimeSpan.FromHours(3));
            return await over.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        public async Task PassAsync(Task over, TimeSpan time)
        {
            for (var left = time; left > TimeSpan.Zero && !over.IsCompleted; left -= Step)
            {
                var heard = Volatile.Read(ref _heard);
                _time.Advance(Step);
                while (!over.IsCompleted && Volatile.Read(ref _heard) == heard) await Task.Yield();
            }
        }

        public void Dispose()
        {
            _journal?.Dispose();
            _guardWithin?.Dispose();
            _key.Dispose();
            _folder.Delete(recursive: true);
        }

        private JournalLine Armed(string fault, string file, bool isLease)
        {
            _journal!.Append(new FaultArmed
            {
                BlastRadius = Digest.OfText("nothing"),
                Deadline = JournalTime.Of(_start + Limit),
                Effect = new EffectId(fault, 1, 1),
                Fault = fault,
                Guard = new GuardProcess(1, "boot", _key.PublicKey.SpkiBase64, file),
                Inverse = new InverseCall("test.grant.delete", Digest.OfText("undo")),
                Lease = isLease,
                LimitMs = (long)Limit.TotalMilliseconds,
            }, fault);
            return JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(_folder.FullName)).Last(l => l.Entry.Body is FaultArmed);
        }

        private GuardSignal? Signal()
        {
            Interlocked.Increment(ref _heard);
            var beat = _time.GetUtcNow() < _beatsUntil ? _time.GetUtcNow() : _beatsUntil;
            return new GuardSignal(beat.Ticks.ToString(System.Globalization.CultureInfo.InvariantCulture), beat, Say, _armed);
        }

        private Task<IGuardWorld?> Open(CancellationToken cancellationToken) => Task.FromResult<IGuardWorld?>(IsTaken ? null : new OpenWorld(World));
    }

    private sealed class OpenWorld(TestWorld world) : IGuardWorld
    {
        public ActionSet Actions => world.Actions;

        public ISessionClock Clock { get; } = new JumpingClock();

        public string FilesFolder => "";

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
