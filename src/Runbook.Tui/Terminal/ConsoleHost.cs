using System.Text;
using Terminal.Gui.App;
using Terminal.Gui.Drivers;

namespace Runbook.Tui;

/// <summary>
/// Holds the terminal while a shell is shown: takes it, runs the library's loop on a thread of its own, gives it back.
/// </summary>
/// <remarks>
/// The thread is a background one and nobody has to wait for it for ever: when the terminal itself is gone, the library's
/// input loop never ends, and the process must still be able to.
/// </remarks>
/// <param name="shell">What is shown.</param>
/// <param name="settings">How.</param>
/// <param name="title">Title of the terminal's window.</param>
/// <param name="onFailure">Hears of failures of the display that it survives.</param>
internal sealed class ConsoleHost(Shell shell, ConsoleSettings settings, string title, Action<Exception> onFailure)
{
    // Half the latency of the library's default for about twice its idle cost, which stays small.
    private const ushort IterationsPerSecond = 50;
    private const int FailuresMax = 3;
    private static readonly TimeSpan FailuresWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(40);

    private readonly TaskCompletionSource<Exception?> _shown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<long> _failures = new();

    /// <summary>Takes the terminal. The task ends when it has been given back: with what the display broke over, or with nothing.</summary>
    public Task<Exception?> ShowAsync()
    {
        var thread = new Thread(Show) { IsBackground = true, Name = "console" };
        thread.Start();
        return _shown.Task;
    }

    /// <summary>Ends the display from any thread.</summary>
    public void Stop() => shell.Post(shell.Finish);

    private void Show()
    {
        Exception? broke = null;
        try
        {
            using var app = Start();
            using var window = new ConsoleWindow(shell, new Palette(settings.Colour));
            window.ListenTo(app);
            app.AddTimeout(LookEvery, () => Look(app, window));
            app.Run(window, failure => Survives(failure, app));
        }
        catch (Exception cause)
        {
            // The loop has ended and the terminal is given back; whoever started it is told.
            broke = cause;
        }
        finally
        {
            TerminalRestore.Finish();
            _shown.TrySetResult(broke);
        }
    }

    private IApplication Start()
    {
        Application.MaximumIterationsPerSecond = IterationsPerSecond;
        Driver.Force16Colors = Palette.Detect(settings.Colour) != ColourUse.Full;
        // Asks the kernel for the size; a terminal far away need not answer for it.
        if (!OperatingSystem.IsWindows()) Driver.SizeDetection = SizeDetectionMode.Polling;
        var app = Application.Create();
        TerminalRestore.Arm();
        app.Init(DriverRegistry.Names.ANSI);
        // Without this the terminal's own selection of text would not work.
        app.Mouse.IsMouseDisabled = true;
        app.Driver!.WriteRaw(EscSeqUtils.CSI_DisableMouseEvents);
        app.Driver.SetTerminalTitle(Safe.Line(title));
        return app;
    }

    private bool Look(IApplication app, ConsoleWindow window)
    {
        if (shell.Pulse()) window.SetNeedsDraw();
        if (shell.TakeCopy() is { } text) app.Driver!.WriteRaw($"\e]52;c;{Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}\a");
        if (shell.TakeRedraw()) app.LayoutAndDraw(true);
        if (!shell.IsOver) return true;
        app.RequestStop(window);
        return false;
    }

    // One failure of a picture must not end a ceremony; one after the other must not hide it either.
    private bool Survives(Exception failure, IApplication app)
    {
        var now = settings.UiTime.GetTimestamp();
        _failures.Enqueue(now);
        while (settings.UiTime.GetElapsedTime(_failures.Peek(), now) > FailuresWithin) _failures.Dequeue();
        if (_failures.Count >= FailuresMax || !app.Initialized) return false;
        onFailure(failure);
        return true;
    }
}
