using System.Text;
using System.Text.Json.Nodes;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.ResourceManager;
using Azure.ResourceManager.Resources;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Runbook.Simulator.State;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>Storage accounts that depend on keys: binding, harm, healing, rotation, scopes, regions.</summary>
public sealed class StorageTests
{
    private const string Plain = "the plaintext that nobody may find in the state";

    [Fact]
    public async Task An_account_with_a_customers_key_shows_the_version_in_use()
    {
        await using var world = await World.StartAsync();
        var (hsm, _, _) = await world.CustomerKeyAccountAsync("Standard_GRS");
        var properties = await world.ShowAccountAsync();
        var encryption = properties["encryption"]!;
        var version = await VersionAsync(world, hsm);

        Assert.Equal("Microsoft.Keyvault", (string?)encryption["keySource"]);
        Assert.Equal($"https://{hsm}.managedhsm.azure.net/keys/cmk-storage/{version}", (string?)encryption["keyvaultproperties"]!["currentVersionedKeyIdentifier"]);
        Assert.Equal("", (string?)encryption["keyvaultproperties"]!["keyversion"]);
        Assert.Equal(("Succeeded", "eastus2", "centralus"), ((string?)properties["provisioningState"], (string?)properties["primaryLocation"], (string?)properties["secondaryLocation"]));
        Assert.Null(encryption["requireInfrastructureEncryption"]);
        Assert.Equal("https://stdata.blob.core.windows.net/", (string?)properties["primaryEndpoints"]!["blob"]);
        Assert.Null(properties["secondaryEndpoints"]);
    }

    [Fact]
    public async Task The_resource_manager_client_makes_an_account_and_reads_it_back()
    {
        await using var world = await World.StartAsync(options => options with { PollsMoveClock = true, Timings = new SimulatorTimings { RetryAfter = TimeSpan.FromSeconds(1), Operation = TimeSpan.FromSeconds(3) } });
        var credential = new ClientSecretCredential(world.Azure.TenantId, world.Owner.ClientId, world.Owner.Secret, new ClientSecretCredentialOptions { Transport = new HttpClientTransport(world.Azure.CreateHandler()) });
        var arm = new ArmClient(credential, world.Azure.SubscriptionId, new ArmClientOptions { Transport = new HttpClientTransport(world.Azure.CreateHandler()) });
        var id = new ResourceIdentifier(world.AccountId());
        var made = await arm.GetGenericResources().CreateOrUpdateAsync(WaitUntil.Completed, id, new GenericResourceData(AzureLocation.EastUS2)
        {
            Kind = "StorageV2",
            Sku = new Azure.ResourceManager.Resources.Models.ResourcesSku { Name = "Standard_LRS" },
            Properties = BinaryData.FromObjectAsJson(new { minimumTlsVersion = "TLS1_2" }),
        }, World.Stop);
        var scope = await arm.GetGenericResources().CreateOrUpdateAsync(WaitUntil.Completed, new ResourceIdentifier(world.AccountId() + "/encryptionScopes/tenant-acme"), new GenericResourceData(AzureLocation.EastUS2)
        {
            Properties = BinaryData.FromObjectAsJson(new { source = "Microsoft.Storage" }),
        }, World.Stop);

        Assert.Contains("\"provisioningState\":\"Succeeded\"", made.Value.Data.Properties.ToString(), StringComparison.Ordinal);
        Assert.Equal("Standard_LRS", made.Value.Data.Sku.Name);
        Assert.Contains("\"state\":\"Enabled\"", scope.Value.Data.Properties.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-grant", 403, "KeyVaultAuthenticationFailure")]
    [InlineData("no-key", 400, "KeyVaultKeyNotFound")]
    [InlineData("no-store", 400, "KeyVaultNotFound")]
    [InlineData("disabled", 400, "CustomerManagedKeyPrerequisitesNotMet")]
    [InlineData("expired", 400, "CustomerManagedKeyPrerequisitesNotMet")]
    [InlineData("ec", 400, "CustomerManagedKeyPrerequisitesNotMet")]
    [InlineData("network", 403, "KeyVaultAccessForbidden")]
    [InlineData("no-purge-protection", 400, "KeyVaultPolicyError")]
    [InlineData("no-identity", 400, "CustomerManagedKeyPrerequisitesNotMet")]
    public async Task A_key_that_cannot_be_used_is_refused_at_once_and_nothing_is_made(string lack, int status, string code)
    {
        await using var world = await World.StartAsync();
        var hsm = await world.ActiveHsmAsync(purgeProtection: lack != "no-purge-protection");
        var key = lack == "ec" ? new JsonObject { ["kty"] = "EC-HSM", ["crv"] = "P-256" } : new JsonObject { ["kty"] = "RSA-HSM", ["key_size"] = 2048 };
        key["attributes"] = new JsonObject { ["enabled"] = lack != "disabled" };
        if (lack == "expired")
            key["attributes"]!["exp"] = world.Azure.Clock.GetUtcNow().AddMinutes(1).ToUnixTimeSeconds();
        if (lack != "no-key")
            await world.KeyAsync(hsm, "cmk-storage", key);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(2));
        var (identity, _) = await world.StorageIdentityAsync(lack == "no-grant" ? null : hsm);
        if (lack == "network")
            world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.NetworkDenied, Host = hsm + ".*" });
        var body = StorageKit.AccountBody(identity, lack == "no-store" ? "kv-nobody" : hsm);
        if (lack == "no-identity")
            body["identity"] = new JsonObject { ["type"] = "SystemAssigned" };

        (await world.ArmAsync("PUT", world.AccountId(), body)).Refused(status, code);
        (await world.ArmAsync("GET", world.AccountId())).Refused(404, "ResourceNotFound");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_lies_in_the_state_is_ciphertext_that_only_the_hsm_opens(bool infrastructure)
    {
        await using var world = await World.StartAsync();
        var (hsm, account, _) = await world.CustomerKeyAccountAsync(infrastructure: infrastructure);
        await PutAsync(world, "docs", "x", Plain, metadata: "secret-metadata");
        var estate = world.Azure.State.Export(EstateSecrets.Included);
        var chunk = world.Azure.Core.Estate.Current.Scan(Tables.Chunks).Single();
        var link = world.Azure.Core.Estate.Current.Scan(Tables.KeyLinks).Single().Value;
        Assert.DoesNotContain(Plain, estate, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Plain))[..40], estate, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-metadata", estate, StringComparison.Ordinal);

        // The auditor's way: the HSM unwraps the data key; with it, the standard algorithms and the documented layout open the bytes.
        var version = link.Current.Split('/')[^1];
        var unwrapped = (await world.HsmAsync("POST", hsm, $"/keys/cmk-storage/{version}/unwrapkey", new JsonObject { ["alg"] = "RSA-OAEP-256", ["value"] = System.Buffers.Text.Base64Url.EncodeToString(link.Wrapped) })).Expect(200);
        var dataKey = System.Buffers.Text.Base64Url.DecodeFromChars((string)unwrapped.Json["value"]!);
        Assert.Equal(32, dataKey.Length);
        Assert.DoesNotContain(Convert.ToBase64String(dataKey), estate, StringComparison.Ordinal);
        var stored = chunk.Value.Bytes;
        if (infrastructure)
        {
            Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(() => Open(dataKey, chunk.Key, stored));
            var row = world.Azure.Core.Estate.Current.Find(Tables.StorageAccounts, account)!;
            using var aes = System.Security.Cryptography.Aes.Create();
            aes.Key = KeyLinks.PlatformKeys.Unwrap(world.Azure.Core.Estate.Current, row.InfrastructureKey!);
            Assert.NotEqual(dataKey, aes.Key);
            stored = aes.DecryptCbc(stored.AsSpan(16), stored.AsSpan(0, 16));
        }
        Assert.Equal(Plain, Encoding.UTF8.GetString(Open(dataKey, chunk.Key, stored)));
    }

    [Fact]
    public async Task Infrastructure_encryption_is_decided_at_creation_and_never_again()
    {
        await using var world = await World.StartAsync();
        await world.AccountAsync(StorageKit.AccountBody(infrastructure: true));
        await world.AccountAsync(StorageKit.AccountBody(), "stplain");
        (await world.ArmAsync("PATCH", world.AccountId(), StorageKit.Encryption(new JsonObject { ["requireInfrastructureEncryption"] = false }))).Refused(400, "InvalidRequestPropertyValue");
        (await world.ArmAsync("PATCH", world.AccountId("stplain"), StorageKit.Encryption(new JsonObject { ["requireInfrastructureEncryption"] = true }))).Refused(400, "InvalidRequestPropertyValue");

        Assert.True((bool)(await world.ShowAccountAsync())["encryption"]!["requireInfrastructureEncryption"]!);
        Assert.Null((await world.ShowAccountAsync("stplain"))["encryption"]!["requireInfrastructureEncryption"]);
    }

    [Theory]
    [InlineData("disabled", "KeyVaultEncryptionKeyNotFound")]
    [InlineData("deleted", "KeyVaultEncryptionKeyNotFound")]
    [InlineData("grant", "KeyVaultEncryptionKeyNotFound")]
    [InlineData("identity", "KeyVaultAccessTokenCannotBeAcquired")]
    [InlineData("store", "KeyVaultVaultNotFound")]
    [InlineData("network", "KeyVaultVaultNotFound")]
    [InlineData("region", "KeyVaultVaultNotFound")]
    public async Task A_lost_key_fails_data_and_metadata_for_everybody_and_nothing_else(string harm, string code)
    {
        await using var world = await World.StartAsync();
        var (hsm, _, identity) = await world.CustomerKeyAccountAsync(location: "westus2");
        await PutAsync(world, "docs", "x", Plain);
        await PutAsync(world, "docs", "y", Plain);
        var keyed = (await world.KeyedBlobsAsync()).GetBlobContainerClient("docs");
        await HarmAsync(world, hsm, harm, identity);
        // The data key is used on for as long as it is remembered.
        Assert.Equal(Plain, await GetAsync(world, "docs", "x"));
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));

        var container = world.Blobs().GetBlobContainerClient("docs");
        foreach (var action in (Func<Task>[])
        [
            () => container.GetBlobClient("x").DownloadContentAsync(World.Stop),
            () => container.GetBlobClient("x").GetPropertiesAsync(cancellationToken: World.Stop),
            () => container.GetBlobClient("x").SetMetadataAsync(new Dictionary<string, string> { ["a"] = "b" }, cancellationToken: World.Stop),
            () => container.UploadBlobAsync("z", BinaryData.FromString("z"), World.Stop),
            () => container.GetBlockBlobClient("z").StageBlockAsync("AAAA", new MemoryStream([1]), cancellationToken: World.Stop),
            () => container.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata }, World.Stop).AsPages().ToListAsync(World.Stop).AsTask(),
            () => keyed.GetBlobClient("x").DownloadContentAsync(World.Stop),
        ])
        {
            var refused = await Assert.ThrowsAsync<RequestFailedException>(action);
            Assert.Equal((403, code), (refused.Status, refused.ErrorCode));
        }
        Assert.Equal(["x", "y"], (await container.GetBlobsAsync(cancellationToken: World.Stop).ToListAsync(World.Stop)).Select(blob => blob.Name));
        await container.GetPropertiesAsync(cancellationToken: World.Stop);
        await container.GetBlobClient("y").DeleteAsync(cancellationToken: World.Stop);
        var shown = await world.ShowAccountAsync();
        Assert.Equal(("Succeeded", "available"), ((string?)shown["provisioningState"], (string?)shown["statusOfPrimary"]));
    }

    [Theory]
    [InlineData("disabled")]
    [InlineData("deleted")]
    [InlineData("grant")]
    [InlineData("store")]
    [InlineData("network")]
    [InlineData("region")]
    public async Task Restored_access_heals_the_account_by_itself(string harm)
    {
        await using var world = await World.StartAsync();
        var (hsm, _, identity) = await world.CustomerKeyAccountAsync(location: "westus2");
        await PutAsync(world, "docs", "x", Plain);
        await HarmAsync(world, hsm, harm, identity);
        world.Azure.Clock.Advance(TimeSpan.FromHours(3));
        await MendAsync(world, hsm, harm, identity);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal(Plain, await GetAsync(world, "docs", "x"));
    }

    [Fact]
    public async Task An_expired_key_goes_on_working_and_cannot_be_set_anew()
    {
        await using var world = await World.StartAsync();
        var (hsm, _, _) = await world.CustomerKeyAccountAsync();
        await PutAsync(world, "docs", "x", Plain);
        (await world.HsmAsync("PATCH", hsm, "/keys/cmk-storage", new JsonObject { ["attributes"] = new JsonObject { ["exp"] = world.Azure.Clock.GetUtcNow().AddMinutes(5).ToUnixTimeSeconds() } })).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromDays(2));

        Assert.Equal(Plain, await GetAsync(world, "docs", "x"));
        (await world.ArmAsync("PATCH", world.AccountId(), StorageKit.Encryption(new JsonObject { ["keyvaultproperties"] = StorageKit.KeyProperties(hsm, "cmk-storage") }))).Refused(400, "CustomerManagedKeyPrerequisitesNotMet");
    }

    [Fact]
    public async Task A_rotated_key_is_followed_within_a_day_and_the_old_version_is_needed_until_then()
    {
        await using var world = await World.StartAsync();
        var (hsm, _, _) = await world.CustomerKeyAccountAsync();
        await PutAsync(world, "docs", "x", Plain);
        var old = await VersionAsync(world, hsm);
        world.Azure.Clock.Advance(TimeSpan.FromHours(3));
        await world.KeyAsync(hsm, "cmk-storage");
        world.Azure.Clock.Advance(TimeSpan.FromHours(3));
        Assert.EndsWith(old, await CurrentAsync(world), StringComparison.Ordinal);
        await EnableAsync(world, hsm, old, false);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));
        await Assert.ThrowsAsync<RequestFailedException>(() => GetAsync(world, "docs", "x"));
        await EnableAsync(world, hsm, old, true);
        world.Azure.Clock.Advance(TimeSpan.FromHours(24));

        Assert.EndsWith(await VersionAsync(world, hsm), await CurrentAsync(world), StringComparison.Ordinal);
        await EnableAsync(world, hsm, old, false);
        world.Azure.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(Plain, await GetAsync(world, "docs", "x"));
        // The evidence for who asks: unwraps by the account's identity, per key version.
        Assert.Contains(world.Azure.Calls.Since(), call => call is { ByService: true, Operation: "Unwrap key", Status: 403, ErrorCode: "KeyDisabled" } && call.Url.Contains(old, StringComparison.Ordinal));
        Assert.Equal(200, world.Azure.Calls.Since().Last(call => call is { ByService: true, Operation: "Unwrap key" }).Status);
    }

    [Fact]
    public async Task Data_survives_a_change_of_key_and_the_way_to_the_platforms_key_and_back()
    {
        await using var world = await World.StartAsync();
        var (hsm, _, _) = await world.CustomerKeyAccountAsync();
        await PutAsync(world, "docs", "x", Plain);
        await world.KeyAsync(hsm, "cmk-other", new JsonObject { ["kty"] = "RSA-HSM", ["key_size"] = 3072 });
        (await world.ArmAsync("PATCH", world.AccountId(), StorageKit.Encryption(new JsonObject { ["keyvaultproperties"] = StorageKit.KeyProperties(hsm, "cmk-other") }))).Expect(200);
        Assert.Contains("/keys/cmk-other/", await CurrentAsync(world), StringComparison.Ordinal);
        Assert.Equal(Plain, await GetAsync(world, "docs", "x"));
        (await world.ArmAsync("PATCH", world.AccountId(), StorageKit.Encryption(new JsonObject { ["keySource"] = "Microsoft.Storage" }))).Expect(200);
        Assert.Null((await world.ShowAccountAsync())["encryption"]!["keyvaultproperties"]);
        (await world.HsmAsync("DELETE", hsm, "/keys/cmk-other")).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(Plain, await GetAsync(world, "docs", "x"));
        (await world.ArmAsync("PATCH", world.AccountId(), StorageKit.Encryption(new JsonObject { ["keySource"] = "Microsoft.Keyvault", ["keyvaultproperties"] = StorageKit.KeyProperties(hsm, "cmk-storage", await VersionAsync(world, hsm)) }))).Expect(200);

        Assert.Equal(Plain, await GetAsync(world, "docs", "x"));
        Assert.Equal(await VersionAsync(world, hsm), (string?)(await world.ShowAccountAsync())["encryption"]!["keyvaultproperties"]!["keyversion"]);
    }

    [Fact]
    public async Task The_accounts_own_identity_reaches_a_key_after_creation()
    {
        await using var world = await World.StartAsync();
        var hsm = await world.ActiveHsmAsync();
        await world.KeyAsync(hsm, "cmk-storage");
        await world.AccountAsync();
        var identified = (await world.ArmAsync("PATCH", world.AccountId(), new JsonObject { ["identity"] = new JsonObject { ["type"] = "SystemAssigned" } })).Expect(200).Json;
        var wanted = StorageKit.Encryption(new JsonObject { ["keySource"] = "Microsoft.Keyvault", ["keyvaultproperties"] = StorageKit.KeyProperties(hsm, "cmk-storage") });
        (await world.ArmAsync("PATCH", world.AccountId(), wanted.DeepClone())).Refused(403, "KeyVaultAuthenticationFailure");
        (await world.GrantAsync(hsm, "/keys/cmk-storage", Roles.ServiceEncryption, (string)identified["identity"]!["principalId"]!)).Expect(201);

        Assert.Equal("Microsoft.Keyvault", (string?)(await world.ArmAsync("PATCH", world.AccountId(), wanted)).Expect(200).Json["properties"]!["encryption"]!["keySource"]);
    }

    [Fact]
    public async Task A_restart_finds_the_account_its_blobs_and_its_polls()
    {
        using var scratch = new Scratch();
        var file = scratch.File("state.db");
        await using (var world = await World.StartAsync(options => options with { StateFile = file }))
        {
            await world.CustomerKeyAccountAsync();
            await PutAsync(world, "docs", "x", Plain);
        }
        await using var again = await World.StartAsync(options => options with { StateFile = file });
        Assert.Equal(Plain, await GetAsync(again, "docs", "x"));
        var before = again.Azure.Calls.Last;
        again.Azure.Clock.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(3, again.Azure.Calls.Since(before).Count(call => call is { ByService: true, Operation: "Unwrap key", Status: 200 }));
        await EnableAsync(again, "kv-hsm-test", await VersionAsync(again, "kv-hsm-test"), false);
        again.Azure.Clock.Advance(TimeSpan.FromMinutes(10));
        await Assert.ThrowsAsync<RequestFailedException>(() => GetAsync(again, "docs", "x"));
    }

    [Fact]
    public async Task Each_tenants_scope_lives_and_dies_with_its_own_key()
    {
        await using var world = await World.StartAsync();
        var (hsm, _, _) = await world.CustomerKeyAccountAsync();
        foreach (var tenant in (string[])["acme", "globex"])
        {
            await world.KeyAsync(hsm, "cmk-" + tenant);
            (await ScopeAsync(world, "tenant-" + tenant, new JsonObject { ["source"] = "Microsoft.KeyVault", ["keyVaultProperties"] = new JsonObject { ["keyUri"] = Url(hsm, "cmk-" + tenant) }, ["requireInfrastructureEncryption"] = tenant == "acme" })).Expect(201);
            await world.Blobs().GetBlobContainerClient(tenant).CreateAsync(PublicAccessType.None, null, new BlobContainerEncryptionScopeOptions { DefaultEncryptionScope = "tenant-" + tenant, PreventEncryptionScopeOverride = true }, World.Stop);
            await PutAsync(world, tenant, "x", Plain, make: false);
        }
        BlobProperties properties = await world.Blobs().GetBlobContainerClient("acme").GetBlobClient("x").GetPropertiesAsync(cancellationToken: World.Stop);
        Assert.Equal("tenant-acme", properties.EncryptionScope);
        BlobContainerProperties container = await world.Blobs().GetBlobContainerClient("acme").GetPropertiesAsync(cancellationToken: World.Stop);
        Assert.Equal(("tenant-acme", true), (container.DefaultEncryptionScope, container.PreventEncryptionScopeOverride));
        var foreign = await world.BlobAsync("PUT", "stdata", "/acme/y", [1], ("x-ms-blob-type", "BlockBlob"), ("x-ms-encryption-scope", "tenant-globex"));
        Assert.Equal(403, foreign.Status);
        Assert.Equal("InvalidHeaderValue", (await world.BlobAsync("PUT", "stdata", "/fresh?restype=container", null, ("x-ms-default-encryption-scope", "nobody"))).Expect(400).BlobError());

        (await world.HsmAsync("DELETE", hsm, "/keys/cmk-acme")).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal("KeyVaultEncryptionKeyNotFound", (await Assert.ThrowsAsync<RequestFailedException>(() => GetAsync(world, "acme", "x"))).ErrorCode);
        Assert.Equal(Plain, await GetAsync(world, "globex", "x"));
        (await ScopeAsync(world, "tenant-globex", new JsonObject { ["state"] = "Disabled" }, "PATCH")).Expect(200);
        Assert.Equal(403, (await Assert.ThrowsAsync<RequestFailedException>(() => GetAsync(world, "globex", "x"))).Status);
        Assert.Equal(403, (await Assert.ThrowsAsync<RequestFailedException>(() => PutAsync(world, "globex", "z", Plain, make: false))).Status);
        (await ScopeAsync(world, "tenant-globex", new JsonObject { ["state"] = "Enabled" }, "PATCH")).Expect(200);
        Assert.Equal(Plain, await GetAsync(world, "globex", "x"));
    }

    [Fact]
    public async Task A_scope_follows_its_key_is_never_deleted_and_keeps_its_second_layer()
    {
        await using var world = await World.StartAsync();
        var (hsm, _, _) = await world.CustomerKeyAccountAsync();
        await world.KeyAsync(hsm, "cmk-acme");
        await ScopeAsync(world, "tenant-acme", new JsonObject { ["source"] = "Microsoft.KeyVault", ["keyVaultProperties"] = new JsonObject { ["keyUri"] = Url(hsm, "cmk-acme") }, ["requireInfrastructureEncryption"] = true });
        await ScopeAsync(world, "plain", new JsonObject { ["source"] = "Microsoft.Storage" });
        await world.KeyAsync(hsm, "cmk-acme");
        world.Azure.Clock.Advance(TimeSpan.FromHours(25));
        var shown = (await world.ArmAsync("GET", world.AccountId() + "/encryptionScopes/tenant-acme")).Expect(200).Json["properties"]!;
        var newest = (string)(await world.HsmAsync("GET", hsm, "/keys/cmk-acme")).Expect(200).Json["key"]!["kid"]!;

        Assert.Equal(newest, (string?)shown["keyVaultProperties"]!["currentVersionedKeyIdentifier"]);
        Assert.Equal("Microsoft.KeyVault", (string?)shown["source"]);
        (await ScopeAsync(world, "tenant-acme", new JsonObject { ["requireInfrastructureEncryption"] = false }, "PATCH")).Refused(400, "InvalidRequestPropertyValue");
        (await world.ArmAsync("DELETE", world.AccountId() + "/encryptionScopes/tenant-acme")).Expect(405);
        (await ScopeAsync(world, "nobody", new JsonObject { ["state"] = "Disabled" }, "PATCH")).Refused(404, "EncryptionScopeNotFound");
        var page = (await world.ArmAsync("GET", world.AccountId() + "/encryptionScopes?$maxpagesize=1")).Expect(200).Json;
        Assert.Equal("plain", (string?)page["value"]![0]!["name"]);
        Assert.Equal("tenant-acme", (string?)(await world.SendAsync("GET", (string)page["nextLink"]!)).Expect(200).Json["value"]![0]!["name"]);
    }

    [Fact]
    public async Task An_unplanned_failover_loses_what_was_not_copied_and_leaves_one_region()
    {
        await using var world = await World.StartAsync();
        var (_, _, _) = await world.CustomerKeyAccountAsync("Standard_RAGRS", location: "westus2");
        await PutAsync(world, "docs", "early", Plain);
        var journal = world.Blobs().GetBlobContainerClient("docs").GetAppendBlobClient("journal");
        await journal.CreateAsync(cancellationToken: World.Stop);
        await journal.AppendBlockAsync(new MemoryStream("one,"u8.ToArray()), cancellationToken: World.Stop);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(5));
        await journal.AppendBlockAsync(new MemoryStream("two"u8.ToArray()), cancellationToken: World.Stop);
        await PutAsync(world, "docs", "late", Plain, make: false);
        var secondary = world.Blobs("stdata-secondary").GetBlobContainerClient("docs");
        Assert.Equal("one,", (await secondary.GetBlobClient("journal").DownloadContentAsync(World.Stop)).Value.Content.ToString());
        Assert.Equal("InsufficientAccountPermissions", (await Assert.ThrowsAsync<RequestFailedException>(() => secondary.UploadBlobAsync("no", BinaryData.FromString("1"), World.Stop))).ErrorCode);
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.RegionDown, Region = "westus2" });
        await Assert.ThrowsAsync<RequestFailedException>(() => GetAsync(world, "docs", "early"));
        Assert.Equal(Plain, (await secondary.GetBlobClient("early").DownloadContentAsync(World.Stop)).Value.Content.ToString());
        var stats = (await world.ShowAccountAsync(expand: "?$expand=geoReplicationStats"))["geoReplicationStats"]!;
        Assert.Equal(("Unavailable", true, false), ((string?)stats["status"], (bool)stats["canFailover"]!, (bool)stats["canPlannedFailover"]!));

        (await world.ArmAsync("POST", world.AccountId() + "/failover?failoverType=Planned")).Refused(409, "InvalidOperation");
        var started = (await world.ArmAsync("POST", world.AccountId() + "/failover")).Expect(202);
        Assert.True((bool)(await world.ShowAccountAsync())["failoverInProgress"]!);
        (await world.SendAsync("GET", started.Header("Location")!)).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(30));
        (await world.SendAsync("GET", started.Header("Location")!)).Expect(200);

        var shown = (await world.ArmAsync("GET", world.AccountId())).Expect(200).Json;
        Assert.Equal(("Standard_LRS", "westcentralus", null), ((string?)shown["sku"]!["name"], (string?)shown["properties"]!["primaryLocation"], (string?)shown["properties"]!["secondaryLocation"]));
        Assert.Equal(Plain, await GetAsync(world, "docs", "early"));
        Assert.Equal("one,", await GetAsync(world, "docs", "journal"));
        Assert.Equal("BlobNotFound", (await Assert.ThrowsAsync<RequestFailedException>(() => GetAsync(world, "docs", "late"))).ErrorCode);
        await journal.AppendBlockAsync(new MemoryStream("three"u8.ToArray()), cancellationToken: World.Stop);
        Assert.Equal("one,three", await GetAsync(world, "docs", "journal"));
        (await world.ArmAsync("POST", world.AccountId() + "/failover")).Refused(409, "AccountFailoverNotSupported");
    }

    [Fact]
    public async Task A_planned_failover_swaps_the_regions_and_loses_nothing()
    {
        await using var world = await World.StartAsync();
        await world.CustomerKeyAccountAsync("Standard_GRS");
        world.Azure.Clock.Advance(TimeSpan.FromHours(1));
        await PutAsync(world, "docs", "late", Plain);
        (await world.ArmAsync("POST", world.AccountId() + "/failover?failoverType=Planned")).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(30));
        var shown = (await world.ArmAsync("GET", world.AccountId())).Expect(200).Json;

        Assert.Equal(("Standard_GRS", "centralus", "eastus2"), ((string?)shown["sku"]!["name"], (string?)shown["properties"]!["primaryLocation"], (string?)shown["properties"]!["secondaryLocation"]));
        Assert.Equal(Plain, await GetAsync(world, "docs", "late"));
        // The data key is under the same customer's key as before: the move does not lessen the dependence on it.
        (await world.HsmAsync("DELETE", "kv-hsm-test", "/keys/cmk-storage")).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal("KeyVaultEncryptionKeyNotFound", (await Assert.ThrowsAsync<RequestFailedException>(() => GetAsync(world, "docs", "late"))).ErrorCode);
    }

    [Fact]
    public async Task A_locked_policy_lets_a_journal_grow_and_nothing_be_taken_away()
    {
        await using var world = await World.StartAsync();
        await world.AccountAsync();
        var container = (await world.KeyedBlobsAsync()).GetBlobContainerClient("journal");
        await container.CreateAsync(cancellationToken: World.Stop);
        var policy = world.AccountId() + "/blobServices/default/containers/journal/immutabilityPolicies/default";
        var made = (await world.ArmAsync("PUT", policy, new JsonObject { ["properties"] = new JsonObject { ["immutabilityPeriodSinceCreationInDays"] = 3, ["allowProtectedAppendWrites"] = true } })).Expect(200);
        (await world.SendAsync("POST", $"{World.Arm}{policy}/lock?api-version=2023-05-01")).Refused(400, "MissingRequiredHeader");
        var locked = (await world.SendAsync("POST", $"{World.Arm}{policy}/lock?api-version=2023-05-01", headers: ("If-Match", made.Header("ETag")!))).Expect(200);
        Assert.Equal("Locked", (string?)locked.Json["properties"]!["state"]);
        var blob = container.GetAppendBlobClient("journal.jsonl");
        await blob.CreateAsync(cancellationToken: World.Stop);
        await blob.AppendBlockAsync(new MemoryStream("one,"u8.ToArray()), cancellationToken: World.Stop);
        world.Azure.Clock.Advance(TimeSpan.FromDays(2));
        await blob.AppendBlockAsync(new MemoryStream("two"u8.ToArray()), cancellationToken: World.Stop);

        foreach (var action in (Func<Task>[])
        [
            () => blob.DeleteAsync(cancellationToken: World.Stop),
            () => blob.CreateAsync(cancellationToken: World.Stop),
            () => blob.SetMetadataAsync(new Dictionary<string, string> { ["a"] = "b" }, cancellationToken: World.Stop),
            () => container.DeleteAsync(cancellationToken: World.Stop),
        ])
        {
            var refused = await Assert.ThrowsAsync<RequestFailedException>(action);
            Assert.Equal((409, "BlobImmutableDueToPolicy"), (refused.Status, refused.ErrorCode));
        }
        (await world.ArmAsync("DELETE", world.AccountId())).Refused(409, "AccountProtectedFromDeletion");
        (await world.ArmAsync("DELETE", world.AccountId() + "/blobServices/default/containers/journal")).Expect(409);
        (await world.SendAsync("DELETE", $"{World.Arm}{policy}?api-version=2023-05-01", headers: ("If-Match", locked.Header("ETag")!))).Refused(409, "ContainerImmutabilityPolicyLocked");
        (await world.SendAsync("POST", $"{World.Arm}{policy}/extend?api-version=2023-05-01", new JsonObject { ["properties"] = new JsonObject { ["immutabilityPeriodSinceCreationInDays"] = 2 } }, headers: ("If-Match", locked.Header("ETag")!))).Refused(409, "ContainerImmutabilityPolicyFailure");
        Assert.True((await container.GetPropertiesAsync(cancellationToken: World.Stop)).Value.HasImmutabilityPolicy);
        // Three days after the last growth the blob may go.
        world.Azure.Clock.Advance(TimeSpan.FromDays(2));
        await Assert.ThrowsAsync<RequestFailedException>(() => blob.DeleteAsync(cancellationToken: World.Stop));
        world.Azure.Clock.Advance(TimeSpan.FromDays(1));
        await blob.DeleteAsync(cancellationToken: World.Stop);
    }

    [Fact]
    public async Task A_policy_without_protected_appends_and_a_legal_hold_stop_appending_too()
    {
        await using var world = await World.StartAsync();
        await world.AccountAsync();
        var container = world.Blobs().GetBlobContainerClient("journal");
        await container.CreateAsync(cancellationToken: World.Stop);
        var blob = container.GetAppendBlobClient("journal.jsonl");
        await blob.CreateAsync(cancellationToken: World.Stop);
        var id = world.AccountId() + "/blobServices/default/containers/journal";
        (await world.ArmAsync("POST", id + "/setLegalHold", new JsonObject { ["tags"] = new JsonArray("case7") })).Expect(200);
        Assert.Equal("BlobImmutableDueToPolicy", (await Assert.ThrowsAsync<RequestFailedException>(() => blob.AppendBlockAsync(new MemoryStream([1]), cancellationToken: World.Stop))).ErrorCode);
        (await world.ArmAsync("POST", id + "/clearLegalHold", new JsonObject { ["tags"] = new JsonArray("case7") })).Expect(200);
        await blob.AppendBlockAsync(new MemoryStream([1]), cancellationToken: World.Stop);
        (await world.ArmAsync("PUT", id + "/immutabilityPolicies/default", new JsonObject { ["properties"] = new JsonObject { ["immutabilityPeriodSinceCreationInDays"] = 1 } })).Expect(200);
        Assert.Equal("BlobImmutableDueToPolicy", (await Assert.ThrowsAsync<RequestFailedException>(() => blob.AppendBlockAsync(new MemoryStream([1]), cancellationToken: World.Stop))).ErrorCode);
    }

    [Fact]
    public async Task A_deleted_account_leaves_nothing_behind()
    {
        await using var world = await World.StartAsync();
        await world.CustomerKeyAccountAsync("Standard_GRS");
        await PutAsync(world, "docs", "x", Plain);
        await ScopeAsync(world, "plain", new JsonObject { ["source"] = "Microsoft.Storage" });
        world.Azure.Clock.Advance(TimeSpan.FromHours(1));
        (await world.ArmAsync("DELETE", world.AccountId())).Expect(200);
        (await world.ArmAsync("DELETE", world.AccountId())).Expect(204);
        world.Azure.Clock.Advance(TimeSpan.FromDays(1));
        var now = world.Azure.Core.Estate.Current;

        foreach (var table in (Table[])[Tables.StorageAccounts, Tables.EncryptionScopes, Tables.Containers, Tables.Blobs, Tables.Chunks, Tables.KeyLinks])
            Assert.Equal((table.Name, 0), (table.Name, now.Count(table)));
        Assert.True((bool)(await world.ArmAsync("POST", world.Subscription + "/providers/Microsoft.Storage/checkNameAvailability", new JsonObject { ["name"] = "stdata" })).Expect(200).Json["nameAvailable"]!);
    }

    [Fact]
    public async Task Overwritten_and_deleted_blobs_leave_no_bytes()
    {
        await using var world = await World.StartAsync();
        await world.AccountAsync(StorageKit.AccountBody(sku: "Standard_GRS"));
        await PutAsync(world, "docs", "x", Plain);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(5));
        await PutAsync(world, "docs", "x", "new", make: false);
        Assert.Equal(2, world.Azure.Core.Estate.Current.Count(Tables.Chunks));
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(1, world.Azure.Core.Estate.Current.Count(Tables.Chunks));
        await world.Blobs().GetBlobContainerClient("docs").GetBlobClient("x").DeleteAsync(cancellationToken: World.Stop);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(0, world.Azure.Core.Estate.Current.Count(Tables.Chunks));
    }

    [Fact]
    public async Task An_owner_of_the_account_alone_may_not_lend_it_an_identity()
    {
        await using var world = await World.StartAsync();
        var hsm = await world.ActiveHsmAsync();
        await world.KeyAsync(hsm, "cmk-storage");
        var (identity, _) = await world.StorageIdentityAsync(hsm);
        var storage = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "storage-admin");
        await world.ArmGrantAsync(world.Group, "17d1049b-9a84-46fb-8f53-869881c3d3ab", storage.ObjectId);

        (await world.ArmAsync("PUT", world.AccountId(), StorageKit.AccountBody(identity, hsm), storage)).Refused(403, "LinkedAuthorizationFailed");
    }

    private static byte[] Open(byte[] key, string place, byte[] inner)
    {
        var plain = new byte[inner.Length - 28];
        using var gcm = new System.Security.Cryptography.AesGcm(key, 16);
        gcm.Decrypt(inner.AsSpan(0, 12), inner.AsSpan(28), inner.AsSpan(12, 16), plain, Encoding.UTF8.GetBytes(place));
        return plain;
    }

    private static async Task PutAsync(World world, string container, string name, string text, string? metadata = null, bool make = true)
    {
        var client = world.Blobs().GetBlobContainerClient(container);
        if (make)
            await client.CreateIfNotExistsAsync(cancellationToken: World.Stop);
        await client.GetBlobClient(name).UploadAsync(BinaryData.FromString(text), new BlobUploadOptions { Metadata = metadata is null ? null : new Dictionary<string, string> { ["note"] = metadata } }, World.Stop);
    }

    private static async Task<string> GetAsync(World world, string container, string name) =>
        (await world.Blobs().GetBlobContainerClient(container).GetBlobClient(name).DownloadContentAsync(World.Stop)).Value.Content.ToString();

    private static Task<Reply> ScopeAsync(World world, string name, JsonObject properties, string method = "PUT") =>
        world.ArmAsync(method, $"{world.AccountId()}/encryptionScopes/{name}", new JsonObject { ["properties"] = properties });

    private static string Url(string hsm, string key) => $"https://{hsm}.managedhsm.azure.net/keys/{key}";

    private static async Task<string> VersionAsync(World world, string hsm) =>
        ((string)(await world.HsmAsync("GET", hsm, "/keys/cmk-storage")).Expect(200).Json["key"]!["kid"]!).Split('/')[^1];

    private static async Task<string> CurrentAsync(World world) =>
        (string)(await world.ShowAccountAsync())["encryption"]!["keyvaultproperties"]!["currentVersionedKeyIdentifier"]!;

    private static async Task EnableAsync(World world, string hsm, string version, bool enabled) =>
        (await world.HsmAsync("PATCH", hsm, "/keys/cmk-storage/" + version, new JsonObject { ["attributes"] = new JsonObject { ["enabled"] = enabled } })).Expect(200);

    private static string HsmId(World world, string hsm) => $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/{hsm}";

    private static async Task HarmAsync(World world, string hsm, string harm, string identity)
    {
        switch (harm)
        {
            case "disabled":
                await EnableAsync(world, hsm, await VersionAsync(world, hsm), false);
                break;
            case "deleted":
                (await world.HsmAsync("DELETE", hsm, "/keys/cmk-storage")).Expect(200);
                break;
            case "grant":
                (await world.HsmAsync("DELETE", hsm, $"/keys/providers/Microsoft.Authorization/roleAssignments/{World.GuidOf($"{hsm}/keys{Roles.ServiceEncryption}{identity}")}")).Expect(200);
                break;
            case "identity":
                (await world.ArmAsync("DELETE", $"{world.Group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-storage")).Expect(200);
                break;
            case "store":
                (await world.ArmAsync("DELETE", HsmId(world, hsm))).Expect(202);
                world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
                break;
            case "network":
                world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.NetworkDenied, Host = hsm + ".*" });
                break;
            default:
                world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.RegionDown, Region = "eastus2" });
                break;
        }
    }

    private static async Task MendAsync(World world, string hsm, string harm, string identity)
    {
        world.Azure.Faults.DisarmAll();
        switch (harm)
        {
            case "disabled":
                await EnableAsync(world, hsm, await VersionAsync(world, hsm), true);
                break;
            case "deleted":
                (await world.HsmAsync("POST", hsm, "/deletedkeys/cmk-storage/recover")).Expect(200);
                break;
            case "grant":
                (await world.GrantAsync(hsm, "/keys", Roles.ServiceEncryption, identity)).Expect(201);
                break;
            case "store":
                (await world.ArmAsync("PUT", HsmId(world, hsm), new JsonObject { ["location"] = "eastus2", ["properties"] = new JsonObject { ["createMode"] = "recover" } })).Expect(202);
                world.Azure.Clock.Advance(TimeSpan.FromMinutes(30));
                break;
            default:
                break;
        }
    }
}
