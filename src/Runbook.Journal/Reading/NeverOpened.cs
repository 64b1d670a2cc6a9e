namespace Runbook.Journal;

/// <summary>Removes the directory of a session that never began.</summary>
internal static class NeverOpened
{
    private static readonly string[] Folders = [SessionDirectory.RunbookFolder, SessionDirectory.ApprovalsFolder, SessionDirectory.ArtifactsFolder, SessionDirectory.RecoveryFolder];

    private static readonly HashSet<string> Files = new(StringComparer.Ordinal)
    {
        SessionDirectory.LockName, SessionDirectory.AttributesName, SessionDirectory.JournalName, SessionDirectory.JournalName + DurableFiles.NewSuffix,
    };

    internal static void Remove(SessionDirectory directory, JournalGround ground)
    {
        var disk = ground.Disk;
        if (disk.KindOf(directory.Root) != DiskEntryKind.Folder) throw new SessionDirectoryException("There is no such session directory.");
        try
        {
            using (directory.TakeLock(disk, ground.Machine, ground.Time.GetUtcNow(), "removing what never began")) RemoveAll(disk, directory);
            disk.Delete(directory.Lock);
            disk.Delete(directory.Root);
            disk.SyncFolder(Path.GetDirectoryName(directory.Root)!);
        }
        catch (DiskException e)
        {
            throw new SessionDirectoryException($"The session's directory can't be removed ({e.Operation}: {e.ErrnoName}).", e);
        }
    }

    private static void RemoveAll(IJournalDisk disk, SessionDirectory directory)
    {
        var entries = disk.List(directory.Root, Limits.FolderFiles);
        RefuseIfBegun(disk, directory, entries);
        foreach (var folder in entries.Where(e => e.Kind == DiskEntryKind.Folder))
        {
            foreach (var tail in disk.List(directory.In(folder.Name), Limits.FolderFiles)) disk.Delete(directory.In(folder.Name, tail.Name));
            disk.Delete(directory.In(folder.Name));
        }

        foreach (var file in entries.Where(e => e.Kind == DiskEntryKind.File && e.Name != SessionDirectory.LockName)) disk.Delete(directory.In(file.Name));
        var opening = SessionOpening.FileOf(directory.Root);
        if (disk.KindOf(opening) == DiskEntryKind.File) disk.Delete(opening);
    }

    private static void RefuseIfBegun(IJournalDisk disk, SessionDirectory directory, IReadOnlyList<DiskEntry> entries)
    {
        if (entries.Any(e => e.Name == SessionDirectory.JournalName) && JournalTail.Read(disk, directory.Journal, _ => { }) is not { Head.Seq: 0, Kind: not TailKind.Tampered })
            throw new SessionDirectoryException("The session began: its journal has a first line.");
        foreach (var entry in entries)
        {
            var isOurs = entry.Kind == DiskEntryKind.File ? Files.Contains(entry.Name) : entry.Kind == DiskEntryKind.Folder && Folders.Contains(entry.Name, StringComparer.Ordinal);
            if (!isOurs) throw new SessionDirectoryException($"The session's directory holds \"{Inert.Text(entry.Name)}\", which is not ours.");
            if (entry.Kind != DiskEntryKind.Folder || entry.Name == SessionDirectory.RecoveryFolder) continue;
            if (disk.List(directory.In(entry.Name), Limits.FolderFiles).Count > 0) throw new SessionDirectoryException($"The folder \"{entry.Name}\" is not empty.");
        }
    }
}
