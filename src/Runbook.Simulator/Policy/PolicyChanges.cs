using System.Text.Json.Nodes;

namespace Runbook.Simulator.Policy;

/// <summary>What <c>append</c> and <c>modify</c> do to a request.</summary>
internal static class PolicyChanges
{
    public static JsonNode? Resolve(JsonNode details, PolicyRule rule)
    {
        if (details is JsonArray fields)
        {
            var resolved = new JsonArray();
            foreach (var field in fields)
                resolved.Add((JsonNode)new JsonObject { ["field"] = PolicySubject.Member(field, "field")?.DeepClone(), ["value"] = PolicyExpressions.Value(PolicySubject.Member(field, "value"), rule)?.DeepClone() });
            return resolved;
        }
        if (PolicySubject.Member(details, "operations") is not JsonArray operations)
            return details;
        var list = new JsonArray();
        foreach (var operation in operations)
        {
            if (PolicySubject.Member(operation, "condition") is { } condition && PolicyExpressions.Flag(PolicyExpressions.Value(condition, rule)) == false)
                continue;
            list.Add((JsonNode)new JsonObject
            {
                ["operation"] = PolicySubject.Member(operation, "operation")?.DeepClone(),
                ["field"] = PolicySubject.Member(operation, "field")?.DeepClone(),
                ["value"] = PolicyExpressions.Value(PolicySubject.Member(operation, "value"), rule)?.DeepClone(),
            });
        }
        return list;
    }

    public static void Apply(PolicyVerdict verdict, PolicySubject subject)
    {
        if (verdict.Details is not JsonArray changes)
            return;
        foreach (var change in changes)
        {
            var field = PolicyExpressions.Text(PolicySubject.Member(change, "field"));
            var path = field.Equals("location", StringComparison.OrdinalIgnoreCase) ? field : subject.PathOf(field);
            if (path is null)
                continue;
            var value = PolicySubject.Member(change, "value");
            var there = subject.Values(field).Count > 0;
            switch (PolicyExpressions.Text(PolicySubject.Member(change, "operation")).ToLowerInvariant())
            {
                case "remove":
                    subject.Set(path, null, remove: true);
                    break;
                case "add" when there && !PolicySubject.IsArray(field):
                    break;
                case "" when there && !PolicySubject.IsArray(field):
                    // Append does not overwrite; another value is left for a deny to see.
                    break;
                default:
                    subject.Set(path, value);
                    break;
            }
        }
    }
}
