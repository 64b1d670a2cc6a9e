using System.Text.Json.Nodes;
using Azure.Storage.Sas;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>Full backup of an HSM to a blob container, full restore, and restore of one key.</summary>
public sealed class FullBackupTests
{
    private const string Hsm = "kv-hsm-test";
    private const string Container = "https://stdata.blob.core.windows.net/backups";

    /// <summary>An HSM with an identity, an account with a container, and the grant that lets the one write to the other.</summary>
    private static async Task<World> ReadyAsync(bool granted = true)
    {
        var world = await World.StartAsync();
        await world.ActiveHsmAsync(purgeProtection: false, retentionDays: 7);
        await world.AccountAsync();
        (await world.BlobAsync("PUT", "stdata", "/backups?restype=container")).Expect(201);
        var (identity, principal) = await world.StorageIdentityAsync(null, "id-hsm");
        await GiveIdentityAsync(world, Hsm, identity);
        if (granted)
            (await world.ArmGrantAsync(world.AccountId(), StorageKit.BlobContributor, principal)).Expect(201);
        return world;
    }

    private static async Task GiveIdentityAsync(World world, string hsm, string identity) =>
        (await world.ArmAsync("PATCH", $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/{hsm}", new JsonObject { ["identity"] = Protected.UserAssigned(identity) })).Expect(200);

    private static JsonObject Target() => new() { ["storageResourceUri"] = Container, ["useManagedIdentity"] = true };

    private static JsonObject From(string folder, string member = "folderToRestore") => new() { ["sasTokenParameters"] = Target(), [member] = folder };

    /// <summary>Starts a job, lets it end, and returns its last status.</summary>
    private static async Task<JsonNode> RunAsync(World world, string method, string path, JsonObject body, string hsm = Hsm)
    {
        var first = (await world.HsmAsync(method, hsm, path, body)).Expect(202);
        Assert.Equal("InProgress", (string?)first.Json["status"]);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(3));
        return (await world.GetAsync(first.Header("Azure-AsyncOperation")! + "?api-version=7.6")).Expect(200).Json;
    }

    private static async Task<string> BackUpAsync(World world)
    {
        var end = await RunAsync(world, "POST", "/backup", Target());
        Assert.True((string?)end["status"] == "Succeeded", end.ToJsonString());
        var uri = (string)end["azureStorageBlobContainerUri"]!;
        Assert.StartsWith($"{Container}/mhsm-{Hsm}-", uri, StringComparison.Ordinal);
        return uri[(Container.Length + 1)..];
    }

    private static async Task<string> WrapAsync(World world, string key) =>
        (string)(await world.HsmAsync("POST", Hsm, $"/keys/{key}/wrapkey", new JsonObject { ["alg"] = "RSA-OAEP-256", ["value"] = "AAECAwQFBgc" })).Expect(200).Json["value"]!;

    private static Task<Reply> UnwrapAsync(World world, string key, string value, string hsm = Hsm) =>
        world.HsmAsync("POST", hsm, $"/keys/{key}/unwrapkey", new JsonObject { ["alg"] = "RSA-OAEP-256", ["value"] = value });

    [Fact]
    public async Task A_full_restore_brings_back_what_the_backup_held_and_nothing_else()
    {
        await using var world = await ReadyAsync();
        await world.KeyAsync(Hsm, "before");
        var wrapped = await WrapAsync(world, "before");
        var auditor = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "later");
        var folder = await BackUpAsync(world);
        await world.KeyAsync(Hsm, "after");
        (await world.GrantAsync(Hsm, "/", Roles.CryptoUser, auditor.ObjectId)).Expect(201);

        var end = await RunAsync(world, "PUT", "/restore", From(folder));

        Assert.Equal(("Succeeded", null), ((string?)end["status"], end["error"]));
        (await world.HsmAsync("GET", Hsm, "/keys/after")).Expect(404);
        Assert.Equal("AAECAwQFBgc", (string?)(await UnwrapAsync(world, "before", wrapped)).Expect(200).Json["value"]);
        (await world.HsmAsync("GET", Hsm, "/keys/before", @as: auditor)).Expect(403);
    }

    [Fact]
    public async Task While_a_full_restore_runs_only_its_status_is_answered()
    {
        await using var world = await ReadyAsync();
        await world.KeyAsync(Hsm, "k");
        var folder = await BackUpAsync(world);
        var first = (await world.HsmAsync("PUT", Hsm, "/restore", From(folder))).Expect(202);

        (await world.HsmAsync("GET", Hsm, "/keys/k")).Expect(503);
        Assert.Equal("InProgress", (string?)(await world.GetAsync(first.Header("Azure-AsyncOperation")! + "?api-version=7.6")).Expect(200).Json["status"]);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(3));
        (await world.HsmAsync("GET", Hsm, "/keys/k")).Expect(200);
    }

    [Fact]
    public async Task A_full_restore_wants_a_backup_of_the_last_half_hour()
    {
        await using var world = await ReadyAsync();
        await world.KeyAsync(Hsm, "k");
        var folder = await BackUpAsync(world);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(31));

        (await world.HsmAsync("PUT", Hsm, "/restore", From(folder))).Refused(400, "BadParameter");
        await BackUpAsync(world);
        Assert.Equal("Succeeded", (string?)(await RunAsync(world, "PUT", "/restore", From(folder)))["status"]);
    }

    [Fact]
    public async Task One_key_comes_back_with_all_its_versions_once_it_is_purged()
    {
        await using var world = await ReadyAsync();
        await world.KeyAsync(Hsm, "k");
        var old = await WrapAsync(world, "k");
        await world.KeyAsync(Hsm, "k");
        var latest = await WrapAsync(world, "k");
        var versions = (await world.HsmAsync("GET", Hsm, "/keys/k/versions")).Expect(200).Json["value"]!.AsArray().Select(version => (string)version!["kid"]!).Order(StringComparer.Ordinal).ToList();
        var folder = await BackUpAsync(world);

        (await world.HsmAsync("PUT", Hsm, "/keys/k/restore", From(folder, "folder"))).Refused(409, "Conflict");
        (await world.HsmAsync("DELETE", Hsm, "/keys/k")).Expect(200);
        (await world.HsmAsync("PUT", Hsm, "/keys/k/restore", From(folder, "folder"))).Refused(409, "Conflict");
        (await world.HsmAsync("DELETE", Hsm, "/deletedkeys/k")).Expect(204);
        Assert.Equal("Succeeded", (string?)(await RunAsync(world, "PUT", "/keys/k/restore", From(folder, "folder")))["status"]);

        Assert.Equal(versions, (await world.HsmAsync("GET", Hsm, "/keys/k/versions")).Expect(200).Json["value"]!.AsArray().Select(version => (string)version!["kid"]!).Order(StringComparer.Ordinal));
        (await UnwrapAsync(world, "k", latest)).Expect(200);
        var current = (string)(await world.HsmAsync("GET", Hsm, "/keys/k")).Expect(200).Json["key"]!["kid"]!;
        var first = Assert.Single(versions, kid => kid != current).Split('/')[^1];
        (await UnwrapAsync(world, "k/" + first, old)).Expect(200);
        var missing = await RunAsync(world, "PUT", "/keys/other/restore", From(folder, "folder"));
        Assert.Equal(("Failed", "KeyNotFound"), ((string?)missing["status"], (string?)missing["error"]!["code"]));
    }

    [Fact]
    public async Task Without_a_grant_on_the_account_the_backup_fails_and_says_so()
    {
        await using var world = await ReadyAsync(granted: false);
        var end = await RunAsync(world, "POST", "/backup", Target());

        Assert.Equal(("Failed", "AuthorizationPermissionMismatch"), ((string?)end["status"], (string?)end["error"]!["code"]));
        Assert.Null(end["azureStorageBlobContainerUri"]);
    }

    [Fact]
    public async Task An_hsm_without_an_identity_has_nobody_to_write_as()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        var end = await RunAsync(world, "POST", "/backup", Target());

        Assert.Equal(("Failed", "Forbidden"), ((string?)end["status"], (string?)end["error"]!["code"]));
    }

    [Fact]
    public async Task A_firewall_lets_the_hsm_in_unless_it_shuts_out_services_too()
    {
        await using var world = await ReadyAsync();
        await RulesAsync("AzureServices");
        await BackUpAsync(world);
        await RulesAsync("None");

        Assert.Equal("AuthorizationFailure", (string?)(await RunAsync(world, "POST", "/backup", Target()))["error"]!["code"]);

        async Task RulesAsync(string bypass) => (await world.ArmAsync(
            "PATCH", world.AccountId(), new JsonObject { ["properties"] = new JsonObject { ["networkAcls"] = new JsonObject { ["defaultAction"] = "Deny", ["bypass"] = bypass } } }, version: "2023-05-01")).Expect(200);
    }

    [Fact]
    public async Task A_second_job_waits_for_the_first()
    {
        await using var world = await ReadyAsync();
        (await world.HsmAsync("POST", Hsm, "/backup", Target())).Expect(202);

        (await world.HsmAsync("POST", Hsm, "/backup", Target())).Refused(409, "Conflict");
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(3));
        (await world.HsmAsync("POST", Hsm, "/backup", Target())).Expect(202);
    }

    [Fact]
    public async Task Another_security_domain_does_not_open_the_backup()
    {
        await using var world = await ReadyAsync();
        await world.KeyAsync(Hsm, "k");
        var folder = await BackUpAsync(world);
        await world.ActiveHsmAsync("kv-hsm-other");
        await GiveIdentityAsync(world, "kv-hsm-other", $"{world.Group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-hsm");

        var end = await RunAsync(world, "PUT", "/restore", From(folder), "kv-hsm-other");

        Assert.Equal(("Failed", "BadParameter"), ((string?)end["status"], (string?)end["error"]!["code"]));
        (await world.HsmAsync("GET", "kv-hsm-other", "/keys")).Expect(200);
    }

    [Theory]
    [InlineData("sv=2021-06-08&sr=c&sp=rwdl&sig=AAAA")]
    [InlineData(null)]
    public async Task A_signature_without_an_expiry_is_refused_at_once(string? token)
    {
        await using var world = await ReadyAsync();
        var body = new JsonObject { ["storageResourceUri"] = Container, ["token"] = token };

        (await world.HsmAsync("POST", Hsm, "/backup", body)).Refused(400, "BadRequest");
    }

    [Theory]
    [InlineData("racwdl", true)]
    [InlineData("rl", false)]
    public async Task A_signature_that_may_write_takes_the_backup(string letters, bool succeeds)
    {
        await using var world = await ReadyAsync(granted: false);
        await world.KeyAsync(Hsm, "k");
        var token = await SignAsync(world, letters);
        var end = await RunAsync(world, "POST", "/backup", new JsonObject { ["storageResourceUri"] = Container, ["token"] = token });

        Assert.Equal(succeeds ? "Succeeded" : "Failed", (string?)end["status"]);
        if (!succeeds)
        {
            Assert.Equal("AuthorizationPermissionMismatch", (string?)end["error"]!["code"]);
            return;
        }
        var folder = ((string)end["azureStorageBlobContainerUri"]!)[(Container.Length + 1)..];
        var restore = new JsonObject { ["sasTokenParameters"] = new JsonObject { ["storageResourceUri"] = Container, ["token"] = "?" + token }, ["folderToRestore"] = folder };
        Assert.Equal("Succeeded", (string?)(await RunAsync(world, "PUT", "/restore", restore))["status"]);
        (await world.HsmAsync("GET", Hsm, "/keys/k")).Expect(200);
    }

    /// <summary>A signature for the container, made by the official library.</summary>
    private static async Task<string> SignAsync(World world, string letters)
    {
        var builder = new BlobSasBuilder { BlobContainerName = "backups", Resource = "c", ExpiresOn = DateTimeOffset.UnixEpoch.AddYears(70) };
        builder.SetPermissions(letters, normalize: true);
        var client = (await world.KeyedBlobsAsync()).GetBlobContainerClient("backups");
        return client.GenerateSasUri(builder).Query.TrimStart('?');
    }
}
