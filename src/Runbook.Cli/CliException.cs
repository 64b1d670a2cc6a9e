namespace Runbook.Cli;

/// <summary>Something that a command can't do, as it is told to the person who typed it.</summary>
internal sealed class CliException : Exception
{
    public CliException(string code, string message, string state, string next, int exitCode = ExitCodes.BadInput, Exception? inner = null)
        : base(message, inner) => (Code, State, Next, ExitCode) = (code, state, next, exitCode);

    /// <summary>Stable code, <c>RC</c> and three digits; listed in <c>docs/errors.md</c>.</summary>
    public string Code { get; }

    /// <summary>What state it left.</summary>
    public string State { get; }

    /// <summary>What to do next, as something that can be pasted.</summary>
    public string Next { get; }

    public int ExitCode { get; }
}
