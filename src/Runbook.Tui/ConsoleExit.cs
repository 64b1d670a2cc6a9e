using Runbook.Engine;

namespace Runbook.Tui;

/// <summary>How a console came to its end. The terminal has been given back by then. A closed hierarchy.</summary>
public abstract record ConsoleExit
{
    private ConsoleExit()
    {
    }

    /// <summary>The session ran until it was closed, or was paused in order.</summary>
    /// <param name="Result">What the runner says.</param>
    public sealed record Ended(SessionResult Result) : ConsoleExit;

    /// <summary>The person left before anything ran; the session is open and can be resumed. Nothing was sent.</summary>
    public sealed record NotBegun : ConsoleExit;

    /// <summary>The runner threw. What was durable is; nothing was sent after that.</summary>
    /// <param name="Cause">What it threw.</param>
    public sealed record SessionBroke(Exception Cause) : ConsoleExit;

    /// <summary>The display failed again and again. The session was left in order, and can be resumed in plain mode.</summary>
    /// <param name="Cause">The last failure.</param>
    /// <param name="Result">What the runner says; <see langword="null"/> where it had not begun or did not end in time.</param>
    public sealed record DisplayFailed(Exception Cause, SessionResult? Result) : ConsoleExit;

    /// <summary>A signal ended it: exit with 128 and the signal's number.</summary>
    /// <param name="Signal">The signal's number.</param>
    /// <param name="Result">What the runner says; <see langword="null"/> where it had not begun or did not end in time.</param>
    public sealed record Signalled(int Signal, SessionResult? Result) : ConsoleExit;

    /// <summary>There is no terminal to show anything on. Nothing was shown and nothing ran.</summary>
    /// <param name="Reason">Why, in a sentence.</param>
    public sealed record NoTerminal(string Reason) : ConsoleExit;
}
