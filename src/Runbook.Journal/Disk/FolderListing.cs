using System.Security;

namespace Runbook.Journal;

/// <summary>Lists a folder in an order that does not depend on the file system.</summary>
internal static class FolderListing
{
    internal static IReadOnlyList<DiskEntry> Of(string folder, int entriesMax, Func<string, (DiskEntryKind Kind, long Bytes)> stat)
    {
        var entries = new List<DiskEntry>();
        try
        {
            foreach (var path in Directory.EnumerateFileSystemEntries(folder))
            {
                if (entries.Count == entriesMax) throw new DiskException("readdir", folder, Errno.Einval);
                var (kind, bytes) = stat(path);
                entries.Add(new DiskEntry(Path.GetFileName(path), kind, bytes));
            }
        }
        catch (Exception e) when (e is DirectoryNotFoundException or IOException or UnauthorizedAccessException or SecurityException)
        {
            throw new DiskException("readdir", folder, e is DirectoryNotFoundException ? Errno.Enoent : e is UnauthorizedAccessException ? Errno.Eacces : Errno.Eio);
        }

        entries.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return entries;
    }
}
