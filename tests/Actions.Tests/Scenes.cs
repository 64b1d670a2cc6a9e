using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Runbook.Actions.Tests.TestKit;

namespace Runbook.Actions.Tests;

/// <summary>A scene for each action that talks to Azure.</summary>
internal static partial class Scenes
{
    private const string Who = "6f1d2a34-0c5b-4e7f-9a81-2b3c4d5e6f70";

    /// <summary>All of them; one an action.</summary>
    public static ImmutableArray<Scene> All { get; } =
    [
        new("keyvault.managed-hsm.check-name", """{"name":"kv-hsm-new"}""", active: false),
        new("keyvault.managed-hsm.create", w => Task.FromResult(HsmOf(w, "kv-hsm-new")), Active: false),
        new("keyvault.managed-hsm.get", """{"name":"kv-hsm-test"}"""),
        new("keyvault.managed-hsm.get-deleted", DeletedHsmAsync),
        new("keyvault.managed-hsm.update", async w =>
        {
            await w.DoAsync("keyvault.managed-hsm.create", HsmOf(w, "kv-hsm-new"));
            return Json("""{"name":"kv-hsm-new","purgeProtection":true}""");
        }, Active: false),
        new("keyvault.managed-hsm.delete", async w =>
        {
            await w.DoAsync("keyvault.managed-hsm.create", HsmOf(w, "kv-hsm-new"));
            return Json("""{"name":"kv-hsm-new"}""");
        }, Active: false),
        new("keyvault.security-domain.download", w => Task.FromResult(new JsonObject { ["hsm"] = World.Hsm, ["certificates"] = w.Certificates(), ["quorum"] = 2, ["file"] = "again.json" })),
        new("keyvault.role-assignment.create", $$"""{"hsm":"kv-hsm-test","role":"Managed HSM Crypto User","principal":"{{Who}}","scope":"/keys"}"""),
        new("keyvault.role-assignment.delete", async w =>
        {
            var grant = Json($$"""{"hsm":"kv-hsm-test","role":"Managed HSM Crypto User","principal":"{{Who}}","scope":"/keys"}""");
            await w.DoAsync("keyvault.role-assignment.create", grant);
            return grant;
        }),
        new("keyvault.role-assignment.list", """{"hsm":"kv-hsm-test","scope":"/"}"""),
        new("keyvault.key.create", KeyOf("cmk")),
        new("keyvault.key.get", w => WithKeyAsync(w)),
        new("keyvault.key.list", w => WithKeyAsync(w, """{"hsm":"kv-hsm-test"}""")),
        new("keyvault.key.list-versions", w => WithKeyAsync(w)),
        new("keyvault.key.round-trip", w => WithKeyAsync(w, """{"hsm":"kv-hsm-test","name":"cmk","algorithm":"RSA-OAEP-256"}""")),
        new("keyvault.key.enable", async w =>
        {
            var key = await WithKeyAsync(w);
            await w.DoAsync("keyvault.key.disable", key);
            return key;
        }),
        new("keyvault.key.disable", w => WithKeyAsync(w)),
        new("keyvault.key.set-dates", async w =>
        {
            await w.DoAsync("keyvault.key.set-dates", await WithKeyAsync(w, """{"hsm":"kv-hsm-test","name":"cmk","notBefore":"2026-01-01T00:00:00Z","expires":"2028-01-01T00:00:00Z"}"""));
            return Json("""{"hsm":"kv-hsm-test","name":"cmk","expires":"2027-01-01T00:00:00Z"}""");
        }),
        new("keyvault.key.rotate", WithPolicyAsync),
        new("keyvault.rotation-policy.get", WithPolicyAsync),
        new("keyvault.rotation-policy.set", async w =>
        {
            await WithPolicyAsync(w);
            return Json("""{"hsm":"kv-hsm-test","name":"cmk","rotateAfter":"P6M"}""");
        }),
        new("keyvault.key.delete", w => WithKeyAsync(w)),
        new("keyvault.key.recover", WithDeletedKeyAsync),
        new("keyvault.key.get-deleted", WithDeletedKeyAsync),
        new("keyvault.key.backup", w => WithKeyAsync(w, """{"hsm":"kv-hsm-test","name":"cmk","file":"cmk.backup"}""")),
        new("keyvault.key.restore", BackedUpAsync),
        new("keyvault.key.import-byok", WrappedElsewhereAsync),
        new("keyvault.key.download", w => WithKeyAsync(w, """{"hsm":"kv-hsm-test","name":"cmk","file":"cmk.pem"}""")),
        new("keyvault.key.wrap", async w =>
        {
            w.Files.Write("dek.bin", new byte[32]);
            return await WithKeyAsync(w, """{"hsm":"kv-hsm-test","name":"cmk","algorithm":"RSA-OAEP-256","file":"dek.bin"}""");
        }),
        new("keyvault.key.unwrap", async w =>
        {
            w.Files.Write("dek.bin", new byte[32]);
            var wrapped = await w.DoAsync("keyvault.key.wrap", await WithKeyAsync(w, """{"hsm":"kv-hsm-test","name":"cmk","algorithm":"RSA-OAEP-256","file":"dek.bin"}"""));
            return new JsonObject { ["id"] = wrapped.GetProperty("kid").GetString(), ["algorithm"] = "RSA-OAEP-256", ["value"] = wrapped.GetProperty("value").GetString() };
        }),
        new("keyvault.key.sign", async w =>
        {
            await w.DoAsync("keyvault.key.create", Json("""{"hsm":"kv-hsm-test","name":"signer","type":"EC-HSM","curve":"P-256","operations":["sign","verify"]}"""));
            return Json("""{"hsm":"kv-hsm-test","name":"signer","algorithm":"ES256","digest":"sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"}""");
        }),
        new("keyvault.managed-hsm.recover", DeletedHsmAsync, Active: false),
        new("keyvault.managed-hsm.list-regions", """{"name":"kv-hsm-test"}"""),
        new("keyvault.managed-hsm.add-region", """{"name":"kv-hsm-test","region":"australiaeast"}"""),
        new("keyvault.managed-hsm.remove-region", async w =>
        {
            var region = Json("""{"name":"kv-hsm-test","region":"australiaeast"}""");
            await w.DoAsync("keyvault.managed-hsm.add-region", region);
            return region;
        }),
        new("keyvault.network-rules.get", """{"hsm":"kv-hsm-test"}"""),
        new("keyvault.network-rules.set", """{"hsm":"kv-hsm-test","defaultAction":"Deny","bypass":"None","addresses":["203.0.113.7"]}"""),
        new("keyvault.setting.get", """{"hsm":"kv-hsm-test","setting":"AllowKeyManagementOperationsThroughARM"}"""),
        new("keyvault.setting.set", """{"hsm":"kv-hsm-test","setting":"AllowKeyManagementOperationsThroughARM","value":"true"}"""),
        new("keyvault.security-domain.transfer-key", async w =>
        {
            await w.DoAsync("keyvault.managed-hsm.create", HsmOf(w, "kv-hsm-new"));
            return Json("""{"hsm":"kv-hsm-new","file":"transfer.cer"}""");
        }, Active: false),
        new("keyvault.role-definition.create", Role),
        new("keyvault.role-definition.delete", async w =>
        {
            await w.DoAsync("keyvault.role-definition.create", Json(Role));
            return Json("""{"hsm":"kv-hsm-test","roleName":"Unwrap only"}""");
        }),
        new("keyvault.role-definition.list", """{"hsm":"kv-hsm-test"}"""),
        new("keyvault.vault.create", """{"name":"kv-prem","location":"eastus2"}""", active: false),
        new("keyvault.vault.get", async w =>
        {
            await w.DoAsync("keyvault.vault.create", Json("""{"name":"kv-prem","location":"eastus2"}"""));
            return Json("""{"name":"kv-prem"}""");
        }, Active: false),
        new("preflight.outage.predict", async w => await WithAccountAsync(w, """{"key":"https://kv-hsm-test.managedhsm.azure.net/keys/cmk","change":"network"}""")),
        new("identity.user-assigned.create", Identity, active: false),
        new("identity.user-assigned.get", w => WithIdentityAsync(w), Active: false),
        new("identity.user-assigned.delete", w => WithIdentityAsync(w), Active: false),
        new("storage.account.get", async w => await WithAccountAsync(w, """{"names":["stkvdatatest"]}""")),
        new("storage.account.create", WithGrantAsync),
        new("storage.account.set-key", async w =>
        {
            var account = await WithAccountAsync(w, """{"name":"stkvdatatest","store":"https://kv-hsm-test.managedhsm.azure.net","key":"other"}""");
            await w.DoAsync("keyvault.key.create", Json(KeyOf("other")));
            account["identity"] = IdentityOf(w);
            return account;
        }),
        new("storage.account.use-platform-key", w => WithAccountAsync(w, """{"name":"stkvdatatest"}""")),
        new("storage.account.update", w => WithAccountAsync(w, """{"name":"stkvdatatest","sku":"Standard_LRS"}""")),
        new("storage.account.failover", w => WithAccountAsync(w, """{"names":["stkvdatatest"],"to":"centralus"}""")),
        new("storage.account.delete", w => WithAccountAsync(w, """{"name":"stkvdatatest"}""")),
        new("storage.encryption-scope.get", w => WithScopeAsync(w, Scope)),
        new("storage.encryption-scope.set", w => WithAccountAsync(w, """{"account":"stkvdatatest","scope":"tenant-acme","keyUri":"https://kv-hsm-test.managedhsm.azure.net/keys/cmk"}""")),
        new("storage.encryption-scope.enable", async w =>
        {
            var scope = await WithScopeAsync(w, Scope);
            await w.DoAsync("storage.encryption-scope.disable", scope);
            return scope;
        }),
        new("storage.encryption-scope.disable", w => WithScopeAsync(w, Scope)),
        new("storage.container.get", w => WithContainerAsync(w)),
        new("storage.container.create", w => WithScopeAsync(w, """{"account":"stkvdatatest","container":"acme-data","scope":"tenant-acme"}""")),
        new("sql.server.get", w => WithServerAsync(w, """{"name":"sql-test"}""")),
        new("sql.server-identity.set", async w =>
        {
            await WithServerAsync(w, Server);
            await w.DoAsync("identity.user-assigned.create", Json("""{"id":"id-other","location":"eastus2"}"""));
            return new JsonObject { ["server"] = "sql-test", ["identity"] = IdentityOf(w).Replace("id-cmk", "id-other", StringComparison.Ordinal) };
        }),
        new("sql.database.list", w => WithServerAsync(w, Server)),
        new("sql.database.get", w => WithServerAsync(w, """{"server":"sql-test","name":"canary"}""")),
        new("sql.protector.get", w => WithServerAsync(w, Server)),
        new("sql.protector.set", async w =>
        {
            await WithServerAsync(w, Server);
            var first = await w.DoAsync("keyvault.key.get", Json("""{"hsm":"kv-hsm-test","name":"cmk"}"""));
            await w.DoAsync("sql.protector.set", new JsonObject { ["server"] = "sql-test", ["kid"] = first.GetProperty("key").GetProperty("kid").GetString() });
            var second = await w.DoAsync("keyvault.key.create", Json(KeyOf("cmk-next")));
            return new JsonObject { ["server"] = "sql-test", ["kid"] = second.GetProperty("key").GetProperty("kid").GetString() };
        }),
        new("sql.protector.use-platform-key", async w =>
        {
            await WithServerAsync(w, Server);
            var key = await w.DoAsync("keyvault.key.get", Json("""{"hsm":"kv-hsm-test","name":"cmk"}"""));
            await w.DoAsync("sql.protector.set", new JsonObject { ["server"] = "sql-test", ["kid"] = key.GetProperty("key").GetProperty("kid").GetString() });
            return Json(Server);
        }),
        new("sql.protector.revalidate", w => WithServerAsync(w, Server)),
        .. Recovery,
    ];

    /// <summary>What has no scene of its own, because nothing on the embedded Azure begins where it would.</summary>
    public static ImmutableHashSet<string> None { get; } = ["sql.failover-group.get", "sql.failover-group.failover", "sql.failover-group.force-failover"];

    /// <summary>The scene of an action.</summary>
    public static Scene Of(string action) => All.Concat(OfTheEstate).Single(s => s.Action == action);

    private static string KeyOf(string name) => $$"""{"hsm":"kv-hsm-test","name":"{{name}}","type":"RSA-HSM","size":2048,"operations":["wrapKey","unwrapKey"]}""";

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();

    private static JsonObject HsmOf(World world, string name) =>
        new() { ["name"] = name, ["location"] = "eastus2", ["administrators"] = new JsonArray(world.Azure.Owner.ObjectId), ["retentionDays"] = 7, ["purgeProtection"] = false };

    private static async Task<JsonObject> DeletedHsmAsync(World world)
    {
        await world.DoAsync("keyvault.managed-hsm.create", HsmOf(world, "kv-hsm-new"));
        await world.DoAsync("keyvault.managed-hsm.delete", Json("""{"name":"kv-hsm-new"}"""));
        return Json("""{"name":"kv-hsm-new","location":"eastus2"}""");
    }

    private static async Task<JsonObject> WithKeyAsync(World world, string with = """{"hsm":"kv-hsm-test","name":"cmk"}""")
    {
        await world.DoAsync("keyvault.key.create", Json(KeyOf("cmk")));
        return Json(with);
    }

    private const string Role = """{"hsm":"kv-hsm-test","roleName":"Unwrap only","dataActions":["Microsoft.KeyVault/managedHsm/keys/read/action","Microsoft.KeyVault/managedHsm/keys/unwrap/action"]}""";

    private const string Identity = """{"id":"id-sql","location":"eastus2"}""";

    private static async Task<JsonObject> WithIdentityAsync(World world)
    {
        await world.DoAsync("identity.user-assigned.create", Json(Identity));
        return Json("""{"id":"id-sql"}""");
    }

    private static async Task<JsonObject> WithPolicyAsync(World world)
    {
        var key = await WithKeyAsync(world);
        await world.DoAsync("keyvault.rotation-policy.set", Json("""{"hsm":"kv-hsm-test","name":"cmk","rotateAfter":"P18M","expires":"P2Y"}"""));
        return key;
    }

    private static async Task<JsonObject> WithDeletedKeyAsync(World world)
    {
        var key = await WithKeyAsync(world);
        await world.DoAsync("keyvault.key.delete", key);
        return key;
    }

    // The name is free again when the retention of the deleted key has passed.
    private static async Task<JsonObject> BackedUpAsync(World world)
    {
        await world.DoAsync("keyvault.key.backup", await WithKeyAsync(world, """{"hsm":"kv-hsm-test","name":"cmk","file":"cmk.backup"}"""));
        await world.DoAsync("keyvault.key.delete", Json("""{"hsm":"kv-hsm-test","name":"cmk"}"""));
        world.Azure.Clock.Advance(TimeSpan.FromDays(91));
        world.SignInAgain();
        return Json("""{"hsm":"kv-hsm-test","name":"cmk","file":"cmk.backup"}""");
    }

    private static async Task<JsonObject> WrappedElsewhereAsync(World world)
    {
        var kek = await world.DoAsync("keyvault.key.create", Json("""{"hsm":"kv-hsm-test","name":"kek","type":"RSA-HSM","size":2048,"operations":["import"]}"""));
        using var key = System.Security.Cryptography.RSA.Create(2048);
        world.Files.Write("key.byok", Byok.Wrap(kek.GetProperty("key"), key.ExportPkcs8PrivateKey()));
        return Json("""{"hsm":"kv-hsm-test","name":"imported","type":"RSA-HSM","operations":["wrapKey","unwrapKey"],"file":"key.byok"}""");
    }

    private const string Scope = """{"account":"stkvdatatest","scope":"tenant-acme"}""";

    private static string IdentityOf(World world) => $"{world.GroupId}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-cmk";

    // An identity that may use every key of the HSM, and the arguments of an account that it serves.
    private static async Task<JsonObject> WithGrantAsync(World world)
    {
        await WithKeyAsync(world);
        var identity = await world.DoAsync("identity.user-assigned.create", Json("""{"id":"id-cmk","location":"eastus2"}"""));
        var principal = identity.GetProperty("properties").GetProperty("principalId").GetString();
        await world.DoAsync("keyvault.role-assignment.create", Json($$"""{"hsm":"kv-hsm-test","role":"Managed HSM Crypto Service Encryption User","principal":"{{principal}}","scope":"/keys"}"""));
        return new JsonObject { ["name"] = "stkvdatatest", ["location"] = "eastus2", ["sku"] = "Standard_GRS", ["identity"] = IdentityOf(world), ["store"] = "https://kv-hsm-test.managedhsm.azure.net", ["key"] = "cmk" };
    }

    private static async Task<JsonObject> WithAccountAsync(World world, string with)
    {
        await world.DoAsync("storage.account.create", await WithGrantAsync(world));
        return Json(with);
    }

    private static async Task<JsonObject> WithScopeAsync(World world, string with)
    {
        await world.DoAsync("storage.encryption-scope.set", await WithAccountAsync(world, """{"account":"stkvdatatest","scope":"tenant-acme","keyUri":"https://kv-hsm-test.managedhsm.azure.net/keys/cmk"}"""));
        return Json(with);
    }

    private static async Task<JsonObject> WithContainerAsync(World world)
    {
        await world.DoAsync("storage.container.create", await WithScopeAsync(world, """{"account":"stkvdatatest","container":"acme-data","scope":"tenant-acme"}"""));
        return Json("""{"account":"stkvdatatest","container":"acme-data"}""");
    }

    private const string Server = """{"server":"sql-test"}""";

    private static async Task<JsonObject> WithServerAsync(World world, string with)
    {
        await WithGrantAsync(world);
        var identity = IdentityOf(world);
        await world.ArmAsync($"{world.GroupId}/providers/Microsoft.Sql/servers/sql-test", "2021-11-01", $$"""{"location":"eastus2","identity":{"type":"UserAssigned","userAssignedIdentities":{"{{identity}}":{} } },"properties":{"administratorLogin":"adm","administratorLoginPassword":"P1-not-a-secret","primaryUserAssignedIdentityId":"{{identity}}"} }""");
        await world.ArmAsync($"{world.GroupId}/providers/Microsoft.Sql/servers/sql-test/databases/canary", "2021-11-01", """{"location":"eastus2","sku":{"name":"S0"} }""");
        return Json(with);
    }
}
