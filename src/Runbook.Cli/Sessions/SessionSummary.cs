using Runbook.Engine;
using Runbook.Tui;

namespace Runbook.Cli.Sessions;

/// <summary>What is said once a session has ended or stands still: what it came to, where the transcript is, what to do next.</summary>
internal static class SessionSummary
{
    private const int WordsInLine = 8;

    public static void Write(SessionResult result, string session, string? atlas, CliConsole console)
    {
        var head = result.View.Head;
        console.Line();
        if (result.PauseReason is { } reason)
        {
            console.Line(CliConsole.Safe($"Paused: {reason}. Everything up to entry {head.Seq} is durable."));
            console.Line($"Go on with it:   runbook resume {session}");
            return;
        }

        console.Line($"Ended as {result.View.End?.ToString().ToLowerInvariant()}, {head.Seq} entries{(result.View.Opened?.Embedded is null ? "" : ", rehearsed on the embedded Azure")}.");
        if (result.View.IsRefusedUntouched) console.Line($"Refused before anything was changed: {result.View.Refusal}, in docs/errors.md.");
        console.Line($"Head of the journal, to be read aloud and written down:");
        console.Line("  " + string.Join(' ', PaperWords.Groups(head.Hash)));
        foreach (var words in PaperWords.Of(head.Hash).Chunk(WordsInLine)) console.Line("  " + string.Join(' ', words));
        if (result.MissingSignatures.Count > 0)
        {
            console.Line($"Still to sign:   {string.Join(", ", result.MissingSignatures)}, each with runbook approve {session}");
            return;
        }

        console.Line($"Transcript:      {session}");
        if (atlas is not null) console.Line($"Measured lags:   {atlas}");
        console.Line($"Check it:        runbook verify {session}");
    }
}
