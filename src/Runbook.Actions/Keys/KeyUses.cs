using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>
/// <c>keyvault.key.uses</c>: who has used a key, or one version of it, by the HSM's own log. Reads the workspace, then asks it once, for the
/// uses and for how far the log reaches: of a log that is empty nobody can tell.
/// </summary>
internal sealed class KeyUses(AzureSite site, AzureWire? wire) : AzureAction(site, wire)
{
    private const string WorkspaceType = "Microsoft.OperationalInsights/workspaces";
    private const string WorkspaceVersion = "2022-10-01";
    private const string DefaultSince = "26h";

    private const string ResultShape = """
        uses: {type: array, items: {type: object, additionalProperties: false, properties: {identity: {type: string}, operation: {type: string}, address: {type: string}, count: {type: integer}, refused: {type: integer}, first: {type: string}, last: {type: string}}}, description: "By identity (its object id), operation and address; refused ones are counted as well: who is refused needs it too"}
        count: {type: integer, description: "How many uses together"}
        covers: {type: boolean, description: "Whether the log tells of the whole time: it holds a line from before it and one from within it, and Azure keeps no line back"}
        sinceSeconds: {type: integer, description: "How far back was looked"}
        logSince?: {type: string, description: "Time of the HSM's oldest line in the workspace; left out where there is none"}
        logUntil?: {type: string, description: "Time of its newest"}
        """;

    private static readonly Schema WorkspaceObserved = Shape.Of("properties: {type: object, additionalProperties: false, properties: {customerId: {type: string}}}");

    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "keyvault.key.uses",
        Summary = "Tells who has wrapped, unwrapped, encrypted, decrypted, signed, verified or released with a key or one version of it, from the HSM's log in a workspace (AzureDiagnostics), and whether that log reaches far enough to tell. What an HSM did shows there within ten minutes.",
        Effect = EffectClass.Read,
        With = Shape.Of($$"""
            id: {type: string, pattern: '^https://[0-9a-zA-Z.-]+/keys/[0-9a-zA-Z-]{1,127}(/[0-9a-f]{32})?$', description: "Id of the version; without the version's name, of the key in all its versions"}
            workspace: {type: string, minLength: 1, description: "The workspace that keeps the HSM's log: its name in the profile's resource group, or its full id"}
            since: {type: string, format: runbook-duration, default: {{DefaultSince}}, description: "How far back is looked; longer than the longest period in which a service asks"}
            """),
        Result = Shape.Of(ResultShape),
        Permissions =
        [
            Needs.Arm(WorkspaceType + "/read", "the workspace {workspace}", "Log Analytics Reader"),
            Needs.Data(WorkspaceType + "/query/read", "the workspace {workspace}", "Log Analytics Reader"),
        ],
        AzCommand = AzRest.Command,
        Errors = Refusals.ResourceManager.AddRange(
            Refusals.NotThere("workspace"),
            new ActionError("InsufficientAccessError", "Your identity may not read these logs.", "Nothing changed.", "Have Log Analytics Reader assigned at the workspace."),
            new ActionError("WorkspaceNotFoundError", "The workspace was deleted a moment ago.", "Nothing changed.", "Find out where the HSM's log is kept now: monitor.diagnostic-setting.get."),
            new ActionError("LogUnreadable", "The log answered, and its answer holds no table.", "Nothing changed.", "Try again; ask the log by hand with monitor.logs.query."),
            new ActionError("BadArgumentError", "The workspace has no such table or column: no HSM has ever logged there.", "Nothing changed.", "Have the log kept with monitor.diagnostic-setting.create, and wait until it reaches far enough.")),
    };

    /// <inheritdoc/>
    public override ImmutableArray<PlannedCall> Plan(JsonElement with)
    {
        var arguments = new Arguments(with);
        return [ReadWorkspace(arguments), Query(arguments, "${customerId}")];
    }

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers) => answers.Length switch
    {
        0 => ReadWorkspace(with),
        1 => Query(with, answers[0].Observed.GetProperty("properties").GetProperty("customerId").GetString()!),
        _ => null,
    };

    /// <inheritdoc/>
    protected override CallAnswer Read(Exchange exchange, HttpAnswer answer, ActionContext context) =>
        exchange.Call.Index == 1 && answer.IsSuccess ? OfLog(exchange, answer) : base.Read(exchange, answer, context);

    private static CallAnswer OfLog(Exchange exchange, HttpAnswer answer) =>
        answer.Json is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("tables", out var tables) && tables is { ValueKind: JsonValueKind.Array } && tables.GetArrayLength() > 0
            ? Answers.With(answer, Told(json, exchange.Call), exchange.Tries)
            : Answers.Refused("LogUnreadable", "The log's answer holds no table.", answer);

    private PlannedCall ReadWorkspace(Arguments with)
    {
        var id = WorkspaceActions.IdOf(Site, with);
        return new PlannedCall
        {
            Index = 0,
            Effect = EffectClass.Read,
            Description = $"Read the workspace '{with.Text("workspace")}'.",
            Target = id,
            Method = "GET",
            Url = Site.Arm(id, WorkspaceVersion),
            Observes = WorkspaceObserved,
        };
    }

    private PlannedCall Query(Arguments with, string customerId)
    {
        var url = $"{Site.Cloud.Logs.GetLeftPart(UriPartial.Authority)}/v1/workspaces/{customerId}/query";
        return new PlannedCall
        {
            Index = 1,
            Effect = EffectClass.Read,
            Description = $"Ask the log who has used {with.Text("id")} within {SinceOf(with)}, and how far it reaches.",
            Target = url,
            Method = "POST",
            Url = url,
            Body = Arguments.ToElement(new JsonObject { ["query"] = QueryOf(with) }),
            Part = Arguments.ToElement(new JsonObject { ["since"] = SinceOf(with) }),
        };
    }

    // Without a time span the whole log is asked: how far back it reaches is half of the answer. What is no use of it is one
    // group, whose ends are those of the rest of the log. The names of operations are the vault's, and not promised: hence 'contains'.
    private static string QueryOf(Arguments with)
    {
        var id = with.Text("id").Split('/');
        var (hsm, item) = id.Length > 4 ? (id[2].Split('.')[0], id.Length > 5 ? id[5] : $"/keys/{id[4]}/") : ("${hsm}", "${key or version}");
        return $"""
            AzureDiagnostics
            | where ResourceProvider == 'MICROSOFT.KEYVAULT' and ResourceType == 'MANAGEDHSMS' and Resource =~ '{hsm}'
            | extend used = TimeGenerated >= ago({SecondsOf(SinceOf(with))}) and (requestUri_s contains '{item}' or id_s contains '{item}') and (OperationName contains 'wrap' or OperationName contains 'crypt' or OperationName contains 'sign' or OperationName contains 'verify' or OperationName contains 'release')
            | extend identity = iff(used, tostring(identity_claim_oid_g), ''), operation = iff(used, OperationName, ''), address = iff(used, CallerIPAddress, '')
            | summarize lines = count(), refused = countif(httpStatusCode_d >= 400), first = min(TimeGenerated), last = max(TimeGenerated) by used, identity, operation, address
            | extend firstAge = datetime_diff('second', now(), first), lastAge = datetime_diff('second', now(), last)
            | order by last desc
            """;
    }

    private static JsonObject Told(JsonElement answer, PlannedCall call)
    {
        var table = answer.GetProperty("tables")[0];
        var columns = table.GetProperty("columns").EnumerateArray().Select((c, at) => (Name: c.GetProperty("name").GetString()!, at)).ToDictionary(c => c.Name, c => c.at, StringComparer.Ordinal);
        var rows = table.GetProperty("rows").EnumerateArray().ToList();
        var used = rows.Where(r => Is(Cell(r, "used"))).ToList();
        var since = Durations.TryParse(call.Part!.Value.GetProperty("since").GetString()!, out var duration) ? (long)duration.TotalSeconds : throw new FormatException("How far back was to be looked is no duration.");
        var covers = rows.Count > 0 && !answer.TryGetProperty("error", out _)
            && rows.Max(r => Cell(r, "firstAge").GetInt64()) >= since
            && rows.Min(r => Cell(r, "lastAge").GetInt64()) < since;
        return Arguments.ObjectOf(
            ("uses", new JsonArray([.. used.Select(r => (JsonNode)new JsonObject
            {
                ["identity"] = Text(r, "identity"),
                ["operation"] = Text(r, "operation"),
                ["address"] = Text(r, "address"),
                ["count"] = Cell(r, "lines").GetInt64(),
                ["refused"] = Cell(r, "refused").GetInt64(),
                ["first"] = Text(r, "first"),
                ["last"] = Text(r, "last"),
            })])),
            ("count", used.Sum(r => Cell(r, "lines").GetInt64())),
            ("covers", covers),
            ("sinceSeconds", since),
            ("logSince", rows.Count == 0 ? null : Text(rows.MaxBy(r => Cell(r, "firstAge").GetInt64()), "first")),
            ("logUntil", rows.Count == 0 ? null : Text(rows.MinBy(r => Cell(r, "lastAge").GetInt64()), "last")));

        JsonElement Cell(JsonElement row, string name) => row[columns[name]];

        string? Text(JsonElement row, string name) => Cell(row, name).GetString();

        // The service writes a flag as one, or as 0 and 1.
        static bool Is(JsonElement cell) => cell.ValueKind == JsonValueKind.True || (cell.ValueKind == JsonValueKind.Number && cell.GetInt32() != 0);
    }

    private static string SinceOf(Arguments with) => with.TextOrNull("since") ?? DefaultSince;

    private static string SecondsOf(string since) =>
        Durations.TryParse(since, out var duration) ? string.Create(CultureInfo.InvariantCulture, $"{(long)duration.TotalSeconds}s") : since;
}
