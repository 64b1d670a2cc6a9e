namespace Azure.Security.KeyVault.Administration;

/// <summary>A restoration that is done.</summary>
public class KeyVaultRestoreResult
{
    internal KeyVaultRestoreResult(DateTimeOffset startTime, DateTimeOffset endTime)
    {
        StartTime = startTime;
        EndTime = endTime;
    }

    /// <summary>When it began.</summary>
    public DateTimeOffset StartTime { get; }

    /// <summary>When it was done.</summary>
    public DateTimeOffset EndTime { get; }
}
