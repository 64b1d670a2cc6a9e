using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>A moment of a session: which process, its monotonic clock, and the wall clock as an observation.</summary>
/// <param name="Epoch">The writing process.</param>
/// <param name="MonoUs">Monotonic microseconds since that epoch's first entry.</param>
/// <param name="Wall">The wall clock.</param>
public readonly record struct Moment(int Epoch, long MonoUs, DateTimeOffset Wall)
{
    /// <summary>The moment at which an entry was made.</summary>
    public static Moment Of(JournalEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return new Moment(entry.Epoch, entry.MonoUs, entry.At.ToDateTimeOffset());
    }
}
