using System.Text.Json.Nodes;
using Runbook.Simulator.Monitor;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Policy;

/// <summary>Whether the related resource of an <c>…IfNotExists</c> policy is there.</summary>
internal static class PolicyExistence
{
    public static bool Exists(EstateView view, SimulatorCore core, JsonNode? details, PolicySubject subject, Func<string, JsonNode?> parameters)
    {
        var type = PolicyExpressions.Text(PolicySubject.Member(details, "type"));
        var name = PolicySubject.Member(details, "name") is { } given ? PolicyExpressions.Text(given) : null;
        var condition = PolicySubject.Member(details, "existenceCondition");
        return Related(view, type, subject.Id)
            .Where(item => name is null || item.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            .Any(item => condition is null || new PolicyRule(PolicyEngine.SubjectOf(view, core.Subscription, item.Id, type, true, item.Json), parameters).Holds(condition));
    }

    private static IEnumerable<(string Id, string Name, JsonObject Json)> Related(EstateView view, string type, string id)
    {
        if (type.Equals(DiagnosticSettings.Type, StringComparison.OrdinalIgnoreCase))
            return DiagnosticSettings.Of(view, id).Select(setting => (setting.Id, setting.Name, DiagnosticSettings.Shape(setting)));
        return view.Scan(Tables.Resources, ArmId.Key(id) + "/").Select(pair => pair.Value)
            .Where(resource => resource.Type.Equals(type, StringComparison.OrdinalIgnoreCase))
            .Select(resource => (resource.Id, resource.Name, Shapes.Resource(view, resource)));
    }
}
