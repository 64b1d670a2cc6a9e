using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class MonitorTests
{
    private const string Hsm = "kv-hsm-test";

    /// <summary>An active HSM with a key, whose audit log goes to a workspace.</summary>
    private static async Task<(World World, string HsmId, string Workspace, string WorkspaceId)> WatchedAsync(bool dedicated = false)
    {
        var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        await world.KeyAsync(Hsm, "k");
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        var workspaceId = $"{world.Group}/providers/Microsoft.OperationalInsights/workspaces/law";
        var workspace = (string)(await world.ArmAsync("PUT", workspaceId, new JsonObject { ["location"] = "eastus2" }, version: "2022-10-01")).Expect(201).Json["properties"]!["customerId"]!;
        var hsm = $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/{Hsm}";
        var properties = new JsonObject { ["workspaceId"] = workspaceId, ["logs"] = new JsonArray(new JsonObject { ["category"] = "AuditEvent", ["enabled"] = true }) };
        if (dedicated)
            properties["logAnalyticsDestinationType"] = "Dedicated";
        (await world.ArmAsync("PUT", $"{hsm}/providers/Microsoft.Insights/diagnosticSettings/audit", new JsonObject { ["properties"] = properties }, version: "2021-05-01-preview")).Expect(200);
        return (world, hsm, workspace, workspaceId);
    }

    private static Task<Reply> LogsAsync(World world, string workspace, string query, PrincipalCredential? @as = null, string timespan = "PT12H") => world.SendAsync(
        "POST", $"https://api.loganalytics.io/v1/workspaces/{workspace}/query", new JsonObject { ["query"] = query, ["timespan"] = timespan }, @as);

    private static async Task<string> RowsAsync(World world, string workspace, string query) =>
        (await LogsAsync(world, workspace, query)).Expect(200).Json["tables"]![0]!["rows"]!.ToJsonString();

    private static async Task UnwrapBadlyAsync(World world, PrincipalCredential caller)
    {
        (await world.HsmAsync("POST", Hsm, "/keys/k/unwrapkey", new JsonObject { ["alg"] = "RSA-OAEP-256", ["value"] = "AAAA" }, caller)).Expect(403);
    }

    [Fact]
    public async Task A_refused_unwrap_can_be_queried_once_it_has_arrived()
    {
        var (world, _, workspace, _) = await WatchedAsync();
        await using var _1 = world;
        var stranger = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "stranger");
        await UnwrapBadlyAsync(world, stranger);
        const string Query = """
            AzureDiagnostics
            | where ResourceProvider == "MICROSOFT.KEYVAULT" and ResourceType == "MANAGEDHSMS"
            | where OperationName has "unwrap" or requestUri_s has "/unwrapkey"
            | where httpStatusCode_d >= 400 and not(httpStatusCode_d == 401)
            | summarize failures = count() by bin(TimeGenerated, 5m), ResultSignature, identity_claim_oid_g
            | project failures, ResultSignature, identity_claim_oid_g
            """;
        Assert.Equal("[]", await RowsAsync(world, workspace, Query));
        Assert.Equal("[]", await RowsAsync(world, workspace, "AzureDiagnostics | where OperationName == 'KeyUnwrap' and httpStatusCode_d >= 400"));
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal($"""[[1,"Forbidden","{stranger.ObjectId}"]]""", await RowsAsync(world, workspace, Query));
        Assert.Equal("""[["KeyUnwrap"]]""", await RowsAsync(world, workspace, "AzureDiagnostics | where OperationName == 'KeyUnwrap' and httpStatusCode_d >= 400 | project OperationName"));
    }

    [Fact]
    public async Task The_key_version_that_was_used_is_in_the_log()
    {
        var (world, _, workspace, _) = await WatchedAsync(dedicated: true);
        await using var _1 = world;
        var wrapped = (await world.HsmAsync("POST", Hsm, "/keys/k/wrapkey", new JsonObject { ["alg"] = "RSA-OAEP-256", ["value"] = "AAAA" })).Expect(200).Json;
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(6));

        Assert.Equal($"""[["KeyWrap","{(string?)wrapped["kid"]}",200]]""", await RowsAsync(world, workspace, "AZKVAuditLogs | where OperationName == 'KeyWrap' | project OperationName, Id, HttpStatusCode"));
        Assert.Equal("[[0]]", await RowsAsync(world, workspace, "AzureDiagnostics | count"));
    }

    [Fact]
    public async Task The_handshake_is_logged_as_authentication()
    {
        var (world, _, workspace, _) = await WatchedAsync();
        await using var _1 = world;
        (await world.SendAsync("GET", $"https://{Hsm}.managedhsm.azure.net/keys?api-version=7.4", token: "")).Expect(401);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(6));

        Assert.Equal("[[1]]", await RowsAsync(world, workspace, "AzureDiagnostics | where OperationName == 'Authentication' and httpStatusCode_d == 401 | count"));
    }

    [Fact]
    public async Task Nothing_is_logged_before_a_setting_or_after_it_and_what_was_logged_stays()
    {
        var (world, hsm, workspace, _) = await WatchedAsync();
        await using var _1 = world;
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        (await world.HsmAsync("GET", Hsm, "/keys")).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        (await world.ArmAsync("DELETE", $"{hsm}/providers/Microsoft.Insights/diagnosticSettings/audit")).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));
        (await world.HsmAsync("GET", Hsm, "/keys")).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal("[[1]]", await RowsAsync(world, workspace, "AzureDiagnostics | where OperationName == 'KeyList' | count"));
        Assert.Equal("[[0]]", await RowsAsync(world, workspace, "AzureDiagnostics | where OperationName == 'KeyCreate' | count"));
        (await world.ArmAsync("GET", $"{hsm}/providers/Microsoft.Insights/diagnosticSettings/audit")).Refused(404, "ResourceNotFound");
    }

    [Theory]
    [InlineData("Nowhere | take 1", 400, "BadArgumentError", "SemanticError")]
    [InlineData("AzureDiagnostics | where (", 400, "BadArgumentError", "SyntaxError")]
    public async Task A_log_query_that_can_not_be_read_is_refused(string query, int status, string code, string inner)
    {
        var (world, _, workspace, _) = await WatchedAsync();
        await using var _1 = world;

        Assert.Equal(inner, (await LogsAsync(world, workspace, query)).Refused(status, code).InnerCode);
    }

    [Fact]
    public async Task Logs_need_a_role_on_the_workspace()
    {
        var (world, _, workspace, workspaceId) = await WatchedAsync();
        await using var _1 = world;
        var reader = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "reader");
        (await LogsAsync(world, workspace, "AzureDiagnostics", reader)).Refused(403, "InsufficientAccessError");
        (await world.ArmGrantAsync(workspaceId, Roles.Reader, reader.ObjectId)).Expect(201);

        (await LogsAsync(world, workspace, "AzureDiagnostics", reader)).Expect(200);
        (await LogsAsync(world, Guid.Empty.ToString(), "AzureDiagnostics")).Refused(404, "WorkspaceNotFoundError");
        (await world.SendAsync("POST", $"https://api.loganalytics.io/v1/workspaces/{workspace}/query", new JsonObject(), token: "")).Refused(401, "AuthorizationRequiredError");
    }

    [Fact]
    public async Task Metrics_count_calls_by_status()
    {
        var (world, hsm, _, _) = await WatchedAsync();
        await using var _1 = world;
        var stranger = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "stranger");
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));
        var start = world.Azure.Clock.GetUtcNow();
        for (var i = 0; i < 3; i++)
            (await world.HsmAsync("GET", Hsm, "/keys")).Expect(200);
        await UnwrapBadlyAsync(world, stranger);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(5));
        var span = $"{start:yyyy-MM-ddTHH:mm:ssZ}/{start.AddMinutes(5):yyyy-MM-ddTHH:mm:ssZ}";
        var metric = (await world.ArmAsync("GET", $"{hsm}/providers/Microsoft.Insights/metrics?metricnames=ServiceApiHit&timespan={span}&interval=PT5M&aggregation=Count&$filter=StatusCode eq '*'", version: "2018-01-01")).Expect(200).Json["value"]![0]!;
        var series = metric["timeseries"]!.AsArray().ToDictionary(one => (string)one!["metadatavalues"]![0]!["value"]!, one => (double)one!["data"]![0]!["count"]!);

        Assert.Equal((3.0, 1.0), (series["200"], series["403"]));
        var availability = (await world.ArmAsync("GET", $"{hsm}/providers/Microsoft.Insights/metrics?metricnames=Availability&timespan={span}&interval=PT5M&aggregation=Average", version: "2018-01-01")).Expect(200).Json;
        Assert.Equal(100.0, (double)availability["value"]![0]!["timeseries"]![0]!["data"]![0]!["average"]!);
        (await world.ArmAsync("GET", $"{hsm}/providers/Microsoft.Insights/metrics?metricnames=SaturationShoebox", version: "2018-01-01")).Refused(400, "BadRequest");
    }

    [Fact]
    public async Task A_log_alert_fires_once_calls_the_webhook_and_resolves()
    {
        var (world, _, _, workspaceId) = await WatchedAsync();
        await using var _1 = world;
        using var hook = new Webhook();
        var group = await GroupAsync(world, hook.Url);
        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.Insights/scheduledQueryRules/unwrap-failures", JsonNode.Parse($$$"""
            {"location":"eastus2","kind":"LogAlert","properties":{"severity":1,"enabled":true,"scopes":["{{{workspaceId}}}"],"evaluationFrequency":"PT5M","windowSize":"PT5M",
             "criteria":{"allOf":[{"query":"AzureDiagnostics | where OperationName == 'KeyUnwrap' and httpStatusCode_d >= 400","timeAggregation":"Count","operator":"GreaterThan","threshold":0,
               "failingPeriods":{"numberOfEvaluationPeriods":1,"minFailingPeriodsToAlert":1} }] },"actions":{"actionGroups":["{{{group}}}"]},"autoMitigate":true} }
            """), version: "2021-08-01")).Expect(201);
        var stranger = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "stranger");
        await UnwrapBadlyAsync(world, stranger);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Empty(await AlertsAsync(world));
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));

        var fired = JsonNode.Parse(await hook.NextAsync())!;
        Assert.Equal("azureMonitorCommonAlertSchema", (string?)fired["schemaId"]);
        var essentials = fired["data"]!["essentials"]!;
        Assert.Equal(("unwrap-failures", "Sev1", "Log", "Fired", "Log Alerts V2"), ((string?)essentials["alertRule"], (string?)essentials["severity"], (string?)essentials["signalType"], (string?)essentials["monitorCondition"], (string?)essentials["monitoringService"]));
        Assert.Equal(1.0, (double)fired["data"]!["alertContext"]!["condition"]!["allOf"]![0]!["metricValue"]!);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal("Resolved", (string?)JsonNode.Parse(await hook.NextAsync())!["data"]!["essentials"]!["monitorCondition"]);
        var alert = Assert.Single(await AlertsAsync(world))!["properties"]!["essentials"]!;
        Assert.Equal(("Resolved", "New"), ((string?)alert["monitorCondition"], (string?)alert["alertState"]));
    }

    [Fact]
    public async Task A_metric_alert_fires_while_the_hsm_fails()
    {
        var (world, hsm, _, _) = await WatchedAsync();
        await using var _1 = world;
        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.Insights/metricAlerts/availability", JsonNode.Parse($$$"""
            {"location":"global","properties":{"severity":2,"enabled":true,"scopes":["{{{hsm}}}"],"evaluationFrequency":"PT1M","windowSize":"PT5M",
             "criteria":{"odata.type":"Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria","allOf":[{"criterionType":"StaticThresholdCriterion","name":"cond0","metricName":"Availability","timeAggregation":"Average","dimensions":[],"operator":"LessThan","threshold":99.0}] },
             "actions":[],"autoMitigate":true} }
            """), version: "2018-03-01")).Expect(200);
        (await world.HsmAsync("GET", Hsm, "/keys")).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Empty(await AlertsAsync(world));
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.ServerError, Host = $"{Hsm}.managedhsm.azure.net", Count = 1 });
        (await world.HsmAsync("GET", Hsm, "/keys")).Expect(500);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(1));

        var alert = Assert.Single(await AlertsAsync(world))!;
        Assert.Equal(("Fired", hsm), ((string?)alert["properties"]!["essentials"]!["monitorCondition"], (string?)alert["properties"]!["essentials"]!["targetResource"]));
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal("Resolved", (string?)Assert.Single(await AlertsAsync(world))!["properties"]!["essentials"]!["monitorCondition"]);
        (await world.ArmAsync("POST", $"{(string?)alert["id"]}/changestate?newState=Closed")).Expect(200);
        Assert.Empty(await AlertsAsync(world, "?alertState=New"));
    }

    [Fact]
    public async Task An_activity_log_alert_tells_of_a_deleted_hsm()
    {
        var (world, hsm, _, _) = await WatchedAsync();
        await using var _1 = world;
        using var hook = new Webhook();
        var group = await GroupAsync(world, hook.Url);
        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.Insights/activityLogAlerts/deleted", JsonNode.Parse($$$"""
            {"location":"Global","properties":{"scopes":["{{{world.Subscription}}}"],"condition":{"allOf":[{"field":"category","equals":"Administrative"},{"field":"operationName","equals":"Microsoft.KeyVault/managedHSMs/delete"},{"field":"status","equals":"Succeeded"}] },
             "actions":{"actionGroups":[{"actionGroupId":"{{{group}}}"}]},"enabled":true} }
            """), version: "2020-10-01")).Expect(201);
        (await world.ArmAsync("DELETE", hsm)).Expect(202);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));

        var fired = JsonNode.Parse(await hook.NextAsync())!["data"]!;
        Assert.Equal(("Activity Log", "Activity Log - Administrative"), ((string?)fired["essentials"]!["signalType"], (string?)fired["essentials"]!["monitoringService"]));
        Assert.Equal("Microsoft.KeyVault/managedHSMs/delete", (string?)fired["alertContext"]!["operationName"]);
    }

    [Fact]
    public async Task Only_the_loopback_is_called()
    {
        var (world, hsm, _, _) = await WatchedAsync();
        await using var _1 = world;
        var group = await GroupAsync(world, "https://example.com/hook");
        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.Insights/activityLogAlerts/any", JsonNode.Parse($$$"""
            {"location":"Global","properties":{"scopes":["{{{hsm}}}"],"condition":{"allOf":[{"field":"category","equals":"Administrative"}] },"actions":{"actionGroups":[{"actionGroupId":"{{{group}}}"}]} } }
            """))).Expect(201);
        (await world.ArmAsync("PATCH", hsm, new JsonObject { ["tags"] = new JsonObject { ["a"] = "b" } })).Expect(200);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));

        Assert.NotEmpty(await AlertsAsync(world));
        Assert.All(world.Azure.Core.Estate.Current.Scan(State.Tables.Notifications), pair => Assert.Equal("not-sent", pair.Value.State));
    }

    [Theory]
    [InlineData("metricAlerts", """{"scopes":["HSM"],"criteria":{"allOf":[{"metricName":"SaturationShoebox","operator":"LessThan","timeAggregation":"Average","threshold":1}]}}""")]
    [InlineData("metricAlerts", """{"scopes":["HSM"],"criteria":{"allOf":[{"metricName":"Availability","operator":"Near","timeAggregation":"Average","threshold":1}]}}""")]
    [InlineData("metricAlerts", """{"scopes":["HSM"],"criteria":{"allOf":[{"criterionType":"DynamicThresholdCriterion","metricName":"Availability"}]}}""")]
    [InlineData("scheduledQueryRules", """{"scopes":["HSM"],"criteria":{"allOf":[{"query":"AzureDiagnostics","operator":"GreaterThan","timeAggregation":"Count","threshold":0}]}}""")]
    [InlineData("activityLogAlerts", """{"scopes":["HSM"],"condition":{"allOf":[{"field":"status","equals":"Failed"}]}}""")]
    public async Task A_rule_that_could_never_fire_is_refused(string type, string properties)
    {
        var (world, hsm, _, _) = await WatchedAsync();
        await using var _1 = world;
        var body = new JsonObject { ["location"] = type == "scheduledQueryRules" ? "eastus2" : "global", ["properties"] = JsonNode.Parse(properties.Replace("HSM", hsm, StringComparison.Ordinal)) };

        (await world.ArmAsync("PUT", $"{world.Group}/providers/Microsoft.Insights/{type}/r", body)).Refused(400, "BadRequest");
    }

    [Fact]
    public async Task Health_follows_the_region()
    {
        var (world, hsm, _, _) = await WatchedAsync();
        await using var _1 = world;
        var path = $"{hsm}/providers/Microsoft.ResourceHealth/availabilityStatuses/current";
        Assert.Equal("Available", (string?)(await world.ArmAsync("GET", path)).Expect(200).Json["properties"]!["availabilityState"]);
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.RegionDown, Region = "eastus2" });

        Assert.Equal("Unavailable", (string?)(await world.ArmAsync("GET", path)).Expect(200).Json["properties"]!["availabilityState"]);
    }

    private static async Task<string> GroupAsync(World world, string url)
    {
        var id = $"{world.Group}/providers/Microsoft.Insights/actionGroups/ops";
        (await world.ArmAsync("PUT", id, new JsonObject
        {
            ["location"] = "Global",
            ["properties"] = new JsonObject { ["groupShortName"] = "ops", ["webhookReceivers"] = new JsonArray(new JsonObject { ["name"] = "hook", ["serviceUri"] = url, ["useCommonAlertSchema"] = true }) },
        }, version: "2022-06-01")).Expect(201);
        return id;
    }

    private static async Task<List<JsonNode?>> AlertsAsync(World world, string query = "") =>
        [.. (await world.ArmAsync("GET", $"{world.Subscription}/providers/Microsoft.AlertsManagement/alerts{query}", version: "2019-05-05-preview")).Expect(200).Json["value"]!.AsArray()];

    /// <summary>A receiver on the loopback that answers every message with 200.</summary>
    private sealed class Webhook : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public Webhook() => _listener.Start();

        public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/hook";

        /// <summary>The body of the next message.</summary>
        public async Task<string> NextAsync()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, World.Stop);
            using var client = await _listener.AcceptTcpClientAsync(both.Token);
            await using var stream = client.GetStream();
            var received = new MemoryStream();
            var buffer = new byte[64 * 1024];
            while (true)
            {
                var read = await stream.ReadAsync(buffer, both.Token);
                received.Write(buffer, 0, read);
                var text = System.Text.Encoding.UTF8.GetString(received.ToArray());
                var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
                var length = System.Text.RegularExpressions.Regex.Match(text, @"Content-Length: (\d+)");
                if (end < 0 || !length.Success || received.Length < end + 4 + int.Parse(length.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture))
                    continue;
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), both.Token);
                return text[(end + 4)..];
            }
        }

        public void Dispose() => _listener.Stop();
    }
}
