using System.Text;

namespace Runbook.Tui;

/// <summary>
/// Gives a terminal back that nobody else does: after a crash, a signal, or from the next shell after a <c>kill -9</c>.
/// </summary>
public static class TerminalRestore
{
    /// <summary>
    /// Bracketed paste off, every mouse mode off, the keyboard protocol popped, the arrow keys as ever, attributes reset,
    /// cursor shown, the ordinary screen.
    /// </summary>
    public const string Sequence = "\e[?2004l\e[?1003l\e[?1015l\e[?1006l\e[?1000l\e[<u" + OrdinaryKeys + "\e[0m\e[?25h\e[?1049l";

    // .NET's own console asks the terminal for its other arrow keys when it is first used, and never takes that back.
    private const string OrdinaryKeys = "\e[?1l\e>";

    private static int _isArmed;
    private static int _isRegistered;

    /// <summary>Writes <see cref="Sequence"/> to the controlling terminal, whatever standard output is.</summary>
    /// <returns>Whether there was a terminal to write to.</returns>
    public static bool Write() => Write(Sequence);

    private static bool Write(string sequence)
    {
        try
        {
            using Stream terminal = OperatingSystem.IsWindows()
                ? Console.OpenStandardOutput()
                : new FileStream("/dev/tty", FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            terminal.Write(Encoding.ASCII.GetBytes(sequence));
            return true;
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            // There is no controlling terminal any more, so there is nothing to give back.
            return false;
        }
    }

    /// <summary>From now on the terminal is given back when the process ends, however it ends in order.</summary>
    internal static void Arm()
    {
        Volatile.Write(ref _isArmed, 1);
        if (Interlocked.Exchange(ref _isRegistered, 1) == 1) return;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => WriteIfArmed();
        AppDomain.CurrentDomain.UnhandledException += (_, _) => WriteIfArmed();
    }

    /// <summary>The library has given back what it has taken; what it does not know of follows here.</summary>
    internal static void Finish()
    {
        if (Interlocked.Exchange(ref _isArmed, 0) == 1) Write(OrdinaryKeys);
    }

    /// <summary>Writes it now if nobody has given the terminal back yet.</summary>
    internal static void WriteIfArmed()
    {
        if (Interlocked.Exchange(ref _isArmed, 0) == 1) Write();
    }
}
