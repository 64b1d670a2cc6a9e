using Microsoft.Extensions.Time.Testing;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class ClockTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_standing_clock_moves_only_when_it_is_advanced()
    {
        var host = new FakeTimeProvider(Start);
        var clock = new SimulatorClock(ClockMode.Standing, Start, host, 1);
        host.Advance(TimeSpan.FromHours(1));

        Assert.Equal(Start, clock.GetUtcNow());
        Assert.Equal(Start.AddMinutes(5), clock.Advance(TimeSpan.FromMinutes(5)));
        Assert.Equal(Start.AddMinutes(5), clock.GetUtcNow());
    }

    [Fact]
    public void A_virtual_clock_runs_along_and_jumps()
    {
        var host = new FakeTimeProvider(Start.AddYears(1));
        var clock = new SimulatorClock(ClockMode.Virtual, Start, host, 1);
        host.Advance(TimeSpan.FromSeconds(10));
        clock.Advance(TimeSpan.FromHours(1));
        host.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(Start.AddHours(1).AddSeconds(15), clock.GetUtcNow());
    }

    [Fact]
    public void A_clock_with_a_speed_runs_that_much_faster()
    {
        var host = new FakeTimeProvider(Start);
        var clock = new SimulatorClock(ClockMode.Real, Start, host, 60);
        host.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(Start.AddMinutes(2), clock.GetUtcNow());
    }

    [Fact]
    public void A_real_clock_cannot_be_advanced()
    {
        var clock = new SimulatorClock(ClockMode.Real, Start, new FakeTimeProvider(Start), 1);

        Assert.Throws<InvalidOperationException>(() => clock.Advance(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Timers_fire_in_order_each_at_its_own_time()
    {
        var clock = new SimulatorClock(ClockMode.Standing, Start, new FakeTimeProvider(Start), 1);
        var seen = new List<(string, DateTimeOffset)>();
        using var late = clock.CreateTimer(_ => seen.Add(("late", clock.GetUtcNow())), null, TimeSpan.FromSeconds(20), Timeout.InfiniteTimeSpan);
        using var often = clock.CreateTimer(_ => seen.Add(("often", clock.GetUtcNow())), null, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(8));
        using var early = clock.CreateTimer(_ => seen.Add(("early", clock.GetUtcNow())), null, TimeSpan.FromSeconds(8), Timeout.InfiniteTimeSpan);
        clock.Advance(TimeSpan.FromSeconds(24));

        Assert.Equal(
            [("often", Start.AddSeconds(8)), ("early", Start.AddSeconds(8)), ("often", Start.AddSeconds(16)), ("late", Start.AddSeconds(20)), ("often", Start.AddSeconds(24))],
            seen);
    }

    [Fact]
    public async Task A_delay_on_a_running_clock_ends_when_the_host_gets_there()
    {
        var host = new FakeTimeProvider(Start);
        var clock = new SimulatorClock(ClockMode.Virtual, Start, host, 1);
        var delay = Task.Delay(TimeSpan.FromSeconds(30), clock, World.Stop);
        host.Advance(TimeSpan.FromSeconds(29));
        Assert.False(delay.IsCompleted);
        host.Advance(TimeSpan.FromSeconds(1));

        await delay.WaitAsync(TimeSpan.FromSeconds(5), World.Stop);
    }

    [Fact]
    public async Task A_delay_ends_when_the_clock_is_advanced_past_it()
    {
        var clock = new SimulatorClock(ClockMode.Standing, Start, new FakeTimeProvider(Start), 1);
        var delay = Task.Delay(TimeSpan.FromDays(2), clock, World.Stop);
        clock.Advance(TimeSpan.FromDays(3));

        await delay.WaitAsync(TimeSpan.FromSeconds(5), World.Stop);
    }

    [Fact]
    public void A_running_clock_fires_one_timer_after_the_other()
    {
        var host = new FakeTimeProvider(Start);
        var clock = new SimulatorClock(ClockMode.Real, Start, host, 30);
        var fired = new List<int>();
        foreach (var seconds in (int[])[15, 30, 45]) clock.CreateTimer(_ => fired.Add(seconds), null, TimeSpan.FromSeconds(seconds), Timeout.InfiniteTimeSpan);

        for (var i = 0; i < 4; i++) host.Advance(TimeSpan.FromMilliseconds(500));

        Assert.Equal([15, 30, 45], fired);
    }

    [Fact]
    public void A_timer_of_the_host_that_fires_before_its_time_is_set_again()
    {
        var host = new LateClock();
        var clock = new SimulatorClock(ClockMode.Real, Start, host, 30);
        var fired = false;
        clock.CreateTimer(_ => fired = true, null, TimeSpan.FromSeconds(15), Timeout.InfiniteTimeSpan);

        host.IsLate = true;
        host.Fake.Advance(TimeSpan.FromMilliseconds(500));
        Assert.False(fired);

        host.IsLate = false;
        host.Fake.Advance(TimeSpan.FromMilliseconds(5));
        Assert.True(fired);
    }

    [Fact]
    public void A_timer_that_was_disposed_does_not_fire()
    {
        var clock = new SimulatorClock(ClockMode.Standing, Start, new FakeTimeProvider(Start), 1);
        var fired = false;
        clock.CreateTimer(_ => fired = true, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan).Dispose();
        clock.Advance(TimeSpan.FromMinutes(1));

        Assert.False(fired);
    }

    [Fact]
    public async Task Work_of_the_estate_and_timers_happen_in_one_order()
    {
        await using var world = await World.StartAsync();
        var azure = world.Azure;
        var hsm = $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/kv-order";
        (await world.ArmAsync("PUT", hsm, World.HsmBody(world.Owner.ObjectId))).Expect(202);
        var states = new List<string>();
        foreach (var minutes in (int[])[19, 26])
            azure.Clock.CreateTimer(
                _ => states.Add(azure.State.Export(EstateSecrets.LeftOut).Contains("\"provisioningState\":\"Provisioning\"", StringComparison.Ordinal) ? "provisioning" : "provisioned"),
                null,
                TimeSpan.FromMinutes(minutes),
                Timeout.InfiniteTimeSpan);
        azure.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(["provisioning", "provisioned"], states);
    }

    /// <summary>A host whose timers are ahead of what its clock says.</summary>
    private sealed class LateClock : TimeProvider
    {
        public FakeTimeProvider Fake { get; } = new(Start);

        public bool IsLate { get; set; }

        public override DateTimeOffset GetUtcNow() => Fake.GetUtcNow() - (IsLate ? TimeSpan.FromMilliseconds(1) : TimeSpan.Zero);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => Fake.CreateTimer(callback, state, dueTime, period);
    }
}
