using System.Text;
using Runbook.TestKit;

namespace Runbook.Journal.Tests.Reading;

/// <summary>A file is cut into its lines whatever their lengths are, and also where it is written to meanwhile.</summary>
public sealed class LineBufferTests
{
    private const string Path = "/lines";
    private const int Most = Limits.LineBytes - 1;

    public static TheoryData<int[]> Lengths => new(
        (int[])[0],
        (int[])[1, 0, 3],
        (int[])[3_839, 3_840, 3_841, 4_095, 4_096, 4_097],
        (int[])[Most, Most],
        (int[])[5, Most, 5, Most, 5],
        (int[])[.. Enumerable.Range(1, 400).Select(i => i * 37 % 9_001)],
        (int[])[.. Enumerable.Range(1, 40).Select(i => Most - i)]);

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Lines_come_out_as_they_were_put_in(int[] lengths)
    {
        ArgumentNullException.ThrowIfNull(lengths);
        var lines = lengths.Select(Line).ToList();

        Assert.Equal(lines, Read(FileOf(string.Concat(lines.Select(l => l + "\n")))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5_000)]
    [InlineData(70_000)]
    [InlineData(3_000_000)]
    public void A_line_that_is_too_long_is_passed_over_and_the_next_one_is_read(int more)
    {
        var lines = new LineBuffer(FileOf($"first\n{Line(Most + more)}\nlast\n"));

        Assert.True(lines.Next());
        Assert.Equal("first", Encoding.ASCII.GetString(lines.Line));
        Assert.True(lines.Next());
        Assert.True(lines.IsTooLong);
        Assert.Equal(Line(Most + more)[..lines.LineLength], Encoding.ASCII.GetString(lines.Line));
        Assert.True(lines.Next());
        Assert.Equal("last", Encoding.ASCII.GetString(lines.Line));
        Assert.False(lines.IsTooLong);
        Assert.False(lines.Next());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3_000)]
    [InlineData(Most)]
    public void What_is_written_after_the_reading_began_is_read_too(int length)
    {
        var disk = new FaultyDisk();
        disk.PutFile(Path, "first\n"u8);
        using var file = disk.OpenWrite(Path);
        var lines = new LineBuffer(file);
        var expected = Enumerable.Range(0, 50).Select(i => Line(Math.Max(1, length - i))).ToList();
        file.Write(Encoding.ASCII.GetBytes(string.Concat(expected.Select(l => l + "\n"))), file.Length);

        Assert.Equal(["first", .. expected], Read(lines));
    }

    private static IDiskFile FileOf(string text)
    {
        var disk = new FaultyDisk();
        disk.PutFile(Path, Encoding.ASCII.GetBytes(text));
        return disk.OpenRead(Path);
    }

    private static List<string> Read(IDiskFile file) => Read(new LineBuffer(file));

    private static List<string> Read(LineBuffer lines)
    {
        var read = new List<string>();
        while (lines.Next())
        {
            Assert.True(lines.HasLineFeed);
            Assert.False(lines.IsTooLong);
            read.Add(Encoding.ASCII.GetString(lines.Line));
        }

        return read;
    }

    // Bytes that differ from line to line and along one.
    private static string Line(int length) => string.Create(length, length, static (text, seed) =>
    {
        for (var i = 0; i < text.Length; i++) text[i] = (char)('a' + ((i + seed) % 23));
    });
}
