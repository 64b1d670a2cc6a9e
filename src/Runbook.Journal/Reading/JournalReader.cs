namespace Runbook.Journal;

/// <summary>
/// Reads a journal line by line and holds each to the format: canonical bytes, chain, schema.
/// </summary>
/// <remarks>For those who go on with what they read. A verification, which reports everything and stops at nothing, is
/// <see cref="JournalVerifier"/>. One thread at a time; memory does not grow with the journal.</remarks>
public sealed class JournalReader : IDisposable
{
    private readonly IDiskFile _file;
    private readonly LineBuffer _lines;
    private readonly EntryText _text = new();

    private JournalReader(IDiskFile file)
    {
        _file = file;
        _lines = new LineBuffer(file);
    }

    /// <summary>The last line that was read.</summary>
    public Head Head { get; private set; }

    /// <summary>Offset behind the last line that was read.</summary>
    public long Offset { get; private set; }

    /// <summary>Opens a journal.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="journal">The journal's file.</param>
    /// <exception cref="DiskException">There is no such file.</exception>
    public static JournalReader Open(IJournalDisk disk, string journal) => new(disk.OpenRead(journal));

    /// <summary>Opens a chain that hangs on a line of another one, as a guard's does.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="file">The chain's file.</param>
    /// <param name="after">Hash of the line that its first one names.</param>
    /// <exception cref="DiskException">There is no such file.</exception>
    public static JournalReader OpenAfter(IJournalDisk disk, string file, Digest after) => new(disk.OpenRead(file)) { Head = new Head(0, after) };

    /// <summary>Reads all entries of a session's journal.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="directory">The session's directory.</param>
    /// <returns>In order; read as it is enumerated.</returns>
    /// <exception cref="JournalReadException">A line is not what it must be, or the last one has no line feed.</exception>
    /// <exception cref="DiskException">There is no such journal, or it can't be read.</exception>
    public static IEnumerable<JournalLine> ReadAll(IJournalDisk disk, SessionDirectory directory)
    {
        using var reader = Open(disk, directory.Journal);
        while (reader.Next() is { } line) yield return line;
    }

    /// <summary>Reads the next line.</summary>
    /// <returns><see langword="null"/> at the end of the file.</returns>
    /// <exception cref="JournalReadException">The line is not what it must be. <see cref="Head"/> and
    /// <see cref="Offset"/> stay behind the last good one.</exception>
    public JournalLine? Next()
    {
        if (!_lines.Next()) return null;
        var line = TryRead(out var finding);
        if (line is null) throw new JournalReadException(Head.Seq + 1, finding!.Reason, finding.Detail);
        Head = line.Head;
        Offset = _lines.LineOffset + _lines.LineLength + 1;
        return line;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private JournalLine? TryRead(out EntryFinding? finding)
    {
        finding = JudgeBytes();
        if (finding is not null) return null;
        var entry = _text.Read(_lines.Bytes, _lines.LineStart, out finding);
        if (entry is null) return null;
        if (entry.Seq != Head.Seq + 1) finding = new EntryFinding(Reason.SeqGap, 0, $"its number is {entry.Seq}");
        else if (entry.Prev != Head.Hash) finding = new EntryFinding(Reason.PrevMismatch, 0, "it names another line before it");
        return finding is null ? new JournalLine(entry, Digest.Of(_lines.Line), _lines.LineOffset, _lines.Line.ToArray()) : null;
    }

    private EntryFinding? JudgeBytes()
    {
        if (_lines.IsTooLong) return new EntryFinding(Reason.TooLong, 0, "it is too long");
        if (!_lines.HasLineFeed) return new EntryFinding(Reason.NoLf, _lines.LineLength, "it has no line feed");
        var scan = CanonicalScanner.Scan(_lines.Line);
        if (!scan.Holds) return new EntryFinding(scan.Reason, scan.At, $"it is not canonical ({Words<Reason>.Of(scan.Reason)})");
        return _lines.Line[0] == '{' ? null : new EntryFinding(Reason.BadField, 0, "it is not an object");
    }
}
