using System.Globalization;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>A terminal for a few lines of dialogue: tmux on a socket of its own, without anybody's configuration.</summary>
public sealed class SmallTerminal : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly string _socket;

    private SmallTerminal(string socket) => _socket = socket;

    /// <summary>Starts a command line in it.</summary>
    /// <param name="scratch">Where the command runs.</param>
    /// <param name="command">The command line; a shell follows it, so that its last words stay on the screen.</param>
    public static async Task<SmallTerminal> StartAsync(ScratchFolder scratch, string command)
    {
        ArgumentNullException.ThrowIfNull(scratch);
        var terminal = new SmallTerminal(scratch.In("tmux"));
        await terminal.DoAsync("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "40", "-c", scratch.Path, $"{command}; exec cat");
        return terminal;
    }

    /// <summary>Waits until its screen shows a text.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="TimeoutException">It does not come.</exception>
    public async Task ShowsAsync(string text)
    {
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        var screen = "";
        try
        {
            while (!(screen = await DoAsync("capture-pane", "-p", "-S", "-")).Contains(text, StringComparison.Ordinal)) await timer.WaitForNextTickAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"The screen does not show \"{text}\":\n{screen}"));
        }
    }

    /// <summary>Types a line.</summary>
    /// <param name="line">Without its line feed.</param>
    public async Task TypeAsync(string line)
    {
        await DoAsync("send-keys", "-l", line);
        await DoAsync("send-keys", "Enter");
    }

    /// <summary>Ends it and everything in it.</summary>
    public async ValueTask DisposeAsync() => await DoAsync("kill-server");

    private async Task<string> DoAsync(params string[] arguments) => (await Tools.RunAsync("tmux", ["-S", _socket, .. arguments])).Text;
}
