using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Runbook.Language.Yaml;

namespace Runbook.Language.Schemas;

/// <summary>Reads schemas from YAML. Any keyword outside the closed subset is a finding.</summary>
/// <param name="found">Where findings go.</param>
/// <param name="isOurs">Whether this program wrote the schemas, and its tests saw that their patterns can be matched: to look again took a third of the time in which a program that starts reads the catalogue.</param>
internal sealed class SchemaReader(DiagnosticBag found, bool isOurs = false)
{
    private static readonly ImmutableArray<string> Keywords =
    [
        "type", "enum", "const", "pattern", "format", "minLength", "maxLength", "minimum", "maximum", "items", "minItems",
        "maxItems", "properties", "required", "additionalProperties", "default", "examples", "writeOnly", "description",
        "contentMediaType",
    ];

    /// <summary>
    /// Reads a schema's <c>properties</c> as inputs and asked values are written: a name and its schema; a member is
    /// required unless it has a default.
    /// </summary>
    public ImmutableArray<SchemaMember> ReadProperties(YamlNode node, string what)
    {
        if (node is not YamlMapping mapping)
        {
            Complain(node, $"{what} is {node.Describe()}, and must be names with their schemas.", "Write 'name: {type: string, description: …}'.");
            return [];
        }

        var members = ImmutableArray.CreateBuilder<SchemaMember>();
        foreach (var member in mapping.Members)
        {
            var schema = Read(member.Value);
            members.Add(new SchemaMember(member.Name, schema, schema.Default is null));
        }

        return members.ToImmutable();
    }

    /// <summary>Reads one schema; what can't be read is left out, with a finding.</summary>
    public Schema Read(YamlNode node)
    {
        if (node is not YamlMapping mapping)
        {
            Complain(node, $"A schema is {node.Describe()}, and must be a mapping.", "Write '{type: string}'.");
            return Schema.Anything;
        }

        var schema = new Schema { OpenEnded = true };
        var required = ImmutableArray<string>.Empty;
        var properties = ImmutableArray<(string, Schema)>.Empty;
        foreach (var member in mapping.Members)
        {
            var value = member.Value;
            schema = member.Name switch
            {
                "type" => schema with { Types = ReadTypes(value) },
                "enum" => schema with { Enum = ReadList(value, "enum") },
                "const" => schema with { Const = value.ToJson() },
                "pattern" => WithPattern(schema, value),
                "format" => schema with { Format = ReadFormat(value) },
                "minLength" => schema with { MinLength = ReadCount(member) },
                "maxLength" => schema with { MaxLength = ReadCount(member) },
                "minItems" => schema with { MinItems = ReadCount(member) },
                "maxItems" => schema with { MaxItems = ReadCount(member) },
                "minimum" => schema with { Minimum = ReadNumber(member) },
                "maximum" => schema with { Maximum = ReadNumber(member) },
                "items" => schema with { Items = Read(value) },
                "default" => schema with { Default = value.ToJson() },
                "examples" => schema with { Examples = ReadList(value, "examples") },
                "writeOnly" => schema with { WriteOnly = ReadBoolean(member) },
                "description" => schema with { Description = ReadText(member) },
                "contentMediaType" => schema with { ContentMediaType = ReadText(member) },
                "additionalProperties" => WithOtherMembers(schema, value),
                _ => schema,
            };
            if (member.Name == "required") required = [.. ReadList(value, "required").Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString()!)];
            else if (member.Name == "properties" && value is YamlMapping inner) properties = [.. inner.Members.Select(m => (m.Name, Read(m.Value)))];
            else if (!Keywords.Contains(member.Name))
            {
                Complain(member.Key, $"'{member.Name}' is no keyword of a schema here.", $"Use one of {string.Join(", ", Keywords)}.");
            }
        }

        return schema with { Members = [.. properties.Select(p => new SchemaMember(p.Item1, p.Item2, required.Contains(p.Item1)))] };
    }

    private JsonTypes ReadTypes(YamlNode node)
    {
        var types = JsonTypes.None;
        IEnumerable<YamlNode> names = node is YamlSequence list ? list.Items : [node];
        foreach (var name in names)
        {
            var text = (name as YamlScalar)?.Value;
            var type = text switch
            {
                "string" => JsonTypes.String,
                "integer" => JsonTypes.Integer,
                "number" => JsonTypes.Number,
                "boolean" => JsonTypes.Boolean,
                "array" => JsonTypes.Array,
                "object" => JsonTypes.Object,
                "null" => JsonTypes.Null,
                _ => JsonTypes.None,
            };
            if (type == JsonTypes.None) Complain(name, $"'{text}' is no type.", "Use string, integer, number, boolean, array, object or null.");
            types |= type;
        }

        return types == JsonTypes.None ? JsonTypes.Any : types;
    }

    private Schema WithPattern(Schema schema, YamlNode node)
    {
        if (node is not YamlScalar { Value: var pattern } || pattern.Length > Limits.PatternLengthMax)
        {
            Complain(node, "A pattern is a regular expression of at most 512 characters.", "Write '^[a-z0-9-]+$' in single quotation marks.");
            return schema;
        }

        try
        {
            if (!isOurs) _ = Schema.MatcherOf(pattern);
            return schema with { Pattern = pattern };
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            Complain(node, $"The pattern {pattern} is no regular expression that can be matched in linear time.", "Leave out look-around and back-references, and close every bracket.");
            return schema;
        }
    }

    private string? ReadFormat(YamlNode node)
    {
        var name = (node as YamlScalar)?.Value;
        if (name is not null && SchemaFormats.Names.Contains(name)) return name;
        Complain(node, $"'{name}' is no format.", $"Use one of {string.Join(", ", SchemaFormats.Names)}.");
        return null;
    }

    private Schema WithOtherMembers(Schema schema, YamlNode node) => node switch
    {
        YamlScalar { IsBoolean: true } allowed => schema with { OpenEnded = allowed.Value[0] is 't' or 'T' },
        YamlMapping => schema with { OpenEnded = true, OtherMembers = Read(node) },
        _ => ComplainAndKeep(schema, node),
    };

    private Schema ComplainAndKeep(Schema schema, YamlNode node)
    {
        Complain(node, "'additionalProperties' is true, false or a schema.", "Write 'additionalProperties: false'.");
        return schema;
    }

    private ImmutableArray<JsonElement> ReadList(YamlNode node, string keyword)
    {
        if (node is YamlSequence list) return [.. list.Items.Select(i => i.ToJson())];
        Complain(node, $"'{keyword}' is {node.Describe()}, and must be a list.", $"Write '{keyword}: [a, b]'.");
        return [];
    }

    private long? ReadCount(YamlMember member)
    {
        if (member.Value is YamlScalar scalar && scalar.TryInteger(out var count) && count >= 0) return count;
        Complain(member.Value, $"'{member.Name}' is a whole number from 0.", $"Write '{member.Name}: 3'.");
        return null;
    }

    private decimal? ReadNumber(YamlMember member)
    {
        if (member.Value is YamlScalar { IsNumber: true } scalar
            && decimal.TryParse(scalar.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) return number;
        Complain(member.Value, $"'{member.Name}' is a number.", $"Write '{member.Name}: 7'.");
        return null;
    }

    private bool ReadBoolean(YamlMember member)
    {
        if (member.Value is YamlScalar { IsBoolean: true } scalar) return scalar.Value[0] is 't' or 'T';
        Complain(member.Value, $"'{member.Name}' is true or false.", $"Write '{member.Name}: true'.");
        return false;
    }

    private string? ReadText(YamlMember member)
    {
        if (member.Value is YamlScalar { IsString: true } scalar) return scalar.Value;
        Complain(member.Value, $"'{member.Name}' is {member.Value.Describe()}, and must be text.", "Put it in quotation marks.");
        return null;
    }

    private void Complain(YamlNode node, string message, string fix) => found.Add(Rules.SchemaKeyword, node.Span, message, fix);
}
