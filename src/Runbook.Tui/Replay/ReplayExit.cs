namespace Runbook.Tui;

/// <summary>How a replay ended. A closed hierarchy.</summary>
public abstract record ReplayExit
{
    private ReplayExit()
    {
    }

    /// <summary>The person left.</summary>
    public sealed record Left : ReplayExit;

    /// <summary>A signal ended it: exit with 128 and the signal's number.</summary>
    /// <param name="Signal">The signal's number.</param>
    public sealed record Signalled(int Signal) : ReplayExit;

    /// <summary>There is no terminal to show anything on.</summary>
    /// <param name="Reason">Why, in a sentence.</param>
    public sealed record NoTerminal(string Reason) : ReplayExit;
}
