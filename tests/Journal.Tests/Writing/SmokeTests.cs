using Microsoft.Extensions.Time.Testing;
using Runbook.TestKit;

namespace Runbook.Journal.Tests.Writing;

public sealed class SmokeTests
{
    [Fact]
    public async Task What_was_appended_reads_back_inert()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var disk = new FaultyDisk();
        var ground = JournalGround.FromSeed(7, new FakeTimeProvider(), disk);
        var session = new NewSession
        {
            Directory = "/sessions/one",
            By = "alice",
            Environment = "rehearsal",
            Embedded = new EmbeddedPlace("0.1", 7),
            Clock = SessionClock.Virtual,
            Console = new ConsoleProgram("runbook", "0.1.0", Digest.Of("x"u8)),
        };

        using var writer = await JournalWriter.OpenNewAsync(session, ground, cancellation);
        await writer.AppendAsync(new EntryDraft(EntryDraft.Console, new Note { Text = "red \u001b[31m" }), cancellation);

        var lines = JournalReader.ReadAll(disk, writer.Directory).ToList();
        Assert.Equal(3, lines.Count);
        Assert.Equal("red ⟦U+001B⟧[31m", Assert.IsType<Note>(lines[2].Entry.Body).Text.Value);
        Assert.Equal(writer.Head, lines[2].Head);
    }
}
