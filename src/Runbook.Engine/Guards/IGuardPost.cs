using System.Collections.Immutable;
using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>What a guard is to do, as it holds it from before the fault.</summary>
public sealed record GuardOrder
{
    /// <summary>The session's id.</summary>
    public required string Session { get; init; }

    /// <summary>Path of the fault or lease.</summary>
    public required string Fault { get; init; }

    /// <summary>The guard's own file in the session's directory.</summary>
    public required string File { get; init; }

    /// <summary>What undoes it, in order.</summary>
    public required ImmutableArray<UndoCall> Undo { get; init; }

    /// <summary>The age at which it undoes, on the session's clock.</summary>
    public required TimeSpan Limit { get; init; }

    /// <summary>Whether the session's entries are marked as simulated.</summary>
    public bool IsSimulated { get; init; }
}

/// <summary>Starts guards, and finds those that an earlier process started.</summary>
public interface IGuardPost
{
    /// <summary>
    /// How often a guard's file is looked at while its fault is armed; <see langword="null"/> where a guard can't act while
    /// this process lives, because both would need the same world.
    /// </summary>
    TimeSpan? PollEvery { get; }

    /// <summary>Starts a guard and waits until it has shown that it may undo.</summary>
    /// <exception cref="GuardRefusedException">It did not start, or may not undo. There is no guard then.</exception>
    Task<IStandingGuard> PostAsync(GuardOrder order, CancellationToken cancellationToken);

    /// <summary>Finds the guard of a fault that an earlier process armed; <see langword="null"/> when it is gone.</summary>
    IStandingGuard? Find(ArmedFault fault);

    /// <summary>What a guard wrote; <see langword="null"/> where it has no file yet.</summary>
    /// <param name="file">Its file, as <c>fault-armed</c> names it.</param>
    /// <param name="armedLine">Hash of the line that armed its fault.</param>
    GuardRecord? Read(string file, Digest armedLine);
}

/// <summary>A guard that stands by, seen from the console: as long as this object lives, it hears the console's heartbeat.</summary>
public interface IStandingGuard
{
    /// <summary>The process, its key and its file, for <c>fault-armed</c>.</summary>
    GuardProcess Process { get; }

    /// <summary>Whether the process lives.</summary>
    bool IsAlive { get; }

    /// <summary>Hands it the line that armed its fault, and waits until it says in its own file that it stands by.</summary>
    /// <returns>Whether it did.</returns>
    Task<bool> ArmAsync(JournalLine armed, CancellationToken cancellationToken);

    /// <summary>Tells it that the fault is lifted, and waits a little for it to end.</summary>
    Task StandDownAsync(CancellationToken cancellationToken);
}

/// <summary>A guard does not stand by. Nothing was broken.</summary>
public sealed class GuardRefusedException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="code"><c>RE214</c> it did not start; <c>RE215</c> it may not undo.</param>
    /// <param name="message">What happened, in a sentence.</param>
    /// <param name="next">What to do next, in a sentence.</param>
    /// <param name="inner">The cause.</param>
    public GuardRefusedException(string code, string message, string next, Exception? inner = null)
        : base(message, inner) => (Code, Next) = (code, next);

    /// <summary>Stable code.</summary>
    public string Code { get; }

    /// <summary>What to do next.</summary>
    public string Next { get; }
}
