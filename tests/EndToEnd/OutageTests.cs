using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runbook.Cli.Testing;
using Runbook.Simulator;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>
/// The article's outage in each variant that is documented, with the program as people start it: the plan names what would break,
/// when, and what repairs it; that is done as the plan words it; and then the rotation goes through. Each session begins on the estate
/// that the one before has left.
/// </summary>
public sealed partial class OutageTests
{
    private const string Servers = "servers=[\"sql-prod\",\"sql-prod-dr\"]";
    private const string Role = "Managed HSM Crypto Service Encryption User";

    private static readonly string[] Rotation = ["runbooks/key-rotation.md", "--set", "hsm=kv-hsm-prod", "--set", "key=cmk-sql", "--set", "accounts=[]", "--set", Servers];

    // As the article has it: both servers of the failover group follow their key.
    private static readonly Meanwhile[] Follow =
    [
        Call("PUT {group}/providers/Microsoft.Sql/servers/sql-prod-dr/encryptionProtector/current", """{"properties":{"serverKeyName":"kv-hsm-prod_cmk-sql_{version:cmk-sql}","serverKeyType":"AzureKeyVault","autoRotationEnabled":true}}""", "PT5M"),
        Call("PUT {group}/providers/Microsoft.Sql/servers/sql-prod/encryptionProtector/current", """{"properties":{"serverKeyName":"kv-hsm-prod_cmk-sql_{version:cmk-sql}","serverKeyType":"AzureKeyVault","autoRotationEnabled":true}}""", "PT5M"),
    ];

    [Fact]
    public async Task A_grant_on_the_old_key_only_is_named_before_the_successor_is_made_and_once_repaired_both_servers_go_over()
    {
        using var site = await Site.OpenAsync();
        site.Bring("to-a-successor.md");

        var plan = await site.PlanAsync("runbooks/to-a-successor.md");

        var moves = plan.Outages.Where(o => o.Cause == "grant").ToDictionary(o => o.Name);
        Assert.Equal(["sql-prod", "sql-prod-dr"], moves.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("move-the-server", "move-the-partner"), (moves["sql-prod"].Step, moves["sql-prod-dr"].Step));
        foreach (var move in moves.Values)
        {
            Assert.Contains("at /keys/cmk-sql only, which is another key", move.Says, StringComparison.Ordinal);
            site.AssertGrant(plan, move, "id-" + move.Name, "/keys/cmk-sql-2");
            await site.RepairAsync(move);
        }

        await site.AssertRepairedAsync("runbooks/to-a-successor.md");
        await site.RunAsync("runbooks/to-a-successor.md");
        await site.RunAsync("runbooks/key-rotation.md", "--set", "hsm=kv-hsm-prod", "--set", "key=cmk-sql-2", "--set", "accounts=[]", "--set", Servers);
        await site.AssertRotatedAsync("cmk-sql-2");
    }

    [Fact]
    public async Task An_assignment_that_a_clean_up_took_is_named_with_the_rotation_and_once_repaired_the_rotation_goes_through()
    {
        using var site = await Site.OpenAsync([.. Follow, new Meanwhile { RolesGoneFrom = "id-sql-prod" }]);

        var plan = await site.PlanAsync(Rotation);

        var outage = Assert.Single(plan.Outages);
        Assert.Equal(("sql-prod", "grant", "2026-08-29T08:26:00Z"), (outage.Name, outage.Cause, outage.Rotation));
        Assert.Contains("/databases/canary", outage.Also, StringComparison.Ordinal);
        Assert.Contains("2026-08-29", plan.Text, StringComparison.Ordinal);
        site.AssertGrant(plan, outage, "id-sql-prod", "/keys/cmk-sql");

        await site.RepairAsync(outage);
        await site.AssertRepairedAsync(Rotation);
        await site.RunAsync(Rotation);
        await site.AssertRotatedAsync("cmk-sql");
    }

    [Fact]
    public async Task An_identity_that_was_replaced_is_named_as_another_principal_and_once_repaired_the_rotation_goes_through()
    {
        using var site = await Site.OpenAsync(
        [
            .. Follow,
            Call("DELETE {group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-sql-prod"),
            Call("PUT {group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-sql-prod", """{"location":"eastus2"}"""),
        ]);

        var plan = await site.PlanAsync(Rotation);

        var outage = Assert.Single(plan.Outages);
        Assert.Equal(("sql-prod", "grant", "2026-08-29T08:26:00Z"), (outage.Name, outage.Cause, outage.Rotation));
        site.AssertGrant(plan, outage, "id-sql-prod", "/keys/cmk-sql");
        Assert.Contains("orphaned-assignment", plan.Findings);
        Assert.Contains(outage.Repairs, r => r.Use == "sql.server-identity.set");

        await site.RepairAsync(outage);
        await site.AssertRepairedAsync(Rotation);
        await site.RunAsync(Rotation);
        await site.AssertRotatedAsync("cmk-sql");
    }

    [Fact]
    public async Task A_network_rule_that_shuts_everybody_out_is_named_and_once_it_is_opened_the_rotation_goes_through()
    {
        using var site = await Site.OpenAsync(
        [
            .. Follow,
            Call("PATCH {group}/providers/Microsoft.KeyVault/managedHSMs/kv-hsm-prod", """{"properties":{"networkAcls":{"defaultAction":"Deny","bypass":"None"}}}""", "PT5M"),
        ]);

        var plan = await site.PlanAsync(Rotation, exitCode: 5);

        // No grant helps here, and none is proposed: the firewall is what is repaired, for the services and for who asks.
        Assert.Equal(["sql-prod", "sql-prod-dr"], plan.Outages.Select(o => o.Name).Order(StringComparer.Ordinal));
        Assert.All(plan.Outages, o => Assert.Equal("network", o.Cause));
        Assert.DoesNotContain("role assignment create", plan.Text, StringComparison.Ordinal);
        await site.DoAsync(plan.Missing.First(r => r.Use == "keyvault.network-rules.set"));
        await site.DoAsync(plan.Outages[0].Repairs[0]);

        await site.AssertRepairedAsync(Rotation);
        await site.RunAsync("runbooks/repair-key-grants.md");
        await site.RunAsync(Rotation);
        await site.AssertRotatedAsync("cmk-sql");
    }

    private static Meanwhile Call(string call, string? body = null, string? passes = null) =>
        new() { Call = call, Body = body is null ? null : JsonElement.Parse(body), Passes = passes };

    private static string? TextOf(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>What a plan said: the text for people, and what it holds for programs.</summary>
    private sealed record Planned(string Text, IReadOnlyList<Outage> Outages, IReadOnlyList<Repair> Missing, IReadOnlyList<string> Findings);

    private sealed record Outage(string Name, string Cause, string? Step, string? Rotation, string Says, string Also, IReadOnlyList<Repair> Repairs);

    private sealed record Repair(string? Use, string? Az, JsonElement With)
    {
        public static IReadOnlyList<Repair> Of(JsonElement of) => of.TryGetProperty("repairs", out var list)
            ? [.. list.EnumerateArray().Select(r => new Repair(TextOf(r, "use"), TextOf(r, "az"), r.TryGetProperty("with", out var with) ? with : default))]
            : [];
    }

    /// <summary>A folder with the shipped runbooks and one estate beside them, which is after each session what that session left.</summary>
    private sealed partial class Site : IDisposable
    {
        // Both names lie there with the same content: each runbook rehearses on the estate of its own name.
        private static readonly string[] Estates = ["sql-pair", "payments", "empty"];

        private readonly ScratchFolder _scratch = new();
        private int _sessions;

        private RunbookProgram Program => new(_scratch.In("home"), _scratch.In("site"));

        public static async Task<Site> OpenAsync(params Meanwhile[] happened)
        {
            var site = new Site();
            Directory.CreateDirectory(site._scratch.In("site", "runbooks"));
            Directory.CreateDirectory(site._scratch.In("site", "estates"));
            foreach (var file in Directory.EnumerateFiles(Repository.In("runbooks"), "*.md")) File.Copy(file, site._scratch.In("site", "runbooks", Path.GetFileName(file)));
            await using (var azure = await StagedAzure.StartAsync(site._scratch.In("before.db"), await File.ReadAllTextAsync(Repository.In("estates", "sql-pair.json")), null))
            {
                foreach (var one in happened) await azure.HappenAsync(one);
                site.Keep(azure.Azure.State.Export(EstateSecrets.Included));
            }

            return site;
        }

        public void Bring(string runbook) => File.Copy(Repository.In("tests", "EndToEnd", "runbooks", runbook), _scratch.In("site", "runbooks", runbook));

        public async Task<Planned> PlanAsync(string runbook) => await PlanAsync([runbook], 0);

        public async Task<Planned> PlanAsync(string[] what, int exitCode = 0)
        {
            var (text, json) = (await Program.RunAsync(["plan", .. what]), await Program.RunAsync(["plan", .. what, "--json"]));
            Assert.True(text.ExitCode == exitCode && json.ExitCode == exitCode, $"{text}\n{json}");
            var found = JsonElement.Parse(json.Output.TrimEnd('\n').Split('\n')[1]);
            var outages = found.GetProperty("outages").EnumerateArray().ToList();
            foreach (var outage in outages)
            {
                // People are told what programs are told.
                Assert.Contains(outage.GetProperty("says").GetString()!, text.Output, StringComparison.Ordinal);
                foreach (var repair in Repair.Of(outage)) Assert.True(repair.Az is null || text.Output.Contains(repair.Az, StringComparison.Ordinal), $"{repair.Az} is not in\n{text}");
            }

            var missing = found.GetProperty("needs").EnumerateArray().Where(n => TextOf(n, "state") == "missing").SelectMany(Repair.Of);
            return new Planned(text.Output, [.. outages.Select(Read)], [.. missing], [.. found.GetProperty("findings").EnumerateArray().Select(f => f.GetProperty("code").GetString()!)]);
        }

        /// <summary>The plan has no outage to predict any more.</summary>
        public async Task AssertRepairedAsync(params string[] what)
        {
            var said = await Program.RunAsync(["plan", .. what, "--json"]);
            Assert.True(said.ExitCode == 0, said.ToString());
            Assert.Equal(0, JsonElement.Parse(said.Output.TrimEnd('\n').Split('\n')[1]).GetProperty("outages").GetArrayLength());
        }

        /// <summary>Runs a runbook to its end on the estate, and keeps what it left.</summary>
        public async Task RunAsync(params string[] what)
        {
            var directory = _scratch.In($"s{++_sessions}");
            var ran = await Program.RunAsync(["run", .. what, "--rehearse", "--out", directory]);
            Assert.True(ran.ExitCode == 0, ran.ToString());
            await using var left = await StagedAzure.StartAsync(Path.Combine(directory + ".azure", "estate.db"), null, null);
            Keep(left.Azure.State.Export(EstateSecrets.Included));
        }

        /// <summary>Types the command that the plan gave, with <c>--rehearse</c>.</summary>
        public Task RepairAsync(Outage outage)
        {
            var words = Word().Matches(outage.Repairs.Single(r => r.Az?.StartsWith("runbook run runbooks/repair-key-grants.md ", StringComparison.Ordinal) == true).Az!).Select(m => m.Value.Replace("'", "", StringComparison.Ordinal)).ToArray();
            Assert.Equal(["runbook", "run"], words[..2]);
            return RunAsync(words[2..]);
        }

        /// <summary>Makes a runbook of the action that the plan gave, and runs it.</summary>
        public async Task DoAsync(Repair repair)
        {
            var text = $"""
                ---
                runbook: as-the-plan-says
                kind: procedure
                summary: What the plan proposed.
                environments: [rehearsal]
                roles:
                  operator: 1
                rehearsal:
                  estate: sql-pair
                ---

                # What the plan proposed

                ## Do it

                ```yaml action
                use: {repair.Use}
                with: {repair.With.GetRawText().Replace("YOUR-ADDRESS", "203.0.113.7", StringComparison.Ordinal)}
                timeout: 10m
                ```

                ## Ends

                ### Completed

                It is done.

                ### Failed

                It is not.

                ### Aborted

                It is not.

                """;
            await File.WriteAllTextAsync(_scratch.In("site", "runbooks", "as-the-plan-says.md"), text, TestContext.Current.CancellationToken);
            await RunAsync("runbooks/as-the-plan-says.md");
        }

        /// <summary>The grant is worded in full: as a command, and as an action with its arguments.</summary>
        public void AssertGrant(Planned plan, Outage outage, string identity, string scope)
        {
            var grant = outage.Repairs.Single(r => r.Use == "keyvault.role-assignment.create");
            var principal = JsonNode.Parse(Estate)!["tables"]!["resources"]!.AsObject().Select(r => r.Value!).Where(r => (string?)r["name"] == identity).Select(r => (string?)r["properties"]!["principalId"]).Single();
            Assert.Equal(("kv-hsm-prod", Role, principal, scope), (TextOf(grant.With, "hsm"), TextOf(grant.With, "role"), TextOf(grant.With, "principal"), TextOf(grant.With, "scope")));
            Assert.Contains($"az keyvault role assignment create --hsm-name kv-hsm-prod --role '{Role}' --assignee-object-id {principal} --scope {scope}\n", plan.Text, StringComparison.Ordinal);
        }

        /// <summary>The key has a second version, both servers use it, and all databases are online; and each transcript holds.</summary>
        public async Task AssertRotatedAsync(string key)
        {
            var verified = await Program.RunAsync(["verify", .. Enumerable.Range(1, _sessions).Select(n => _scratch.In($"s{n}"))]);
            Assert.True(verified.ExitCode == 0, verified.ToString());
            await using var azure = await StagedAzure.StartAsync(_scratch.In("after.db"), Estate, null);
            EstateFact[] facts =
            [
                new() { Of = "keyVersions", Holds = $"length([?contains(_id, '{key}') && !contains(_id, '{key}-')]) == `2`" },
                .. new[] { "sql-prod", "sql-prod-dr" }.SelectMany(server => (EstateFact[])
                [
                    new() { Of = $"GET {{group}}/providers/Microsoft.Sql/servers/{server}/encryptionProtector/current", Holds = $"ends_with(body.properties.uri, '/keys/{key}/{{version:{key}}}') && body.properties.autoRotationEnabled" },
                    new() { Of = $"GET {{group}}/providers/Microsoft.Sql/servers/{server}/databases/canary", Holds = "body.properties.status == 'Online'" },
                ]),
            ];
            foreach (var fact in facts) Assert.Null(await azure.FalsifyAsync(fact));
        }

        public void Dispose()
        {
            foreach (var file in Directory.EnumerateFiles(_scratch.Path, "*", SearchOption.AllDirectories)) File.SetAttributes(file, FileAttributes.Normal);
            _scratch.Dispose();
        }

        private string Estate => File.ReadAllText(_scratch.In("site", "estates", "sql-pair.json"));

        private static Outage Read(JsonElement outage) => new(
            outage.GetProperty("resource").GetString()!.Split('/')[^1],
            outage.GetProperty("cause").GetString()!,
            TextOf(outage, "step"),
            TextOf(outage, "rotation"),
            outage.GetProperty("says").GetString()!,
            outage.TryGetProperty("also", out var also) ? also.GetRawText() : "",
            Repair.Of(outage));

        private void Keep(string estate)
        {
            foreach (var name in Estates) File.WriteAllText(_scratch.In("site", "estates", name + ".json"), estate);
        }

        [GeneratedRegex(@"(?:[^\s']|'[^']*')+")]
        private static partial Regex Word();
    }
}
