using System.Text;
using System.Text.RegularExpressions;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>What must not run does not, and is told where it is wrong: one mistake, one error.</summary>
public sealed partial class BadInputTests
{
    private static readonly string Good = File.ReadAllText(Repository.In("tests", "EndToEnd", "runbooks", "small.md"));

    [Theory]
    [InlineData("broken YAML", 8, 21, "RB105")]
    [InlineData("unknown action", 21, 6, "RB303")]
    [InlineData("wrong type", 23, 9, "RB304")]
    [InlineData("no duration", 24, 10, "RB127")]
    [InlineData("dangling link", 27, 18, "RB201")]
    [InlineData("undefined variable", 23, 9, "RB301")]
    [InlineData("cycle without an exit", 35, 1, "RB204")]
    [InlineData("two mebibytes", 1, 1, "RB102")]
    [InlineData("deep YAML", 7, 27, "RB107")]
    [InlineData("alias bomb", 9, 6, "RB106")]
    [InlineData("control character", 16, 8, "RB103")]
    [InlineData("bidirectional character", 16, 9, "RB103")]
    public Task A_runbook_with_one_mistake_gets_one_error_at_its_place_and_does_not_run(string mistake, int line, int column, string code) =>
        RefusedAsync(Spoilt(mistake), line, column, code);

    [Theory]
    [InlineData("RC022", "--set", "hsm=KV-ONE")]
    [InlineData("RC020", "--set", "hms=kvone")]
    [InlineData("RC021", "--set", "hsm")]
    [InlineData("RC024", "--inputs", "nowhere.yaml")]
    [InlineData("RC053", "--until", "nowhere")]
    [InlineData("RC043", "--azure", "nowhere.yaml")]
    [InlineData("RC064", "--roster", "nowhere.json")]
    [InlineData("RC001", "--colour", "red")]
    [InlineData("RC001", "--clock", "sundial")]
    [InlineData("RC001", "--speed", "0")]
    public async Task What_was_typed_and_can_not_be_is_refused_before_anything_is_written(string code, params string[] typed)
    {
        using var scratch = new ScratchFolder();
        File.WriteAllText(scratch.In("small.md"), Good);
        var said = await Program(scratch).RunAsync(["run", "small.md", "--ui", "plain", "--out", "s", .. typed]);
        Assert.True(said.ExitCode == 2, said.ToString());
        Assert.Contains($"error {code}: ", said.Error, StringComparison.Ordinal);
        Assert.Contains("\n  state: ", said.Error, StringComparison.Ordinal);
        Assert.Contains("\n  next:  ", said.Error, StringComparison.Ordinal);
        Assert.Equal(["small.md"], Names(scratch.Path));
    }

    [Fact]
    public async Task An_unknown_command_is_refused()
    {
        using var scratch = new ScratchFolder();
        var said = await Program(scratch).RunAsync("rum", "small.md");
        Assert.Equal(2, said.ExitCode);
        Assert.Contains("error RC001: ", said.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_estate_that_is_not_there_is_named()
    {
        using var scratch = new ScratchFolder();
        File.WriteAllText(scratch.In("small.md"), Good.Replace("estate: empty", "estate: atlantis", StringComparison.Ordinal));
        var said = await Program(scratch).RunAsync("run", "small.md", "--rehearse", "--out", "s");
        Assert.True(said.ExitCode == 2, said.ToString());
        Assert.Contains("error RC042: there is no estate \"atlantis\"", said.Error, StringComparison.Ordinal);
        Assert.Equal(["small.md"], Names(scratch.Path));
    }

    [Fact]
    public async Task A_directory_that_holds_something_is_not_written_into()
    {
        using var scratch = new ScratchFolder();
        File.WriteAllText(scratch.In("small.md"), Good);
        Directory.CreateDirectory(scratch.In("s"));
        File.WriteAllText(scratch.In("s", "notes.txt"), "mine");
        var said = await Program(scratch).RunAsync("run", "small.md", "--rehearse", "--out", "s");
        Assert.True(said.ExitCode == 2, said.ToString());
        Assert.Contains("error RC054: ", said.Error, StringComparison.Ordinal);
        Assert.Equal(["s", "small.md"], Names(scratch.Path));
        Assert.Equal(["notes.txt"], Names(scratch.In("s")));
    }

    [Fact]
    public async Task An_input_that_breaks_its_pattern_is_asked_again_at_a_terminal()
    {
        if (!Tools.Has("tmux")) Assert.Skip("tmux is not installed.");
        using var scratch = new ScratchFolder();
        File.WriteAllText(scratch.In("small.md"), Good.Replace(", default: kvone", "", StringComparison.Ordinal));
        await using var terminal = await SmallTerminal.StartAsync(scratch, $"RUNBOOK_HOME={scratch.In("home")} dotnet {RunbookProgram.File} run small.md --ui plain --out s; echo ended with $?");
        await terminal.ShowsAsync("must match ^[a-z]{3,8}$");
        await terminal.TypeAsync("KV-ONE");
        await terminal.ShowsAsync("Asked again.");
        Assert.False(Directory.Exists(scratch.In("s")));
        await terminal.TypeAsync("kvtwo");
        await terminal.ShowsAsync("'kvtwo'");
        await terminal.TypeAsync("pause");
        await terminal.ShowsAsync("ended with 4");
    }

    private static async Task RefusedAsync(string runbook, int line, int column, string code)
    {
        using var scratch = new ScratchFolder();
        File.WriteAllText(scratch.In("small.md"), runbook, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        var said = await Program(scratch).RunAsync("run", "small.md", "--rehearse", "--out", "s");
        Assert.True(said.ExitCode == 2, said.ToString());
        var found = Assert.Single(Finding().Matches(said.Error));
        Assert.Equal($"small.md:{line}:{column}: error {code}", found.Groups["place"].Value);
        Assert.Contains("\n  fix:  ", said.Error, StringComparison.Ordinal);
        Assert.Contains("nothing was executed; nothing was written.", said.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(said.Error, c => c is '\u001b' or '\u202e');
        Assert.Empty(said.Output);
        Assert.Equal(["small.md"], Names(scratch.Path));
    }

    private static string Spoilt(string mistake) => mistake switch
    {
        "broken YAML" => With("  operator: 1\n", "  operator: 1\n  custodian: {people: 2\n"),
        "unknown action" => With("check-name", "chek-name"),
        "wrong type" => With("  name: ${hsm}", "  name: [1, \"${hsm}\"]"),
        "no duration" => With("timeout: 2m", "timeout: soon"),
        "dangling link" => With("- **on failure** [Tell](#tell)", "- **on failure** [Tell](#tel)"),
        "undefined variable" => With("${hsm}", "${hms}"),
        "cycle without an exit" => With("- [ ] I have told somebody.\n- **on success** [Failed](#failed)", "- [ ] I have told somebody.\n- **on success** [Again](#again)\n\n## Again\n\n- [ ] Once more.\n- **on success** [Tell](#tell)"),
        "two mebibytes" => With("Nothing is changed", new string('x', 2 << 20)),
        "deep YAML" => With("  operator: 1\n", $"  operator: {new string('[', 40)}{new string(']', 40)}\n"),
        "alias bomb" => With("inputs:\n", "inputs:\n  a: &a {type: string}\n" + string.Concat(Enumerable.Range('b', 8).Select(c => $"  {(char)c}: &{(char)c} [{string.Join(", ", Enumerable.Repeat($"*{(char)(c - 1)}", 9))}]\n"))),
        "control character" => With("Nothing is", "Nothing\u001b[2J is"),
        "bidirectional character" => With("Nothing is", "Nothing \u202eis"),
        _ => throw new ArgumentOutOfRangeException(nameof(mistake), mistake, null),
    };

    private static string With(string old, string other)
    {
        Assert.Contains(old, Good, StringComparison.Ordinal);
        return Good.Replace(old, other, StringComparison.Ordinal);
    }

    private static RunbookProgram Program(ScratchFolder scratch) => new(Path.Combine(scratch.Path, "..", Path.GetFileName(scratch.Path) + ".home"), scratch.Path);

    private static IEnumerable<string?> Names(string folder) => Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    [GeneratedRegex(@"^(?<place>[^\n]+?:\d+:\d+: error RB\d{3}): ", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Finding();
}
