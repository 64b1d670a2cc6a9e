using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class KeyTests
{
    private const string Hsm = "kv-hsm-test";

    [Fact]
    public async Task A_new_rsa_key_has_the_recorded_shape()
    {
        await using var world = await ReadyAsync();
        var bundle = await world.KeyAsync(Hsm, "k", new JsonObject { ["kty"] = "RSA", ["attributes"] = new JsonObject { ["enabled"] = true } });

        Assert.Equal(["attributes", "key"], bundle.AsObject().Select(member => member.Key));
        Assert.Equal(["created", "enabled", "exportable", "recoverableDays", "recoveryLevel", "updated"], bundle["attributes"]!.AsObject().Select(member => member.Key));
        Assert.Equal(["e", "key_ops", "kid", "kty", "n"], bundle["key"]!.AsObject().Select(member => member.Key));
        Assert.Equal("RSA-HSM", (string?)bundle["key"]!["kty"]);
        Assert.Equal("AQAB", (string?)bundle["key"]!["e"]);
        Assert.Matches($"^https://{Hsm}\\.managedhsm\\.azure\\.net/keys/k/[0-9a-f]{{32}}$", (string)bundle["key"]!["kid"]!);
        Assert.Equal(6, bundle["key"]!["key_ops"]!.AsArray().Count);
        Assert.Equal("Recoverable", (string?)bundle["attributes"]!["recoveryLevel"]);
        Assert.Equal(256, System.Buffers.Text.Base64Url.DecodeFromChars((string)bundle["key"]!["n"]!).Length);
    }

    [Theory]
    [InlineData("EC", "P-256", 32)]
    [InlineData("EC-HSM", "P-256K", 32)]
    [InlineData("EC-HSM", "P-384", 48)]
    [InlineData("EC-HSM", "P-521", 66)]
    public async Task Curves_give_points_of_their_length(string kty, string curve, int bytes)
    {
        await using var world = await ReadyAsync();
        var key = (await world.KeyAsync(Hsm, "k", new JsonObject { ["kty"] = kty, ["crv"] = curve }))["key"]!;

        Assert.Equal(["crv", "key_ops", "kid", "kty", "x", "y"], key.AsObject().Select(member => member.Key));
        Assert.Equal("EC-HSM", (string?)key["kty"]);
        Assert.Equal(bytes, System.Buffers.Text.Base64Url.DecodeFromChars((string)key["x"]!).Length);
    }

    [Fact]
    public async Task A_symmetric_key_shows_nothing_of_itself()
    {
        await using var world = await ReadyAsync();
        var key = (await world.KeyAsync(Hsm, "k", new JsonObject { ["kty"] = "oct", ["key_size"] = 256 }))["key"]!;

        Assert.Equal(["key_ops", "kid", "kty"], key.AsObject().Select(member => member.Key));
        Assert.Equal("oct-HSM", (string?)key["kty"]);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"kty\":\"DSA\"}")]
    [InlineData("{\"kty\":\"RSA-HSM\",\"key_size\":1024}")]
    [InlineData("{\"kty\":\"RSA-HSM\",\"key_size\":\"2048\"}")]
    [InlineData("{\"kty\":\"EC-HSM\",\"crv\":\"P-192\"}")]
    [InlineData("{\"kty\":\"oct-HSM\",\"key_size\":512}")]
    [InlineData("{\"kty\":\"EC-HSM\",\"key_ops\":[\"wrapKey\"]}")]
    [InlineData("{\"kty\":\"RSA-HSM\",\"key_ops\":[\"import\",\"wrapKey\"]}")]
    [InlineData("{\"kty\":\"RSA-HSM\",\"attributes\":{\"nbf\":2000,\"exp\":1000}}")]
    [InlineData("{\"kty\":\"RSA-HSM\",\"attributes\":{\"exp\":\"soon\"}}")]
    [InlineData("{\"kty\":\"RSA-HSM\",\"attributes\":{\"exportable\":true}}")]
    [InlineData("{\"kty\":\"RSA-HSM\",\"kty\":\"EC-HSM\"}")]
    public async Task A_wrong_request_is_refused_and_leaves_no_key(string body)
    {
        await using var world = await ReadyAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://{Hsm}.managedhsm.azure.net/keys/k/create?api-version=7.4") { Content = new StringContent(body) };
        request.Headers.Authorization = new("Bearer", await world.TokenAsync("https://managedhsm.azure.net", world.Owner));

        (await world.SendAsync(request)).Refused(400, "BadParameter");
        (await world.HsmAsync("GET", Hsm, "/keys/k")).Refused(404, "KeyNotFound");
    }

    [Theory]
    [InlineData("a_b")]
    [InlineData("k%C3%A9")]
    public async Task A_wrong_name_is_refused(string name)
    {
        await using var world = await ReadyAsync();

        (await world.HsmAsync("POST", Hsm, $"/keys/{name}/create", new JsonObject { ["kty"] = "RSA-HSM" })).Refused(400, "BadParameter");
    }

    [Fact]
    public async Task Creating_again_adds_a_version_that_becomes_the_latest()
    {
        await using var world = await ReadyAsync();
        var first = (string)(await world.KeyAsync(Hsm, "k"))["key"]!["kid"]!;
        world.Azure.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = (string)(await world.KeyAsync(Hsm, "K"))["key"]!["kid"]!;

        Assert.NotEqual(first, second);
        Assert.Contains("/keys/k/", second);
        Assert.Equal(second, (string?)(await world.HsmAsync("GET", Hsm, "/keys/k/")).Expect(200).Json["key"]!["kid"]);
        Assert.Equal(first, (string?)(await world.HsmAsync("GET", Hsm, new Uri(first).AbsolutePath)).Expect(200).Json["key"]!["kid"]);
        Assert.Equal(2, (await world.HsmAsync("GET", Hsm, "/keys/k/versions")).Expect(200).Json["value"]!.AsArray().Count);
    }

    [Fact]
    public async Task Lists_come_in_pages_that_lead_to_each_other()
    {
        await using var world = await ReadyAsync();
        for (var i = 0; i < 31; i++)
            await world.KeyAsync(Hsm, $"k{i:D2}", new JsonObject { ["kty"] = "oct-HSM" });
        var names = new List<string>();
        var pages = 0;
        for (var url = $"https://{Hsm}.managedhsm.azure.net/keys?api%2Dversion=7.4&maxresults=10"; url is not null; pages++)
        {
            var page = (await world.GetAsync(url)).Expect(200).Json;
            names.AddRange(page["value"]!.AsArray().Select(item => (string)item!["kid"]!));
            url = (string?)page["nextLink"];
        }

        Assert.Equal(4, pages);
        Assert.Equal(31, names.Distinct().Count());
        Assert.All(names, name => Assert.Matches("/keys/k[0-9]{2}$", name));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("26")]
    [InlineData("x")]
    public async Task A_page_size_out_of_range_is_refused(string size)
    {
        await using var world = await ReadyAsync();

        (await world.HsmAsync("GET", Hsm, $"/keys?maxresults={size}")).Refused(400, "BadParameter");
    }

    [Fact]
    public async Task Updating_changes_what_is_given_and_leaves_the_rest()
    {
        await using var world = await ReadyAsync();
        await world.KeyAsync(Hsm, "k", new JsonObject { ["kty"] = "RSA-HSM", ["tags"] = new JsonObject { ["a"] = "1" } });
        var updated = (await world.HsmAsync("PATCH", Hsm, "/keys/k/", new JsonObject { ["attributes"] = new JsonObject { ["enabled"] = false, ["exp"] = 1900000000 } })).Expect(200).Json;

        Assert.False((bool)updated["attributes"]!["enabled"]!);
        Assert.Equal(1900000000, (long)updated["attributes"]!["exp"]!);
        Assert.Equal("1", (string?)updated["tags"]!["a"]);
    }

    [Fact]
    public async Task A_deleted_key_is_gone_recoverable_and_holds_its_name()
    {
        await using var world = await ReadyAsync();
        await world.KeyAsync(Hsm, "k");
        var deleted = (await world.HsmAsync("DELETE", Hsm, "/keys/k")).Expect(200).Json;

        Assert.Equal($"https://{Hsm}.managedhsm.azure.net/deletedkeys/k", (string?)deleted["recoveryId"]);
        Assert.Equal(90 * 86400, (long)deleted["scheduledPurgeDate"]! - (long)deleted["deletedDate"]!);
        (await world.HsmAsync("GET", Hsm, "/keys/k")).Refused(404, "KeyNotFound");
        (await world.HsmAsync("POST", Hsm, "/keys/k/unwrapkey", new JsonObject { ["alg"] = "RSA-OAEP", ["value"] = "AA" })).Refused(404, "KeyNotFound");
        var conflict = await world.HsmAsync("POST", Hsm, "/keys/k/create", new JsonObject { ["kty"] = "RSA-HSM" });
        conflict.Refused(409, "Conflict");
        Assert.Equal("ObjectIsDeletedButRecoverable", conflict.InnerCode);
        Assert.Single((await world.HsmAsync("GET", Hsm, "/deletedkeys")).Expect(200).Json["value"]!.AsArray());

        (await world.HsmAsync("POST", Hsm, "/deletedkeys/k/recover")).Expect(200);
        (await world.HsmAsync("GET", Hsm, "/keys/k")).Expect(200);
        (await world.HsmAsync("GET", Hsm, "/deletedkeys/k")).Refused(404, "KeyNotFound");
    }

    [Fact]
    public async Task A_deleted_key_goes_for_good_when_its_retention_is_over()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync(retentionDays: 7);
        await world.KeyAsync(Hsm, "k");
        await world.HsmAsync("DELETE", Hsm, "/keys/k");
        world.Azure.Clock.Advance(TimeSpan.FromDays(7));

        (await world.HsmAsync("GET", Hsm, "/deletedkeys/k")).Refused(404, "KeyNotFound");
        await world.KeyAsync(Hsm, "k");
        Assert.Single((await world.HsmAsync("GET", Hsm, "/keys/k/versions")).Json["value"]!.AsArray());
    }

    [Fact]
    public async Task Purging_is_refused_where_purge_protection_is_on_and_works_where_it_is_off()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync("kv-protected", purgeProtection: true);
        await world.ActiveHsmAsync("kv-open", purgeProtection: false);
        foreach (var hsm in (string[])["kv-protected", "kv-open"])
        {
            await world.KeyAsync(hsm, "k");
            await world.HsmAsync("DELETE", hsm, "/keys/k");
        }

        var refused = await world.HsmAsync("DELETE", "kv-protected", "/deletedkeys/k");
        refused.Refused(403, "Forbidden");
        Assert.Equal("ForbiddenByPolicy", refused.InnerCode);
        (await world.HsmAsync("DELETE", "kv-open", "/deletedkeys/k")).Expect(204);
        (await world.HsmAsync("GET", "kv-open", "/deletedkeys/k")).Refused(404, "KeyNotFound");
    }

    [Fact]
    public async Task An_unknown_version_or_api_version_is_refused()
    {
        await using var world = await ReadyAsync();
        await world.KeyAsync(Hsm, "k");

        (await world.HsmAsync("GET", Hsm, "/keys/k/00000000000000000000000000000000")).Refused(404, "KeyNotFound");
        (await world.HsmAsync("GET", Hsm, "/keys/k", version: "6.9")).Refused(400, "BadParameter");
    }

    [Fact]
    public async Task Paths_of_vaults_are_not_found_on_an_hsm()
    {
        await using var world = await ReadyAsync();

        (await world.HsmAsync("GET", Hsm, "/secrets")).Refused(404, "NotFound");
        (await world.HsmAsync("GET", Hsm, "/certificates")).Refused(404, "NotFound");
    }

    private static async Task<World> ReadyAsync()
    {
        var world = await World.StartAsync();
        await world.ActiveHsmAsync(Hsm);
        return world;
    }
}
