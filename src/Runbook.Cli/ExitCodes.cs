namespace Runbook.Cli;

/// <summary>Exit codes, the same everywhere: <c>docs/command-line.md</c>.</summary>
internal static class ExitCodes
{
    /// <summary>Done as intended.</summary>
    public const int Done = 0;

    /// <summary>Ended in failed or aborted.</summary>
    public const int NotCompleted = 1;

    /// <summary>Bad input or usage.</summary>
    public const int BadInput = 2;

    /// <summary>A verification failed.</summary>
    public const int VerificationFailed = 3;

    /// <summary>Needs a person: paused, in doubt, waiting for approval.</summary>
    public const int NeedsPerson = 4;

    /// <summary>Azure or the environment refused before any effect was sent.</summary>
    public const int Refused = 5;

    /// <summary>Interrupted, resumable.</summary>
    public const int Interrupted = 130;
}
