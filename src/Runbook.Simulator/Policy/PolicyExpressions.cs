using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Runbook.Simulator.Policy;

/// <summary>An expression that can't be read, or that asks for something this subset does not have.</summary>
internal sealed class PolicyExpressionException(string message) : Exception(message);

/// <summary>
/// The expressions that a policy's texts may hold: <c>[parameters('x')]</c>, <c>[concat(field('name'), '-x')]</c> and the like. A text
/// that begins with <c>[[</c> stands for itself.
/// </summary>
internal static class PolicyExpressions
{
    /// <summary>What expressions may ask for.</summary>
    internal interface IScope
    {
        JsonNode? Parameter(string name);

        JsonNode? Field(string name);

        JsonNode? Current(string? name);

        JsonNode? Place(string function);
    }

    /// <summary>The value that stands for a member of a rule; texts that are expressions are worked out.</summary>
    public static JsonNode? Value(JsonNode? node, IScope scope)
    {
        switch (node)
        {
            case JsonValue value when value.TryGetValue<string>(out var text):
                return text.StartsWith('[') && text.EndsWith(']') && !text.StartsWith("[[", StringComparison.Ordinal)
                    ? new Reader(text[1..^1], scope).Whole()
                    : JsonValue.Create(text.StartsWith("[[", StringComparison.Ordinal) ? text[1..] : text);
            case JsonArray array:
                var list = new JsonArray();
                foreach (var item in array)
                    list.Add(Value(item, scope)?.DeepClone());
                return list;
            default:
                return node;
        }
    }

    public static string Text(JsonNode? node) => node switch
    {
        null => "",
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag ? "true" : "false",
        _ => node.ToJsonString(),
    };

    public static bool? Flag(JsonNode? node) => node is JsonValue value
        ? value.TryGetValue<bool>(out var flag) ? flag : value.TryGetValue<string>(out var text) && bool.TryParse(text, out var parsed) ? parsed : null
        : null;

    public static double? Number(JsonNode? node)
    {
        if (node is not JsonValue value)
            return null;
        if (value.TryGetValue<double>(out var number))
            return number;
        if (value.TryGetValue<long>(out var whole))
            return whole;
        if (value.TryGetValue<int>(out var small))
            return small;
        return value.TryGetValue<string>(out var text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) ? parsed : null;
    }

    private sealed class Reader(string text, IScope scope)
    {
        private int _at;
        private int _depth;

        public JsonNode? Whole()
        {
            var value = Expression();
            Blank();
            return _at == text.Length ? value : throw Bad("something follows the expression");
        }

        private PolicyExpressionException Bad(string why) => new($"the expression '[{text}]' can't be read at character {_at + 1}: {why}");

        private void Blank()
        {
            while (_at < text.Length && char.IsWhiteSpace(text[_at]))
                _at++;
        }

        private bool Take(char letter)
        {
            Blank();
            if (_at >= text.Length || text[_at] != letter)
                return false;
            _at++;
            return true;
        }

        private JsonNode? Expression()
        {
            if (++_depth > Limits.PolicyDepth)
                throw Bad("it is nested too deeply");
            var value = Primary();
            while (true)
            {
                if (Take('.'))
                {
                    value = Member(value, Word());
                }
                else if (Take('['))
                {
                    var index = Expression();
                    if (!Take(']'))
                        throw Bad("a ] is missing");
                    value = value is JsonArray array && Number(index) is { } at ? at >= 0 && at < array.Count ? array[(int)at] : null : Member(value, Text(index));
                }
                else
                {
                    _depth--;
                    return value;
                }
            }
        }

        private static JsonNode? Member(JsonNode? value, string name) =>
            value is JsonObject members ? members.FirstOrDefault(member => member.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value : null;

        private JsonNode? Primary()
        {
            Blank();
            if (_at >= text.Length)
                throw Bad("it ends too early");
            if (text[_at] == '\'')
                return JsonValue.Create(Quoted());
            if (char.IsDigit(text[_at]) || text[_at] == '-')
                return JsonValue.Create(long.Parse(Digits(), CultureInfo.InvariantCulture));
            var name = Word();
            if (!Take('('))
                return name.ToLowerInvariant() switch
                {
                    "true" => JsonValue.Create(true),
                    "false" => JsonValue.Create(false),
                    _ => throw Bad($"'{name}' is no function call"),
                };
            var arguments = new List<JsonNode?>();
            if (!Take(')'))
            {
                do
                    arguments.Add(Expression());
                while (Take(','));
                if (!Take(')'))
                    throw Bad("a ) is missing");
            }
            return Call(name, arguments);
        }

        private string Digits()
        {
            var from = _at++;
            while (_at < text.Length && char.IsDigit(text[_at]))
                _at++;
            return _at - from is > 0 and < 18 && text[from.._at] != "-" ? text[from.._at] : throw Bad("a number is missing or too long");
        }

        private string Word()
        {
            Blank();
            var from = _at;
            while (_at < text.Length && (char.IsLetterOrDigit(text[_at]) || text[_at] == '_'))
                _at++;
            return _at > from ? text[from.._at] : throw Bad("a name is missing");
        }

        private string Quoted()
        {
            var value = new StringBuilder();
            for (_at++; _at < text.Length; _at++)
            {
                if (text[_at] != '\'')
                {
                    value.Append(text[_at]);
                }
                else if (_at + 1 < text.Length && text[_at + 1] == '\'')
                {
                    value.Append('\'');
                    _at++;
                }
                else
                {
                    _at++;
                    return value.ToString();
                }
            }
            throw Bad("a quote is not closed");
        }

        private JsonNode? Call(string name, List<JsonNode?> given)
        {
            switch (name.ToLowerInvariant())
            {
                case "parameters":
                    return scope.Parameter(Text(First()));
                case "field":
                    return scope.Field(Text(First()));
                case "current":
                    return scope.Current(given.Count == 0 ? null : Text(given[0]));
                case "resourcegroup" or "subscription" or "requestcontext" or "policy":
                    return scope.Place(name.ToLowerInvariant());
                case "concat":
                    return given.Any(item => item is JsonArray) ? Joined(given) : JsonValue.Create(string.Concat(given.Select(Text)));
                case "if":
                    return Flag(First()) == true ? given.ElementAtOrDefault(1) : given.ElementAtOrDefault(2);
                case "equals":
                    return JsonValue.Create(PolicyRule.Same(First(), Second()));
                case "not":
                    return JsonValue.Create(Flag(First()) != true);
                case "and":
                    return JsonValue.Create(given.All(item => Flag(item) == true));
                case "or":
                    return JsonValue.Create(given.Any(item => Flag(item) == true));
                case "empty":
                    return JsonValue.Create(First() is null or JsonArray { Count: 0 } or JsonObject { Count: 0 } || (First() is JsonValue && Text(First()).Length == 0));
                case "length":
                    return JsonValue.Create(First() switch { JsonArray array => array.Count, JsonObject counted => counted.Count, _ => Text(First()).Length });
                case "tolower":
                    return JsonValue.Create(Text(First()).ToLowerInvariant());
                case "toupper":
                    return JsonValue.Create(Text(First()).ToUpperInvariant());
                case "string":
                    return JsonValue.Create(Text(First()));
                case "int":
                    return JsonValue.Create((long)(Number(First()) ?? throw Bad("int() needs a number")));
                case "bool":
                    return JsonValue.Create(Flag(First()) ?? throw Bad("bool() needs true or false"));
                case "contains":
                    return JsonValue.Create(First() is JsonArray items ? items.Any(item => PolicyRule.Same(item, Second()))
                        : First() is JsonObject keyed ? keyed.ContainsKey(Text(Second())) : Text(First()).Contains(Text(Second()), StringComparison.Ordinal));
                case "startswith":
                    return JsonValue.Create(Text(First()).StartsWith(Text(Second()), StringComparison.OrdinalIgnoreCase));
                case "endswith":
                    return JsonValue.Create(Text(First()).EndsWith(Text(Second()), StringComparison.OrdinalIgnoreCase));
                case "replace":
                    return JsonValue.Create(Text(First()).Replace(Text(Second()), Text(given.ElementAtOrDefault(2)), StringComparison.Ordinal));
                case "split":
                    return new JsonArray([.. Text(First()).Split(Text(Second())).Select(part => (JsonNode)part)]);
                case "first":
                    return First() is JsonArray { Count: > 0 } some ? some[0] : JsonValue.Create(Text(First()) is { Length: > 0 } word ? word[..1] : "");
                case "last":
                    return First() is JsonArray { Count: > 0 } more ? more[^1] : JsonValue.Create(Text(First()) is { Length: > 0 } words ? words[^1..] : "");
                case "coalesce":
                    return given.FirstOrDefault(item => item is not null);
                case "createarray":
                    return new JsonArray([.. given.Select(item => item?.DeepClone())]);
                case "greater" or "greaterorequals" or "less" or "lessorequals":
                    return JsonValue.Create(PolicyRule.Compares(name.ToLowerInvariant(), First(), Second()));
                case "add":
                    return JsonValue.Create((Number(First()) ?? 0) + (Number(Second()) ?? 0));
                case "sub":
                    return JsonValue.Create((Number(First()) ?? 0) - (Number(Second()) ?? 0));
                default:
                    throw Bad($"there is no function '{name}' in this subset");
            }

            JsonNode? First() => given.Count > 0 ? given[0] : throw Bad($"{name}() needs an argument");

            JsonNode? Second() => given.Count > 1 ? given[1] : throw Bad($"{name}() needs two arguments");
        }

        private static JsonArray Joined(List<JsonNode?> given)
        {
            var joined = new JsonArray();
            foreach (var item in given.SelectMany(item => item is JsonArray array ? array.AsEnumerable() : [item]))
                joined.Add(item?.DeepClone());
            return joined;
        }
    }
}
