using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;
using Runbook.TestKit;

namespace Runbook.Journal.Tests.Verifying;

/// <summary>Somebody has the folder and a text editor, and at last all tools but the keys.</summary>
public sealed partial class TamperedTests
{
    private static readonly string Journal = ShortSession.Home + "/" + SessionDirectory.JournalName;

    [Fact]
    public async Task Any_flipped_byte_of_the_journal_is_noticed_and_its_line_or_the_next_is_named()
    {
        var disk = await ShortSession.SealedAsync();
        var good = disk.ReadFile(Journal);
        var lines = good.AsSpan().Count((byte)'\n');
        Parallel.ForEach(Partitioner.Create(0, good.Length, 512), () => disk.AfterKill(), (range, _, mine) =>
        {
            for (var at = range.Item1; at < range.Item2; at++)
            {
                var line = good.AsSpan(0, at).Count((byte)'\n') + 1;
                var changed = (byte[])good.Clone();
                changed[at] ^= (byte)(1 << (at % 8));
                mine.PutFile(Journal, changed);
                var report = JournalVerifier.Verify(mine, ShortSession.Home, new VerifyOptions());
                Assert.True(report.ExitCode == 3, $"byte {at} of line {line}: {report}");
                // A change of the last line changes no link: whatever names the head tells.
                if (report.FirstBroken is null) Assert.True(line == lines, $"byte {at} of line {line}: {report}");
                else Assert.True(report.FirstBroken.Line == line || report.FirstBroken.Suspects.Contains(line) || report.FirstBroken.Line == line + 1, $"byte {at} of line {line}: {report.FirstBroken}");
            }

            return mine;
        }, _ => { });
    }

    [Fact]
    public async Task A_session_with_a_flipped_byte_is_not_gone_on_with()
    {
        var disk = new FaultyDisk();
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero));
        using (var session = await ScriptedSession.BeginAsync(disk, time: time)) await ShortSession.GoOnAsync(session);
        var good = disk.ReadFile(Journal);
        var end = good.AsSpan(0, good.Length - 1).LastIndexOf((byte)'\n');
        for (var at = 0; at < end; at += 29)
        {
            var changed = (byte[])good.Clone();
            changed[at] ^= (byte)(1 << (at % 8));
            var harmed = disk.AfterKill();
            harmed.PutFile(Journal, changed);
            var before = harmed.Files();
            await Assert.ThrowsAnyAsync<JournalException>(() => ShortSession.ResumeAsync(harmed, time));
            Assert.Equal(changed, harmed.ReadFile(Journal));
            Assert.Equal(before.Keys.Where(k => !k.EndsWith("/lock", StringComparison.Ordinal)), harmed.Files().Keys.Where(k => !k.EndsWith("/lock", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task Any_flipped_byte_of_what_was_signed_or_kept_is_noticed()
    {
        var disk = await ShortSession.SealedAsync();
        var random = new Random(20);
        foreach (var (path, good) in disk.Files().Where(f => IsEvidence(f.Key)))
        {
            foreach (var at in Enumerable.Range(0, good.Length).OrderBy(_ => random.Next()).Take(120))
            {
                var changed = (byte[])good.Clone();
                changed[at] ^= (byte)(1 << random.Next(8));
                var harmed = disk.AfterKill();
                harmed.PutFile(path, changed);
                var report = JournalVerifier.Verify(harmed, ShortSession.Home, new VerifyOptions());
                Assert.True(report.ExitCode == 3, $"byte {at} of {path}: {report}");
            }
        }
    }

    [Theory]
    [InlineData("drop")]
    [InlineData("repeat")]
    [InlineData("swap")]
    [InlineData("insert")]
    public async Task A_line_that_was_dropped_repeated_swapped_or_inserted_is_named_wherever_it_stood(string harm)
    {
        var disk = await ShortSession.SealedAsync();
        var good = Lines(disk.ReadFile(Journal));
        for (var index = 0; index < good.Count - 1; index++)
        {
            var lines = good.ToList();
            Do(harm, lines, index);
            var report = Verify(disk, lines);
            Assert.True(report.ExitCode == 3, $"{harm} line {index + 1}: {report}");
            var named = harm is "repeat" or "insert" ? index + 2 : index + 1;
            Assert.True(report.FirstBroken is { } broken && (broken.Line == named || broken.Suspects.Contains(named)), $"{harm} line {index + 1}: {report.FirstBroken}");
            Reason[] reasons = harm switch
            {
                "drop" or "swap" => [Reason.SeqGap, Reason.SeqBack, Reason.Genesis],
                "repeat" => [Reason.SeqRepeat],
                _ => [Reason.SeqBack, Reason.SeqGap, Reason.SeqRepeat],
            };
            Assert.Contains(report.FirstBroken!.Reason, reasons);
        }
    }

    [Fact]
    public async Task A_journal_cut_after_any_line_is_truncated_where_something_signed_knows_better_and_open_otherwise()
    {
        var disk = await ShortSession.SealedAsync();
        var good = Lines(disk.ReadFile(Journal));
        for (var kept = 1; kept < good.Count; kept++)
        {
            var report = Verify(disk, [.. good.Take(kept)]);
            Assert.True(report.ExitCode == 3, $"cut after line {kept}: {report}");
            Assert.True(report.Verdict is TranscriptVerdict.Truncated or TranscriptVerdict.Broken, $"cut after line {kept}: {report.Verdict}");
        }
    }

    [Theory]
    [InlineData(CheckId.Checkpoints)]
    [InlineData(CheckId.Approvals)]
    [InlineData(CheckId.Statement)]
    [InlineData(CheckId.Sshsig)]
    public async Task A_history_that_was_rewritten_with_all_hashes_is_betrayed_by_every_signature_alone(CheckId alone)
    {
        var disk = (await ShortSession.SealedAsync()).AfterKill();
        var lines = Lines(disk.ReadFile(Journal));
        var tick = lines.FindIndex(l => l.Contains("\"kind\":\"tick\"", StringComparison.Ordinal));
        lines[tick] = lines[tick].Replace("The room is closed.", "The room was open.", StringComparison.Ordinal);
        foreach (var (check, files) in new (CheckId, string[])[]
        {
            (CheckId.Statement, ["/statement.dsse.json"]),
            (CheckId.Sshsig, ["/transcript.sshsig"]),
            (CheckId.Checkpoints, ["/checkpoint"]),
        })
        {
            if (check != alone) foreach (var file in files) disk.Remove(ShortSession.Home + file);
        }

        disk.PutFile(Journal, Chained(lines));
        var report = JournalVerifier.Verify(disk, ShortSession.Home, new VerifyOptions());
        Assert.Equal(3, report.ExitCode);
        Assert.Equal(CheckVerdict.Holds, report[CheckId.Chain].Verdict);
        Assert.Equal(CheckVerdict.Fails, report[alone].Verdict);
    }

    [Fact]
    public async Task A_history_without_any_signature_lacks_what_a_closed_session_must_have()
    {
        var disk = (await ShortSession.SealedAsync()).AfterKill();
        foreach (var file in new[] { "/statement.dsse.json", "/transcript.sshsig", "/checkpoint", "/roster.dsse.json" }) disk.Remove(ShortSession.Home + file);
        var bare = Lines(disk.ReadFile(Journal)).Where(l => !l.Contains("\"kind\":\"checkpoint\"", StringComparison.Ordinal) && !l.Contains("\"kind\":\"approval\"", StringComparison.Ordinal)).ToList();
        for (var i = 0; i < bare.Count; i++) bare[i] = Seq().Replace(bare[i], $"\"seq\":{i + 1},\"");
        disk.PutFile(Journal, Chained(bare));
        var report = JournalVerifier.Verify(disk, ShortSession.Home, new VerifyOptions());
        Assert.Equal(3, report.ExitCode);
        Assert.Equal(CheckVerdict.Holds, report[CheckId.Chain].Verdict);
        foreach (var check in new[] { CheckId.Checkpoints, CheckId.Epochs, CheckId.Roster, CheckId.Statement, CheckId.Sshsig })
            Assert.True(report[check].Verdict is CheckVerdict.Fails or CheckVerdict.Absent or CheckVerdict.Unjudged, $"{check}: {report}");
    }

    [Fact]
    public async Task A_signature_over_another_session_does_not_pass_here()
    {
        var disk = (await ShortSession.SealedAsync()).AfterKill();
        var other = new FaultyDisk();
        using (var session = await ScriptedSession.BeginAsync(other, seed: 9))
        {
            await ShortSession.GoOnAsync(session);
            await session.CloseAsync();
            session.Seal();
        }

        foreach (var (file, check) in new[] { ("/statement.dsse.json", CheckId.Statement), ("/transcript.sshsig", CheckId.Sshsig), ("/checkpoint", CheckId.Checkpoints) })
        {
            var harmed = disk.AfterKill();
            harmed.PutFile(ShortSession.Home + file, other.ReadFile(ShortSession.Home + file));
            var report = JournalVerifier.Verify(harmed, ShortSession.Home, new VerifyOptions());
            Assert.Equal(3, report.ExitCode);
            Assert.Equal(CheckVerdict.Fails, report[check].Verdict);
        }
    }

    private static bool IsEvidence(string path) => !path.EndsWith("/lock", StringComparison.Ordinal)
        && !path.EndsWith("/.gitattributes", StringComparison.Ordinal)
        && !path.EndsWith(SessionDirectory.JournalName, StringComparison.Ordinal)
        && path.StartsWith(ShortSession.Home + "/", StringComparison.Ordinal);

    private static void Do(string harm, List<string> lines, int index)
    {
        switch (harm)
        {
            case "drop":
                lines.RemoveAt(index);
                break;
            case "repeat":
                lines.Insert(index + 1, lines[index]);
                break;
            case "swap":
                (lines[index], lines[index + 1]) = (lines[index + 1], lines[index]);
                break;
            default:
                lines.Insert(index + 1, lines[(index + (lines.Count / 2)) % lines.Count]);
                break;
        }
    }

    private static VerificationReport Verify(FaultyDisk disk, List<string> lines)
    {
        var harmed = disk.AfterKill();
        harmed.PutFile(Journal, Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + "\n"))));
        return JournalVerifier.Verify(harmed, ShortSession.Home, new VerifyOptions());
    }

    private static List<string> Lines(byte[] journal) => [.. Encoding.UTF8.GetString(journal).Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private static byte[] Chained(List<string> lines)
    {
        var text = new StringBuilder();
        var previous = "";
        for (var i = 0; i < lines.Count; i++)
        {
            var line = i == 0 ? lines[i] : Prev().Replace(lines[i], $"\"prev\":\"{previous}\"");
            previous = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(line)));
            text.Append(line).Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    [GeneratedRegex("\"prev\":\"[0-9a-f]{64}\"")]
    private static partial Regex Prev();

    [GeneratedRegex("\"seq\":\\d+,\"(?=(simulated|step|v|visit))")]
    private static partial Regex Seq();
}
