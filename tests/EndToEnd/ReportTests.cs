using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary><c>runbook report</c>, over the shipped ceremony.</summary>
public sealed partial class ReportTests
{
    [Fact]
    public async Task The_html_links_each_statement_to_a_line_that_is_there_and_runs_nothing()
    {
        using var scratch = new ScratchFolder();
        var session = await Ceremony.CopyAsync(scratch);
        var program = new RunbookProgram(scratch.In("home"));
        var said = await program.RunAsync("report", session.Root);
        Assert.True(said.ExitCode == 0, said.ToString());
        var html = await File.ReadAllTextAsync(session.In("report.html"), TestContext.Current.CancellationToken);
        var journal = await File.ReadAllLinesAsync(session.Journal, TestContext.Current.CancellationToken);
        var anchors = Anchor().Matches(html).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(journal.Length, anchors.Count);
        var links = Link().Matches(html).Select(m => m.Groups[1].Value).ToArray();
        Assert.NotEmpty(links);
        Assert.DoesNotContain(links, l => !anchors.Contains(l));
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch(Fetched(), html);
        Assert.Contains("This was a rehearsal on an embedded Azure", html, StringComparison.Ordinal);

        // Every request that changed something stands there, by the id under which Azure's logs know it.
        var changing = journal.Select(l => JsonElement.Parse(l)).Where(e => e.GetProperty("kind").GetString() == "intent" && e.GetProperty("body").GetProperty("class").GetString() != "read");
        Assert.All(changing, e => Assert.Contains($"<code>{e.GetProperty("body").GetProperty("request").GetProperty("clientRequestId").GetString()}</code>", html, StringComparison.Ordinal));

        // A report is derived: the transcript holds as before.
        var verified = await program.RunAsync("verify", session.Root);
        Assert.True(verified.ExitCode == 0, verified.ToString());
    }

    [Fact]
    public async Task A_changed_transcript_is_reported_as_broken()
    {
        using var scratch = new ScratchFolder();
        var session = await Ceremony.CopyAsync(scratch);
        var text = await File.ReadAllTextAsync(session.Journal, TestContext.Current.CancellationToken);
        var at = text.LastIndexOf("\"approve\"", StringComparison.Ordinal);
        await File.WriteAllTextAsync(session.Journal, text[..at] + "\"reject\" " + text[(at + 9)..], TestContext.Current.CancellationToken);
        var said = await new RunbookProgram(scratch.In("home")).RunAsync("report", session.Root, "--output", scratch.In("r.html"));
        Assert.True(said.ExitCode == 3, said.ToString());
        Assert.Contains("class=\"verdict bad\"", await File.ReadAllTextAsync(scratch.In("r.html"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_junit_report_counts_what_it_holds()
    {
        var said = await new RunbookProgram(Path.GetTempPath()).RunAsync("report", await Ceremony.SessionAsync(), "--format", "junit");
        Assert.True(said.ExitCode == 0, said.ToString());
        var suite = XDocument.Parse(said.Output).Root!.Element("testsuite")!;
        var cases = suite.Elements("testcase").ToArray();
        Assert.Equal(cases.Length, (int)suite.Attribute("tests")!);
        Assert.Equal(0, (int)suite.Attribute("failures")! + (int)suite.Attribute("errors")!);
        var entered = File.ReadLines(Path.Combine(await Ceremony.SessionAsync(), "journal.jsonl")).Count(l => l.Contains("\"kind\":\"step-entered\"", StringComparison.Ordinal));
        Assert.Equal(entered + 2, cases.Length);
    }

    [Fact]
    public async Task A_session_that_stopped_half_way_fails_its_pipeline()
    {
        using var scratch = new ScratchFolder();
        var program = new RunbookProgram(scratch.In("home"));
        await program.RunAsync("run", Ceremony.File, "--rehearse", "--until", "create-the-hsm", "--out", scratch.In("s"));
        var said = await program.RunAsync("report", scratch.In("s"), "--format", "junit");
        var suite = XDocument.Parse(said.Output).Root!.Element("testsuite")!;
        Assert.True((int)suite.Attribute("errors")! > 0, said.ToString());
    }

    [Fact]
    public async Task The_Chaos_Toolkit_journal_has_the_members_that_its_readers_look_for()
    {
        var said = await new RunbookProgram(Path.GetTempPath()).RunAsync("report", await Ceremony.SessionAsync(), "--format", "chaostoolkit");
        Assert.True(said.ExitCode == 0, said.ToString());
        var journal = JsonElement.Parse(said.Output);
        foreach (var name in (string[])["chaoslib-version", "platform", "node", "experiment", "start", "status", "deviated", "steady_states", "run", "rollbacks", "end", "duration"])
            Assert.True(journal.TryGetProperty(name, out _), name);
        Assert.Equal("completed", journal.GetProperty("status").GetString());
        Assert.False(journal.GetProperty("deviated").GetBoolean());
        Assert.All(journal.GetProperty("run").EnumerateArray(), run =>
        {
            Assert.Contains(run.GetProperty("activity").GetProperty("type").GetString(), (string[])["probe", "action"]);
            Assert.Contains(run.GetProperty("status").GetString(), (string[])["succeeded", "failed"]);
        });
        Assert.Contains(journal.GetProperty("run").EnumerateArray(), run => run.GetProperty("activity").GetProperty("name").GetString() == "Create the HSM");
    }

    [Fact]
    public async Task What_is_no_session_gets_a_sentence()
    {
        using var scratch = new ScratchFolder();
        var program = new RunbookProgram(scratch.In("home"));
        Directory.CreateDirectory(scratch.In("empty"));
        Assert.Contains("RC055", (await program.RunAsync("report", scratch.In("empty"))).Error, StringComparison.Ordinal);
        var refused = await program.RunAsync("report", await Ceremony.SessionAsync(), "--output", scratch.In("no-such-folder", "r.html"));
        Assert.True(refused.ExitCode == 5 && refused.Error.Contains("RC092", StringComparison.Ordinal), refused.ToString());
    }

    [GeneratedRegex("id=\"(l[0-9]+)\"")]
    private static partial Regex Anchor();

    [GeneratedRegex("href=\"#(l[0-9]+)\"")]
    private static partial Regex Link();

    [GeneratedRegex("(?i)(src=|url\\(|@import|href=\"(?!#))")]
    private static partial Regex Fetched();
}
