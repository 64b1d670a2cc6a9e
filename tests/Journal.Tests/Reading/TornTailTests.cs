using Microsoft.Extensions.Time.Testing;
using Runbook.TestKit;

namespace Runbook.Journal.Tests.Reading;

/// <summary>A write that the machine did not finish is set aside, whole and for ever, and nothing else is.</summary>
public sealed class TornTailTests
{
    private static readonly string Journal = ShortSession.Home + "/" + SessionDirectory.JournalName;

    [Fact]
    public async Task A_last_line_torn_at_any_byte_is_set_aside_whatever_kind_it_was()
    {
        var (disk, time) = await OpenAsync();
        var good = disk.ReadFile(Journal);
        var ends = Enumerable.Range(0, good.Length).Where(i => good[i] == '\n').ToArray();
        for (var line = 1; line < ends.Length; line++)
        {
            var (from, to) = (ends[line - 1] + 1, ends[line]);
            // Every third byte of the last line, a few of the others; of each the first byte and the last.
            var step = line == ends.Length - 1 ? 3 : 211;
            for (var cut = from + 1; cut <= to; cut = cut == to ? to + 1 : Math.Min(cut + step, to)) await SetAsideAsync(disk, time, good[..cut], from, $"line {line + 1}, {cut - from} bytes left");
        }
    }

    [Fact]
    public async Task A_last_line_whose_end_is_zeros_is_set_aside()
    {
        var (disk, time) = await OpenAsync();
        var good = disk.ReadFile(Journal);
        var from = good.AsSpan(0, good.Length - 1).LastIndexOf((byte)'\n') + 1;
        for (var cut = from; cut < good.Length; cut += cut == from ? 1 : 64)
        {
            var zeroed = (byte[])good.Clone();
            zeroed.AsSpan(cut).Clear();
            await SetAsideAsync(disk, time, zeroed, from, $"zeros from byte {cut - from} of the last line");
        }
    }

    private static async Task<(FaultyDisk Disk, FakeTimeProvider Time)> OpenAsync()
    {
        var disk = new FaultyDisk();
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero));
        using var session = await ScriptedSession.BeginAsync(disk, time: time);
        await ShortSession.GoOnAsync(session);
        return (disk, time);
    }

    private static async Task SetAsideAsync(FaultyDisk disk, FakeTimeProvider time, byte[] journal, int goodBytes, string where)
    {
        var harmed = disk.AfterKill();
        harmed.PutFile(Journal, journal);
        // What was signed over later lines would rightly refuse: the tear happens before anything of that.
        foreach (var later in harmed.Files().Keys.Where(k => k.EndsWith("/checkpoint", StringComparison.Ordinal) || k.Contains("/approvals/", StringComparison.Ordinal) && !IsNamed(journal, goodBytes, k)).ToList()) harmed.Remove(later);
        try
        {
            await ShortSession.ResumeAsync(harmed, time);
        }
        catch (JournalException exception)
        {
            Assert.Fail($"{where}: {exception}");
        }

        Assert.True(harmed.ReadFile(Journal).AsSpan(0, goodBytes).SequenceEqual(journal.AsSpan(0, goodBytes)), where);
        var recovered = Assert.Single(JournalReader.ReadAll(harmed, new SessionDirectory(ShortSession.Home)).Select(l => l.Entry.Body).OfType<Recovered>());
        Assert.True(recovered.TornBytes == journal.Length - goodBytes, $"{where}: {recovered.TornBytes}");
        Assert.Equal(journal[goodBytes..], harmed.ReadFile(ShortSession.Home + "/" + recovered.Tail));
        var report = JournalVerifier.Verify(harmed, ShortSession.Home, new VerifyOptions());
        Assert.True(report.ExitCode == 0, $"{where}: {report}");
    }

    private static bool IsNamed(byte[] journal, int goodBytes, string file) =>
        System.Text.Encoding.UTF8.GetString(journal, 0, goodBytes).Contains(Path.GetFileName(file), StringComparison.Ordinal);
}
