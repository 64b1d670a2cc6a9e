namespace Runbook.Journal;

/// <summary>Cuts a file into lines, in memory that does not grow with it; a short file, as a guard's is, takes no more than it needs.</summary>
internal sealed class LineBuffer(IDiskFile file)
{
    private const int BlockBytes = 1 << 20;
    private const int KeptOfTooLong = 256;

    // A whole line must fit, a block of a long file behind what is left of the one before, and behind all that the beginning of a line that is passed over.
    private const int BytesMax = BlockBytes + Limits.LineBytes + KeptOfTooLong;
    private const int BytesMin = 4096;

    private byte[] _bytes = GC.AllocateUninitializedArray<byte>((int)Math.Min(file.Length + KeptOfTooLong + BytesMin, BytesMax));
    private int _start;
    private int _end;
    private long _fileAt;

    /// <summary>The bytes in which <see cref="LineStart"/> and <see cref="LineLength"/> lie, until the next line is asked for.</summary>
    internal byte[] Bytes => _bytes;

    internal int LineStart { get; private set; }

    /// <summary>Length of the line without its line feed.</summary>
    internal int LineLength { get; private set; }

    /// <summary>Offset of the line in the file.</summary>
    internal long LineOffset { get; private set; }

    /// <summary>Whether the line has its line feed.</summary>
    internal bool HasLineFeed { get; private set; }

    /// <summary>Whether the line is longer than a line may be. Then it is passed over and only its beginning is here.</summary>
    internal bool IsTooLong { get; private set; }

    internal ReadOnlySpan<byte> Line => _bytes.AsSpan(LineStart, LineLength);

    /// <summary>Called with every block that is read, in order: for digests over the whole file.</summary>
    internal Action<ReadOnlyMemory<byte>>? OnBlock { get; set; }

    /// <summary>Moves to the next line.</summary>
    /// <returns><see langword="false"/> at the end of the file.</returns>
    internal bool Next()
    {
        var searched = 0;
        for (; ; )
        {
            var feed = _bytes.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (feed >= 0) return Take(searched + feed, hasLineFeed: true);
            searched = _end - _start;
            if (searched >= Limits.LineBytes) return PassTooLong();
            if (Fill()) continue;
            return searched > 0 && Take(searched, hasLineFeed: false);
        }
    }

    private bool Take(int length, bool hasLineFeed)
    {
        IsTooLong = length + 1 > Limits.LineBytes;
        (LineStart, LineLength, LineOffset) = (_start, IsTooLong ? KeptOfTooLong : length, _fileAt - (_end - _start));
        HasLineFeed = hasLineFeed;
        _start += hasLineFeed ? length + 1 : length;
        return true;
    }

    private bool PassTooLong()
    {
        var offset = _fileAt - (_end - _start);
        var beginning = _bytes.AsSpan(_start, KeptOfTooLong).ToArray();
        for (; ; )
        {
            var feed = _bytes.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (feed >= 0)
            {
                _start += feed + 1;
                return Passed(beginning, offset, hasLineFeed: true);
            }

            _start = _end;
            if (!Fill()) return Passed(beginning, offset, hasLineFeed: false);
        }
    }

    // What is left in the buffer is moved to its front first, so the beginning goes behind the end of what is there.
    private bool Passed(byte[] beginning, long offset, bool hasLineFeed)
    {
        if (_end + beginning.Length > _bytes.Length) Compact();
        beginning.CopyTo(_bytes, _end);
        (LineStart, LineLength, LineOffset) = (_end, beginning.Length, offset);
        (HasLineFeed, IsTooLong) = (hasLineFeed, true);
        return true;
    }

    private bool Fill()
    {
        Compact();
        if (_end == _bytes.Length - KeptOfTooLong) Grow();
        var read = file.Read(_bytes.AsSpan(_end, Math.Min(BlockBytes, _bytes.Length - KeptOfTooLong - _end)), _fileAt);
        if (read == 0) return false;
        OnBlock?.Invoke(_bytes.AsMemory(_end, read));
        _end += read;
        _fileAt += read;
        return true;
    }

    // A file may be written to while it is read.
    private void Grow()
    {
        var grown = GC.AllocateUninitializedArray<byte>(Math.Min(_bytes.Length * 2, BytesMax));
        _bytes.AsSpan(0, _end).CopyTo(grown);
        _bytes = grown;
    }

    private void Compact()
    {
        _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
        _end -= _start;
        _start = 0;
    }
}
