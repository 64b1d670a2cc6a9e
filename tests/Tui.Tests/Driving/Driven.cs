using Microsoft.Extensions.Time.Testing;
using Runbook.Engine;
using Runbook.Tui.Sample;
using Terminal.Gui.Input;

namespace Runbook.Tui.Tests;

/// <summary>A whole session at a console without a terminal: a person presses keys, the engine runs, the screen is read.</summary>
internal sealed class Driven : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly string _folder;
    private readonly SessionRunner _runner;

    private Driven(string folder, SampleSession session, SessionRunner runner, JumpingClock clock, ConsoleSettings settings, IKeyring keyring, int cols, int rows)
    {
        (_folder, Session, _runner, Clock) = (folder, session, runner, clock);
        Link = new SessionLink(runner, clock.Time);
        Console = new SessionConsole(Link, session.World.Actions, keyring, settings);
        Screen = new Screen(Console.Shell, cols, rows, settings.Colour);
    }

    /// <summary>The clock of the person: dialogs open when it moves.</summary>
    public required FakeTimeProvider Ui { get; init; }

    public SampleSession Session { get; }

    public SampleWorld World => Session.World;

    public JumpingClock Clock { get; }

    public SessionLink Link { get; }

    public SessionConsole Console { get; }

    public Screen Screen { get; }

    public string Text => Screen.Text;

    public static async Task<Driven> OpenAsync(string? markdown = null, SampleWorld? world = null, IKeyring? keyring = null, Func<ConsoleSettings, ConsoleSettings>? settings = null, int cols = 80, int rows = 24, Action<SampleSession>? prepare = null)
    {
        var folder = Directory.CreateTempSubdirectory("runbook-tui-").FullName;
        var clock = new JumpingClock();
        var session = new SampleSession(world ?? new SampleWorld(), markdown ?? SampleRunbooks.Ceremony, folder, clock);
        prepare?.Invoke(session);
        var runner = await session.OpenAsync(TestContext.Current.CancellationToken);
        return Show(folder, session, runner, clock, keyring, settings, cols, rows);
    }

    /// <summary>Opens the session again, in a new console.</summary>
    public async Task<Driven> ResumeAsync(IKeyring? keyring = null)
    {
        var runner = await Session.ResumeAsync(TestContext.Current.CancellationToken);
        return Show(_folder, Session, runner, Clock, keyring, null, Screen.Cols, Screen.Rows);
    }

    /// <summary>Begins, as a person does who has read the opening page.</summary>
    public async Task<Driven> BegunAsync()
    {
        Settle();
        Screen.Press(Key.Enter);
        await UntilAsync(() => Link.Stand != RunStand.NotBegun && Console.Scene.View.Endorsed, "the session has begun");
        return this;
    }

    /// <summary>Lets enough of the person's time pass for what acts to open.</summary>
    public Screen Settle()
    {
        Screen.Shell.Pulse();
        Ui.Advance(TimeSpan.FromSeconds(2));
        return Screen.Draw();
    }

    /// <summary>Presses a key once it is possible to act.</summary>
    public async Task PressAsync(params Key[] keys)
    {
        foreach (var key in keys)
        {
            await UntilAsync(() => !Console.IsBusy, "nothing is on its way");
            Settle();
            Screen.Press(key);
        }

        await UntilAsync(() => !Console.IsBusy, "nothing is on its way");
    }

    /// <summary>Waits until a text stands on the screen.</summary>
    public Task SeesAsync(string text) => UntilAsync(() => Screen.Draw().Text.Contains(text, StringComparison.Ordinal), $"\"{text}\" is on the screen");

    /// <summary>Waits for something, while the console goes on.</summary>
    public async Task UntilAsync(Func<bool> condition, string what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            Console.Shell.Pulse();
            Ui.Advance(TimeSpan.FromSeconds(2));
            if (condition()) return;
            if (TimeProvider.System.GetElapsedTime(began) > Patience) Assert.Fail($"Waited in vain until {what}.\n{Screen.Draw().Text}\n{Link.Failure}");
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Screen.Dispose();
        World.Release();
        await Task.WhenAny(Link.StopAsync("the test is over", "operator"), Task.Delay(Patience, TimeProvider.System));
        Link.Dispose();
        _runner.Dispose();
        foreach (var file in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories)) File.SetAttributes(file, FileAttributes.Normal);
        Directory.Delete(_folder, recursive: true);
    }

    private static Driven Show(string folder, SampleSession session, SessionRunner runner, JumpingClock clock, IKeyring? keyring, Func<ConsoleSettings, ConsoleSettings>? settings, int cols, int rows)
    {
        var ui = new FakeTimeProvider();
        var plain = new ConsoleSettings
        {
            SessionTime = clock.Time,
            UiTime = ui,
            Zone = TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(1), "test", "test"),
            Colour = ColourUse.Never,
            Ascii = false,
            FilesFolder = folder,
            StandIns = session.People,
            ResumeCommand = "runbook resume S",
            ApproveCommand = "runbook approve S",
        };
        return new Driven(folder, session, runner, clock, settings?.Invoke(plain) ?? plain, keyring ?? new RehearsalKeyring(), cols, rows) { Ui = ui };
    }
}
