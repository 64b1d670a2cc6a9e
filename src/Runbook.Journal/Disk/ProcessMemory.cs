namespace Runbook.Journal;

/// <summary>Keeps secrets of this process inside it.</summary>
public static class ProcessMemory
{
    /// <summary>Forbids core files and debuggers of the same user (RLIMIT_CORE 0, PR_SET_DUMPABLE 0). Called at the start
    /// of a program that holds a session key.</summary>
    /// <returns><see langword="false"/> where the system does not offer it, or refused; the program goes on and should say so.</returns>
    public static bool Seal() => Posix.ForbidDumps();

    /// <summary>Leaves the terminal that the process was started from, so that what ends with the terminal does not end it.</summary>
    /// <returns><see langword="false"/> where the system does not offer it; the process then also ignores hang-ups.</returns>
    public static bool LeaveTerminal() => Posix.LeaveTerminal();
}
