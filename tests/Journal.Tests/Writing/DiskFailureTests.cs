using Microsoft.Extensions.Time.Testing;
using Runbook.TestKit;

namespace Runbook.Journal.Tests.Writing;

/// <summary>Every operation on the disk fails once, or is the process's last: n = 1, 2, 3 …, until a run ends unharmed.</summary>
public sealed class DiskFailureTests
{
    [Theory]
    [InlineData(DiskFault.KillBefore)]
    [InlineData(DiskFault.KillInside)]
    [InlineData(DiskFault.KillAfter)]
    public async Task A_death_at_any_operation_leaves_a_session_that_goes_on_and_verifies(DiskFault fault)
    {
        for (var n = 1; ; n++)
        {
            var (disk, head, time) = await HarmedAsync(n, fault, Errno.Eio);
            await GoesOnAsync(disk.AfterKill(), head, time, $"{fault} at operation {n}");
            await GoesOnAsync(disk.AfterPowerLoss(n), head, time, $"{fault} and power loss at operation {n}");
            if (!disk.Fired) return;
        }
    }

    [Theory]
    [InlineData(DiskFault.Error, "EIO")]
    [InlineData(DiskFault.Error, "ENOSPC")]
    [InlineData(DiskFault.PartialThenError, "EDQUOT")]
    public async Task A_failure_at_any_operation_ends_the_writing_and_the_session_goes_on_elsewhere(DiskFault fault, string error)
    {
        var errno = error switch { "EIO" => 5, "ENOSPC" => 28, _ => 122 };
        for (var n = 1; ; n++)
        {
            var (disk, head, time) = await HarmedAsync(n, fault, errno);
            if (disk.Fired) Assert.True(disk.Operations == n, $"operation {n} failed ({error}), and {disk.Log[^1]} followed it");
            await GoesOnAsync(disk.AfterKill(), head, time, $"{error} at operation {n}");
            await GoesOnAsync(disk.AfterPowerLoss(n), head, time, $"{error} and power loss at operation {n}");
            if (!disk.Fired) return;
        }
    }

    [Fact]
    public async Task A_resume_that_dies_at_any_operation_is_begun_again()
    {
        var (broken, head, time) = await HarmedAsync(70, DiskFault.KillInside, Errno.Eio);
        for (var n = 1; ; n++)
        {
            var disk = broken.AfterKill(n, DiskFault.KillInside);
            await TryAsync(() => ShortSession.ResumeAsync(disk, time, seed: 20));
            if (!disk.Fired) return;
            var again = disk.AfterKill(n + 1, DiskFault.KillAfter);
            await TryAsync(() => ShortSession.ResumeAsync(again, time, seed: 21));
            await GoesOnAsync(again.AfterKill(), head, time, $"resume died at operation {n}, and again at {n + 1}");
        }
    }

    [Fact]
    public async Task The_same_seed_writes_the_same_bytes()
    {
        var first = (await ShortSession.SealedAsync()).Files();
        var second = (await ShortSession.SealedAsync()).Files();
        Assert.Equal(first.Keys, second.Keys);
        Assert.All(first, file => Assert.True(file.Value.AsSpan().SequenceEqual(second[file.Key]), file.Key));
    }

    /// <summary>Runs a session on a disk that fails, and gives the last head that its writer acknowledged.</summary>
    private static async Task<(FaultyDisk Disk, Head Head, FakeTimeProvider Time)> HarmedAsync(int failAt, DiskFault fault, int errno)
    {
        var disk = new FaultyDisk(failAt, fault, errno);
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero));
        ScriptedSession? session = null;
        await TryAsync(async () =>
        {
            session = await ScriptedSession.BeginAsync(disk, time: time);
            await ShortSession.GoOnAsync(session);
            await session.CloseAsync();
            session.Seal();
        });
        var head = session?.Writer.Head ?? default;
        session?.Dispose();
        return (disk, head, time);
    }

    private static async Task GoesOnAsync(FaultyDisk disk, Head acknowledged, FakeTimeProvider time, string where)
    {
        var holds = disk.KindOf(ShortSession.Home + "/" + SessionDirectory.JournalName) == DiskEntryKind.File;
        try
        {
            if (!holds) throw new SessionNeverOpenedException();
            await ShortSession.ResumeAsync(disk, time);
        }
        catch (SessionNeverOpenedException)
        {
            Assert.True(acknowledged.Seq == 0, $"{where}: {acknowledged.Seq} entries were acknowledged and are gone");
            return;
        }

        var lines = JournalReader.ReadAll(disk, new SessionDirectory(ShortSession.Home)).ToList();
        if (acknowledged.Seq > 0) Assert.True(lines[(int)acknowledged.Seq - 1].Hash == acknowledged.Hash, $"{where}: entry {acknowledged.Seq} was acknowledged and is another");
        Assert.True(lines.Select(l => l.Entry.Body).OfType<Intent>().Count(i => i.Class == EffectClass.Once) == 1, $"{where}: the call was announced more than once");
        var report = JournalVerifier.Verify(disk, ShortSession.Home, new VerifyOptions());
        Assert.True(report.ExitCode == 0, $"{where}: {report}");
    }

    private static async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception exception) when (exception is ProcessKilledException or JournalException)
        {
            // What is left on the disk is what the test is about.
            return;
        }
    }
}
