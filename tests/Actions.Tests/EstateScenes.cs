using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Runbook.Actions.Tests.TestKit;

namespace Runbook.Actions.Tests;

/// <summary>Scenes of the services around the HSM: disks, databases, policies, alarms, and the estate as a whole.</summary>
internal static partial class Scenes
{
    private const string Watch = """{"name":"key-watch","shortName":"key-watch","emails":["on-call@example.com"]}""";
    private const string Workspace = """{"name":"log-test","location":"eastus2"}""";
    private const string Definition = """{"name":"deny-storage-without-cmk","displayName":"Storage accounts need a key of ours","rule":{"if":{"allOf":[{"field":"type","equals":"Microsoft.Storage/storageAccounts"},{"field":"Microsoft.Storage/storageAccounts/encryption.keySource","notEquals":"Microsoft.Keyvault"}]},"then":{"effect":"deny"}}}""";
    private const string Assignment = """{"name":"storage-cmk","definition":"deny-storage-without-cmk","displayName":"Storage accounts need a key of ours"}""";
    private const string LogAlert = """{"name":"unwrap-refused","description":"An unwrap was refused.","location":"eastus2","workspace":"log-test","query":"AzureDiagnostics | where OperationName == 'KeyUnwrap' and httpStatusCode_d >= 400","actionGroup":"key-watch"}""";
    private const string ActivityAlert = """{"name":"hsm-deleted","description":"Somebody deletes an HSM.","operation":"Microsoft.KeyVault/managedHSMs/delete","actionGroup":"key-watch"}""";

    /// <summary>All of them; one an action.</summary>
    public static ImmutableArray<Scene> OfTheEstate { get; } =
    [
        new("compute.disk-encryption-set.create", async w => SetOf(w, await KidAsync(w))),
        new("compute.disk-encryption-set.get", w => WithSetAsync(w, """{"name":"des-test"}""")),
        new("compute.disk-encryption-set.list-disks", async w => { await WithDiskAsync(w, "{}"); return Json("""{"name":"des-test"}"""); }),
        new("compute.disk-encryption-set.set-key", async w =>
        {
            await WithSetAsync(w, "{}");
            return new JsonObject { ["name"] = "des-test", ["key"] = await KidAsync(w, "cmk-next") };
        }),
        new("compute.disk-encryption-set.set-rotation", w => WithSetAsync(w, """{"name":"des-test","followRotation":false}""")),
        new("compute.disk-encryption-set.delete", w => WithSetAsync(w, """{"name":"des-test"}""")),
        new("compute.disk.create", w => WithSetAsync(w, """{"name":"disk-one","location":"eastus2","encryptionSet":"des-test","size":128}""")),
        new("compute.disk.get", w => WithDiskAsync(w, """{"name":"disk-one"}""")),
        new("compute.disk.set-encryption", async w =>
        {
            await WithDiskAsync(w, "{}");
            var other = SetOf(w, await KidAsync(w, "cmk-next"));
            other["name"] = "des-next";
            await w.DoAsync("compute.disk-encryption-set.create", other);
            return Json("""{"name":"disk-one","encryptionSet":"des-next"}""");
        }),
        new("compute.disk.delete", w => WithDiskAsync(w, """{"name":"disk-one"}""")),
        new("postgres.server.create", async w => ServerOf(w, await KidAsync(w))),
        new("postgres.server.get", w => WithPostgresAsync(w, """{"name":"pg-test"}""")),
        new("postgres.database.list", w => WithPostgresAsync(w, """{"name":"pg-test"}""")),
        new("postgres.server.set-key", async w =>
        {
            await WithPostgresAsync(w, "{}");
            return new JsonObject { ["name"] = "pg-test", ["key"] = await KidAsync(w, "cmk-next"), ["identity"] = IdentityOf(w) };
        }),
        new("postgres.server.delete", w => WithPostgresAsync(w, """{"name":"pg-test"}""")),
        new("postgres.administrator.set", w => WithPostgresAsync(w, $$"""{"server":"pg-test","objectId":"{{Who}}","principal":"pg-admins"}""")),
        new("sql.server.create", async w =>
        {
            await WithGrantAsync(w);
            return new JsonObject { ["name"] = "sql-new", ["location"] = "eastus2", ["identity"] = IdentityOf(w), ["kid"] = await KidAsync(w, "cmk"), ["administrator"] = "sql admins", ["administratorId"] = Who };
        }),
        new("sql.database.create", w => WithServerAsync(w, """{"server":"sql-test","name":"payments","location":"eastus2"}""")),
        new("sql.failover-group.create", async w =>
        {
            await WithServerAsync(w, "{}");
            await w.DoAsync("sql.server.create", new JsonObject { ["name"] = "sql-partner", ["location"] = "centralus", ["identity"] = IdentityOf(w), ["administrator"] = "sql admins", ["administratorId"] = Who });
            return Json("""{"server":"sql-test","name":"fg-test","partner":"sql-partner","databases":["canary"]}""");
        }),
        new("sql.failover-group.compare-keys", w => WithServerAsync(w, "{}")),
        new("sql.protector.list-all", w => WithServerAsync(w, "{}")),
        new("policy.definition.create", Definition),
        new("policy.definition.get", w => AfterAsync(w, """{"name":"deny-storage-without-cmk"}""", ("policy.definition.create", Definition))),
        new("policy.definition.delete", w => AfterAsync(w, """{"name":"deny-storage-without-cmk"}""", ("policy.definition.create", Definition))),
        new("policy.assignment.create", w => AfterAsync(w, Assignment, ("policy.definition.create", Definition))),
        new("policy.assignment.get", w => AfterAsync(w, """{"name":"storage-cmk"}""", ("policy.definition.create", Definition), ("policy.assignment.create", Assignment))),
        new("policy.assignment.delete", w => AfterAsync(w, """{"name":"storage-cmk"}""", ("policy.definition.create", Definition), ("policy.assignment.create", Assignment))),
        new("policy.compliance.list", w => AfterAsync(w, """{"scope":"subscription"}""", ("policy.definition.create", Definition), ("policy.assignment.create", Assignment))),
        new("policy.compliance.evaluate", "{}"),
        new("monitor.action-group.create", Watch),
        new("monitor.action-group.get", w => AfterAsync(w, """{"name":"key-watch"}""", ("monitor.action-group.create", Watch))),
        new("monitor.action-group.delete", w => AfterAsync(w, """{"name":"key-watch"}""", ("monitor.action-group.create", Watch))),
        new("monitor.metric-alert.create", WithMetricAlertAsync),
        new("monitor.metric-alert.get", w => MetricAlertAsync(w)),
        new("monitor.metric-alert.delete", w => MetricAlertAsync(w)),
        new("monitor.log-alert.create", w => AfterAsync(w, LogAlert, ("monitor.action-group.create", Watch), ("monitor.workspace.create", Workspace))),
        new("monitor.log-alert.get", w => AfterAsync(w, """{"name":"unwrap-refused"}""", ("monitor.action-group.create", Watch), ("monitor.workspace.create", Workspace), ("monitor.log-alert.create", LogAlert))),
        new("monitor.log-alert.delete", w => AfterAsync(w, """{"name":"unwrap-refused"}""", ("monitor.action-group.create", Watch), ("monitor.workspace.create", Workspace), ("monitor.log-alert.create", LogAlert))),
        new("monitor.activity-alert.create", w => AfterAsync(w, ActivityAlert, ("monitor.action-group.create", Watch))),
        new("monitor.activity-alert.get", w => AfterAsync(w, """{"name":"hsm-deleted"}""", ("monitor.action-group.create", Watch), ("monitor.activity-alert.create", ActivityAlert))),
        new("monitor.activity-alert.delete", w => AfterAsync(w, """{"name":"hsm-deleted"}""", ("monitor.action-group.create", Watch), ("monitor.activity-alert.create", ActivityAlert))),
        new("monitor.workspace.create", Workspace),
        new("monitor.workspace.get", w => AfterAsync(w, """{"name":"log-test"}""", ("monitor.workspace.create", Workspace))),
        new("monitor.diagnostic-setting.create", async w => { await w.DoAsync("monitor.workspace.create", Json(Workspace)); return SettingOf(w); }),
        new("monitor.diagnostic-setting.get", w => WithSettingAsync(w)),
        new("monitor.diagnostic-setting.delete", w => WithSettingAsync(w)),
        new("monitor.logs.query", async w =>
        {
            await WithSettingAsync(w);
            await w.DoAsync("keyvault.key.create", Json(KeyOf("cmk")));
            w.Azure.Clock.Advance(TimeSpan.FromMinutes(15));
            var workspace = await w.DoAsync("monitor.workspace.get", Json("""{"name":"log-test"}"""));
            return new JsonObject { ["workspace"] = workspace.GetProperty("properties").GetProperty("customerId").GetString(), ["query"] = "AzureDiagnostics | where OperationName == 'KeyCreate' | project OperationName, httpStatusCode_d" };
        }),
        new("keyvault.key.uses", async w =>
        {
            await WithSettingAsync(w);
            var kid = await KidAsync(w);
            await w.DoAsync("keyvault.key.round-trip", new JsonObject { ["id"] = kid, ["algorithm"] = "RSA-OAEP-256" });
            w.Azure.Clock.Advance(TimeSpan.FromMinutes(15));
            return new JsonObject { ["id"] = kid, ["workspace"] = "log-test", ["since"] = "1h" };
        }),
        new("monitor.alert.list", "{}"),
        new("graph.resources.query", """{"query":"Resources | where type =~ 'microsoft.keyvault/managedhsms' | project id, name"}"""),
        new("directory.objects.list", w => Task.FromResult(new JsonObject { ["ids"] = new JsonArray(w.Azure.Owner.ObjectId, Who) })),
        new("storage.encryption-scope.list-all", w => WithScopeAsync(w, "{}")),
        new("storage.container.list-all", async w => { await WithContainerAsync(w); return []; }),
        new("keyvault.role-assignment.list-all", async w => { await WithGrantAsync(w); return Json("""{"hsm":"kv-hsm-test"}"""); }),
        new("storage.network-rules.get", w => WithAccountAsync(w, """{"name":"stkvdatatest"}""")),
        new("storage.network-rules.set", w => WithAccountAsync(w, """{"name":"stkvdatatest","defaultAction":"Deny","bypass":"AzureServices","addresses":["203.0.113.7"]}""")),
        new("provider.registration.get", """{"namespace":"Microsoft.Compute"}"""),
        new("provider.registration.register", async w =>
        {
            await w.ArmAsync($"/subscriptions/{w.Azure.SubscriptionId}/providers/Microsoft.Compute/unregister", "2021-04-01", "{}", "POST");
            return Json("""{"namespace":"Microsoft.Compute"}""");
        }),
    ];

    private static async Task<JsonObject> AfterAsync(World world, string with, params (string Action, string With)[] before)
    {
        foreach (var (action, arguments) in before) await world.DoAsync(action, Json(arguments));
        return Json(with);
    }

    private static async Task<string> KidAsync(World world, string key = "cmk")
    {
        if (key == "cmk" && (await world.RunAsync("keyvault.key.get", Json("""{"hsm":"kv-hsm-test","name":"cmk"}"""))).Last.Error is not null) await WithGrantAsync(world);
        else if (key != "cmk") await world.DoAsync("keyvault.key.create", Json(KeyOf(key)));
        return (await world.DoAsync("keyvault.key.get", Json($$"""{"hsm":"kv-hsm-test","name":"{{key}}"}"""))).GetProperty("key").GetProperty("kid").GetString()!;
    }

    private static JsonObject SetOf(World world, string kid) => new() { ["name"] = "des-test", ["location"] = "eastus2", ["key"] = kid, ["identity"] = IdentityOf(world) };

    private static async Task<JsonObject> WithSetAsync(World world, string with)
    {
        await world.DoAsync("compute.disk-encryption-set.create", SetOf(world, await KidAsync(world)));
        return Json(with);
    }

    private static async Task<JsonObject> WithDiskAsync(World world, string with)
    {
        await world.DoAsync("compute.disk.create", await WithSetAsync(world, """{"name":"disk-one","location":"eastus2","encryptionSet":"des-test","size":128}"""));
        return Json(with);
    }

    private static JsonObject ServerOf(World world, string kid) => new() { ["name"] = "pg-test", ["location"] = "eastus2", ["key"] = kid, ["identity"] = IdentityOf(world) };

    private static async Task<JsonObject> WithPostgresAsync(World world, string with)
    {
        await world.DoAsync("postgres.server.create", ServerOf(world, await KidAsync(world)));
        return Json(with);
    }

    private static string HsmIdOf(World world) => $"{world.GroupId}/providers/Microsoft.KeyVault/managedHSMs/{World.Hsm}";

    private static async Task<JsonObject> WithMetricAlertAsync(World world)
    {
        await world.DoAsync("monitor.action-group.create", Json(Watch));
        return new JsonObject { ["name"] = "hsm-availability", ["description"] = "The HSM answers less often than it should.", ["resource"] = HsmIdOf(world), ["metric"] = "Availability", ["aggregation"] = "Average", ["operator"] = "LessThan", ["threshold"] = 99, ["actionGroup"] = "key-watch" };
    }

    private static async Task<JsonObject> MetricAlertAsync(World world)
    {
        await world.DoAsync("monitor.metric-alert.create", await WithMetricAlertAsync(world));
        return Json("""{"name":"hsm-availability"}""");
    }

    private static JsonObject SettingOf(World world) => new() { ["resource"] = HsmIdOf(world), ["name"] = "audit", ["workspace"] = "log-test" };

    private static async Task<JsonObject> WithSettingAsync(World world)
    {
        await world.DoAsync("monitor.workspace.create", Json(Workspace));
        await world.DoAsync("monitor.diagnostic-setting.create", SettingOf(world));
        return new JsonObject { ["resource"] = HsmIdOf(world), ["name"] = "audit" };
    }
}
