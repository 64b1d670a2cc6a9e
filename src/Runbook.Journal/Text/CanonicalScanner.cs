using System.Buffers;
using System.Text;

namespace Runbook.Journal;

/// <summary>Where and why bytes leave the language of <see cref="CanonicalScanner"/>.</summary>
/// <param name="Reason"><see cref="Reason.None"/> where they do not.</param>
/// <param name="At">Offset of the first byte that does not belong, from 0; the length of the bytes where they end too early.</param>
public readonly record struct CanonicalFinding(Reason Reason, int At)
{
    /// <summary>Whether the bytes are canonical.</summary>
    public bool Holds => Reason == Reason.None;
}

/// <summary>
/// Accepts exactly the canonical bytes of the part of JSON that a journal uses.
/// </summary>
/// <remarks>
/// Each value of that part has one spelling (RFC 8785), so the canonical texts are a language of their own, and one pass
/// decides: nothing is parsed into a tree, sorted or written again. That member names ascend strictly is order and
/// uniqueness in one comparison; names are ASCII, where byte order and UTF-16 order agree. Grammar:
/// docs/journal-format.md §3. Takes no memory; nesting is bounded by <see cref="Limits.Depth"/>.
/// </remarks>
public static class CanonicalScanner
{
    /// <summary>Scans one value.</summary>
    /// <param name="bytes">The whole text, without a line feed.</param>
    /// <returns>The first thing that is wrong, or that nothing is. Never throws, whatever the bytes.</returns>
    public static CanonicalFinding Scan(ReadOnlySpan<byte> bytes)
    {
        var scan = new Scanning(bytes);
        return scan.Run();
    }

    private ref struct Scanning(ReadOnlySpan<byte> bytes)
    {
        // Printable ASCII without the quotation mark and the backslash: runs of it are skipped at vector speed.
        private static readonly SearchValues<byte> Plain =
            SearchValues.Create([.. Enumerable.Range(0x20, 0x5F).Select(b => (byte)b).Where(b => b is not ((byte)'"' or (byte)'\\'))]);

        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private int _at;
        private Reason _reason;

        internal CanonicalFinding Run()
        {
            if (Value(0) && _at < _bytes.Length) Fail(IsWhite(_bytes[_at]) ? Reason.NotCanonical : Reason.NotJson);
            return new CanonicalFinding(_reason, _at);
        }

        private bool Fail(Reason reason)
        {
            if (_reason == Reason.None) _reason = reason;
            return false;
        }

        // What a JSON reader would have skipped is a matter of spelling; anything else is no JSON.
        private bool Unexpected()
        {
            if (_at >= _bytes.Length) return Fail(Reason.NotJson);
            if (_bytes[_at] == 0) return Fail(Reason.Nul);
            return Fail(IsWhite(_bytes[_at]) ? Reason.NotCanonical : Reason.NotJson);
        }

        private static bool IsWhite(byte b) => b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';

        private bool Value(int depth)
        {
            if (depth > Limits.Depth) return Fail(Reason.TooDeep);
            if (_at >= _bytes.Length) return Fail(Reason.NotJson);
            return _bytes[_at] switch
            {
                (byte)'{' => Object(depth),
                (byte)'[' => Array(depth),
                (byte)'"' => String(),
                (byte)'t' => Word("true"u8),
                (byte)'f' => Word("false"u8),
                (byte)'n' => Word("null"u8),
                (byte)'-' or (>= (byte)'0' and <= (byte)'9') => Number(),
                _ => Unexpected(),
            };
        }

        private bool Word(ReadOnlySpan<byte> word)
        {
            if (!_bytes[_at..].StartsWith(word)) return Fail(Reason.NotJson);
            _at += word.Length;
            return true;
        }

        private bool Number()
        {
            var start = _at;
            if (_bytes[_at] == '-') _at++;
            var first = _at;
            while (_at < _bytes.Length && char.IsAsciiDigit((char)_bytes[_at])) _at++;
            var digits = _at - first;
            if (digits == 0) return Fail(Reason.NotJson);
            if (_bytes[first] == '0' && (digits > 1 || first > start)) return FailAt(start, digits > 1 ? Reason.NotJson : Reason.NotCanonical);
            if (_at < _bytes.Length && _bytes[_at] is (byte)'.' or (byte)'e' or (byte)'E') return FailAt(start, Reason.OutsideSubset);
            if (digits > 16) return FailAt(start, Reason.OutsideSubset);

            long value = 0;
            foreach (var b in _bytes[first.._at]) value = value * 10 + (b - '0');
            return value <= Limits.IntegerMax || FailAt(start, Reason.OutsideSubset);
        }

        private bool FailAt(int at, Reason reason)
        {
            _at = at;
            return Fail(reason);
        }

        private bool Object(int depth)
        {
            _at++;
            if (Next() == '}') return Skip();
            ReadOnlySpan<byte> last = default;
            for (var first = true; ; first = false)
            {
                var start = _at;
                if (Next() != '"') return Unexpected();
                if (!Name(out var name)) return false;
                var order = first ? 1 : name.SequenceCompareTo(last);
                if (order <= 0) return FailAt(start, order == 0 ? Reason.DuplicateName : Reason.NotCanonical);
                last = name;
                if (Next() != ':') return Unexpected();
                _at++;
                if (!Value(depth + 1)) return false;
                if (Next() == '}') return Skip();
                if (Next() != ',') return Unexpected();
                _at++;
            }
        }

        private bool Array(int depth)
        {
            _at++;
            if (Next() == ']') return Skip();
            for (; ; )
            {
                if (!Value(depth + 1)) return false;
                if (Next() == ']') return Skip();
                if (Next() != ',') return Unexpected();
                _at++;
            }
        }

        private readonly int Next() => _at < _bytes.Length ? _bytes[_at] : -1;

        private bool Skip()
        {
            _at++;
            return true;
        }

        private bool Name(out ReadOnlySpan<byte> name)
        {
            name = default;
            var start = ++_at;
            var length = _bytes[start..].IndexOfAnyExcept(Plain);
            if (length < 0) return FailAt(_bytes.Length, Reason.NotJson);
            _at = start + length;
            if (_bytes[_at] == '"')
            {
                _at++;
                name = _bytes.Slice(start, length);
                return length is > 0 and <= Limits.NameBytes || FailAt(start - 1, Reason.OutsideSubset);
            }

            if (_bytes[_at] == 0) return Fail(Reason.Nul);
            if (_bytes[_at] < 0x20) return Fail(Reason.NotJson);
            if (_bytes[_at] < 0x80) return Fail(Reason.OutsideSubset);
            return Fail(Rune.DecodeFromUtf8(_bytes[_at..], out _, out _) == OperationStatus.Done ? Reason.OutsideSubset : Reason.NotUtf8);
        }

        private bool String()
        {
            _at++;
            for (; ; )
            {
                var run = _bytes[_at..].IndexOfAnyExcept(Plain);
                if (run < 0) return FailAt(_bytes.Length, Reason.NotJson);
                _at += run;
                switch (_bytes[_at])
                {
                    case (byte)'"':
                        return Skip();
                    case (byte)'\\':
                        if (!Escape()) return false;
                        break;
                    case < 0x80:
                        return Fail(_bytes[_at] switch { 0 => Reason.Nul, 0x7F => Reason.NotInert, _ => Reason.NotJson });
                    default:
                        if (!Character()) return false;
                        break;
                }
            }
        }

        private bool Escape()
        {
            if (_at + 1 >= _bytes.Length) return FailAt(_bytes.Length, Reason.NotJson);
            switch (_bytes[_at + 1])
            {
                case (byte)'"' or (byte)'\\' or (byte)'n' or (byte)'t':
                    _at += 2;
                    return true;
                case (byte)'/':
                    return Fail(Reason.NotCanonical);
                case (byte)'b' or (byte)'f' or (byte)'r':
                    return Fail(Reason.NotInert);
                case (byte)'u':
                    return Fail(UnicodeEscape(_bytes[(_at + 2)..]));
                default:
                    return Fail(Reason.NotJson);
            }
        }

        // \u00XX of a control character is how RFC 8785 spells it, but such text is not inert; any other is misspelled.
        private static Reason UnicodeEscape(ReadOnlySpan<byte> rest)
        {
            if (rest.Length < 4) return Reason.NotJson;
            var code = 0;
            foreach (var b in rest[..4])
            {
                if (!char.IsAsciiHexDigit((char)b)) return Reason.NotJson;
                code = code * 16 + Convert.ToInt32(((char)b).ToString(), 16);
            }

            return code < 0x20 ? Reason.NotInert : Reason.NotCanonical;
        }

        private bool Character()
        {
            var rest = _bytes[_at..];
            if (Rune.DecodeFromUtf8(rest, out var rune, out var length) != OperationStatus.Done) return Fail(Reason.NotUtf8);
            if (rune.Value == Inert.Open)
            {
                length = BracketBytes(rest);
                if (length == 0) return Fail(Reason.NotInert);
            }
            else if (!Inert.IsAllowed(rune.Value))
            {
                return Fail(Reason.NotInert);
            }

            _at += length;
            return true;
        }

        // The inside of a bracket form is ASCII, so it may be judged as characters byte by byte.
        private static int BracketBytes(ReadOnlySpan<byte> rest)
        {
            ReadOnlySpan<byte> open = "⟦"u8, close = "⟧"u8;
            var window = rest[open.Length..];
            if (window.Length > BracketForm.MaxChars) window = window[..BracketForm.MaxChars];
            var end = window.IndexOf(close);
            if (end < 1) return 0;
            Span<char> inner = stackalloc char[BracketForm.MaxChars];
            for (var i = 0; i < end; i++) inner[i] = (char)window[i];
            return BracketForm.IsForm(inner[..end]) ? open.Length + end + close.Length : 0;
        }
    }
}
