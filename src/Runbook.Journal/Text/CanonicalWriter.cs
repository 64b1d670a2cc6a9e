using System.Buffers;
using System.Globalization;
using System.Text;

namespace Runbook.Journal;

/// <summary>Appends canonical JSON to a buffer, token by token. The caller keeps names ascending.</summary>
internal sealed class CanonicalWriter
{
    private readonly ArrayBufferWriter<byte> _out = new(1024);

    internal ReadOnlySpan<byte> Written => _out.WrittenSpan;

    internal void Clear() => _out.ResetWrittenCount();

    internal void Raw(ReadOnlySpan<byte> bytes) => _out.Write(bytes);

    internal void Integer(long value)
    {
        if (value is > Limits.IntegerMax or < -Limits.IntegerMax)
            throw new CanonicalException(Reason.OutsideSubset, "An integer beyond 2^53 - 1 can't be written into an entry.");
        Span<byte> digits = stackalloc byte[20];
        value.TryFormat(digits, out var length, default, CultureInfo.InvariantCulture);
        _out.Write(digits[..length]);
    }

    /// <summary>Writes text that is inert already, with the four escapes that canonical text has.</summary>
    internal void String(ReadOnlySpan<char> inert)
    {
        _out.Write("\""u8);
        while (!inert.IsEmpty)
        {
            var run = inert.IndexOfAny("\"\\\n\t");
            Encoding.UTF8.GetBytes(run < 0 ? inert : inert[..run], _out);
            if (run < 0) break;
            _out.Write(inert[run] switch { '"' => "\\\""u8, '\\' => "\\\\"u8, '\n' => "\\n"u8, _ => "\\t"u8 });
            inert = inert[(run + 1)..];
        }

        _out.Write("\""u8);
    }
}
