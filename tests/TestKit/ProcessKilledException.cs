namespace Runbook.TestKit;

/// <summary>The process is gone. Nothing may catch this but the test that killed it.</summary>
public sealed class ProcessKilledException : Exception
{
    /// <summary>Kills.</summary>
    public ProcessKilledException()
        : base("The process was killed here.") { }
}
