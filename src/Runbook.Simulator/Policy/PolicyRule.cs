using System.Globalization;
using System.Text.Json.Nodes;
using Runbook.Simulator.Faults;

namespace Runbook.Simulator.Policy;

/// <summary>Conditions of policy rules: what they say about a resource.</summary>
internal sealed class PolicyRule(PolicySubject subject, Func<string, JsonNode?> parameters) : PolicyExpressions.IScope
{
    private static readonly string[] Operators =
    [
        "equals", "notEquals", "like", "notLike", "match", "matchInsensitively", "notMatch", "notMatchInsensitively", "contains", "notContains",
        "in", "notIn", "containsKey", "notContainsKey", "less", "lessOrEquals", "greater", "greaterOrEquals", "exists",
    ];

    private readonly Stack<(string? Name, JsonNode? Value)> _counted = new();

    /// <summary>The conditions that were looked at, for the answer to a denied request.</summary>
    public List<JsonObject> Evaluated { get; } = [];

    public JsonNode? Parameter(string name) => parameters(name);

    public JsonNode? Field(string name)
    {
        var values = Look(name);
        return PolicySubject.IsArray(name) ? new JsonArray([.. values.Select(value => value?.DeepClone())]) : values.Count > 0 ? values[0] : null;
    }

    public JsonNode? Current(string? name)
    {
        if (_counted.Count == 0)
            throw new PolicyExpressionException("current() is used outside a count");
        if (name is null)
            return _counted.Peek().Value;
        var named = _counted.FirstOrDefault(item => item.Name is not null && (name.Equals(item.Name, StringComparison.OrdinalIgnoreCase) || name.StartsWith(item.Name + ".", StringComparison.OrdinalIgnoreCase)));
        if (named.Name is null)
            return Field(name);
        var value = named.Value;
        foreach (var part in name[named.Name.Length..].Split('.', StringSplitOptions.RemoveEmptyEntries))
            value = PolicySubject.Member(value, part);
        return value;
    }

    public JsonNode? Place(string function) => function switch
    {
        "resourcegroup" => subject.Group,
        "subscription" => new JsonObject { ["id"] = subject.Subscription, ["subscriptionId"] = subject.Subscription[(subject.Subscription.LastIndexOf('/') + 1)..] },
        "requestcontext" => new JsonObject { ["apiVersion"] = subject.ApiVersion },
        _ => null,
    };

    /// <summary>Checks the shape of a rule's conditions, without a resource.</summary>
    /// <returns>What is wrong, or <see langword="null"/>.</returns>
    public static string? Fault(JsonNode? condition, int depth = 0)
    {
        if (condition is not JsonObject json)
            return "a condition must be an object";
        if (depth > Limits.PolicyDepth)
            return "the conditions are nested too deeply";
        foreach (var word in (string[])["allOf", "anyOf"])
            if (PolicySubject.Member(json, word) is { } list)
                return list is JsonArray { Count: > 0 } items ? items.Select(item => Fault(item, depth + 1)).FirstOrDefault(fault => fault is not null) : $"'{word}' must be a list that is not empty";
        if (PolicySubject.Member(json, "not") is { } inner)
            return Fault(inner, depth + 1);
        if (PolicySubject.Member(json, "count") is { } count)
        {
            if (PolicySubject.Member(count, "field") is null && PolicySubject.Member(count, "value") is null)
                return "a 'count' needs a 'field' or a 'value'";
            if (PolicySubject.Member(count, "where") is { } where && Fault(where, depth + 1) is { } fault)
                return fault;
        }
        else if (PolicySubject.Member(json, "field") is null && PolicySubject.Member(json, "value") is null)
        {
            return "a condition needs a 'field', a 'value' or a 'count'";
        }
        var used = json.Select(member => member.Key).Where(key => Operators.Contains(key, StringComparer.OrdinalIgnoreCase)).ToList();
        return used.Count == 1 ? null : $"a condition needs exactly one of the operators {string.Join(", ", Operators)}";
    }

    public bool Holds(JsonNode? condition)
    {
        if (PolicySubject.Member(condition, "allOf") is JsonArray all)
            return all.All(Holds);
        if (PolicySubject.Member(condition, "anyOf") is JsonArray any)
            return any.Any(Holds);
        if (PolicySubject.Member(condition, "not") is { } inner)
            return !Holds(inner);
        var (word, wanted) = Operator((JsonObject)condition!);
        if (PolicySubject.Member(condition, "count") is { } count)
            return Note("Count", Text(PolicySubject.Member(count, "field") ?? PolicySubject.Member(count, "value")), null, JsonValue.Create(Count(count)), word, wanted);
        if (PolicySubject.Member(condition, "value") is { } given)
            return Note("Value", PolicyExpressions.Text(given), null, PolicyExpressions.Value(given, this), word, wanted);
        var field = Text(PolicyExpressions.Value(PolicySubject.Member(condition, "field"), this));
        var values = Look(field);
        if (PolicySubject.IsArray(field) && !word.Equals("exists", StringComparison.OrdinalIgnoreCase))
            return values.All(value => Note("Field", field, subject.PathOf(field), value, word, wanted));
        return Note("Field", field, subject.PathOf(field), values.Count > 0 ? values[0] : null, word, wanted);
    }

    private IReadOnlyList<JsonNode?> Look(string field)
    {
        foreach (var (name, value) in _counted)
            if (name is not null && field.StartsWith(name, StringComparison.OrdinalIgnoreCase))
                return Current(field) is { } found ? [found] : [];
        return subject.Values(field);
    }

    private int Count(JsonNode count)
    {
        var where = PolicySubject.Member(count, "where");
        var field = PolicySubject.Member(count, "field");
        var name = field is null ? PolicyExpressions.Text(PolicySubject.Member(count, "name")) : Text(PolicyExpressions.Value(field, this));
        List<JsonNode?> items = field is null
            ? [.. PolicyExpressions.Value(PolicySubject.Member(count, "value"), this) as JsonArray ?? []]
            : [.. Look(name)];
        if (where is null)
            return items.Count;
        var number = 0;
        foreach (var item in items)
        {
            _counted.Push((name.Length == 0 ? null : name, item));
            if (Holds(where))
                number++;
            _counted.Pop();
        }
        return number;
    }

    private static (string Word, JsonNode? Wanted) Operator(JsonObject condition)
    {
        var member = condition.First(member => Operators.Contains(member.Key, StringComparer.OrdinalIgnoreCase));
        return (member.Key, member.Value);
    }

    private static string Text(JsonNode? node) => PolicyExpressions.Text(node);

    private bool Note(string kind, string expression, string? path, JsonNode? value, string word, JsonNode? wantedRaw)
    {
        var wanted = PolicyExpressions.Value(wantedRaw, this);
        var result = Test(word.ToLowerInvariant(), value, wanted);
        var entry = new JsonObject
        {
            ["result"] = result ? "True" : "False",
            ["expressionKind"] = kind,
            ["expression"] = expression,
        };
        if (path is not null)
            entry["path"] = path.Replace('\n', '.');
        else if (kind == "Field")
            entry["path"] = expression;
        entry["expressionValue"] = value?.DeepClone();
        entry["targetValue"] = wanted?.DeepClone();
        entry["operator"] = char.ToUpperInvariant(word[0]) + word[1..];
        Evaluated.Add(entry);
        return result;
    }

    private static bool Test(string word, JsonNode? value, JsonNode? wanted) => word switch
    {
        "equals" => Same(value, wanted),
        "notequals" => !Same(value, wanted),
        "like" => value is not null && Glob.Matches(Text(wanted), Text(value)),
        "notlike" => value is null || !Glob.Matches(Text(wanted), Text(value)),
        "match" => value is not null && Fits(Text(wanted), Text(value), StringComparison.Ordinal),
        "matchinsensitively" => value is not null && Fits(Text(wanted), Text(value), StringComparison.OrdinalIgnoreCase),
        "notmatch" => value is null || !Fits(Text(wanted), Text(value), StringComparison.Ordinal),
        "notmatchinsensitively" => value is null || !Fits(Text(wanted), Text(value), StringComparison.OrdinalIgnoreCase),
        "contains" => Contains(value, wanted),
        "notcontains" => !Contains(value, wanted),
        "in" => wanted is JsonArray list && list.Any(item => Same(value, item)),
        "notin" => wanted is not JsonArray list || !list.Any(item => Same(value, item)),
        "containskey" => value is JsonObject members && members.Any(member => member.Key.Equals(Text(wanted), StringComparison.OrdinalIgnoreCase)),
        "notcontainskey" => value is not JsonObject members || !members.Any(member => member.Key.Equals(Text(wanted), StringComparison.OrdinalIgnoreCase)),
        "exists" => (value is not null) == (PolicyExpressions.Flag(wanted) ?? true),
        _ => Compares(word, value, wanted),
    };

    /// <summary>Equal as policies compare: texts without case, and a text with what it spells.</summary>
    public static bool Same(JsonNode? a, JsonNode? b)
    {
        if (a is null || b is null)
            return a is null && b is null;
        if (a is JsonValue && b is JsonValue)
        {
            if (PolicyExpressions.Number(a) is { } left && PolicyExpressions.Number(b) is { } right)
                return left.Equals(right);
            return string.Equals(Text(a), Text(b), StringComparison.OrdinalIgnoreCase);
        }
        return JsonNode.DeepEquals(a, b);
    }

    public static bool Compares(string word, JsonNode? a, JsonNode? b)
    {
        if (a is null || b is null)
            return false;
        var order = PolicyExpressions.Number(a) is { } left && PolicyExpressions.Number(b) is { } right ? left.CompareTo(right)
            : DateTimeOffset.TryParse(Text(a), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var earlier) && DateTimeOffset.TryParse(Text(b), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var later) ? earlier.CompareTo(later)
            : string.Compare(Text(a), Text(b), StringComparison.OrdinalIgnoreCase);
        return word switch
        {
            "less" => order < 0,
            "lessorequals" => order <= 0,
            "greater" => order > 0,
            "greaterorequals" => order >= 0,
            _ => throw new PolicyExpressionException($"there is no operator '{word}'"),
        };
    }

    private static bool Contains(JsonNode? value, JsonNode? wanted) => value switch
    {
        null => false,
        JsonArray list => list.Any(item => Same(item, wanted)),
        _ => Text(value).Contains(Text(wanted), StringComparison.OrdinalIgnoreCase),
    };

    /// <summary><c>#</c> stands for a digit, <c>?</c> for a letter, <c>.</c> for any character.</summary>
    private static bool Fits(string pattern, string text, StringComparison comparison)
    {
        if (pattern.Length != text.Length)
            return false;
        for (var i = 0; i < pattern.Length; i++)
        {
            var fits = pattern[i] switch
            {
                '#' => char.IsAsciiDigit(text[i]),
                '?' => char.IsAsciiLetter(text[i]),
                '.' => true,
                _ => pattern.AsSpan(i, 1).Equals(text.AsSpan(i, 1), comparison),
            };
            if (!fits)
                return false;
        }
        return true;
    }
}
