using System.Numerics;

namespace Runbook.Language.Checking;

/// <summary>
/// Reads and changes a state of the product as words: the first holds the place, how it was entered and what cut each open
/// frame's scopes short; the rest are the set of armed faults and leases, a bit each.
/// </summary>
internal static class ProductWords
{
    private const int PlaceBits = 24;
    private const int CutsAt = PlaceBits + 2;
    private const ulong PlaceMask = (1UL << PlaceBits) - 1;

    public static int Place(ulong control) => (int)(control & PlaceMask);

    /// <summary>
    /// For a revert how it was entered, a <see cref="ProductCut"/>; for a call 0 before it, then 1 plus the end that the called
    /// runbook came to (0 completed, 1 failed, 2 aborted).
    /// </summary>
    public static int Mode(ulong control) => (int)(control >> PlaceBits) & 3;

    public static int Cut(ulong control, int depth) => (int)(control >> (CutsAt + (2 * depth))) & 3;

    public static ulong With(ulong control, int place, int mode) =>
        (control & ~((1UL << CutsAt) - 1)) | (uint)place | ((ulong)(uint)mode << PlaceBits);

    /// <summary>Only the first cause counts.</summary>
    public static ulong WithCut(ulong control, int depth, int cause) =>
        Cut(control, depth) != ProductCut.None ? control : control | ((ulong)(uint)cause << (CutsAt + (2 * depth)));

    public static ulong WithoutCut(ulong control, int depth) => control & ~(3UL << (CutsAt + (2 * depth)));

    public static bool IsArmed(ReadOnlySpan<ulong> words, int opening) => (words[1 + (opening >> 6)] >> (opening & 63) & 1) != 0;

    public static void Arm(Span<ulong> words, int opening) => words[1 + (opening >> 6)] |= 1UL << (opening & 63);

    public static void Lift(Span<ulong> words, int opening) => words[1 + (opening >> 6)] &= ~(1UL << (opening & 63));

    public static bool AnyArmed(ReadOnlySpan<ulong> words) => words[1..].ContainsAnyExcept(0UL);

    /// <summary>The next armed one from a number on, or -1.</summary>
    public static int NextArmed(ReadOnlySpan<ulong> words, int from) => NextBit(words[1..], from);

    public static int NextBit(ReadOnlySpan<ulong> set, int from)
    {
        for (var at = from >> 6; at < set.Length; at++)
        {
            var rest = at == from >> 6 ? set[at] >> (from & 63) << (from & 63) : set[at];
            if (rest != 0) return (at << 6) + BitOperations.TrailingZeroCount(rest);
        }

        return -1;
    }
}

/// <summary>Every state that was met, numbered in the order of meeting: words side by side, and a hash table over them.</summary>
internal sealed class ProductStates(int stride)
{
    private ulong[] _words = new ulong[256 * stride];
    private int[] _slots = new int[512];

    public int Count { get; private set; }

    public int Stride => stride;

    public ReadOnlySpan<ulong> this[int state] => _words.AsSpan(state * stride, stride);

    public ulong Control(int state) => _words[state * stride];

    /// <summary>The number of a state, and whether it is new.</summary>
    public int Add(ReadOnlySpan<ulong> words, out bool isNew)
    {
        if (Count * 2 >= _slots.Length) Grow();
        var slot = Hash(words) & (_slots.Length - 1);
        while (_slots[slot] != 0)
        {
            if (this[_slots[slot] - 1].SequenceEqual(words))
            {
                isNew = false;
                return _slots[slot] - 1;
            }

            slot = (slot + 1) & (_slots.Length - 1);
        }

        if ((Count + 1) * stride > _words.Length) Array.Resize(ref _words, _words.Length * 2);
        words.CopyTo(_words.AsSpan(Count * stride));
        _slots[slot] = ++Count;
        isNew = true;
        return Count - 1;
    }

    private void Grow()
    {
        _slots = new int[_slots.Length * 2];
        for (var state = 0; state < Count; state++)
        {
            var slot = Hash(this[state]) & (_slots.Length - 1);
            while (_slots[slot] != 0) slot = (slot + 1) & (_slots.Length - 1);
            _slots[slot] = state + 1;
        }
    }

    // A multiplicative mix of each word; the table is a power of two, so the high bits are folded down.
    private static int Hash(ReadOnlySpan<ulong> words)
    {
        var hash = 0UL;
        foreach (var word in words)
        {
            hash = unchecked((BitOperations.RotateLeft(hash, 23) ^ word) * 0x9E3779B97F4A7C15UL);
        }

        hash ^= hash >> 32;
        return (int)(hash & int.MaxValue);
    }
}
