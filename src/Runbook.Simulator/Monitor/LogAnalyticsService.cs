using System.Globalization;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.Identity;
using Runbook.Simulator.Kusto;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Monitor;

/// <summary>The query endpoint of Log Analytics workspaces.</summary>
internal sealed class LogAnalyticsService(SimulatorCore core) : Service(core)
{
    private const string Note = "Tables AzureDiagnostics and AZKVAuditLogs of managed HSMs and vaults, and a subset of the language; one workspace a query.";

    private readonly AuditLog _audit = new(core);

    public override ServiceKind Kind => ServiceKind.LogAnalytics;

    public override IEnumerable<Operation> Operations =>
    [
        Op("Query a workspace", "POST", call => Query(call, call.Json().Member("query").Text(), call.Json().Member("timespan").Text())),
        Op("Query a workspace by URL", "GET", call => Query(call, call.Parameter("query"), call.Parameter("timespan"))),
    ];

    private static Operation Op(string name, string method, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.LogAnalytics,
        Name = name,
        Method = method,
        Template = "/v1/workspaces/{workspace}/query",
        Handler = handler,
        ReadsOnly = true,
        Fidelity = Fidelity.Part,
        Note = Note,
    };

    public override void Admit(Call call)
    {
        var fault = Core.Tokens.Check(call.Request.Headers["Authorization"], ["https://api.loganalytics.io", "https://api.loganalytics.azure.com"], out var caller);
        call.Caller = caller;
        if (fault != TokenFault.None)
            throw new RefusedException(Error(call, 401, fault == TokenFault.Missing ? "AuthorizationRequiredError" : "InvalidTokenError", fault == TokenFault.Missing ? "Valid authentication was not provided" : "The provided authentication is not valid for this resource")
                .With("WWW-Authenticate", $"Bearer authorization_uri=\"https://{HostNames.Login}/{Core.Tenant}\", resource_id=\"https://api.loganalytics.io\""));
    }

    public override Answer NoSuchOperation(Call call, bool knownPath) => Error(call, knownPath ? 405 : 404, "PathNotFoundError", "The requested path does not exist");

    public override Answer Malformed(Call call, string why) => Error(call, 400, "BadArgumentError", "The request had some invalid properties", "MalformedRequest", why);

    public override Answer Error(Call call, int status, string code, string message) => Error(call, status, code, message, null, null);

    public override Answer Finish(Call call, Answer answer)
    {
        answer.Headers.Set("x-ms-request-id", call.RequestId.ToString());
        answer.Headers.Set("Strict-Transport-Security", "max-age=15724800; includeSubDomains");
        return answer;
    }

    public override string? ResourceOf(Call call) => call.Route is null ? null : Workspaces.ByCustomerId(Core.Estate.Current, call.Value("workspace"))?.Id;

    private static Answer Error(Call call, int status, string code, string message, string? inner, string? innerMessage)
    {
        var error = new JsonObject { ["code"] = code, ["message"] = message, ["correlationId"] = call.RequestId.ToString() };
        if (inner is not null)
            error["innererror"] = new JsonObject { ["code"] = inner, ["message"] = innerMessage };
        return Answer.Json(status, new JsonObject { ["error"] = error }, code, innerMessage ?? message);
    }

    private Answer Query(Call call, string? query, string? timespan)
    {
        var view = call.Read();
        if (Workspaces.ByCustomerId(view, call.Value("workspace")) is not { } workspace)
            throw new RefusedException(Error(call, 404, "WorkspaceNotFoundError", $"The workspace could not be found: {call.Value("workspace")}"));
        if (!AccessControl.Allows(view, call.Caller, Workspaces.Type + "/query/read", workspace.Id, call.Now))
            throw new RefusedException(Error(call, 403, "InsufficientAccessError", "The provided credentials have insufficient access to perform the requested operation"));
        if (string.IsNullOrEmpty(query))
            throw new RefusedException(Error(call, 400, "BadArgumentError", "The request had some invalid properties", "QueryMissing", "The query is missing."));
        var (from, until) = Stretch(call, timespan);
        try
        {
            return Answer.Json(200, Shape(Run(view, workspace, query, from, until, call.Now)));
        }
        catch (KustoException error)
        {
            var inner = error.Message.Contains("there is no", StringComparison.Ordinal) ? "SemanticError" : "SyntaxError";
            throw new RefusedException(Error(call, 400, "BadArgumentError", "The request had some invalid properties", inner, string.Create(CultureInfo.InvariantCulture, $"A {(inner == "SyntaxError" ? "recognition" : "semantic")} error occurred at character {error.Position + 1} ('{error.Token}'): {error.Message}.")));
        }
        catch (System.Text.RegularExpressions.RegexMatchTimeoutException)
        {
            throw new RefusedException(Error(call, 400, "BadArgumentError", "The request had some invalid properties", "SemanticError", "A pattern takes too long."));
        }
    }

    /// <summary>A query over a stretch of time; alert rules use it as well.</summary>
    public KustoTable Run(EstateView view, Resource workspace, string query, DateTimeOffset from, DateTimeOffset until, DateTimeOffset now)
    {
        var table = KustoParser.Run(
            query,
            name => name.ToLowerInvariant() switch
            {
                "azurediagnostics" => new KustoTable(AuditLog.DiagnosticsColumns, _audit.Rows(view, workspace, false, from, until, now)),
                "azkvauditlogs" => new KustoTable(AuditLog.DedicatedColumns, _audit.Rows(view, workspace, true, from, until, now)),
                _ => null,
            },
            now,
            out _);
        return table with { Rows = [.. KustoOperators.Counted(table.Rows)] };
    }

    private static (DateTimeOffset From, DateTimeOffset Until) Stretch(Call call, string? timespan)
    {
        if (string.IsNullOrEmpty(timespan))
            return (DateTimeOffset.MinValue, call.Now);
        var parts = timespan.Split('/');
        if (parts.Length == 1 && IsoDuration.TryParse(parts[0], out var duration))
            return (call.Now - duration, call.Now);
        if (parts.Length == 2)
        {
            if (Time(parts[0]) is { } from && Time(parts[1]) is { } until)
                return (from, until);
            if (IsoDuration.TryParse(parts[0], out var before) && Time(parts[1]) is { } end)
                return (end - before, end);
            if (Time(parts[0]) is { } start && IsoDuration.TryParse(parts[1], out var after))
                return (start, start + after);
        }
        throw new RefusedException(Error(call, 400, "BadArgumentError", "The request had some invalid properties", "InvalidTimespan", $"The timespan '{timespan}' is no ISO 8601 interval."));

        static DateTimeOffset? Time(string text) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
    }

    private static JsonObject Shape(KustoTable table)
    {
        var columns = new JsonArray();
        foreach (var column in table.Columns)
            columns.Add((JsonNode)new JsonObject { ["name"] = column.Name, ["type"] = column.Type });
        var rows = new JsonArray();
        foreach (var row in table.Rows)
        {
            var values = new JsonArray();
            // Dynamic values travel as texts.
            foreach (var value in row)
                values.Add(value is System.Text.Json.JsonElement json ? JsonValue.Create(json.GetRawText()) : KustoValue.Node(value));
            rows.Add((JsonNode)values);
        }
        return new JsonObject { ["tables"] = new JsonArray(new JsonObject { ["name"] = "PrimaryResult", ["columns"] = columns, ["rows"] = rows }) };
    }
}
