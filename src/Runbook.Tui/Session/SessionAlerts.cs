using Runbook.Journal;

namespace Runbook.Tui;

/// <summary>What is armed or wrong, in rows that stand on every screen.</summary>
internal static class SessionAlerts
{
    private const int RowsMax = 2;

    /// <summary>The rows.</summary>
    public static IReadOnlyList<string> Of(Scene scene, Exception? failure, string? displayFailure)
    {
        var alerts = new List<string>();
        foreach (var fault in scene.View.Faults.Armed) alerts.Add(Armed(scene, fault));
        foreach (var fault in scene.View.Faults.Armed.Where(f => scene.Guards.TryGetValue(f.Fault, out var seen) && !seen.Sight.IsAlive))
        {
            alerts.Add($"THE GUARD IS GONE  nobody but this console undoes {fault.Fault}");
        }

        foreach (var doubt in scene.View.Effects.InDoubt.Where(e => e.LastProbe is not null)) alerts.Add($"IN DOUBT  {doubt.Intent.Effect}: sent, and what became of it is not known yet");
        if (failure is not null) alerts.Add($"THE SESSION STOPPED  {failure.Message}");
        if (displayFailure is not null) alerts.Add($"THE DISPLAY FAILED  {displayFailure}; the session goes on");
        if (!scene.View.Findings.IsEmpty) alerts.Add($"ENTRY {scene.View.Findings[0].Seq} DOES NOT FOLLOW  {scene.View.Findings[0].Message}");
        if (alerts.Count <= RowsMax) return alerts;
        return [.. alerts.Take(RowsMax - 1), $"{alerts[RowsMax - 1]} (+{alerts.Count - RowsMax} more)"];
    }

    // What matters stands first: a long name is cut at the end of the row.
    private static string Armed(Scene scene, ArmedFault fault)
    {
        var what = fault.Body.Lease ? "LENT" : scene.IsPuttingBack ? "FAULT BEING UNDONE" : "FAULT ARMED";
        var deadline = fault.Body.Deadline.ToDateTimeOffset();
        var left = deadline - scene.Now.Wall;
        var limit = left > TimeSpan.Zero ? $"undone in {TimeText.Duration(left)}, {TimeText.Utc(deadline, scene.Now.Wall)}" : $"its limit passed at {TimeText.Utc(deadline, scene.Now.Wall)}";
        var key = scene.CanAbortAtOnce && !fault.Body.Lease ? $"  {SessionKeys.AbortAtOnce} aborts" : "";
        return $"{what}  {limit}{key}  {fault.Fault}";
    }
}
