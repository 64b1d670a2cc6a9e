namespace Azure.Security.KeyVault.Administration;

/// <summary>A backup that is done.</summary>
public class KeyVaultBackupResult
{
    internal KeyVaultBackupResult(Uri folderUri, DateTimeOffset startTime, DateTimeOffset endTime)
    {
        FolderUri = folderUri;
        StartTime = startTime;
        EndTime = endTime;
    }

    /// <summary>The folder that holds it.</summary>
    public Uri FolderUri { get; }

    /// <summary>When it began.</summary>
    public DateTimeOffset StartTime { get; }

    /// <summary>When it was done.</summary>
    public DateTimeOffset EndTime { get; }
}
