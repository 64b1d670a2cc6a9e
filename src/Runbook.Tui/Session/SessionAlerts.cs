namespace Runbook.Tui;

/// <summary>What is armed or wrong, in rows that stand on every screen.</summary>
internal static class SessionAlerts
{
    private const int RowsMax = 2;

    /// <summary>The rows.</summary>
    public static IReadOnlyList<string> Of(Scene scene, Exception? failure, string? displayFailure)
    {
        var alerts = new List<string>();
        foreach (var fault in scene.View.Faults.Armed)
        {
            var deadline = fault.Body.Deadline.ToDateTimeOffset();
            var what = fault.Body.Lease ? "LENT" : "FAULT ARMED";
            var undo = fault.Body.Guard is null ? "taken back" : "undone by the guard";
            alerts.Add($"{what}  {fault.Fault}  {undo} by {TimeText.Utc(deadline, scene.Now.Wall)} at the latest, in {TimeText.Duration(deadline - scene.Now.Wall)}");
        }

        foreach (var doubt in scene.View.Effects.InDoubt.Where(e => e.LastProbe is not null)) alerts.Add($"IN DOUBT  {doubt.Intent.Effect}: sent, and what became of it is not known yet");
        if (failure is not null) alerts.Add($"THE SESSION STOPPED  {failure.Message}");
        if (displayFailure is not null) alerts.Add($"THE DISPLAY FAILED  {displayFailure}; the session goes on");
        if (!scene.View.Findings.IsEmpty) alerts.Add($"ENTRY {scene.View.Findings[0].Seq} DOES NOT FOLLOW  {scene.View.Findings[0].Message}");
        if (alerts.Count <= RowsMax) return alerts;
        return [.. alerts.Take(RowsMax - 1), $"{alerts[RowsMax - 1]} (+{alerts.Count - RowsMax} more)"];
    }
}
