namespace Runbook.Journal;

/// <summary>Begins a session: directory, lock, opening key, journal, line 1, in this order.</summary>
internal static class SessionOpener
{
    internal static JournalWriter Open(NewSession session, JournalGround ground)
    {
        var directory = SessionDirectory.Create(ground.Disk, session.Directory);
        IDisposable? held = null;
        try
        {
            held = directory.TakeLock(ground.Disk, ground.Machine, ground.Time.GetUtcNow(), "epoch 1");
            return Open(session, ground, directory, held);
        }
        catch (DiskException e)
        {
            held?.Dispose();
            throw new JournalNotDurableException(e, Head.None, hasSent: false);
        }
        catch (JournalException)
        {
            held?.Dispose();
            throw;
        }
    }

    private static JournalWriter Open(NewSession session, JournalGround ground, SessionDirectory directory, IDisposable held)
    {
        directory.Furnish(ground.Disk);
        var id = session.Session ?? SessionNames.NewSession(ground.Time.GetUtcNow(), ground.Random);
        var opening = SessionOpening.New(ground.Random);
        DurableFiles.CreateNew(ground.Disk, SessionOpening.FileOf(directory.Root), opening.Reveal());
        var key = ground.NewSessionKey(ground.Random);
        var file = ground.Disk.CreateNew(directory.Journal);
        ground.Disk.SyncFolder(directory.Root);

        var subscriptions = new SubscriptionList();
        var writer = new JournalWriter(new WriterParts
        {
            Ground = ground,
            Directory = directory,
            Ledger = new SessionLedger(),
            Lines = new JournalLines(file, 0, Head.None, new MerkleFrontier(), subscriptions),
            Subscriptions = subscriptions,
            Lock = held,
            Opening = opening,
            SessionKey = key,
            Origin = SignedNote.OriginOf(session.Organisation, id),
            IsSimulated = session.Simulated || session.Clock == SessionClock.Virtual,
            Epoch = 1,
        });
        try
        {
            writer.AppendFirst(new EntryDraft(session.By, LineOne(session, ground, id, opening, writer)));
            return writer;
        }
        catch (JournalException)
        {
            writer.Dispose();
            throw;
        }
    }

    private static SessionOpened LineOne(NewSession session, JournalGround ground, string id, SessionOpening opening, JournalWriter writer) => new()
    {
        Anchoring = session.Anchoring,
        Azure = session.Azure,
        Boot = ground.Machine.Boot,
        Clock = session.Clock,
        Console = session.Console,
        Embedded = session.Embedded,
        Environment = session.Environment,
        Host = ground.Machine.Label,
        Opening = opening.Digest,
        Organisation = session.Organisation,
        Previous = session.Previous,
        Session = id,
        SessionKey = writer.SessionKey.PublicKey.SpkiBase64,
        UpMs = writer.UpMs,
    };
}
