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
    ];

    /// <summary>The scene of an action.</summary>
    public static Scene Of(string action) => All.Single(s => s.Action == action);

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
}
