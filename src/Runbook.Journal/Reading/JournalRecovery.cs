namespace Runbook.Journal;

/// <summary>
/// Goes on with a session whose process is gone: lock, good beginning, comparison with what was signed, torn bytes set
/// aside, journal rewritten.
/// </summary>
/// <remarks>May itself be interrupted at any operation, and be begun again: everything before the rename changes nothing of
/// the truth, and everything after it is found to be done. Order of operations: docs/journal-format.md §12.</remarks>
public static class JournalRecovery
{
    /// <summary>Opens a session to go on with it.</summary>
    /// <param name="directory">The session's directory.</param>
    /// <param name="ground">What the journal stands on from here.</param>
    /// <param name="console">The program that goes on.</param>
    /// <param name="cancellationToken">Looked at before anything is changed.</param>
    /// <returns>The session under its lock. Nothing is appended yet.</returns>
    /// <exception cref="SessionLockedException">Another process has it.</exception>
    /// <exception cref="SessionNeverOpenedException">It never began.</exception>
    /// <exception cref="JournalReadException">A whole line is wrong: the journal was tampered with. Nothing was changed.</exception>
    /// <exception cref="JournalBehindException">Something was signed over lines that are not there. Nothing was changed.</exception>
    /// <exception cref="NotEnoughSpaceException">The disk is nearly full. Nothing was changed.</exception>
    /// <exception cref="JournalNotDurableException">The disk failed; open it again on a healthy one.</exception>
    /// <exception cref="SessionDirectoryException">There is no such directory.</exception>
    public static ValueTask<RecoveredJournal> OpenAsync(string directory, JournalGround ground, ConsoleProgram console, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Open(new SessionDirectory(directory), ground, console));
    }

    /// <summary>Removes the directory of a session that never began, with nothing but our own files in it.</summary>
    /// <param name="directory">The session's directory.</param>
    /// <param name="ground">What the journal stands on.</param>
    /// <exception cref="SessionDirectoryException">It began, or there are files that are not ours. Nothing was removed.</exception>
    /// <exception cref="SessionLockedException">Another process has it.</exception>
    public static void RemoveNeverOpened(string directory, JournalGround ground) => NeverOpened.Remove(new SessionDirectory(directory), ground);

    private static RecoveredJournal Open(SessionDirectory directory, JournalGround ground, ConsoleProgram console)
    {
        if (ground.Disk.KindOf(directory.Root) != DiskEntryKind.Folder) throw new SessionDirectoryException("There is no such session directory.");
        if (ground.Disk.KindOf(directory.Journal) == DiskEntryKind.Missing) throw new SessionNeverOpenedException();

        IDisposable? held = null;
        var ledger = new SessionLedger();
        try
        {
            held = directory.TakeLock(ground.Disk, ground.Machine, ground.Time.GetUtcNow(), "resuming");
            return new Recovering(directory, ground, console, ledger, held).Run();
        }
        catch (DiskException e)
        {
            held?.Dispose();
            throw new JournalNotDurableException(e, ledger.Head, ledger.Effects.HasSent);
        }
        catch (JournalException)
        {
            held?.Dispose();
            throw;
        }
    }

    /// <summary>One run of a recovery.</summary>
    private sealed class Recovering(SessionDirectory directory, JournalGround ground, ConsoleProgram console, SessionLedger ledger, IDisposable held)
    {
        private readonly MerkleFrontier _frontier = new();
        private long _sinceCheckpoint;

        private IJournalDisk Disk => ground.Disk;

        internal RecoveredJournal Run()
        {
            var claims = SignedClaims.Of(SessionLayout.Of(Disk, directory));
            var tail = JournalTail.Read(Disk, directory.Journal, line => Take(line, claims));
            if (tail.Kind == TailKind.Tampered) throw tail.Finding!;
            if (claims.JudgeEnd(tail.Head.Seq) is { } ahead) throw new JournalBehindException(ahead.Witness, ahead.Size, tail.Head.Seq, differs: false);
            if (Disk.FreeBytes(directory.Root) is var free && free < Limits.FreeBytesToResume) throw new NotEnoughSpaceException(free);

            var epoch = (ledger.Last?.Epoch ?? 0) + 1;
            var kept = new TailFile(Disk, directory, epoch).Keep(tail.Bytes.Span);
            if (ledger.Last is null) throw new SessionNeverOpenedException();
            if (ledger.Closed is not null && Disk.KindOf(directory.Statement) != DiskEntryKind.Missing && tail.Kind == TailKind.Clean)
                return new RecoveredJournal(directory, ledger, null, Facts(kept), held);

            var file = Rewrite(tail.Offset);
            RemoveTemporaries();
            if (ledger.Closed is null) return new RecoveredJournal(directory, ledger, NewWriter(file, tail, epoch, kept, out var recovered), recovered, held);
            file.Dispose();
            return new RecoveredJournal(directory, ledger, null, Facts(kept), held);
        }

        private void Take(JournalLine line, SignedClaims claims)
        {
            if (ledger.Judge(line.Entry) is { } finding) throw new JournalReadException(line.Entry.Seq, finding.Reason, finding.Detail);
            ledger.Apply(line.Entry, line.Hash);
            _frontier.Add(line.Utf8.Span);
            _sinceCheckpoint = line.Entry.Body is Checkpoint ? 0 : _sinceCheckpoint + 1;
            if (claims.Judge(line.Head, _frontier) is { } claim) throw new JournalBehindException(claim.Witness, claim.Size, line.Entry.Seq, differs: true);
        }

        // Even a clean journal is rewritten: after a failed sync its pages may read well and not be on the disk.
        private IDiskFile Rewrite(long bytes)
        {
            var fresh = directory.Journal + DurableFiles.NewSuffix;
            if (Disk.KindOf(fresh) != DiskEntryKind.Missing) Disk.Delete(fresh);
            var target = Disk.CreateNew(fresh);
            using (var source = Disk.OpenRead(directory.Journal)) FileCopy.Copy(source, target, bytes);
            target.Sync();
            Disk.Rename(fresh, directory.Journal);
            Disk.SyncFolder(directory.Root);
            return target;
        }

        // A temporary is named by no entry: what it was meant for had not happened.
        private void RemoveTemporaries()
        {
            foreach (var entry in Disk.List(directory.Artifacts, Limits.FolderFiles))
                if (entry.Name.StartsWith(".tmp-", StringComparison.Ordinal) && entry.Kind == DiskEntryKind.File)
                    Disk.Delete(directory.In(SessionDirectory.ArtifactsFolder, entry.Name));
        }

        private JournalWriter NewWriter(IDiskFile file, JournalTail tail, int epoch, KeptTail kept, out Recovered recovered)
        {
            var opened = ledger.Opened!;
            var subscriptions = new SubscriptionList();
            var writer = new JournalWriter(new WriterParts
            {
                Ground = ground,
                Directory = directory,
                Ledger = ledger,
                Lines = new JournalLines(file, tail.Offset, tail.Head, _frontier, subscriptions),
                Subscriptions = subscriptions,
                Lock = held,
                Opening = ReadOpening(),
                SessionKey = ground.NewSessionKey(ground.Random),
                Origin = SignedNote.OriginOf(opened.Organisation, opened.Session),
                IsSimulated = ledger.BeganSimulated,
                Epoch = epoch,
                EntriesSinceCheckpoint = _sinceCheckpoint,
            });
            subscriptions.Publish(tail.Head.Seq);
            recovered = Facts(kept) with { SessionKey = writer.SessionKey.PublicKey.SpkiBase64, UpMs = writer.UpMs };
            return writer;
        }

        private Recovered Facts(KeptTail kept)
        {
            var last = ledger.Last!;
            var before = ledger.Clocks.Epochs[^1];
            return new Recovered
            {
                Boot = ground.Machine.Boot,
                Console = console,
                FaultsArmed = [.. ledger.Faults.Armed.Select(f => f.Fault)],
                Host = ground.Machine.Label,
                InDoubt = [.. ledger.Effects.InDoubt.Select(e => e.Intent.Effect)],
                Previous = new EpochEnd(last.Epoch, ledger.Head.Seq, ledger.Head.Hash),
                SameBoot = before.Boot == Inert.Text(ground.Machine.Boot),
                SessionKey = before.SessionKey,
                Tail = kept.File,
                TornBytes = kept.Bytes,
                TornDigest = kept.Digest,
                UpMs = 0,
                WallGapMs = (JournalTime.Of(ground.Time.GetUtcNow()).UnixMicroseconds - last.At.UnixMicroseconds) / 1000,
                Why = last.Body is Paused ? RecoveryCause.Pause : RecoveryCause.Crash,
            };
        }

        private SessionOpening? ReadOpening()
        {
            var path = SessionOpening.FileOf(directory.Root);
            if (Disk.KindOf(path) != DiskEntryKind.File) return null;
            var key = DurableFiles.Read(Disk, path, SessionOpening.KeyBytes);
            // Another session's key would make commitments that nobody could open.
            return key is { Length: SessionOpening.KeyBytes } && Digest.Of(key) == ledger.Opened!.Opening ? new SessionOpening(key) : null;
        }
    }
}
