using Runbook.TestKit;

namespace Runbook.EndToEnd.Documents;

/// <summary>The README's commands, as they stand there.</summary>
public sealed class ReadmeTests
{
    private const string Prompt = "$ ";

    /// <summary>Set by <c>tests/run</c> for the tests that it starts.</summary>
    private const string StartedByRun = "RUNBOOK_TESTS_RUN";

    private static readonly TimeSpan WithBuild = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task The_first_command_works_on_a_clean_clone()
    {
        Assert.SkipUnless(Tools.Has("git") && Directory.Exists(Repository.In(".git")) || File.Exists(Repository.In(".git")), "this is no git checkout");
        using var scratch = new ScratchFolder();
        var clone = await Tools.RunAsync("git", ["clone", "--quiet", "--no-hardlinks", Repository.Root, scratch.In("clone")]);
        Assert.True(clone.ExitCode == 0, clone.Error);
        var scripts = DocumentScript.Of("README.md");
        Assert.Equal("dotnet run --project src/Runbook.Cli -- run runbooks/hsm-activation.md\n", scripts[0].Text);
        var (command, output) = Rehearsal(scripts[0]);
        Assert.StartsWith(scripts[0].Text.TrimEnd(), command, StringComparison.Ordinal);
        // That the code has no warnings is the build's own to say that all tests are run from.
        var said = await Tools.RunAsync("env", ["RunAnalyzers=false", "bash", "-c", command], folder: scratch.In("clone"), limit: WithBuild);
        Assert.True(said.ExitCode == 0, said.Text + said.Error);
        Assert.True(DocumentScript.Fits(said.Text, output), $"it prints\n{said.Text}\nand the page says\n{output}");

        // Nobody is at the keyboard of a pipe: the command as it stands opens a session and leaves it resumable.
        var alone = await Tools.RunAsync("env", ["RunAnalyzers=false", "bash", "-c", scripts[0].Text], folder: scratch.In("clone"), limit: WithBuild);
        Assert.True(alone.ExitCode == 4, alone.Text + alone.Error);
        Assert.Contains("runbook resume .runbook/sessions/", alone.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_second_command_is_the_one_that_runs_this()
    {
        Assert.Equal("tests/run\n", DocumentScript.Of("README.md")[1].Text);
        Assert.True(File.GetUnixFileMode(Repository.In("tests", "run")).HasFlag(UnixFileMode.UserExecute), "tests/run can't be executed");
        Assert.SkipUnless(Environment.GetEnvironmentVariable(StartedByRun) == "1", "these tests were not started by tests/run");
    }

    // The text block under the first command shows a command and what it prints.
    private static (string Command, string Output) Rehearsal(DocumentScript script)
    {
        var lines = script.Expected!.Split('\n', 2);
        Assert.StartsWith(Prompt, lines[0], StringComparison.Ordinal);
        return (lines[0][Prompt.Length..], lines[1]);
    }
}
