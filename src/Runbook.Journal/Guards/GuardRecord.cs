using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>
/// What a guard wrote: a chain of its own that hangs on the line which armed its fault. Whole lines only; a last one that is
/// torn was never relied on.
/// </summary>
/// <remarks>docs/journal-format.md §4.1.</remarks>
public sealed class GuardRecord
{
    private GuardRecord(ImmutableArray<JournalLine> lines, bool isTorn) => (Lines, IsTorn) = (lines, isTorn);

    /// <summary>The lines.</summary>
    public ImmutableArray<JournalLine> Lines { get; }

    /// <summary>Whether something that is no whole line follows them.</summary>
    public bool IsTorn { get; }

    /// <summary>Hash of the line that says that the guard stands by; <see langword="null"/> before.</summary>
    public Digest? StandsBy => Lines.FirstOrDefault(l => l.Entry.Body is FaultArmed)?.Hash;

    /// <summary>Why the guard began to undo; <see langword="null"/> where it did not.</summary>
    public Abort? Acted => Lines.Select(l => l.Entry.Body).OfType<Abort>().FirstOrDefault();

    /// <summary>The line that says that the harm is seen to be gone; <see langword="null"/> where there is none.</summary>
    public JournalLine? Lifted => Lines.FirstOrDefault(l => l.Entry.Body is FaultLifted);

    /// <summary>Whether it has nothing more to do: it lifted the fault, or was told that somebody else had.</summary>
    public bool IsOver => Lines.Any(l => l.Entry.Body is FaultLifted or Note { About: null });

    /// <summary>Reads a guard's file.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="path">The file.</param>
    /// <param name="armedLine">Hash of the line that armed the fault.</param>
    /// <returns><see langword="null"/> where there is no such file.</returns>
    /// <exception cref="JournalReadException">A whole line is not what it must be.</exception>
    /// <exception cref="DiskException">It can't be read.</exception>
    public static GuardRecord? Read(IJournalDisk disk, string path, Digest armedLine)
    {
        if (disk.KindOf(path) != DiskEntryKind.File) return null;
        using var reader = JournalReader.OpenAfter(disk, path, armedLine);
        var lines = ImmutableArray.CreateBuilder<JournalLine>();
        try
        {
            while (reader.Next() is { } line) lines.Add(line);
            return new GuardRecord(lines.ToImmutable(), isTorn: false);
        }
        catch (JournalReadException torn) when (torn.Reason == Reason.NoLf)
        {
            return new GuardRecord(lines.ToImmutable(), isTorn: true);
        }
    }
}
