using System.Text.Json.Nodes;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.Storage;
using Azure.Storage.Blobs;

namespace Runbook.Simulator.Tests.TestKit;

/// <summary>Accounts, identities and blob clients for tests of storage.</summary>
internal static class StorageKit
{
    public const string BlobOwner = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b";

    public const string BlobContributor = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
    public const string BlobReader = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1";

    public static string AccountId(this World world, string name = "stdata") => $"{world.Group}/providers/Microsoft.Storage/storageAccounts/{name}";

    /// <summary>Makes a user-assigned identity and lets it use the HSM's keys.</summary>
    public static async Task<(string Id, string ObjectId)> StorageIdentityAsync(this World world, string? hsm, string name = "id-storage", string scope = "/keys")
    {
        var id = $"{world.Group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}";
        var made = (await world.ArmAsync("PUT", id, new JsonObject { ["location"] = "eastus2" })).Expect(201).Json;
        var objectId = (string)made["properties"]!["principalId"]!;
        if (hsm is not null)
            (await world.GrantAsync(hsm, scope, Roles.ServiceEncryption, objectId)).Expect(201);
        return (id, objectId);
    }

    public static JsonObject AccountBody(string? identity = null, string? hsm = null, string key = "cmk-storage", string? version = null, string sku = "Standard_LRS", bool? infrastructure = null, string location = "eastus2")
    {
        var encryption = new JsonObject { ["services"] = new JsonObject { ["blob"] = new JsonObject() }, ["keySource"] = hsm is null ? "Microsoft.Storage" : "Microsoft.Keyvault" };
        if (infrastructure is not null)
            encryption["requireInfrastructureEncryption"] = infrastructure;
        if (hsm is not null)
        {
            encryption["keyvaultproperties"] = KeyProperties(hsm, key, version);
            if (identity is not null)
                encryption["identity"] = new JsonObject { ["userAssignedIdentity"] = identity };
        }
        var body = new JsonObject
        {
            ["sku"] = new JsonObject { ["name"] = sku },
            ["kind"] = "StorageV2",
            ["location"] = location,
            ["properties"] = new JsonObject { ["encryption"] = encryption, ["minimumTlsVersion"] = "TLS1_2" },
        };
        if (identity is not null)
            body["identity"] = new JsonObject { ["type"] = "UserAssigned", ["userAssignedIdentities"] = new JsonObject { [identity] = new JsonObject() } };
        return body;
    }

    public static JsonObject KeyProperties(string hsm, string key, string? version = null)
    {
        var properties = new JsonObject { ["keyname"] = key, ["keyvaulturi"] = $"https://{hsm}.managedhsm.azure.net" };
        if (version is not null)
            properties["keyversion"] = version;
        return properties;
    }

    public static JsonObject Encryption(JsonObject encryption) => new() { ["properties"] = new JsonObject { ["encryption"] = encryption } };

    /// <summary>Makes an account and waits for it; the owner gets the role of a blob data owner.</summary>
    public static async Task<string> AccountAsync(this World world, JsonObject? body = null, string name = "stdata")
    {
        (await world.ArmAsync("PUT", world.AccountId(name), body ?? AccountBody(), version: "2023-05-01")).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromSeconds(20));
        (await world.ArmGrantAsync(world.AccountId(name), BlobOwner, world.Owner.ObjectId)).Expect(201);
        return name;
    }

    /// <summary>An HSM with a key, an identity that may use it, and an account that does.</summary>
    public static async Task<(string Hsm, string Account, string Identity)> CustomerKeyAccountAsync(this World world, string sku = "Standard_LRS", bool? infrastructure = null, string location = "eastus2", string? version = null)
    {
        var hsm = await world.ActiveHsmAsync();
        await world.KeyAsync(hsm, "cmk-storage");
        var (identity, objectId) = await world.StorageIdentityAsync(hsm);
        _ = version;
        return (hsm, await world.AccountAsync(AccountBody(identity, hsm, sku: sku, infrastructure: infrastructure, location: location)), objectId);
    }

    public static async Task<JsonNode> ShowAccountAsync(this World world, string name = "stdata", string expand = "") =>
        (await world.ArmAsync("GET", world.AccountId(name) + expand)).Expect(200).Json["properties"]!;

    public static BlobServiceClient Blobs(this World world, string account = "stdata", PrincipalCredential? @as = null, Action<BlobClientOptions>? change = null)
    {
        var principal = @as ?? world.Owner;
        var credential = new ClientSecretCredential(world.Azure.TenantId, principal.ClientId, principal.Secret, new ClientSecretCredentialOptions { Transport = new HttpClientTransport(world.Azure.CreateHandler()) });
        return new BlobServiceClient(new Uri($"https://{account}.blob.core.windows.net"), credential, Options(world, change));
    }

    public static async Task<BlobServiceClient> KeyedBlobsAsync(this World world, string account = "stdata", Action<BlobClientOptions>? change = null)
    {
        var keys = (await world.ArmAsync("POST", world.AccountId(account) + "/listKeys")).Expect(200).Json["keys"]!;
        return new BlobServiceClient(new Uri($"https://{account}.blob.core.windows.net"), new StorageSharedKeyCredential(account, (string)keys[0]!["value"]!), Options(world, change));
    }

    private static BlobClientOptions Options(World world, Action<BlobClientOptions>? change)
    {
        var options = new BlobClientOptions { Transport = new HttpClientTransport(world.Azure.CreateHandler()) };
        options.Retry.MaxRetries = 0;
        options.Retry.Mode = RetryMode.Fixed;
        change?.Invoke(options);
        return options;
    }

    /// <summary>A raw blob request with the owner's token.</summary>
    public static Task<Reply> BlobAsync(this World world, string method, string account, string path, byte[]? body = null, params (string Name, string Value)[] headers) =>
        world.BlobAsAsync(world.Owner, method, account, path, body, headers);

    public static async Task<Reply> BlobAsAsync(this World world, PrincipalCredential principal, string method, string account, string path, byte[]? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"https://{account}.blob.core.windows.net{path}");
        if (body is not null || method == "PUT")
            request.Content = new ByteArrayContent(body ?? []);
        request.Headers.Authorization = new("Bearer", await world.TokenAsync("https://storage.azure.com", principal));
        request.Headers.Add("x-ms-version", "2023-11-03");
        foreach (var (name, value) in headers)
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content!.Headers.TryAddWithoutValidation(name, value);
        return await world.SendAsync(request);
    }

    public static string? BlobError(this Reply reply) => reply.Header("x-ms-error-code");
}
