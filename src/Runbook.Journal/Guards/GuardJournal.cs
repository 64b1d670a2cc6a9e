namespace Runbook.Journal;

/// <summary>
/// Writes a guard's file: entries of the journal's own format, each durable before the call returns and followed by a note
/// that the guard's key signs. It needs no lock of the session and reads nothing of its journal.
/// </summary>
/// <remarks>One thread at a time. Format: docs/journal-format.md §4.1.</remarks>
public sealed class GuardJournal : IDisposable
{
    private readonly EntryComposer _composer;
    private readonly JournalLines _lines;
    private readonly ISigner _key;
    private readonly string _origin;

    private GuardJournal(JournalGround ground, IDiskFile file, string origin, Head head, MerkleFrontier frontier, long offset, int epoch, bool isSimulated, ISigner key)
    {
        (_origin, _key) = (origin, key);
        _composer = new EntryComposer(ground, isSimulated, epoch);
        _lines = new JournalLines(file, offset, head, frontier, new SubscriptionList());
    }

    /// <summary>The last line.</summary>
    public Head Head => _lines.Head;

    /// <summary>Begins a guard's file.</summary>
    /// <param name="ground">Disk, clock, machine.</param>
    /// <param name="directory">The session's directory.</param>
    /// <param name="file">The file, as <see cref="SessionDirectory.GuardFile"/> names it; must not exist.</param>
    /// <param name="session">The session's id.</param>
    /// <param name="armedLine">Hash of the line that armed the fault.</param>
    /// <param name="isSimulated">Whether the session is a rehearsal, or on a virtual clock.</param>
    /// <param name="key">The guard's key; stays the caller's.</param>
    /// <exception cref="DiskException">The file can't be made.</exception>
    public static GuardJournal Begin(JournalGround ground, SessionDirectory directory, string file, string session, Digest armedLine, bool isSimulated, ISigner key)
    {
        directory.MakeFolder(ground.Disk, SessionDirectory.GuardFolder);
        var path = directory.In(file.Split('/'));
        var made = ground.Disk.CreateNew(path);
        ground.Disk.SyncFolder(Path.GetDirectoryName(path)!);
        return new GuardJournal(ground, made, SignedNote.OriginOf(null, session), new Head(0, armedLine), new MerkleFrontier(), 0, 1, isSimulated, key);
    }

    /// <summary>
    /// Goes on with a guard's file whose process is gone, or begins the file that it had no time to make. The first line
    /// names the key that signs from here on: nobody can vouch for it, and a verification says so.
    /// </summary>
    /// <param name="ground">Disk, clock, machine.</param>
    /// <param name="directory">The session's directory.</param>
    /// <param name="file">The file.</param>
    /// <param name="session">The session's id.</param>
    /// <param name="armed">The entry that armed the fault.</param>
    /// <param name="armedLine">Hash of its line.</param>
    /// <param name="key">The new key; stays the caller's.</param>
    /// <exception cref="JournalReadException">A whole line of the file is not what it must be.</exception>
    /// <exception cref="DiskException">The file can't be read or written.</exception>
    public static GuardJournal Continue(JournalGround ground, SessionDirectory directory, string file, string session, JournalEntry armed, Digest armedLine, ISigner key)
    {
        directory.MakeFolder(ground.Disk, SessionDirectory.GuardFolder);
        var path = directory.In(file.Split('/'));
        var record = GuardRecord.Read(ground.Disk, path, armedLine);
        var before = record?.Lines ?? [];
        var (head, frontier, offset) = (new Head(0, armedLine), new MerkleFrontier(), 0L);
        using var whole = new MemoryStream();
        foreach (var line in before)
        {
            (head, offset) = (line.Head, offset + line.Utf8.Length + 1);
            frontier.Add(line.Utf8.Span);
            whole.Write(line.Utf8.Span);
            whole.WriteByte((byte)'\n');
        }

        // Written anew, so that nothing torn stays behind it.
        DurableFiles.Replace(ground.Disk, path, whole.ToArray());
        var last = before.IsEmpty ? armed : before[^1].Entry;
        var epoch = before.IsEmpty ? 2 : last.Epoch + 1;
        var journal = new GuardJournal(ground, ground.Disk.OpenWrite(path), SignedNote.OriginOf(null, session), head, frontier, offset, epoch, armed.Simulated, key);
        journal.Append(new Recovered
        {
            Boot = ground.Machine.Boot,
            FaultsArmed = [((FaultArmed)armed.Body).Fault],
            Host = ground.Machine.Label,
            InDoubt = [],
            Previous = new EpochEnd(epoch - 1, Math.Max(1, head.Seq), head.Hash),
            SameBoot = false,
            SessionKey = key.PublicKey.SpkiBase64,
            TornBytes = 0,
            UpMs = journal._composer.UpMs(),
            WallGapMs = Math.Clamp((long)(ground.Time.GetUtcNow() - last.At.ToDateTimeOffset()).TotalMilliseconds, -Limits.IntegerMax, Limits.IntegerMax),
            Why = RecoveryCause.Crash,
        }, null);
        return journal;
    }

    /// <summary>Appends an entry, and a note over everything up to it.</summary>
    /// <param name="body">What it says.</param>
    /// <param name="step">Path of the fault's step; <see langword="null"/> for what belongs to none.</param>
    /// <returns>The entry's line and hash.</returns>
    /// <exception cref="DiskException">The write or its fsync failed.</exception>
    /// <exception cref="EntryRefusedException">It would not be a valid entry.</exception>
    public Head Append(EntryBody body, string? step)
    {
        var head = Write(new EntryDraft(EntryDraft.Guard, body) { Step = step });
        var note = SignedNote.Sign(_origin, _lines.Head.Seq, _lines.Root, _key);
        Write(new EntryDraft(EntryDraft.Guard, new Checkpoint { Note = note.Text, Root = note.Root, Size = note.Size }));
        return head;
    }

    /// <summary>The monotonic microseconds of this process that an entry written now would have.</summary>
    public long MonoUs => _composer.NowUs();

    /// <summary>Closes the file.</summary>
    public void Dispose() => _lines.Dispose();

    private Head Write(EntryDraft draft)
    {
        var line = _composer.Compose(draft, Head);
        _lines.Append(line.Bytes);
        _composer.Written(line.Entry);
        return line.Head;
    }
}
