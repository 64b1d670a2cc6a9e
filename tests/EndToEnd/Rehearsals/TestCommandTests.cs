using System.Text.Json;
using Runbook.Cli;
using Runbook.Cli.Testing;
using Runbook.TestKit;

namespace Runbook.EndToEnd.Rehearsals;

/// <summary><c>runbook test</c> on a runbook of one's own: what passes, what does not, what is not covered, and what can't be read.</summary>
public sealed class TestCommandTests : IDisposable
{
    private const string World = """
        promises:
          - {of: resourceGroups, holds: "length(@) >= `1`"}
        cases:
          - name: It is looked at
            end: completed
            through: [look, say-so]
          - name: Azure fails
            end: failed
            meanwhile: [{fault: {kind: server-error, host: management.azure.com}}]
            through: [look, tell]
        not-taken:
          - {from: look, by: timeout, to: tell, because: both lead to the same step}
        """;

    private const string Looping = """
        ---
        runbook: looping
        kind: procedure
        summary: Go round.
        environments: [rehearsal]
        roles: {operator: 1}
        rehearsal: {estate: empty}
        ---

        # Go round

        Nothing is changed by this.

        ## Go on or stop

        - **choose** "Again" [Go on or stop](#go-on-or-stop)
        - **choose** "Enough" [Completed](#completed)

        ## Ends

        ### Completed

        It was enough.

        ### Failed

        Never.

        ### Aborted

        Nothing was done.
        """;

    private readonly ScratchFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Every_path_passes_and_what_is_covered_stands_in_a_table_and_in_JSON()
    {
        Write(World);

        var said = await Program.RunAsync("test", "small.md");
        var json = JsonElement.Parse((await Program.RunAsync("test", "small.md", "--json")).Output);

        Assert.True(said.ExitCode == 0, said.ToString());
        Assert.Contains("passed  It is looked at (completed)\npassed  Azure fails (failed)\n", said.Output, StringComparison.Ordinal);
        Assert.Contains("steps                             3        3        0        0\n", said.Output, StringComparison.Ordinal);
        Assert.Contains("transitions, written              4        3        1        0\n", said.Output, StringComparison.Ordinal);
        Assert.Contains("look --timeout--> tell: both lead to the same step\n", said.Output, StringComparison.Ordinal);
        Assert.EndsWith("2 cases, 0 failed. Everything is covered or excused.\n", said.Output, StringComparison.Ordinal);
        Assert.Equal(["look", "tell"], json.GetProperty("cases")[1].GetProperty("steps").EnumerateArray().Select(s => s.GetString()));
        Assert.Equal(1, json.GetProperty("coverage").GetProperty("written").GetProperty("excused").GetInt32());
        Assert.Equal(["small.md", "small.world.yaml"], Directory.EnumerateFileSystemEntries(_scratch.Path).Select(f => Path.GetFileName(f)).Where(n => n != "home").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_was_expected_and_what_was_seen_stand_under_a_case_that_fails()
    {
        Write(World.Replace("length(@) >= `1`", "length(@) == `7`", StringComparison.Ordinal).Replace("end: failed", "end: aborted", StringComparison.Ordinal));

        var said = await Program.RunAsync("test", "small.md");

        Assert.True(said.ExitCode == 1, said.ToString());
        Assert.Contains("FAILED  It is looked at (completed)\n  expected: of resourceGroups: length(@) == `7`\n  seen:     [{", said.Output, StringComparison.Ordinal);
        Assert.Contains("  expected: it ends as aborted\n  seen:     it ended as failed\n", said.Output, StringComparison.Ordinal);
        Assert.Contains("  way:      look → tell → Failed\n", said.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_no_case_covers_is_named_and_so_is_an_excuse_that_excuses_nothing()
    {
        Write(World.Replace("by: timeout", "by: success", StringComparison.Ordinal).Replace("end: failed", "end: completed", StringComparison.Ordinal).Replace("[{fault: {kind: server-error, host: management.azure.com}}]", "[]", StringComparison.Ordinal).Replace("[look, tell]", "[look]", StringComparison.Ordinal));

        var said = await Program.RunAsync("test", "small.md");

        Assert.True(said.ExitCode == 1, said.ToString());
        Assert.Contains("\nOpen\n  no case takes look --failure--> tell\n  no case takes look --timeout--> tell\n  no case takes tell --success--> failed\n", said.Output, StringComparison.Ordinal);
        Assert.Contains("not-taken excuses look --success--> tell, which the runbook does not have\n", said.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_case_that_never_ends_fails_and_says_where_it_goes_round()
    {
        File.WriteAllText(_scratch.In("looping.md"), Looping);
        File.WriteAllText(_scratch.In("looping.world.yaml"), "cases:\n  - {name: For ever, end: completed, choices: {go-on-or-stop: [Again]}}\n");

        var said = await Program.RunAsync("test", "looping.md");

        Assert.True(said.ExitCode == 1, said.ToString());
        Assert.Contains("  expected: it ends as completed\n  seen:     after 500 steps it still goes on, in \"", said.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_world_wants_to_happen_and_can_not_fails_its_case()
    {
        Write(World.Replace("{fault: {kind: server-error, host: management.azure.com}}", "{call: \"DELETE {group}/providers/Microsoft.Storage/storageAccounts/nowhere-at-all\", as: nobody}", StringComparison.Ordinal));

        var said = await Program.RunAsync("test", "small.md", "--case", "Azure fails");

        Assert.True(said.ExitCode == 1, said.ToString());
        Assert.Contains("  expected: nobody asks\n  seen:     the estate has nobody of that name\n", said.Output, StringComparison.Ordinal);
        Assert.EndsWith("1 case, 1 failed. Coverage is counted when all cases are played.\n", said.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_case_that_is_not_there_and_a_world_that_is_not_there_are_refused()
    {
        Write(World);

        var unknown = await Program.RunAsync("test", "small.md", "--case", "Azure sings");
        var missing = await Program.RunAsync("test", "small.md", "--world", "nowhere.yaml");

        Assert.Equal((2, 2), (unknown.ExitCode, missing.ExitCode));
        Assert.StartsWith("error RC118: \"small.world.yaml\" has no case \"Azure sings\".", unknown.Error, StringComparison.Ordinal);
        Assert.StartsWith("error RC115: there is no scripted world \"nowhere.yaml\" beside \"small.md\".", missing.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("end: completed", "end: happy", "RC116", 5, 10)]
    [InlineData("end: completed", "ends: completed", "RC116", 5, 5)]
    [InlineData("name: It is looked at", "title: It is looked at", "RC116", 4, 5)]
    [InlineData("through: [look, say-so]", "through: [look, say-so", "RC116", 0, 0)]
    [InlineData("through: [look, say-so]", "through: look", "RC116", 6, 14)]
    [InlineData("through: [look, say-so]", "through: [look, say-it]", "RC117", 6, 21)]
    [InlineData("through: [look, say-so]", "choices: {look: [Yes]}", "RC117", 6, 22)]
    [InlineData("through: [look, say-so]", "set: {hms: kvone}", "RC117", 6, 11)]
    [InlineData("through: [look, say-so]", "set: {hsm: KV-ONE}", "RC116", 6, 16)]
    [InlineData("through: [look, say-so]", "meanwhile: [{before: nowhere, heals: true}]", "RC117", 6, 26)]
    [InlineData("through: [look, say-so]", "meanwhile: [{before: look, passes: soon}]", "RC116", 6, 40)]
    [InlineData("kind: server-error", "kind: sabotage", "RC116", 9, 32)]
    [InlineData("name: Azure fails", "name: It is looked at", "RC116", 4, 3)]
    [InlineData("length(@) >= `1`", "length(@ >=", "RC116", 2, 33)]
    [InlineData("by: timeout, to: tell", "by: timeout, to: nowhere", "RC117", 12, 35)]
    public void A_world_with_one_mistake_is_refused_at_its_place(string right, string wrong, string code, int line, int column)
    {
        Assert.Contains(right, World, StringComparison.Ordinal);
        Write(World.Replace(right, wrong, StringComparison.Ordinal));
        var runbook = TestedRunbook.Load(_scratch.In("small.md"), new CliConsole(TextReader.Null, TextWriter.Null, TextWriter.Null, false, false));

        var refused = Assert.Throws<CliException>(() => WorldReader.Read(runbook.WorldPath, runbook));

        Assert.Equal(code, refused.Code);
        Assert.Equal(ExitCodes.BadInput, refused.ExitCode);
        if (line > 0) Assert.StartsWith($"{runbook.WorldPath}:{line}:{column}: ", refused.Message, StringComparison.Ordinal);
        else Assert.Matches(@"\.world\.yaml:\d+:\d+: it is not readable as YAML", refused.Message);
    }

    private RunbookProgram Program => new(_scratch.In("home"), _scratch.Path);

    private void Write(string world)
    {
        File.Copy(Repository.In("tests", "EndToEnd", "runbooks", "small.md"), _scratch.In("small.md"));
        File.WriteAllText(_scratch.In("small.world.yaml"), world);
    }
}
