using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runbook.Cli.Testing;

namespace Runbook.EndToEnd.Rehearsals;

/// <summary>
/// The estate with a fault of each kind, as <c>verify-encryption</c> reads it: every fault is named with its place, and nothing else is.
/// </summary>
public sealed partial class PlantedFaultsTests
{
    private const string Id = "verify-encryption";

    // The session is the same for every fault.
    private static readonly Lazy<Task<TestedSession>> Session = new(() => TestedSession.RunAsync(
        ShippedRunbook.Load(Id), ShippedRunbook.WorldOf(Id).Cases.Single(c => c.Estate == "planted-faults"), null, [], null, CancellationToken.None));

    /// <summary>Each fault as a sentence, the finding that lists it, and where it is: names, or who holds a role on what.</summary>
    public static TheoryData<string, string, string[]> Planted => new()
    {
        { "A service identity is Crypto User", "too_much", ["id-stkvdataprod on /keys/cmk-storage"] },
        { "Queues and tables are left on Microsoft's key", "queues_and_tables_apart", ["stqueues"] },
        { "A failover partner has another key", "groups_apart", ["fg-apart"] },
        { "An account has no key of ours", "accounts_without_key", ["stplatform"] },
        { "A disk has no key of ours", "disks_without_key", ["datadisk-platform"] },
        { "An account stays at one version", "accounts_pinned", ["stqueues"] },
        { "A PostgreSQL server stays at one version", "postgres_pinned", ["pg-pinned"] },
        { "A SQL server does not follow rotation", "sql_pinned", ["sql-right"] },
        { "A disk set does not follow rotation", "sets_pinned", ["des-rogue"] },
        { "An account has no second layer", "accounts_once", ["stplatform", "stqueues"] },
        { "A disk set has no second layer", "sets_once", ["des-rogue"] },
        { "A container lets its writers choose", "containers_open", ["acme-drafts"] },
        { "A disk is under a set that is not approved", "disks_outside", ["datadisk-rogue"] },
        { "A SQL server is on Microsoft's key", "sql_service_managed", ["sql-left", "sql-plain"] },
        { "An HSM can be purged", "without_purge_protection", ["kv-hsm-lab"] },
        { "A service has its role on another key than the one it names", "grants_on_other_keys", ["id-stqueues on /keys/cmk-old"] },
        { "A service has no role on the key that it names", "grants_missing", ["id-stqueues on /keys/cmk-storage"] },
        { "A role is held by nobody any more", "grants_of_nobody", ["nobody on /keys/cmk-storage"] },
        { "An automation can purge", "purging_automations", ["cleanup-job on /"] },
        { "A key is near its expiry", "near_expiry", ["cmk-old"] },
    };

    [Theory]
    [MemberData(nameof(Planted))]
    public async Task A_planted_fault_is_named_with_its_place(string fault, string finding, string[] places)
    {
        var session = await Session.Value;
        var found = session.Values.Find(finding);

        Assert.True(found is not null, $"{fault}: the session has no {finding}");
        Assert.Equal(places, found.Value.EnumerateArray().Select(f => PlaceOf(f, session)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_place_without_a_planted_fault_is_not_named()
    {
        var session = await Session.Value;
        var text = File.ReadAllText(TestKit.Repository.In("runbooks", Id + ".md"));
        var judged = Judged().Matches(text).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        var planted = Planted.Select(row => row.Data.Item2).ToHashSet(StringComparer.Ordinal);

        Assert.Empty(planted.Except(judged));
        foreach (var other in judged.Except(planted))
            Assert.Equal("[]", session.Values.Find(other)!.Value.GetRawText());
    }

    [Fact]
    public void Whatever_is_judged_is_shown_to_whoever_reads_the_findings()
    {
        var text = File.ReadAllText(TestKit.Repository.In("runbooks", Id + ".md"));
        var table = text[text.IndexOf("## Read the findings", StringComparison.Ordinal)..];

        Assert.All(Judged().Matches(text), m => Assert.Contains($"`${{{m.Groups[1].Value}}}`", table, StringComparison.Ordinal));
    }

    private static string PlaceOf(JsonElement finding, TestedSession session)
    {
        if (finding.ValueKind == JsonValueKind.Object) return $"{NameOf(finding.GetProperty("principal").GetString()!, session)} on {finding.GetProperty("scope").GetString()}";
        var id = finding.GetString()!;
        return KeyId().Match(id) is { Success: true } key ? key.Groups[1].Value : id.Split('/')[^1];
    }

    private static string NameOf(string principal, TestedSession session) =>
        (string?)JsonNode.Parse(session.Estate)!["tables"]!["principals"]![principal]?["displayName"] ?? "nobody";

    [GeneratedRegex(@"length\(\$\{(\w+)\}\) == `0`")]
    private static partial Regex Judged();

    [GeneratedRegex("^https://.+/keys/([^/]+)")]
    private static partial Regex KeyId();
}
