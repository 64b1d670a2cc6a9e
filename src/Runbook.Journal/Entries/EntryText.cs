namespace Runbook.Journal;

/// <summary>Reads one line as an entry, and writes an entry as one line. Not safe for two threads at once.</summary>
internal sealed class EntryText
{
    private readonly CanonicalFields _fields = new();
    private readonly FieldWriter _writer = new();

    /// <summary>Reads a line whose bytes the scanner has found canonical.</summary>
    /// <param name="bytes">Holds the line; what stands around it is not looked at.</param>
    /// <param name="start">Offset of its first byte.</param>
    /// <param name="finding">What is wrong, or <see langword="null"/>.</param>
    /// <returns>The entry, or <see langword="null"/> where something is wrong.</returns>
    internal JournalEntry? Read(byte[] bytes, int start, out EntryFinding? finding)
    {
        var f = _fields;
        f.Begin(bytes, start, start);
        var at = f.Time("at");
        var bodyAt = f.SkipObject("body");
        var by = f.Token("by", TextRule.RosterId);
        var epoch = f.Count("epoch", 1, int.MaxValue);
        var kind = ReadKind(f);
        var mono = f.Natural("mono");
        var prev = f.Hex("prev");
        var seq = f.Seq("seq");
        var simulated = f.May("simulated") && f.True("simulated");
        var step = f.May("step") ? f.Token("step", TextRule.Step) : null;
        var version = f.Integer("v", 1, Limits.IntegerMax);
        if (version != JournalEntry.FormatVersion) f.Fail(Reason.UnknownField, $"\"v\" is {version}, and this program knows {JournalEntry.FormatVersion}");
        var visit = f.May("visit") ? f.Count("visit", 1, int.MaxValue) : default(int?);
        f.End();

        var body = f.Finding is null && kind is { } known ? ReadBody(bytes, start, bodyAt, known) : null;
        finding = f.Finding;
        if (finding is not null || body is null) return null;
        return new JournalEntry
        {
            At = at,
            Body = body,
            By = by,
            Epoch = epoch,
            MonoUs = mono,
            Prev = prev,
            Seq = seq,
            Simulated = simulated,
            Step = step,
            Visit = visit,
        };
    }

    /// <summary>Writes an entry's line, without a line feed.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="wholes">Texts that were too long for their members.</param>
    internal byte[] Write(JournalEntry entry, out IReadOnlyList<WholeText> wholes)
    {
        var w = _writer;
        w.Clear();
        w.Begin();
        w.Time("at", entry.At);
        w.Object("body", entry.Body);
        w.Token("by", entry.By);
        w.Integer("epoch", entry.Epoch);
        w.Word<EntryKind>("kind", entry.Kind);
        w.Integer("mono", entry.MonoUs);
        w.Hex("prev", entry.Prev);
        w.Integer("seq", entry.Seq);
        w.True("simulated", entry.Simulated);
        w.Token("step", entry.Step);
        w.Integer("v", JournalEntry.FormatVersion);
        w.Integer("visit", entry.Visit);
        w.End();
        wholes = [.. w.Wholes];
        return w.Written.ToArray();
    }

    // A kind of a newer writer is unknown, not wrong.
    private static EntryKind? ReadKind(CanonicalFields f)
    {
        var word = f.Token("kind", TextRule.RosterId);
        if (f.Finding is not null) return null;
        if (Words<EntryKind>.TryParse(word, out var kind)) return kind;
        f.Fail(Reason.UnknownKind, $"\"{word}\" is no kind that this program knows");
        return null;
    }

    private EntryBody? ReadBody(byte[] bytes, int start, int bodyAt, EntryKind kind)
    {
        _fields.Begin(bytes, bodyAt, start);
        var body = EntryKinds.ReaderOf(kind)(_fields);
        _fields.End();
        if (_fields.Finding is not null) return null;
        if (body.Flaw() is { } flaw)
        {
            _fields.Fail(Reason.BadField, flaw);
            return null;
        }

        return body;
    }
}
