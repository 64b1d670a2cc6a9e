namespace Runbook.Journal;

/// <summary>A line that is ready to be written.</summary>
/// <param name="Entry">What it says, as it reads back.</param>
/// <param name="Bytes">Its bytes without the line feed.</param>
/// <param name="Head">Its number and hash.</param>
/// <param name="Wholes">Texts that were too long for their members.</param>
/// <param name="Withheld">What looked like a secret and was replaced.</param>
internal sealed record ComposedLine(JournalEntry Entry, byte[] Bytes, Head Head, IReadOnlyList<WholeText> Wholes, IReadOnlyList<string> Withheld);

/// <summary>Turns drafts into lines: adds number, hash, epoch and times, and reads each line back before it may be written.</summary>
internal sealed class EntryComposer
{
    private readonly JournalGround _ground;
    private readonly bool _isSimulated;
    private readonly int _epoch;
    private readonly EntryText _text = new();
    private readonly long _start;
    private JournalTime _lastAt;
    private long _lastMonoUs;
    private bool _hasLast;

    internal EntryComposer(JournalGround ground, bool isSimulated, int epoch)
    {
        (_ground, _isSimulated, _epoch) = (ground, isSimulated, epoch);
        _start = ground.Time.GetTimestamp();
    }

    /// <summary>Makes a line that follows a head.</summary>
    /// <exception cref="EntryRefusedException">It would not be a valid entry.</exception>
    /// <exception cref="SecretInEntryException">It looks as if it held a secret.</exception>
    internal ComposedLine Compose(EntryDraft draft, Head after)
    {
        var entry = new JournalEntry
        {
            At = JournalTime.Of(_ground.Time.GetUtcNow()),
            Body = draft.Body,
            By = draft.By,
            Epoch = _epoch,
            MonoUs = NowUs(),
            Prev = after.Hash,
            Seq = after.Seq + 1,
            Simulated = draft.Simulated || _isSimulated,
            Step = draft.Step,
            Visit = draft.Visit,
        };
        var bytes = SecretScan.Withhold(_text.Write(entry, out var wholes), out var withheld);
        if (withheld.Count > 0 && _ground.SecretFound == SecretFound.Refuse) throw new SecretInEntryException(withheld[0]);
        if (bytes.Length + 1 > Limits.LineBytes) throw new EntryRefusedException(Reason.TooLong, $"The entry would be a line of {bytes.Length + 1} bytes; {Limits.LineBytes} is the most.");
        return new ComposedLine(ReadBack(bytes), bytes, new Head(entry.Seq, Digest.Of(bytes)), wholes, withheld);
    }

    /// <summary>Remembers the times of a line that is durable.</summary>
    internal void Written(JournalEntry entry) => (_lastAt, _lastMonoUs, _hasLast) = (entry.At, entry.MonoUs, true);

    /// <summary>The entry that says that wall time stepped since the last line, or <see langword="null"/>.</summary>
    internal EntryDraft? ClockStep()
    {
        if (!_hasLast) return null;
        var wall = JournalTime.Of(_ground.Time.GetUtcNow()).UnixMicroseconds - _lastAt.UnixMicroseconds;
        var mono = Math.Max(MonoUs() - _lastMonoUs, 0);
        if (Math.Abs(wall - mono) <= Limits.ClockStepRecorded.TotalMicroseconds) return null;
        return new EntryDraft(EntryDraft.Console, new ClockObservation { Why = ClockWhy.Step, WallDeltaUs = wall, MonoDeltaUs = mono });
    }

    internal EntryDraft ClockAtStart()
    {
        var zone = _ground.Time.LocalTimeZone;
        var offset = zone.GetUtcOffset(_ground.Time.GetUtcNow());
        return new EntryDraft(EntryDraft.Console, new ClockObservation { Why = ClockWhy.Start, UtcOffsetMin = (int)offset.TotalMinutes, Zone = zone.Id });
    }

    /// <summary>The monotonic microseconds that an entry written now would have.</summary>
    internal long NowUs() => Math.Max(MonoUs(), _lastMonoUs);

    /// <summary>Monotonic time since this epoch began.</summary>
    internal TimeSpan SinceStart() => _ground.Time.GetElapsedTime(_start);

    /// <summary>Milliseconds since the machine's boot when this epoch began: what the clock behind <c>mono</c> counts from.</summary>
    internal long UpMs() => (long)((Int128)_start * 1000 / _ground.Time.TimestampFrequency);

    private long MonoUs() => _hasLast || _lastMonoUs > 0 ? (long)SinceStart().TotalMicroseconds : 0;

    // What can't be read is never written.
    private JournalEntry ReadBack(byte[] bytes)
    {
        var scan = CanonicalScanner.Scan(bytes);
        if (!scan.Holds) throw new EntryRefusedException(scan.Reason, $"The entry is not canonical at byte {scan.At} ({Words<Reason>.Of(scan.Reason)}).");
        return _text.Read(bytes, 0, out var finding) ?? throw new EntryRefusedException(finding!.Reason, $"The entry is not valid: {finding.Detail}.");
    }
}
