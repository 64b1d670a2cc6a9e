using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Core.Pipeline;
using Azure.Identity;
using Runbook.Actions.Tests.TestKit;
using Runbook.Engine.Actions;
using Runbook.Simulator;
using Runbook.TestKit;

namespace Runbook.Actions.Tests;

/// <summary>What depends on a key, and whether an undoing would be permitted, on the estates that are shipped.</summary>
public sealed class BlastRadiusTests
{
    private const string CryptoUser = "21dbd100-6940-42c2-9190-5d6cb909625b";

    [Fact]
    public async Task A_storage_account_under_the_key_is_found()
    {
        await using var estate = await Estate.OpenAsync("payments");

        var found = await estate.FindAsync("keyvault.key.disable", new JsonObject { ["hsm"] = "kv-hsm-prod", ["name"] = "cmk-storage" });

        Assert.Equal(["storageAccounts/stkvdataprod"], found);
    }

    [Fact]
    public async Task Sql_servers_of_both_regions_and_all_their_databases_are_found()
    {
        await using var estate = await Estate.OpenAsync("sql-pair");

        var found = await estate.FindAsync("keyvault.key.disable", new JsonObject { ["id"] = "https://kv-hsm-prod.managedhsm.azure.net/keys/cmk-sql" });

        Assert.Contains("servers/sql-prod", found);
        Assert.Contains("servers/sql-prod-dr", found);
        Assert.All(found.Where(f => !f.StartsWith("servers/", StringComparison.Ordinal)), f => Assert.StartsWith("databases/", f, StringComparison.Ordinal));
        Assert.Contains(found, f => f.StartsWith("databases/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_key_that_nobody_uses_has_no_radius()
    {
        await using var estate = await Estate.OpenAsync("payments");

        Assert.Empty(await estate.FindAsync("keyvault.key.disable", new JsonObject { ["hsm"] = "kv-hsm-prod", ["name"] = "spare" }));
    }

    [Fact]
    public async Task A_role_at_the_root_of_an_hsm_reaches_whatever_uses_any_of_its_keys()
    {
        await using var estate = await Estate.OpenAsync("payments");

        Assert.Equal(["storageAccounts/stkvdataprod"], await estate.FindAsync("keyvault.role-assignment.delete", new JsonObject { ["hsm"] = "kv-hsm-prod", ["role"] = "x", ["principal"] = "y", ["scope"] = "/" }));
    }

    [Fact]
    public async Task What_can_not_be_told_is_no_empty_radius()
    {
        await using var estate = await Estate.OpenAsync("payments");

        await Assert.ThrowsAsync<FaultUnknownException>(() => estate.FindAsync("sql.database.create", new JsonObject { ["server"] = "sql", ["name"] = "canary" }));
    }

    [Fact]
    public async Task An_identity_reaches_the_server_that_has_it_and_its_databases()
    {
        await using var estate = await Estate.OpenAsync("sql-pair");

        var found = await estate.FindAsync("identity.user-assigned.delete", new JsonObject { ["id"] = "id-sql-prod" });

        Assert.Equal(["databases/canary", "servers/sql-prod"], found);
    }

    [Fact]
    public async Task A_role_of_one_servers_identity_reaches_that_server_and_a_group_reaches_everybody()
    {
        await using var estate = await Estate.OpenAsync("sql-pair");
        var with = new JsonObject { ["hsm"] = "kv-hsm-prod", ["role"] = "x", ["principal"] = estate.PrincipalOf("id-sql-prod"), ["scope"] = "/keys/cmk-sql" };
        var ofNobody = with.DeepClone().AsObject();
        ofNobody["principal"] = "6f1d2a34-0c5b-4e7f-9a81-2b3c4d5e6f70";

        Assert.Equal(["databases/canary", "servers/sql-prod"], await estate.FindAsync("keyvault.role-assignment.delete", with));
        Assert.Equal(["databases/canary", "databases/canary", "servers/sql-prod", "servers/sql-prod-dr"], await estate.FindAsync("keyvault.role-assignment.delete", ofNobody));
    }

    [Fact]
    public async Task A_region_reaches_what_lies_in_it_and_an_extended_hsm_answers_from_elsewhere()
    {
        await using var estate = await Estate.OpenAsync("two-regions");

        var found = await estate.FindAsync("embedded.region.down", new JsonObject { ["region"] = "eastus2" });

        Assert.Equal(["databases/canary", "databases/payments", "servers/sql-prod", "storageAccounts/stkvdataprod", "storageAccounts/stkvlogsprod"], found);
    }

    [Fact]
    public async Task An_hsm_that_lives_in_one_region_takes_its_users_elsewhere_along()
    {
        await using var estate = await Estate.OpenAsync("sql-pair");

        var found = await estate.FindAsync("embedded.region.down", new JsonObject { ["region"] = "eastus2" });

        Assert.Equal(["databases/canary", "databases/canary", "managedHSMs/kv-hsm-prod", "servers/sql-prod", "servers/sql-prod-dr"], found);
    }

    [Theory]
    [InlineData("embedded.network.deny")]
    [InlineData("embedded.throttling.start")]
    public async Task A_cut_or_crowded_way_to_an_hsm_reaches_whatever_uses_its_keys(string action)
    {
        await using var estate = await Estate.OpenAsync("payments");

        Assert.Equal(["storageAccounts/stkvdataprod"], await estate.FindAsync(action, new JsonObject { ["hsm"] = "kv-hsm-prod" }));
        Assert.Equal(["storageAccounts/stkvdataprod"], await estate.FindAsync(action, new JsonObject { ["account"] = "stkvdataprod" }));
    }

    [Fact]
    public async Task Whatever_an_identity_unwraps_for_depends_on_it()
    {
        await using var estate = await Estate.OpenAsync("payments");

        Assert.Equal(["storageAccounts/stkvdataprod"], await estate.FindAsync("identity.user-assigned.delete", new JsonObject { ["id"] = "id-stkvdataprod" }));
        Assert.Empty(await estate.FindAsync("identity.user-assigned.delete", new JsonObject { ["id"] = "id-of-nobody" }));
    }

    [Fact]
    public async Task A_disk_encryption_set_takes_its_disks_along_and_an_identity_the_set()
    {
        await using var estate = await Estate.OpenAsync("well-kept");

        var bySet = await estate.FindAsync("compute.disk-encryption-set.delete", new JsonObject { ["name"] = "des-prod" });
        var byIdentity = await estate.FindAsync("identity.user-assigned.delete", new JsonObject { ["id"] = "id-des-prod" });

        Assert.Contains("diskEncryptionSets/des-prod", bySet);
        Assert.Contains("disks/osdisk-app01", bySet);
        Assert.DoesNotContain(bySet, f => f.StartsWith("storageAccounts/", StringComparison.Ordinal));
        Assert.Equal(bySet, byIdentity);
    }

    [Fact]
    public async Task Ten_thousand_dependants_in_three_levels_are_all_found()
    {
        const int sets = 100, disksOfSet = 50, machines = 4900;
        await using var estate = await Estate.OpenAsync("well-kept", change: document => Crowd.Fill(document, sets, disksOfSet, machines));

        var radius = await estate.Radius.FindAsync("keyvault.key.disable", JsonElement.Parse("""{"hsm":"kv-hsm-prod","name":"cmk-crowd"}"""), estate.Context, TestContext.Current.CancellationToken);

        Assert.Equal(sets + (sets * disksOfSet) + machines, radius.Resources.Length);
        Assert.Equal(radius.Resources.Length, radius.Resources.Select(r => r.Id).Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Equal(sets, radius.Resources.Count(r => r.Through == "https://kv-hsm-prod.managedhsm.azure.net/keys/cmk-crowd"));
        Assert.All(radius.Resources.Where(r => r.Type.EndsWith("/disks", StringComparison.OrdinalIgnoreCase)), r => Assert.Contains("/diskEncryptionSets/", r.Through, StringComparison.Ordinal));
        Assert.All(radius.Resources.Where(r => r.Type.EndsWith("/virtualMachines", StringComparison.OrdinalIgnoreCase)), r => Assert.Contains("/disks/", r.Through, StringComparison.Ordinal));
        Assert.All(radius.Resources, r => Assert.Equal("crowd", r.Owner));
    }

    [Fact]
    public async Task An_operator_with_the_local_role_may_undo_and_one_without_may_not()
    {
        await using var estate = await Estate.OpenAsync("payments");
        await using var without = await Estate.OpenAsync("payments", CryptoUser);
        var with = JsonElement.Parse("""{"hsm":"kv-hsm-prod","name":"cmk-storage"}""");

        Assert.Null(await estate.Permissions.WhyNotAsync("keyvault.key.enable", with, estate.Context, TestContext.Current.CancellationToken));
        Assert.Contains("keys/write/action", await without.Permissions.WhyNotAsync("keyvault.key.enable", with, without.Context, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_leaves_a_role_in_place_needs_no_permission()
    {
        await using var without = await Estate.OpenAsync("payments", CryptoUser);
        var with = JsonElement.Parse("""{"hsm":"kv-hsm-prod","role":"Managed HSM Crypto User","principal":"11111111-2222-4333-8444-555555555555","scope":"/keys","name":"11111111-2222-4333-8444-555555555556","keep":true}""");

        Assert.Null(await without.Permissions.WhyNotAsync("keyvault.role-assignment.delete", with, without.Context, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_is_deleted_can_be_recovered_for_as_long_as_the_hsm_says()
    {
        await using var estate = await Estate.OpenAsync("payments");
        var with = JsonElement.Parse("""{"hsm":"kv-hsm-prod","name":"cmk-storage"}""");

        var deleted = await estate.Radius.UndoableForAsync("keyvault.key.delete", with, estate.Context, TestContext.Current.CancellationToken);

        Assert.InRange(deleted!.Value.TotalDays, 7, 90);
        Assert.Null(await estate.Radius.UndoableForAsync("keyvault.key.disable", with, estate.Context, TestContext.Current.CancellationToken));
    }

    /// <summary>A shipped estate with its operator.</summary>
    private sealed class Estate : IAsyncDisposable
    {
        private readonly EmbeddedAzure _azure;
        private readonly ScratchFolder _folder = new();

        private Estate(EmbeddedAzure azure)
        {
            _azure = azure;
            var who = azure.Principals.Find("operator")!;
            var transport = new HttpClientTransport(azure.CreateHandler());
            var environment = new AzureEnvironment
            {
                TenantId = azure.TenantId,
                SubscriptionId = azure.SubscriptionId,
                ResourceGroup = "rg-runbook",
                Label = "rehearsal",
                Credential = new ClientSecretCredential(azure.TenantId, who.ClientId, who.Secret, new ClientSecretCredentialOptions { Transport = transport }),
                Transport = transport,
            };
            Radius = new AzureBlastRadius(environment);
            Permissions = new AzureUndoPermissions(environment, AzureActions.Create(environment));
            Context = Bench.ContextIn(_folder.Path, azure.Clock);
        }

        public AzureBlastRadius Radius { get; }

        public AzureUndoPermissions Permissions { get; }

        public ActionContext Context { get; }

        public static async Task<Estate> OpenAsync(string name, string? withoutLocalRole = null, Action<JsonNode>? change = null)
        {
            var document = JsonNode.Parse(await File.ReadAllTextAsync(Repository.In("estates", name + ".json"), TestContext.Current.CancellationToken))!;
            var assignments = document["tables"]!["localRoleAssignments"]!.AsObject();
            foreach (var gone in assignments.Where(a => (string)a.Value!["role"]! == withoutLocalRole).Select(a => a.Key).ToList()) assignments.Remove(gone);
            change?.Invoke(document);
            return new Estate(await EmbeddedAzure.StartAsync(new EmbeddedAzureOptions { Clock = ClockMode.Standing, Estate = document.ToJsonString() }, TestContext.Current.CancellationToken));
        }

        /// <summary>The principal of a managed identity.</summary>
        public string PrincipalOf(string identity) => _azure.Principals.Find(identity)!.ObjectId;

        /// <summary>What is found, by its last type and name.</summary>
        public async Task<List<string>> FindAsync(string action, JsonObject with)
        {
            var radius = await Radius.FindAsync(action, JsonElement.Parse(with.ToJsonString()), Context, TestContext.Current.CancellationToken);
            return [.. radius.Resources.Select(r => string.Join('/', r.Id.Split('/')[^2..])).Order(StringComparer.Ordinal)];
        }

        public async ValueTask DisposeAsync()
        {
            await _azure.DisposeAsync();
            _folder.Dispose();
        }
    }
}
