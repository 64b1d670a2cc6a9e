using System.Globalization;

namespace Runbook.EndToEnd;

/// <summary>Reads the memory of another process, as Linux shows it.</summary>
public static class ProcessMemory
{
    private const int PieceBytes = 4 * 1024 * 1024;
    private const int OverlapBytes = 4096;

    /// <summary>Goes through everything in a process's memory that can be read, in pieces that overlap.</summary>
    /// <param name="process">Its id.</param>
    /// <param name="visit">Sees each piece.</param>
    /// <returns>How many bytes were read.</returns>
    public static long Visit(int process, Action<ReadOnlySpan<byte>> visit)
    {
        long total = 0;
        using var memory = new FileStream($"/proc/{process}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        var piece = new byte[PieceBytes];
        foreach (var (from, to) in Regions(process))
        {
            for (var at = from; at < to; at += PieceBytes - OverlapBytes)
            {
                var length = (int)Math.Min(PieceBytes, to - at);
                if (Read(memory, at, piece.AsSpan(0, length)) is not { } read) break;
                if (piece.AsSpan(0, read).ContainsAnyExcept((byte)0)) visit(piece.AsSpan(0, read));
                total += read;
            }
        }

        return total;
    }

    private static IEnumerable<(long From, long To)> Regions(int process)
    {
        foreach (var line in File.ReadAllLines($"/proc/{process}/maps"))
        {
            var words = line.Split(' ');
            var ends = words[0].Split('-').Select(e => ulong.Parse(e, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();
            // What lies above half of the addresses is the kernel's.
            if (words[1][0] == 'r' && ends[1] <= long.MaxValue) yield return ((long)ends[0], (long)ends[1]);
        }
    }

    // A region that was reserved and never used can't be read.
    private static int? Read(FileStream memory, long at, Span<byte> into)
    {
        try
        {
            memory.Position = at;
            var read = memory.Read(into);
            return read > 0 ? read : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
