namespace Runbook.Tui.Tests;

/// <summary>Probes over time in one row: each mark is another shape.</summary>
public sealed class SparklineTests
{
    private static readonly DateTimeOffset From = new(2026, 11, 24, 9, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(15);

    [Fact]
    public void A_column_says_whether_all_samples_held_some_or_none_and_where_there_was_none() =>
        Assert.Equal("▇·x▄      ", Text([At(0, true), At(30, false), At(45, true), At(50, false)]));

    [Fact]
    public void Samples_that_were_gathered_are_spread_over_their_time() =>
        Assert.Equal("xxxx      ", Text([new ProbeSpan(From, From.AddSeconds(45), 4, false)]));

    [Fact]
    public void What_lies_outside_is_left_out() =>
        Assert.Equal("  ·▇      "[2..] + "  ", Text([At(-15, false), At(15, true), At(150, false)]));

    [Fact]
    public void Nothing_read_is_nothing_shown() => Assert.Equal("          ", Text([]));

    [Theory]
    [InlineData(20, 15)]
    [InlineData(150, 30)]
    [InlineData(6000, 1800)]
    [InlineData(86400, 21600)]
    [InlineData(8640000, 867600)]
    public void Whatever_has_passed_fits_into_the_columns(int seconds, int slice)
    {
        var whole = TimeSpan.FromSeconds(seconds);

        var found = Sparkline.Slice(whole, 10, Slice);

        Assert.Equal(TimeSpan.FromSeconds(slice), found);
        Assert.True(found * 10 > whole);
    }

    private static ProbeSpan At(int seconds, bool holds) => new(From.AddSeconds(seconds), From.AddSeconds(seconds), 1, holds);

    private static string Text(ProbeSpan[] spans) => string.Concat(Sparkline.Of(spans, From, Slice, 10, Glyphs.Of(false)).Select(p => p.Text));
}
