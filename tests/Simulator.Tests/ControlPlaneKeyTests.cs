using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>Keys of vaults and managed HSMs as resources of the control plane.</summary>
public sealed class ControlPlaneKeyTests
{
    private const string Hsm = "kv-hsm-test";
    private const string Version = "2023-07-01";

    private static string Vault(World world) => $"{world.Group}/providers/Microsoft.KeyVault/vaults/kv-plane";

    private static JsonObject Wanted(string json) => new() { ["properties"] = JsonNode.Parse(json) };

    private static async Task<World> WithVaultAsync()
    {
        var world = await World.StartAsync();
        (await world.ArmAsync("PUT", Vault(world), JsonNode.Parse($$$"""
            {"location":"eastus2","properties":{"tenantId":"{{{world.Azure.TenantId}}}","sku":{"family":"A","name":"premium"},"enableRbacAuthorization":true,"enablePurgeProtection":true} }
            """), version: Version)).Expect(201);
        return world;
    }

    [Fact]
    public async Task A_contributor_makes_a_key_that_the_contributor_may_not_use()
    {
        await using var world = await WithVaultAsync();
        var person = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "contributor");
        (await world.ArmGrantAsync(world.Group, Roles.Contributor, person.ObjectId)).Expect(201);

        var made = (await world.ArmAsync("PUT", Vault(world) + "/keys/k", Wanted("""{"kty":"RSA-HSM","keySize":3072,"keyOps":["wrapKey","unwrapKey"],"attributes":{"exp":1900000000}}"""), person, version: Version)).Expect(200).Json;
        Assert.Equal(("k", "Microsoft.KeyVault/vaults/keys", Vault(world) + "/keys/k"), ((string?)made["name"], (string?)made["type"], (string?)made["id"]));
        Assert.Equal((3072, 1900000000L, true), ((int)made["properties"]!["keySize"]!, (long)made["properties"]!["attributes"]!["exp"]!, (bool)made["properties"]!["attributes"]!["enabled"]!));
        (await world.SendAsync("GET", "https://kv-plane.vault.azure.net/keys/k?api-version=7.4", @as: person)).Expect(403);
        (await world.ArmGrantAsync(Vault(world), Roles.VaultCryptoOfficer, person.ObjectId)).Expect(201);
        Assert.Equal((string?)made["properties"]!["keyUriWithVersion"], (string?)(await world.SendAsync("GET", "https://kv-plane.vault.azure.net/keys/k?api-version=7.4", @as: person)).Expect(200).Json["key"]!["kid"]);
    }

    [Fact]
    public async Task A_reader_reads_and_makes_nothing()
    {
        await using var world = await WithVaultAsync();
        var person = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "reader");
        (await world.ArmGrantAsync(world.Group, Roles.Reader, person.ObjectId)).Expect(201);
        (await world.ArmAsync("PUT", Vault(world) + "/keys/k", Wanted("""{"kty":"EC","curveName":"P-384"}"""), person, version: Version)).Refused(403, "AuthorizationFailed");
        (await world.ArmAsync("GET", Vault(world) + "/keys/k", version: Version)).Refused(404, "ResourceNotFound");

        (await world.ArmAsync("PUT", Vault(world) + "/keys/k", Wanted("""{"kty":"EC","curveName":"P-384"}"""), version: Version)).Expect(200);
        Assert.Equal("P-384", (string?)(await world.ArmAsync("GET", Vault(world) + "/keys/k", @as: person, version: Version)).Expect(200).Json["properties"]!["curveName"]);
        Assert.Equal("k", (string?)Assert.Single((await world.ArmAsync("GET", Vault(world) + "/keys", @as: person, version: Version)).Expect(200).Json["value"]!.AsArray())!["name"]);
    }

    [Fact]
    public async Task What_is_there_is_given_back_and_never_changed()
    {
        await using var world = await WithVaultAsync();
        var first = (await world.ArmAsync("PUT", Vault(world) + "/keys/k", Wanted("""{"kty":"RSA"}"""), version: Version)).Expect(200).Json;
        var again = (await world.ArmAsync("PUT", Vault(world) + "/keys/k", Wanted("""{"kty":"EC","curveName":"P-256"}"""), version: Version)).Expect(200).Json;

        Assert.Equal(first.ToJsonString(), again.ToJsonString());
        var version = ((string)first["properties"]!["keyUriWithVersion"]!).Split('/')[^1];
        Assert.Equal(version, (string?)Assert.Single((await world.ArmAsync("GET", Vault(world) + "/keys/k/versions", version: Version)).Expect(200).Json["value"]!.AsArray())!["name"]);
        (await world.ArmAsync("GET", $"{Vault(world)}/keys/k/versions/{version}", version: Version)).Expect(200);
        (await world.ArmAsync("GET", $"{Vault(world)}/keys/k/versions/{new string('0', 32)}", version: Version)).Refused(404, "ResourceNotFound");
    }

    [Theory]
    [InlineData("""{"keySize":2048}""")]
    [InlineData("""{"kty":"RSA","keySize":1024}""")]
    [InlineData("""{"kty":"oct-HSM"}""")]
    [InlineData("""{"kty":"RSA","keyOps":["fly"]}""")]
    [InlineData("""{"kty":"RSA","attributes":{"exportable":true}}""")]
    [InlineData("""{"kty":"RSA","rotationPolicy":{"lifetimeActions":[{"trigger":{"timeAfterCreate":"P1D"},"action":{"type":"rotate"}}]}}""")]
    public async Task A_wrong_request_is_refused_and_leaves_no_key(string properties)
    {
        await using var world = await WithVaultAsync();

        (await world.ArmAsync("PUT", Vault(world) + "/keys/k", Wanted(properties), version: Version)).Refused(400, "BadParameter");
        Assert.Empty((await world.ArmAsync("GET", Vault(world) + "/keys", version: Version)).Expect(200).Json["value"]!.AsArray());
    }

    [Fact]
    public async Task A_managed_hsm_has_to_allow_it()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        var key = $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/{Hsm}/keys/k";
        (await world.ArmAsync("PUT", key, Wanted("""{"kty":"RSA-HSM"}"""), version: Version)).Refused(403, "Forbidden");

        (await world.HsmAsync("PATCH", Hsm, "/settings/AllowKeyManagementOperationsThroughARM", new JsonObject { ["value"] = "true" })).Expect(200);
        (await world.ArmAsync("PUT", key, Wanted("""{"kty":"RSA-HSM"}"""), version: Version)).Expect(200);
        (await world.HsmAsync("GET", Hsm, "/keys/k")).Expect(200);
    }
}
