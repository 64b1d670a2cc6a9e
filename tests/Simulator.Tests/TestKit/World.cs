using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Runbook.Simulator.Tests.TestKit;

/// <summary>An embedded Azure with the few things that nearly every test needs.</summary>
internal sealed class World : IAsyncDisposable
{
    public const string Arm = "https://management.azure.com";

    private readonly Dictionary<(string, string), string> _tokens = [];
    private readonly HttpClient _http;

    private World(EmbeddedAzure azure)
    {
        Azure = azure;
        _http = new HttpClient(azure.CreateHandler()) { Timeout = TimeSpan.FromSeconds(60) };
    }

    public EmbeddedAzure Azure { get; }

    public PrincipalCredential Owner => Azure.Owner;

    public string Subscription => $"/subscriptions/{Azure.SubscriptionId}";

    public string Group => $"{Subscription}/resourceGroups/rg-test";

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static readonly Lazy<Task<string>> Base = new(MakeBaseAsync);

    /// <summary>A world of its own with a standing clock and a resource group. The token issuer's key is made once for all of them.</summary>
    public static async Task<World> StartAsync(Func<EmbeddedAzureOptions, EmbeddedAzureOptions>? change = null)
    {
        var options = new EmbeddedAzureOptions { Clock = ClockMode.Standing, StartAt = new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero), Estate = await Base.Value };
        return new World(await EmbeddedAzure.StartAsync(change?.Invoke(options) ?? options, Stop));
    }

    private static async Task<string> MakeBaseAsync()
    {
        await using var world = new World(await EmbeddedAzure.StartAsync(
            new EmbeddedAzureOptions { Clock = ClockMode.Standing, StartAt = new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero) }, CancellationToken.None));
        (await world.SendAsync("PUT", $"{Arm}{world.Group}?api-version=2021-04-01", new JsonObject { ["location"] = "eastus2" })).Expect(201);
        return world.Azure.State.Export(EstateSecrets.Included);
    }

    public static World Around(EmbeddedAzure azure) => new(azure);

    /// <summary>Sends with the owner's token, or another principal's, for the audience that the host wants.</summary>
    public async Task<Reply> SendAsync(string method, string url, JsonNode? body = null, PrincipalCredential? @as = null, string? token = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), url);
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        else if (method is "POST" or "PUT" or "PATCH")
            request.Content = new ByteArrayContent([]);
        token ??= await TokenAsync(AudienceOf(request.RequestUri!.Host), @as ?? Owner);
        if (token.Length > 0)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers)
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content!.Headers.TryAddWithoutValidation(name, value);
        return await SendAsync(request);
    }

    public async Task<Reply> SendAsync(HttpRequestMessage request)
    {
        using var response = await _http.SendAsync(request, Stop);
        return new Reply(response, await response.Content.ReadAsByteArrayAsync(Stop));
    }

    public Task<Reply> GetAsync(string url, PrincipalCredential? @as = null) => SendAsync("GET", url, @as: @as);

    /// <summary>A control-plane call; the path is relative to the endpoint.</summary>
    public Task<Reply> ArmAsync(string method, string path, JsonNode? body = null, PrincipalCredential? @as = null, string version = "2023-07-01") =>
        SendAsync(method, $"{Arm}{path}{(path.Contains('?') ? '&' : '?')}api-version={version}", body, @as);

    /// <summary>A call to an HSM or vault; the path is relative to its host.</summary>
    public Task<Reply> HsmAsync(string method, string hsm, string path, JsonNode? body = null, PrincipalCredential? @as = null, string version = "7.6") =>
        SendAsync(method, $"https://{hsm}.managedhsm.azure.net{path}{(path.Contains('?') ? '&' : '?')}api-version={version}", body, @as);

    public async Task<string> TokenAsync(string audience, PrincipalCredential principal)
    {
        if (_tokens.TryGetValue((audience, principal.ObjectId), out var known))
            return known;
        var reply = await SignInAsync(audience, principal.ClientId!, principal.Secret!);
        return _tokens[(audience, principal.ObjectId)] = (string)reply.Expect(200).Json["access_token"]!;
    }

    public async Task<Reply> SignInAsync(string audience, string clientId, string secret)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://login.microsoftonline.com/{Azure.TenantId}/oauth2/v2.0/token")
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = clientId,
                ["client_secret"] = secret,
                ["scope"] = audience + "/.default",
            }),
        };
        return await SendAsync(request);
    }

    public void Forget() => _tokens.Clear();

    public static string AudienceOf(string host) => host switch
    {
        _ when host.EndsWith(".managedhsm.azure.net", StringComparison.Ordinal) => "https://managedhsm.azure.net",
        _ when host.EndsWith(".vault.azure.net", StringComparison.Ordinal) => "https://vault.azure.net",
        _ when host.EndsWith(".blob.core.windows.net", StringComparison.Ordinal) => "https://storage.azure.com",
        _ when host.EndsWith(".attest.azure.net", StringComparison.Ordinal) => "https://attest.azure.net",
        "graph.microsoft.com" => "https://graph.microsoft.com",
        "api.loganalytics.io" => "https://api.loganalytics.io",
        _ => "https://management.azure.com",
    };

    /// <summary>Creates a managed HSM, lets it be provisioned, and returns its name. The owner is its administrator.</summary>
    public async Task<string> HsmAsync(string name = "kv-hsm-test", bool purgeProtection = true, int retentionDays = 90)
    {
        (await ArmAsync("PUT", $"{Group}/providers/Microsoft.KeyVault/managedHSMs/{name}", HsmBody(Owner.ObjectId, purgeProtection, retentionDays))).Expect(202);
        Azure.Clock.Advance(TimeSpan.FromMinutes(25));
        return name;
    }

    public static JsonObject HsmBody(string administrator, bool purgeProtection = false, int retentionDays = 90) => new()
    {
        ["location"] = "eastus2",
        ["sku"] = new JsonObject { ["family"] = "B", ["name"] = "Standard_B1" },
        ["properties"] = new JsonObject
        {
            ["initialAdminObjectIds"] = new JsonArray(administrator),
            ["enableSoftDelete"] = true,
            ["softDeleteRetentionInDays"] = retentionDays,
            ["enablePurgeProtection"] = purgeProtection,
        },
    };

    /// <summary>A managed HSM that is active; the owner is Administrator, Crypto User and Crypto Officer.</summary>
    public async Task<string> ActiveHsmAsync(string name = "kv-hsm-test", bool purgeProtection = true, int retentionDays = 90)
    {
        await HsmAsync(name, purgeProtection, retentionDays);
        using var holders = Holders.Make(3);
        (await HsmAsync("POST", name, "/securitydomain/download", holders.Request(2))).Expect(202);
        Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        await GrantAsync(name, "/", Roles.CryptoUser, Owner.ObjectId);
        await GrantAsync(name, "/", Roles.CryptoOfficer, Owner.ObjectId);
        return name;
    }

    public async Task<Reply> GrantAsync(string hsm, string scope, string role, string principal, PrincipalCredential? @as = null, string? name = null)
    {
        var prefix = scope == "/" ? "" : scope;
        var id = name ?? GuidOf($"{hsm}{scope}{role}{principal}");
        return await HsmAsync("PUT", hsm, $"{prefix}/providers/Microsoft.Authorization/roleAssignments/{id}", new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["roleDefinitionId"] = $"Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/{role}",
                ["principalId"] = principal,
            },
        }, @as);
    }

    public static string GuidOf(string text)
    {
        var digest = System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text));
        return new Guid(digest.AsSpan(0, 16)).ToString();
    }

    public async Task<JsonNode> KeyAsync(string hsm, string name, JsonObject? body = null) =>
        (await HsmAsync("POST", hsm, $"/keys/{name}/create", body ?? new JsonObject { ["kty"] = "RSA-HSM", ["key_size"] = 2048 })).Expect(200).Json;

    /// <summary>Puts a role assignment of the control plane.</summary>
    public Task<Reply> ArmGrantAsync(string scope, string role, string principal, PrincipalCredential? @as = null) => ArmAsync(
        "PUT",
        $"{scope}/providers/Microsoft.Authorization/roleAssignments/{GuidOf(scope + role + principal)}",
        new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["roleDefinitionId"] = $"{Subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}",
                ["principalId"] = principal,
                ["principalType"] = "ServicePrincipal",
            },
        },
        @as,
        "2022-04-01");

    public async ValueTask DisposeAsync()
    {
        var failures = Azure.OwnFailures.ToList();
        _http.Dispose();
        await Azure.DisposeAsync();
        Assert.Empty(failures);
    }
}
