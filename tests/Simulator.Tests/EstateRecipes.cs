using System.Text;
using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>
/// The calls that make the shipped estates. After a change: <c>RUNBOOK_ACCEPT=1</c> writes the files anew; a commit says why.
/// </summary>
internal static partial class EstateRecipes
{
    public const string Hsm = "kv-hsm-prod";
    private const string SqlVersion = "2021-11-01";
    public const string StorageVersion = "2023-05-01";

    private static readonly DateTimeOffset Start = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    private static readonly Dictionary<string, Func<World, Task>> Recipes = new(StringComparer.Ordinal)
    {
        ["empty"] = EmptyAsync,
        ["activated-hsm"] = ActivatedAsync,
        ["payments"] = PaymentsAsync,
        ["single-layer"] = SingleLayerAsync,
        ["sql-pair"] = SqlPairAsync,
        ["two-regions"] = TwoRegionsAsync,
        ["well-kept"] = WellKeptAsync,
        ["planted-faults"] = PlantedFaultsAsync,
        ["custody"] = RecoveryRecipes.CustodyAsync,
        ["confidential"] = RecoveryRecipes.ConfidentialAsync,
        ["denials"] = RecoveryRecipes.DenialsAsync,
        ["two-regions-failed-over"] = FailedOverAsync,
    };

    /// <summary>The faults of the shipped scenarios, as an administrator would arm them, each so long after the start.</summary>
    private static readonly Dictionary<string, (TimeSpan At, string Fault)[]> Scenarios = new(StringComparer.Ordinal)
    {
        ["primary-region-away"] = [(TimeSpan.FromMinutes(45), """{"kind":"region-down","region":"eastus2","duration":"PT6H"}""")],
        ["roles-per-version"] = [(TimeSpan.Zero, """{"kind":"roles-per-version"}""")],
        ["primary-region-down"] = [(TimeSpan.Zero, """{"kind":"region-down","region":"eastus2"}""")],
    };

    public static IEnumerable<string> Names => Recipes.Keys;

    public static IEnumerable<string> ScenarioNames => Scenarios.Keys;

    public static IReadOnlyList<(TimeSpan At, string Fault)> ScenarioCalls(string name) => Scenarios[name];

    /// <summary>What people of the estate that is being made hold outside of Azure, by path.</summary>
    public static AsyncLocal<SortedDictionary<string, string>?> Safe { get; } = new();

    public static async Task<EmbeddedAzure> MakeAsync(string name)
    {
        var azure = await EmbeddedAzure.StartAsync(new EmbeddedAzureOptions { Clock = ClockMode.Standing, StartAt = Start, Seed = "estate/" + name }, World.Stop);
        await Recipes[name](World.Around(azure));
        Assert.Empty(azure.OwnFailures);
        return azure;
    }

    public static string Group(World world) => $"{world.Subscription}/resourceGroups/rg-runbook";

    public static string HsmId(World world) => $"{Group(world)}/providers/Microsoft.KeyVault/managedHSMs/{Hsm}";

    private static string Server(World world, string name) => $"{Group(world)}/providers/Microsoft.Sql/servers/{name}";

    public static string Account(World world, string name) => $"{Group(world)}/providers/Microsoft.Storage/storageAccounts/{name}";

    /// <summary>A subscription, a resource group, an operator who is Contributor of the group and Reader of the rest, two groups of people.</summary>
    private static async Task EmptyAsync(World world)
    {
        var group = Group(world);
        (await world.ArmAsync("PUT", group, new JsonObject { ["location"] = "eastus2" }, version: "2021-04-01")).Expect(201);
        var operatorPerson = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "operator");
        world.Azure.Principals.Create(PrincipalKind.Group, "officers", "6f1d2a34-0c5b-4e7f-9a81-2b3c4d5e6f70");
        world.Azure.Principals.Create(PrincipalKind.Group, "auditors", "7a2e3b45-1d6c-4f80-8b92-3c4d5e6f7081");
        (await world.ArmGrantAsync(group, Roles.Contributor, operatorPerson.ObjectId)).Expect(201);
        (await world.ArmGrantAsync(world.Subscription, Roles.Reader, operatorPerson.ObjectId)).Expect(201);
    }

    /// <summary>
    /// The same with a managed HSM that is active and cannot be purged; the subscription's owner is its administrator, the operator its
    /// Crypto Officer and Crypto Auditor.
    /// </summary>
    public static async Task ActivatedAsync(World world)
    {
        await EmptyAsync(world);
        (await world.ArmAsync("PUT", HsmId(world), World.HsmBody(world.Owner.ObjectId, purgeProtection: true))).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(25));
        using var holders = Holders.Make(3);
        var domain = (await world.HsmAsync("POST", Hsm, "/securitydomain/download", holders.Request(2))).Expect(202).Json;
        RecoveryRecipes.Keep(holders, (string)domain["value"]!);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        var person = world.Azure.Principals.Find("operator")!;
        await HsmGrantAsync(world, "/", Roles.CryptoOfficer, person.ObjectId);
        await HsmGrantAsync(world, "/", Roles.CryptoAuditor, person.ObjectId);
    }

    /// <summary>The HSM with a key that rotates every half year, and a storage account under it that holds a canary.</summary>
    private static async Task PaymentsAsync(World world)
    {
        await WithKeyAsync(world, "cmk-storage");
        await AccountAsync(world, "stkvdataprod", "cmk-storage", "Standard_ZRS");
    }

    /// <summary>The HSM with a key, and an account under it that was made without a second layer, with documents in it.</summary>
    private static async Task SingleLayerAsync(World world)
    {
        await WithKeyAsync(world, "cmk-storage");
        await AccountAsync(world, "stkvlegacy", "cmk-storage", "Standard_GRS");
        (await world.BlobAsync("PUT", "stkvlegacy", "/documents?restype=container")).Expect(201);
        foreach (var name in (string[])["2025/contract.txt", "2026/contract.txt", "readme.txt"])
            (await world.BlobAsync("PUT", "stkvlegacy", "/documents/" + name, Encoding.ASCII.GetBytes($"what {name} says\n"), ("x-ms-blob-type", "BlockBlob"), ("Content-Type", "text/plain"), ("x-ms-meta-owner", "records"))).Expect(201);
        (await world.ArmGrantAsync(Group(world), StorageKit.BlobContributor, world.Azure.Principals.Find("operator")!.ObjectId)).Expect(201);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(30));
    }

    /// <summary>
    /// The HSM with a key for SQL, two servers of a failover group under it and one that has nothing to do with it, a canary database
    /// on each, and alarms for refused unwraps and for databases that lose their key.
    /// </summary>
    private static async Task SqlPairAsync(World world)
    {
        await SqlAsync(world, "canary");
        await ServerAsync(world, "sql-other", "westus2", kid: null);
        await SucceedAsync(world, "PUT", $"{Server(world, "sql-other")}/databases/canary", new JsonObject { ["location"] = "westus2" }, SqlVersion);
        await AlarmsAsync(world);
    }

    /// <summary>The HSM in both regions with the key, the failover group with two databases, two geo-redundant accounts with a canary each.</summary>
    private static async Task TwoRegionsAsync(World world)
    {
        await SqlAsync(world, "payments", "canary");
        (await world.ArmAsync("PATCH", HsmId(world), new JsonObject { ["properties"] = new JsonObject { ["regions"] = new JsonArray(Region("eastus2"), Region("centralus")) } })).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(30));
        await AccountAsync(world, "stkvdataprod", "cmk-sql", "Standard_RAGRS");
        await AccountAsync(world, "stkvlogsprod", "cmk-sql", "Standard_RAGRS");
        await AlarmsAsync(world);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));

        static JsonObject Region(string name) => new() { ["name"] = name };
    }

    /// <summary>
    /// What two regions are after the primary one was down for three hours and everything was failed over by force, a working day
    /// later: SQL and the accounts run in the other region, the accounts locally redundant, and the region is back.
    /// </summary>
    private static async Task FailedOverAsync(World world)
    {
        await TwoRegionsAsync(world);
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.RegionDown, Region = "eastus2", Duration = TimeSpan.FromHours(3) });
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(20));
        await world.SucceedAsync(await world.ArmAsync("POST", $"{Server(world, "sql-prod-dr")}/failoverGroups/fg-payments/forceFailoverAllowDataLoss", version: SqlVersion));
        foreach (var name in (string[])["stkvdataprod", "stkvlogsprod"])
            (await world.ArmAsync("POST", Account(world, name) + "/failover", version: StorageVersion)).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromHours(11));
    }

    public static async Task HsmGrantAsync(World world, string scope, string role, string principal) =>
        (await world.GrantAsync(Hsm, scope, role, principal)).Expect(201);

    /// <summary>The active HSM with a key; the operator may use and change keys.</summary>
    public static async Task<string> WithKeyAsync(World world, string key)
    {
        await ActivatedAsync(world);
        await HsmGrantAsync(world, "/", Roles.CryptoUser, world.Owner.ObjectId);
        await HsmGrantAsync(world, "/keys", Roles.CryptoUser, world.Azure.Principals.Find("operator")!.ObjectId);
        var made = await world.KeyAsync(Hsm, key, new JsonObject { ["kty"] = "RSA-HSM", ["key_size"] = 3072, ["key_ops"] = new JsonArray("wrapKey", "unwrapKey") });
        (await world.HsmAsync("PUT", Hsm, $"/keys/{key}/rotationpolicy", new JsonObject
        {
            ["lifetimeActions"] = new JsonArray(new JsonObject { ["trigger"] = new JsonObject { ["timeAfterCreate"] = "P180D" }, ["action"] = new JsonObject { ["type"] = "Rotate" } }),
            ["attributes"] = new JsonObject { ["expiryTime"] = "P1Y" },
        })).Expect(200);
        return (string)made["key"]!["kid"]!;
    }

    /// <summary>A user-assigned identity that may wrap and unwrap with a key.</summary>
    public static async Task<string> IdentityAsync(World world, string name, string location, string? key)
    {
        var id = $"{Group(world)}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}";
        var made = (await world.ArmAsync("PUT", id, new JsonObject { ["location"] = location })).Expect(201).Json;
        if (key is not null)
            await HsmGrantAsync(world, "/keys/" + key, Roles.ServiceEncryption, (string)made["properties"]!["principalId"]!);
        return id;
    }

    /// <summary>A storage account under the key with <c>canary/canary.txt</c>, which the operator may read.</summary>
    public static async Task AccountAsync(World world, string name, string key, string sku)
    {
        var identity = await IdentityAsync(world, "id-" + name, "eastus2", key);
        (await world.ArmAsync("PUT", Account(world, name), StorageKit.AccountBody(identity, Hsm, key, sku: sku), version: StorageVersion)).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromSeconds(20));
        (await world.ArmGrantAsync(Account(world, name), StorageKit.BlobOwner, world.Owner.ObjectId)).Expect(201);
        (await world.ArmGrantAsync(Account(world, name), StorageKit.BlobReader, world.Azure.Principals.Find("operator")!.ObjectId)).Expect(201);
        (await world.BlobAsync("PUT", name, "/canary?restype=container")).Expect(201);
        (await world.BlobAsync("PUT", name, "/canary/canary.txt", Encoding.ASCII.GetBytes("the canary sings\n"), ("x-ms-blob-type", "BlockBlob"), ("Content-Type", "text/plain"))).Expect(201);
    }

    private static async Task SucceedAsync(World world, string method, string path, JsonObject body, string version) =>
        await world.SucceedAsync(await world.ArmAsync(method, path, body, version: version));

    /// <summary>A SQL server with an identity of its own, and the key where it is given.</summary>
    private static async Task ServerAsync(World world, string name, string location, string? kid)
    {
        var identity = await IdentityAsync(world, "id-" + name, location, kid is null ? null : "cmk-sql");
        var properties = new JsonObject { ["administratorLogin"] = "adm", ["administratorLoginPassword"] = "P1-not-a-secret", ["primaryUserAssignedIdentityId"] = identity };
        if (kid is not null)
            properties["keyId"] = kid;
        await SucceedAsync(world, "PUT", Server(world, name), new JsonObject { ["location"] = location, ["identity"] = Protected.UserAssigned(identity), ["properties"] = properties }, SqlVersion);
    }

    /// <summary>The HSM, its key, two servers under it, and the databases in a failover group of both.</summary>
    private static async Task SqlAsync(World world, params string[] databases)
    {
        var kid = await WithKeyAsync(world, "cmk-sql");
        await ServerAsync(world, "sql-prod", "eastus2", kid);
        await ServerAsync(world, "sql-prod-dr", "centralus", kid);
        var ids = new JsonArray();
        foreach (var name in databases)
        {
            var id = $"{Server(world, "sql-prod")}/databases/{name}";
            await SucceedAsync(world, "PUT", id, new JsonObject { ["location"] = "eastus2" }, SqlVersion);
            ids.Add((JsonNode)id);
        }
        await SucceedAsync(world, "PUT", $"{Server(world, "sql-prod")}/failoverGroups/fg-payments", new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["readWriteEndpoint"] = new JsonObject { ["failoverPolicy"] = "Manual" },
                ["readOnlyEndpoint"] = new JsonObject { ["failoverPolicy"] = "Disabled" },
                ["partnerServers"] = new JsonArray(new JsonObject { ["id"] = Server(world, "sql-prod-dr") }),
                ["databases"] = ids,
            },
        }, SqlVersion);
    }

    /// <summary>The HSM's log in a workspace, an alert on refused unwraps, and one on databases that lose their key.</summary>
    private static async Task AlarmsAsync(World world)
    {
        var workspace = $"{Group(world)}/providers/Microsoft.OperationalInsights/workspaces/log-runbook";
        (await world.ArmAsync("PUT", workspace, new JsonObject { ["location"] = "eastus2" }, version: "2022-10-01")).Expect(201);
        (await world.ArmAsync("PUT", $"{HsmId(world)}/providers/Microsoft.Insights/diagnosticSettings/audit", new JsonObject
        {
            ["properties"] = new JsonObject { ["workspaceId"] = workspace, ["logs"] = new JsonArray(new JsonObject { ["category"] = "AuditEvent", ["enabled"] = true }) },
        }, version: "2021-05-01-preview")).Expect(200);
        var people = $"{Group(world)}/providers/Microsoft.Insights/actionGroups/key-watch";
        (await world.ArmAsync("PUT", people, new JsonObject
        {
            ["location"] = "Global",
            ["properties"] = new JsonObject
            {
                ["groupShortName"] = "key-watch",
                ["enabled"] = true,
                ["emailReceivers"] = new JsonArray(new JsonObject { ["name"] = "on-call", ["emailAddress"] = "on-call@example.com", ["useCommonAlertSchema"] = true }),
            },
        }, version: "2022-06-01")).Expect(201);
        (await world.ArmAsync("PUT", $"{Group(world)}/providers/Microsoft.Insights/scheduledQueryRules/unwrap-refused", JsonNode.Parse($$$"""
            {"location":"eastus2","kind":"LogAlert","properties":{"severity":1,"enabled":true,"scopes":["{{{workspace}}}"],"evaluationFrequency":"PT5M","windowSize":"PT5M",
             "criteria":{"allOf":[{"query":"AzureDiagnostics | where ResourceType == 'MANAGEDHSMS' and OperationName == 'KeyUnwrap' and httpStatusCode_d >= 400","timeAggregation":"Count","operator":"GreaterThan","threshold":0,
               "failingPeriods":{"numberOfEvaluationPeriods":1,"minFailingPeriodsToAlert":1} }] },"actions":{"actionGroups":["{{{people}}}"]},"autoMitigate":true} }
            """), version: "2021-08-01")).Expect(201);
        (await world.ArmAsync("PUT", $"{Group(world)}/providers/Microsoft.Insights/activityLogAlerts/database-inaccessible", JsonNode.Parse($$$"""
            {"location":"Global","properties":{"scopes":["{{{world.Subscription}}}"],
             "condition":{"allOf":[{"field":"category","equals":"Administrative"},{"field":"operationName","equals":"Microsoft.Sql/servers/databases/MakeDatabaseInaccessible/action"}] },
             "actions":{"actionGroups":[{"actionGroupId":"{{{people}}}"}]},"enabled":true} }
            """), version: "2020-10-01")).Expect(201);
    }
}
