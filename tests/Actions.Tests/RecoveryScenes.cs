using System.Text;
using System.Text.Json.Nodes;
using Runbook.Actions.Tests.TestKit;
using Runbook.Simulator;

namespace Runbook.Actions.Tests;

/// <summary>Scenes of backup, recovery and release.</summary>
internal static partial class Scenes
{
    /// <summary>The container that backups go to.</summary>
    public const string BackupContainer = "https://stkvdatatest.blob.core.windows.net/hsm-backup";

    /// <summary>A shared provider of attestations.</summary>
    public const string Provider = "https://sharedeus2.eus2.attest.azure.net";

    private const string Blob = """{"account":"stkvdatatest","container":"hsm-backup","blob":"canary.json","text":"the canary sings"}""";

    private static Scene[] Recovery =>
    [
        new("keyvault.managed-hsm.set-identity", async w =>
        {
            await w.DoAsync("identity.user-assigned.create", Json("""{"id":"id-cmk","location":"eastus2"}"""));
            return new JsonObject { ["name"] = World.Hsm, ["identity"] = IdentityOf(w) };
        }),
        new("keyvault.managed-hsm.backup", w => WithStoreAsync(w, BackupOf(World.Hsm))),
        new("keyvault.managed-hsm.restore", async w =>
        {
            var folder = await RecoveredAsync(w);
            await w.DoAsync("keyvault.managed-hsm.backup", BackupOf("kv-hsm-new"));
            return new JsonObject { ["hsm"] = "kv-hsm-new", ["container"] = BackupContainer, ["folder"] = folder };
        }),
        new("keyvault.key.restore-from-backup", async w =>
        {
            await WithStoreAsync(w, []);
            await w.DoAsync("keyvault.key.create", Json(KeyOf("spare")));
            var backup = await w.DoAsync("keyvault.managed-hsm.backup", BackupOf(World.Hsm));
            await w.DoAsync("keyvault.key.delete", Json("""{"hsm":"kv-hsm-test","name":"spare"}"""));
            w.Azure.Clock.Advance(TimeSpan.FromDays(91));
            w.SignInAgain();
            return new JsonObject { ["hsm"] = World.Hsm, ["name"] = "spare", ["container"] = BackupContainer, ["folder"] = backup.GetProperty("folder").GetString() };
        }),
        new("keyvault.security-domain.upload", async w =>
        {
            await InRecoveryAsync(w);
            return Json("""{"hsm":"kv-hsm-new","file":"restore.json"}""");
        }),
        new("keyvault.key.compare", w => WithKeyAsync(w, """{"hsm":"kv-hsm-test","other":"kv-hsm-test"}""")),
        new("keyvault.key.release", w => WithReleasableKeyAsync(w)),
        new("attestation.token.get", w =>
        {
            w.Files.Write("evidence.json", Encoding.UTF8.GetBytes(w.Azure.MakeEvidence(new SnpGuest(), Guest.RuntimeData)));
            return Task.FromResult(new JsonObject { ["provider"] = Provider, ["evidence"] = "evidence.json", ["file"] = "token.jwt" });
        }, Active: false),
        new("authorization.role-assignment.list", w => Task.FromResult(new JsonObject { ["scope"] = w.GroupId }), Active: false),
        new("authorization.role-assignment.create", RoleForIdentityAsync, Active: false),
        new("authorization.role-assignment.delete", async w =>
        {
            var grant = await RoleForIdentityAsync(w);
            await w.DoAsync("authorization.role-assignment.create", grant);
            return grant;
        }, Active: false),
        new("storage.blob.write", w => WithStoreAsync(w, Json(Blob))),
        new("storage.blob.delete", async w => WithoutText(await WithBlobAsync(w))),
        new("storage.blob.read", async w => WithoutText(await WithBlobAsync(w))),
        new("storage.blob.list", async w =>
        {
            await WithBlobAsync(w);
            return Json("""{"account":"stkvdatatest","container":"hsm-backup","prefix":"can"}""");
        }),
        new("storage.blob.copy", WithSecondAccountAsync),
        new("storage.container.compare", async w =>
        {
            await w.DoAsync("storage.blob.copy", await WithSecondAccountAsync(w));
            return Json("""{"account":"stkvdatatest","to":"stkvcopytest","container":"hsm-backup"}""");
        }),
    ];

    /// <summary>A backup of an HSM.</summary>
    public static JsonObject BackupOf(string hsm) => new() { ["hsm"] = hsm, ["container"] = BackupContainer };

    /// <summary>An account with a container into which the HSM's identity may write, and which the owner may read and write.</summary>
    public static async Task<JsonObject> WithStoreAsync(World world, JsonObject with)
    {
        await WithAccountAsync(world, "{}");
        await world.DoAsync("storage.container.create", Json("""{"account":"stkvdatatest","container":"hsm-backup"}"""));
        await world.DoAsync("keyvault.managed-hsm.set-identity", new JsonObject { ["name"] = World.Hsm, ["identity"] = IdentityOf(world) });
        var identity = await world.DoAsync("identity.user-assigned.get", Json("""{"id":"id-cmk"}"""));
        foreach (var principal in (string[])[identity.GetProperty("properties").GetProperty("principalId").GetString()!, world.Azure.Owner.ObjectId])
        {
            await world.DoAsync("authorization.role-assignment.create", new JsonObject { ["scope"] = $"{world.GroupId}/providers/Microsoft.Storage/storageAccounts/stkvdatatest", ["role"] = "Storage Blob Data Contributor", ["principal"] = principal });
        }

        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));
        return with;
    }

    /// <summary>A second HSM in recovery, and the restore file for it, made of the domain of the first by two of its three holders.</summary>
    public static async Task InRecoveryAsync(World world)
    {
        await world.DoAsync("keyvault.security-domain.download", new JsonObject { ["hsm"] = World.Hsm, ["certificates"] = world.Certificates(), ["quorum"] = 2, ["file"] = "domain.json" });
        await world.DoAsync("keyvault.managed-hsm.create", HsmOf(world, "kv-hsm-new"));
        await world.DoAsync("keyvault.security-domain.transfer-key", Json("""{"hsm":"kv-hsm-new","file":"transfer.cer"}"""));
        await world.DoAsync("local.sealing-key.make", Json("""{"certificate":"sealing.cer","key":"sealing.pem"}"""));
        foreach (var holder in (int[])[1, 3]) world.Files.Write($"opened{holder}.bin", Openings.Of(world, holder));
        await world.DoAsync("local.security-domain.restore-file", Json("""{"domain":"domain.json","openings":["opened1.bin","opened3.bin"],"key":"sealing.pem","transfer":"transfer.cer","output":"restore.json"}"""));
    }

    /// <summary>A second HSM that has the domain of the first, and no keys; the first is backed up.</summary>
    /// <returns>The backup's folder.</returns>
    public static async Task<string> RecoveredAsync(World world)
    {
        await WithStoreAsync(world, []);
        var backup = await world.DoAsync("keyvault.managed-hsm.backup", BackupOf(World.Hsm));
        await InRecoveryAsync(world);
        await world.DoAsync("keyvault.security-domain.upload", Json("""{"hsm":"kv-hsm-new","file":"restore.json"}"""));
        await world.DoAsync("keyvault.managed-hsm.set-identity", new JsonObject { ["name"] = "kv-hsm-new", ["identity"] = IdentityOf(world) });
        await world.DoAsync("keyvault.role-assignment.create", new JsonObject { ["hsm"] = "kv-hsm-new", ["role"] = "Managed HSM Crypto Auditor", ["principal"] = world.Azure.Owner.ObjectId, ["scope"] = "/" });
        return backup.GetProperty("folder").GetString()!;
    }

    /// <summary>A key that may be released to one guest, that guest's token in <c>token.jwt</c>, and the arguments that ask for it.</summary>
    public static async Task<JsonObject> WithReleasableKeyAsync(World world, SnpGuest? guest = null)
    {
        await world.DoAsync("keyvault.key.create", ReleasableKey("skr"));
        world.Files.Write("evidence.json", Encoding.UTF8.GetBytes(world.Azure.MakeEvidence(guest ?? Guest.Right, Guest.RuntimeData)));
        await world.DoAsync("attestation.token.get", new JsonObject { ["provider"] = Provider, ["evidence"] = "evidence.json", ["file"] = "token.jwt" });
        return Json("""{"hsm":"kv-hsm-test","name":"skr","evidence":"token.jwt","nonce":"n-1","file":"released.jws"}""");
    }

    /// <summary>A key that may be released to the guest of <see cref="Guest.Right"/>.</summary>
    public static JsonObject ReleasableKey(string name) => Json($$"""
        {"hsm":"kv-hsm-test","name":"{{name}}","type":"RSA-HSM","size":2048,"operations":["encrypt","decrypt"],"exportable":true,"releasePolicy":{
          "version":"1.0.0","anyOf":[{"authority":"{{Provider}}","allOf":[
            {"claim":"x-ms-attestation-type","equals":"sevsnpvm"},
            {"claim":"x-ms-sevsnpvm-launchmeasurement","equals":"{{Convert.ToHexStringLower(Guest.Right.Measurement.Span)}}"}]}]} }
        """);

    private static async Task<JsonObject> WithBlobAsync(World world)
    {
        await world.DoAsync("storage.blob.write", await WithStoreAsync(world, Json(Blob)));
        return Json(Blob);
    }

    /// <summary>A blob, and a second account with a container that lacks it.</summary>
    public static async Task<JsonObject> WithSecondAccountAsync(World world)
    {
        await WithBlobAsync(world);
        await world.DoAsync("storage.account.create", new JsonObject { ["name"] = "stkvcopytest", ["location"] = "eastus2", ["sku"] = "Standard_LRS", ["identity"] = IdentityOf(world), ["store"] = "https://kv-hsm-test.managedhsm.azure.net", ["key"] = "cmk" });
        await world.DoAsync("storage.container.create", Json("""{"account":"stkvcopytest","container":"hsm-backup"}"""));
        await world.DoAsync("authorization.role-assignment.create", new JsonObject { ["scope"] = $"{world.GroupId}/providers/Microsoft.Storage/storageAccounts/stkvcopytest", ["role"] = "Storage Blob Data Contributor", ["principal"] = world.Azure.Owner.ObjectId });
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));
        return Json("""{"account":"stkvdatatest","to":"stkvcopytest","container":"hsm-backup","blobs":["canary.json"]}""");
    }

    private static JsonObject WithoutText(JsonObject blob)
    {
        blob.Remove("text");
        return blob;
    }

    private static async Task<JsonObject> RoleForIdentityAsync(World world)
    {
        var identity = await world.DoAsync("identity.user-assigned.create", Json("""{"id":"id-cmk","location":"eastus2"}"""));
        return new JsonObject { ["scope"] = world.GroupId, ["role"] = "Reader", ["principal"] = identity.GetProperty("properties").GetProperty("principalId").GetString() };
    }
}
