using System.Text;
using System.Text.Json.Nodes;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>The embedded Azure as a server of its own, on the real clock, with a shipped estate; its operator is who asks.</summary>
public sealed class SimulatorProcess : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly RunningProgram _running;
    private readonly HttpClient _admin;
    private readonly string _began;

    private SimulatorProcess(RunningProgram running, HttpClient admin, string began, IReadOnlyDictionary<string, string> variables, string subscription, string tenant)
        => (_running, _admin, _began, Variables, Subscription, Tenant) = (running, admin, began, variables, subscription, tenant);

    /// <summary>What points a client at it, as its operator.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; }

    /// <summary>Its subscription.</summary>
    public string Subscription { get; }

    /// <summary>Its tenant.</summary>
    public string Tenant { get; }

    /// <summary>Starts one.</summary>
    /// <param name="scratch">Where its files go.</param>
    /// <param name="estate">Name of the estate.</param>
    /// <param name="speed">How many times faster than the real one its clock goes: what takes Azure minutes takes seconds.</param>
    public static async Task<SimulatorProcess> StartAsync(ScratchFolder scratch, string estate, int speed = 1)
    {
        ArgumentNullException.ThrowIfNull(scratch);
        var text = await File.ReadAllTextAsync(Repository.In("estates", estate + ".json"));
        var started = await StartAsync(scratch, text, "--clock", "real", "--speed", speed.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await started.LayAsync(text);
        return started;
    }

    /// <summary>Lays out the estate that it began with in the place of the one that is there.</summary>
    public Task LayAgainAsync() => LayAsync(_began);

    private async Task LayAsync(string text)
    {
        using var content = new StringContent(text, Encoding.UTF8, "application/json");
        var put = await _admin.PutAsync("state", content);
        Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
    }

    /// <summary>Starts one on an estate that a session has left, where its clock stood.</summary>
    /// <param name="scratch">Where its files go.</param>
    /// <param name="left">The estate's text, with its secrets.</param>
    public static async Task<SimulatorProcess> StartOnAsync(ScratchFolder scratch, string left)
    {
        ArgumentNullException.ThrowIfNull(scratch);
        var state = scratch.In("simulator.db");
        await using (await Cli.Testing.StagedAzure.StartAsync(state, left, null)) { }
        return await StartAsync(scratch, left, "--state", state);
    }

    private static async Task<SimulatorProcess> StartAsync(ScratchFolder scratch, string text, params string[] options)
    {
        var file = scratch.In("simulator.env");
        var running = new RunbookProgram(scratch.In("simulator-home")).Start(["simulate", "--env-file", file, .. options]);
        await running.LineAsync(l => l.StartsWith("listening on", StringComparison.Ordinal), Limit);
        var variables = File.ReadLines(file).Select(l => l.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);
        var admin = new HttpClient { BaseAddress = new Uri(variables["RUNBOOK_SIMULATOR_ADMIN"] + "/") };
        var who = JsonNode.Parse(text)!["tables"]!["principals"]!.AsObject().Select(p => p.Value!).Single(p => (string?)p["displayName"] == "operator");
        variables["AZURE_CLIENT_ID"] = (string)who["applicationId"]!;
        variables["AZURE_CLIENT_SECRET"] = (string)who["secrets"]![0]!["value"]!;
        return new SimulatorProcess(running, admin, text, variables, variables["AZURE_SUBSCRIPTION_ID"], variables["AZURE_TENANT_ID"]);
    }

    /// <summary>Writes a profile that leads to it.</summary>
    /// <param name="path">The file.</param>
    public void WriteProfile(string path) => File.WriteAllText(path, $"""
        cloud: public
        tenant: {Tenant}
        subscription: {Subscription}
        resourceGroup: rg-runbook
        environment: test
        credential: environment
        """ + "\n");

    /// <summary>The estate as it is now.</summary>
    public async Task<JsonNode> StateAsync() => JsonNode.Parse(await _admin.GetStringAsync("state"))!;

    /// <summary>Whether every version of every key is enabled.</summary>
    public async Task<bool> AreKeysEnabledAsync()
    {
        var state = await StateAsync();
        return state["tables"]!["keyVersions"]!.AsObject().All(v => (bool)v.Value!["enabled"]!);
    }

    /// <summary>Whether everything that depends on a key has it: what has lost one looks again only every few minutes.</summary>
    public async Task<bool> IsReadableAsync()
    {
        var state = await StateAsync();
        return state["tables"]!["keyLinks"]!.AsObject().All(l => (bool)l.Value!["accessible"]!);
    }

    /// <summary>Takes a local role away from everybody who holds it.</summary>
    /// <param name="role">The role's id.</param>
    public async Task TakeLocalRoleAsync(string role)
    {
        var state = await StateAsync();
        var assignments = state["tables"]!["localRoleAssignments"]!.AsObject();
        foreach (var name in assignments.Where(a => (string)a.Value!["role"]! == role).Select(a => a.Key).ToList()) assignments.Remove(name);
        await LayAsync(state.ToJsonString());
    }

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        _admin.Dispose();
        _running.Dispose();
    }
}
