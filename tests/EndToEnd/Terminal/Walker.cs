using System.Text.RegularExpressions;

namespace Runbook.EndToEnd.Terminal;

/// <summary>
/// One person at the console who does what the screen asks for, by keys alone, and knows nothing but what the screen
/// says.
/// </summary>
/// <param name="terminal">The terminal.</param>
public sealed partial class Walker(Tmux terminal)
{
    private const int TurnsMax = 200;

    /// <summary>Every screen on which somebody was asked something.</summary>
    public List<string> Seen { get; } = [];

    /// <summary>Starts the ceremony, takes every input as it is offered, reads the opening page and begins.</summary>
    /// <param name="session">Directory of the session.</param>
    public Task BeginAsync(string session) => BeginAsync(session, Ceremony.File);

    /// <summary>Starts a runbook, takes every input as it is offered, reads the opening page and begins.</summary>
    /// <param name="session">Directory of the session.</param>
    /// <param name="file">The runbook.</param>
    /// <param name="options">Options of <c>run</c>.</param>
    public async Task BeginAsync(string session, string file, params string[] options)
    {
        await OpenAsync(session, file, options);
        await terminal.PressAsync("Enter");
        // Steps that ask nobody are passed at once.
        await terminal.UntilAsync(static s => AnyStep().IsMatch(s), "a step is shown");
    }

    /// <summary>Starts the ceremony up to its opening page.</summary>
    /// <param name="session">Directory of the session.</param>
    public Task OpenAsync(string session) => OpenAsync(session, Ceremony.File);

    /// <summary>Starts a runbook up to its opening page.</summary>
    /// <param name="session">Directory of the session.</param>
    /// <param name="file">The runbook.</param>
    /// <param name="options">Options of <c>run</c>.</param>
    public async Task OpenAsync(string session, string file, params string[] options)
    {
        await terminal.RunbookAsync(["run", file, "--out", session, .. options]);
        await terminal.SeesAsync("═ Inputs ═");
        await TakeInputsAsync();
        // On the real clock the estate first catches up with what has fallen due since it was made.
        await terminal.UntilAsync(static s => s.Contains("Nothing runs yet. Enter begins.", StringComparison.Ordinal), "the opening page is there", TimeSpan.FromMinutes(2));
    }

    /// <summary>Does what is asked until the end page.</summary>
    /// <returns>The end page.</returns>
    public async Task<string> ToTheEndAsync() => await UntilAsync(s => s.Contains("FOR THE ATTENDANCE SHEET", StringComparison.Ordinal));

    /// <summary>Does what is asked until a screen on which somebody is asked, or the end page, fits.</summary>
    /// <param name="isThere">Looks at a screen.</param>
    /// <returns>That screen.</returns>
    public async Task<string> UntilAsync(Func<string, bool> isThere)
    {
        ArgumentNullException.ThrowIfNull(isThere);
        for (var i = 0; i < TurnsMax; i++)
        {
            var screen = await terminal.UntilAsync(s => IsAsked(s) || IsOver(s), "somebody is asked, or it is over");
            Seen.Add(screen);
            if (isThere(screen)) return screen;
            Assert.False(IsOver(screen), $"It ended before that.\n{screen}");
            await DoAsync(screen);
        }

        Assert.Fail($"After {TurnsMax} turns it is not there.\n{await terminal.ScreenAsync()}");
        return "";
    }

    /// <summary>Does what is asked until a text is on the screen, whether somebody is asked then or not.</summary>
    /// <param name="text">The text.</param>
    /// <returns>That screen.</returns>
    public async Task<string> UntilItSaysAsync(string text)
    {
        for (var i = 0; i < TurnsMax; i++)
        {
            var screen = await terminal.UntilAsync(s => s.Contains(text, StringComparison.Ordinal) || IsAsked(s) || IsOver(s), $"\"{text}\" is there, or somebody is asked");
            if (screen.Contains(text, StringComparison.Ordinal)) return screen;
            Assert.False(IsOver(screen), $"It ended before that.\n{screen}");
            await DoAsync(screen);
        }

        Assert.Fail($"After {TurnsMax} turns it is not there.\n{await terminal.ScreenAsync()}");
        return "";
    }

    /// <summary>Aborts, with a reason.</summary>
    public async Task AbortAsync(string reason)
    {
        await terminal.PressAsync("x");
        await terminal.SeesAsync("═ Abort? ═");
        await DialogIsOpenAsync();
        await terminal.TypeAsync(reason);
        await terminal.PressAsync("Enter");
        await terminal.TypeAsync("abort");
        await terminal.SeesAsync("Enter aborts.");
        await terminal.PressAsync("Enter");
        await terminal.UntilAsync(s => !s.Contains("═ Abort? ═", StringComparison.Ordinal), "the dialog is gone");
    }

    private static bool IsAsked(string screen) => Asks().IsMatch(screen) && !screen.Contains('╔', StringComparison.Ordinal);

    private static bool IsOver(string screen) => screen.Contains("FOR THE ATTENDANCE SHEET", StringComparison.Ordinal);

    // From whose turn it is to what they can do; the clock and what is left of a limit go on meanwhile.
    private static string TurnOf(string screen) => Limits().Replace(screen[Math.Max(0, screen.LastIndexOf("── It is ", StringComparison.Ordinal))..], "");

    private async Task TakeInputsAsync()
    {
        // Enter goes from field to field, and on the last one it hands them in.
        for (var i = 0; i < TurnsMax; i++)
        {
            var screen = await terminal.UntilAsync(s => IsOpen(s) || !s.Contains("═ Inputs ═", StringComparison.Ordinal), "a field has the cursor");
            if (!IsOpen(screen)) return;
            await terminal.PressAsync("Enter");
            await terminal.UntilAsync(s => WithoutClock(s) != WithoutClock(screen), "the next field has the cursor");
        }
    }

    // A dialog takes keys once it says what Enter does.
    private static bool IsOpen(string screen) => screen.Contains("║ Enter ", StringComparison.Ordinal);

    private static string WithoutClock(string screen) => screen[(screen.IndexOf('\n', StringComparison.Ordinal) + 1)..];

    private Task<string> DialogIsOpenAsync() => terminal.UntilAsync(IsOpen, "the dialog takes keys");

    private async Task DoAsync(string screen)
    {
        if (screen.Contains("Space ticks it as", StringComparison.Ordinal)) await terminal.PressAsync("Space");
        else if (screen.Contains("a opens what", StringComparison.Ordinal)) await SignAsync();
        else if (screen.Contains("e opens", StringComparison.Ordinal)) await AnswerAsync();
        else if (screen.Contains("A digit marks a choice.", StringComparison.Ordinal)) await terminal.PressAsync("1");
        else await GoOnAsync();
        await terminal.UntilAsync(s => IsOver(s) || TurnOf(s) != TurnOf(screen), "something else is asked");
    }

    private async Task SignAsync()
    {
        await terminal.PressAsync("a");
        var page = await terminal.SeesAsync("r refuses. Esc leaves with nothing signed.");
        Seen.Add(page);
        await terminal.PressAsync("Enter");
        var next = await terminal.UntilAsync(s => !s.Contains("with nothing signed.", StringComparison.Ordinal) || s.Contains("Type it to go on:", StringComparison.Ordinal), "it is signed, or a name is to be typed");
        if (NameToType().Match(next) is { Success: true } name)
        {
            await DialogIsOpenAsync();
            await terminal.TypeAsync(name.Groups[1].Value);
            await terminal.PressAsync("Enter");
        }

        await terminal.UntilAsync(s => !s.Contains("with nothing signed.", StringComparison.Ordinal), "it is signed");
    }

    private async Task AnswerAsync()
    {
        await terminal.PressAsync("e");
        await terminal.SeesAsync("Ctrl+R fills in");
        await DialogIsOpenAsync();
        await terminal.PressAsync("C-r");
        await terminal.SeesAsync("Filled in for the rehearsal.");
        await terminal.PressAsync("Enter");
        await terminal.UntilAsync(s => !s.Contains("'s answer ═", StringComparison.Ordinal), "it is handed in");
    }

    private async Task GoOnAsync()
    {
        await terminal.PressAsync("Enter");
        var next = await terminal.UntilAsync(s => !s.Contains("Enter goes on", StringComparison.Ordinal) || s.Contains('╔', StringComparison.Ordinal), "it goes on, or asks again");
        if (!next.Contains('╔', StringComparison.Ordinal)) return;
        var dialog = await DialogIsOpenAsync();
        Seen.Add(dialog);
        if (NameToType().Match(dialog) is { Success: true } name) await terminal.TypeAsync(name.Groups[1].Value);
        await terminal.PressAsync("Enter");
        await terminal.UntilAsync(s => !s.Contains('╔', StringComparison.Ordinal), "the dialog is gone");
    }

    [GeneratedRegex("STEP [0-9]+ of ")]
    private static partial Regex AnyStep();

    [GeneratedRegex(@"Space ticks it as|a opens what|e opens \w+'s? form|Enter goes on|A digit marks a choice")]
    private static partial Regex Asks();

    [GeneratedRegex(@"\(\S+ left\)|until\s+\S+Z")]
    private static partial Regex Limits();

    [GeneratedRegex(@"Type it to go on:\s+(\S+)")]
    private static partial Regex NameToType();
}
