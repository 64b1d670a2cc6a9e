namespace Runbook.Journal;

/// <summary>An operation on the disk failed: <c>RJ202</c>. It is not tried again.</summary>
public sealed class DiskException : JournalException
{
    /// <summary>Says what failed.</summary>
    /// <param name="operation">The operation, in the system's word: <c>fsync</c>, <c>pwrite</c>, <c>open</c>.</param>
    /// <param name="path">What it was done to.</param>
    /// <param name="errno">The system's error number; 0 where there is none.</param>
    public DiskException(string operation, string path, int errno)
        : base("RJ202", $"{operation} of \"{path}\" failed ({Journal.Errno.NameOf(errno)}).")
        => (Operation, Path, Errno) = (operation, path, errno);

    /// <summary>The operation, in the system's word.</summary>
    public string Operation { get; }

    /// <summary>What it was done to.</summary>
    public string Path { get; }

    /// <summary>The system's error number; 0 where there is none.</summary>
    public int Errno { get; }

    /// <summary>The error's name, such as <c>EIO</c>.</summary>
    public string ErrnoName => Journal.Errno.NameOf(Errno);
}
