using System.Text;

namespace Runbook.Journal;

/// <summary>
/// Writes one session's journal: entry by entry, each durable before the call returns.
/// </summary>
/// <remarks>
/// One writer at a time, held by a lock; calls from several threads queue up. Before a line is written it is read back and
/// judged against everything written before (<see cref="SessionLedger.Judge"/>), so that a bug stops here and not in an
/// audit. Checkpoints, clock entries and artifacts of texts that were too long are the writer's own. After the first
/// failure of the disk nothing more is written: <see cref="JournalNotDurableException"/>. Order of operations:
/// docs/journal-format.md §7.
/// </remarks>
public sealed class JournalWriter : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly SubscriptionList _subscriptions;
    private readonly EntryComposer _composer;
    private readonly JournalLines _lines;
    private readonly IDisposable _lock;
    private readonly SessionFiles _files;
    private readonly CheckpointMaker _checkpoints;
    private JournalNotDurableException? _failure;
    private bool _mustRecover;
    private bool _disposed;

    internal JournalWriter(WriterParts parts)
    {
        (Ground, Directory, Ledger) = (parts.Ground, parts.Directory, parts.Ledger);
        (_lines, _lock, Opening, SessionKey, Epoch) = (parts.Lines, parts.Lock, parts.Opening, parts.SessionKey, parts.Epoch);
        _subscriptions = parts.Subscriptions;
        _composer = new EntryComposer(Ground, parts.IsSimulated, parts.Epoch);
        _files = new SessionFiles(Ground, Directory);
        _checkpoints = new CheckpointMaker(parts.Origin, SessionKey, parts.EntriesSinceCheckpoint);
        _mustRecover = parts.Epoch > 1;
    }

    /// <summary>What the journal stands on.</summary>
    public JournalGround Ground { get; }

    /// <summary>The session's directory.</summary>
    public SessionDirectory Directory { get; }

    /// <summary>All that the durable entries say together. Changes with every append; not for other threads.</summary>
    public SessionLedger Ledger { get; }

    /// <summary>Which writing process this is, from 1.</summary>
    public int Epoch { get; }

    /// <summary>The last durable line.</summary>
    public Head Head => _lines.Head;

    /// <summary>Merkle root over all durable lines.</summary>
    public Digest Root => _lines.Root;

    /// <summary>This epoch's session key: signs checkpoints and nothing else.</summary>
    public ISigner SessionKey { get; }

    /// <summary>The monotonic microseconds of this epoch that an entry written now would have.</summary>
    public long MonoUs => _composer.NowUs();

    /// <summary>Milliseconds since the machine's boot when this epoch began.</summary>
    internal long UpMs => _composer.UpMs();

    /// <summary>Commits to secret values; <see langword="null"/> where the key's file was lost before a resume.</summary>
    public SessionOpening? Opening { get; }

    /// <summary>Begins a session: makes its directory, takes its lock, writes line 1 and the first look at the clock.</summary>
    /// <param name="session">The session.</param>
    /// <param name="ground">What the journal stands on.</param>
    /// <param name="cancellationToken">Looked at before anything is made.</param>
    /// <returns>The writer; its head is 2.</returns>
    /// <exception cref="SessionDirectoryException">The directory can't be made.</exception>
    /// <exception cref="SessionLockedException">Another process is making it.</exception>
    /// <exception cref="EntryRefusedException">Line 1 would not be valid.</exception>
    /// <exception cref="JournalNotDurableException">The disk failed; what is there can be removed.</exception>
    public static ValueTask<JournalWriter> OpenNewAsync(NewSession session, JournalGround ground, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(SessionOpener.Open(session, ground));
    }

    /// <summary>Appends an entry and returns once it is on stable storage.</summary>
    /// <param name="draft">What to write; its line is at most <see cref="Limits.LineBytes"/> long.</param>
    /// <param name="cancellationToken">Looked at before the write begins, never during it: an entry that was begun is finished.</param>
    /// <returns>The entry's line and hash. Checkpoints that belong to it may follow it.</returns>
    /// <exception cref="EntryRefusedException">The entry does not fit; the journal goes on as before.</exception>
    /// <exception cref="SecretInEntryException">It looks as if it held a secret, and <see cref="JournalGround.SecretFound"/> says to refuse.</exception>
    /// <exception cref="JournalNotDurableException"><c>RJ201</c>: the write or its fsync failed, and is not tried again.</exception>
    /// <exception cref="JournalClosedException">The session is closed, or failed before.</exception>
    public ValueTask<Head> AppendAsync(EntryDraft draft, CancellationToken cancellationToken)
    {
        OwnKinds.Refuse(draft.Body);
        return GuardedAsync(() => AppendWithCheckpoints(draft), cancellationToken);
    }

    /// <summary>Appends entries that nothing waits for (<c>progress</c>, <c>clock</c>, <c>tick</c>) in one write and one fsync.</summary>
    /// <param name="drafts">At least one; together at most <see cref="Limits.LineBytes"/> as lines.</param>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <returns>The last entry's line and hash.</returns>
    /// <exception cref="EntryRefusedException">An entry does not fit, or may not be grouped; none was written.</exception>
    /// <exception cref="JournalNotDurableException"><c>RJ201</c>, as for <see cref="AppendAsync"/>.</exception>
    /// <exception cref="JournalClosedException">The session is closed, or failed before.</exception>
    public ValueTask<Head> AppendGroupAsync(IReadOnlyList<EntryDraft> drafts, CancellationToken cancellationToken)
    {
        foreach (var draft in drafts) OwnKinds.RefuseInGroup(draft.Body);
        return GuardedAsync(() => AppendGroup(drafts), cancellationToken);
    }

    /// <summary>Keeps a file among the artifacts, and journals it.</summary>
    /// <param name="name">What it is, as a file name such as <c>plan.json</c>.</param>
    /// <param name="media">Media type.</param>
    /// <param name="bytes">At most <see cref="Limits.ArtifactBytes"/>.</param>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <returns>The artifact. The same bytes under the same name are kept and journalled once.</returns>
    /// <exception cref="EntryRefusedException">Name or media type is not valid, or the file is too large.</exception>
    /// <exception cref="JournalNotDurableException"><c>RJ201</c>, as for <see cref="AppendAsync"/>.</exception>
    /// <exception cref="JournalClosedException">The session is closed, or failed before.</exception>
    public ValueTask<ArtifactKept> KeepAsync(string name, string media, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        => GuardedAsync(() => Keep(name, media, bytes.Span), cancellationToken);

    /// <summary>Keeps a runbook's bytes under <c>runbook/</c>, before the entry that names them.</summary>
    /// <param name="id">The runbook's id.</param>
    /// <param name="file">Its file's name.</param>
    /// <param name="bytes">Exactly what was parsed.</param>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <exception cref="JournalNotDurableException"><c>RJ201</c>, as for <see cref="AppendAsync"/>.</exception>
    public ValueTask<RunbookFile> KeepRunbookAsync(string id, string file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        => GuardedAsync(() => _files.KeepRunbook(id, file, bytes.Span), cancellationToken);

    /// <summary>Keeps a signed envelope under <c>approvals/</c>, before the entry that names it.</summary>
    /// <param name="request">Seq of the entry that it answers.</param>
    /// <param name="person">Who signed it, by their own claim.</param>
    /// <param name="envelope">Its bytes.</param>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <returns>The file's path in the session's directory. The same bytes are kept once; other bytes by the same person
    /// get a number.</returns>
    /// <exception cref="JournalNotDurableException"><c>RJ201</c>, as for <see cref="AppendAsync"/>.</exception>
    public ValueTask<string> KeepEnvelopeAsync(long request, string person, ReadOnlyMemory<byte> envelope, CancellationToken cancellationToken)
        => GuardedAsync(() => _files.KeepEnvelope(request, person, envelope.Span), cancellationToken);

    /// <summary>Binds a roster: its files, the public keys in other tools' forms, and the entry.</summary>
    /// <param name="roster">The signed roster.</param>
    /// <param name="by">Who binds it.</param>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <exception cref="JournalNotDurableException"><c>RJ201</c>, as for <see cref="AppendAsync"/>.</exception>
    public ValueTask<Head> BindRosterAsync(SignedRoster roster, string by, CancellationToken cancellationToken)
        => GuardedAsync(
            () =>
            {
                _files.KeepRoster(roster, Ledger.Rosters.Count + 1);
                return AppendWithCheckpoints(new EntryDraft(by, roster.Roster.ToEntry(roster.Authority)));
            },
            cancellationToken);

    /// <summary>Makes a checkpoint now, unless nothing was written since the last one.</summary>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <returns>The head behind it.</returns>
    /// <exception cref="JournalNotDurableException"><c>RJ201</c>, as for <see cref="AppendAsync"/>.</exception>
    public ValueTask<Head> CheckpointAsync(CancellationToken cancellationToken)
        => GuardedAsync(
            () =>
            {
                WriteCheckpoint();
                return Head;
            },
            cancellationToken);

    /// <summary>Closes the session: the manifest of the artifacts, <c>closed</c>, and a signed note over all lines.</summary>
    /// <param name="end">How it ended.</param>
    /// <param name="cut">What cut a fault scope short.</param>
    /// <param name="verdicts">What a drill came to.</param>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <returns>The last line. The statement's signatures follow: <see cref="TranscriptSeal"/>.</returns>
    /// <exception cref="EntryRefusedException">A fault is armed or an effect in doubt: nothing was written.</exception>
    /// <exception cref="JournalNotDurableException"><c>RJ201</c>, as for <see cref="AppendAsync"/>.</exception>
    /// <exception cref="JournalClosedException">The session is closed, or failed before.</exception>
    public ValueTask<Head> CloseAsync(SessionEnd end, CutCause cut, DrillVerdicts? verdicts, CancellationToken cancellationToken)
        => GuardedAsync(() => Close(end, cut, verdicts), cancellationToken);

    /// <summary>Observes the journal from its first line on.</summary>
    public JournalSubscription Subscribe() => _subscriptions.Add(Ground.Disk, Directory.Journal);

    /// <summary>Gives file and lock back, and wipes the session key. What is durable stays; nothing is written.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _subscriptions.Complete();
        _lines.Dispose();
        Opening?.Dispose();
        (SessionKey as IDisposable)?.Dispose();
        _lock.Dispose();
        _gate.Dispose();
    }

    internal Head AppendFirst(EntryDraft draft)
    {
        try
        {
            var head = Write(draft);
            _mustRecover = false;
            Write(_composer.ClockAtStart());
            return head;
        }
        catch (DiskException e)
        {
            throw Freeze(e);
        }
    }

    internal async ValueTask<T> GuardedAsync<T>(Func<T> act, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            RefuseIfOver();
            return act();
        }
        catch (DiskException e)
        {
            throw Freeze(e);
        }
        finally
        {
            _gate.Release();
        }
    }

    private void RefuseIfOver()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_failure is not null) throw new JournalClosedException("The journal could not be made durable before, and takes no more entries.", _failure);
        if (Ledger.Closed is not null) throw new JournalClosedException("The session is closed and takes no more entries.");
        if (_mustRecover) throw new JournalClosedException("The first entry of a resumed session says that it was recovered, and is not there yet.");
    }

    private JournalNotDurableException Freeze(DiskException cause)
    {
        _failure = new JournalNotDurableException(cause, Head, Ledger.Effects.HasSent);
        _subscriptions.Complete();
        return _failure;
    }

    private Head AppendWithCheckpoints(EntryDraft draft)
    {
        if (CheckpointRules.IsDueBefore(draft.Body)) WriteCheckpoint();
        var outcomeOf = draft.Body is Outcome outcome ? Ledger.Effects.Find(outcome.Effect)?.Intent.Class : null;
        var head = Write(draft);
        if (CheckpointRules.IsDueAfter(draft.Body, outcomeOf) || _checkpoints.IsDueByAge(_composer.SinceStart())) WriteCheckpoint();
        return head;
    }

    private Head AppendGroup(IReadOnlyList<EntryDraft> drafts)
    {
        WriteClockStep();
        var before = Head;
        var composed = new List<ComposedLine>(drafts.Count);
        foreach (var draft in drafts)
        {
            var line = _composer.Compose(draft, before);
            if (line.Wholes.Count > 0 || line.Withheld.Count > 0) return AppendOneByOne(drafts);
            composed.Add(line);
            before = line.Head;
        }

        Commit([.. composed]);
        if (_checkpoints.IsDueByAge(_composer.SinceStart())) WriteCheckpoint();
        return before;
    }

    // What needs artifacts or notes between the lines can't be one write.
    private Head AppendOneByOne(IReadOnlyList<EntryDraft> drafts)
    {
        var head = Head;
        foreach (var draft in drafts) head = AppendWithCheckpoints(draft);
        return head;
    }

    private Head Write(EntryDraft draft)
    {
        WriteClockStep();
        return WriteNext(draft);
    }

    // Without a look at the clock: what is written here says how many lines there are before it.
    private Head WriteNext(EntryDraft draft)
    {
        var line = _composer.Compose(draft, Head);
        foreach (var whole in line.Wholes) Keep(SessionFiles.WholeTextName, SessionFiles.TextMedia, Encoding.UTF8.GetBytes(whole.Text));
        if (line.Wholes.Count > 0) line = _composer.Compose(draft, Head);
        Commit(line);
        foreach (var word in line.Withheld) Write(new EntryDraft(EntryDraft.Console, SessionFiles.WithheldNote(word, line.Head.Seq)));
        return line.Head;
    }

    private void WriteClockStep()
    {
        if (_composer.ClockStep() is { } step) Commit(_composer.Compose(step, Head));
    }

    private void Commit(params ReadOnlySpan<ComposedLine> lines)
    {
        foreach (var line in lines)
            if (Ledger.Judge(line.Entry) is { } finding)
                throw new EntryRefusedException(finding.Reason, $"The entry can't follow: {finding.Detail}.");

        var bytes = new byte[lines.Length][];
        for (var i = 0; i < lines.Length; i++) bytes[i] = lines[i].Bytes;
        _lines.Append(bytes);
        foreach (var line in lines)
        {
            Ledger.Apply(line.Entry, line.Head.Hash);
            _composer.Written(line.Entry);
            _checkpoints.Written(line.Entry);
        }
    }

    private void WriteCheckpoint()
    {
        if (!_checkpoints.HasNews) return;
        WriteClockStep();
        var note = _checkpoints.Sign(Head.Seq, Root);
        WriteNext(new EntryDraft(EntryDraft.Console, new Checkpoint { Note = note.Text, Root = note.Root, Size = note.Size }));
        _checkpoints.Made(_composer.SinceStart());
        _files.ReplaceCheckpoint(note);
    }

    private ArtifactKept Keep(string name, string media, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > Limits.ArtifactBytes) throw new EntryRefusedException(Reason.TooLong, $"The artifact \"{Inert.Text(name)}\" is larger than {Limits.ArtifactBytes} bytes.");
        if (!TextRule.FileName.Matches(name)) throw new EntryRefusedException(Reason.BadField, $"\"{Inert.Text(name)}\" can't be the name of an artifact.");
        var artifact = new ArtifactKept { Name = name, Media = media, Digest = Digest.Of(bytes), Bytes = bytes.Length };
        if (Ledger.Artifacts.TryFind(artifact.FileName, out var known)) return known;
        _files.KeepArtifact(artifact, bytes);
        Write(new EntryDraft(EntryDraft.Console, artifact));
        return artifact;
    }

    private Head Close(SessionEnd end, CutCause cut, DrillVerdicts? verdicts)
    {
        if (Ledger.Faults.Armed.Length > 0) throw new EntryRefusedException(Reason.FaultLeft, $"The session can't close: \"{Ledger.Faults.Armed[0].Fault}\" is armed.");
        if (Ledger.Effects.HasDoubt) throw new EntryRefusedException(Reason.EffectUnpaired, $"The session can't close: {Ledger.Effects.InDoubt.First().Intent.Effect} is in doubt.");
        var manifest = Keep(ArtifactList.ManifestName, SessionFiles.TextMedia, Ledger.Artifacts.Manifest().Bytes);
        WriteClockStep();
        var head = WriteNext(new EntryDraft(EntryDraft.Console, new Closed
        {
            Artifacts = manifest.Digest,
            Counts = [.. Ledger.Counts().Append(new KindCount(Words<EntryKind>.Of(EntryKind.Closed), 1)).OrderBy(c => c.Kind, StringComparer.Ordinal)],
            Cut = cut,
            End = end,
            FaultsArmed = [],
            InDoubt = [],
            Verdicts = verdicts,
        }));
        _files.ReplaceCheckpoint(_checkpoints.Sign(Head.Seq, Root));
        return head;
    }
}
