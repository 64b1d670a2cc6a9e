using Runbook.Journal;
using Runbook.TestKit;

namespace Runbook.EndToEnd.Documents;

/// <summary><c>docs/verify-by-hand.md</c> as an auditor follows it, with programs that we did not write.</summary>
public sealed class VerifyByHandTests
{
    private static readonly string[] Programs = ["jq", "sha256sum", "openssl", "ssh-keygen", "xxd", "column"];

    [Fact]
    public async Task The_page_holds_for_a_session_as_it_stands()
    {
        RequirePrograms();
        using var scratch = new ScratchFolder();
        var session = await Ceremony.CopyAsync(scratch);
        var scripts = DocumentScript.Of("docs", "verify-by-hand.md");
        Assert.True(scripts.Count >= 12, "the page has lost its scripts");
        foreach (var script in scripts) Assert.Null(await script.RunAsync(session.Root));
    }

    [Fact]
    public async Task The_authority_on_the_page_is_the_rehearsals_own()
    {
        var page = await File.ReadAllTextAsync(Repository.In("docs", "verify-by-hand.md"), TestContext.Current.CancellationToken);
        Assert.Contains(Rehearsal.Authority.PublicKey.Pem, page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("journal.jsonl", 2, "2. ")]
    [InlineData("checkpoint", 100, "4. ")]
    [InlineData("roster.json", 2, "5. ")]
    [InlineData("statement.dsse.json", 2, "8. ")]
    [InlineData("transcript.sshsig", 2, "9. ")]
    public async Task The_page_notices_a_change_and_says_where(string file, int part, string section)
    {
        RequirePrograms();
        using var scratch = new ScratchFolder();
        var session = await Ceremony.CopyAsync(scratch);
        var bytes = await File.ReadAllBytesAsync(session.In(file), TestContext.Current.CancellationToken);
        var at = Array.FindIndex(bytes, bytes.Length / part, b => b is >= (byte)'1' and <= (byte)'8');
        bytes[at]++;
        await File.WriteAllBytesAsync(session.In(file), bytes, TestContext.Current.CancellationToken);
        foreach (var script in DocumentScript.Of("docs", "verify-by-hand.md"))
        {
            if (await script.RunAsync(session.Root) is not { } noticed) continue;
            Assert.True(script.Section.StartsWith(section, StringComparison.Ordinal), $"noticed under \"{script.Section}\" only: {noticed}");
            return;
        }

        Assert.Fail("nothing on the page noticed it");
    }

    [Theory]
    [InlineData("head 12 ab\n", "head …\n", true)]
    [InlineData("a\nb\nc\n", "a\n…\n", true)]
    [InlineData("a\n", "a\n…\n", true)]
    [InlineData("a\nb\n", "a\n", false)]
    [InlineData("tail 1\n", "head …\n", false)]
    public void What_a_page_says_is_held_against_what_is_printed(string output, string expected, bool fits) => Assert.Equal(fits, DocumentScript.Fits(output, expected));

    private static void RequirePrograms()
    {
        foreach (var program in Programs) Assert.SkipUnless(Tools.Has(program), $"{program} is not installed");
    }
}
