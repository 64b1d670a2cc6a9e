namespace Runbook.Cli.Testing;

/// <summary>What a world file wants to happen or to know can't be had in this estate; the case has failed.</summary>
internal sealed class UnplayableException : Exception
{
    public UnplayableException(string wanted, string seen)
        : base($"{wanted}: {seen}") => Finding = new CaseFinding(wanted, seen);

    /// <summary>What was wanted, and what was seen.</summary>
    public CaseFinding Finding { get; }
}
