using System.Text.Json.Nodes;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.State;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>What every resource that depends on a key has in common, without any such resource.</summary>
public sealed class KeyLinkTests
{
    [Fact]
    public async Task A_key_is_bound_only_once_the_identity_may_read_wrap_and_unwrap()
    {
        await using var world = await World.StartAsync();
        var hsm = await world.ActiveHsmAsync();
        var key = await KeyAsync(world, hsm);
        var book = Book(world, out var profile);
        var identity = world.Azure.Principals.Create(PrincipalKind.ManagedIdentity, "id-storage");

        Assert.Equal((KeyTrouble.AccessDenied, "get"), Trouble(Bind(world, book, profile, key, identity, out _)));
        await world.GrantAsync(hsm, "/keys/cmk", Roles.CryptoAuditor, identity.ObjectId);
        Assert.Equal((KeyTrouble.AccessDenied, "wrapKey"), Trouble(Bind(world, book, profile, key, identity, out _)));
        await world.GrantAsync(hsm, "/keys/cmk", Roles.ServiceEncryption, identity.ObjectId);
        Assert.Null(Bind(world, book, profile, key, identity, out var link));
        Assert.Equal(key + "/" + await VersionAsync(world, hsm), link.Current);
    }

    [Fact]
    public async Task An_unfit_key_is_told_from_a_missing_one()
    {
        await using var world = await World.StartAsync();
        var hsm = await world.ActiveHsmAsync();
        var book = Book(world, out var profile);
        var identity = await IdentityAsync(world, hsm);
        await world.KeyAsync(hsm, "ec", new JsonObject { ["kty"] = "EC-HSM", ["crv"] = "P-256" });
        await world.KeyAsync(hsm, "old", new JsonObject { ["kty"] = "RSA-HSM", ["key_size"] = 2048, ["attributes"] = new JsonObject { ["exp"] = world.Azure.Clock.GetUtcNow().AddHours(1).ToUnixTimeSeconds() } });
        await world.KeyAsync(hsm, "early", new JsonObject { ["kty"] = "RSA-HSM", ["key_size"] = 2048, ["attributes"] = new JsonObject { ["nbf"] = world.Azure.Clock.GetUtcNow().AddDays(9).ToUnixTimeSeconds() } });
        await world.KeyAsync(hsm, "off", new JsonObject { ["kty"] = "RSA-HSM", ["key_size"] = 2048, ["attributes"] = new JsonObject { ["enabled"] = false } });
        await world.KeyAsync(hsm, "signs", new JsonObject { ["kty"] = "RSA-HSM", ["key_size"] = 2048, ["key_ops"] = new JsonArray("sign", "verify") });
        world.Azure.Clock.Advance(TimeSpan.FromHours(2));

        Assert.Equal(KeyTrouble.WrongKind, Bind(world, book, profile, Url(hsm, "ec"), identity, out _)!.Trouble);
        Assert.Equal(KeyTrouble.KeyExpired, Bind(world, book, profile, Url(hsm, "old"), identity, out _)!.Trouble);
        Assert.Equal(KeyTrouble.KeyNotYetValid, Bind(world, book, profile, Url(hsm, "early"), identity, out _)!.Trouble);
        Assert.Equal(KeyTrouble.KeyDisabled, Bind(world, book, profile, Url(hsm, "off"), identity, out _)!.Trouble);
        Assert.Equal(KeyTrouble.OperationNotPermitted, Bind(world, book, profile, Url(hsm, "signs"), identity, out _)!.Trouble);
        Assert.Equal(KeyTrouble.KeyNotFound, Bind(world, book, profile, Url(hsm, "none"), identity, out _)!.Trouble);
        Assert.Equal(KeyTrouble.StoreNotFound, Bind(world, book, profile, Url("kv-nobody", "none"), identity, out _)!.Trouble);
    }

    [Fact]
    public async Task A_store_that_can_be_purged_is_refused()
    {
        await using var world = await World.StartAsync();
        var hsm = await world.ActiveHsmAsync("kv-purgeable", purgeProtection: false);
        var key = await KeyAsync(world, hsm);
        var book = Book(world, out var profile);

        Assert.Equal(KeyTrouble.NoPurgeProtection, Bind(world, book, profile, key, await IdentityAsync(world, hsm), out _)!.Trouble);
    }

    [Fact]
    public async Task A_vaults_keys_are_reached_by_access_policy_and_by_data_role()
    {
        await using var world = await World.StartAsync();
        var identity = world.Azure.Principals.Create(PrincipalKind.ManagedIdentity, "id-storage");
        var book = Book(world, out var profile);
        foreach (var roles in (bool[])[false, true])
        {
            var name = roles ? "kv-roles" : "kv-policies";
            var id = $"{world.Group}/providers/Microsoft.KeyVault/vaults/{name}";
            (await world.ArmAsync("PUT", id, new JsonObject
            {
                ["location"] = "eastus2",
                ["properties"] = new JsonObject
                {
                    ["sku"] = new JsonObject { ["family"] = "A", ["name"] = "premium" },
                    ["enablePurgeProtection"] = true,
                    ["enableRbacAuthorization"] = roles,
                    ["accessPolicies"] = new JsonArray(Policy(world.Owner.ObjectId, "all")),
                },
            })).Expect(201);
            if (roles)
                (await world.ArmGrantAsync(id, "00482a5a-887f-4fb3-b363-3b7fe8e74483", world.Owner.ObjectId)).Expect(201);
            (await world.SendAsync("POST", $"https://{name}.vault.azure.net/keys/cmk/create?api-version=7.4", new JsonObject { ["kty"] = "RSA", ["key_size"] = 3072 })).Expect(200);
            var key = $"https://{name}.vault.azure.net/keys/cmk";

            Assert.Equal(KeyTrouble.AccessDenied, Bind(world, book, profile, key, identity, out _)!.Trouble);
            if (roles)
                (await world.ArmGrantAsync(id, "e147488a-f6f5-4113-8e2d-b22465e65bf6", identity.ObjectId)).Expect(201);
            else
                (await world.ArmAsync("PUT", id + "/accessPolicies/add", new JsonObject { ["properties"] = new JsonObject { ["accessPolicies"] = new JsonArray(Policy(identity.ObjectId, "get", "wrapKey", "unwrapKey")) } })).Expect(200);
            Assert.Null(Bind(world, book, profile, key, identity, out _));
        }
    }

    [Fact]
    public async Task Each_poll_is_an_unwrap_in_the_stores_log()
    {
        await using var world = await World.StartAsync();
        var hsm = await world.ActiveHsmAsync();
        var (book, link) = await BoundAsync(world, hsm);
        var before = world.Azure.Calls.Last;
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(61));

        var calls = world.Azure.Calls.Since(before).Where(call => call.ByService).ToList();
        Assert.Equal(6, calls.Count);
        Assert.All(calls, call => Assert.Equal(("Unwrap key", 200, link.PrincipalId), (call.Operation, call.Status, call.Principal)));
        Assert.All(calls, call => Assert.StartsWith(link.Current + "/unwrapkey", call.Url, StringComparison.Ordinal));
        Assert.Equal([10, 20, 30, 40, 50, 60], calls.Select(call => (int)(call.Time - link.LastGood).TotalMinutes));
        _ = book;
    }

    [Theory]
    [InlineData("disabled", nameof(KeyTrouble.KeyDisabled))]
    [InlineData("deleted", nameof(KeyTrouble.KeyNotFound))]
    [InlineData("grant", nameof(KeyTrouble.AccessDenied))]
    [InlineData("network", nameof(KeyTrouble.NetworkDenied))]
    [InlineData("region", nameof(KeyTrouble.Unreachable))]
    [InlineData("throttled", nameof(KeyTrouble.Throttled))]
    [InlineData("failing", nameof(KeyTrouble.ServerError))]
    public async Task A_harm_breaks_the_link_within_its_delay_and_its_end_heals_it(string harm, string trouble)
    {
        await using var world = await World.StartAsync();
        var hsm = await world.ActiveHsmAsync();
        var (_, link) = await BoundAsync(world, hsm, "westus2");
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(25));
        await HarmAsync(world, hsm, harm, link.PrincipalId);

        world.Azure.Clock.Advance(TimeSpan.FromMinutes(4));
        Assert.True(Now(world, link).Accessible);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.False(Now(world, link).Accessible);
        Assert.Equal(trouble, Now(world, link).Refusal!.Trouble.ToString());

        await MendAsync(world, hsm, harm, link.PrincipalId);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.True(Now(world, link).Accessible);
        Assert.Null(Now(world, link).Refusal);
    }

    [Fact]
    public async Task A_short_failure_of_the_store_is_outlived()
    {
        await using var world = await World.StartAsync();
        var hsm = await world.ActiveHsmAsync();
        var (book, link) = await BoundAsync(world, hsm, profile: Slow);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(9));
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.ServerError, Host = hsm + ".*", Duration = TimeSpan.FromMinutes(3) });
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(KeyTrouble.ServerError, Now(world, link).Fault!.Trouble);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(2));

        Assert.True(Now(world, link).Accessible);
        Assert.Null(Now(world, link).Fault);
        _ = book;
    }

    [Fact]
    public async Task An_expired_key_breaks_only_who_minds()
    {
        await using var world = await World.StartAsync();
        var hsm = await world.ActiveHsmAsync();
        var (book, lenient) = await BoundAsync(world, hsm);
        var strictProfile = book.Register(Fast with { Name = "test-strict", ExpiryBreaks = true });
        var strict = Keep(world, book, strictProfile, Url(hsm, "cmk"), await IdentityAsync(world, hsm), "strict");
        (await world.HsmAsync("PATCH", hsm, "/keys/cmk", new JsonObject { ["attributes"] = new JsonObject { ["exp"] = world.Azure.Clock.GetUtcNow().AddMinutes(30).ToUnixTimeSeconds() } })).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(41));

        Assert.True(Now(world, lenient).Accessible);
        Assert.Equal(KeyTrouble.KeyExpired, Now(world, strict).Refusal!.Trouble);
    }

    [Fact]
    public async Task A_versionless_link_follows_once_a_day_and_needs_the_old_version_until_then()
    {
        await using var world = await World.StartAsync();
        var hsm = await world.ActiveHsmAsync();
        var (_, link) = await BoundAsync(world, hsm);
        var old = await VersionAsync(world, hsm);
        world.Azure.Clock.Advance(TimeSpan.FromHours(2));
        await world.KeyAsync(hsm, "cmk");
        world.Azure.Clock.Advance(TimeSpan.FromHours(21));
        Assert.EndsWith(old, Now(world, link).Current, StringComparison.Ordinal);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(70));
        var followed = Now(world, link);
        Assert.EndsWith(await VersionAsync(world, hsm), followed.Current, StringComparison.Ordinal);
        Assert.NotEqual(link.Wrapped, followed.Wrapped);

        (await world.HsmAsync("PATCH", hsm, "/keys/cmk/" + old, new JsonObject { ["attributes"] = new JsonObject { ["enabled"] = false } })).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromHours(1));
        Assert.True(Now(world, link).Accessible);
    }

    [Fact]
    public async Task The_old_version_disabled_before_the_link_followed_breaks_it()
    {
        await using var world = await World.StartAsync();
        var hsm = await world.ActiveHsmAsync();
        var (_, link) = await BoundAsync(world, hsm);
        var old = await VersionAsync(world, hsm);
        await world.KeyAsync(hsm, "cmk");
        (await world.HsmAsync("PATCH", hsm, "/keys/cmk/" + old, new JsonObject { ["attributes"] = new JsonObject { ["enabled"] = false } })).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(11));

        Assert.Equal(KeyTrouble.KeyDisabled, Now(world, link).Refusal!.Trouble);
    }

    [Fact]
    public async Task A_pinned_version_is_never_left()
    {
        await using var world = await World.StartAsync();
        var hsm = await world.ActiveHsmAsync();
        var key = await KeyAsync(world, hsm);
        var book = Book(world, out var profile);
        var pinned = Keep(world, book, profile, key + "/" + await VersionAsync(world, hsm), await IdentityAsync(world, hsm), "pinned");
        await world.KeyAsync(hsm, "cmk");
        world.Azure.Clock.Advance(TimeSpan.FromDays(3));

        Assert.Equal(pinned.Current, Now(world, pinned).Current);
    }

    [Fact]
    public async Task A_long_break_waits_for_a_revalidation_unless_the_network_caused_it()
    {
        await using var world = await World.StartAsync();
        var hsm = await world.ActiveHsmAsync();
        var (book, link) = await BoundAsync(world, hsm, profile: Fast with { HealsWithin = TimeSpan.FromMinutes(30), Healing = TimeSpan.FromMinutes(20) });
        await HarmAsync(world, hsm, "disabled", link.PrincipalId);
        world.Azure.Clock.Advance(TimeSpan.FromHours(2));
        await MendAsync(world, hsm, "disabled", link.PrincipalId);
        world.Azure.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal((false, true), (Now(world, link).Accessible, Now(world, link).NeedsRevalidation));
        book.Check(link.Id, world.Azure.Clock.GetUtcNow());
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(21));
        Assert.True(Now(world, link).Accessible);

        var down = world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.HostUnreachable, Host = hsm + ".*" });
        world.Azure.Clock.Advance(TimeSpan.FromHours(2));
        Assert.False(Now(world, link).Accessible);
        world.Azure.Faults.Disarm(down.Id);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(31));
        Assert.True(Now(world, link).Accessible);
    }

    [Fact]
    public async Task A_deleted_identity_is_not_replaced_by_another_of_its_name()
    {
        await using var world = await World.StartAsync();
        var hsm = await world.ActiveHsmAsync();
        var (_, link) = await BoundAsync(world, hsm);
        world.Azure.Principals.Delete(link.PrincipalId);
        var again = world.Azure.Principals.Create(PrincipalKind.ManagedIdentity, "id-service");
        await world.GrantAsync(hsm, "/keys", Roles.ServiceEncryption, again.ObjectId);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(30));

        Assert.Equal(KeyTrouble.TokenRefused, Now(world, link).Refusal!.Trouble);
    }

    [Fact]
    public async Task The_token_endpoint_may_be_down_for_as_long_as_a_token_lasts()
    {
        await using var world = await World.StartAsync();
        var hsm = await world.ActiveHsmAsync();
        var (_, link) = await BoundAsync(world, hsm);
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.TokenEndpointDown });
        world.Azure.Clock.Advance(TimeSpan.FromHours(23));
        Assert.True(Now(world, link).Accessible);
        world.Azure.Clock.Advance(TimeSpan.FromHours(2));

        Assert.Equal(KeyTrouble.TokenRefused, Now(world, link).Refusal!.Trouble);
    }

    [Fact]
    public async Task The_data_key_is_nowhere_in_the_estate_and_the_hsm_alone_unwraps_it()
    {
        await using var world = await World.StartAsync();
        var hsm = await world.ActiveHsmAsync();
        var (book, link) = await BoundAsync(world, hsm);
        Assert.Null(book.TryDataKey(link, world.Azure.Clock.GetUtcNow(), out var dataKey));
        var estate = world.Azure.State.Export(EstateSecrets.Included);
        var version = await VersionAsync(world, hsm);
        var unwrapped = await world.HsmAsync("POST", hsm, $"/keys/cmk/{version}/unwrapkey", new JsonObject { ["alg"] = "RSA-OAEP-256", ["value"] = System.Buffers.Text.Base64Url.EncodeToString(link.Wrapped) });

        Assert.Equal(dataKey, System.Buffers.Text.Base64Url.DecodeFromChars((string)unwrapped.Expect(200).Json["value"]!));
        Assert.Contains(Convert.ToBase64String(link.Wrapped), estate, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(dataKey), estate, StringComparison.Ordinal);
    }

    private static readonly KeyLinkProfile Fast = new()
    {
        Name = "test",
        Poll = TimeSpan.FromMinutes(10),
        Cached = TimeSpan.FromMinutes(10),
        PollBroken = TimeSpan.FromMinutes(5),
        Follow = TimeSpan.FromDays(1),
    };

    private static readonly KeyLinkProfile Slow = Fast with { Cached = TimeSpan.FromHours(1) };

    private static KeyLinkBook Book(World world, out KeyLinkProfile profile, KeyLinkProfile? given = null)
    {
        var book = world.Azure.Core.KeyLinks;
        profile = book.Register(given ?? Fast);
        return book;
    }

    private static KeyFault? Bind(World world, KeyLinkBook book, KeyLinkProfile profile, string key, PrincipalCredential identity, out KeyLink link, string name = "one", string region = "eastus2")
    {
        var resource = $"{world.Group}/providers/Microsoft.Test/things/{name}";
        Assert.True(KeyIdentifier.TryParse(key, out var id));
        return book.TryBind(
            new KeyLinkRequest { Profile = profile, Id = KeyLink.IdOf(resource, "data"), ResourceId = resource, Region = region, Key = id, PrincipalId = identity.ObjectId },
            world.Azure.Clock.GetUtcNow(),
            out link);
    }

    private static KeyLink Keep(World world, KeyLinkBook book, KeyLinkProfile profile, string key, PrincipalCredential identity, string name, string region = "eastus2")
    {
        Assert.Null(Bind(world, book, profile, key, identity, out var link, name, region));
        world.Azure.Core.Estate.Write(world.Azure.Clock.GetUtcNow(), tx =>
        {
            book.Put(tx, link);
            return true;
        });
        return Now(world, link);
    }

    private static async Task<(KeyLinkBook Book, KeyLink Link)> BoundAsync(World world, string hsm, string region = "eastus2", KeyLinkProfile? profile = null)
    {
        var key = await KeyAsync(world, hsm);
        var book = Book(world, out var known, profile);
        return (book, Keep(world, book, known, key, await IdentityAsync(world, hsm), "one", region));
    }

    private static KeyLink Now(World world, KeyLink link) => world.Azure.Core.Estate.Current.Find(Tables.KeyLinks, link.Id)!;

    private static (KeyTrouble, string) Trouble(KeyFault? fault) => (fault!.Trouble, fault.Use);

    private static string Url(string hsm, string key) => $"https://{hsm}.managedhsm.azure.net/keys/{key}";

    private static async Task<string> KeyAsync(World world, string hsm)
    {
        await world.KeyAsync(hsm, "cmk");
        return Url(hsm, "cmk");
    }

    private static async Task<string> VersionAsync(World world, string hsm) =>
        ((string)(await world.HsmAsync("GET", hsm, "/keys/cmk")).Expect(200).Json["key"]!["kid"]!).Split('/')[^1];

    private static async Task<PrincipalCredential> IdentityAsync(World world, string hsm)
    {
        var identity = world.Azure.Principals.Create(PrincipalKind.ManagedIdentity, "id-service");
        (await world.GrantAsync(hsm, "/keys", Roles.ServiceEncryption, identity.ObjectId)).Expect(201);
        return identity;
    }

    private static JsonObject Policy(string objectId, params string[] keys)
    {
        var list = new JsonArray();
        foreach (var key in keys)
            list.Add((JsonNode)key);
        return new JsonObject { ["objectId"] = objectId, ["permissions"] = new JsonObject { ["keys"] = list } };
    }

    private static Task HarmAsync(World world, string hsm, string harm, string principal) => harm switch
    {
        "disabled" => world.HsmAsync("PATCH", hsm, "/keys/cmk", new JsonObject { ["attributes"] = new JsonObject { ["enabled"] = false } }),
        "deleted" => world.HsmAsync("DELETE", hsm, "/keys/cmk"),
        "grant" => world.HsmAsync("DELETE", hsm, $"/keys/providers/Microsoft.Authorization/roleAssignments/{World.GuidOf($"{hsm}/keys{Roles.ServiceEncryption}{principal}")}"),
        _ => Task.FromResult(world.Azure.Faults.Arm(harm switch
        {
            "network" => new FaultRule { Kind = FaultKind.NetworkDenied, Host = hsm + ".*" },
            "region" => new FaultRule { Kind = FaultKind.RegionDown, Region = "eastus2" },
            "throttled" => new FaultRule { Kind = FaultKind.Throttle, Host = hsm + ".*" },
            _ => new FaultRule { Kind = FaultKind.ServerError, Host = hsm + ".*" },
        })),
    };

    private static async Task MendAsync(World world, string hsm, string harm, string principal)
    {
        world.Azure.Faults.DisarmAll();
        if (harm == "disabled")
            (await world.HsmAsync("PATCH", hsm, "/keys/cmk", new JsonObject { ["attributes"] = new JsonObject { ["enabled"] = true } })).Expect(200);
        if (harm == "deleted")
            (await world.HsmAsync("POST", hsm, "/deletedkeys/cmk/recover")).Expect(200);
        if (harm == "grant")
            (await world.GrantAsync(hsm, "/keys", Roles.ServiceEncryption, principal)).Expect(201);
    }
}
