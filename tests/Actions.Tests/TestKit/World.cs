using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Core.Pipeline;
using Azure.Identity;
using Runbook.Engine.Actions;
using Runbook.Simulator;
using Runbook.TestKit;

namespace Runbook.Actions.Tests.TestKit;

/// <summary>The actions over an embedded Azure of their own, whose clock stands until a wait moves it.</summary>
internal sealed class World : IAsyncDisposable
{
    /// <summary>The HSM of <see cref="ActiveAsync"/>.</summary>
    public const string Hsm = "kv-hsm-test";

    private static readonly Lazy<Task<string>> EmptyEstate = new(MakeEmptyAsync);
    private static readonly Lazy<Task<string>> ActiveEstate = new(MakeActiveAsync);

    /// <summary>Whether every world is reached over HTTPS, as a profile leads to it: <c>RUNBOOK_OVER_HTTPS=1</c>.</summary>
    private static readonly bool AllOverHttps = Environment.GetEnvironmentVariable("RUNBOOK_OVER_HTTPS") == "1";

    private readonly ScratchFolder _folder = new();
    private readonly SimulatorServer? _server;

    private World(EmbeddedAzure azure, SimulatorServer? server)
    {
        (Azure, _server) = (azure, server);
        if (server is not null) File.WriteAllText(Authorities, server.AuthorityPem);
        Actions = ActionsOf(azure.Owner);
        Context = Bench.ContextIn(_folder.Path, azure.Clock);
    }

    public EmbeddedAzure Azure { get; }

    public ActionSet Actions { get; private set; }

    public ActionContext Context { get; }

    public ScratchFolder Files => _folder;

    public string GroupId => $"/subscriptions/{Azure.SubscriptionId}/resourceGroups/{Bench.Group}";

    /// <summary>A subscription with a resource group.</summary>
    public static async Task<World> StartAsync() => await FromAsync(await EmptyEstate.Value);

    /// <summary>The same with an active HSM on which the owner is Administrator, Crypto Officer and Crypto User.</summary>
    public static async Task<World> ActiveAsync() => await FromAsync(await ActiveEstate.Value);

    /// <summary>One of the estates that rehearsals start from.</summary>
    public static async Task<World> OfEstateAsync(string name) => await FromAsync(await File.ReadAllTextAsync(Repository.In("estates", name + ".json")));

    /// <summary>The same, always inside this process: for what exists on the embedded Azure only.</summary>
    public static async Task<World> InProcessAsync(string name) => await FromAsync(await File.ReadAllTextAsync(Repository.In("estates", name + ".json")), overHttps: false);

    /// <summary>Somebody of the estate.</summary>
    public PrincipalCredential Somebody(string name) => Azure.Principals.Find(name) ?? throw new InvalidOperationException($"The estate has no {name}.");

    /// <summary>The actions as somebody else.</summary>
    public ActionSet ActionsOf(PrincipalCredential who) => AzureActions.Create(EnvironmentOf(who));

    /// <summary>The preflight as somebody.</summary>
    public AzurePreflight PreflightOf(PrincipalCredential who) => new(EnvironmentOf(who), ActionsOf(who), Azure.Clock);

    private string Authorities => _folder.Path + ".authorities.pem";

    private AzureEnvironment EnvironmentOf(PrincipalCredential who)
    {
        if (_server is not null)
        {
            // All but the secret as a profile says it: the names, the proxy, whom to trust.
            var profile = AzureProfile.Read($"tenant: {Azure.TenantId}\nsubscription: {Azure.SubscriptionId}\nresourceGroup: {Bench.Group}\nenvironment: test\ncredential: environment\nproxy: {_server.AdminAddress}\nauthorities: {Authorities}\n", "world.yaml").ToEnvironment();
            return profile with { Credential = new ClientSecretCredential(Azure.TenantId, who.ClientId, who.Secret, new ClientSecretCredentialOptions { Transport = profile.Transport }) };
        }

        var transport = new HttpClientTransport(Azure.CreateHandler());
        return new AzureEnvironment
        {
            TenantId = Azure.TenantId,
            SubscriptionId = Azure.SubscriptionId,
            ResourceGroup = Bench.Group,
            Label = "rehearsal",
            IsEmbedded = true,
            Credential = new ClientSecretCredential(Azure.TenantId, who.ClientId, who.Secret, new ClientSecretCredentialOptions { Transport = transport }),
            Transport = transport,
        };
    }

    /// <summary>Takes new tokens: those that were issued have run out.</summary>
    public void SignInAgain() => Actions = ActionsOf(Azure.Owner);

    /// <summary>Runs an action to its end.</summary>
    public Task<RunEnd> RunAsync(string action, JsonNode with, ActionSet? @as = null) =>
        Runs.ToEndAsync((@as ?? Actions).Get(action), JsonElement.Parse(with.ToJsonString()), Context, by => Azure.Clock.Advance(by));

    /// <summary>Runs an action that succeeds.</summary>
    public async Task<JsonElement> DoAsync(string action, JsonNode with) => (await RunAsync(action, with)).Succeeded();

    /// <summary>Asks Resource Manager for what the catalogue has no action for, and lets time pass until it is done.</summary>
    public async Task ArmAsync(string path, string version, string body, string method = "PUT")
    {
        var scopes = new global::Azure.Core.TokenRequestContext(["https://management.azure.com/.default"]);
        var token = await new ClientSecretCredential(Azure.TenantId, Azure.Owner.ClientId, Azure.Owner.Secret, new ClientSecretCredentialOptions { Transport = new HttpClientTransport(Azure.CreateHandler()) }).GetTokenAsync(scopes, CancellationToken.None);
        using var client = new HttpClient(Azure.CreateHandler());
        using var request = new HttpRequestMessage(new HttpMethod(method), $"https://management.azure.com{path}?api-version={version}") { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", token.Token);
        using var answer = await client.SendAsync(request, CancellationToken.None);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(CancellationToken.None));
        Azure.Clock.Advance(TimeSpan.FromMinutes(5));
    }

    /// <summary>Makes three holders' certificates in the session's folder.</summary>
    public JsonArray Certificates(int count = 3)
    {
        var names = new JsonArray();
        for (var i = 1; i <= count; i++)
        {
            _folder.Write($"holder{i}.cer", Holders.Certificate(i));
            names.Add((JsonNode)$"holder{i}.cer");
        }

        return names;
    }

    public async ValueTask DisposeAsync()
    {
        var failures = Azure.OwnFailures.ToList();
        if (_server is not null) await _server.DisposeAsync();
        File.Delete(Authorities);
        await Azure.DisposeAsync();
        _folder.Dispose();
        Assert.Empty(failures);
    }

    /// <summary>An estate as it was exported; without one, nothing but the directory.</summary>
    /// <param name="estate">The estate.</param>
    /// <param name="overHttps">Whether it is a server that is reached under Azure's public names, as a profile leads to it; <see langword="null"/> for what all of them are.</param>
    public static async Task<World> FromAsync(string? estate, bool? overHttps = null)
    {
        var azure = await EmbeddedAzure.StartAsync(
            new EmbeddedAzureOptions { Clock = ClockMode.Standing, StartAt = estate is null ? new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero) : null, Estate = estate },
            TestContext.Current.CancellationToken);
        return new(azure, overHttps ?? AllOverHttps ? await SimulatorServer.StartAsync(azure, new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0), TestContext.Current.CancellationToken) : null);
    }

    private static async Task<string> MakeEmptyAsync()
    {
        await using var world = await FromAsync(null);
        using var client = new HttpClient(world.Azure.CreateHandler());
        var token = await new ClientSecretCredential(world.Azure.TenantId, world.Azure.Owner.ClientId, world.Azure.Owner.Secret, new ClientSecretCredentialOptions { Transport = new HttpClientTransport(world.Azure.CreateHandler()) })
            .GetTokenAsync(new Azure.Core.TokenRequestContext(["https://management.azure.com/.default"]), CancellationToken.None);
        using var request = new HttpRequestMessage(HttpMethod.Put, $"https://management.azure.com{world.GroupId}?api-version=2021-04-01") { Content = new StringContent("{\"location\":\"eastus2\"}", System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", token.Token);
        using var answer = await client.SendAsync(request, CancellationToken.None);
        Assert.Equal(201, (int)answer.StatusCode);
        return world.Azure.State.Export(EstateSecrets.Included);
    }

    private static async Task<string> MakeActiveAsync()
    {
        await using var world = await StartAsync();
        var owner = world.Azure.Owner.ObjectId;
        await world.DoAsync("keyvault.managed-hsm.create", new JsonObject { ["name"] = Hsm, ["location"] = "eastus2", ["administrators"] = new JsonArray(owner), ["retentionDays"] = 90, ["purgeProtection"] = true });
        await world.DoAsync("keyvault.security-domain.download", new JsonObject { ["hsm"] = Hsm, ["certificates"] = world.Certificates(), ["quorum"] = 2, ["file"] = "domain.json" });
        foreach (var role in (string[])["Managed HSM Crypto Officer", "Managed HSM Crypto User"])
            await world.DoAsync("keyvault.role-assignment.create", new JsonObject { ["hsm"] = Hsm, ["role"] = role, ["principal"] = owner, ["scope"] = "/" });
        return world.Azure.State.Export(EstateSecrets.Included);
    }
}
