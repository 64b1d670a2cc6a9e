using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Runbook.Simulator.Attestation;

/// <summary>A policy text that can't be read.</summary>
internal sealed class AttestationPolicyException(string message) : Exception(message);

/// <summary>
/// A policy of an attestation provider: rules that permit or deny, and rules that issue claims. The subset: conditions
/// <c>[type=="…", value==…]</c> joined by <c>&amp;&amp;</c>, with <c>==</c> and <c>!=</c>, and the actions permit, deny, issue, issueproperty and add.
/// </summary>
internal sealed partial class AttestationPolicy
{
    public const string Default = "version=1.0;\nauthorizationrules\n{\n\t=> permit();\n};\nissuancerules\n{\n};";

    private readonly List<Rule> _authorization = [];
    private readonly List<Rule> _issuance = [];

    private sealed record Condition(string? Name, List<(string Member, bool Equal, object Value)> Tests);

    private sealed record Rule(List<Condition> Conditions, string Action, Dictionary<string, string> Arguments);

    /// <exception cref="AttestationPolicyException">It can't be read; the message says why.</exception>
    public static AttestationPolicy Parse(string text)
    {
        var match = Whole().Match(text);
        if (!match.Success)
            throw new AttestationPolicyException("a policy is \"version=1.0; authorizationrules { … }; issuancerules { … };\"");
        var policy = new AttestationPolicy();
        policy._authorization.AddRange(Rules(match.Groups["auth"].Value, ["permit", "deny"]));
        policy._issuance.AddRange(Rules(match.Groups["issue"].Value, ["issue", "issueproperty", "add"]));
        return policy.Checked();
    }

    private AttestationPolicy Checked() =>
        _authorization.Count > 0 ? this : throw new AttestationPolicyException("without an authorization rule nothing would be permitted");

    private static IEnumerable<Rule> Rules(string text, string[] actions)
    {
        foreach (var part in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var rule = RuleForm().Match(part);
            if (!rule.Success || !actions.Contains(rule.Groups["action"].Value))
                throw new AttestationPolicyException($"the rule '{part}' is no \"conditions => {string.Join("|", actions)}(…)\"");
            var conditions = rule.Groups["conditions"].Value.Split("&&", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(ReadCondition).ToList();
            var arguments = ArgumentForm().Matches(rule.Groups["arguments"].Value).ToDictionary(argument => argument.Groups["name"].Value, argument => argument.Groups["value"].Value);
            if (rule.Groups["action"].Value is "issue" or "issueproperty" or "add" && (!arguments.ContainsKey("type") || !arguments.ContainsKey("value")) && !arguments.ContainsKey("claim"))
                throw new AttestationPolicyException($"the rule '{part}' must say type and value, or claim");
            yield return new Rule(conditions, rule.Groups["action"].Value, arguments);
        }
    }

    private static Condition ReadCondition(string text)
    {
        var match = ConditionForm().Match(text);
        if (!match.Success)
            throw new AttestationPolicyException($"the condition '{text}' is no [type==\"…\", value==…]");
        var tests = new List<(string, bool, object)>();
        foreach (var test in match.Groups["tests"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var form = TestForm().Match(test);
            if (!form.Success)
                throw new AttestationPolicyException($"the test '{test}' is no type==\"…\" or value==…");
            tests.Add((form.Groups["member"].Value, form.Groups["sign"].Value == "==", Literal(form.Groups["value"].Value)));
        }
        return new Condition(match.Groups["name"].Success ? match.Groups["name"].Value : null, tests);
    }

    private static object Literal(string text) => text switch
    {
        "true" => true,
        "false" => false,
        _ when text.StartsWith('"') => text.Trim('"'),
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    /// <summary>Whether the claims are permitted; claims that rules issue are added to <paramref name="issued"/>.</summary>
    public bool Judge(JsonObject claims, JsonObject issued)
    {
        var permits = _authorization.Any(rule => rule.Action == "permit" && Matches(rule, claims, out _));
        if (!permits || _authorization.Any(rule => rule.Action == "deny" && Matches(rule, claims, out _)))
            return false;
        foreach (var rule in _issuance)
        {
            if (!Matches(rule, claims, out var bound))
                continue;
            if (rule.Arguments.TryGetValue("claim", out var claim))
            {
                if (bound.TryGetValue(claim, out var whole))
                    (rule.Action == "add" ? claims : issued)[whole.Key] = whole.Value?.DeepClone();
                continue;
            }
            var value = rule.Arguments["value"];
            JsonNode? made = value.EndsWith(".value", StringComparison.Ordinal)
                ? bound.TryGetValue(value[..^6], out var from) ? from.Value?.DeepClone() : null
                : Literal(value) switch { bool flag => JsonValue.Create(flag), double number => JsonValue.Create((long)number), var other => JsonValue.Create((string)other) };
            (rule.Action == "add" ? claims : issued)[rule.Arguments["type"].Trim('"')] = made;
        }
        return true;
    }

    private static bool Matches(Rule rule, JsonObject claims, out Dictionary<string, KeyValuePair<string, JsonNode?>> bound)
    {
        bound = new(StringComparer.Ordinal);
        foreach (var condition in rule.Conditions)
        {
            var found = claims.Where(claim => condition.Tests.TrueForAll(test => Holds(test, claim))).ToList();
            if (found.Count == 0)
                return false;
            if (condition.Name is { } name)
                bound[name] = found[0];
        }
        return true;
    }

    private static bool Holds((string Member, bool Equal, object Value) test, KeyValuePair<string, JsonNode?> claim)
    {
        var same = test.Member switch
        {
            "type" => test.Value is string type && claim.Key == type,
            "issuer" => test.Value is "AttestationService" or "AttestationPolicy",
            _ => claim.Value is JsonValue value && value.GetValueKind() switch
            {
                JsonValueKind.String => test.Value is string text && value.GetValue<string>() == text,
                JsonValueKind.True => test.Value is true,
                JsonValueKind.False => test.Value is false,
                JsonValueKind.Number => test.Value is double number && Policy.PolicyExpressions.Number(value) is { } given && given.Equals(number),
                _ => false,
            },
        };
        return same == test.Equal;
    }

    [GeneratedRegex("""^\s*version\s*=\s*1\.[0-2]\s*;\s*authorizationrules\s*\{(?<auth>[^{}]*)\}\s*;\s*issuancerules\s*\{(?<issue>[^{}]*)\}\s*;?\s*$""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Whole();

    [GeneratedRegex("""^(?<conditions>.*?)=>\s*(?<action>\w+)\s*\((?<arguments>[^()]*)\)$""", RegexOptions.CultureInvariant | RegexOptions.Singleline, 1000)]
    private static partial Regex RuleForm();

    [GeneratedRegex("""(?<name>\w+)\s*=\s*(?<value>"[^"]*"|[\w.]+)""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ArgumentForm();

    [GeneratedRegex("""^(?:(?<name>\w+)\s*:\s*)?\[(?<tests>[^\[\]]*)\]$""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ConditionForm();

    [GeneratedRegex("""^(?<member>type|value|issuer)\s*(?<sign>==|!=)\s*(?<value>"[^"]*"|true|false|-?\d+)$""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex TestForm();
}
