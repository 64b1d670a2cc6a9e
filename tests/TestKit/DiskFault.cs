namespace Runbook.TestKit;

/// <summary>What happens at the chosen operation of a <see cref="FaultyDisk"/>.</summary>
public enum DiskFault
{
    /// <summary>It fails with an error number and changes nothing.</summary>
    Error,
    /// <summary>A write writes a part, then fails; another operation fails.</summary>
    PartialThenError,
    /// <summary>The process dies before it.</summary>
    KillBefore,
    /// <summary>The process dies after it.</summary>
    KillAfter,
    /// <summary>The process dies inside a write, of which a part is done; before another operation.</summary>
    KillInside,
}
