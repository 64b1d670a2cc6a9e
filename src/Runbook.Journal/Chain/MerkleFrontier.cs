using System.Security.Cryptography;

namespace Runbook.Journal;

/// <summary>
/// The Merkle tree over a journal's lines, as far as it takes to go on: one hash for each set bit of the number of lines.
/// </summary>
/// <remarks>RFC 6962 §2.1: a leaf is SHA-256 of 0x00 and the line without its line feed, a node of 0x01 and its two
/// children. Adding costs two hashes on average, the root at most twenty.</remarks>
public sealed class MerkleFrontier
{
    private readonly byte[] _stack = new byte[64 * Digest.Length];
    private readonly byte[] _node = new byte[2 * Digest.Length + 1];
    private byte[] _leaf = new byte[1024];
    private int _top;

    /// <summary>An empty tree.</summary>
    public MerkleFrontier() => _node[0] = 1;

    /// <summary>Number of lines.</summary>
    public long Size { get; private set; }

    /// <summary>Adds a line.</summary>
    /// <param name="line">The line without its line feed, at most <see cref="Limits.LineBytes"/>.</param>
    /// <returns>Its leaf hash.</returns>
    public Digest Add(ReadOnlySpan<byte> line)
    {
        if (line.Length >= _leaf.Length) _leaf = new byte[Math.Max(line.Length + 1, Math.Min(2 * _leaf.Length, Limits.LineBytes + 1))];
        line.CopyTo(_leaf.AsSpan(1));
        var slot = _stack.AsSpan(_top * Digest.Length, Digest.Length);
        SHA256.HashData(_leaf.AsSpan(0, line.Length + 1), slot);
        var leaf = new Digest(slot);
        _top++;
        for (var carry = Size++; (carry & 1) == 1; carry >>= 1) Join();
        return leaf;
    }

    /// <summary>The root over all lines added so far; of no lines, SHA-256 of nothing.</summary>
    public Digest Root()
    {
        if (_top == 0) return Digest.Of([]);
        Span<byte> root = stackalloc byte[Digest.Length];
        Span<byte> node = stackalloc byte[2 * Digest.Length + 1];
        node[0] = 1;
        _stack.AsSpan((_top - 1) * Digest.Length, Digest.Length).CopyTo(root);
        for (var i = _top - 2; i >= 0; i--)
        {
            _stack.AsSpan(i * Digest.Length, Digest.Length).CopyTo(node[1..]);
            root.CopyTo(node[(Digest.Length + 1)..]);
            SHA256.HashData(node, root);
        }

        return new Digest(root);
    }

    private void Join()
    {
        var pair = _stack.AsSpan((_top - 2) * Digest.Length, 2 * Digest.Length);
        pair.CopyTo(_node.AsSpan(1));
        SHA256.HashData(_node, pair[..Digest.Length]);
        _top--;
    }
}
