using System.Text.Json;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>What the program says of permissions before it does anything.</summary>
public sealed class PreflightTests
{
    private static readonly string Needs = Repository.In("tests", "EndToEnd", "runbooks", "needs.md");

    [Fact]
    public async Task A_plan_names_what_is_missing_and_the_grant_that_gives_it()
    {
        using var scratch = new ScratchFolder();

        var said = await Program(scratch).RunAsync("plan", Needs);

        Assert.True(said.ExitCode == 5, said.ToString());
        Assert.Contains("  missing  Microsoft.KeyVault/managedHsm/keys/create at kv-hsm-prod.managedhsm.azure.net/keys/cmk\n", said.Output, StringComparison.Ordinal);
        Assert.Contains("az keyvault role assignment create --hsm-name kv-hsm-prod --role 'Managed HSM Crypto User' --assignee-object-id ", said.Output, StringComparison.Ordinal);
        Assert.Contains("use: keyvault.role-assignment.create  with: {", said.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scratch.Path));
    }

    [Fact]
    public async Task A_plan_for_programs_is_the_signed_one_and_behind_it_what_was_found()
    {
        using var scratch = new ScratchFolder();

        var lines = (await Program(scratch).RunAsync("plan", Needs, "--json")).Output.TrimEnd('\n').Split('\n');

        Assert.Equal(2, lines.Length);
        Assert.Equal("runbook-plan/1", JsonElement.Parse(lines[0]).GetProperty("format").GetString());
        var found = JsonElement.Parse(lines[1]);
        Assert.Equal("runbook-preflight/1", found.GetProperty("format").GetString());
        Assert.Contains(found.GetProperty("needs").EnumerateArray(), n => n.GetProperty("state").GetString() == "missing" && n.GetProperty("repairs")[0].GetProperty("use").GetString() == "keyvault.role-assignment.create");
        Assert.DoesNotContain("preflight", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_with_a_missing_permission_is_refused_and_leaves_nothing()
    {
        using var scratch = new ScratchFolder();

        var said = await Program(scratch).RunAsync("run", Needs, "--rehearse", "--out", scratch.In("s"));

        Assert.True(said.ExitCode == 5, said.ToString());
        Assert.Contains("error RE210: ", said.Error, StringComparison.Ordinal);
        Assert.Contains("  state: ", said.Error, StringComparison.Ordinal);
        Assert.Contains("  next:  az keyvault role assignment create ", said.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scratch.Path));
    }

    [Fact]
    public async Task The_activation_lacks_nothing_because_its_own_steps_give_what_they_need_later()
    {
        using var scratch = new ScratchFolder();

        var said = await Program(scratch).RunAsync("plan", Repository.In("runbooks", "hsm-activation.md"));

        Assert.True(said.ExitCode == 0, said.ToString());
        Assert.Contains("  to come  Microsoft.KeyVault/managedHsm/keys/create at ", said.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("  missing ", said.Output, StringComparison.Ordinal);
    }

    private static RunbookProgram Program(ScratchFolder scratch) => new(scratch.In("home"), scratch.Path);
}
