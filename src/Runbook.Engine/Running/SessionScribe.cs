using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>
/// Writes entries and keeps the view that they fold to. What it shows was durable before it was folded, and is read back
/// from the journal's own file like every other observer does.
/// </summary>
internal sealed class SessionScribe : IDisposable
{
    private readonly JournalWriter _writer;
    private readonly JournalReader _reader;
    private readonly ISessionClock _clock;
    private Roster? _roster;
    private readonly Dictionary<string, JournalLine> _armedLines = new(StringComparer.Ordinal);
    private Head _entered;

    public SessionScribe(JournalWriter writer, SessionProgram program, ISessionClock clock)
    {
        _writer = writer;
        _clock = clock;
        _reader = JournalReader.Open(writer.Ground.Disk, writer.Directory.Journal);
        View = SessionFold.Begin(program);
        CatchUp();
    }

    /// <summary>Everything that is durable, folded.</summary>
    public SessionView View { get; private set; }

    /// <summary>The journal, for what is more than an entry: artifacts, envelopes, checkpoints, the close.</summary>
    public JournalWriter Writer => _writer;

    /// <summary>Line and hash of the entry that entered the current step; <see langword="null"/> for any other line.</summary>
    public Head? EntryHead(long seq) => _entered.Seq == seq ? _entered : null;

    /// <summary>The line that armed a fault or lease last.</summary>
    public JournalLine LineOf(string fault) => _armedLines[fault];

    /// <summary>The roster that is bound now, from the session's own copy.</summary>
    public Roster Roster
    {
        get
        {
            if (_roster is { } known && known.Digest == View.Roster?.Roster) return known;
            var number = _writer.Ledger.Rosters.Count;
            var bytes = DurableFiles.Read(_writer.Ground.Disk, _writer.Directory.In(SessionDirectory.RosterFile(number)), Journal.Limits.EnvelopeBytes);
            if (bytes is null || !Journal.Roster.TryRead(bytes, out var read, out var flaw)) throw new InvalidOperationException("The session's roster can't be read back.");
            return _roster = read!;
        }
    }

    /// <summary>The moment, as the writer would put it into an entry now.</summary>
    public Moment Now => new(_writer.Epoch, _writer.MonoUs, _clock.Time.GetUtcNow());

    /// <summary>Whether samples that are like each other have been gathered for long enough, and are to be written.</summary>
    /// <param name="samples">How many.</param>
    /// <param name="firstAtUs">Monotonic time of the first, in microseconds.</param>
    /// <param name="lastAtUs">Monotonic time of the last.</param>
    public bool IsGatheredEnough(int samples, long firstAtUs, long lastAtUs) =>
        samples >= EngineLimits.SamplesInEntryMax || (View.Opened?.Clock == SessionClock.Real && TimeSpan.FromMicroseconds(lastAtUs - firstAtUs) >= EngineLimits.GatheredMax);

    /// <summary>Appends an entry of the current step, and returns once it is durable and folded.</summary>
    public Task<SessionView> InStepAsync(string by, EntryBody body, CancellationToken cancellationToken)
    {
        var step = View.Current ?? throw new InvalidOperationException("The session is in no step.");
        return AppendAsync(new EntryDraft(by, body) { Step = step.Path, Visit = step.Visit }, cancellationToken);
    }

    /// <summary>Appends an entry, and returns once it is durable and folded.</summary>
    public async Task<SessionView> AppendAsync(EntryDraft draft, CancellationToken cancellationToken)
    {
        await _writer.AppendAsync(draft, cancellationToken).ConfigureAwait(false);
        return CatchUp();
    }

    /// <summary>Keeps a file among the artifacts.</summary>
    public async Task<ArtifactKept> KeepAsync(string name, string media, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var kept = await _writer.KeepAsync(name, media, bytes, cancellationToken).ConfigureAwait(false);
        CatchUp();
        return kept;
    }

    /// <summary>Folds what the writer has made durable by itself (checkpoints, artifacts, the clock).</summary>
    public SessionView CatchUp()
    {
        while (View.Head.Seq < _writer.Head.Seq)
        {
            var line = _reader.Next() ?? throw new InvalidOperationException($"Entry {View.Head.Seq + 1} is durable and can't be read back.");
            View = SessionFold.Apply(View, line.Entry, line.Hash);
            if (line.Entry.Body is StepEntered) _entered = line.Head;
            if (line.Entry.Body is FaultArmed armed) _armedLines[armed.Fault] = line;
        }

        // Pair assertion: what was written must be what the machine would have made.
        return View.Findings.IsEmpty
            ? View
            : throw new InvalidOperationException($"Entry {View.Findings[0].Seq} does not follow: {View.Findings[0].Message}");
    }

    public void Dispose() => _reader.Dispose();
}
