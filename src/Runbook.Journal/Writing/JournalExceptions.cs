namespace Runbook.Journal;

/// <summary>The journal could not be made durable: <c>RJ201</c>.</summary>
/// <remarks>Nothing is tried again, and the writer is closed for good: what was durable before stays so, nothing more may
/// be sent. Resume on a healthy disk.</remarks>
public sealed class JournalNotDurableException : JournalException
{
    internal JournalNotDurableException(DiskException cause, Head durable, bool hasSent)
        : base("RJ201", $"The journal could not be made durable ({cause.ErrnoName}).", cause)
        => (Operation, Errno, ErrnoName, Durable, HasSent) = (cause.Operation, cause.Errno, cause.ErrnoName, durable, hasSent);

    /// <summary>The operation, in the system's word.</summary>
    public string Operation { get; }

    /// <summary>The system's error number.</summary>
    public int Errno { get; }

    /// <summary>Its name, such as <c>EIO</c>.</summary>
    public string ErrnoName { get; }

    /// <summary>The last line that is durable.</summary>
    public Head Durable { get; }

    /// <summary>Whether a request that changes something had been announced in this session. A program ends with 4 then, else with 5.</summary>
    public bool HasSent { get; }
}

/// <summary>A session's directory can't be made or used: <c>RJ203</c>.</summary>
/// <remarks>Nothing was made, or nothing in it was changed.</remarks>
public sealed class SessionDirectoryException : JournalException
{
    internal SessionDirectoryException(string message, Exception? inner = null)
        : base("RJ203", message, inner) { }
}

/// <summary>Another process has the session: <c>RJ204</c>.</summary>
/// <remarks>Nothing was changed.</remarks>
public sealed class SessionLockedException : JournalException
{
    internal SessionLockedException(string holder)
        : base("RJ204", holder.Length == 0 ? "Another process has this session." : $"Another process has this session: {holder}.")
        => Holder = holder;

    /// <summary>Who, as far as the lock says; safe for a terminal.</summary>
    public string Holder { get; }
}

/// <summary>The session takes no more entries: <c>RJ209</c>.</summary>
/// <remarks>Nothing was written. It is closed, or its journal could not be made durable before.</remarks>
public sealed class JournalClosedException : JournalException
{
    internal JournalClosedException(string message, Exception? inner = null)
        : base("RJ209", message, inner) { }
}
