using System.Runtime.CompilerServices;
using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Journal;

namespace Runbook.Tui;

/// <summary>
/// The full-screen console: the only door of this room. Everything it shows is folded from a journal's entries; everything
/// that a person says goes to the session as a command.
/// </summary>
/// <remarks>
/// One at a time in a process. Each method takes the terminal, and has given it back when it returns, whatever happened:
/// print to the shell after that. None of them names a type of the terminal library before
/// <see cref="SealedConfig.Load"/> has run.
/// </remarks>
public static class ConsoleApp
{
    /// <summary>Why nothing can be shown here, in a sentence; <see langword="null"/> when there is a terminal for it.</summary>
    public static string? WhyNot() => TerminalCheck.Refusal();

    /// <summary>Whether the person's locale has no UTF-8, so that everything drawn has to be 7-bit.</summary>
    public static bool NeedsAscii()
    {
        if (OperatingSystem.IsWindows()) return false;
        string[] names = ["LC_ALL", "LC_CTYPE", "LANG"];
        var locale = names.Select(Environment.GetEnvironmentVariable).FirstOrDefault(v => !string.IsNullOrEmpty(v)) ?? "";
        return !locale.Replace("-", "", StringComparison.Ordinal).Contains("UTF8", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// Shows a session and lets it run: first what is to come, and after a word of the person's the session itself, until
    /// it is closed, paused, or the person leaves.
    /// </summary>
    /// <param name="runner">A runner that does not run yet; it is run on other threads. The caller disposes of it.</param>
    /// <param name="actions">The actions of the session, for the calls before they are made.</param>
    /// <param name="keyring">Where people's keys are.</param>
    /// <param name="settings">How it is shown.</param>
    /// <param name="cancellationToken">Leaves the session in order, and the display.</param>
    /// <returns>How it ended. Signals TERM, HUP, INT and QUIT are heard while it is shown, and lead to
    /// <see cref="ConsoleExit.Signalled"/> after the session was left in order, or the grace has passed.</returns>
    /// <exception cref="InvalidOperationException">The terminal library's configuration can't be shut.</exception>
    public static async Task<ConsoleExit> RunSessionAsync(SessionRunner runner, ActionSet actions, IKeyring keyring, ConsoleSettings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runner);
        ArgumentNullException.ThrowIfNull(actions);
        ArgumentNullException.ThrowIfNull(keyring);
        ArgumentNullException.ThrowIfNull(settings);
        if (TerminalCheck.Refusal() is { } reason) return new ConsoleExit.NoTerminal(reason);
        SealedConfig.Load();
        return await ShowAsync(runner, actions, keyring, settings, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Shows what can be started and what waits to be gone on with, until one of them is chosen.</summary>
    /// <param name="model">What there is; looked up by the caller.</param>
    /// <param name="settings">How it is shown.</param>
    /// <param name="cancellationToken">Leaves the display.</param>
    /// <returns>What was chosen; the caller then does it.</returns>
    /// <exception cref="InvalidOperationException">The library's configuration can't be shut, or the display failed again and again.</exception>
    public static async Task<HomeChoice> RunHomeAsync(HomeModel model, ConsoleSettings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(settings);
        if (TerminalCheck.Refusal() is { } reason) return new HomeChoice.NoTerminal(reason);
        SealedConfig.Load();
        return await ShowAsync(model, settings, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks for a runbook's inputs, each with its description, pattern, default and range, checked as they are typed.</summary>
    /// <param name="asked">What is asked.</param>
    /// <param name="settings">How it is shown.</param>
    /// <param name="cancellationToken">Leaves the display.</param>
    /// <returns>Values that fit their schemas, or that the person left.</returns>
    /// <exception cref="InvalidOperationException">The library's configuration can't be shut, or the display failed again and again.</exception>
    public static async Task<InputsGiven> RunInputsAsync(InputsAsked asked, ConsoleSettings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentNullException.ThrowIfNull(settings);
        if (TerminalCheck.Refusal() is { } reason) return new InputsGiven.NoTerminal(reason);
        SealedConfig.Load();
        return await ShowAsync(asked, settings, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Steps through a session's entries, forth and back. Nothing is called; every screen is the fold of the entries up to one.</summary>
    /// <param name="program">The session's runbook; <see langword="null"/> where it is not at hand, so that entries are shown and no steps.</param>
    /// <param name="lines">The journal's lines, from the first on.</param>
    /// <param name="actions">The actions, to show calls; <see langword="null"/> where they are not at hand.</param>
    /// <param name="settings">How it is shown.</param>
    /// <param name="cancellationToken">Leaves the display.</param>
    /// <exception cref="InvalidOperationException">The library's configuration can't be shut, or the display failed again and again.</exception>
    public static async Task<ReplayExit> RunReplayAsync(SessionProgram? program, IReadOnlyList<JournalLine> lines, ActionSet? actions, ConsoleSettings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lines);
        ArgumentNullException.ThrowIfNull(settings);
        if (TerminalCheck.Refusal() is { } reason) return new ReplayExit.NoTerminal(reason);
        SealedConfig.Load();
        return await ShowAsync(program, lines, actions, settings, cancellationToken).ConfigureAwait(false);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Task<HomeChoice> ShowAsync(HomeModel model, ConsoleSettings settings, CancellationToken cancellationToken) =>
        HomeShow.RunAsync(model, settings, cancellationToken);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Task<InputsGiven> ShowAsync(InputsAsked asked, ConsoleSettings settings, CancellationToken cancellationToken) =>
        InputsShow.RunAsync(asked, settings, cancellationToken);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<ReplayExit> ShowAsync(SessionProgram? program, IReadOnlyList<JournalLine> lines, ActionSet? actions, ConsoleSettings settings, CancellationToken cancellationToken)
    {
        var replay = new ReplayConsole(program, lines, actions, settings);
        var signal = await Stage.ShowAsync(replay.Shell, settings, "runbook replay", cancellationToken).ConfigureAwait(false);
        return signal > 0 ? new ReplayExit.Signalled(signal) : new ReplayExit.Left();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Task<ConsoleExit> ShowAsync(SessionRunner runner, ActionSet actions, IKeyring keyring, ConsoleSettings settings, CancellationToken cancellationToken) =>
        SessionShow.RunAsync(runner, actions, keyring, settings, cancellationToken);
}
