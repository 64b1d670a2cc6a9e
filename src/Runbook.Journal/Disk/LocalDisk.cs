namespace Runbook.Journal;

/// <summary>The disk of this machine.</summary>
public static class LocalDisk
{
    /// <summary>The disk as this operating system offers it. Safe to share between threads.</summary>
    public static IJournalDisk Instance { get; } =
        OperatingSystem.IsLinux() && Environment.Is64BitProcess ? new LinuxDisk() : new PortableDisk();
}
