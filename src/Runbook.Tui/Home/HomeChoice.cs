namespace Runbook.Tui;

/// <summary>What a person chose at the home. The terminal has been given back by then. A closed hierarchy.</summary>
public abstract record HomeChoice
{
    private HomeChoice()
    {
    }

    /// <summary>To start a session of a runbook.</summary>
    /// <param name="Runbook">The runbook.</param>
    public sealed record Start(HomeRunbook Runbook) : HomeChoice;

    /// <summary>To go on with a session.</summary>
    /// <param name="Session">The session.</param>
    public sealed record Resume(HomeSession Session) : HomeChoice;

    /// <summary>To step through a session's entries.</summary>
    /// <param name="Session">The session.</param>
    public sealed record Replay(HomeSession Session) : HomeChoice;

    /// <summary>Nothing: the person left.</summary>
    public sealed record Leave : HomeChoice;

    /// <summary>A signal ended it: exit with 128 and the signal's number.</summary>
    /// <param name="Signal">The signal's number.</param>
    public sealed record Signalled(int Signal) : HomeChoice;

    /// <summary>There is no terminal to show anything on.</summary>
    /// <param name="Reason">Why, in a sentence.</param>
    public sealed record NoTerminal(string Reason) : HomeChoice;
}
