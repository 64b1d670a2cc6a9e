using System.Text.Json;
using Runbook.Journal;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>Every shipped drill, rehearsed with a guard in a process of its own: it breaks what it says, measures it, and leaves the estate as it was, or as it says.</summary>
public sealed class ShippedDrillTests
{
    private static readonly string[] Times = ["time_to_detect_ms", "time_to_effect_ms", "time_to_recover_ms"];

    // A new version of the key, on which both servers are now; and the grant on the key that is to follow it.
    private static readonly string[] RotatedGone = ["key hsm/kv-hsm-prod/cmk-sql: latest is number 1", "protector of sql-prod-dr: cmk-sql, number 1", "protector of sql-prod: cmk-sql, number 1"];
    private static readonly string[] RotatedNew =
    [
        "key hsm/kv-hsm-prod/cmk-sql: latest is number 2",
        "protector of sql-prod-dr: cmk-sql, number 2",
        "protector of sql-prod: cmk-sql, number 2",
        "role 33413926-3206-4cdd-b39a-83574fe37a17 of id-sql-prod at hsm/kv-hsm-prod/keys/cmk-sql-next",
        "version hsm/kv-hsm-prod/cmk-sql, number 2: enabled, expires 2027-03-02",
    ];

    private static readonly Drill[] All =
    [
        new("broken-grant-rotation", "sql-pair", "DELETE", "/keys/cmk-sql/providers/Microsoft.Authorization/roleAssignments/") { Gone = RotatedGone, New = RotatedNew },
        new("broken-grant-rotation", "sql-pair", "PATCH", "/keys/cmk-sql/")
        {
            Set = "variant=successor",
            Gone = RotatedGone,
            New = [.. RotatedNew, "key hsm/kv-hsm-prod/cmk-sql-next: latest is number 1", "version hsm/kv-hsm-prod/cmk-sql-next, number 1: enabled, expires never"],
        },
        new("broken-grant-rotation", "sql-pair", "DELETE", "/userAssignedIdentities/id-sql-prod")
        {
            Set = "variant=identity",
            Gone = RotatedGone,
            New = [.. RotatedNew, "role 33413926-3206-4cdd-b39a-83574fe37a17 of somebody who is gone at hsm/kv-hsm-prod/keys/cmk-sql"],
        },
        new("iam-cleanup", "payments", "DELETE", "/keys/cmk-storage/providers/Microsoft.Authorization/roleAssignments/"),
        new("key-delete", "payments", "DELETE", "/keys/cmk-storage"),
        new("key-disable", "payments", "PATCH", "/keys/cmk-storage/"),

        // An end can't be taken away from a version that never had one; the drill says so before anybody agrees.
        new("key-expiry", "payments", "PATCH", "/keys/cmk-storage/")
        {
            Gone = ["version hsm/kv-hsm-prod/cmk-storage, number 1: enabled, expires never"],
            New = ["version hsm/kv-hsm-prod/cmk-storage, number 1: enabled, expires 2099-12-31"],
        },
        new("network-lockout", "payments", "PATCH", "/managedHSMs/kv-hsm-prod"),
        new("regional-outage", "two-regions", "PUT", "/faults/region-down.eastus2"),

        // The spare is deleted, and keeps what it was for its retention.
        new("security-domain-quorum-loss", "custody", "DELETE", "/managedHSMs/kv-hsm-prod")
        {
            New = ["firewall of kv-hsm-again: Allow, AzureServices, [], []", "role a290e904-7015-4bba-90c8-60543313cdb4 of operator at hsm/kv-hsm-again/"],
        },
        new("throttling-storm", "sql-pair", "PUT", "/faults/throttled.kv-hsm-prod"),
    ];

    /// <summary>Drills by their place in the list.</summary>
    public static IEnumerable<TheoryDataRow<int, string>> Drills => All.Select((d, i) => new TheoryDataRow<int, string>(i, $"{d.Id} {d.Set}".TrimEnd()));

    [Theory]
    [MemberData(nameof(Drills))]
    public async Task A_shipped_drill_breaks_what_it_says_measures_it_and_leaves_the_estate_as_it_says(int number, string name)
    {
        var drill = All[number];
        using var scratch = new ScratchFolder();
        var session = scratch.In("s");
        var program = new RunbookProgram(scratch.In("home"));

        var said = await program.RunAsync(["run", $"drills/{drill.Id}.md", "--rehearse", "--out", session, .. drill.Set is { } set ? (string[])["--set", set] : []]);

        Assert.True(said.ExitCode == 0, $"{name}: {said}");
        Assert.Equal(new DrillVerdicts("held", "ran", "reverted"), Bodies<Closed>(session).Single().Verdicts);
        Assert.Equal(LiftedHow.Revert, Bodies<FaultLifted>(session).Single().How);
        Assert.NotNull(Bodies<FaultArmed>(session).Single().Guard);
        var verified = await program.RunAsync("verify", session);
        Assert.True(verified.ExitCode == 0, verified.ToString());
        Assert.Equal(Times, (await File.ReadAllLinesAsync(scratch.In("lag-atlas.jsonl"), TestContext.Current.CancellationToken))
            .Select(l => JsonElement.Parse(l).GetProperty("measure").GetString()!)
            .Where(m => m != "time_to_come_home_ms")
            .Order(StringComparer.Ordinal));
        var (after, calls) = await EstateStanding.OfAsync(session);
        Assert.Contains(calls, c => c.Method == drill.Method && c.Url.Contains(drill.Path, StringComparison.OrdinalIgnoreCase) && c.Status is >= 200 and < 300);
        var before = EstateStanding.Of(await File.ReadAllTextAsync(Repository.In("estates", $"{drill.Estate}.json"), TestContext.Current.CancellationToken));
        Assert.Equal(drill.Gone.Order(StringComparer.Ordinal), before.Split('\n').Except(after.Split('\n')).Order(StringComparer.Ordinal));
        Assert.Equal(drill.New.Order(StringComparer.Ordinal), after.Split('\n').Except(before.Split('\n')).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_variant_by_hand_ends_well_where_somebody_cuts_the_routes_and_opens_them()
    {
        using var scratch = new ScratchFolder();
        var session = scratch.In("s");

        var said = await new RunbookProgram(scratch.In("home")).RunAsync("run", "drills/regional-outage-by-hand.md", "--rehearse", "--out", session);

        Assert.True(said.ExitCode == 0, said.ToString());
        Assert.Empty(Bodies<FaultArmed>(session));
        var (after, calls) = await EstateStanding.OfAsync(session);
        Assert.Contains(calls, c => c.Fault == "region-down");
        Assert.Equal(EstateStanding.Of(await File.ReadAllTextAsync(Repository.In("estates", "two-regions.json"), TestContext.Current.CancellationToken)), after);
    }

    [Theory]
    [InlineData("regional-outage")]
    [InlineData("throttling-storm")]
    public async Task What_only_the_embedded_Azure_can_do_is_refused_on_a_real_one_before_anything_is_asked(string id)
    {
        using var scratch = new ScratchFolder();
        await File.WriteAllTextAsync(
            scratch.In("test.yaml"),
            "cloud: public\ntenant: 10c4a1f0-7e39-4d6b-9f2a-53b0d7c8e101\nsubscription: 20d5b2e1-8f4a-4e7c-a03b-64c1e8d9f202\nresourceGroup: rg-runbook\nenvironment: test\ncredential: az\n",
            TestContext.Current.CancellationToken);
        using var people = await RealPeople.MakeAsync();

        var said = await people.Of("alice").RunAsync("run", Repository.In("drills", $"{id}.md"), "--azure", scratch.In("test.yaml"), "--roster", people.Roster, "--out", scratch.In("s"));

        Assert.True(said.ExitCode == 5, said.ToString());
        Assert.Contains("error RC096", said.Error, StringComparison.Ordinal);
        Assert.Contains("embedded Azure only", said.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scratch.In("s")), said.ToString());
    }

    [Fact]
    public void What_is_expected_is_expected_of_a_drill_that_is_shipped() =>
        Assert.Equal(Shipped(), All.Select(d => d.Id).Distinct().Order(StringComparer.Ordinal));

    private static IEnumerable<string> Shipped() => Directory.EnumerateFiles(Repository.In("drills"), "*.md")
        .Where(f => File.ReadAllText(f).Contains("\nkind: drill\n", StringComparison.Ordinal))
        .Select(f => Path.GetFileNameWithoutExtension(f))
        .Order(StringComparer.Ordinal);

    private static IEnumerable<T> Bodies<T>(string session) => JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(session)).Select(l => l.Entry.Body).OfType<T>();

    /// <summary>A drill: the call that breaks something, by method and a part of its path; and what is not the same afterwards.</summary>
    private sealed record Drill(string Id, string Estate, string Method, string Path)
    {
        public string? Set { get; init; }

        public string[] Gone { get; init; } = [];

        public string[] New { get; init; } = [];
    }
}
