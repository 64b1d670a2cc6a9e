using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;

namespace Runbook.Simulator.Policy;

/// <summary>How policies look on the wire, and the answer to a request that one of them denies.</summary>
internal static class PolicyShapes
{
    public static JsonObject Object(PolicyObject policy)
    {
        var properties = policy.Properties.ToObject();
        if (policy.Type == Policies.DefinitionType)
        {
            properties["version"] ??= "1.0.0";
            properties["versions"] ??= new JsonArray((JsonNode)"1.0.0");
        }
        if (policy.CreatedBy is not null)
        {
            var metadata = properties["metadata"] as JsonObject ?? [];
            metadata["createdBy"] = policy.CreatedBy;
            metadata["createdOn"] = Shapes.Time(policy.Created);
            metadata["updatedBy"] = policy.UpdatedBy == policy.CreatedBy && policy.Updated == policy.Created ? null : policy.UpdatedBy;
            metadata["updatedOn"] = policy.Updated == policy.Created ? null : Shapes.Time(policy.Updated);
            properties["metadata"] = metadata.DeepClone();
        }
        var json = new JsonObject { ["properties"] = properties, ["id"] = policy.Id, ["type"] = policy.Type, ["name"] = policy.Name };
        if (policy.Location is not null)
            json["location"] = policy.Location;
        if (policy.Identity is { } identity)
            json["identity"] = identity.ToNode();
        return json;
    }

    public static Answer Denied(ArmRequest request, IReadOnlyList<PolicyVerdict> denied)
    {
        var identifiers = new JsonArray();
        var additional = new JsonArray();
        var reasons = new List<string>();
        foreach (var verdict in denied)
        {
            identifiers.Add((JsonNode)Identify(verdict));
            additional.Add((JsonNode)new JsonObject { ["type"] = "PolicyViolation", ["info"] = Violation(verdict) });
            if (Reason(verdict) is { } reason)
                reasons.Add(reason);
        }
        var text = identifiers.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        var message = reasons.Count > 0
            ? $"Resource '{request.Name}' was disallowed by policy. Reasons: '{string.Join("', '", reasons)}'. See error details for policy resource IDs."
            : $"Resource '{request.Name}' was disallowed by policy. Policy identifiers: '{text}'.";
        const string Code = "RequestDisallowedByPolicy";
        return ArmService.Labelled(Answer.Json(
            403,
            new JsonObject
            {
                ["error"] = new JsonObject { ["code"] = Code, ["target"] = request.Name, ["message"] = message, ["additionalInfo"] = additional },
            },
            Code,
            message));
    }

    private static JsonObject Identify(PolicyVerdict verdict)
    {
        var json = new JsonObject
        {
            ["policyAssignment"] = new JsonObject { ["name"] = DisplayName(verdict.Assignment), ["id"] = verdict.Assignment.Id },
            ["policyDefinition"] = new JsonObject { ["name"] = DisplayName(verdict.Definition), ["id"] = verdict.Definition.Id, ["version"] = Version(verdict.Definition) },
        };
        if (verdict.Set is { } set)
            json["policySetDefinition"] = new JsonObject { ["name"] = DisplayName(set), ["id"] = set.Id, ["version"] = Version(set) };
        return json;
    }

    private static JsonObject Violation(PolicyVerdict verdict)
    {
        var expressions = new JsonArray();
        foreach (var expression in verdict.Evaluated)
            expressions.Add(expression.DeepClone());
        var json = new JsonObject
        {
            ["evaluationDetails"] = new JsonObject { ["evaluatedExpressions"] = expressions },
            ["policyDefinitionId"] = verdict.Definition.Id,
            ["policyDefinitionName"] = verdict.Definition.Name,
            ["policyDefinitionDisplayName"] = DisplayName(verdict.Definition),
            ["policyDefinitionVersion"] = Version(verdict.Definition),
            ["policyDefinitionEffect"] = verdict.Effect,
            ["policyAssignmentId"] = verdict.Assignment.Id,
            ["policyAssignmentName"] = verdict.Assignment.Name,
            ["policyAssignmentDisplayName"] = DisplayName(verdict.Assignment),
            ["policyAssignmentScope"] = verdict.Assignment.Scope,
            ["policyAssignmentParameters"] = verdict.Assignment.Properties.Loose("parameters").ToNode() ?? new JsonObject(),
        };
        if (verdict.Set is { } set)
        {
            json["policySetDefinitionId"] = set.Id;
            json["policySetDefinitionName"] = set.Name;
            json["policyDefinitionReferenceId"] = verdict.Reference;
        }
        return json;
    }

    private static string? Reason(PolicyVerdict verdict)
    {
        if (verdict.Assignment.Properties.Loose("nonComplianceMessages") is not { ValueKind: JsonValueKind.Array } messages)
            return null;
        var all = messages.EnumerateArray().ToList();
        var own = all.FirstOrDefault(message => verdict.Reference is not null && message.Loose("policyDefinitionReferenceId").Text() == verdict.Reference);
        var common = all.FirstOrDefault(message => message.Loose("policyDefinitionReferenceId") is null);
        return own.Loose("message").Text() ?? common.Loose("message").Text();
    }

    private static string DisplayName(PolicyObject policy) => policy.Properties.Loose("displayName").Text() ?? policy.Name;

    private static string Version(PolicyObject policy) => policy.Properties.Loose("version").Text() ?? policy.Properties.At("metadata", "version").Text() ?? "1.0.0";
}
