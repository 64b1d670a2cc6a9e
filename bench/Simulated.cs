using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace Runbook.Bench;

/// <summary><c>runbook simulate</c> in a process of its own.</summary>
internal sealed class Simulated : IAsyncDisposable
{
    public const string HsmHost = "kv-hsm-bench.managedhsm.azure.net";
    public const string VaultHost = "kv-bench.vault.azure.net";

    private const string ArmUrl = "https://management.azure.com";
    private const string ArmAudience = "https://management.azure.com";
    private const string HsmAudience = "https://managedhsm.azure.net";
    private const string VaultAudience = "https://vault.azure.net";
    private const string VaultCryptoOfficer = "14b46e9e-c2b7-41b4-b07b-48a6ebf60603";
    private const string CryptoUser = "21dbd100-6940-42c2-9190-5d6cb909625b";
    private const string CryptoOfficer = "515eb02d-2335-4d2d-92f2-b1cbdf9c3778";
    private const string ServiceEncryptionUser = "33413926-3206-4cdd-b39a-83574fe37a17";

    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly Dictionary<string, string> _variables;
    private readonly Dictionary<string, string> _tokens = [];
    private readonly HttpClient _http;
    private readonly HttpClient _admin;
    private int _grants;

    private Simulated(Process process, DirectoryInfo folder, Dictionary<string, string> variables)
    {
        (_process, _folder, _variables) = (process, folder, variables);
        Authority = X509CertificateLoader.LoadCertificateFromFile(variables["NODE_EXTRA_CA_CERTS"]);
        _http = new HttpClient(NewHandler()) { Timeout = TimeSpan.FromMinutes(5) };
        _admin = new HttpClient { BaseAddress = new Uri(variables["RUNBOOK_SIMULATOR_ADMIN"]), Timeout = TimeSpan.FromMinutes(10) };
        var proxy = new Uri(variables["HTTPS_PROXY"]);
        EndPoint = new IPEndPoint(IPAddress.Parse(proxy.Host), proxy.Port);
    }

    public IPEndPoint EndPoint { get; }

    public X509Certificate2 Authority { get; }

    public string Tenant => _variables["AZURE_TENANT_ID"];

    /// <summary>Processor time that the server has used.</summary>
    public TimeSpan Processor
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Memory that the server holds, in bytes.</summary>
    public long Memory
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public string Subscription => _variables["AZURE_SUBSCRIPTION_ID"];

    /// <summary>The client that is Owner of the subscription.</summary>
    public (string Id, string Secret) Client => (_variables["AZURE_CLIENT_ID"], _variables["AZURE_CLIENT_SECRET"]);

    public string Group => $"{ArmUrl}/subscriptions/{_variables["AZURE_SUBSCRIPTION_ID"]}/resourceGroups/rg-bench";

    /// <summary>Starts it; done once it says that it listens.</summary>
    public static async Task<Simulated> StartAsync(string program)
    {
        var folder = Directory.CreateTempSubdirectory("runbook-bench");
        var file = Path.Combine(folder.FullName, "azure.env");
        string[] arguments = ["simulate", "--env-file", file];
        var start = program.EndsWith(".dll", StringComparison.Ordinal) ? new ProcessStartInfo("dotnet", [program, .. arguments]) : new ProcessStartInfo(program, arguments);
        start.RedirectStandardOutput = true;
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync();
        if (line?.StartsWith("listening on ", StringComparison.Ordinal) != true)
            throw new InvalidOperationException($"runbook simulate did not start: {line}");
        var variables = (await File.ReadAllLinesAsync(file)).Select(entry => entry.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return new Simulated(process, folder, variables);
    }

    /// <summary>An active HSM on which the owner may use keys.</summary>
    public async Task ActivateAsync()
    {
        var owner = Claim(await TokenAsync(ArmAudience), "oid");
        await SendAsync("PUT", $"{Group}?api-version=2021-04-01", new JsonObject { ["location"] = "eastus2" });
        await SendAsync("PUT", $"{Group}/providers/Microsoft.KeyVault/managedHSMs/kv-hsm-bench?api-version=2023-07-01", new JsonObject
        {
            ["location"] = "eastus2",
            ["sku"] = new JsonObject { ["family"] = "B", ["name"] = "Standard_B1" },
            ["properties"] = new JsonObject { ["tenantId"] = Tenant, ["initialAdminObjectIds"] = new JsonArray(owner), ["softDeleteRetentionInDays"] = 30, ["enablePurgeProtection"] = true },
        });
        await AdvanceAsync("PT30M");
        await SendAsync("POST", $"https://{HsmHost}/securitydomain/download?api-version=7.4", new JsonObject { ["certificates"] = new JsonArray([.. Enumerable.Range(1, 3).Select(Holder)]), ["required"] = 2 });
        await AdvanceAsync("PT1M");
        await GrantAsync(CryptoUser, owner);
        await GrantAsync(CryptoOfficer, owner);
    }

    /// <summary>A vault in which the owner may make keys: unlike an HSM it holds as many as one likes.</summary>
    public async Task MakeVaultAsync()
    {
        await SendAsync("PUT", $"{Group}?api-version=2021-04-01", new JsonObject { ["location"] = "eastus2" });
        await SendAsync("PUT", $"{Group}/providers/Microsoft.KeyVault/vaults/kv-bench?api-version=2023-07-01", new JsonObject
        {
            ["location"] = "eastus2",
            ["properties"] = new JsonObject { ["tenantId"] = Tenant, ["sku"] = new JsonObject { ["family"] = "A", ["name"] = "premium" }, ["enableRbacAuthorization"] = true },
        });
        await SendAsync("PUT", $"{Group}/providers/Microsoft.Authorization/roleAssignments/{NextGuid()}?api-version=2022-04-01", new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["roleDefinitionId"] = $"/subscriptions/{_variables["AZURE_SUBSCRIPTION_ID"]}/providers/Microsoft.Authorization/roleDefinitions/{VaultCryptoOfficer}",
                ["principalId"] = Claim(await TokenAsync(ArmAudience), "oid"),
                ["principalType"] = "ServicePrincipal",
            },
        });
    }

    /// <summary>A new version of an RSA key of 3072 bits; its versioned URL.</summary>
    public async Task<Uri> KeyAsync(string name)
    {
        var made = await SendAsync("POST", $"https://{HsmHost}/keys/{name}/create?api-version=7.4", new JsonObject { ["kty"] = "RSA-HSM", ["key_size"] = 3072, ["key_ops"] = new JsonArray("wrapKey", "unwrapKey") });
        return new Uri((string)made!["key"]!["kid"]!);
    }

    /// <summary>Twenty-five storage accounts, a disk encryption set and twenty-four disks under one key, each of which polls it.</summary>
    public async Task FiftyResourcesAsync(Uri key)
    {
        var made = await SendAsync("PUT", $"{Group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-bench?api-version=2023-01-31", new JsonObject { ["location"] = "eastus2" });
        var id = (string)made!["id"]!;
        await GrantAsync(ServiceEncryptionUser, (string)made["properties"]!["principalId"]!);
        JsonObject Identity() => new() { ["type"] = "UserAssigned", ["userAssignedIdentities"] = new JsonObject { [id] = new JsonObject() } };
        for (var i = 0; i < 25; i++)
        {
            await SendAsync("PUT", $"{Group}/providers/Microsoft.Storage/storageAccounts/stbench{i}?api-version=2023-05-01", new JsonObject
            {
                ["location"] = "eastus2",
                ["kind"] = "StorageV2",
                ["sku"] = new JsonObject { ["name"] = "Standard_LRS" },
                ["identity"] = Identity(),
                ["properties"] = new JsonObject
                {
                    ["encryption"] = new JsonObject
                    {
                        ["keySource"] = "Microsoft.Keyvault",
                        ["keyvaultproperties"] = new JsonObject { ["keyvaulturi"] = $"https://{HsmHost}", ["keyname"] = key.Segments[2].TrimEnd('/') },
                        ["identity"] = new JsonObject { ["userAssignedIdentity"] = id },
                    },
                },
            });
        }
        var set = $"{Group}/providers/Microsoft.Compute/diskEncryptionSets/des-bench";
        await SendAsync("PUT", $"{set}?api-version=2023-04-02", new JsonObject { ["location"] = "eastus2", ["identity"] = Identity(), ["properties"] = new JsonObject { ["activeKey"] = new JsonObject { ["keyUrl"] = key.ToString() }, ["rotationToLatestKeyVersionEnabled"] = true } });
        await AdvanceAsync("PT1M");
        for (var i = 0; i < 24; i++)
        {
            await SendAsync("PUT", $"{Group}/providers/Microsoft.Compute/disks/disk-{i}?api-version=2023-10-02", new JsonObject
            {
                ["location"] = "eastus2",
                ["properties"] = new JsonObject { ["creationData"] = new JsonObject { ["createOption"] = "Empty" }, ["diskSizeGB"] = 4, ["encryption"] = new JsonObject { ["diskEncryptionSetId"] = set[ArmUrl.Length..] } },
            });
        }
        await AdvanceAsync("PT1H");
    }

    /// <summary>A way to it for a client of one's own.</summary>
    public SocketsHttpHandler NewHandler()
    {
        var handler = new SocketsHttpHandler { Proxy = new WebProxy(_variables["HTTPS_PROXY"]), UseProxy = true, AllowAutoRedirect = false };
        handler.SslOptions.CertificateChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.Add(Authority);
        return handler;
    }

    /// <summary>The whole estate.</summary>
    public async Task<JsonNode> StateAsync() => (await _admin.GetFromJsonAsync<JsonNode>("state"))!;

    /// <summary>Puts another estate in its place.</summary>
    public async Task ReplaceAsync(JsonNode state)
    {
        using var answer = await _admin.PutAsJsonAsync("state", state);
        answer.EnsureSuccessStatusCode();
    }

    public async Task AdvanceAsync(string by)
    {
        using var answer = await _admin.PostAsJsonAsync("clock/advance", new { by });
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Number of the last call that the call log holds.</summary>
    public async Task<long> CallsAsync() => (long)(await _admin.GetFromJsonAsync<JsonNode>("calls?since=999999999"))!["last"]!;

    public async Task<string> HsmTokenAsync() => await TokenAsync(HsmAudience);

    public async Task<string> VaultTokenAsync() => await TokenAsync(VaultAudience);

    public async Task<JsonNode?> SendAsync(string method, string url, JsonNode? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), url);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(url.StartsWith(ArmUrl, StringComparison.Ordinal) ? ArmAudience : HsmAudience));
        using var answer = await _http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException($"{method} {url}: {(int)answer.StatusCode} {text}");
        return text.Length == 0 ? null : JsonNode.Parse(text);
    }

    private Guid NextGuid() => new(++_grants, 0, 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 0);

    private Task<JsonNode?> GrantAsync(string role, string principal) => SendAsync("PUT", $"https://{HsmHost}/keys/providers/Microsoft.Authorization/roleAssignments/{NextGuid()}?api-version=7.4", new JsonObject
    {
        ["properties"] = new JsonObject { ["roleDefinitionId"] = $"Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/{role}", ["principalId"] = principal },
    });

    private async Task<string> TokenAsync(string audience)
    {
        if (_tokens.TryGetValue(audience, out var known))
            return known;
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = _variables["AZURE_CLIENT_ID"],
            ["client_secret"] = _variables["AZURE_CLIENT_SECRET"],
            ["scope"] = audience + "/.default",
        });
        using var answer = await _http.PostAsync($"https://login.microsoftonline.com/{Tenant}/oauth2/v2.0/token", form);
        return _tokens[audience] = (string)(await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonNode>())!["access_token"]!;
    }

    private static string Claim(string token, string name) => (string)JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1]))![name]!;

    private static JsonNode Holder(int number)
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest(string.Create(CultureInfo.InvariantCulture, $"CN=holder {number}"), key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(55), DateTimeOffset.UnixEpoch.AddYears(75));
        var numbers = key.ExportParameters(false);
        return new JsonObject
        {
            ["kty"] = "RSA",
            ["key_ops"] = new JsonArray("verify", "encrypt", "wrapKey"),
            ["n"] = System.Buffers.Text.Base64Url.EncodeToString(numbers.Modulus),
            ["e"] = System.Buffers.Text.Base64Url.EncodeToString(numbers.Exponent),
            ["x5c"] = new JsonArray(Convert.ToBase64String(certificate.RawData)),
            ["x5t"] = System.Buffers.Text.Base64Url.EncodeToString(Convert.FromHexString(certificate.Thumbprint)),
            ["x5t#S256"] = System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(certificate.RawData)),
            ["alg"] = "RSA-OAEP-256",
        };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _admin.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Authority.Dispose();
        _folder.Delete(recursive: true);
    }
}
