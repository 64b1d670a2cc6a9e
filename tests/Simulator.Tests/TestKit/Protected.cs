using System.Text.Json.Nodes;

namespace Runbook.Simulator.Tests.TestKit;

/// <summary>What tests of resources under a key of their customer need: identities with grants, keys, and the ends of operations.</summary>
internal static class Protected
{
    public const string Hsm = "kv-hsm-test";

    /// <summary>Lets a long-running operation end, and returns what its status URL says.</summary>
    public static async Task<JsonNode> EndAsync(this World world, Reply first)
    {
        var poll = first.Expect(202).Header("Azure-AsyncOperation") ?? throw new InvalidOperationException("The answer has no Azure-AsyncOperation.");
        Assert.NotNull(first.Header("Location"));
        Assert.NotNull(first.Header("Retry-After"));
        Assert.Equal("InProgress", (string?)(await world.GetAsync(poll)).Expect(200).Json["status"]);
        world.Azure.Clock.Advance(TimeSpan.FromSeconds(20));
        return (await world.GetAsync(poll)).Expect(200).Json;
    }

    /// <summary>Lets an operation end well.</summary>
    public static async Task SucceedAsync(this World world, Reply first)
    {
        var end = await world.EndAsync(first);
        Assert.True((string?)end["status"] == "Succeeded", end.ToJsonString());
    }

    /// <summary>Lets an operation end, and checks that it failed with that code.</summary>
    public static async Task FailAsync(this World world, Reply first, string code)
    {
        var end = await world.EndAsync(first);
        Assert.Equal("Failed", (string?)end["status"]);
        Assert.Equal(code, (string?)end["error"]!["code"]);
    }

    /// <summary>A user-assigned identity: its resource id and its principal.</summary>
    public static async Task<(string Id, string Principal)> KeyUserAsync(this World world, string name = "id-cmk", string location = "eastus2")
    {
        var made = (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}", new JsonObject { ["location"] = location })).Expect(201).Json;
        return ((string)made["id"]!, (string)made["properties"]!["principalId"]!);
    }

    public static JsonObject UserAssigned(params string[] ids)
    {
        var map = new JsonObject();
        foreach (var id in ids)
            map[id] = new JsonObject();
        return new JsonObject { ["type"] = "UserAssigned", ["userAssignedIdentities"] = map };
    }

    /// <summary>A key of the HSM; its versioned URL.</summary>
    public static async Task<string> KidAsync(this World world, string name, int bits = 2048, string hsm = Hsm) =>
        (string)(await world.KeyAsync(hsm, name, new JsonObject { ["kty"] = "RSA-HSM", ["key_size"] = bits }))["key"]!["kid"]!;

    /// <summary>Another version of a key; its versioned URL.</summary>
    public static Task<string> NewVersionAsync(this World world, string name) => world.KidAsync(name);

    public static async Task EnableAsync(this World world, string kid, bool enabled) => (await world.SendAsync(
        "PATCH", $"{kid}?api-version=7.4", new JsonObject { ["attributes"] = new JsonObject { ["enabled"] = enabled } })).Expect(200);

    public static async Task ExpireAsync(this World world, string kid, DateTimeOffset at) => (await world.SendAsync(
        "PATCH", $"{kid}?api-version=7.4", new JsonObject { ["attributes"] = new JsonObject { ["exp"] = at.ToUnixTimeSeconds() } })).Expect(200);

    /// <summary>Grants what services need on one key.</summary>
    public static async Task GrantKeyAsync(this World world, string key, string principal, string hsm = Hsm) =>
        (await world.GrantAsync(hsm, "/keys/" + key, Roles.ServiceEncryption, principal)).Expect(201);

    public static async Task RevokeKeyAsync(this World world, string key, string principal, string hsm = Hsm) => (await world.HsmAsync(
        "DELETE", hsm, $"/keys/{key}/providers/Microsoft.Authorization/roleAssignments/{World.GuidOf($"{hsm}/keys/{key}{Roles.ServiceEncryption}{principal}")}")).Expect(200);

    /// <summary>Moves the clock minute by minute until the condition holds; how long that took.</summary>
    public static async Task<TimeSpan> WithinAsync(this World world, TimeSpan limit, Func<Task<bool>> condition)
    {
        var from = world.Azure.Clock.GetUtcNow();
        while (!await condition())
        {
            var waited = world.Azure.Clock.GetUtcNow() - from;
            Assert.True(waited < limit, $"not within {limit}");
            world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        }
        return world.Azure.Clock.GetUtcNow() - from;
    }

    /// <summary>Breaks a key in one of the ways in which keys break, and gives the way back.</summary>
    public static async Task<Func<Task>> BreakAsync(this World world, string fault, string kid, string principal, string identityId)
    {
        var key = kid.Split('/')[4];
        switch (fault)
        {
            case "disabled":
                await world.EnableAsync(kid, false);
                return () => world.EnableAsync(kid, true);
            case "deleted":
                (await world.HsmAsync("DELETE", Hsm, "/keys/" + key)).Expect(200);
                return async () => (await world.HsmAsync("POST", Hsm, $"/deletedkeys/{key}/recover")).Expect(200);
            case "expired":
                await world.ExpireAsync(kid, world.Azure.Clock.GetUtcNow().AddMinutes(-1));
                return () => world.ExpireAsync(kid, world.Azure.Clock.GetUtcNow().AddYears(1));
            case "grant lost":
                await world.RevokeKeyAsync(key, principal);
                return () => world.GrantKeyAsync(key, principal);
            case "network rule":
                (await world.ArmAsync("PATCH", $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/{Hsm}", Acls("Deny", "None"))).Expect(202);
                world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
                return async () =>
                {
                    (await world.ArmAsync("PATCH", $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/{Hsm}", Acls("Allow", "AzureServices"))).Expect(202);
                    world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
                };
            case "unreachable":
                var armed = world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.HostUnreachable, Host = Hsm + ".managedhsm.azure.net" });
                return () => Task.FromResult(world.Azure.Faults.Disarm(armed.Id));
            case "hsm deleted":
                (await world.ArmAsync("DELETE", $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/{Hsm}")).Expect(202);
                world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
                return async () =>
                {
                    (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/{Hsm}", new JsonObject { ["location"] = "eastus2", ["properties"] = new JsonObject { ["createMode"] = "recover" } })).Expect(202);
                    world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
                };
            case "identity deleted":
                (await world.ArmAsync("DELETE", identityId)).Expect(200);
                return () => throw new InvalidOperationException("A deleted identity does not come back.");
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault, "unknown");
        }
    }

    private static JsonObject Acls(string action, string bypass) =>
        new() { ["properties"] = new JsonObject { ["networkAcls"] = new JsonObject { ["defaultAction"] = action, ["bypass"] = bypass, ["ipRules"] = new JsonArray(new JsonObject { ["value"] = "127.0.0.1/32" }) } } };
}
