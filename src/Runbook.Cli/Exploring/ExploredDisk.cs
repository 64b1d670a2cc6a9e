using Runbook.Journal;

namespace Runbook.Cli.Exploring;

/// <summary>The disk of an explored machine, in memory: what processes wrote outlives them, their locks don't.</summary>
/// <remarks>One thing happens at a time in an explored run, so it needs no lock of its own.</remarks>
internal sealed class ExploredDisk
{
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal) { ["/"] = new Node(DiskEntryKind.Folder) };
    private readonly Dictionary<string, (ExploredProcess Holder, string Text)> _locks = new(StringComparer.Ordinal);

    /// <summary>Makes a folder that is there before anything begins.</summary>
    public void Make(string folder) => _nodes[folder] = new Node(DiskEntryKind.Folder);

    /// <summary>The disk as a process sees it.</summary>
    public IJournalDisk For(ExploredProcess process) => new View(this, process);

    /// <summary>Gives back what a process held: it is gone.</summary>
    public void Release(ExploredProcess process)
    {
        foreach (var path in _locks.Where(l => l.Value.Holder == process).Select(l => l.Key).ToList()) _locks.Remove(path);
    }

    /// <summary>Copies what lies in a folder to a folder of the real disk.</summary>
    public void CopyTo(string folder, string target)
    {
        foreach (var (path, node) in _nodes.Where(n => n.Key.StartsWith(folder + "/", StringComparison.Ordinal) && n.Value.Kind == DiskEntryKind.File))
        {
            var copy = Path.Combine(target, path[(folder.Length + 1)..]);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.WriteAllBytes(copy, node.Bytes.AsSpan(0, node.Length));
        }
    }

    /// <summary>How much of a file is on stable storage; 0 where there is none.</summary>
    public long SyncedLength(string path) => _nodes.TryGetValue(path, out var node) ? node.Synced : 0;

    /// <summary>How long a file is; 0 where there is none.</summary>
    public long LengthOf(string path) => _nodes.TryGetValue(path, out var node) ? node.Length : 0;

    private sealed class Node(DiskEntryKind kind)
    {
        public DiskEntryKind Kind => kind;

        public byte[] Bytes { get; private set; } = [];

        public int Length { get; private set; }

        public int Synced { get; private set; }

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            var end = (int)offset + bytes.Length;
            if (end > Bytes.Length)
            {
                var grown = new byte[Math.Max(end, Bytes.Length * 2)];
                Bytes.AsSpan(0, Length).CopyTo(grown);
                Bytes = grown;
            }

            bytes.CopyTo(Bytes.AsSpan((int)offset));
            Length = Math.Max(Length, end);
        }

        public void Sync() => Synced = Length;
    }

    private sealed class View(ExploredDisk disk, ExploredProcess process) : IJournalDisk
    {
        public DiskEntryKind KindOf(string path)
        {
            process.Alive();
            return disk._nodes.TryGetValue(path, out var node) ? node.Kind : DiskEntryKind.Missing;
        }

        public IReadOnlyList<DiskEntry> List(string folder, int entriesMax)
        {
            process.Alive();
            if (KindOf(folder) != DiskEntryKind.Folder) throw new DiskException("readdir", folder, Errno.Enoent);
            var beginning = folder.EndsWith('/') ? folder : folder + "/";
            var entries = disk._nodes
                .Where(n => n.Key.Length > beginning.Length && n.Key.StartsWith(beginning, StringComparison.Ordinal) && n.Key.IndexOf('/', beginning.Length) < 0)
                .Select(n => new DiskEntry(n.Key[beginning.Length..], n.Value.Kind, n.Value.Length))
                .OrderBy(e => e.Name, StringComparer.Ordinal)
                .ToList();
            return entries.Count <= entriesMax ? entries : throw new DiskException("readdir", folder, Errno.Einval);
        }

        public void CreateFolder(string path)
        {
            RequireNew("mkdir", path);
            process.OnDisk("mkdir", path, () => disk._nodes[path] = new Node(DiskEntryKind.Folder), null);
        }

        public IDiskFile CreateNew(string path)
        {
            RequireNew("open", path);
            var node = new Node(DiskEntryKind.File);
            process.OnDisk("open", path, () => disk._nodes[path] = node, null);
            return new OpenFile(process, node, path);
        }

        public IDiskFile OpenWrite(string path) => new OpenFile(process, FileAt(path), path);

        public IDiskFile OpenRead(string path) => new OpenFile(process, FileAt(path), path);

        public void Rename(string from, string to)
        {
            var node = FileAt(from);
            process.OnDisk(
                "rename",
                from,
                () =>
                {
                    disk._nodes.Remove(from);
                    disk._nodes[to] = node;
                },
                null);
        }

        public void Delete(string path)
        {
            if (KindOf(path) == DiskEntryKind.Missing) throw new DiskException("unlink", path, Errno.Enoent);
            process.OnDisk("unlink", path, () => disk._nodes.Remove(path), null);
        }

        public bool SyncFolder(string folder)
        {
            process.OnDisk("fsync", folder, static () => { }, null);
            return true;
        }

        public void MakeReadOnly(string path) => process.OnDisk("chmod", path, static () => { }, null);

        public IDisposable? TryLock(string path, ReadOnlySpan<byte> holder, out string heldBy)
        {
            process.Alive();
            heldBy = "";
            if (disk._locks.TryGetValue(path, out var held))
            {
                heldBy = held.Text;
                return null;
            }

            disk._nodes.TryAdd(path, new Node(DiskEntryKind.File));
            disk._locks[path] = (process, System.Text.Encoding.UTF8.GetString(holder));
            return new HeldLock(disk, path, process);
        }

        public string FileSystemOf(string path) => "ext4";

        public long FreeBytes(string path) => long.MaxValue;

        private Node FileAt(string path)
        {
            process.Alive();
            return disk._nodes.TryGetValue(path, out var node) && node.Kind == DiskEntryKind.File ? node : throw new DiskException("open", path, Errno.Enoent);
        }

        private void RequireNew(string operation, string path)
        {
            process.Alive();
            if (disk._nodes.ContainsKey(path)) throw new DiskException(operation, path, Errno.Eexist);
            if (KindOf(Path.GetDirectoryName(path)!) != DiskEntryKind.Folder) throw new DiskException(operation, path, Errno.Enoent);
        }
    }

    private sealed class OpenFile(ExploredProcess process, Node node, string path) : IDiskFile
    {
        public long Length => node.Length;

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            var copy = bytes.ToArray();
            process.OnDisk("pwrite", path, () => node.Write(copy, offset), () => node.Write(copy.AsSpan(0, copy.Length / 2), offset));
        }

        public void Sync() => process.OnDisk("fsync", path, node.Sync, null);

        public int Read(Span<byte> into, long offset)
        {
            process.Alive();
            if (offset >= node.Length) return 0;
            var count = Math.Min(node.Length - (int)offset, into.Length);
            node.Bytes.AsSpan((int)offset, count).CopyTo(into);
            return count;
        }

        public void Dispose()
        {
        }
    }

    private sealed class HeldLock(ExploredDisk disk, string path, ExploredProcess holder) : IDisposable
    {
        public void Dispose()
        {
            if (disk._locks.TryGetValue(path, out var held) && held.Holder == holder) disk._locks.Remove(path);
        }
    }
}
