namespace Runbook.Journal;

/// <summary>One line, and the proof that it is in the journal.</summary>
/// <param name="Line">The line's bytes, with its line feed.</param>
/// <param name="Proof">The proof.</param>
public sealed record LineProof(ReadOnlyMemory<byte> Line, TlogProof Proof)
{
    internal static LineProof Make(IJournalDisk disk, SessionDirectory directory, long line)
    {
        if (disk.KindOf(directory.Checkpoint) != DiskEntryKind.File || DurableFiles.Read(disk, directory.Checkpoint, Limits.EnvelopeBytes) is not { } bytes || !SignedNote.TryParse(bytes, out var note))
            throw new SessionDirectoryException("The session has no checkpoint that a proof could lead to.");
        if (line < 1 || line > note!.Size) throw new SessionDirectoryException($"The checkpoint covers lines 1 to {note!.Size}, and not line {line}.");

        var leaves = new List<Digest>();
        byte[]? proved = null;
        using var file = disk.OpenRead(directory.Journal);
        var lines = new LineBuffer(file);
        while (leaves.Count < note.Size && lines.Next() && !lines.IsTooLong)
        {
            leaves.Add(MerkleProof.Leaf(lines.Line));
            if (leaves.Count == line) proved = [.. lines.Line, (byte)'\n'];
        }

        if (leaves.Count < note.Size || proved is null) throw new SessionDirectoryException("The journal is shorter than its checkpoint says.");
        var all = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(leaves);
        var path = MerkleProof.Inclusion((int)line - 1, all);
        if (!MerkleProof.IncludesLeaf(line - 1, note.Size, leaves[(int)line - 1], path.AsSpan(), note.Root)) throw new SessionDirectoryException("The journal is not the one that its checkpoint signs.");
        return new LineProof(proved, new TlogProof(line - 1, path, note));
    }
}
