using System.Diagnostics;
using System.Globalization;
using Runbook.TestKit;

namespace Runbook.EndToEnd.Terminal;

/// <summary>A real terminal of a size, in a tmux server of its own: keys go in, what stands on the screen comes out.</summary>
public sealed class Tmux : IAsyncDisposable
{
    private const string Ready = "at-the-shell>";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(25);
    private const int LooksMax = 200;

    private readonly ScratchFolder _scratch;
    private readonly string _socket;
    private int _asked;

    private Tmux(ScratchFolder scratch) => (_scratch, _socket) = (scratch, scratch.In("tmux"));

    /// <summary>The file in which a program that was started by <see cref="RunbookAsync"/> left its process id.</summary>
    public int ProgramId => int.Parse(File.ReadAllText(_scratch.In("pid")), CultureInfo.InvariantCulture);

    /// <summary>Skips the test where there is no tmux.</summary>
    public static void SkipWithout() => Assert.SkipUnless(Tools.Has("tmux"), "tmux is not installed");

    /// <summary>Opens a terminal with a shell in it, in the repository's folder.</summary>
    /// <param name="scratch">Where its socket, home and notes lie; outlives it.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="rows">Rows.</param>
    public static async Task<Tmux> OpenAsync(ScratchFolder scratch, int columns, int rows)
    {
        ArgumentNullException.ThrowIfNull(scratch);
        var tmux = new Tmux(scratch);
        await File.WriteAllTextAsync(scratch.In("runbook"), $"#!/bin/sh\necho $$ > '{scratch.In("pid")}'\nexec dotnet '{RunbookProgram.File}' \"$@\"\n");
        File.SetUnixFileMode(scratch.In("runbook"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await File.WriteAllTextAsync(scratch.In("shrc"), $"PS1='{Ready} '\n");
        await tmux.DoAsync("new-session", "-d", "-x", Number(columns), "-y", Number(rows), "-c", Repository.Root,
            "-e", $"ENV={scratch.In("shrc")}", "-e", "LC_ALL=C.UTF-8", "-e", $"RUNBOOK_HOME={scratch.In("home")}", "-e", "DOTNET_NOLOGO=1",
            "exec sh -i");
        await tmux.DoAsync("set-option", "-g", "status", "off");
        await tmux.AtTheShellAsync();
        return tmux;
    }

    /// <summary>Starts the program at the shell.</summary>
    /// <param name="arguments">Its arguments, none of which means anything to a shell.</param>
    public Task RunbookAsync(params string[] arguments) => TypeLineAsync(Command(arguments));

    /// <summary>Starts the program at a shell whose terminal was left in raw mode: there, only a line feed ends a line.</summary>
    /// <param name="arguments">Its arguments, none of which means anything to a shell.</param>
    public async Task RunbookInRawModeAsync(params string[] arguments)
    {
        await TypeAsync(Command(arguments));
        await PressAsync("C-j");
    }

    /// <summary>Types a line at the shell.</summary>
    public async Task TypeLineAsync(string line)
    {
        await TypeAsync(line);
        await PressAsync("Enter");
    }

    /// <summary>Types text as it is.</summary>
    public Task TypeAsync(string text) => DoAsync("send-keys", "-l", text);

    /// <summary>Presses keys by their tmux names.</summary>
    public Task PressAsync(params string[] keys) => DoAsync(["send-keys", .. keys]);

    /// <summary>What stands on the screen.</summary>
    public async Task<string> ScreenAsync() => (await DoAsync("capture-pane", "-p")).Text;

    /// <summary>What stands on the screen, with its colours as escape sequences.</summary>
    public async Task<string> ColouredAsync() => (await DoAsync("capture-pane", "-p", "-e")).Text;

    /// <summary>Waits until the screen fits, and gives it.</summary>
    /// <param name="fits">What is waited for.</param>
    /// <param name="what">It in words, for the failure.</param>
    /// <param name="limit">How long; half a minute if left out.</param>
    public async Task<string> UntilAsync(Func<string, bool> fits, string what, TimeSpan? limit = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var screen = await ScreenAsync();
            if (fits(screen)) return screen;
            if (TimeProvider.System.GetElapsedTime(began) > (limit ?? Limit)) Assert.Fail($"Waited in vain until {what}.\n{screen}");
            await Task.Delay(Look, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until a text stands on the screen.</summary>
    public Task<string> SeesAsync(string text) => UntilAsync(s => s.Contains(text, StringComparison.Ordinal), $"\"{text}\" stands on the screen");

    /// <summary>Waits until the shell asks for the next command.</summary>
    public Task<string> AtTheShellAsync() => UntilAsync(s => s.TrimEnd().EndsWith(Ready, StringComparison.Ordinal), "the shell is back");

    /// <summary>The exit code of what ran at the shell last.</summary>
    public async Task<int> ExitCodeAsync() => int.Parse((await AskTheShellAsync("echo $left")).Trim(), CultureInfo.InvariantCulture);

    /// <summary>Runs a command at the shell and gives what it printed; the screen is emptied before.</summary>
    public async Task<string> AskTheShellAsync(string command)
    {
        await AtTheShellAsync();
        // The answer before may still be on the screen, so each has an end of its own; as it is typed it does not look like one.
        var end = $"\nend-of-answer-{++_asked}\n";
        await TypeLineAsync($"left=$?; clear; {command}; echo end-of-'answer'-{_asked}");
        var screen = await UntilAsync(s => s.Contains(end, StringComparison.Ordinal) && s.TrimEnd().EndsWith(Ready, StringComparison.Ordinal), $"\"{command}\" has ended");
        return screen[..screen.IndexOf(end, StringComparison.Ordinal)];
    }

    /// <summary>
    /// What is left of a full-screen program in the terminal, in words; empty when the terminal is as a shell wants it: the
    /// ordinary screen, a cursor, no mouse, echo and whole lines.
    /// </summary>
    public async Task<IReadOnlyList<string>> LeftoversAsync()
    {
        var left = new List<string>();
        var flags = "";

        // What was written last may not have reached the terminal yet.
        for (var look = 0; look < LooksMax && flags != "0 1 0 0"; look++)
        {
            if (look > 0) await Task.Delay(Look, TimeProvider.System);
            flags = (await DoAsync("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_cursor_flag}")).Text.Trim();
        }

        if (flags != "0 1 0 0") left.Add($"alternate screen, cursor, mouse, cursor keys: {flags}, not 0 1 0 0");
        var modes = (await AskTheShellAsync("stty -a")).Split([' ', ';', '\n'], StringSplitOptions.RemoveEmptyEntries);
        left.AddRange(new[] { "echo", "icanon", "isig", "icrnl", "opost", "onlcr" }.Where(m => !modes.Contains(m)).Select(m => $"stty: -{m}"));
        return left;
    }

    /// <summary>Ends the server, and with it everything that runs in the terminal.</summary>
    public async ValueTask DisposeAsync()
    {
        await Tools.RunAsync("tmux", ["-S", _socket, "-f", "/dev/null", "kill-server"]);
        if (!File.Exists(_scratch.In("pid"))) return;
        try
        {
            using var program = Process.GetProcessById(ProgramId);
            program.Kill();
            await program.WaitForExitAsync(CancellationToken.None).WaitAsync(Limit, TimeProvider.System);
        }
        catch (ArgumentException)
        {
            // It has ended by itself, as it should.
            return;
        }
    }

    private async Task<ToolResult> DoAsync(params string[] arguments)
    {
        var result = await Tools.RunAsync("tmux", ["-u", "-S", _socket, "-f", "/dev/null", .. arguments]);
        Assert.True(result.ExitCode == 0, $"tmux {string.Join(' ', arguments)}: {result.Error}");
        return result;
    }

    private string Command(string[] arguments) => $"{_scratch.In("runbook")} {string.Join(' ', arguments)}";

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
