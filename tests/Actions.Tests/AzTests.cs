using System.Text;
using System.Text.Json;
using Runbook.Actions.Tests.TestKit;
using Runbook.Engine;
using Runbook.TestKit;

namespace Runbook.Actions.Tests;

public sealed class AzTests
{
    private const string Python = "/usr/bin/python3";

    /// <summary>Commands that newer versions have, and the one that Debian packages has not.</summary>
    private static readonly string[] Newer = [];

    [Fact]
    public async Task Azures_own_command_line_parses_each_command_of_the_catalogue()
    {
        Assert.SkipUnless(Tools.Has("az") && File.Exists(Python), "az is not installed");
        var commands = All().Where(c => !Newer.Any(n => c.Command.StartsWith(n, StringComparison.Ordinal))).ToList();

        var said = await Tools.RunAsync(Python, [Repository.In("tests", "Actions.Tests", "Az", "parse.py")], Encoding.UTF8.GetBytes(string.Join('\n', commands.Select(c => c.Command)) + "\n"));

        Assert.True(said.ExitCode == 0, said.Error);
        var lines = said.Text.TrimEnd('\n').Split('\n');
        Assert.Equal(commands.Count, lines.Length);
        Assert.Equal([], commands.Zip(lines).Where(pair => pair.Second != "ok").Select(pair => $"{pair.First.Command}\n  {pair.Second}"));
    }

    [Fact]
    public async Task The_check_of_commands_notices_a_wrong_option_and_a_wrong_command()
    {
        Assert.SkipUnless(Tools.Has("az") && File.Exists(Python), "az is not installed");

        var said = await Tools.RunAsync(Python, [Repository.In("tests", "Actions.Tests", "Az", "parse.py")], "az keyvault key show --hsm-name h --name n --nothing 1\naz keyvault nothing\n"u8.ToArray());

        Assert.True(said.ExitCode == 0, said.Error);
        Assert.StartsWith("unrecognized arguments: --nothing 1\nthere is no such command", said.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_filled_in_command_leaves_no_place_of_the_template_open() =>
        Assert.All(All(), c => Assert.DoesNotMatch(@"(?<!\$)\{[a-zA-Z:]+\}", c.Command));

    [Theory]
    [InlineData("""{"size":"it's; rm -rf /"}""", "az x --size 'it'\\''s; rm -rf /' --tags {tags}")]
    [InlineData("""{"size":3072}""", "az x --size 3072 --tags {tags}")]
    [InlineData("{}", "az x --tags {tags}")]
    public void A_value_is_one_word_to_a_shell_and_a_missing_one_takes_its_option_along(string with, string expected)
    {
        var descriptor = Bench.Rendering.Get("keyvault.key.create").Descriptor with { AzCommand = "az x --size {size} --tags {tags}" };
        var call = Bench.Rendering.Get("keyvault.key.create").Plan(Samples.Of("keyvault.key.create").First())[^1];

        Assert.Equal(expected.Replace(" --tags {tags}", "", StringComparison.Ordinal), AzCommands.Fill(descriptor, JsonElement.Parse(with), call));
    }

    [Fact]
    public void Lists_objects_and_files_become_words()
    {
        Assert.Contains("--sd-wrapping-keys bob.cer carol.cer dave.cer ", Filled("keyvault.security-domain.download"), StringComparison.Ordinal);
        Assert.Contains("--tags 'session=hsm activation' 'owner=o'\\''neil'", Filled("keyvault.managed-hsm.create"), StringComparison.Ordinal);
        Assert.Contains("--resource-group rg-runbook ", Filled("keyvault.managed-hsm.create"), StringComparison.Ordinal);
    }

    private static string Filled(string action) => All().First(c => c.Action == action).Command;

    private static IEnumerable<(string Action, string Command)> All() =>
        from sample in Samples.All
        let action = Bench.Rendering.Get(sample.Action)
        let with = JsonElement.Parse(sample.With)
        from call in action.Plan(with)
        let command = AzCommands.Fill(action.Descriptor, call.Part ?? with, call)
        where command is not null
        select (sample.Action, command);
}
