using Runbook.Journal;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>Every shipped drill, rehearsed with a guard in a process of its own: it breaks what it says, and leaves the estate as it was.</summary>
public sealed class ShippedDrillTests
{
    /// <summary>By drill: the call that breaks something, by method and a part of its path; and what is not the same afterwards.</summary>
    private static readonly Dictionary<string, Expected> ByDrill = new(StringComparer.Ordinal)
    {
        ["iam-cleanup"] = new("DELETE", "/keys/cmk-storage/providers/Microsoft.Authorization/roleAssignments/"),
        ["key-delete"] = new("DELETE", "/keys/cmk-storage"),
        ["key-disable"] = new("PATCH", "/keys/cmk-storage/"),

        // An end can't be taken away from a version that never had one; the drill says so before anybody agrees.
        ["key-expiry"] = new("PATCH", "/keys/cmk-storage/") { Stays = ("expires never", "expires 4102358400") },
        ["network-lockout"] = new("PATCH", "/managedHSMs/kv-hsm-prod"),
    };

    /// <summary>Ids of all drills, as the folder lists them.</summary>
    public static TheoryData<string> Drills => [.. Ids()];

    [Theory]
    [MemberData(nameof(Drills))]
    public async Task A_shipped_drill_breaks_what_it_says_and_leaves_the_estate_as_it_was(string id)
    {
        Assert.True(ByDrill.TryGetValue(id, out var expected), $"Nothing is expected of drills/{id}.md: say here what it breaks, and what stays.");
        using var scratch = new ScratchFolder();
        var session = scratch.In("s");
        var program = new RunbookProgram(scratch.In("home"));

        var said = await program.RunAsync("run", $"drills/{id}.md", "--rehearse", "--out", session);

        Assert.True(said.ExitCode == 0, said.ToString());
        Assert.Equal(new DrillVerdicts("held", "ran", "reverted"), Bodies<Closed>(session).Single().Verdicts);
        Assert.Equal(LiftedHow.Revert, Bodies<FaultLifted>(session).Single().How);
        Assert.NotNull(Bodies<FaultArmed>(session).Single().Guard);
        var verified = await program.RunAsync("verify", session);
        Assert.True(verified.ExitCode == 0, verified.ToString());
        var (after, calls) = await EstateStanding.OfAsync(session);
        Assert.Contains(calls, c => c.Method == expected.Method && c.Url.Contains(expected.Path, StringComparison.OrdinalIgnoreCase) && c.Status is >= 200 and < 300);
        var before = EstateStanding.Of(await File.ReadAllTextAsync(Repository.In("estates", "payments.json"), TestContext.Current.CancellationToken));
        Assert.Equal(expected.Stays is { } stays ? before.Replace(stays.Was, stays.Is, StringComparison.Ordinal) : before, after);
    }

    [Fact]
    public void What_is_expected_is_expected_of_a_drill_that_is_shipped() => Assert.Equal(ByDrill.Keys.Order(StringComparer.Ordinal), Ids());

    private static IEnumerable<string> Ids() => Directory.EnumerateFiles(Repository.In("drills"), "*.md").Select(f => Path.GetFileNameWithoutExtension(f)).Where(id => id != "README").Order(StringComparer.Ordinal);

    private static IEnumerable<T> Bodies<T>(string session) => JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(session)).Select(l => l.Entry.Body).OfType<T>();

    private sealed record Expected(string Method, string Path)
    {
        public (string Was, string Is)? Stays { get; init; }
    }
}
