using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.Kusto;
using Runbook.Simulator.Policy;
using Runbook.Simulator.State;

namespace Runbook.Simulator.ResourceManager;

/// <summary>Resource Graph: queries over what the caller may read, in a subset of the query language.</summary>
internal sealed class ResourceGraph
{
    private const int PageRows = 1000;
    private const int QueriesPerWindow = 15;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    private static readonly KustoColumn[] ResourceColumns =
    [
        new("id", "string"), new("name", "string"), new("type", "string"), new("tenantId", "string"), new("kind", "string"), new("location", "string"),
        new("resourceGroup", "string"), new("subscriptionId", "string"), new("managedBy", "string"), new("sku", "dynamic"), new("plan", "dynamic"),
        new("properties", "dynamic"), new("tags", "dynamic"), new("identity", "dynamic"), new("zones", "dynamic"), new("extendedLocation", "dynamic"),
    ];

    private static readonly KustoColumn[] SmallColumns =
    [
        new("id", "string"), new("name", "string"), new("type", "string"), new("tenantId", "string"), new("kind", "string"), new("location", "string"),
        new("resourceGroup", "string"), new("subscriptionId", "string"), new("properties", "dynamic"), new("tags", "dynamic"),
    ];

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;
    private readonly bool _throttles;
    private readonly Dictionary<string, (DateTimeOffset From, int Count)> _windows = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    public ResourceGraph(SimulatorCore core, ArmService arm, bool throttles)
    {
        _core = core;
        _arm = arm;
        _throttles = throttles;
        arm.Plug(
        [
            new Operation
            {
                Service = ServiceKind.ResourceManager,
                Name = "Query resources",
                Method = "POST",
                Template = "/providers/Microsoft.ResourceGraph/resources",
                Handler = Query,
                ReadsOnly = true,
                Fidelity = Fidelity.Part,
                Note = "Tables resources, resourcecontainers, authorizationresources, policyresources and healthresources; a subset of the language; no facets.",
            },
        ]);
    }

    private Answer Query(Call call)
    {
        var left = Take(call);
        var body = call.Json();
        var query = body.Loose("query").Text() ?? throw Invalid(call, "The query is missing.", 0, "");
        var options = body.Loose("options");
        if (options.At("resultFormat").Text() is { } format && format is not ("objectArray" or "table"))
            throw Invalid(call, $"The result format '{format}' is not objectArray or table.", 0, format);
        var top = Math.Clamp(options.At("$top").Number() ?? PageRows, 1, PageRows);
        var skip = options.At("$skipToken").Text() is { } token ? SkipOf(call, token) : Math.Max(0, options.At("$skip").Number() ?? 0);
        var view = call.Read();
        var all = InScope(body);
        KustoTable table;
        List<object?[]> rows;
        bool limited;
        try
        {
            table = KustoParser.Run(query, name => all ? Table(view, call, name) : Table(view, call, name) is { } known ? known with { Rows = [] } : null, call.Now, out limited);
            rows = [.. KustoOperators.Counted(table.Rows)];
        }
        catch (KustoException error)
        {
            throw Invalid(call, error.Message, error.Position, error.Token);
        }
        catch (System.Text.RegularExpressions.RegexMatchTimeoutException)
        {
            throw Invalid(call, "A pattern takes too long.", 0, "");
        }
        var page = rows.Skip(skip).Take(top).ToList();
        var more = skip + page.Count < rows.Count;
        var json = new JsonObject
        {
            ["totalRecords"] = rows.Count,
            ["count"] = page.Count,
            ["resultTruncated"] = more ? "true" : "false",
            ["facets"] = new JsonArray(),
            ["data"] = options.At("resultFormat").Text() == "table" ? AsTable(table, page) : AsObjects(table, page),
        };
        if (more && !limited && table.IndexOf("id") >= 0)
            json["$skipToken"] = TokenOf(skip + page.Count);
        return Answer.Json(200, json)
            .With("x-ms-user-quota-remaining", Math.Max(0, left).ToString(CultureInfo.InvariantCulture))
            .With("x-ms-user-quota-resets-after", "00:00:05")
            .With("x-ms-resource-graph-request-duration", "0:00:00:00.0100000");
    }

    private static JsonArray AsObjects(KustoTable table, List<object?[]> rows)
    {
        var data = new JsonArray();
        foreach (var row in rows)
        {
            var item = new JsonObject();
            for (var i = 0; i < table.Columns.Count; i++)
                item[table.Columns[i].Name] = KustoValue.Node(row[i] ?? (table.Columns[i].Type == "string" ? "" : null));
            data.Add((JsonNode)item);
        }
        return data;
    }

    private static JsonObject AsTable(KustoTable table, List<object?[]> rows)
    {
        var columns = new JsonArray();
        foreach (var column in table.Columns)
            columns.Add((JsonNode)new JsonObject { ["name"] = column.Name, ["type"] = column.Type switch { "long" => "integer", "real" => "number", "bool" => "boolean", "dynamic" => "object", _ => "string" } });
        var data = new JsonArray();
        foreach (var row in rows)
            data.Add((JsonNode)new JsonArray([.. row.Select((value, i) => KustoValue.Node(value ?? (table.Columns[i].Type == "string" ? "" : null)))]));
        return new JsonObject { ["columns"] = columns, ["rows"] = data };
    }

    /// <summary>Takes one query out of the caller's window; what is left of it.</summary>
    private int Take(Call call)
    {
        var now = _core.Clock.Host.GetUtcNow();
        lock (_lock)
        {
            var window = _windows.GetValueOrDefault(call.Caller.ObjectId);
            if (now - window.From >= Window)
                window = (now, 0);
            window = (window.From, window.Count + 1);
            _windows[call.Caller.ObjectId] = window;
            if (_throttles && window.Count > QueriesPerWindow)
                throw new RefusedException(_arm.Error(call, 429, "RateLimiting", "Please provide below info when asking for support: timestamp, correlationId. Client application has been throttled and should not attempt to repeat the request until an amount of time has elapsed.")
                    .With("x-ms-user-quota-remaining", "0").With("x-ms-user-quota-resets-after", "00:00:05").With("Retry-After", "5"));
            return QueriesPerWindow - window.Count;
        }
    }

    private static RefusedException Invalid(Call call, string why, int at, string token)
    {
        const string Query = "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying.";
        var line = 1;
        var text = call.HasBody ? call.Json().Loose("query").Text() ?? "" : "";
        for (var i = 0; i < Math.Min(at, text.Length); i++)
            if (text[i] == '\n')
                line++;
        var start = at > 0 && text.Length > 0 ? text.LastIndexOf('\n', Math.Min(at, text.Length) - 1) + 1 : 0;
        var json = new JsonObject
        {
            ["error"] = new JsonObject
            {
                ["code"] = "BadRequest",
                ["message"] = $"Please provide below info when asking for support: timestamp = {Shapes.Time(call.Now)}, correlationId = {ArmService.CorrelationFor(call)}.",
                ["details"] = new JsonArray(
                    new JsonObject { ["code"] = "InvalidQuery", ["message"] = Query },
                    new JsonObject { ["code"] = "ParserFailure", ["message"] = why, ["line"] = line, ["characterPositionInLine"] = Math.Max(0, at - start), ["token"] = token, ["expectedToken"] = "" }),
            },
        };
        return new RefusedException(Answer.Json(400, json, "BadRequest", why));
    }

    /// <summary>Whether the subscription is asked about; without any named scope it is.</summary>
    private bool InScope(JsonElement body)
    {
        var named = body.Loose("subscriptions").Texts() ?? [];
        return named.Count == 0 || named.Contains(_core.Subscription, StringComparer.OrdinalIgnoreCase);
    }

    private static string TokenOf(int skip) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{{\"$id\":\"1\",\"skip\":{skip.ToString(CultureInfo.InvariantCulture)}}}"));

    private static int SkipOf(Call call, string token)
    {
        try
        {
            using var document = JsonDocument.Parse(Convert.FromBase64String(token));
            return document.RootElement.GetProperty("skip").GetInt32();
        }
        catch (Exception error) when (error is FormatException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Invalid(call, "The skip token can't be read.", 0, token);
        }
    }

    private KustoTable? Table(EstateView view, Call call, string name) => name.ToLowerInvariant() switch
    {
        "resources" => new KustoTable(ResourceColumns, Resources(view, call)),
        "resourcecontainers" => new KustoTable(ResourceColumns, Containers(view, call)),
        "authorizationresources" => new KustoTable(SmallColumns, Authorization(view, call)),
        "policyresources" => new KustoTable(SmallColumns, Policy(view, call)),
        "healthresources" => new KustoTable(SmallColumns, Health(view, call)),
        _ => null,
    };

    private IEnumerable<object?[]> Resources(EstateView view, Call call)
    {
        var reads = new ReadableBy(view, call.Caller, call.Now);
        foreach (var (_, resource) in view.Scan(Tables.Resources))
        {
            // Children are not in the table, but for the few that are tracked by themselves.
            if ((resource.Type.AsSpan().Count('/') != 1 && !resource.Type.Equals("Microsoft.Sql/servers/databases", StringComparison.OrdinalIgnoreCase)) || !reads.Allows(resource.Type, resource.Id))
                continue;
            yield return
            [
                resource.Id, resource.Name, resource.Type.ToLowerInvariant(), _core.Tenant, resource.Kind ?? "", resource.Location ?? "", GroupOf(resource.Id), _core.Subscription,
                resource.ManagedBy ?? "", resource.Sku, null, resource.Properties, resource.Tags is { Count: > 0 } tags ? Shapes.Tags(tags).ToElement() : null,
                resource.Identity is { } identity ? Shapes.Identity(view, identity).ToElement() : null, null, null,
            ];
        }
    }

    private static string GroupOf(string id) => ArmId.TryParse(id, out var parsed) ? parsed.Group?.ToLowerInvariant() ?? "" : "";

    private IEnumerable<object?[]> Containers(EstateView view, Call call)
    {
        var reads = new ReadableBy(view, call.Caller, call.Now);
        var subscription = $"/subscriptions/{_core.Subscription}";
        if (reads.Allows("Microsoft.Resources/subscriptions", subscription))
            yield return Container(subscription, "Runbook rehearsal", "microsoft.resources/subscriptions", "", "", new JsonObject { ["state"] = "Enabled" }, TagRoutes.OfSubscription(view), "");
        foreach (var (_, group) in view.Scan(Tables.Groups))
            if (reads.Allows(ArmRequest.GroupType, group.Id))
                yield return Container(group.Id, group.Name, "microsoft.resources/subscriptions/resourcegroups", group.Location, group.Name.ToLowerInvariant(), new JsonObject { ["provisioningState"] = group.ProvisioningState }, group.Tags, group.ManagedBy ?? "");
    }

    private object?[] Container(string id, string name, string type, string location, string group, JsonObject properties, SortedDictionary<string, string>? tags, string managedBy) =>
        [id, name, type, _core.Tenant, "", location, group, _core.Subscription, managedBy, null, null, properties.ToElement(), tags is { Count: > 0 } some ? Shapes.Tags(some).ToElement() : null, null, null, null];

    private object?[] Small(string id, string name, string type, string location, JsonNode? properties) =>
        [id, name, type, _core.Tenant, "", location, GroupOf(id), _core.Subscription, properties?.ToElement(), null];

    private IEnumerable<object?[]> Authorization(EstateView view, Call call)
    {
        var reads = new ReadableBy(view, call.Caller, call.Now);
        foreach (var (_, assignment) in view.Scan(Tables.RoleAssignments))
            if (assignment.Until is null && reads.Allows("Microsoft.Authorization/roleAssignments", assignment.Scope))
                yield return Small(assignment.Id, assignment.Name, "microsoft.authorization/roleassignments", "global", new JsonObject
                {
                    ["roleDefinitionId"] = $"/providers/Microsoft.Authorization/RoleDefinitions/{assignment.Role}",
                    ["principalId"] = assignment.PrincipalId,
                    ["principalType"] = assignment.PrincipalType,
                    ["scope"] = assignment.Scope,
                    ["createdOn"] = Shapes.Time(assignment.Created),
                    ["createdBy"] = assignment.CreatedBy,
                });
        foreach (var role in ArmRoles.All)
            yield return Small($"/providers/Microsoft.Authorization/RoleDefinitions/{role.Id}", role.Id, "microsoft.authorization/roledefinitions", "global", new JsonObject { ["roleName"] = role.Name, ["type"] = "BuiltInRole" });
        foreach (var (_, role) in view.Scan(Tables.Roles))
            yield return Small($"/subscriptions/{_core.Subscription}/providers/Microsoft.Authorization/roleDefinitions/{role.Name}", role.Name, "microsoft.authorization/roledefinitions", "global", new JsonObject { ["roleName"] = role.RoleName, ["type"] = "CustomRole" });
    }

    private IEnumerable<object?[]> Policy(EstateView view, Call call)
    {
        var reads = new ReadableBy(view, call.Caller, call.Now);
        foreach (var state in Compliance.Latest(view))
            if (reads.Allows(state.ResourceType, state.ResourceId))
            {
                var name = $"{state.AssignmentId[(state.AssignmentId.LastIndexOf('/') + 1)..]}:{state.ReferenceId}";
                yield return Small($"{state.ResourceId}/providers/Microsoft.PolicyInsights/policyStates/{name}", name, "microsoft.policyinsights/policystates", state.Location ?? "", new JsonObject
                {
                    ["resourceId"] = state.ResourceId,
                    ["resourceType"] = state.ResourceType,
                    ["resourceLocation"] = state.Location,
                    ["complianceState"] = state.State,
                    ["policyAssignmentId"] = state.AssignmentId,
                    ["policyDefinitionId"] = state.DefinitionId,
                    ["policyDefinitionAction"] = state.Effect,
                    ["policySetDefinitionId"] = state.SetId,
                    ["policyDefinitionReferenceId"] = state.ReferenceId,
                    ["timestamp"] = Shapes.Time(state.Time),
                });
            }
        foreach (var (_, policy) in view.Scan(Tables.Policies))
            if (reads.Allows(policy.Type, policy.Scope))
                yield return Small(policy.Id, policy.Name, policy.Type.ToLowerInvariant(), policy.Location ?? "", policy.Properties.ToNode());
    }

    private IEnumerable<object?[]> Health(EstateView view, Call call)
    {
        var reads = new ReadableBy(view, call.Caller, call.Now);
        foreach (var (_, resource) in view.Scan(Tables.Resources))
            if (ResourceHealth.IsWatched(resource.Type) && reads.Allows(resource.Type, resource.Id))
                yield return Small($"{resource.Id}/providers/Microsoft.ResourceHealth/availabilityStatuses/current", "current", "microsoft.resourcehealth/availabilitystatuses", resource.Location ?? "", new JsonObject
                {
                    ["targetResourceId"] = resource.Id,
                    ["targetResourceType"] = resource.Type,
                    ["availabilityState"] = _core.Faults.IsRegionDown(resource.Location) ? "Unavailable" : "Available",
                });
    }
}
