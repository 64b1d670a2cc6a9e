using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.ResourceManager;

/// <summary>
/// The activity log: every request that wanted to change something, how it ended, and what the platform reports by itself. An entry
/// is written in the transaction of the change that it tells of.
/// </summary>
internal sealed partial class ActivityLog
{
    private const string Template = "/subscriptions/{subscription}/providers/Microsoft.Insights/eventtypes/management/values";

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;
    private readonly List<Action<EstateTransaction, string, ActivityEvent>> _readers = [];

    public ActivityLog(SimulatorCore core, ArmService arm)
    {
        _core = core;
        _arm = arm;
        arm.Activity = this;
        arm.Plug(
        [
            new Operation
            {
                Service = ServiceKind.ResourceManager,
                Name = "List activity log events",
                Method = "GET",
                Template = Template,
                Handler = List,
                ReadsOnly = true,
                Fidelity = Fidelity.Part,
                Note = "The filters that az sends. The newest 20,000 entries are kept.",
            },
            new Operation
            {
                Service = ServiceKind.ResourceManager,
                Name = "List activity log categories",
                Method = "GET",
                Template = "/providers/Microsoft.Insights/eventcategories",
                Handler = _ => Answer.Json(200, Shapes.List(((string[])["Administrative", "Policy", "ResourceHealth", "Alert"]).Select(Word))),
                ReadsOnly = true,
            },
        ]);
    }

    /// <summary>Adds a reader that sees each entry and its key in the transaction that writes it.</summary>
    public void OnAdded(Action<EstateTransaction, string, ActivityEvent> reader) => _readers.Add(reader);

    /// <summary>Records a request and its answer.</summary>
    public void Add(EstateTransaction tx, Call call, Answer answer)
    {
        var request = ArmRequest.Of(call);
        Add(tx, new ActivityEvent
        {
            Id = call.RequestId.ToString(),
            Time = call.Now,
            Shown = call.Now + _core.Timings.ActivityLog,
            Correlation = ArmService.CorrelationFor(call),
            OperationId = call.RequestId.ToString(),
            Action = request.Action,
            ResourceId = request.Id,
            ResourceType = request.Type,
            Caller = call.Caller.ObjectId,
            CallerName = call.Caller.UserPrincipalName ?? call.Caller.ApplicationId,
            ClientAddress = call.Request.ClientAddress.ToString(),
            Method = call.Request.Method,
            Status = answer.Status >= 400 ? "Failed" : answer.Status is 202 || answer.Headers["Azure-AsyncOperation"] is not null ? "Accepted" : "Succeeded",
            HttpStatus = answer.Status,
            Level = answer.Status >= 400 ? "Error" : "Informational",
            ErrorCode = answer.ErrorCode,
            ErrorText = answer.ErrorText,
        });
    }

    /// <summary>Records the end of a long-running operation, beside the request that started it.</summary>
    public void Ended(EstateTransaction tx, AsyncOperation operation)
    {
        if (operation.Action is null || operation.Correlation is null)
            return;
        var failed = operation.Status == "Failed";
        Add(tx, new ActivityEvent
        {
            Id = operation.Id,
            Time = tx.Now,
            Shown = tx.Now + _core.Timings.ActivityLog,
            Correlation = operation.Correlation,
            OperationId = operation.Id,
            Action = operation.Action,
            ResourceId = operation.ResourceId,
            ResourceType = ArmRequest.TypeOf(operation.ResourceId.Split('/', StringSplitOptions.RemoveEmptyEntries)).Type,
            Caller = operation.Caller,
            CallerName = operation.CallerName,
            Status = operation.Status,
            Level = failed ? "Error" : "Informational",
            ErrorCode = operation.ErrorCode,
            ErrorText = operation.ErrorMessage,
        });
    }

    /// <summary>Records what a service did to a resource by itself, such as a database that lost its key.</summary>
    /// <param name="tx">The change that it tells of.</param>
    /// <param name="resourceId">The resource.</param>
    /// <param name="action">Such as <c>Microsoft.Sql/servers/databases/MakeDatabaseInaccessible/action</c>.</param>
    /// <param name="status"><c>Started</c>, <c>Succeeded</c> or <c>Failed</c>.</param>
    /// <param name="code">The service's code for why.</param>
    /// <param name="description">Why, in words.</param>
    /// <param name="delay">Time until the log shows it, where that is not the log's own.</param>
    public void Happened(EstateTransaction tx, string resourceId, string action, string status, string? code = null, string? description = null, TimeSpan? delay = null) =>
        Add(tx, new ActivityEvent
        {
            Id = tx.NextGuid().ToString(),
            Time = tx.Now,
            Shown = tx.Now + (delay ?? _core.Timings.ActivityLog),
            Correlation = tx.NextGuid().ToString(),
            OperationId = tx.NextGuid().ToString(),
            Action = action,
            ResourceId = resourceId,
            ResourceType = ArmRequest.TypeOf(resourceId.Split('/', StringSplitOptions.RemoveEmptyEntries)).Type,
            Status = status,
            Level = code is null ? "Informational" : "Error",
            Description = description,
            ErrorCode = code,
            ErrorText = description,
        });

    /// <summary>Records anything else, such as what a provider's own watch found out. The oldest entries make room.</summary>
    public void Add(EstateTransaction tx, ActivityEvent entry)
    {
        var number = (tx.Find(Tables.Meta, MetaKeys.Activity)?.Number ?? 0) + 1;
        tx.Put(Tables.Meta, MetaKeys.Activity, new MetaRow { Number = number });
        var key = string.Create(CultureInfo.InvariantCulture, $"{entry.Time.UtcTicks:D19}/{number:D12}");
        tx.Put(Tables.Activity, key, entry);
        while (tx.Count(Tables.Activity) > Limits.ActivityEvents && tx.FirstKey(Tables.Activity) is { } oldest)
            tx.Remove(Tables.Activity, oldest);
        foreach (var reader in _readers)
            reader(tx, key, entry);
    }

    private static JsonObject Word(string value) => new() { ["value"] = value, ["localizedValue"] = value };

    private Answer List(Call call)
    {
        var view = call.Read();
        var filter = Filter(call);
        var after = call.Parameter("$skiptoken");
        // Newest first, as the service lists.
        var found = view.Scan(Tables.Activity).Reverse()
            .SkipWhile(pair => after is not null && string.CompareOrdinal(pair.Key, after) >= 0)
            .Where(pair => pair.Value.Shown <= call.Now && filter(pair.Value))
            .Where(pair => AccessControl.Allows(view, call.Caller, "Microsoft.Insights/eventtypes/values/read", pair.Value.ResourceId, call.Now))
            .Take(Limits.ActivityPage + 1)
            .ToList();
        var list = Shapes.List(found.Take(Limits.ActivityPage).SelectMany(pair => Shape(pair.Value)).Select(json => Selected(call, json)));
        if (found.Count > Limits.ActivityPage)
            list["nextLink"] = GenericResources.NextLink(call, found[Limits.ActivityPage - 1].Key);
        return Answer.Json(200, list);
    }

    private static JsonObject Selected(Call call, JsonObject json)
    {
        if (call.Parameter("$select") is not { Length: > 0 } select)
            return json;
        var wanted = select.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var selected = new JsonObject();
        foreach (var (name, value) in json)
            if (wanted.Contains(name, StringComparer.OrdinalIgnoreCase))
                selected[name] = value?.DeepClone();
        return selected;
    }

    /// <summary>A request shows twice: that it began, and how it ended.</summary>
    private IEnumerable<JsonObject> Shape(ActivityEvent entry)
    {
        yield return Shape(entry, entry.Status, entry.Method is null && (entry.Category != "Administrative" || entry.Caller is null) ? "Event" : "EndRequest");
        if (entry.Method is not null)
            yield return Shape(entry, "Started", "BeginRequest");
    }

    private JsonObject Shape(ActivityEvent entry, string status, string name)
    {
        _ = ArmId.TryParse(entry.ResourceId, out var id);
        var eventId = name == "BeginRequest" ? Begun(entry.Id) : entry.Id;
        var properties = entry.Properties.ToNode() as JsonObject ?? new JsonObject
        {
            ["eventCategory"] = entry.Category,
            ["entity"] = entry.ResourceId,
            ["message"] = entry.Action,
            ["hierarchy"] = _core.Subscription,
        };
        if (name == "EndRequest" && entry.HttpStatus > 0)
            properties["statusCode"] = ((HttpStatusCode)entry.HttpStatus).ToString();
        if (name != "BeginRequest" && entry.ErrorCode is not null)
            properties["statusMessage"] = new JsonObject { ["error"] = new JsonObject { ["code"] = entry.ErrorCode, ["message"] = entry.ErrorText } }.ToJsonString();
        return new JsonObject
        {
            ["authorization"] = new JsonObject { ["action"] = entry.Action, ["scope"] = entry.ResourceId },
            ["caller"] = entry.CallerName,
            ["channels"] = "Operation",
            ["claims"] = new JsonObject
            {
                ["appid"] = entry.CallerName,
                ["http://schemas.microsoft.com/identity/claims/objectidentifier"] = entry.Caller,
                ["http://schemas.microsoft.com/identity/claims/tenantid"] = _core.Tenant,
                ["ipaddr"] = entry.ClientAddress,
            },
            ["correlationId"] = entry.Correlation,
            ["description"] = entry.Description ?? "",
            ["eventDataId"] = eventId,
            ["eventName"] = Word(name),
            ["category"] = Word(entry.Category),
            ["eventTimestamp"] = Shapes.Time(entry.Time),
            ["httpRequest"] = entry.Method is null ? null : new JsonObject { ["clientRequestId"] = entry.OperationId, ["clientIpAddress"] = entry.ClientAddress, ["method"] = entry.Method },
            ["id"] = $"{entry.ResourceId}/events/{eventId}/ticks/{entry.Time.UtcTicks.ToString(CultureInfo.InvariantCulture)}",
            ["level"] = name == "BeginRequest" ? "Informational" : entry.Level,
            ["operationId"] = entry.OperationId,
            ["operationName"] = Word(entry.Action),
            ["resourceGroupName"] = id?.Group ?? "",
            ["resourceProviderName"] = Word(entry.ResourceType.Split('/')[0]),
            ["resourceType"] = Word(entry.ResourceType),
            ["resourceId"] = entry.ResourceId,
            ["status"] = Word(status),
            ["subStatus"] = entry.HttpStatus > 0 && name != "BeginRequest"
                ? new JsonObject { ["value"] = ((HttpStatusCode)entry.HttpStatus).ToString(), ["localizedValue"] = string.Create(CultureInfo.InvariantCulture, $"{(HttpStatusCode)entry.HttpStatus} (HTTP Status Code: {entry.HttpStatus})") }
                : Word(""),
            ["submissionTimestamp"] = Shapes.Time(entry.Shown),
            ["subscriptionId"] = _core.Subscription,
            ["tenantId"] = _core.Tenant,
            ["properties"] = properties,
        };
    }

    /// <summary>A second id that follows from the first.</summary>
    private static string Begun(string id) =>
        new Guid(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(id + "\nbegin")).AsSpan(0, 16)).ToString();

    private Func<ActivityEvent, bool> Filter(Call call)
    {
        if (call.Parameter("$filter") is not { Length: > 0 } text)
            throw _arm.Refuse(call, 400, "BadRequest", "The $filter query parameter is required: it must limit eventTimestamp.");
        var tests = new List<Func<ActivityEvent, bool>>();
        foreach (var part in AndWord().Split(text))
        {
            if (Comparison().Match(part.Trim()) is not { Success: true } match)
                throw Bad();
            var value = match.Groups["value"].Value;
            var word = match.Groups["op"].Value.ToLowerInvariant();
            var field = match.Groups["field"].Value.ToLowerInvariant();
            if (field == "eventtimestamp")
            {
                if (!DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
                    throw Bad();
                tests.Add(word switch
                {
                    "ge" => entry => entry.Time >= time,
                    "gt" => entry => entry.Time > time,
                    "le" => entry => entry.Time <= time,
                    "lt" => entry => entry.Time < time,
                    _ => throw Bad(),
                });
                continue;
            }
            if (word != "eq")
                throw Bad();
            tests.Add(field switch
            {
                "resourcegroupname" => entry => Same(ArmId.TryParse(entry.ResourceId, out var id) ? id.Group : null, value),
                "resourceuri" or "resourceid" => entry => ArmId.IsWithin(entry.ResourceId, value),
                "resourceprovider" => entry => Same(entry.ResourceType.Split('/')[0], value),
                "resourcetype" => entry => Same(entry.ResourceType, value),
                "correlationid" => entry => Same(entry.Correlation, value),
                "caller" => entry => Same(entry.CallerName, value) || Same(entry.Caller, value),
                "status" => entry => Same(entry.Status, value),
                "operationname" => entry => Same(entry.Action, value),
                "category" => entry => Same(entry.Category, value),
                "eventchannels" or "levels" => _ => true,
                _ => throw Bad(),
            });
        }
        return entry => tests.TrueForAll(test => test(entry));

        RefusedException Bad() => _arm.Refuse(call, 400, "BadRequest", $"The filter '{text}' is not supported: eventTimestamp with ge and le, and eq on resourceGroupName, resourceUri, resourceProvider, resourceType, correlationId, caller, status, operationName and category are.");

        static bool Same(string? a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
    }

    [GeneratedRegex(@"\s+and\s+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex AndWord();

    [GeneratedRegex(@"^(?<field>\w+)\s+(?<op>\w+)\s+'?(?<value>[^']*)'?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Comparison();
}
