namespace Runbook.Tui;

/// <summary>What stands around screens that have no session behind them: a title, a label and the clock.</summary>
/// <param name="settings">The clock and the zone.</param>
/// <param name="title">The left of the header.</param>
/// <param name="label">Before the clock.</param>
internal sealed class StillSurroundings(ConsoleSettings settings, string title, string label) : ISurroundings
{
    private long _second = -1;

    /// <summary>The shell, for whether local time is wanted.</summary>
    public Shell? Shell { get; set; }

    /// <inheritdoc/>
    public string Header => title;

    /// <inheritdoc/>
    public string Status => $"{label}  {new TimeText(settings.Zone, Shell?.BothTimes ?? true).Clock(settings.SessionTime.GetUtcNow())}";

    /// <inheritdoc/>
    public IReadOnlyList<string> Alerts => [];

    /// <inheritdoc/>
    public bool Refresh()
    {
        var second = settings.SessionTime.GetUtcNow().ToUnixTimeSeconds();
        if (second == _second) return false;
        _second = second;
        return true;
    }
}
