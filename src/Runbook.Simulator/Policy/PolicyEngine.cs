using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Policy;

/// <summary>One definition of one assignment, as it bears on one resource.</summary>
internal sealed record PolicyVerdict
{
    public required PolicyObject Assignment { get; init; }

    public required PolicyObject Definition { get; init; }

    /// <summary>The initiative that brought it, and the reference in it.</summary>
    public PolicyObject? Set { get; init; }

    public string? Reference { get; init; }

    /// <summary>In lower case.</summary>
    public required string Effect { get; init; }

    /// <summary>Whether the rule's condition holds: the resource is what the policy is against.</summary>
    public required bool Hits { get; init; }

    public required bool Exempt { get; init; }

    public required bool Enforced { get; init; }

    public required IReadOnlyList<JsonObject> Evaluated { get; init; }

    /// <summary>The rule's <c>then.details</c>, parameters worked out.</summary>
    public JsonNode? Details { get; init; }
}

/// <summary>
/// Holds every request that makes or changes a resource against the assignments, whatever provider it goes to: one hook before the
/// provider's own handler.
/// </summary>
internal sealed class PolicyEngine
{
    /// <summary>What the engine does not look at: its own objects.</summary>
    private static readonly string[] Own = [Policies.DefinitionType, Policies.SetType, Policies.AssignmentType, Policies.ExemptionType, Locks.Type, "Microsoft.Resources/tags"];

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;

    public PolicyEngine(SimulatorCore core, ArmService arm)
    {
        _core = core;
        _arm = arm;
        arm.Guard(Check);
    }

    /// <summary>Whether any assignment can bear on that resource.</summary>
    public static bool Concerns(EstateView view, string type, string id) =>
        !Own.Contains(type, StringComparer.OrdinalIgnoreCase) && AssignmentsFor(view, id).Any();

    /// <summary>The verdicts on a resource as it would be, <c>modify</c> and <c>append</c> first, so that later ones see what they changed.</summary>
    public IReadOnlyList<PolicyVerdict> Judge(EstateView view, PolicySubject subject, DateTimeOffset now, bool applyChanges)
    {
        var drafts = AssignmentsFor(view, subject.Id).SelectMany(assignment => Definitions(view, assignment)).ToList();
        var verdicts = new List<PolicyVerdict>();
        foreach (var draft in drafts.OrderBy(draft => draft.Effect is "append" or "modify" ? 0 : 1))
        {
            if (draft.Effect == "disabled" || !InMode(draft.Definition, subject))
                continue;
            var verdict = Judge(view, draft, subject, now);
            verdicts.Add(verdict);
            if (applyChanges && verdict is { Hits: true, Exempt: false, Enforced: true } && verdict.Effect is "append" or "modify")
                PolicyChanges.Apply(verdict, subject);
        }
        return verdicts;
    }

    private sealed record Draft(PolicyObject Assignment, PolicyObject Definition, PolicyObject? Set, string? Reference, string Effect, Func<string, JsonNode?> Parameters);

    private static IEnumerable<PolicyObject> AssignmentsFor(EstateView view, string id) => view.Scan(Tables.Policies).Select(pair => pair.Value)
        .Where(policy => policy.Type == Policies.AssignmentType && Policies.Covers(policy.Scope, id)
            && (policy.Properties.Loose("notScopes").Texts() ?? []).All(scope => !ArmId.IsWithin(id, scope)));

    private static IEnumerable<Draft> Definitions(EstateView view, PolicyObject assignment)
    {
        if (Policies.Find(view, assignment.Properties.Loose("policyDefinitionId").Text() ?? "") is not { } target)
            yield break;
        var given = PolicyParameters.Of(target, assignment.Properties.Loose("parameters"), null);
        if (target.Type == Policies.DefinitionType)
        {
            yield return new Draft(assignment, target, null, null, EffectOf(target, given), given);
            yield break;
        }
        if (target.Properties.Loose("policyDefinitions") is not { ValueKind: System.Text.Json.JsonValueKind.Array } members)
            yield break;
        foreach (var member in members.EnumerateArray())
        {
            if (Policies.Find(view, member.Loose("policyDefinitionId").Text() ?? "") is not { } definition)
                continue;
            var inner = PolicyParameters.Of(definition, member.Loose("parameters"), given);
            yield return new Draft(assignment, definition, target, member.Loose("policyDefinitionReferenceId").Text(), EffectOf(definition, inner), inner);
        }
    }

    private static string EffectOf(PolicyObject definition, Func<string, JsonNode?> parameters) =>
        PolicyExpressions.Text(PolicyExpressions.Value(definition.Properties.At("policyRule", "then", "effect").ToNode(), new PolicyParameters.Only(parameters))).ToLowerInvariant();

    private static bool InMode(PolicyObject definition, PolicySubject subject) =>
        (definition.Properties.Loose("mode").Text() ?? "Indexed").ToLowerInvariant() switch
        {
            "all" => true,
            "indexed" => subject.IsIndexed,
            _ => false,
        };

    private PolicyVerdict Judge(EstateView view, Draft draft, PolicySubject subject, DateTimeOffset now)
    {
        var rule = new PolicyRule(subject, draft.Parameters);
        var then = draft.Definition.Properties.At("policyRule", "then", "details").ToNode();
        var hits = rule.Holds(draft.Definition.Properties.At("policyRule", "if").ToNode());
        if (hits && draft.Effect is "auditifnotexists" or "deployifnotexists")
            hits = !PolicyExistence.Exists(view, _core, then, subject, draft.Parameters);
        return new PolicyVerdict
        {
            Assignment = draft.Assignment,
            Definition = draft.Definition,
            Set = draft.Set,
            Reference = draft.Reference,
            Effect = draft.Effect,
            Hits = hits,
            Exempt = IsExempt(view, draft, subject.Id, now),
            Enforced = !string.Equals(draft.Assignment.Properties.Loose("enforcementMode").Text(), "DoNotEnforce", StringComparison.OrdinalIgnoreCase)
                && (draft.Assignment.From is null || draft.Assignment.From <= now),
            Evaluated = rule.Evaluated,
            Details = then is null ? null : PolicyChanges.Resolve(then, rule),
        };
    }

    private static bool IsExempt(EstateView view, Draft draft, string id, DateTimeOffset now) => view.Scan(Tables.Policies).Select(pair => pair.Value)
        .Any(policy => policy.Type == Policies.ExemptionType && Policies.Covers(policy.Scope, id)
            && string.Equals(policy.Properties.Loose("policyAssignmentId").Text(), draft.Assignment.Id, StringComparison.OrdinalIgnoreCase)
            && (policy.Properties.Loose("expiresOn").Text() is not { } until || !DateTimeOffset.TryParse(until, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var end) || now < end)
            && (policy.Properties.Loose("policyDefinitionReferenceIds").Texts() is not { Count: > 0 } only || (draft.Reference is not null && only.Contains(draft.Reference, StringComparer.OrdinalIgnoreCase))));

    private void Check(Call call, ArmRequest request)
    {
        if (!request.Puts || !call.HasBody || !Concerns(call.Read(), request.Type, request.Id))
            return;
        var view = call.Read();
        var subject = SubjectOf(call, request, view);
        IReadOnlyList<PolicyVerdict> verdicts;
        try
        {
            verdicts = Judge(view, subject, call.Now, applyChanges: true);
        }
        catch (PolicyExpressionException error)
        {
            throw _arm.Refuse(call, 400, "InvalidPolicyRule", $"A policy of this scope can't be evaluated: {error.Message}.");
        }
        var hit = verdicts.Where(verdict => verdict is { Hits: true, Exempt: false, Enforced: true }).ToList();
        var denied = hit.Where(verdict => verdict.Effect == "deny").ToList();
        if (denied.Count > 0)
        {
            Report(call, request, denied, "Microsoft.Authorization/policies/deny/action");
            throw new RefusedException(PolicyShapes.Denied(request, denied));
        }
        if (hit.Where(verdict => verdict.Effect == "audit").ToList() is { Count: > 0 } audited)
            Report(call, request, audited, "Microsoft.Authorization/policies/audit/action");
        if (hit.Any(verdict => verdict.Effect is "append" or "modify"))
            call.Replace(Changed(call, request, subject));
    }

    /// <summary>What the request would leave: its body, on top of what is there for a PATCH.</summary>
    private PolicySubject SubjectOf(Call call, ArmRequest request, EstateView view)
    {
        var body = call.Json();
        var resource = body.ToObject();
        if (request.Method == "PATCH" && _arm.Peek(call, request.Id) is { } existing)
            resource = JsonRead.Merge(existing.ToObject(), body);
        return SubjectOf(view, _core.Subscription, request.Id, request.Type, request.Extends, resource, call.ApiVersion);
    }

    public static PolicySubject SubjectOf(EstateView view, string subscription, string id, string type, bool extends, JsonObject resource, string version = "") => new(id, type, resource)
    {
        Extends = extends,
        Subscription = $"/subscriptions/{subscription}",
        ApiVersion = version,
        Group = ArmId.TryParse(id, out var parsed) && parsed.Group is { } name && ResourceGroups.Find(view, name) is { } group ? Shapes.Group(group) : null,
    };

    /// <summary>The request's body with what the policies put into it.</summary>
    private static System.Text.Json.JsonElement Changed(Call call, ArmRequest request, PolicySubject subject)
    {
        if (request.Method == "PUT")
            return subject.Resource.ToElement();
        // A patch keeps its form: only tags and properties that it names, or that policies touched, go along.
        var body = call.Json().ToObject();
        foreach (var name in (string[])["tags", "properties", "identity", "sku"])
            if (PolicySubject.Member(subject.Resource, name) is { } value && (name == "tags" || PolicySubject.Member(body, name) is not null))
                body[name] = value.DeepClone();
        return body.ToElement();
    }

    private void Report(Call call, ArmRequest request, IReadOnlyList<PolicyVerdict> verdicts, string action) => _core.Estate.Write(call.Now, tx =>
    {
        var policies = new JsonArray();
        foreach (var verdict in verdicts)
            policies.Add((JsonNode)new JsonObject
            {
                ["policyDefinitionId"] = verdict.Definition.Id,
                ["policyDefinitionName"] = verdict.Definition.Name,
                ["policyDefinitionEffect"] = verdict.Effect,
                ["policyAssignmentId"] = verdict.Assignment.Id,
                ["policyAssignmentName"] = verdict.Assignment.Name,
                ["policyAssignmentScope"] = verdict.Assignment.Scope,
            });
        _arm.Activity?.Add(tx, new ActivityEvent
        {
            Id = new Guid(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{call.RequestId}\n{action}")).AsSpan(0, 16)).ToString(),
            Time = call.Now,
            Shown = call.Now + _core.Timings.ActivityLog,
            Correlation = ArmService.CorrelationFor(call),
            OperationId = call.RequestId.ToString(),
            Action = action,
            ResourceId = request.Id,
            ResourceType = request.Type,
            Caller = call.Caller.ObjectId,
            CallerName = call.Caller.UserPrincipalName ?? call.Caller.ApplicationId,
            Status = action.Contains("deny", StringComparison.Ordinal) ? "Failed" : "Succeeded",
            Category = "Policy",
            Level = action.Contains("deny", StringComparison.Ordinal) ? "Error" : "Warning",
            Properties = new JsonObject { ["policies"] = policies.ToJsonString(), ["isComplianceCheck"] = "False", ["entity"] = request.Id }.ToElement(),
        });
        return true;
    });
}
