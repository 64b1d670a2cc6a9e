using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;

namespace Runbook.Simulator.Policy;

/// <summary>Parameters of definitions: what an assignment gives, or their defaults.</summary>
internal static class PolicyParameters
{
    /// <summary>A look-up for a definition's parameters.</summary>
    /// <param name="definition">The definition or initiative that declares them.</param>
    /// <param name="given">An assignment's, or an initiative member's, <c>parameters</c>.</param>
    /// <param name="outer">Parameters that expressions in <paramref name="given"/> may ask for.</param>
    public static Func<string, JsonNode?> Of(PolicyObject definition, JsonElement? given, Func<string, JsonNode?>? outer)
    {
        var declared = definition.Properties.Loose("parameters");
        return name =>
        {
            if (given.At(name, "value") is { } value)
                return outer is null ? value.ToNode() : PolicyExpressions.Value(value.ToNode(), new Only(outer));
            return declared.At(name, "defaultValue").ToNode();
        };
    }

    /// <summary>What is wrong with an assignment's parameters: an error code and words, or <see langword="null"/>.</summary>
    public static (string Code, string Message)? Fault(PolicyObject definition, JsonElement? given)
    {
        var declared = definition.Properties.Loose("parameters");
        foreach (var parameter in Members(declared))
        {
            var value = given.At(parameter.Name, "value");
            if (value is null)
            {
                if (parameter.Value.Loose("defaultValue") is null)
                    return ("MissingPolicyParameter", $"The policy definition '{definition.Name}' is missing the parameter '{parameter.Name}': it has no default, so the assignment must give it.");
                continue;
            }
            if (parameter.Value.Loose("allowedValues") is { ValueKind: JsonValueKind.Array } allowed && !Allows(allowed, value.Value))
                return ("PolicyParameterValueNotAllowed", $"The value '{PolicyExpressions.Text(value.ToNode())}' is not allowed for policy parameter '{parameter.Name}' in policy definition '{definition.Name}'. The allowed values are '{string.Join(", ", allowed.EnumerateArray().Select(item => PolicyExpressions.Text(item.ToNode())))}'.");
        }
        foreach (var parameter in Members(given))
            if (declared.At(parameter.Name) is null)
                return ("UndefinedPolicyParameter", $"The parameter '{parameter.Name}' is not declared by the policy definition '{definition.Name}'.");
        return null;
    }

    private static IEnumerable<JsonProperty> Members(JsonElement? json) =>
        json is { ValueKind: JsonValueKind.Object } members ? members.EnumerateObject() : [];

    private static bool Allows(JsonElement allowed, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray().All(item => Allows(allowed, item))
            : allowed.EnumerateArray().Any(item => PolicyRule.Same(item.ToNode(), value.ToNode()));

    /// <summary>A scope in which only parameters can be asked for.</summary>
    internal sealed class Only(Func<string, JsonNode?> parameters) : PolicyExpressions.IScope
    {
        public JsonNode? Parameter(string name) => parameters(name);

        public JsonNode? Field(string name) => throw new PolicyExpressionException("field() can't be used here");

        public JsonNode? Current(string? name) => throw new PolicyExpressionException("current() can't be used here");

        public JsonNode? Place(string function) => throw new PolicyExpressionException($"{function}() can't be used here");
    }
}
