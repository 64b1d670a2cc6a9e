using System.Text;

namespace Runbook.Journal;

/// <summary>Members read from bytes that the scanner has found canonical.</summary>
internal sealed class CanonicalFields : EntryFields
{
    private readonly StringBuilder _unescaped = new();
    private readonly RecentStrings _strings = new();
    private byte[] _bytes = [];
    private int _origin;
    private int _at;

    /// <summary>The first thing that is wrong; offsets count from the line's beginning.</summary>
    internal EntryFinding? Finding { get; private set; }

    /// <summary>Starts with an object.</summary>
    /// <param name="bytes">Holds a canonical value at <paramref name="at"/>; what stands behind it is not looked at.</param>
    /// <param name="at">Offset of its first byte.</param>
    /// <param name="origin">Offset of the line that it is part of.</param>
    internal void Begin(byte[] bytes, int at, int origin)
    {
        (_bytes, _at, _origin, Finding) = (bytes, at, origin, null);
        if (_bytes[at] != '{') Fail(Reason.BadField, "the value is not an object");
        else _at++;
    }

    /// <summary>Ends with the object that <see cref="Begin"/> started with.</summary>
    internal void End()
    {
        if (Finding is null && _bytes[_at] != '}') FailUnknown();
        if (Finding is null) _at++;
    }

    /// <summary>Remembers an object member without reading it, and passes it over.</summary>
    /// <returns>Offset of its opening brace, or -1.</returns>
    internal int SkipObject(string name)
    {
        if (!Enter(name)) return -1;
        if (_bytes[_at] != '{')
        {
            Fail(Reason.BadField, $"\"{name}\" is not an object");
            return -1;
        }

        var start = _at;
        PassValue();
        Next();
        return start;
    }

    internal void Fail(Reason reason, string detail) => Finding ??= new EntryFinding(reason, _at - _origin, detail);

    internal override bool May(string name) => Finding is null && _bytes[_at] == '"' && NameHere().SequenceEqual(name);

    internal override string Token(string name, TextRule rule)
    {
        if (!EnterString(name)) return "";
        var start = _at;
        var text = PassString();
        if (!rule.Matches(text)) return FailAt(start, $"{Named(name)} does not match {rule.Pattern}");
        Next();
        return text;
    }

    internal override InertText Text(string name, int maxChars)
    {
        if (!EnterString(name)) return default;
        var start = _at;
        var text = PassString();
        if (Inert.CountChars(text) > maxChars) FailAt(start, $"{Named(name)} is longer than {maxChars} characters");
        Next();
        return InertText.Known(text);
    }

    internal override Digest Digest(string name)
    {
        if (!EnterString(name)) return default;
        if (!QuotedBytes().StartsWith("sha256:"u8)) return FailDigest(name);
        return Hashed(name, 7);
    }

    internal override Digest Hex(string name)
    {
        return EnterString(name) ? Hashed(name, 0) : default;
    }

    internal override long Integer(string name, long min, long max)
    {
        if (!Enter(name)) return min;
        var start = _at;
        var negative = _bytes[_at] == '-';
        if (negative) _at++;
        long value = 0;
        var digits = _at;
        while (char.IsAsciiDigit((char)_bytes[_at])) value = value * 10 + (_bytes[_at++] - '0');
        if (negative) value = -value;
        if (digits == _at) FailAt(start, $"{Named(name)} is not an integer");
        else if (value < min || value > max) FailAt(start, $"{Named(name)} is not between {min} and {max}");
        Next();
        return value;
    }

    internal override bool Flag(string name)
    {
        if (!Enter(name)) return false;
        var start = _at;
        PassValue();
        var value = _bytes.AsSpan(start.._at);
        if (!value.SequenceEqual("true"u8) && !value.SequenceEqual("false"u8)) FailAt(start, $"{Named(name)} is neither true nor false");
        var flag = value.SequenceEqual("true"u8);
        Next();
        return flag;
    }

    internal override bool True(string name)
    {
        var start = _at;
        var flag = Flag(name);
        if (!flag) FailAt(start, $"{Named(name)} is there and not true");
        return flag;
    }

    internal override JournalTime Time(string name)
    {
        if (!EnterString(name)) return default;
        var start = _at;
        if (!JournalTime.TryParse(PassString(), out var time)) FailAt(start, $"{Named(name)} is not a time");
        Next();
        return time;
    }

    internal override string Base64(string name, int maxBytes)
    {
        if (!EnterString(name)) return "";
        var start = _at;
        var text = PassString();
        if (!Base64Text.TryDecode(text, out var bytes) || bytes.Length == 0 || bytes.Length > maxBytes) return FailAt(start, $"{Named(name)} is not base64 of 1 to {maxBytes} bytes");
        Next();
        return text;
    }

    internal override Digest Root(string name)
    {
        if (!EnterString(name)) return default;
        var start = _at;
        if (!Base64Text.TryDecode(PassString(), out var bytes) || bytes.Length != Journal.Digest.Length)
        {
            FailAt(start, $"{Named(name)} is not base64 of 32 bytes");
            return default;
        }

        Next();
        return new Digest(bytes);
    }

    internal override CanonicalJson Value(string name)
    {
        if (!Enter(name)) return CanonicalJson.Null;
        var start = _at;
        PassValue();
        var value = CanonicalJson.Known(_bytes.AsSpan(start.._at));
        Next();
        return value;
    }

    internal override CanonicalJson ObjectValue(string name)
    {
        var value = Value(name);
        if (Finding is null && value.Utf8.Span[0] != '{') Fail(Reason.BadField, $"{Named(name)} is not an object");
        return value;
    }

    protected override int OneOf(string name, string[] words)
    {
        if (!EnterString(name)) return 0;
        var start = _at;
        // A word has no escapes, so it is compared where it stands.
        var rest = _bytes.AsSpan(_at + 1);
        var here = new AsciiName(rest[..rest.IndexOf((byte)'"')]);
        for (var i = 0; i < words.Length; i++)
        {
            if (!here.SequenceEqual(words[i])) continue;
            _at += words[i].Length + 2;
            Next();
            return i;
        }

        FailAt(start, $"{Named(name)} is none of {string.Join(", ", words)}");
        return 0;
    }

    protected override bool OpenObject(string name) => Open(name, '{', "an object");

    protected override void CloseObject()
    {
        if (Finding is null && _bytes[_at] != '}') FailUnknown();
        if (Finding is not null) return;
        _at++;
        Next();
    }

    protected override bool OpenList(string name, int itemsMin) => Open(name, '[', "a list");

    protected override bool NextItem(int count) => Finding is null && _bytes[_at] != ']' && InLimit(count);

    protected override void CloseList(int count, int itemsMin)
    {
        if (Finding is not null) return;
        if (count < itemsMin) Fail(Reason.BadField, "a list is empty that must not be; an optional list is left out instead");
        _at++;
        Next();
    }

    protected override bool OpenMap(string name, TextRule names) => Open(name, '{', "an object");

    protected override bool NextName(TextRule names, int count, out string key)
    {
        key = "";
        if (Finding is not null || _bytes[_at] == '}' || !InLimit(count)) return false;
        key = Encoding.ASCII.GetString(NameHere());
        if (!names.Matches(key))
        {
            Fail(Reason.BadField, $"\"{key}\" does not match {names.Pattern}");
            return false;
        }

        _at += key.Length + 3;
        return true;
    }

    protected override void CloseMap()
    {
        if (Finding is not null) return;
        _at++;
        Next();
    }

    // Both spellings are read where they stand: a journal is full of them.
    private Digest Hashed(string name, int prefix)
    {
        var quoted = QuotedBytes();
        if (!Journal.Digest.TryParseHex(quoted[prefix..], out var digest)) return FailDigest(name);
        _at += quoted.Length + 2;
        Next();
        return digest;
    }

    private Digest FailDigest(string name)
    {
        FailAt(_at, $"{Named(name)} is not a digest");
        return default;
    }

    // What stands between the quotation marks, which a digest has no escapes in. Does not move on.
    private ReadOnlySpan<byte> QuotedBytes()
    {
        var rest = _bytes.AsSpan(_at + 1);
        return rest[..rest.IndexOf((byte)'"')];
    }

    private static string Named(string name) => name.Length == 0 ? "an item" : $"\"{name}\"";

    private bool InLimit(int count)
    {
        if (count < Limits.ListItems) return true;
        Fail(Reason.BadField, $"a list has more than {Limits.ListItems} items");
        return false;
    }

    private bool Open(string name, char opening, string what)
    {
        if (!Enter(name)) return false;
        if (_bytes[_at] != opening)
        {
            Fail(Reason.BadField, $"{Named(name)} is not {what}");
            return false;
        }

        _at++;
        return true;
    }

    private bool EnterString(string name)
    {
        if (!Enter(name)) return false;
        if (_bytes[_at] == '"') return true;
        Fail(Reason.BadField, $"{Named(name)} is not a string");
        return false;
    }

    // Moves to the value of the member that is asked for, which must be the next one.
    private bool Enter(string name)
    {
        if (Finding is not null) return false;
        if (name.Length == 0) return true;
        if (_bytes[_at] != '"')
        {
            Fail(Reason.BadField, $"\"{name}\" is missing");
            return false;
        }

        var here = NameHere();
        var order = here.CompareTo(name);
        if (order == 0)
        {
            _at += name.Length + 3;
            return true;
        }

        if (order < 0) FailUnknown();
        else Fail(Reason.BadField, $"\"{name}\" is missing");
        return false;
    }

    private AsciiName NameHere()
    {
        var rest = _bytes.AsSpan(_at + 1);
        return new AsciiName(rest[..rest.IndexOf((byte)'"')]);
    }

    private void FailUnknown() => Fail(Reason.UnknownField, $"\"{Encoding.ASCII.GetString(NameHere())}\" is not known here");

    private string FailAt(int at, string detail)
    {
        Finding ??= new EntryFinding(Reason.BadField, at - _origin, detail);
        return "";
    }

    // Behind a value comes a comma or the end of what holds it.
    private void Next()
    {
        if (Finding is null && _at < _bytes.Length && _bytes[_at] == ',') _at++;
    }

    private string PassString()
    {
        var start = _at + 1;
        var rest = _bytes.AsSpan(start);
        var end = rest.IndexOfAny((byte)'"', (byte)'\\');
        if (rest[end] == '"')
        {
            _at = start + end + 1;
            return _strings.Get(rest[..end]);
        }

        return PassEscapedString(start);
    }

    private string PassEscapedString(int start)
    {
        _unescaped.Clear();
        for (; ; )
        {
            var rest = _bytes.AsSpan(start);
            var end = rest.IndexOfAny((byte)'"', (byte)'\\');
            _unescaped.Append(Encoding.UTF8.GetString(rest[..end]));
            if (rest[end] == '"')
            {
                _at = start + end + 1;
                return _unescaped.ToString();
            }

            _unescaped.Append(rest[end + 1] switch { (byte)'n' => '\n', (byte)'t' => '\t', var b => (char)b });
            start += end + 2;
        }
    }

    private void PassValue()
    {
        var depth = 0;
        do
        {
            switch (_bytes[_at])
            {
                case (byte)'"':
                    PassQuoted();
                    break;
                case (byte)'{' or (byte)'[':
                    depth++;
                    _at++;
                    break;
                case (byte)'}' or (byte)']':
                    depth--;
                    _at++;
                    break;
                case (byte)',' or (byte)':':
                    _at++;
                    break;
                default:
                    _at += _bytes.AsSpan(_at).IndexOfAny(",]}"u8);
                    break;
            }
        }
        while (depth > 0);
    }

    private void PassQuoted()
    {
        _at++;
        for (; ; )
        {
            _at += _bytes.AsSpan(_at).IndexOfAny((byte)'"', (byte)'\\');
            if (_bytes[_at] == '"') break;
            _at += 2;
        }

        _at++;
    }

    /// <summary>A member's name in the bytes, compared with one in code.</summary>
    private readonly ref struct AsciiName(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> _name = bytes;

        public static implicit operator ReadOnlySpan<byte>(AsciiName name) => name._name;

        internal bool SequenceEqual(string name) => CompareTo(name) == 0;

        internal int CompareTo(string name)
        {
            var length = Math.Min(name.Length, _name.Length);
            for (var i = 0; i < length; i++)
                if (_name[i] != name[i])
                    return _name[i] - name[i];
            return _name.Length - name.Length;
        }
    }
}
