namespace Runbook.Engine.Tests;

/// <summary>When the rounds of a watch are due, and which are missed.</summary>
public sealed class WatchScheduleTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(10, 0, 300)]
    [InlineData(300, 0, 300)]
    [InlineData(599, 0, 300)]
    [InlineData(600, 1, 600)]
    [InlineData(1510, 4, 1500)]
    public void A_round_that_is_past_is_missed_and_not_made_up_for(int secondsLater, long missed, int dueAfter)
    {
        var schedule = new WatchSchedule(Start, TimeSpan.FromMinutes(5));

        Assert.Equal(missed, schedule.Advance(Start.AddSeconds(secondsLater)));
        Assert.Equal(Start.AddSeconds(dueAfter), schedule.Due);
    }

    [Fact]
    public void A_clock_that_is_set_back_repeats_no_round()
    {
        var schedule = new WatchSchedule(Start, TimeSpan.FromMinutes(5));
        schedule.Advance(Start.AddMinutes(21));

        Assert.Equal(0, schedule.Advance(Start.AddMinutes(-30)));
        Assert.Equal(Start.AddMinutes(25), schedule.Due);
    }
}
