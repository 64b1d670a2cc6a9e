using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>Writes an object's members in ascending order of their names, as canonical bytes. What is null is left out.</summary>
/// <remarks>Text that is too long for its member is cut here, and what was cut is kept for the artifacts. Patterns and ranges
/// are judged by reading the finished line again.</remarks>
internal sealed class FieldWriter
{
    private readonly CanonicalWriter _out = new();
    private readonly Stack<string?> _open = new();
    private readonly List<WholeText> _wholes = [];
    private string? _last;

    internal ReadOnlySpan<byte> Written => _out.Written;

    /// <summary>Texts that did not fit into their members.</summary>
    internal IReadOnlyList<WholeText> Wholes => _wholes;

    internal void Clear()
    {
        _out.Clear();
        _open.Clear();
        _wholes.Clear();
        _last = null;
    }

    internal void Token(string name, string? value)
    {
        if (value is null) return;
        if (!Inert.IsInert(value)) throw new EntryRefusedException(Reason.NotInert, $"\"{name}\" holds a character that a journal never has.");
        Name(name);
        _out.String(value);
    }

    internal void Text(string name, InertText? value, int maxChars)
    {
        if (value is not { } text) return;
        Name(name);
        _out.String(Inert.Cut(text.Value, maxChars, out var whole));
        if (whole is not null) _wholes.Add(new WholeText(whole));
    }

    internal void Digest(string name, Digest? value) => Token(name, value?.ToString());

    internal void Hex(string name, Digest? value) => Token(name, value?.Hex);

    internal void Integer(string name, long? value)
    {
        if (value is not { } number) return;
        Name(name);
        _out.Integer(number);
    }

    internal void Flag(string name, bool? value)
    {
        if (value is not { } flag) return;
        Name(name);
        _out.Raw(flag ? "true"u8 : "false"u8);
    }

    internal void True(string name, bool value)
    {
        if (value) Flag(name, true);
    }

    internal void Word<T>(string name, T? value) where T : struct, Enum => Token(name, value is { } word ? Words<T>.Of(word) : null);

    internal void Time(string name, JournalTime? value) => Token(name, value?.ToString());

    internal void Value(string name, CanonicalJson? value)
    {
        if (value is null) return;
        Name(name);
        _out.Raw(value.Utf8.Span);
        _wholes.AddRange(value.Wholes);
    }

    internal void Values(string name, NamedValues? values, bool required)
    {
        if (!required && values is not { Count: > 0 }) return;
        Open(name, "{"u8);
        foreach (var (key, value) in values ?? NamedValues.Empty) Value(key, value);
        Close("}"u8);
    }

    internal void Object(string name, EntryPart? part)
    {
        if (part is null) return;
        Open(name, "{"u8);
        part.Write(this);
        Close("}"u8);
    }

    /// <summary>A list that stands there even when it is empty.</summary>
    internal void List<T>(string name, ImmutableArray<T> items, Action<FieldWriter, T> write)
    {
        Open(name, "["u8);
        if (!items.IsDefault)
            foreach (var item in items)
                write(this, item);
        Close("]"u8);
    }

    /// <summary>A list that is left out when it is empty.</summary>
    internal void ListIfAny<T>(string name, ImmutableArray<T> items, Action<FieldWriter, T> write)
    {
        if (!items.IsDefaultOrEmpty) List(name, items, write);
    }

    internal void Map<T>(string name, IEnumerable<T> items, Action<FieldWriter, T> write)
    {
        Open(name, "{"u8);
        foreach (var item in items) write(this, item);
        Close("}"u8);
    }

    /// <summary>Begins the outermost object, or an object that is an item.</summary>
    internal void Begin() => Open(EntryFields.Item, "{"u8);

    internal void End() => Close("}"u8);

    private void Open(string name, ReadOnlySpan<byte> opening)
    {
        if (name.Length > 0 || _open.Count > 0) Name(name);
        _out.Raw(opening);
        _open.Push(_last);
        _last = null;
    }

    private void Close(ReadOnlySpan<byte> closing)
    {
        _out.Raw(closing);
        _last = _open.Pop();
    }

    private void Name(string name)
    {
        if (name == EntryFields.Item)
        {
            if (_last is not null) _out.Raw(","u8);
            _last = "";
            return;
        }

        if (_last is not null)
        {
            if (string.CompareOrdinal(_last, name) >= 0) throw new InvalidOperationException($"\"{name}\" is written behind \"{_last}\": members are written in ascending order.");
            _out.Raw(","u8);
        }

        _last = name;
        _out.String(name);
        _out.Raw(":"u8);
    }
}
