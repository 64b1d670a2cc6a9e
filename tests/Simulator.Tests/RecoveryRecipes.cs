using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>
/// The estates of recovery and release, and what lies outside of Azure in them: the security domain in the safe, the custodians' key
/// pairs, a guest's evidence. All of it is public on purpose.
/// </summary>
internal static class RecoveryRecipes
{
    private const string Container = "hsm-backup";
    private const string BlobVersion = "2023-05-01";

    private static readonly string[] Custodians = ["bob", "carol", "dave"];

    /// <summary>Keeps the security domain and its holders' key pairs, where a safe is wanted.</summary>
    public static void Keep(Holders holders, string domain)
    {
        if (EstateRecipes.Safe.Value is not { } safe) return;
        safe["security-domain.json"] = domain;
        foreach (var (person, key, certificate) in Custodians.Zip(holders.Keys, holders.Certificates))
        {
            safe[$"rehearsal-people/{person}/wrapping.cer"] = certificate.ExportCertificatePem() + "\n";
            safe[$"rehearsal-people/{person}/wrapping.key.pem"] = key.ExportPkcs8PrivateKeyPem() + "\n";
        }
    }

    /// <summary>
    /// The HSM with keys of every kind, whose identity may write into a container for backups, and a full backup there. The operator is
    /// its Administrator and may read the container.
    /// </summary>
    public static async Task CustodyAsync(World world)
    {
        await EstateRecipes.ActivatedAsync(world);
        var person = world.Azure.Principals.Find("operator")!;
        await EstateRecipes.HsmGrantAsync(world, "/", Roles.CryptoUser, world.Owner.ObjectId);
        await EstateRecipes.HsmGrantAsync(world, "/", Roles.Administrator, person.ObjectId);
        await world.KeyAsync(EstateRecipes.Hsm, "cmk-storage", WrappingKey());
        await world.KeyAsync(EstateRecipes.Hsm, "cmk-sql", WrappingKey());
        await world.KeyAsync(EstateRecipes.Hsm, "cmk-sql", WrappingKey());
        await world.KeyAsync(EstateRecipes.Hsm, "sign-releases", new JsonObject { ["kty"] = "EC-HSM", ["crv"] = "P-256", ["key_ops"] = new JsonArray("sign", "verify"), ["tags"] = new JsonObject { ["owner"] = "releases" } });
        await world.KeyAsync(EstateRecipes.Hsm, "kek-tenants", new JsonObject { ["kty"] = "oct-HSM", ["key_size"] = 256, ["key_ops"] = new JsonArray("wrapKey", "unwrapKey") });
        await BackupsAsync(world, person.ObjectId);
    }

    private static async Task BackupsAsync(World world, string operatorId)
    {
        var group = EstateRecipes.Group(world);
        (await world.ArmGrantAsync(group, Roles.RoleAdministrator, operatorId)).Expect(201);
        var identity = $"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-hsm-backup";
        var principal = (string)(await world.ArmAsync("PUT", identity, new JsonObject { ["location"] = "eastus2" })).Expect(201).Json["properties"]!["principalId"]!;
        (await world.ArmAsync("PATCH", EstateRecipes.HsmId(world), new JsonObject { ["identity"] = Protected.UserAssigned(identity) })).Expect(200);
        var account = EstateRecipes.Account(world, "stkvbackup");
        (await world.ArmAsync("PUT", account, StorageKit.AccountBody(sku: "Standard_GRS", infrastructure: true), version: BlobVersion)).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromSeconds(20));
        var container = $"{account}/blobServices/default/containers/{Container}";
        (await world.ArmAsync("PUT", container, new JsonObject { ["properties"] = new JsonObject { ["publicAccess"] = "None" } }, version: BlobVersion)).Expect(201);
        (await world.ArmGrantAsync(container, StorageKit.BlobContributor, principal)).Expect(201);
        (await world.ArmGrantAsync(account, StorageKit.BlobReader, operatorId)).Expect(201);
        (await world.HsmAsync("POST", EstateRecipes.Hsm, "/backup", new JsonObject { ["storageResourceUri"] = $"https://stkvbackup.blob.core.windows.net/{Container}", ["useManagedIdentity"] = true })).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));
        (await world.BlobAsAsync(world.Azure.Principals.Find("operator")!, "GET", "stkvbackup", $"/{Container}?restype=container&comp=list&prefix=mhsm-", null)).Expect(200);
    }

    /// <summary>The HSM, a confidential guest's identity, and in the safe the evidence of that guest and of another one.</summary>
    public static async Task ConfidentialAsync(World world)
    {
        await EstateRecipes.ActivatedAsync(world);
        await EstateRecipes.IdentityAsync(world, "id-confidential", "eastus2", key: null);
        KeepEvidence(world);
    }

    /// <summary>
    /// The HSM with an account in two encryption scopes, a container bound to one of them, a key that may be released, and a policy that
    /// denies accounts without infrastructure encryption. The operator is Owner of the group, reads roles on the HSM, and may ask for
    /// the release of the one key; nobody may purge.
    /// </summary>
    public static async Task DenialsAsync(World world)
    {
        await EstateRecipes.WithKeyAsync(world, "cmk-storage");
        var person = world.Azure.Principals.Find("operator")!;
        KeepEvidence(world);
        await EstateRecipes.AccountAsync(world, "stkvdataprod", "cmk-storage", "Standard_ZRS");
        var account = EstateRecipes.Account(world, "stkvdataprod");
        foreach (var tenant in (string[])["acme", "other"])
        {
            (await world.ArmAsync("PUT", $"{account}/encryptionScopes/tenant-{tenant}", new JsonObject { ["properties"] = new JsonObject { ["source"] = "Microsoft.KeyVault", ["state"] = "Enabled", ["keyVaultProperties"] = new JsonObject { ["keyUri"] = $"https://{EstateRecipes.Hsm}.managedhsm.azure.net/keys/cmk-storage" } } }, version: BlobVersion)).Expect(201);
        }

        (await world.ArmAsync("PUT", $"{account}/blobServices/default/containers/acme-data", new JsonObject { ["properties"] = new JsonObject { ["defaultEncryptionScope"] = "tenant-acme", ["denyEncryptionScopeOverride"] = true } }, version: BlobVersion)).Expect(201);
        (await world.ArmGrantAsync(account, StorageKit.BlobContributor, person.ObjectId)).Expect(201);
        await world.KeyAsync(EstateRecipes.Hsm, "skr-key", ReleasableKey());
        await LimitOperatorAsync(world, person.ObjectId);
        (await world.ArmAsync("PUT", $"{EstateRecipes.Group(world)}/providers/Microsoft.Authorization/policyAssignments/double-encryption", new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["displayName"] = "Storage accounts have infrastructure encryption",
                ["policyDefinitionId"] = "/providers/Microsoft.Authorization/policyDefinitions/4733ea7b-a883-42fe-8cac-97454c2a9e4a",
                ["parameters"] = new JsonObject { ["effect"] = new JsonObject { ["value"] = "Deny" } },
            },
        }, version: "2022-06-01")).Expect(201);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(30));
    }

    /// <summary>Owner on the one plane; on the other nothing but reading roles, and the release of one key.</summary>
    private static async Task LimitOperatorAsync(World world, string person)
    {
        (await world.ArmGrantAsync(EstateRecipes.Group(world), Roles.Owner, person)).Expect(201);
        var role = World.GuidOf("role reader");
        (await world.HsmAsync("PUT", EstateRecipes.Hsm, $"/providers/Microsoft.Authorization/roleDefinitions/{role}", new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["roleName"] = "Role reader",
                ["type"] = "CustomRole",
                ["assignableScopes"] = new JsonArray("/"),
                ["permissions"] = new JsonArray(new JsonObject { ["actions"] = new JsonArray(), ["notActions"] = new JsonArray(), ["dataActions"] = new JsonArray("Microsoft.KeyVault/managedHsm/roleAssignments/read/action", "Microsoft.KeyVault/managedHsm/roleDefinitions/read/action"), ["notDataActions"] = new JsonArray() }),
            },
        })).Expect(201);
        await EstateRecipes.HsmGrantAsync(world, "/", role, person);
        await EstateRecipes.HsmGrantAsync(world, "/keys/skr-key", Roles.ServiceRelease, person);
        foreach (var (scope, held) in ((string, string)[])[("", Roles.CryptoOfficer), ("", Roles.CryptoAuditor), ("/keys", Roles.CryptoUser)])
        {
            var given = World.GuidOf($"{EstateRecipes.Hsm}{(scope.Length == 0 ? "/" : scope)}{held}{person}");
            (await world.HsmAsync("DELETE", EstateRecipes.Hsm, $"{scope}/providers/Microsoft.Authorization/roleAssignments/{given}")).Expect(200);
        }
    }

    private static JsonObject WrappingKey() => new() { ["kty"] = "RSA-HSM", ["key_size"] = 3072, ["key_ops"] = new JsonArray("wrapKey", "unwrapKey") };

    private static JsonObject ReleasableKey() => new()
    {
        ["kty"] = "RSA-HSM",
        ["key_size"] = 3072,
        ["attributes"] = new JsonObject { ["exportable"] = true },
        ["key_ops"] = new JsonArray("encrypt", "decrypt"),
        ["release_policy"] = new JsonObject
        {
            ["data"] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""
                {"version":"1.0.0","anyOf":[{"authority":"https://sharedeus2.eus2.attest.azure.net","allOf":[{"claim":"x-ms-attestation-type","equals":"sevsnpvm"},{"claim":"x-ms-sevsnpvm-launchmeasurement","equals":"{{Convert.ToHexStringLower(Measurement)}}"}]}]}
                """)),
        },
    };

    private static byte[] Measurement => [.. Enumerable.Repeat((byte)0x42, 48)];

    // A guest makes its own key, and has the processor vouch for it.
    private static void KeepEvidence(World world)
    {
        using var key = RSA.Create(2048);
        var parameters = key.ExportParameters(false);
        var runtime = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["keys"] = new JsonArray(new JsonObject { ["kty"] = "RSA", ["kid"] = "HCLTransferKey", ["key_ops"] = new JsonArray("encrypt"), ["n"] = Base64Url.EncodeToString(parameters.Modulus), ["e"] = Base64Url.EncodeToString(parameters.Exponent) }),
        }.ToJsonString());
        var (guest, other) = (world.Azure.MakeEvidence(new SnpGuest { Measurement = Measurement }, runtime), world.Azure.MakeEvidence(new SnpGuest { Measurement = new byte[48] }, runtime));
        if (EstateRecipes.Safe.Value is not { } safe) return;
        safe["guest/evidence.json"] = guest;
        safe["guest/other-evidence.json"] = other;
        safe["guest/key.pem"] = key.ExportPkcs8PrivateKeyPem() + "\n";
    }
}
