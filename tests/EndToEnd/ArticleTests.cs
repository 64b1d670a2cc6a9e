using System.Collections.Immutable;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Cli.Testing;
using Runbook.EndToEnd.Rehearsals;
using Runbook.Simulator;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>
/// The article's commands, with Debian's az as it is, on the estate that the matching runbooks have left: they print what the article
/// says. What the article creates, the runbooks have created; what it asks is asked here, in its own words but for three things. The
/// resource group is the embedded Azure's; two options that az 2.45 spells otherwise are spelt as it does; and what it asks of an
/// HSM's own interface goes through <c>az rest</c> with the same <c>--query</c>, because Debian ships no modules
/// for it with az 2.45 (docs/simulator.md).
/// </summary>
public sealed class ArticleTests(ArticleTests.Estate estate) : IClassFixture<ArticleTests.Estate>
{
    private const string Group = "rg-runbook";
    private const string Hsm = "https://kv-hsm-prod.managedhsm.azure.net";

    [Fact]
    public async Task Storage_has_our_key_and_a_second_layer()
    {
        var shown = await estate.AzAsync("storage", "account", "show", "-n", "stkvdataprod", "-g", Group, "--query", "{cmk:encryption.keySource, infra:encryption.requireInfrastructureEncryption, keyId:encryption.keyVaultProperties.keyVaultUri}", "-o", "table");

        Assert.Equal(["Cmk Infra KeyId", $"Microsoft.Keyvault True {Hsm}"], Rows(shown));
    }

    [Fact]
    public async Task The_disk_has_both_layers_by_its_set() =>
        Assert.Equal("EncryptionAtRestWithPlatformAndCustomerKeys\n", await estate.AzAsync("disk", "show", "-n", "osdisk-app01", "-g", Group, "--query", "encryption.type", "-o", "tsv"));

    [Fact]
    public async Task The_set_rotates_to_the_latest_version()
    {
        // The article pins a version and then turns this on; the runbook has it from the beginning.
        var shown = await estate.AzAsync("disk-encryption-set", "show", "-n", "des-prod", "-g", Group, "--query", "{follows:rotationToLatestKeyVersionEnabled, type:encryptionType, url:activeKey.keyUrl}", "-o", "json");

        var set = JsonNode.Parse(shown)!;
        Assert.True((bool)set["follows"]!);
        Assert.Equal("EncryptionAtRestWithPlatformAndCustomerKeys", (string?)set["type"]);
        Assert.StartsWith(Hsm + "/keys/cmk-disks/", (string?)set["url"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_active_protector_is_our_key_and_not_the_services()
    {
        // -n is --server in 2.45, and a column that is called type is left out of its tables.
        string[] command = ["sql", "server", "tde-key", "show", "--server", "sql-prod", "-g", Group, "--query", "{type:serverKeyType, uri:uri}"];

        var protector = JsonNode.Parse(await estate.AzAsync([.. command, "-o", "json"]))!;
        var table = Rows(await estate.AzAsync([.. command, "-o", "table"]));

        Assert.Equal("AzureKeyVault", (string?)protector["type"]);
        Assert.Matches($"^{Hsm}/keys/cmk-sql/[0-9a-f]{{32}}$", (string?)protector["uri"]);
        Assert.Equal(["Uri", (string)protector["uri"]!], table);
    }

    [Fact]
    public async Task The_history_of_versions_shows_that_a_rotation_happened()
    {
        var shown = Rows(await estate.HsmAsync("get", "/keys/cmk-storage/versions?api-version=7.4", "--query", "value[].{created:attributes.created, enabled:attributes.enabled}", "-o", "table"));

        Assert.Equal("Created Enabled", shown[0]);
        Assert.Equal(3, shown.Length);
        Assert.All(shown[1..], row => Assert.Matches("^[0-9]+ True$", row));
    }

    [Fact]
    public async Task The_container_is_bound_to_its_tenants_scope()
    {
        var scope = JsonNode.Parse(await estate.AzAsync("storage", "account", "encryption-scope", "show", "--account-name", "stkvdataprod", "-g", Group, "--name", "tenant-acme-scope", "--query", "{source:source, state:state, infra:requireInfrastructureEncryption, key:keyVaultProperties.keyUri}", "-o", "json"))!;
        var container = JsonNode.Parse(await estate.AzAsync("storage", "container-rm", "show", "--storage-account", "stkvdataprod", "-g", Group, "-n", "acme-data", "--query", "{scope:defaultEncryptionScope, bound:denyEncryptionScopeOverride}", "-o", "json"))!;

        // The runbook gives the scope its key without the version that the article writes: with it, it would keep that one for ever.
        Assert.Equal(("Microsoft.KeyVault", "Enabled", true, Hsm + "/keys/cmk-tenant-acme"), ((string?)scope["source"], (string?)scope["state"], (bool)scope["infra"]!, (string?)scope["key"]));
        Assert.Equal(("tenant-acme-scope", true), ((string?)container["scope"], (bool)container["bound"]!));
    }

    [Fact]
    public async Task A_server_of_postgresql_has_our_key()
    {
        var shown = await estate.AzAsync("postgres", "flexible-server", "show", "-n", "pg-payments-prod", "-g", Group, "--query", "{type:dataEncryption.type, key:dataEncryption.primaryKeyUri}", "-o", "json");

        var server = JsonNode.Parse(shown)!;
        Assert.Equal("AzureKeyVault", (string?)server["type"]);
        Assert.StartsWith(Hsm + "/keys/cmk-postgres", (string?)server["key"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_that_wrapped_the_import_can_do_nothing_else_and_what_it_wrapped_is_in()
    {
        var wrapping = JsonNode.Parse(await estate.HsmAsync("get", "/keys/byok-kek?api-version=7.4", "--query", "{ops:key.key_ops, enabled:attributes.enabled}"))!;
        var imported = JsonNode.Parse(await estate.HsmAsync("get", "/keys/cmk-imported?api-version=7.4", "--query", "{kty:key.kty, enabled:attributes.enabled}"))!;

        Assert.Equal(("[\"import\"]", false), (wrapping["ops"]!.ToJsonString(), (bool)wrapping["enabled"]!));
        Assert.Equal(("RSA-HSM", true), ((string?)imported["kty"], (bool)imported["enabled"]!));
    }

    [Fact]
    public async Task The_released_key_is_exportable_under_a_policy_only()
    {
        var shown = JsonNode.Parse(await estate.HsmAsync("get", "/keys/skr-key?api-version=7.4", "--query", "{exportable:attributes.exportable, policy:release_policy.data}"))!;

        var policy = JsonElement.Parse(System.Buffers.Text.Base64Url.DecodeFromChars((string)shown["policy"]!));
        Assert.True((bool)shown["exportable"]!);
        Assert.Equal("https://sharedeus2.eus2.attest.azure.net", policy.GetProperty("anyOf")[0].GetProperty("authority").GetString());
    }

    [Fact]
    public async Task Revocation_works_the_canary_is_online_then_inaccessible_then_online()
    {
        string[] canary = ["sql", "db", "show", "-n", "canary", "-s", "sql-prod", "-g", Group, "--query", "status", "-o", "tsv"];
        Assert.Equal("Online\n", await estate.AzAsync(canary));

        await estate.HsmAsync("patch", "/keys/cmk-sql?api-version=7.4", "--body", """{"attributes":{"enabled":false}}""");
        await estate.AdvanceAsync("PT11M");
        Assert.Equal("Inaccessible\n", await estate.AzAsync(canary));

        await estate.HsmAsync("patch", "/keys/cmk-sql?api-version=7.4", "--body", """{"attributes":{"enabled":true}}""");
        await estate.AdvanceAsync("PT1H");
        Assert.Equal("Online\n", await estate.AzAsync(canary));
    }

    /// <summary>The lines of a table, without the one of dashes, each with single spaces.</summary>
    private static string[] Rows(string table) =>
        [.. table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l[0] != '-').Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];

    /// <summary>What the runbooks left, behind the simulator as a server. az is signed in as the operator, who gets Crypto User on one key
    /// when all are through, to revoke it.</summary>
    public sealed class Estate : IAsyncLifetime
    {
        // The server whose databases cmk-sql protects: the runbook makes none.
        private static readonly Meanwhile[] AServer =
        [
            new() { Call = "PUT {group}/providers/Microsoft.Sql/servers/sql-prod", Body = JsonElement.Parse("""{"location":"eastus2","properties":{"administratorLogin":"adm","administratorLoginPassword":"not-a-Secret-1"}}"""), Passes = "PT10M" },
            new() { Call = "PUT {group}/providers/Microsoft.Sql/servers/sql-prod/databases/canary", Body = JsonElement.Parse("""{"location":"eastus2","sku":{"name":"S0"}}"""), Passes = "PT10M" },
        ];

        private static readonly Meanwhile ARole = new()
        {
            Call = "PUT https://kv-hsm-prod.managedhsm.azure.net/keys/cmk-sql/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-00000000a271?api-version=7.6",
            Body = JsonElement.Parse("""{"properties":{"roleDefinitionId":"Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/21dbd100-6940-42c2-9190-5d6cb909625b","principalId":"{operator}"}}"""),
        };

        private readonly ScratchFolder _scratch = new();
        private SimulatorProcess? _simulator;
        private Dictionary<string, string> _variables = [];

        /// <inheritdoc/>
        public async ValueTask InitializeAsync()
        {
            if (!Tools.Has("az")) return;
            var left = await File.ReadAllTextAsync(Repository.In("estates", "confidential.json"));
            left = await AfterAsync(left, "secure-key-release");
            left = await AfterAsync(left, "byok-import");
            left = await AfterAsync(left, "cmk-storage");
            left = await AfterAsync(left, "encryption-scopes");
            left = await AfterAsync(left, "cmk-disks");
            left = await AfterAsync(left, "cmk-postgres");
            left = await AfterAsync(left, "cmk-sql", ("key", "cmk-sql"), ("server", "sql-prod"), ("identity", "id-sql-prod"), ("location", "eastus2"));
            left = await AfterAsync(left, "key-rotation");
            await using (var azure = await StagedAzure.StartAsync(_scratch.In("left.db"), left, null))
            {
                await azure.HappenAsync(ARole);
                left = azure.Azure.State.Export(EstateSecrets.Included);
            }

            _simulator = await SimulatorProcess.StartOnAsync(_scratch, left);
            _variables = new Dictionary<string, string>(_simulator.Variables)
            {
                ["AZURE_CONFIG_DIR"] = _scratch.In("az"),
                ["AZURE_CORE_COLLECT_TELEMETRY"] = "0",
                ["AZURE_CORE_NO_COLOR"] = "1",
                ["AZURE_CORE_ONLY_SHOW_ERRORS"] = "1",
            };
            await AzAsync("login", "--service-principal", "-u", _variables["AZURE_CLIENT_ID"], "-p", _variables["AZURE_CLIENT_SECRET"], "-t", _variables["AZURE_TENANT_ID"]);
        }

        /// <summary>Runs one command and gives what it printed.</summary>
        public async Task<string> AzAsync(params string[] arguments)
        {
            if (_simulator is null) Assert.Skip("Debian's az is not installed; tests/clients/install installs it");
            var start = new ProcessStartInfo("az", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var (name, value) in _variables) start.Environment[name] = value;
            using var az = Process.Start(start)!;
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1), TimeProvider.System);
            var (output, error) = (az.StandardOutput.ReadToEndAsync(limit.Token), az.StandardError.ReadToEndAsync(limit.Token));
            await az.WaitForExitAsync(limit.Token);
            Assert.True(az.ExitCode == 0, $"az {string.Join(' ', arguments)}: {az.ExitCode}\n{await error}\n{await output}");
            return await output;
        }

        /// <summary>Asks an HSM's own interface.</summary>
        public Task<string> HsmAsync(string method, string path, params string[] more) =>
            AzAsync(["rest", "--method", method, "--url", Hsm + path, "--resource", "https://managedhsm.azure.net", .. more]);

        /// <summary>Moves the simulator's clock.</summary>
        public async Task AdvanceAsync(string by)
        {
            using var http = new HttpClient { BaseAddress = new Uri(_variables["RUNBOOK_SIMULATOR_ADMIN"] + "/") };
            using var answer = await http.PostAsJsonAsync("clock/advance", new { by });
            answer.EnsureSuccessStatusCode();
        }

        /// <inheritdoc/>
        public ValueTask DisposeAsync()
        {
            _simulator?.Dispose();
            _scratch.Dispose();
            return ValueTask.CompletedTask;
        }

        private static async Task<string> AfterAsync(string estate, string runbook, params (string Name, string Value)[] set)
        {
            var what = new WorldCase { Name = runbook, End = CaseEnd.Completed, Set = set.ToImmutableDictionary(s => s.Name, s => JsonSerializer.SerializeToElement(s.Value)), Meanwhile = [.. runbook == "cmk-sql" ? AServer : []] };
            var session = await TestedSession.RunAsync(ShippedRunbook.Load(runbook), what, estate, [], null, TestContext.Current.CancellationToken);
            Assert.True(session.End == CaseEnd.Completed && !TestRun.Always(session).Any(), session.Way + '\n' + string.Join('\n', TestRun.Always(session)));
            return session.Estate;
        }
    }
}
