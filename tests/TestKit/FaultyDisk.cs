using System.Text;
using Runbook.Journal;

namespace Runbook.TestKit;

/// <summary>
/// A disk in memory that knows what is cached and what is on stable storage, counts every operation that changes
/// something, and at a chosen one fails, tears, or kills the process.
/// </summary>
/// <remarks>Not for two threads at once. Paths are those of Unix.</remarks>
public sealed class FaultyDisk : IJournalDisk
{
    private readonly MemoryNode _root;
    private readonly HashSet<string> _locks = new(StringComparer.Ordinal);
    private readonly List<string> _log = [];
    private readonly int _failAt;
    private readonly DiskFault _fault;
    private readonly int _errno;
    private readonly Random _chance;
    private bool _isDead;

    /// <summary>A disk that is empty apart from <c>/</c>.</summary>
    /// <param name="failAt">The operation at which the fault happens, from 1; 0 for never.</param>
    /// <param name="fault">What happens there.</param>
    /// <param name="errno">With which error number, where it fails.</param>
    public FaultyDisk(int failAt = 0, DiskFault fault = DiskFault.Error, int errno = Journal.Errno.Eio)
        : this(NewRoot(), failAt, fault, errno) { }

    private FaultyDisk(MemoryNode root, int failAt, DiskFault fault, int errno)
        => (_root, _failAt, _fault, _errno, _chance) = (root, failAt, fault, errno, new Random(failAt));

    /// <summary>Whether the fault has happened.</summary>
    public bool Fired { get; private set; }

    /// <summary>Operations so far that changed something, or would have.</summary>
    public int Operations => _log.Count;

    /// <summary>Those operations, each a word and a path.</summary>
    public IReadOnlyList<string> Log => _log;

    /// <summary>The type that <see cref="FileSystemOf"/> gives.</summary>
    public string FileSystem { get; init; } = "ext4";

    /// <summary>What <see cref="FreeBytes"/> gives.</summary>
    public long Free { get; set; } = long.MaxValue;

    /// <summary>A healthy disk with what is left when the process is gone and the machine runs on: everything written.</summary>
    /// <param name="failAt">The next fault's operation; 0 for never.</param>
    /// <param name="fault">What happens there.</param>
    public FaultyDisk AfterKill(int failAt = 0, DiskFault fault = DiskFault.Error) => new(_root.AfterKill([]), failAt, fault, _errno);

    /// <summary>A healthy disk with what is left when the power is gone: unsynced bytes kept, dropped or torn, unsynced names kept or dropped.</summary>
    /// <param name="seed">Decides which.</param>
    public FaultyDisk AfterPowerLoss(int seed) => new(_root.AfterPowerLoss(new Random(seed), []), 0, DiskFault.Error, _errno);

    /// <summary>The content of a file.</summary>
    /// <param name="path">The file.</param>
    public byte[] ReadFile(string path) => Find(path)?.Bytes ?? throw new DiskException("open", path, 2);

    /// <summary>Puts a file there, durable, making folders as needed: what a test needs to exist, or an attacker does.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bytes">Its content.</param>
    public void PutFile(string path, ReadOnlySpan<byte> bytes)
    {
        var folder = _root;
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        foreach (var part in parts[..^1])
        {
            if (!folder.Names.TryGetValue(part, out var next)) folder.ChangeNames(n => n[part] = next = new MemoryNode(DiskEntryKind.Folder));
            folder.SyncNames();
            folder = folder.Names[part];
        }

        var node = new MemoryNode(DiskEntryKind.File);
        node.Replace(bytes.ToArray());
        folder.ChangeNames(n => n[parts[^1]] = node);
        folder.SyncNames();
    }

    /// <summary>Takes a file or folder away, durably.</summary>
    /// <param name="path">What.</param>
    public void Remove(string path)
    {
        var (folder, name) = ParentOf(path);
        folder.ChangeNames(n => n.Remove(name));
        folder.SyncNames();
    }

    /// <summary>Puts something that is neither file nor folder there.</summary>
    /// <param name="path">Where.</param>
    /// <param name="kind">What.</param>
    public void PutOther(string path, DiskEntryKind kind)
    {
        var (folder, name) = ParentOf(path);
        folder.ChangeNames(n => n[name] = new MemoryNode(kind));
        folder.SyncNames();
    }

    /// <summary>All files with their contents, by path.</summary>
    public IReadOnlyDictionary<string, byte[]> Files()
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        Collect(_root, "", files);
        return files;
    }

    /// <inheritdoc/>
    public DiskEntryKind KindOf(string path) => Find(path)?.Kind ?? DiskEntryKind.Missing;

    /// <inheritdoc/>
    public IReadOnlyList<DiskEntry> List(string folder, int entriesMax)
    {
        if (Find(folder) is not { Kind: DiskEntryKind.Folder } node) throw new DiskException("readdir", folder, 2);
        if (node.Names.Count > entriesMax) throw new DiskException("readdir", folder, 22);
        return [.. node.Names.Select(p => new DiskEntry(p.Key, p.Value.Kind, p.Value.Bytes.Length))];
    }

    /// <inheritdoc/>
    public void CreateFolder(string path)
    {
        var (folder, name) = ParentOf(path);
        if (folder.Names.ContainsKey(name)) throw new DiskException("mkdir", path, 17);
        Do("mkdir", path, () => folder.ChangeNames(n => n[name] = new MemoryNode(DiskEntryKind.Folder)));
    }

    /// <inheritdoc/>
    public IDiskFile CreateNew(string path)
    {
        var (folder, name) = ParentOf(path);
        if (folder.Names.ContainsKey(name)) throw new DiskException("open", path, 17);
        var node = new MemoryNode(DiskEntryKind.File);
        Do("create", path, () => folder.ChangeNames(n => n[name] = node));
        return new OpenFile(this, node, path);
    }

    /// <inheritdoc/>
    public IDiskFile OpenWrite(string path) => OpenExisting(path);

    /// <inheritdoc/>
    public IDiskFile OpenRead(string path) => OpenExisting(path);

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        var (source, oldName) = ParentOf(from);
        var (target, newName) = ParentOf(to);
        if (!source.Names.TryGetValue(oldName, out var node)) throw new DiskException("rename", from, 2);
        if (!ReferenceEquals(source, target)) throw new DiskException("rename", to, 18);
        Do("rename", to, () => source.ChangeNames(n =>
        {
            n.Remove(oldName);
            n[newName] = node;
        }));
    }

    /// <inheritdoc/>
    public void Delete(string path)
    {
        var (folder, name) = ParentOf(path);
        if (!folder.Names.TryGetValue(name, out var node)) throw new DiskException("remove", path, 2);
        if (node.Names.Count > 0) throw new DiskException("remove", path, 39);
        Do("remove", path, () => folder.ChangeNames(n => n.Remove(name)));
    }

    /// <inheritdoc/>
    public bool SyncFolder(string folder)
    {
        var node = Find(folder) ?? throw new DiskException("open", folder, 2);
        Do("syncdir", folder, node.SyncNames);
        return true;
    }

    /// <inheritdoc/>
    public void MakeReadOnly(string path)
    {
        var node = Find(path) ?? throw new DiskException("chmod", path, 2);
        Do("chmod", path, () => node.IsReadOnly = true);
    }

    /// <summary>Whether a file was made read-only.</summary>
    /// <param name="path">The file.</param>
    public bool IsReadOnly(string path) => Find(path)!.IsReadOnly;

    /// <inheritdoc/>
    public IDisposable? TryLock(string path, ReadOnlySpan<byte> holder, out string heldBy)
    {
        heldBy = "";
        if (Find(path) is null) CreateNew(path).Dispose();
        if (!_locks.Add(path))
        {
            heldBy = Encoding.UTF8.GetString(ReadFile(path)).Trim();
            return null;
        }

        Find(path)!.Replace(holder.ToArray());
        return new HeldLock(this, path);
    }

    /// <inheritdoc/>
    public string FileSystemOf(string path) => FileSystem;

    /// <inheritdoc/>
    public long FreeBytes(string path) => Free;

    private static MemoryNode NewRoot() => new(DiskEntryKind.Folder);

    private static void Collect(MemoryNode folder, string path, SortedDictionary<string, byte[]> files)
    {
        foreach (var (name, node) in folder.Names)
        {
            if (node.Kind == DiskEntryKind.File) files.Add(path + "/" + name, node.Bytes);
            else Collect(node, path + "/" + name, files);
        }
    }

    private OpenFile OpenExisting(string path)
    {
        DieIfDead();
        return Find(path) switch
        {
            { Kind: DiskEntryKind.File } node => new OpenFile(this, node, path),
            null => throw new DiskException("open", path, 2),
            _ => throw new DiskException("open", path, 22),
        };
    }

    private MemoryNode? Find(string path)
    {
        DieIfDead();
        var node = _root;
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            if (!node.Names.TryGetValue(part, out node!))
                return null;
        return node;
    }

    private (MemoryNode Folder, string Name) ParentOf(string path)
    {
        var folder = Find(Path.GetDirectoryName(path) ?? "/");
        return folder is { Kind: DiskEntryKind.Folder } ? (folder, Path.GetFileName(path)) : throw new DiskException("open", path, 2);
    }

    private void DieIfDead()
    {
        if (_isDead) throw new ProcessKilledException();
    }

    private void Do(string operation, string path, Action whole) => Do(operation, path, whole, () => { });

    private void Do(string operation, string path, Action whole, Action part)
    {
        DieIfDead();
        _log.Add($"{operation} {path}");
        if (_log.Count != _failAt)
        {
            whole();
            return;
        }

        Fired = true;
        _isDead = _fault is DiskFault.KillBefore or DiskFault.KillAfter or DiskFault.KillInside;
        if (_fault == DiskFault.KillAfter) whole();
        if (_fault is DiskFault.KillInside or DiskFault.PartialThenError) part();
        throw _isDead ? new ProcessKilledException() : new DiskException(operation, path, _errno);
    }

    private sealed class OpenFile(FaultyDisk disk, MemoryNode node, string path) : IDiskFile
    {
        public long Length => node.Bytes.Length;

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            var copy = bytes.ToArray();
            disk.Do("write", path, () => node.Write(copy, offset), () => node.Write(copy.AsSpan(0, disk._chance.Next(copy.Length)), offset));
        }

        public void Sync() => disk.Do("fsync", path, node.Sync);

        public int Read(Span<byte> into, long offset)
        {
            disk.DieIfDead();
            var rest = offset >= node.Bytes.Length ? default : node.Bytes.AsSpan((int)offset);
            var count = Math.Min(rest.Length, into.Length);
            rest[..count].CopyTo(into);
            return count;
        }

        public void Dispose() { }
    }

    private sealed class HeldLock(FaultyDisk disk, string path) : IDisposable
    {
        public void Dispose() => disk._locks.Remove(path);
    }
}
