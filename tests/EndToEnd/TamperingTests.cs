using System.Text.Json;
using Runbook.Journal;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>A transcript that anybody changed is seen to be changed, by the program as an auditor starts it.</summary>
public sealed class TamperingTests
{
    [Fact]
    public async Task An_untouched_transcript_verifies()
    {
        using var scratch = new ScratchFolder();
        var said = await Verify(scratch, await Ceremony.SessionAsync());
        Assert.Equal(0, said.ExitCode);
        Assert.StartsWith("intact, simulated, rehearsal people: closed as completed", said.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_byte_is_found_and_its_line_named()
    {
        using var scratch = new ScratchFolder();
        var session = await Ceremony.CopyAsync(scratch);
        var good = await File.ReadAllBytesAsync(session.Journal, TestContext.Current.CancellationToken);
        var random = new Random(4711);
        for (var i = 0; i < 60; i++)
        {
            var at = random.Next(good.Length);
            var line = good.AsSpan(0, at).Count((byte)'\n') + 1;
            var changed = (byte[])good.Clone();
            changed[at] ^= (byte)(1 << random.Next(8));
            await File.WriteAllBytesAsync(session.Journal, changed, TestContext.Current.CancellationToken);
            var report = JournalVerifier.Verify(LocalDisk.Instance, session.Root, new VerifyOptions());
            Assert.Equal(3, report.ExitCode);
            Assert.NotNull(report.FirstBroken);
            Assert.InRange(report.FirstBroken.Line, line, line + 1);
        }
    }

    [Theory]
    [InlineData("changed", 100)]
    [InlineData("dropped", 57)]
    [InlineData("repeated", 130)]
    [InlineData("reordered", 201)]
    [InlineData("torn", 245)]
    public async Task What_was_done_to_a_line_exits_3_and_names_it(string harm, int line)
    {
        using var scratch = new ScratchFolder();
        var session = await Ceremony.CopyAsync(scratch);
        var lines = (await File.ReadAllLinesAsync(session.Journal, TestContext.Current.CancellationToken)).ToList();
        var text = Harmed(lines, harm, line - 1);
        await File.WriteAllTextAsync(session.Journal, text, TestContext.Current.CancellationToken);
        var said = await Verify(scratch, session.Root);
        Assert.True(said.ExitCode == 3, said.ToString());
        Assert.Contains($"line {line}", said.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_was_changed_is_not_resumed()
    {
        using var scratch = new ScratchFolder();
        var program = new RunbookProgram(scratch.In("home"));
        var session = scratch.In("session");
        var stopped = await program.RunAsync("run", Ceremony.File, "--rehearse", "--out", session, "--until", "create-the-first-key");
        Assert.True(stopped.ExitCode == 4, stopped.ToString());
        var journal = new SessionDirectory(session).Journal;
        var lines = (await File.ReadAllLinesAsync(journal, TestContext.Current.CancellationToken)).ToList();
        await File.WriteAllTextAsync(journal, Harmed(lines, "changed", 40), TestContext.Current.CancellationToken);
        var said = await program.RunAsync("resume", session, "--rehearse");
        Assert.True(said.ExitCode == 3, said.ToString());
        Assert.Contains("Line 41 or line 42", said.Output + said.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_torn_tail_is_set_aside_and_the_session_goes_on()
    {
        using var scratch = new ScratchFolder();
        var program = new RunbookProgram(scratch.In("home"));
        var session = scratch.In("session");
        var stopped = await program.RunAsync("run", Ceremony.File, "--rehearse", "--out", session, "--until", "create-the-first-key");
        Assert.True(stopped.ExitCode == 4, stopped.ToString());
        await File.AppendAllTextAsync(new SessionDirectory(session).Journal, """{"at":"2026-03-02T08:""", TestContext.Current.CancellationToken);
        var said = await program.RunAsync("resume", session, "--rehearse");
        Assert.True(said.ExitCode == 0, said.ToString());
        Assert.Contains("21 bytes were set aside", said.Output, StringComparison.Ordinal);
        Assert.Contains(Directory.EnumerateFiles(session, "*", SearchOption.AllDirectories), f => new FileInfo(f).Length == 21);
        Assert.Equal(0, (await Verify(scratch, session)).ExitCode);
    }

    [Fact]
    public async Task The_report_is_one_JSON_document_for_machines()
    {
        using var scratch = new ScratchFolder();
        var said = await new RunbookProgram(scratch.In("home")).RunAsync("verify", await Ceremony.SessionAsync(), "--json");
        Assert.Equal(0, said.ExitCode);
        using var document = JsonDocument.Parse(said.Output);
        Assert.Equal(0, document.RootElement.GetProperty("exit").GetInt32());
    }

    private static Task<Said> Verify(ScratchFolder scratch, string session) => new RunbookProgram(scratch.In("home")).RunAsync("verify", session);

    private static string Harmed(List<string> lines, string harm, int index)
    {
        switch (harm)
        {
            case "changed":
                var at = lines[index].IndexOf("\"at\":\"2026", StringComparison.Ordinal) + 9;
                lines[index] = string.Concat(lines[index].AsSpan(0, at), "7", lines[index].AsSpan(at + 1));
                break;
            case "dropped":
                lines.RemoveAt(index);
                break;
            case "repeated":
                lines.Insert(index, lines[index - 1]);
                break;
            case "reordered":
                (lines[index], lines[index + 1]) = (lines[index + 1], lines[index]);
                break;
            case "torn":
                lines[index] = lines[index][..(lines[index].Length / 2)];
                return string.Join('\n', lines);
            default:
                throw new ArgumentOutOfRangeException(nameof(harm), harm, null);
        }

        return string.Concat(lines.Select(l => l + "\n"));
    }
}
