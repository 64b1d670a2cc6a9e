using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml;
using Azure.Identity;
using Runbook.Actions;
using Runbook.Cli.Worlds;
using Runbook.Language.Expressions;
using Runbook.Simulator;

namespace Runbook.Cli.Testing;

/// <summary>The embedded Azure of a case, and what other people than the session's do to it or ask of it.</summary>
internal sealed partial class StagedAzure : IAsyncDisposable
{
    private const string Management = "https://management.azure.com";

    private readonly HttpClient _http;
    private readonly SimulatorServer? _server;
    private readonly string? _authorities;

    private StagedAzure(EmbeddedAzure azure, SimulatorServer? server, string? authorities)
    {
        (Azure, _server, _authorities) = (azure, server, authorities);
        _http = new HttpClient(azure.CreateHandler());
    }

    public EmbeddedAzure Azure { get; }

    private string Subscription => "/subscriptions/" + Azure.SubscriptionId;

    /// <summary>Starts one on a state file: from an estate where the file is new, else where it stood.</summary>
    /// <param name="stateFile">The file.</param>
    /// <param name="estate">The estate.</param>
    /// <param name="scenario">The scenario.</param>
    /// <param name="overHttps">Whether it is a server that the operator reaches under Azure's public names, as a profile leads there.</param>
    public static async Task<StagedAzure> StartAsync(string stateFile, string? estate, string? scenario, bool overHttps = false)
    {
        var azure = await EmbeddedAzure.StartAsync(
            new EmbeddedAzureOptions { StateFile = stateFile, Clock = ClockMode.Standing, Estate = estate, Scenario = scenario, Seed = "1" }, CancellationToken.None).ConfigureAwait(false);
        if (!overHttps) return new(azure, null, null);
        var server = await SimulatorServer.StartAsync(azure, new IPEndPoint(IPAddress.Loopback, 0), CancellationToken.None).ConfigureAwait(false);
        var authorities = stateFile + ".authorities.pem";
        await File.WriteAllTextAsync(authorities, server.AuthorityPem).ConfigureAwait(false);
        return new(azure, server, authorities);
    }

    /// <summary>Where the operator's calls come from.</summary>
    public IPAddress From => _server is null ? EmbeddedWorld.OperatorAddress : IPAddress.Loopback;

    /// <summary>What the embedded Azure did that it must never do: a fault of its own.</summary>
    public IEnumerable<CaseFinding> OwnFailures() => Azure.OwnFailures.Select(f => new CaseFinding("the embedded Azure answers", $"it broke: {f.GetType().Name}: {f.Message}"));

    /// <summary>Where the operator's actions are carried out.</summary>
    public AzureEnvironment Environment()
    {
        var who = Azure.Principals.Find("operator")!;
        if (_server is not null)
        {
            // All but the secret as a profile says it: the names, the proxy, whom to trust.
            var profile = AzureProfile.Read($"tenant: {Azure.TenantId}\nsubscription: {Azure.SubscriptionId}\nresourceGroup: {EmbeddedWorld.ResourceGroup}\nenvironment: test\ncredential: environment\nproxy: {_server.AdminAddress}\nauthorities: {_authorities}\n", "rehearsal.yaml").ToEnvironment();
            return profile with { Credential = new ClientSecretCredential(Azure.TenantId, who.ClientId, who.Secret, new ClientSecretCredentialOptions { Transport = profile.Transport }) };
        }

        return EmbeddedWorld.EnvironmentOf(Azure, who);
    }

    /// <summary>What happens from elsewhere.</summary>
    public async Task HappenAsync(Meanwhile what)
    {
        if (what.Heals) Azure.Faults.DisarmAll();
        if (what.Call is { } call) await CallAsync(call, what.Body, what.As).ConfigureAwait(false);
        if (what.RolesGone is { } plane) await TakeRolesAsync(plane, Azure.Principals.Find("operator")!.ObjectId).ConfigureAwait(false);
        if (what.RolesGoneFrom is { } identity) await TakeRolesAsync(RolePlane.Hsm, Filled($"{{principal:{identity}}}")).ConfigureAwait(false);
        if (what.Passes is { } time) Azure.Clock.Advance(XmlConvert.ToTimeSpan(time));
        if (what.Fault is { } fault) Azure.Faults.Arm(Fault(fault));
    }

    /// <summary>Registers the subscription for a provider, or no longer.</summary>
    public Task RegisterAsync(string provider, bool registered) => CallAsync($"POST {{subscription}}/providers/{provider}/{(registered ? "register" : "unregister")}", null, "owner");

    /// <summary>Takes somebody's roles on a plane away; gives what was taken, to be given back.</summary>
    public async Task<ImmutableArray<(string Url, JsonObject Body)>> TakeRolesAsync(RolePlane plane, string person)
    {
        var taken = Rows(plane == RolePlane.Hsm ? "localRoleAssignments" : "roleAssignments")
            .Where(row => (string?)row["principalId"] == person)
            .Select(row => plane == RolePlane.Hsm ? Local(row) : OnSubscription(row))
            .ToImmutableArray();
        foreach (var (url, _) in taken) await CallAsync("DELETE " + url, null, "owner").ConfigureAwait(false);
        return taken;
    }

    /// <summary>Gives back what was taken.</summary>
    public async Task GiveRolesAsync(ImmutableArray<(string Url, JsonObject Body)> taken)
    {
        foreach (var (url, body) in taken) await CallAsync("PUT " + url, JsonSerializer.SerializeToElement(body), "owner").ConfigureAwait(false);
        Azure.Clock.Advance(TimeSpan.FromMinutes(10));
    }

    /// <summary>Whether a fact holds; else what was found instead.</summary>
    public async Task<CaseFinding?> FalsifyAsync(EstateFact fact)
    {
        var seen = fact.Of.Contains(' ', StringComparison.Ordinal)
            ? await AskAsync(fact.Of, fact.As).ConfigureAwait(false)
            : JsonSerializer.SerializeToElement(new JsonArray([.. Rows(fact.Of)]));
        var expression = JmesExpression.TryParse(Filled(fact.Holds), out var error) ?? throw new UnplayableException($"of {fact.Of}: {fact.Holds}", error!);
        var found = expression.Evaluate(seen, _ => null);
        return found.Holds ? null : new CaseFinding($"of {fact.Of}: {fact.Holds}", $"{(found.Error is { } e ? e + ": " : "")}{Shortened(seen.GetRawText())}");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_server is not null) await _server.DisposeAsync().ConfigureAwait(false);
        await Azure.DisposeAsync().ConfigureAwait(false);
    }

    private static string Shortened(string text) => text.Length <= 4000 ? text : text[..4000] + "…";

    private static FaultRule Fault(JsonElement fault) => new()
    {
        Kind = Enum.Parse<FaultKind>(fault.GetProperty("kind").GetString()!.Replace("-", "", StringComparison.Ordinal), ignoreCase: true),
        Region = Word(fault, "region"),
        Host = Word(fault, "host"),
        Method = Word(fault, "method"),
        Path = Word(fault, "path"),
        Count = fault.TryGetProperty("count", out var count) ? count.GetInt32() : null,
        Status = fault.TryGetProperty("status", out var status) ? status.GetInt32() : null,
        RetryAfter = fault.TryGetProperty("retryAfter", out var wait) ? wait.GetInt32() : null,
        Duration = Word(fault, "duration") is { } duration ? XmlConvert.ToTimeSpan(duration) : null,
        Delay = Word(fault, "delay") is { } delay ? XmlConvert.ToTimeSpan(delay) : null,
    };

    private static string? Word(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;

    private IEnumerable<JsonObject> Rows(string table)
    {
        if (JsonNode.Parse(Azure.State.Export(EstateSecrets.LeftOut))!["tables"]![table] is not JsonObject rows) yield break;
        foreach (var (key, row) in rows)
        {
            var copy = row!.DeepClone().AsObject();
            copy["_id"] = key;
            yield return copy;
        }
    }

    private static (string Url, JsonObject Body) Local(JsonObject row)
    {
        var scope = (string)row["scope"]!;
        var url = $"https://{((string)row["store"]!).Split('/')[1]}.managedhsm.azure.net{(scope == "/" ? "" : scope)}/providers/Microsoft.Authorization/roleAssignments/{row["name"]}?api-version=7.6";
        return (url, Assignment($"Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/{row["role"]}", row));
    }

    private (string Url, JsonObject Body) OnSubscription(JsonObject row) =>
        ($"{row["scope"]}/providers/Microsoft.Authorization/roleAssignments/{row["name"]}", Assignment($"{Subscription}/providers/Microsoft.Authorization/roleDefinitions/{row["role"]}", row));

    private static JsonObject Assignment(string role, JsonObject row) => new()
    {
        ["properties"] = new JsonObject { ["roleDefinitionId"] = role, ["principalId"] = (string)row["principalId"]! },
    };

    // {principal:NAME} is the principal of a user-assigned identity, {version:KEY} the newest version of a key.
    private string Filled(string text) => Named().Replace(text, m => m.Groups[1].Value == "version"
            ? (string?)Rows("keys").FirstOrDefault(r => (string?)r["name"] == m.Groups[2].Value)?["latest"] ?? throw new UnplayableException(m.Value, "the estate has no such key")
            : Rows("resources").Where(r => (string?)r["name"] == m.Groups[2].Value).Select(r => (string?)r["properties"]?["principalId"]).FirstOrDefault(p => p is not null) ?? throw new UnplayableException(m.Value, "the estate has no such identity"))
        .Replace("{group}", Subscription + "/resourceGroups/rg-runbook", StringComparison.Ordinal)
        .Replace("{subscription}", Subscription, StringComparison.Ordinal)
        .Replace("{operator}", Azure.Principals.Find("operator")!.ObjectId, StringComparison.Ordinal)
        .Replace("{owner}", Azure.Owner.ObjectId, StringComparison.Ordinal);

    [GeneratedRegex(@"\{(principal|version):([^}]+)\}")]
    private static partial Regex Named();

    private async Task CallAsync(string call, JsonElement? body, string who)
    {
        var answer = await SendAsync(call, body, who).ConfigureAwait(false);
        if (answer.Status is < 200 or >= 300) throw new UnplayableException($"{who} does {call}", $"{answer.Status} {Shortened(answer.Text)}");
    }

    private async Task<JsonElement> AskAsync(string what, string who)
    {
        var (status, text) = await SendAsync(what, null, who).ConfigureAwait(false);
        var body = text.StartsWith('{') || text.StartsWith('[') ? JsonNode.Parse(text) : JsonValue.Create(text);
        return JsonSerializer.SerializeToElement(new JsonObject { ["status"] = status, ["body"] = body });
    }

    private async Task<(int Status, string Text)> SendAsync(string call, JsonElement? body, string who)
    {
        var (method, target) = (call.Split(' ', 2)[0], Filled(call.Split(' ', 2)[1]));
        var url = target.StartsWith('/') ? Management + target + (target.Contains("api-version=", StringComparison.Ordinal) ? "" : (target.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "api-version=" + VersionFor(target)) : target;
        using var request = new HttpRequestMessage(new HttpMethod(method), url);
        if (body is { ValueKind: JsonValueKind.String } text)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(text.GetString()!));
            request.Headers.Add("x-ms-blob-type", "BlockBlob");
        }
        else if (method is "POST" or "PUT" or "PATCH")
        {
            request.Content = new StringContent(body is { } json ? Filled(json.GetRawText()) : "", Encoding.UTF8, "application/json");
        }

        var host = request.RequestUri!.Host;
        if (host.EndsWith(".blob.core.windows.net", StringComparison.Ordinal)) request.Headers.Add("x-ms-version", "2023-11-03");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(host, who).ConfigureAwait(false));
        try
        {
            using var answer = await _http.SendAsync(request).ConfigureAwait(false);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync().ConfigureAwait(false));
        }
        catch (HttpRequestException unreachable)
        {
            return (0, unreachable.Message);
        }
    }

    private static string VersionFor(string path) => path.Split("/providers/").Last().Split('/')[0].ToUpperInvariant() switch
    {
        "MICROSOFT.SQL" => "2021-11-01",
        "MICROSOFT.STORAGE" => "2023-05-01",
        "MICROSOFT.MANAGEDIDENTITY" => "2023-01-31",
        "MICROSOFT.AUTHORIZATION" => "2022-04-01",
        _ => "2023-07-01",
    };

    private async Task<string> TokenAsync(string host, string who)
    {
        var person = Azure.Principals.Find(who) ?? throw new UnplayableException($"{who} asks", "the estate has nobody of that name");
        var audience = host switch
        {
            _ when host.EndsWith(".managedhsm.azure.net", StringComparison.Ordinal) => "https://managedhsm.azure.net",
            _ when host.EndsWith(".vault.azure.net", StringComparison.Ordinal) => "https://vault.azure.net",
            _ when host.EndsWith(".blob.core.windows.net", StringComparison.Ordinal) => "https://storage.azure.com",
            _ => Management,
        };
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = person.ClientId!,
            ["client_secret"] = person.Secret!,
            ["scope"] = audience + "/.default",
        });
        using var answer = await _http.PostAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"https://login.microsoftonline.com/{Azure.TenantId}/oauth2/v2.0/token")), form).ConfigureAwait(false);
        return (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync().ConfigureAwait(false))!["access_token"]!;
    }
}
