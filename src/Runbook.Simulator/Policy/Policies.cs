using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Policy;

/// <summary>Definitions, initiatives, assignments and exemptions: their routes.</summary>
internal sealed class Policies
{
    public const string DefinitionType = "Microsoft.Authorization/policyDefinitions";
    public const string SetType = "Microsoft.Authorization/policySetDefinitions";
    public const string AssignmentType = "Microsoft.Authorization/policyAssignments";
    public const string ExemptionType = "Microsoft.Authorization/policyExemptions";

    private static readonly string[] Effects = ["append", "audit", "auditifnotexists", "deny", "deployifnotexists", "disabled", "manual", "modify"];

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;
    private readonly Compliance _compliance;

    public Policies(SimulatorCore core, ArmService arm, Compliance compliance)
    {
        _core = core;
        _arm = arm;
        _compliance = compliance;
        foreach (var (type, name, many) in ((string, string, string)[])
        [
            (DefinitionType, "policy definition", "policy definitions"), (SetType, "initiative", "initiatives"),
            (AssignmentType, "policy assignment", "policy assignments"), (ExemptionType, "policy exemption", "policy exemptions"),
        ])
        {
            var path = $"{{scope}}/providers/{type}/{{name}}";
            arm.Plug(
            [
                Op($"Create or update {name}", "PUT", path, type, "write", call => Put(call, type)),
                Op($"Get {name}", "GET", path, type, "read", call => Answer.Json(200, PolicyShapes.Object(Need(call, call.Read(), type)))),
                Op($"Delete {name}", "DELETE", path, type, "delete", call => Delete(call, type)),
                Op($"List {many}", "GET", $"{{scope}}/providers/{type}", type, "read", call => List(call, type)),
            ]);
        }
        arm.Plug([Op("Update policy assignment", "PATCH", $"{{scope}}/providers/{AssignmentType}/{{name}}", AssignmentType, "write", Patch)]);
    }

    /// <summary>A definition or initiative, built-in ones included.</summary>
    public static PolicyObject? Find(EstateView view, string id) => BuiltInPolicies.Find(id) ?? view.Find(Tables.Policies, ArmId.Key(id));

    /// <summary>Whether a scope covers a resource. The tenant has one root management group, which covers everything.</summary>
    public static bool Covers(string scope, string id) =>
        scope.Contains("/managementGroups/", StringComparison.OrdinalIgnoreCase) || ArmId.IsWithin(id, scope);

    private static Operation Op(string name, string method, string template, string type, string verb, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.ResourceManager,
        Name = name,
        Method = method,
        Template = template,
        // Built-in definitions lie at the root, which everybody may read.
        PermissionFor = call => call.Value("scope").Length == 0 && verb == "read" ? "Microsoft.Authorization/policyDefinitions/read" : $"{type}/{verb}",
        Handler = handler,
    };

    private static string KeyOf(Call call, string type) => ArmId.Key($"{call.Value("scope")}/providers/{type}/{call.Value("name")}");

    private PolicyObject Need(Call call, EstateView view, string type) =>
        (type == DefinitionType && BuiltInPolicies.Find(call.Target.Path) is { } known ? known : view.Find(Tables.Policies, KeyOf(call, type)))
        ?? throw _arm.Refuse(call, 404, type == AssignmentType ? "PolicyAssignmentNotFound" : type == ExemptionType ? Assumptions.PolicyExemptionMissing : type == SetType ? "PolicySetDefinitionNotFound" : "PolicyDefinitionNotFound", $"The {Word(type)} '{call.Value("name")}' could not be found.");

    private static string Word(string type) => type switch
    {
        DefinitionType => "policy definition",
        SetType => "policy set definition",
        AssignmentType => "policy assignment",
        _ => "policy exemption",
    };

    private Answer Put(Call call, string type)
    {
        var body = call.Json();
        var properties = body.Loose("properties") is { ValueKind: JsonValueKind.Object } given ? given.ToObject() : [];
        if (type is DefinitionType or SetType && call.Value("scope").Length == 0)
            throw _arm.Refuse(call, 403, Assumptions.PolicyScopeUnfit, "Built-in definitions can't be changed, and custom ones need a subscription or a management group.");
        switch (type)
        {
            case DefinitionType:
                CheckDefinition(call, properties);
                break;
            case SetType:
                CheckSet(call, properties);
                break;
            case AssignmentType:
                CheckAssignment(call, properties);
                break;
            default:
                CheckExemption(call, properties);
                break;
        }
        return call.Write(tx =>
        {
            var existing = tx.Find(Tables.Policies, KeyOf(call, type));
            var policy = new PolicyObject
            {
                Id = existing?.Id ?? $"{call.Value("scope")}/providers/{type}/{call.Value("name")}",
                Name = existing?.Name ?? call.Value("name"),
                Type = type,
                Scope = existing?.Scope ?? call.Value("scope"),
                Properties = properties.ToElement(),
                Identity = IdentityOf(tx, body, existing, $"{call.Value("scope")}/providers/{type}/{call.Value("name")}"),
                Location = body.Loose("location").Text(),
                Created = existing?.Created ?? tx.Now,
                Updated = tx.Now,
                CreatedBy = existing?.CreatedBy ?? call.Caller.ObjectId,
                UpdatedBy = call.Caller.ObjectId,
                From = type == AssignmentType ? tx.Now + _core.Timings.PolicyEnforcement : null,
            };
            tx.Put(Tables.Policies, ArmId.Key(policy.Id), policy);
            if (type is AssignmentType or ExemptionType)
                _compliance.EvaluateSoon(tx);
            // The clients insist on 201, for a change as well.
            return Answer.Json(201, PolicyShapes.Object(policy));
        });
    }

    private JsonElement? IdentityOf(EstateTransaction tx, JsonElement body, PolicyObject? existing, string id)
    {
        if (body.At("identity", "type").Text() is not { } type || !type.Equals("SystemAssigned", StringComparison.OrdinalIgnoreCase))
            return body.Loose("identity")?.Clone();
        var principal = existing?.Identity.At("principalId").Text() ?? ManagedIdentities.MakePrincipal(tx, id, id[(id.LastIndexOf('/') + 1)..]).ObjectId;
        return new JsonObject { ["type"] = "SystemAssigned", ["principalId"] = principal, ["tenantId"] = _core.Tenant }.ToElement();
    }

    private void CheckDefinition(Call call, JsonObject properties)
    {
        if (properties["policyRule"] is not JsonObject rule)
            throw _arm.Refuse(call, 400, "InvalidPolicyRule", "The policy definition's rule is missing.");
        var effect = PolicyExpressions.Text(PolicySubject.Member(PolicySubject.Member(rule, "then"), "effect"));
        if (effect.Length == 0)
            throw _arm.Refuse(call, 400, "InvalidPolicyRule", "The policy rule's 'then' needs an 'effect'.");
        if (!effect.StartsWith('[') && !Effects.Contains(effect.ToLowerInvariant()))
            throw _arm.Refuse(call, 400, Assumptions.PolicyEffectUnknown, $"The policy rule effect '{effect}' is not one of {string.Join(", ", Effects)}.");
        if (PolicyRule.Fault(PolicySubject.Member(rule, "if")) is { } fault)
            throw _arm.Refuse(call, 400, "InvalidPolicyRule", $"Failed to parse policy rule: '{fault}'.");
        var mode = (string?)properties["mode"] ?? "Indexed";
        if (mode.StartsWith("Microsoft.", StringComparison.OrdinalIgnoreCase))
            throw _arm.Refuse(call, 400, Assumptions.PolicyModeUnknown, $"The mode '{mode}' is not simulated; 'Indexed' and 'All' are.");
        if (!mode.Equals("Indexed", StringComparison.OrdinalIgnoreCase) && !mode.Equals("All", StringComparison.OrdinalIgnoreCase))
            throw _arm.Refuse(call, 400, Assumptions.PolicyModeUnknown, $"The mode '{mode}' is not supported.");
        properties["mode"] = mode;
        properties["policyType"] = "Custom";
        properties["version"] ??= "1.0.0";
        properties["parameters"] ??= new JsonObject();
    }

    private void CheckSet(Call call, JsonObject properties)
    {
        if (properties["policyDefinitions"] is not JsonArray { Count: > 0 } members)
            throw _arm.Refuse(call, 400, Assumptions.PolicySetEmpty, "The policy set definition needs policy definitions.");
        for (var i = 0; i < members.Count; i++)
        {
            if (PolicyExpressions.Text(PolicySubject.Member(members[i], "policyDefinitionId")) is var id && Find(call.Read(), id) is not { Type: DefinitionType })
                throw _arm.Refuse(call, 404, "PolicyDefinitionNotFound", $"The policy definition '{id}' could not be found.");
            members[i]!["policyDefinitionReferenceId"] ??= string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{id[(id.LastIndexOf('/') + 1)..]}_{i + 1}");
        }
        properties["policyType"] = "Custom";
        properties["version"] ??= "1.0.0";
        properties["parameters"] ??= new JsonObject();
    }

    private void CheckAssignment(Call call, JsonObject properties)
    {
        var id = PolicyExpressions.Text(PolicySubject.Member(properties, "policyDefinitionId"));
        if (Find(call.Read(), id) is not { } definition)
            throw _arm.Refuse(call, 404, id.Contains("policySetDefinitions", StringComparison.OrdinalIgnoreCase) ? "PolicySetDefinitionNotFound" : "PolicyDefinitionNotFound", $"The policy definition specified in policy assignment '{call.Value("name")}' is out of scope: '{id}' could not be found.");
        if (definition.Scope.Length > 0 && !Covers(definition.Scope, call.Value("scope")))
            throw _arm.Refuse(call, 400, "InvalidCreatePolicyAssignmentRequest", $"The policy definition specified in policy assignment '{call.Value("name")}' is out of scope. Policy definitions should be specified only at or above the policy assignment scope.");
        if (PolicyParameters.Fault(definition, properties["parameters"]?.ToElement()) is { } fault)
            throw _arm.Refuse(call, 400, fault.Code, fault.Message);
        var mode = (string?)properties["enforcementMode"] ?? "Default";
        if (!mode.Equals("Default", StringComparison.OrdinalIgnoreCase) && !mode.Equals("DoNotEnforce", StringComparison.OrdinalIgnoreCase))
            throw _arm.Refuse(call, 400, Assumptions.PolicyEnforcementUnknown, $"The enforcement mode '{mode}' must be 'Default' or 'DoNotEnforce'.");
        properties["enforcementMode"] = mode;
        properties["scope"] = call.Value("scope");
        properties["notScopes"] ??= new JsonArray();
    }

    private void CheckExemption(Call call, JsonObject properties)
    {
        var id = PolicyExpressions.Text(properties["policyAssignmentId"]);
        if (call.Read().Find(Tables.Policies, ArmId.Key(id)) is not { Type: AssignmentType })
            throw _arm.Refuse(call, 404, "PolicyAssignmentNotFound", $"The policy assignment '{id}' could not be found.");
        var category = PolicyExpressions.Text(properties["exemptionCategory"]);
        if (category is not ("Waiver" or "Mitigated"))
            throw _arm.Refuse(call, 400, Assumptions.PolicyExemptionUnfit, $"The exemption category '{category}' must be 'Waiver' or 'Mitigated'.");
    }

    private Answer Patch(Call call)
    {
        var body = call.Json();
        return call.Write(tx =>
        {
            var policy = Need(call, tx, AssignmentType);
            policy = policy with
            {
                Identity = body.Loose("identity") is null ? policy.Identity : IdentityOf(tx, body, policy, policy.Id),
                Location = body.Loose("location").Text() ?? policy.Location,
                Properties = body.Loose("properties") is { ValueKind: JsonValueKind.Object } changes ? JsonRead.Merge(policy.Properties.ToObject(), changes).ToElement() : policy.Properties,
                Updated = tx.Now,
                UpdatedBy = call.Caller.ObjectId,
            };
            tx.Put(Tables.Policies, ArmId.Key(policy.Id), policy);
            _compliance.EvaluateSoon(tx);
            return Answer.Json(200, PolicyShapes.Object(policy));
        });
    }

    private Answer Delete(Call call, string type)
    {
        if (type == DefinitionType && BuiltInPolicies.Find(call.Target.Path) is not null)
            throw _arm.Refuse(call, 403, Assumptions.PolicyBuiltInDeleted, "Built-in policy definitions can't be deleted.");
        return call.Write(tx =>
        {
            if (tx.Find(Tables.Policies, KeyOf(call, type)) is not { } policy)
                return Answer.Empty(204);
            var users = tx.Scan(Tables.Policies).Select(pair => pair.Value).Where(other => Uses(other, policy)).ToList();
            if (users.Count > 0)
                throw _arm.Refuse(call, 400, type == SetType ? Assumptions.PolicySetInUse : Assumptions.PolicyInUse, $"The {Word(type)} '{policy.Name}' can't be deleted: '{users[0].Id}' uses it.");
            tx.Remove(Tables.Policies, ArmId.Key(policy.Id));
            if (type == AssignmentType)
                Compliance.Forget(tx, policy.Id);
            if (type == ExemptionType)
                _compliance.EvaluateSoon(tx);
            return Answer.Json(200, PolicyShapes.Object(policy));
        });
    }

    private static bool Uses(PolicyObject other, PolicyObject policy) => other.Type switch
    {
        AssignmentType => Same(other.Properties.Loose("policyDefinitionId").Text(), policy.Id),
        SetType => other.Properties.Loose("policyDefinitions") is { ValueKind: JsonValueKind.Array } members
            && members.EnumerateArray().Any(member => Same(member.Loose("policyDefinitionId").Text(), policy.Id)),
        _ => false,
    };

    private static bool Same(string? a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    private static Answer List(Call call, string type)
    {
        var scope = call.Value("scope");
        var filter = call.Parameter("$filter") ?? "";
        var all = call.Read().Scan(Tables.Policies).Select(pair => pair.Value).Where(policy => policy.Type == type);
        if (type == DefinitionType)
            all = BuiltInPolicies.All.Concat(all);
        if (type is AssignmentType or ExemptionType)
        {
            // What bears on the scope, and, but for atScope(), what lies beneath it.
            var only = filter.Contains("atScope()", StringComparison.OrdinalIgnoreCase);
            var exact = filter.Contains("atExactScope()", StringComparison.OrdinalIgnoreCase);
            all = all.Where(policy => exact ? policy.Scope.Equals(scope, StringComparison.OrdinalIgnoreCase) : Covers(policy.Scope, scope) || (!only && ArmId.IsWithin(policy.Scope, scope)));
        }
        else
        {
            all = all.Where(policy => policy.Scope.Length == 0 || policy.Scope.Equals(scope, StringComparison.OrdinalIgnoreCase) || scope.Length == 0 || Covers(policy.Scope, scope));
        }
        foreach (var (word, value) in ((string, string)[])[("policyType eq 'BuiltIn'", "BuiltIn"), ("policyType eq 'Custom'", "Custom")])
            if (filter.Contains(word, StringComparison.OrdinalIgnoreCase))
                all = all.Where(policy => policy.Properties.Loose("policyType").Text() == value);
        return Answer.Json(200, Shapes.List(all.Select(PolicyShapes.Object)));
    }
}
