namespace Runbook.Journal;

/// <summary>Reads and writes canonical objects outside the journal: payloads, envelopes, rosters.</summary>
internal static class PayloadText
{
    /// <summary>Reads one canonical object strictly.</summary>
    /// <param name="bytes">The bytes, without a line feed.</param>
    /// <param name="read">Asks for its members in ascending order.</param>
    /// <param name="value">The value, or the default where the bytes are something else.</param>
    internal static bool TryRead<T>(ReadOnlySpan<byte> bytes, Func<EntryFields, T> read, out T value)
    {
        value = default!;
        if (bytes.IsEmpty || bytes[0] != '{' || !CanonicalScanner.Scan(bytes).Holds) return false;
        var fields = new CanonicalFields();
        fields.Begin(bytes.ToArray(), 0, 0);
        var result = read(fields);
        fields.End();
        if (fields.Finding is not null) return false;
        value = result;
        return true;
    }

    /// <summary>Writes one canonical object.</summary>
    internal static byte[] Write(EntryPart part)
    {
        var writer = new FieldWriter();
        writer.Begin();
        part.Write(writer);
        writer.End();
        if (!CanonicalScanner.Scan(writer.Written).Holds) throw new EntryRefusedException(Reason.NotCanonical, "A payload would not be canonical.");
        return writer.Written.ToArray();
    }

    internal static Head ReadHead(EntryFields f)
    {
        var hash = f.Hex("hash");
        return new Head(f.Seq("seq"), hash);
    }

    internal static void WriteHead(FieldWriter to, string name, Head head) => to.Object(name, new HeadPart(head));

    private sealed record HeadPart(Head Head) : EntryPart
    {
        internal override void Write(FieldWriter to)
        {
            to.Hex("hash", Head.Hash);
            to.Integer("seq", Head.Seq);
        }
    }
}
