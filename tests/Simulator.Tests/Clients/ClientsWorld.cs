using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests.Clients;

/// <summary>
/// One simulator in a process of its own for all clients that somebody else wrote, with an active HSM and a premium vault on
/// which its owner may use keys. The clients get there by the environment file alone.
/// </summary>
public sealed class ClientsWorld : IAsyncLifetime
{
    internal const string Hsm = "kv-hsm-clients";
    internal const string Vault = "kv-vault-clients";
    internal const string Group = "rg-clients";

    private const string Arm = "https://management.azure.com";

    private readonly Scratch _scratch = new();
    private readonly Dictionary<string, string> _tokens = [];
    private HostProcess? _host;
    private HttpClient? _http;
    private HttpClient? _admin;

    internal HostProcess Host => _host!;

    internal Scratch Files => _scratch;

    /// <summary>What a client process gets: the environment file, the addresses, and a place for its own files.</summary>
    internal Dictionary<string, string> Variables => new(Host.Environment)
    {
        ["HSM_URL"] = $"https://{Hsm}.managedhsm.azure.net",
        ["VAULT_URL"] = $"https://{Vault}.vault.azure.net",
        ["RESOURCE_GROUP"] = Group,
        ["OWNER_OBJECT_ID"] = OwnerId,
        ["SCRATCH"] = _scratch.Folder,
        ["PYTHONDONTWRITEBYTECODE"] = "1",
    };

    internal string OwnerId { get; private set; } = "";

    private string GroupUrl => $"{Arm}/subscriptions/{Host.Environment["AZURE_SUBSCRIPTION_ID"]}/resourceGroups/{Group}";

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _host = await HostProcess.StartAsync(_scratch);
        _http = _host.Client();
        _admin = new HttpClient { BaseAddress = _host.Admin };
        OwnerId = Claim(await TokenAsync("https://management.azure.com"), "oid");
        await SendAsync("PUT", $"{GroupUrl}?api-version=2021-04-01", new JsonObject { ["location"] = "eastus2" });
        await SendAsync("PUT", $"{GroupUrl}/providers/Microsoft.KeyVault/managedHSMs/{Hsm}?api-version=2023-07-01", World.HsmBody(OwnerId, purgeProtection: true, retentionDays: 30));
        await SendAsync("PUT", $"{GroupUrl}/providers/Microsoft.KeyVault/vaults/{Vault}?api-version=2023-07-01", new JsonObject
        {
            ["location"] = "eastus2",
            ["properties"] = new JsonObject
            {
                ["tenantId"] = Host.Environment["AZURE_TENANT_ID"],
                ["sku"] = new JsonObject { ["family"] = "A", ["name"] = "premium" },
                ["enableRbacAuthorization"] = true,
                ["enablePurgeProtection"] = true,
            },
        });
        var subscription = $"/subscriptions/{Host.Environment["AZURE_SUBSCRIPTION_ID"]}";
        await SendAsync("PUT", $"{GroupUrl}/providers/Microsoft.Authorization/roleAssignments/{World.GuidOf("vault")}?api-version=2022-04-01", new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["roleDefinitionId"] = $"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{Roles.VaultCryptoOfficer}",
                ["principalId"] = OwnerId,
                ["principalType"] = "ServicePrincipal",
            },
        });
        await AdvanceAsync("PT25M");
        using var holders = Holders.Make(3);
        await SendAsync("POST", $"https://{Hsm}.managedhsm.azure.net/securitydomain/download?api-version=7.4", holders.Request(2));
        await AdvanceAsync("PT1M");
        foreach (var role in (string[])[Roles.CryptoUser, Roles.CryptoOfficer])
        {
            await SendAsync("PUT", $"https://{Hsm}.managedhsm.azure.net/providers/Microsoft.Authorization/roleAssignments/{World.GuidOf(role)}?api-version=7.4", new JsonObject
            {
                ["properties"] = new JsonObject
                {
                    ["roleDefinitionId"] = $"Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/{role}",
                    ["principalId"] = OwnerId,
                },
            });
        }
    }

    /// <summary>Sends a call as the owner and returns its JSON; a refusal fails the test.</summary>
    internal async Task<JsonNode?> SendAsync(string method, string url, JsonNode? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), url);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(World.AudienceOf(request.RequestUri!.Host)));
        using var response = await _http!.SendAsync(request, World.Stop);
        var text = await response.Content.ReadAsStringAsync(World.Stop);
        Assert.True(response.IsSuccessStatusCode, $"{method} {url}: {(int)response.StatusCode} {text}");
        return text.Length == 0 ? null : JsonNode.Parse(text);
    }

    internal async Task AdvanceAsync(string by)
    {
        using var response = await _admin!.PostAsJsonAsync("clock/advance", new { by }, World.Stop);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Makes a service principal with no role anywhere.</summary>
    internal async Task<(string ClientId, string ObjectId, string Secret)> PrincipalAsync(string name, string kind = "servicePrincipal")
    {
        using var response = await _admin!.PostAsJsonAsync("principals", new { kind, name }, World.Stop);
        var made = (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonNode>(World.Stop))!;
        return ((string?)made["clientId"] ?? "", (string)made["objectId"]!, (string?)made["secret"] ?? "");
    }

    /// <summary>Runs a client's script. Each of its steps must have held; the last line of a script that ends early is not enough.</summary>
    internal async Task RunAsync(string program, string script, int steps, IReadOnlyDictionary<string, string>? more = null)
    {
        var variables = Variables;
        foreach (var (name, value) in more ?? new Dictionary<string, string>())
            variables[name] = value;
        var output = await Tool.RunAsync(program, [Repo.Path("tests", "clients", script)], variables, Repo.Path("tests", "clients"), TimeSpan.FromMinutes(8));
        TestContext.Current.TestOutputHelper?.WriteLine(output);
        Assert.DoesNotContain("not ok", output);
        Assert.True(steps == output.Split('\n').Count(line => line.StartsWith("ok ", StringComparison.Ordinal)), $"{script} should have {steps} steps:\n{output}");
    }

    private async Task<string> TokenAsync(string audience)
    {
        if (_tokens.TryGetValue(audience, out var known))
            return known;
        using var content = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = Host.Environment["AZURE_CLIENT_ID"],
            ["client_secret"] = Host.Environment["AZURE_CLIENT_SECRET"],
            ["scope"] = audience + "/.default",
        });
        using var response = await _http!.PostAsync($"https://login.microsoftonline.com/{Host.Environment["AZURE_TENANT_ID"]}/oauth2/v2.0/token", content, World.Stop);
        return _tokens[audience] = (string)(await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonNode>(World.Stop))!["access_token"]!;
    }

    private static string Claim(string token, string name) =>
        (string)JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1]))![name]!;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        _admin?.Dispose();
        if (_host is not null)
            await _host.DisposeAsync();
        _scratch.Dispose();
    }
}

/// <summary>Tests that share one simulator; one client after the other, since two cores serve both sides.</summary>
[CollectionDefinition(Name)]
public sealed class ClientsCollection : ICollectionFixture<ClientsWorld>
{
    /// <summary>What the tests name it by.</summary>
    public const string Name = "clients";
}
