using System.Collections.Immutable;
using System.Numerics;

namespace Runbook.Journal;

/// <summary>Proofs about the Merkle tree: that a line is in it, that a later tree extends an earlier one.</summary>
/// <remarks>RFC 6962 §2.1.1 and §2.1.2 to make them, the loops of RFC 9162 §2.1.3.2 and §2.1.4.2 to check them. Indexes
/// count from 0: a line's <c>seq</c> - 1.</remarks>
public static class MerkleProof
{
    /// <summary>The leaf hash of a line.</summary>
    /// <param name="line">The line without its line feed.</param>
    public static Digest Leaf(ReadOnlySpan<byte> line) => Digest.Of([0, .. line]);

    /// <summary>The hash over two subtrees.</summary>
    /// <param name="left">Root of the left one.</param>
    /// <param name="right">Root of the right one.</param>
    public static Digest Node(Digest left, Digest right)
    {
        Span<byte> node = stackalloc byte[2 * Digest.Length + 1];
        node[0] = 1;
        left.CopyTo(node[1..]);
        right.CopyTo(node[(Digest.Length + 1)..]);
        return Digest.Of(node);
    }

    /// <summary>The root over leaves.</summary>
    /// <param name="leaves">Leaf hashes, in order.</param>
    public static Digest Root(ReadOnlySpan<Digest> leaves)
    {
        if (leaves.IsEmpty) return Digest.Of([]);
        if (leaves.Length == 1) return leaves[0];
        var left = Split(leaves.Length);
        return Node(Root(leaves[..left]), Root(leaves[left..]));
    }

    /// <summary>The path that shows a leaf to be in a tree.</summary>
    /// <param name="index">The leaf's index.</param>
    /// <param name="leaves">All leaf hashes of the tree.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such leaf.</exception>
    public static ImmutableArray<Digest> Inclusion(int index, ReadOnlySpan<Digest> leaves)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, leaves.Length);
        if (leaves.Length == 1) return [];
        var left = Split(leaves.Length);
        return index < left
            ? Inclusion(index, leaves[..left]).Add(Root(leaves[left..]))
            : Inclusion(index - left, leaves[left..]).Add(Root(leaves[..left]));
    }

    /// <summary>The path that shows a tree to extend a smaller one.</summary>
    /// <param name="size">Leaves of the smaller tree, from 1 to one less than there are.</param>
    /// <param name="leaves">All leaf hashes of the larger tree.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such smaller tree.</exception>
    public static ImmutableArray<Digest> Consistency(int size, ReadOnlySpan<Digest> leaves)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(size, leaves.Length);
        return SubProof(size, leaves, whole: true);
    }

    /// <summary>Checks an inclusion proof.</summary>
    /// <param name="index">The leaf's index.</param>
    /// <param name="size">Leaves of the tree.</param>
    /// <param name="leaf">The leaf hash.</param>
    /// <param name="path">The path.</param>
    /// <param name="root">The tree's root.</param>
    /// <returns>Whether the leaf is in the tree at that index.</returns>
    public static bool IncludesLeaf(long index, long size, Digest leaf, ReadOnlySpan<Digest> path, Digest root)
    {
        if (index < 0 || index >= size) return false;
        var (fn, sn, r) = (index, size - 1, leaf);
        foreach (var p in path)
        {
            if (sn == 0) return false;
            if ((fn & 1) == 1 || fn == sn)
            {
                r = Node(p, r);
                for (; (fn & 1) == 0 && fn != 0; fn >>= 1) sn >>= 1;
            }
            else
            {
                r = Node(r, p);
            }

            fn >>= 1;
            sn >>= 1;
        }

        return sn == 0 && r == root;
    }

    /// <summary>Checks a consistency proof.</summary>
    /// <param name="size">Leaves of the smaller tree.</param>
    /// <param name="root">Its root.</param>
    /// <param name="laterSize">Leaves of the larger tree.</param>
    /// <param name="laterRoot">Its root.</param>
    /// <param name="path">The path.</param>
    /// <returns>Whether the larger tree begins with the smaller one.</returns>
    public static bool Extends(long size, Digest root, long laterSize, Digest laterRoot, ReadOnlySpan<Digest> path)
    {
        if (size <= 0 || size >= laterSize) return false;
        Digest[] full = BitOperations.IsPow2(size) ? [root, .. path] : [.. path];
        if (full.Length == 0) return false;

        var (fn, sn) = (size - 1, laterSize - 1);
        for (; (fn & 1) == 1; fn >>= 1) sn >>= 1;
        var (fr, sr) = (full[0], full[0]);
        foreach (var c in full.AsSpan(1))
        {
            if (sn == 0) return false;
            if ((fn & 1) == 1 || fn == sn)
            {
                fr = Node(c, fr);
                sr = Node(c, sr);
                for (; (fn & 1) == 0 && fn != 0; fn >>= 1) sn >>= 1;
            }
            else
            {
                sr = Node(sr, c);
            }

            fn >>= 1;
            sn >>= 1;
        }

        return sn == 0 && fr == root && sr == laterRoot;
    }

    // The largest power of two below n.
    private static int Split(int n) => 1 << (BitOperations.Log2((uint)n - 1));

    private static ImmutableArray<Digest> SubProof(int size, ReadOnlySpan<Digest> leaves, bool whole)
    {
        if (size == leaves.Length) return whole ? [] : [Root(leaves)];
        var left = Split(leaves.Length);
        return size <= left
            ? SubProof(size, leaves[..left], whole).Add(Root(leaves[left..]))
            : SubProof(size - left, leaves[left..], whole: false).Add(Root(leaves[..left]));
    }
}
