using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.Server;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed partial class EstateTests
{
    [Theory]
    [MemberData(nameof(Shipped))]
    public async Task A_shipped_estate_is_what_its_calls_make(string name)
    {
        var path = Repo.Path("estates", name + ".json");
        EstateRecipes.Safe.Value = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await using var made = await EstateRecipes.MakeAsync(name);
        if (Environment.GetEnvironmentVariable("RUNBOOK_ACCEPT") == "1")
        {
            await File.WriteAllTextAsync(path, made.State.Export(EstateSecrets.Included, indented: true), World.Stop);
            if (WithSafe.Contains(name))
                WriteSafe(name, EstateRecipes.Safe.Value);
        }
        await using var shipped = await EmbeddedAzure.StartAsync(
            new EmbeddedAzureOptions { Clock = ClockMode.Standing, Estate = await File.ReadAllTextAsync(path, World.Stop) }, World.Stop);

        Assert.Equal(Repeatable(name, made), Repeatable(name, shipped));
        Assert.Equal(made.Clock.GetUtcNow(), shipped.Clock.GetUtcNow());
    }

    // A backup of keys is as long as its numbers happen to be.
    private static string Repeatable(string name, EmbeddedAzure azure)
    {
        var text = azure.State.Export(EstateSecrets.Repeatable, indented: true);
        return name == "custody" ? Length().Replace(text, "") : text;
    }

    [GeneratedRegex("\"(length|contentMd5|eTag)\": .*")]
    private static partial Regex Length();

    [Theory]
    [MemberData(nameof(ShippedScenarios))]
    public async Task A_shipped_scenario_does_what_its_calls_do(string name)
    {
        var text = await File.ReadAllTextAsync(Repo.Path("scenarios", name + ".json"), World.Stop);
        await using var shipped = await World.StartAsync(options => options with { Scenario = text });
        await using var called = await World.StartAsync();
        var admin = new AdminInterface(called.Azure);
        var start = called.Azure.Clock.GetUtcNow();
        foreach (var (at, fault) in EstateRecipes.ScenarioCalls(name))
        {
            called.Azure.Clock.AdvanceTo(start + at);
            shipped.Azure.Clock.AdvanceTo(start + at);
            Assert.True(RequestTarget.TryParse("/faults", out var target));
            Assert.Equal(201, admin.Handle("POST", target, Encoding.UTF8.GetBytes(fault)).Status);
            Assert.Equal(Armed(called), Armed(shipped));
        }

        static IEnumerable<string> Armed(World world) => world.Azure.Faults.Armed.Select(fault => (fault with { Id = "" }).ToString()).Order(StringComparer.Ordinal);
    }

    [Fact]
    public void Every_shipped_estate_and_scenario_has_a_recipe()
    {
        Assert.Equal(Files("estates"), EstateRecipes.Names.Order(StringComparer.Ordinal));
        Assert.Equal(Files("scenarios"), EstateRecipes.ScenarioNames.Order(StringComparer.Ordinal));

        static IEnumerable<string?> Files(string folder) => Directory.EnumerateFiles(Repo.Path(folder), "*.json").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal);
    }

    public static TheoryData<string> ShippedScenarios => [.. EstateRecipes.ScenarioNames];

    /// <summary>The estates whose people hold something outside of Azure.</summary>
    private static readonly string[] WithSafe = ["custody", "confidential", "denials"];

    private static void WriteSafe(string name, IReadOnlyDictionary<string, string> safe)
    {
        foreach (var (file, content) in safe)
        {
            var path = Repo.Path("estates", $"{name}.safe", file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, content);
        }
    }

    [Fact]
    public async Task In_the_custody_estate_the_operator_backs_up_and_the_safe_holds_the_domain_of_the_hsm()
    {
        await using var world = await ShippedAsync("custody");
        var person = world.Azure.Principals.Find("operator")!;
        var domain = JsonNode.Parse(await File.ReadAllTextAsync(Repo.Path("estates", "custody.safe", "security-domain.json"), World.Stop))!;

        Assert.Equal(3, domain["SharedKeys"]!["enc_shares"]!.AsArray().Count);
        var begun = (await world.HsmAsync("POST", "kv-hsm-prod", "/backup", new JsonObject { ["storageResourceUri"] = "https://stkvbackup.blob.core.windows.net/hsm-backup", ["useManagedIdentity"] = true }, person)).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal("Succeeded", (string?)(await world.GetAsync(begun.Header("Azure-AsyncOperation")! + "?api-version=7.6", person)).Expect(200).Json["status"]);
    }

    [Theory]
    [InlineData("confidential")]
    [InlineData("denials")]
    public async Task The_evidence_in_the_safe_is_taken_by_the_attestation_of_its_estate(string name)
    {
        await using var world = await ShippedAsync(name);
        foreach (var file in (string[])["evidence.json", "other-evidence.json"])
        {
            var evidence = JsonNode.Parse(await File.ReadAllTextAsync(Repo.Path("estates", name + ".safe", "guest", file), World.Stop))!;
            (await world.SendAsync("POST", "https://sharedeus2.eus2.attest.azure.net/attest/SevSnpVm?api-version=2022-08-01", evidence, token: "")).Expect(200);
        }
    }

    [Fact]
    public async Task In_the_denials_estate_an_owner_reads_roles_and_is_refused_everything_else()
    {
        await using var world = await ShippedAsync("denials");
        var person = world.Azure.Principals.Find("operator")!;

        (await world.HsmAsync("GET", "kv-hsm-prod", "/providers/Microsoft.Authorization/roleAssignments", @as: person)).Expect(200);
        (await world.HsmAsync("GET", "kv-hsm-prod", "/keys", @as: person)).Refused(403, "AccessDenied");
        (await world.HsmAsync("POST", "kv-hsm-prod", "/keys/cmk-storage/rotate", @as: person)).Expect(403);
    }

    public static TheoryData<string> Shipped => [.. EstateRecipes.Names];

    [Fact]
    public async Task The_empty_estate_has_what_a_rehearsal_starts_from()
    {
        await using var world = World.Around(await EmbeddedAzure.StartAsync(
            new EmbeddedAzureOptions { Clock = ClockMode.Standing, Estate = await File.ReadAllTextAsync(Repo.Path("estates", "empty.json"), World.Stop) }, World.Stop));
        var operatorPerson = world.Azure.Principals.Find("operator")!;
        var group = $"{world.Subscription}/resourceGroups/rg-runbook";

        (await world.ArmAsync("GET", group, @as: operatorPerson)).Expect(200);
        (await world.ArmAsync("PUT", $"{group}/providers/Microsoft.KeyVault/managedHSMs/kv-hsm-prod", World.HsmBody(operatorPerson.ObjectId), operatorPerson)).Expect(202);
        (await world.ArmGrantAsync(group, Roles.Reader, operatorPerson.ObjectId, operatorPerson)).Refused(403, "AuthorizationFailed");
        Assert.Equal("6f1d2a34-0c5b-4e7f-9a81-2b3c4d5e6f70", world.Azure.Principals.Find("officers")!.ObjectId);
        Assert.Equal("7a2e3b45-1d6c-4f80-8b92-3c4d5e6f7081", world.Azure.Principals.Find("auditors")!.ObjectId);
    }

    private static async Task<World> ShippedAsync(string name, string? scenario = null) => World.Around(await EmbeddedAzure.StartAsync(
        new EmbeddedAzureOptions
        {
            Clock = ClockMode.Standing,
            Estate = await File.ReadAllTextAsync(Repo.Path("estates", name + ".json"), World.Stop),
            Scenario = scenario is null ? null : await File.ReadAllTextAsync(Repo.Path("scenarios", scenario + ".json"), World.Stop),
        },
        World.Stop));

    private static string Sql(World world, string server, string rest = "") => $"{world.Subscription}/resourceGroups/rg-runbook/providers/Microsoft.Sql/servers/{server}{rest}";

    private static async Task<string?> StatusAsync(World world, string server, string database = "canary") =>
        (string?)(await world.ArmAsync("GET", Sql(world, server, "/databases/" + database), version: "2021-11-01")).Expect(200).Json["properties"]!["status"];

    [Fact]
    public async Task The_operator_of_the_activated_hsm_grants_and_audits_and_uses_no_key()
    {
        await using var world = await ShippedAsync("activated-hsm");
        var person = world.Azure.Principals.Find("operator")!;

        (await world.HsmAsync("GET", "kv-hsm-prod", "/keys", @as: person)).Expect(200);
        (await world.HsmAsync("POST", "kv-hsm-prod", "/keys/k/create", new JsonObject { ["kty"] = "RSA-HSM" }, person)).Expect(403);
        (await world.GrantAsync("kv-hsm-prod", "/keys", Roles.CryptoUser, person.ObjectId, person)).Expect(201);
        (await world.HsmAsync("POST", "kv-hsm-prod", "/keys/k/create", new JsonObject { ["kty"] = "RSA-HSM" }, person)).Expect(200);
    }

    [Fact]
    public async Task The_operator_of_the_payments_estate_takes_the_canarys_key_away_and_gives_it_back()
    {
        await using var world = await ShippedAsync("payments");
        var person = world.Azure.Principals.Find("operator")!;
        var account = (await world.ArmAsync("GET", $"{world.Subscription}/resourceGroups/rg-runbook/providers/Microsoft.Storage/storageAccounts/stkvdataprod", @as: person, version: "2023-05-01")).Expect(200).Json["properties"]!["encryption"]!;
        var kid = (string)account["keyvaultproperties"]!["currentVersionedKeyIdentifier"]!;
        Assert.Equal("Microsoft.Keyvault", (string?)account["keySource"]);
        Assert.Equal(200, (await CanaryAsync()).Status);

        (await EnableAsync(false)).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(70));
        Assert.Equal(403, (await CanaryAsync()).Status);
        (await EnableAsync(true)).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(70));
        Assert.Equal("the canary sings\n", (await CanaryAsync()).Text);

        Task<Reply> CanaryAsync() => world.BlobAsAsync(person, "GET", "stkvdataprod", "/canary/canary.txt", null);

        Task<Reply> EnableAsync(bool enabled) => world.SendAsync("PATCH", $"{kid}?api-version=7.6", new JsonObject { ["attributes"] = new JsonObject { ["enabled"] = enabled } }, person);
    }

    [Fact]
    public async Task In_the_sql_pair_a_lost_grant_takes_one_servers_database_and_rings_the_alarm()
    {
        await using var world = await ShippedAsync("sql-pair");
        var person = world.Azure.Principals.Find("operator")!;
        Assert.Equal(["Online", "Online", "Online"], [await StatusAsync(world, "sql-prod"), await StatusAsync(world, "sql-prod-dr"), await StatusAsync(world, "sql-other")]);
        var identity = (string)(await world.ArmAsync("GET", $"{world.Subscription}/resourceGroups/rg-runbook/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-sql-prod")).Expect(200).Json["properties"]!["principalId"]!;
        var name = World.GuidOf($"kv-hsm-prod/keys/cmk-sql{Roles.ServiceEncryption}{identity}");
        (await world.HsmAsync("DELETE", "kv-hsm-prod", $"/keys/cmk-sql/providers/Microsoft.Authorization/roleAssignments/{name}", @as: person)).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(40));

        Assert.Equal(["Inaccessible", "Online", "Online"], [await StatusAsync(world, "sql-prod"), await StatusAsync(world, "sql-prod-dr"), await StatusAsync(world, "sql-other")]);
        var alerts = (await world.ArmAsync("GET", $"{world.Subscription}/providers/Microsoft.AlertsManagement/alerts", version: "2019-05-05-preview")).Expect(200).Json["value"]!.AsArray()
            .Select(alert => ((string)alert!["properties"]!["essentials"]!["alertRule"]!).Split('/')[^1]).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(["database-inaccessible", "unwrap-refused"], alerts);
    }

    [Fact]
    public async Task With_the_primary_region_down_the_other_takes_over_databases_and_accounts()
    {
        await using var world = await ShippedAsync("two-regions", "primary-region-down");
        var person = world.Azure.Principals.Find("operator")!;
        (await world.HsmAsync("GET", "kv-hsm-prod", "/keys/cmk-sql", @as: person)).Expect(200);
        (await world.BlobAsAsync(person, "GET", "stkvdataprod-secondary", "/canary/canary.txt", null)).Expect(200);
        await Assert.ThrowsAsync<HttpRequestException>(() => world.BlobAsAsync(person, "GET", "stkvdataprod", "/canary/canary.txt", null));

        (await world.ArmAsync("POST", Sql(world, "sql-prod-dr", "/failoverGroups/fg-payments/forceFailoverAllowDataLoss"), @as: person, version: "2021-11-01")).Expect(202);
        (await world.ArmAsync("POST", $"{world.Subscription}/resourceGroups/rg-runbook/providers/Microsoft.Storage/storageAccounts/stkvdataprod/failover", @as: person, version: "2023-05-01")).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal("Primary", (string?)(await world.ArmAsync("GET", Sql(world, "sql-prod-dr", "/failoverGroups/fg-payments"), version: "2021-11-01")).Expect(200).Json["properties"]!["replicationRole"]);
        Assert.Equal(["Online", "Online"], [await StatusAsync(world, "sql-prod-dr", "payments"), await StatusAsync(world, "sql-prod-dr")]);
        (await world.BlobAsAsync(person, "GET", "stkvdataprod", "/canary/canary.txt", null)).Expect(200);
    }

    [Fact]
    public async Task What_was_failed_over_goes_home_by_planned_moves_that_lose_nothing()
    {
        await using var world = await ShippedAsync("two-regions-failed-over");
        var person = world.Azure.Principals.Find("operator")!;
        string[] accounts = ["stkvdataprod", "stkvlogsprod"];
        Assert.Equal(("Primary", "Secondary"), (await RoleAsync("sql-prod-dr"), await RoleAsync("sql-prod")));
        Assert.Equal(["Online", "Online"], [await StatusAsync(world, "sql-prod-dr", "payments"), await StatusAsync(world, "sql-prod-dr")]);
        foreach (var account in accounts)
        {
            Assert.Equal(("centralus", "Standard_LRS"), await WhereAsync(account));
            Assert.Equal("the canary sings\n", (await world.BlobAsAsync(person, "GET", account, "/canary/canary.txt", null)).Expect(200).Text);
            (await world.ArmAsync("PATCH", Account(account), new JsonObject { ["sku"] = new JsonObject { ["name"] = "Standard_GRS" } }, person, version: "2023-05-01")).Expect(200);
        }
        await world.WithinAsync(TimeSpan.FromHours(72), async () => await CanGoAsync("stkvdataprod") && await CanGoAsync("stkvlogsprod"));

        (await world.ArmAsync("POST", Sql(world, "sql-prod", "/failoverGroups/fg-payments/failover"), @as: person, version: "2021-11-01")).Expect(202);
        foreach (var account in accounts)
            (await world.ArmAsync("POST", Account(account) + "/failover?failoverType=Planned", @as: person, version: "2023-05-01")).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(("Secondary", "Primary"), (await RoleAsync("sql-prod-dr"), await RoleAsync("sql-prod")));
        Assert.Equal(["Online", "Online"], [await StatusAsync(world, "sql-prod", "payments"), await StatusAsync(world, "sql-prod")]);
        foreach (var account in accounts)
        {
            Assert.Equal(("eastus2", "Standard_GRS"), await WhereAsync(account));
            Assert.Equal("the canary sings\n", (await world.BlobAsAsync(person, "GET", account, "/canary/canary.txt", null)).Expect(200).Text);
        }

        string Account(string name) => $"{world.Subscription}/resourceGroups/rg-runbook/providers/Microsoft.Storage/storageAccounts/{name}";

        async Task<JsonNode> ShowAsync(string name) => (await world.ArmAsync("GET", Account(name) + "?$expand=geoReplicationStats", @as: person, version: "2023-05-01")).Expect(200).Json;

        async Task<(string?, string?)> WhereAsync(string name)
        {
            var shown = await ShowAsync(name);
            return ((string?)shown["properties"]!["primaryLocation"], (string?)shown["sku"]!["name"]);
        }

        async Task<bool> CanGoAsync(string name) => (await ShowAsync(name))["properties"]!["geoReplicationStats"] is { } stats && (string?)stats["status"] == "Live" && (bool?)stats["canPlannedFailover"] == true;

        async Task<string?> RoleAsync(string server) => (string?)(await world.ArmAsync("GET", Sql(world, server, "/failoverGroups/fg-payments"), version: "2021-11-01")).Expect(200).Json["properties"]!["replicationRole"];
    }

    [Fact]
    public async Task An_export_goes_in_again_and_comes_out_the_same()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        await world.KeyAsync("kv-hsm-test", "k");
        var text = world.Azure.State.Export(EstateSecrets.Included);
        await using var other = await World.StartAsync();
        other.Azure.State.Import(text);

        Assert.Equal(text, other.Azure.State.Export(EstateSecrets.Included));
        other.Forget();
        (await other.HsmAsync("GET", "kv-hsm-test", "/keys/k")).Expect(200);
    }

    [Fact]
    public async Task An_export_without_secrets_holds_none_and_cannot_be_started_from()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        await world.KeyAsync("kv-hsm-test", "k");
        var whole = JsonNode.Parse(world.Azure.State.Export(EstateSecrets.Included))!;
        var text = world.Azure.State.Export(EstateSecrets.LeftOut);
        var material = (string)whole["tables"]!["keyVersions"]!.AsObject().First().Value!["material"]!;

        Assert.DoesNotContain(material, text);
        Assert.DoesNotContain(world.Owner.Secret!, text);
        Assert.DoesNotContain("domainKey", text);
        Assert.Throws<StateFileException>(() => world.Azure.State.Import(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"format":"runbook-estate/2"}""")]
    [InlineData("""{"clock":"2026-01-01T00:00:00Z","format":"runbook-estate/1","secrets":true,"tables":{"surprises":{}}}""")]
    [InlineData("""{"clock":"2026-01-01T00:00:00Z","format":"runbook-estate/1","secrets":true,"tables":{"meta":{"ids":{"numbr":1}}}}""")]
    public async Task A_document_that_is_no_estate_is_refused_and_changes_nothing(string document)
    {
        await using var world = await World.StartAsync();
        var before = world.Azure.State.Export(EstateSecrets.Included);

        Assert.Equal("RS204", Assert.Throws<StateFileException>(() => world.Azure.State.Import(document)).Code);
        Assert.Equal(before, world.Azure.State.Export(EstateSecrets.Included));
    }
}
