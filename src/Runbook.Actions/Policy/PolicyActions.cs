using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>policy.*</c>: what may be made at all, and what of what is there would not be made today.</summary>
internal static class PolicyActions
{
    private const string Version = "2021-06-01";
    private const string InsightsVersion = "2019-10-01";
    private const string DefinitionType = "Microsoft.Authorization/policyDefinitions";
    private const string AssignmentType = "Microsoft.Authorization/policyAssignments";
    private const string Role = "Resource Policy Contributor";
    private const string DefinitionName = """name: {type: string, pattern: '^[^/<>%&?\\]{1,64}$', description: "Name of the definition in the profile's subscription"}""";
    private const string Definition = """
        id: {type: string}
        name: {type: string}
        properties: {type: object, additionalProperties: false, properties: {displayName: {type: string}, description: {type: string}, policyType: {type: string}, mode: {type: string}, parameters: {type: object, additionalProperties: true}, policyRule: {type: object, additionalProperties: true} } }
        """;
    private const string Assignment = """
        id: {type: string}
        name: {type: string}
        properties: {type: object, additionalProperties: false, properties: {displayName: {type: string}, policyDefinitionId: {type: string}, scope: {type: string}, enforcementMode: {type: string}, notScopes: {type: array, items: {type: string} }, parameters: {type: object, additionalProperties: true} } }
        """;
    private const string States = """
        value: {type: array, items: {type: object, additionalProperties: false, properties: {resourceId: {type: string}, resourceType: {type: string}, resourceLocation: {type: string}, complianceState: {type: string}, isCompliant: {type: boolean}, policyAssignmentName: {type: string}, policyDefinitionName: {type: string}, policyDefinitionAction: {type: string}, timestamp: {type: string} } } }
        """;

    private static readonly ActionError NoDefinition = new("PolicyDefinitionNotFound", "There is no such policy definition.", "Nothing changed.", "Check its name, and the subscription of the profile.");
    private static readonly ActionError NoAssignment = new("PolicyAssignmentNotFound", "There is no such policy assignment.", "Nothing changed.", "Check its name and scope.");

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire)
    {
        var definitions = new ResourceFamily(site, wire, DefinitionType, Version, "policy definition", Role, (s, with) => DefinitionId(s, with.Text("name")), Definition)
        {
            Errors = [NoDefinition, new("InvalidPolicyRule", "The rule can't be read.", "Nothing changed.", "Read the message, and put the rule right."), new("PolicyDefinitionInUse", "It is still assigned.", "Nothing changed.", "Delete its assignments first: policy.assignment.delete.")],
        };
        var assignments = new ResourceFamily(site, wire, AssignmentType, Version, "policy assignment", Role, (s, with) => $"{PolicyScope.IdOf(s, with)}/providers/{AssignmentType}/{with.Text("name")}", Assignment)
        {
            Errors = [NoAssignment, NoDefinition, new("InvalidPolicyParameters", "The definition does not take these parameters.", "Nothing changed.", "Read the definition with policy.definition.get.")],
        };
        yield return Missing(definitions.Get("policy.definition.get", "Reads a policy definition: its rule and its parameters.", DefinitionName, with => $"Read the policy definition '{with.Text("name")}'.", "az policy definition show --name {name}"), NoDefinition);
        yield return definitions.Change(CreateDefinition);
        yield return definitions.Change(DeleteDefinition);
        yield return Missing(assignments.Get("policy.assignment.get", "Reads a policy assignment: which definition holds where, with which parameters, and whether it is enforced.", AssignmentArguments, with => $"Read the policy assignment '{with.Text("name")}' at {PolicyScope.Words(with)}."), NoAssignment);
        yield return assignments.Change(CreateAssignment);
        yield return assignments.Change(DeleteAssignment);
        yield return Compliance(site, wire);
        yield return Evaluate(site, wire);
    }

    private static string AssignmentArguments => $$"""
        name: {type: string, pattern: '^[^/<>%&?\\]{1,64}$', description: "Name of the assignment"}
        scope: {{PolicyScope.Argument}}
        """;

    private static ResourceChange CreateDefinition => new()
    {
        Name = "policy.definition.create",
        Summary = "Makes a policy definition in the subscription, once it has seen that there is none of that name. It holds nowhere before it is assigned.",
        Effect = EffectClass.Once,
        With = $$"""
            {{DefinitionName}}
            displayName: {type: string, minLength: 1, maxLength: 128, description: "What people see, also in refusals"}
            description?: {type: string, maxLength: 512}
            mode: {type: string, enum: [Indexed, All], default: Indexed, description: "Indexed: resources with a region and tags only"}
            parameters?: {type: object, additionalProperties: true, description: "What an assignment may set, as Azure spells it"}
            rule: {type: object, additionalProperties: true, description: "The rule: if and then, as Azure spells them"}
            """,
        LooksFirst = true,
        Says = with => $"Make the policy definition '{with.Text("name")}': {with.Text("displayName")}.",
        Body = (_, with, _) => new JsonObject
        {
            ["properties"] = Arguments.ObjectOf(
                ("displayName", with.Node("displayName")),
                ("description", with.Node("description")),
                ("policyType", "Custom"),
                ("mode", with.Node("mode") ?? "Indexed"),
                ("parameters", with.Node("parameters")),
                ("policyRule", with.Node("rule"))),
        },
        Settles = "Reads the definition, of which there was none before: it took effect when it is there as it was asked for.",
        Inverse = new ActionInverse("policy.definition.delete", null, "Deletes it, once nothing assigns it any more."),
        Undo = (with, _) => new JsonObject { ["name"] = with.Node("name") },
    };

    private static ResourceChange DeleteDefinition => new()
    {
        Name = "policy.definition.delete",
        Summary = "Deletes a policy definition that nothing assigns any more. One that is gone counts as deleted, with status 204.",
        Effect = EffectClass.Destructive,
        Method = "DELETE",
        With = DefinitionName,
        Says = with => $"Delete the policy definition '{with.Text("name")}'.",
        Az = "az policy definition delete --name {name}",
        Settles = "Looks for the definition: it took effect when it is gone.",
    };

    private static ResourceChange CreateAssignment => new()
    {
        Name = "policy.assignment.create",
        Summary = "Has a policy definition hold at a scope, once it has seen that there is no assignment of that name. What is there already stays as it is, and is told by policy.compliance.list.",
        Effect = EffectClass.Once,
        With = $$"""
            {{AssignmentArguments}}
            definition: {type: string, minLength: 1, description: "Name of the definition in the profile's subscription, or its full id"}
            displayName: {type: string, minLength: 1, maxLength: 128, description: "What people see, also in refusals"}
            parameters?: {type: object, additionalProperties: true, description: "Values of the definition's parameters, by name"}
            enforce: {type: boolean, default: true, description: "false: it only tells what it would refuse"}
            message?: {type: string, maxLength: 512, description: "What whoever is refused reads"}
            """,
        LooksFirst = true,
        Says = with => $"Have '{with.Text("definition")}' {(with.TextOrNull("enforce") is "false" ? "tell what it would refuse" : "hold")} at {PolicyScope.Words(with)}, as '{with.Text("name")}'.",
        Body = (site, with, _) => new JsonObject
        {
            ["properties"] = Arguments.ObjectOf(
                ("displayName", with.Node("displayName")),
                ("policyDefinitionId", DefinitionId(site, with.Text("definition"))),
                ("enforcementMode", with.TextOrNull("enforce") switch { null or "true" => "Default", "false" => "DoNotEnforce", var unknown => unknown }),
                ("parameters", ValuesOf(with)),
                ("nonComplianceMessages", with.Node("message") is { } message ? new JsonArray(new JsonObject { ["message"] = message }) : null)),
        },
        Settles = "Reads the assignment, of which there was none before: it took effect when it is there as it was asked for.",
        Inverse = new ActionInverse("policy.assignment.delete", null, "Deletes it: what it refused may be made again, within half an hour."),
        Undo = (with, _) => Arguments.ObjectOf(("name", with.Node("name")), ("scope", with.Node("scope"))),
    };

    private static ResourceChange DeleteAssignment => new()
    {
        Name = "policy.assignment.delete",
        Summary = "Ends that a policy definition holds at a scope: what it refused may be made again. One that is gone counts as deleted, with status 204.",
        Effect = EffectClass.Destructive,
        Method = "DELETE",
        With = AssignmentArguments,
        Says = with => $"Delete the policy assignment '{with.Text("name")}' at {PolicyScope.Words(with)}.",
        Settles = "Looks for the assignment: it took effect when it is gone.",
    };

    private static RequestAction Compliance(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "policy.compliance.list",
        Summary = "Lists what the last evaluation found: for each resource and assignment whether it complies. An evaluation comes once a day, and after policy.compliance.evaluate.",
        Effect = EffectClass.Read,
        With = Shape.Of($"scope: {PolicyScope.Argument}\nassignment?: {{type: string, pattern: '^[^/<>%&?\\\\'']{{1,64}}$', description: \"Name of an assignment, in lower case as Azure keeps it; without it all of them\"}}"),
        Result = Shape.Of(States),
        Permissions = [Needs.Arm("Microsoft.PolicyInsights/policyStates/queryResults/read", "the scope {scope}", "Reader")],
        AzCommand = AzRest.Command,
        Errors = Refusals.ResourceManager,
    },
        null,
        new RequestCall
        {
            Method = "POST",
            Url = (s, with) => s.Arm($"{PolicyScope.IdOf(s, with)}/providers/Microsoft.PolicyInsights/policyStates/latest/queryResults", InsightsVersion, with.TextOrNull("assignment") is { } name ? $"$filter=policyAssignmentName%20eq%20'{name}'&" : ""),
            Says = with => $"List what complies at {PolicyScope.Words(with)}{(with.TextOrNull("assignment") is { } name ? $" with '{name}'" : "")}.",
        });

    private static RequestAction Evaluate(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "policy.compliance.evaluate",
        Summary = "Has everything at a scope evaluated now, which may take half an hour. It changes no resource.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of($"scope: {PolicyScope.Argument}"),
        Result = Shape.Of(""),
        Permissions = [Needs.Arm("Microsoft.PolicyInsights/policyStates/triggerEvaluation/action", "the scope {scope}", Role)],
        AzCommand = AzRest.Command,
        UsuallyTakes = TimeSpan.FromMinutes(15),
        Settle = new SettlingProbe("Nothing tells; asking again is harmless.", TimeSpan.FromMinutes(1)) { Tells = false },
        Errors = Refusals.ResourceManagerWrites,
    },
        null,
        new RequestCall
        {
            Method = "POST",
            Url = (s, with) => s.Arm($"{PolicyScope.IdOf(s, with)}/providers/Microsoft.PolicyInsights/policyStates/latest/triggerEvaluation", InsightsVersion),
            Says = with => $"Evaluate everything at {PolicyScope.Words(with)}.",
            Settle = (_, _) => Task.FromResult<SettleVerdict>(new SettleVerdict.CannotTell("No reading tells whether an evaluation was asked for.")),
        });

    // "There is none" has a code of its own here.
    private static RequestAction Missing(RequestAction action, ActionError none) => action.WithErrors(action.Descriptor.Errors.Add(none));

    private static string DefinitionId(AzureSite site, string nameOrId) => nameOrId.StartsWith('/') ? nameOrId : $"/subscriptions/{site.SubscriptionId}/providers/{DefinitionType}/{nameOrId}";

    private static JsonNode? ValuesOf(Arguments with)
    {
        if (with.Node("parameters") is not JsonObject given) return with.Node("parameters");
        var values = new JsonObject();
        foreach (var (name, value) in given) values[name] = new JsonObject { ["value"] = value?.DeepClone() };
        return values;
    }
}
