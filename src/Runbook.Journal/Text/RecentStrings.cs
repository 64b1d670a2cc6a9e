using System.Text;

namespace Runbook.Journal;

/// <summary>
/// Remembers short texts that come again and again (who, which step, which action), so that reading a long journal does
/// not make each of them anew. A small table of fixed size: what is forgotten is made again.
/// </summary>
internal sealed class RecentStrings
{
    private const int Slots = 512;
    private const int BytesMax = 48;

    private readonly string?[] _texts = new string?[Slots];

    internal string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > BytesMax) return Encoding.UTF8.GetString(utf8);
        var slot = SlotOf(utf8);
        if (_texts[slot] is { } known && IsSame(known, utf8)) return known;
        return _texts[slot] = Encoding.UTF8.GetString(utf8);
    }

    private static int SlotOf(ReadOnlySpan<byte> utf8)
    {
        unchecked
        {
            var hash = 2166136261u;
            foreach (var b in utf8) hash = (hash ^ b) * 16777619u;
            return (int)(hash % Slots);
        }
    }

    // Only ASCII compares byte by character; anything else is simply made again.
    private static bool IsSame(string text, ReadOnlySpan<byte> utf8) => text.Length == utf8.Length && Ascii.Equals(utf8, text);
}
