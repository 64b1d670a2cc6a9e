using System.Text.Json.Nodes;
using Runbook.Journal;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>The way out when console and guard are gone for good: a shell, and Azure's own command line.</summary>
public sealed class BreakGlassTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task With_everything_dead_the_sheet_and_Debians_az_open_the_firewall_again()
    {
        Assert.SkipUnless(Tools.Has("az"), "az is not installed");
        using var scratch = new ScratchFolder();
        using var people = await RealPeople.MakeAsync();
        using var azure = await SimulatorProcess.StartAsync(scratch, "payments", speed: 20);
        azure.WriteProfile(scratch.In("test.yaml"));
        var session = scratch.In("s");
        using var console = people.Of("alice", azure.Variables).Start(
            "run", Repository.In("drills", "network-lockout.md"), "--azure", scratch.In("test.yaml"), "--roster", people.Roster, "--ui", "json", "--out", session, "--grace", "1h",
            "--set", "hsm=kv-hsm-prod", "--set", "account=stkvdataprod");
        await DrivenConsole.EndorseAsync(console);
        await ToTheFaultAsync(people, console, session);
        console.Kill();
        await console.EndAsync(Limit);
        Assert.Equal("Deny", await FirewallAsync(azure));

        var sheet = await people.Of("alice").RunAsync("break-glass", session);
        Assert.True(sheet.ExitCode == 0, sheet.ToString());
        Assert.Contains("\n# Broken by \"close-the-firewall\", until ", sheet.Output, StringComparison.Ordinal);
        Assert.Contains("\naz keyvault update-hsm --hsm-name kv-hsm-prod --resource-group rg-runbook --default-action Allow --bypass AzureServices\n", sheet.Output, StringComparison.Ordinal);
        Assert.Contains(Directory.EnumerateFiles(Path.Combine(session, "artifacts"), "*.break-glass.sh"), f => File.ReadAllText(f).Contains("az keyvault update-hsm", StringComparison.Ordinal));
        await File.WriteAllTextAsync(scratch.In("sheet.sh"), $"az login --service-principal -u \"$AZURE_CLIENT_ID\" -p \"$AZURE_CLIENT_SECRET\" -t \"$AZURE_TENANT_ID\"\n{sheet.Output}", TestContext.Current.CancellationToken);
        var byHand = await Tools.RunAsync("env", [.. azure.Variables.Select(v => $"{v.Key}={v.Value}"), $"AZURE_CONFIG_DIR={scratch.In("az")}", "AZURE_CORE_COLLECT_TELEMETRY=false", "sh", scratch.In("sheet.sh")], limit: Limit);

        // What comes after the undoing is what the step was about to read, and that may still be dark.
        Assert.True(await FirewallAsync(azure) == "Allow", $"{byHand.Output}\n{byHand.Error}");
    }

    [Fact]
    public async Task A_session_in_which_nothing_is_open_says_so()
    {
        using var scratch = new ScratchFolder();
        var program = new RunbookProgram(scratch.In("home"));
        var ran = await program.RunAsync("run", "runbooks/choose-key-store.md", "--rehearse", "--out", scratch.In("s"));
        Assert.True(ran.ExitCode == 0, ran.ToString());

        var sheet = await program.RunAsync("break-glass", scratch.In("s"));

        Assert.True(sheet.ExitCode == 0, sheet.ToString());
        Assert.Contains("# Nothing is open: nothing is armed, and nothing was begun.", sheet.Output, StringComparison.Ordinal);
    }

    private static async Task ToTheFaultAsync(RealPeople people, RunningProgram console, string session)
    {
        foreach (var item in (int[])[1, 2])
        {
            await DrivenConsole.PromptAsync(console, "ticks");
            await DrivenConsole.TypeAsync(console, new JsonObject { ["command"] = "tick", ["item"] = item, ["person"] = "alice" });
        }

        await DrivenConsole.PromptAsync(console, "approvals", over: "plan");
        var agreed = await people.ApproveAsync("bob", session);
        Assert.True(agreed.ExitCode == 0, agreed.ToString());
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        while (!IsClosed(Entries(session)))
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, limit.Token);
        }
    }

    // The step reads before it writes.
    private static bool IsClosed(List<EntryBody> entries) => entries.OfType<Intent>().Any(i => i.Effect.Step == "close-the-firewall" && i.Class != EffectClass.Read
        && entries.OfType<Outcome>().Any(o => o.Effect == i.Effect && o.Result == OutcomeResult.Done));

    private static async Task<string> FirewallAsync(SimulatorProcess azure)
    {
        var state = await azure.StateAsync();
        return (string?)state["tables"]!["keyStores"]!["hsm/kv-hsm-prod"]!["networkAcls"]?["defaultAction"] ?? "Allow";
    }

    private static List<EntryBody> Entries(string session) => File.Exists(new SessionDirectory(session).Journal)
        ? [.. JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(session)).Select(l => l.Entry.Body)]
        : [];
}
