namespace Runbook.Journal;

/// <summary>A session never began: <c>RJ207</c>. Its directory has no whole first line.</summary>
/// <remarks>Nothing was sent in it. <see cref="JournalRecovery.RemoveNeverOpened"/> removes the directory.</remarks>
public sealed class SessionNeverOpenedException : JournalException
{
    internal SessionNeverOpenedException()
        : base("RJ207", "The session never began: its journal has no whole first line.") { }
}

/// <summary>The journal is behind something that was signed over it, or differs from it: <c>RJ206</c>.</summary>
/// <remarks>Nothing was changed. Lines were lost or replaced; a resume would go on with another history.</remarks>
public sealed class JournalBehindException : JournalException
{
    internal JournalBehindException(string witness, long size, long lines, bool differs)
        : base("RJ206", differs
            ? $"The journal differs from what {witness} says of line {size}."
            : $"The journal has {lines} lines, and {witness} says that it had at least {size}.")
        => (Witness, Size, Lines, Differs) = (witness, size, lines, differs);

    /// <summary>The file that knows better.</summary>
    public string Witness { get; }

    /// <summary>The line or size that it names.</summary>
    public long Size { get; }

    /// <summary>Lines that the journal has.</summary>
    public long Lines { get; }

    /// <summary>Whether the journal reaches that line and has another one there.</summary>
    public bool Differs { get; }
}

/// <summary>Too little free space to go on: <c>RJ208</c>.</summary>
/// <remarks>Nothing was changed.</remarks>
public sealed class NotEnoughSpaceException : JournalException
{
    internal NotEnoughSpaceException(long free)
        : base("RJ208", $"The disk has {free} bytes free, and a resume asks for {Limits.FreeBytesToResume}.")
        => FreeBytes = free;

    /// <summary>What is free.</summary>
    public long FreeBytes { get; }
}
