using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Policy;

/// <summary>
/// What evaluations found. A resource is evaluated when it changes; all of them after an assignment was made, on request, and once a
/// day. Nothing here touches a resource.
/// </summary>
internal sealed partial class Compliance
{
    private const string Path = "{scope}/providers/Microsoft.PolicyInsights/policyStates/latest/";
    private const string Evaluate = "policy-evaluation";
    private const string Scan = "policy-scan";
    private const string Trigger = "policy-trigger";

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;
    private readonly AsyncOperations _operations;
    private readonly PolicyEngine _engine;

    public Compliance(SimulatorCore core, ArmService arm, AsyncOperations operations, PolicyEngine engine)
    {
        _core = core;
        _arm = arm;
        _operations = operations;
        _engine = engine;
        core.Work.OnChange(Evaluate, (tx, _) => EvaluateAll(tx));
        core.Work.OnChange(Scan, (tx, _) =>
        {
            EvaluateAll(tx);
            if (HasAssignments(tx))
                tx.Schedule(tx.Now.AddDays(1), Scan, "all");
        });
        operations.OnEnd(Trigger, (tx, operation) =>
        {
            EvaluateAll(tx);
            return operation;
        });
        arm.Follow((call, request, _) => Follow(call, request));
        arm.Plug(
        [
            Op("Query policy states", "queryResults", "Microsoft.PolicyInsights/policyStates/queryResults/action", Query, reads: true),
            Op("Summarize policy states", "summarize", "Microsoft.PolicyInsights/policyStates/summarize/action", Summarize, reads: true),
            Op("Trigger policy evaluation", "triggerEvaluation", "Microsoft.PolicyInsights/policyStates/triggerEvaluation/action", TriggerNow, reads: false),
        ]);
    }

    private static Operation Op(string name, string verb, string permission, Func<Call, Answer> handler, bool reads) => new()
    {
        Service = ServiceKind.ResourceManager,
        Name = name,
        Method = "POST",
        Template = Path + verb,
        Handler = call => handler(call),
        ReadsOnly = reads,
        PermissionFor = call => permission,
        Fidelity = reads ? Fidelity.Part : Fidelity.Full,
        Note = reads ? "$filter with eq, ne and 'and'; $apply with groupby and $count; $top, $orderby, $select, $from and $to. The latest states only." : null,
    };

    /// <summary>Plans an evaluation of everything, and the daily ones.</summary>
    public void EvaluateSoon(EstateTransaction tx)
    {
        tx.Unschedule(Evaluate, "all");
        tx.Schedule(tx.Now + _core.Timings.PolicyEvaluation, Evaluate, "all");
        if (!tx.Scan(Tables.Due).Any(pair => pair.Value.Kind == Scan))
            tx.Schedule(tx.Now.AddDays(1), Scan, "all");
    }

    /// <summary>Drops what was found for an assignment.</summary>
    public static void Forget(EstateTransaction tx, string assignment)
    {
        foreach (var (key, state) in tx.Scan(Tables.PolicyStates).ToList())
            if (state.AssignmentId.Equals(assignment, StringComparison.OrdinalIgnoreCase))
                tx.Remove(Tables.PolicyStates, key);
    }

    /// <summary>The states whose resources are still there.</summary>
    public static IEnumerable<PolicyState> Latest(EstateView view) => view.Scan(Tables.PolicyStates).Select(pair => pair.Value).Where(state => IsThere(view, state.ResourceId));

    private static bool IsThere(EstateView view, string id) =>
        view.Has(Tables.Resources, ArmId.Key(id)) || (ArmId.TryParse(id, out var parsed) && parsed is { Namespace: null, Group: { } group } && ResourceGroups.Find(view, group) is not null);

    private static bool HasAssignments(EstateView view) => view.Scan(Tables.Policies).Any(pair => pair.Value.Type == Policies.AssignmentType);

    private void Follow(Call call, ArmRequest request)
    {
        if (!request.Puts || !PolicyEngine.Concerns(call.Read(), request.Type, request.Id) || !IsThere(_core.Estate.Current, request.Id))
            return;
        _core.Estate.Write(call.Now, tx =>
        {
            EvaluateOne(tx, request.Id);
            return true;
        });
    }

    private void EvaluateAll(EstateTransaction tx)
    {
        foreach (var (key, _) in tx.Scan(Tables.PolicyStates).ToList())
            tx.Remove(Tables.PolicyStates, key);
        foreach (var (_, group) in tx.Scan(Tables.Groups).ToList())
            EvaluateOne(tx, group.Id);
        foreach (var (_, resource) in tx.Scan(Tables.Resources).ToList())
            EvaluateOne(tx, resource.Id);
    }

    private void EvaluateOne(EstateTransaction tx, string id)
    {
        var resource = tx.Find(Tables.Resources, ArmId.Key(id));
        var group = resource is null && ArmId.TryParse(id, out var parsed) && parsed.Group is { } name ? ResourceGroups.Find(tx, name) : null;
        if (resource is null && group is null)
            return;
        var type = resource?.Type ?? ArmRequest.GroupType;
        if (!PolicyEngine.Concerns(tx, type, id))
            return;
        var json = resource is null ? Shapes.Group(group!) : Shapes.Resource(tx, resource);
        var subject = PolicyEngine.SubjectOf(tx, _core.Subscription, resource?.Id ?? group!.Id, type, id.LastIndexOf("/providers/", StringComparison.OrdinalIgnoreCase) != id.IndexOf("/providers/", StringComparison.OrdinalIgnoreCase), json);
        foreach (var (key, _) in tx.Scan(Tables.PolicyStates, ArmId.Key(id) + "\n").ToList())
            tx.Remove(Tables.PolicyStates, key);
        foreach (var verdict in _engine.Judge(tx, subject, tx.Now, applyChanges: false))
        {
            // Only definitions that speak of the type at all make a state, as in the service.
            if (!verdict.Hits && !Speaks(verdict))
                continue;
            var state = new PolicyState
            {
                ResourceId = subject.Id,
                ResourceType = type,
                Location = resource?.Location ?? group?.Location,
                AssignmentId = verdict.Assignment.Id,
                DefinitionId = verdict.Definition.Id,
                SetId = verdict.Set?.Id,
                ReferenceId = verdict.Reference,
                Effect = verdict.Effect,
                State = verdict.Exempt ? "Exempt" : verdict.Hits ? "NonCompliant" : "Compliant",
                Time = tx.Now,
            };
            tx.Put(Tables.PolicyStates, $"{ArmId.Key(id)}\n{ArmId.Key(state.AssignmentId)}\n{state.ReferenceId}", state);
        }
    }

    /// <summary>Whether a condition on the type held, or there was none.</summary>
    private static bool Speaks(PolicyVerdict verdict)
    {
        var types = verdict.Evaluated.Where(entry => (string?)entry["expression"] == "type").ToList();
        return types.Count == 0 || types.Any(entry => (string?)entry["result"] == "True");
    }

    private Answer TriggerNow(Call call) => call.Write(tx =>
    {
        var operation = AsyncOperations.Start(tx, call, Trigger, call.Value("scope"), _core.Timings.Operation, emptyStatus: 200);
        return _operations.Announce(Answer.Empty(202), call, operation, "Microsoft.PolicyInsights", "global", status: false, result: true);
    });

    private IEnumerable<JsonObject> Rows(Call call, EstateView view)
    {
        var scope = call.Value("scope");
        var byPolicy = Policies.Find(view, scope);
        var states = Latest(view).Where(state => byPolicy is null
            ? ArmId.IsWithin(state.ResourceId, scope)
            : state.AssignmentId.Equals(byPolicy.Id, StringComparison.OrdinalIgnoreCase) || state.DefinitionId.Equals(byPolicy.Id, StringComparison.OrdinalIgnoreCase) || string.Equals(state.SetId, byPolicy.Id, StringComparison.OrdinalIgnoreCase));
        if (DateTimeOffset.TryParse(call.Parameter("$from"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var from))
            states = states.Where(state => state.Time >= from);
        if (DateTimeOffset.TryParse(call.Parameter("$to"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var to))
            states = states.Where(state => state.Time <= to);
        var filter = Filter(call);
        return states.Select(state => Shape(view, state)).Where(filter);
    }

    private JsonObject Shape(EstateView view, PolicyState state)
    {
        _ = ArmId.TryParse(state.ResourceId, out var id);
        var assignment = view.Find(Tables.Policies, ArmId.Key(state.AssignmentId));
        return new JsonObject
        {
            ["@odata.id"] = null,
            ["@odata.context"] = $"https://{HostNames.ResourceManager}/subscriptions/{_core.Subscription}/providers/Microsoft.PolicyInsights/policyStates/$metadata#latest/$entity",
            ["timestamp"] = Shapes.Time(state.Time),
            ["resourceId"] = state.ResourceId,
            ["policyAssignmentId"] = state.AssignmentId,
            ["policyDefinitionId"] = state.DefinitionId,
            ["effectiveParameters"] = "",
            ["isCompliant"] = state.State != "NonCompliant",
            ["complianceState"] = state.State,
            ["subscriptionId"] = _core.Subscription,
            ["resourceType"] = state.ResourceType,
            ["resourceLocation"] = state.Location ?? "",
            ["resourceGroup"] = id?.Group ?? "",
            ["resourceTags"] = "tbd",
            ["policyAssignmentName"] = state.AssignmentId[(state.AssignmentId.LastIndexOf('/') + 1)..],
            ["policyAssignmentOwner"] = "tbd",
            ["policyAssignmentParameters"] = assignment?.Properties.Loose("parameters") is { } parameters ? parameters.GetRawText() : "",
            ["policyAssignmentScope"] = assignment?.Scope ?? "",
            ["policyDefinitionName"] = state.DefinitionId[(state.DefinitionId.LastIndexOf('/') + 1)..],
            ["policyDefinitionAction"] = state.Effect,
            ["policyDefinitionCategory"] = Policies.Find(view, state.DefinitionId)?.Properties.At("metadata", "category").Text() ?? "tbd",
            ["policySetDefinitionId"] = state.SetId ?? "",
            ["policySetDefinitionName"] = state.SetId is { } set ? set[(set.LastIndexOf('/') + 1)..] : "",
            ["policySetDefinitionOwner"] = "",
            ["policySetDefinitionCategory"] = "",
            ["policySetDefinitionParameters"] = "",
            ["managementGroupIds"] = "",
            ["policyDefinitionReferenceId"] = state.ReferenceId ?? "",
        };
    }

    private Func<JsonObject, bool> Filter(Call call)
    {
        if (call.Parameter("$filter") is not { Length: > 0 } text)
            return _ => true;
        var tests = new List<Func<JsonObject, bool>>();
        foreach (var part in AndWord().Split(text))
        {
            if (Comparison().Match(part.Trim()) is not { Success: true } match)
                throw _arm.Refuse(call, 400, Assumptions.PolicyStatesFilter, $"The filter '{text}' is not supported: eq and ne, joined by 'and', are.");
            var (field, equal, value) = (match.Groups["field"].Value, match.Groups["op"].Value.Equals("eq", StringComparison.OrdinalIgnoreCase), match.Groups["value"].Value);
            tests.Add(row => string.Equals(PolicyExpressions.Text(PolicySubject.Member(row, field)), value, StringComparison.OrdinalIgnoreCase) == equal);
        }
        return row => tests.TrueForAll(test => test(row));
    }

    private Answer Query(Call call)
    {
        var rows = Rows(call, call.Read()).ToList();
        if (call.Parameter("$apply") is { Length: > 0 } apply)
            rows = Grouped(call, rows, apply);
        if (call.Parameter("$orderby") is { Length: > 0 } order)
        {
            var words = order.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            rows = [.. rows.OrderBy(row => PolicyExpressions.Text(PolicySubject.Member(row, words[0])), StringComparer.OrdinalIgnoreCase)];
            if (words is [_, "desc"])
                rows.Reverse();
        }
        var count = rows.Count;
        if (int.TryParse(call.Parameter("$top"), NumberStyles.None, CultureInfo.InvariantCulture, out var top))
            rows = [.. rows.Take(top)];
        if (call.Parameter("$select") is { Length: > 0 } select)
        {
            var wanted = select.Split(',', StringSplitOptions.TrimEntries);
            rows = [.. rows.Select(row => new JsonObject(row.Where(member => wanted.Contains(member.Key, StringComparer.OrdinalIgnoreCase)).Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone()))))];
        }
        var list = Shapes.List(rows);
        list["@odata.nextLink"] = null;
        list["@odata.context"] = $"https://{HostNames.ResourceManager}/subscriptions/{_core.Subscription}/providers/Microsoft.PolicyInsights/policyStates/$metadata#latest";
        list["@odata.count"] = Math.Min(count, rows.Count);
        return Answer.Json(200, list);
    }

    private List<JsonObject> Grouped(Call call, List<JsonObject> rows, string apply)
    {
        if (GroupBy().Match(apply) is not { Success: true } match)
            throw _arm.Refuse(call, 400, Assumptions.PolicyStatesApply, $"The $apply '{apply}' is not supported: groupby((a,b),aggregate($count as n)) is.");
        var fields = match.Groups["fields"].Value.Split(',', StringSplitOptions.TrimEntries);
        return [.. rows.GroupBy(row => string.Join('\n', fields.Select(field => PolicyExpressions.Text(PolicySubject.Member(row, field)))), StringComparer.OrdinalIgnoreCase).Select(group =>
        {
            var json = new JsonObject();
            foreach (var field in fields)
                json[field] = PolicySubject.Member(group.First(), field)?.DeepClone();
            if (match.Groups["as"].Success)
                json[match.Groups["as"].Value] = group.Count();
            return json;
        })];
    }

    private Answer Summarize(Call call)
    {
        var rows = Rows(call, call.Read()).ToList();
        var assignments = rows.GroupBy(row => (string)row["policyAssignmentId"]!, StringComparer.OrdinalIgnoreCase).Select(group => new JsonObject
        {
            ["policyAssignmentId"] = group.Key,
            ["policySetDefinitionId"] = (string?)group.First()["policySetDefinitionId"],
            ["results"] = Results(group),
            ["policyDefinitions"] = new JsonArray([.. group.GroupBy(row => ((string)row["policyDefinitionId"]!, (string?)row["policyDefinitionReferenceId"])).Select(inner => new JsonObject
            {
                ["policyDefinitionId"] = inner.Key.Item1,
                ["policyDefinitionReferenceId"] = inner.Key.Item2,
                ["effect"] = (string?)inner.First()["policyDefinitionAction"],
                ["results"] = Results(inner),
            })]),
        });
        var json = Shapes.List(
        [
            new JsonObject
            {
                ["@odata.id"] = null,
                ["@odata.context"] = $"https://{HostNames.ResourceManager}/subscriptions/{_core.Subscription}/providers/Microsoft.PolicyInsights/policyStates/$metadata#summary/$entity",
                ["results"] = Results(rows),
                ["policyAssignments"] = new JsonArray([.. assignments]),
            },
        ]);
        json["@odata.context"] = $"https://{HostNames.ResourceManager}/subscriptions/{_core.Subscription}/providers/Microsoft.PolicyInsights/policyStates/$metadata#summary";
        json["@odata.count"] = 1;
        return Answer.Json(200, json);
    }

    private static JsonObject Results(IEnumerable<JsonObject> rows)
    {
        var all = rows.ToList();
        var bad = all.Where(row => (string?)row["complianceState"] == "NonCompliant").ToList();
        // A resource counts once, with the worst that any policy says of it.
        var worst = all.GroupBy(row => (string)row["resourceId"]!, StringComparer.OrdinalIgnoreCase)
            .Select(group => group.Any(row => (string?)row["complianceState"] == "NonCompliant") ? "noncompliant" : group.All(row => (string?)row["complianceState"] == "Exempt") ? "exempt" : "compliant");
        return new JsonObject
        {
            ["queryResultsUri"] = null,
            ["nonCompliantResources"] = bad.Select(row => ((string)row["resourceId"]!).ToLowerInvariant()).Distinct().Count(),
            ["nonCompliantPolicies"] = bad.Select(row => (string)row["policyDefinitionId"]!).Distinct(StringComparer.OrdinalIgnoreCase).Count(),
            ["resourceDetails"] = new JsonArray([.. worst.GroupBy(state => state).Select(group => new JsonObject { ["complianceState"] = group.Key, ["count"] = group.Count() })]),
            ["policyDetails"] = new JsonArray(),
            ["policyGroupDetails"] = new JsonArray(),
        };
    }

    [GeneratedRegex(@"\s+and\s+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex AndWord();

    [GeneratedRegex(@"^\(?\s*(?<field>\w+)\s+(?<op>eq|ne)\s+'?(?<value>[^']*?)'?\s*\)?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Comparison();

    [GeneratedRegex(@"^groupby\(\((?<fields>[\w\s,]+)\)(\s*,\s*aggregate\(\$count as (?<as>\w+)\))?\)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex GroupBy();
}
