using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Runbook.Language.Yaml;

namespace Runbook.Language;

/// <summary>
/// A value as a runbook writes it, with <c>${name.path}</c> in its strings. Substitution happens on the parsed value:
/// whatever a variable holds, it can't become structure around it. Immutable.
/// </summary>
/// <remarks>A string that is just one reference keeps the variable's type; inside other text the value is written out.</remarks>
public sealed class Template
{
    private readonly YamlNode _node;

    internal Template(YamlNode node)
    {
        _node = node;
        References = [.. FindReferences(node)];
    }

    /// <summary>The variables it uses, each once, as <c>name</c> or <c>name.path</c>.</summary>
    public ImmutableArray<string> Variables => [.. References.Select(r => r.Path).Distinct(StringComparer.Ordinal)];

    internal YamlNode Node => _node;

    internal ImmutableArray<TemplateReference> References { get; }

    /// <summary>
    /// The value with every variable put in. A variable for which <paramref name="variables"/> gives
    /// <see langword="null"/> stays written as <c>${name}</c>, which is how a plan shows what is not known yet.
    /// </summary>
    public JsonElement Fill(Func<string, JsonElement?> variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer)) Write(_node, variables, writer);
        return JsonElement.Parse(buffer.WrittenSpan);
    }

    /// <summary>The value of a member of an object template, or <see langword="null"/>.</summary>
    public Template? Member(string name) =>
        _node is YamlMapping mapping && mapping.Find(name) is { } member ? new Template(member.Value) : null;

    /// <summary>The members' names, where the template is an object.</summary>
    public ImmutableArray<string> MemberNames =>
        _node is YamlMapping mapping ? [.. mapping.Members.Select(m => m.Name)] : [];

    /// <summary>
    /// One text with every variable put in, as <see cref="Fill"/> does it: a text that is just one reference becomes the
    /// variable's value, with its type.
    /// </summary>
    public static JsonElement FillText(string text, Func<string, JsonElement?> variables) =>
        OfText(text, default).Fill(variables);

    /// <summary>Writes a value inside other text: strings as they are, everything else as JSON.</summary>
    public static string InText(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    internal static Template OfText(string text, SourceSpan span) => new(new YamlScalar(span, text, Plain: false));

    private static void Write(YamlNode node, Func<string, JsonElement?> variables, Utf8JsonWriter writer)
    {
        switch (node)
        {
            case YamlMapping mapping:
                writer.WriteStartObject();
                foreach (var member in mapping.Members)
                {
                    writer.WritePropertyName(member.Name);
                    Write(member.Value, variables, writer);
                }

                writer.WriteEndObject();
                break;
            case YamlSequence list:
                writer.WriteStartArray();
                foreach (var item in list.Items) Write(item, variables, writer);
                writer.WriteEndArray();
                break;
            case YamlScalar scalar when Whole(scalar) is { } path && variables(path) is { } value:
                value.WriteTo(writer);
                break;
            case YamlScalar scalar when scalar.Value.Contains("${", StringComparison.Ordinal):
                writer.WriteStringValue(Substitute(scalar.Value, p => variables(p) is { } value ? InText(value) : null));
                break;
            default:
                node.WriteJson(writer);
                break;
        }
    }

    /// <summary>Replaces the references in a text; one for which <paramref name="show"/> gives null stays as it is.</summary>
    internal static string Substitute(string text, Func<string, string?> show)
    {
        var result = new StringBuilder();
        var at = 0;
        while (at < text.Length)
        {
            var next = text.IndexOf("${", at, StringComparison.Ordinal);
            if (next < 0) break;
            result.Append(text, at, next - at);
            if (VariableReference.TryRead(text, next, out var path, out var length))
            {
                result.Append(show(path) ?? text.Substring(next, length));
                at = next + length;
            }
            else
            {
                result.Append("${");
                at = next + 2;
            }
        }

        return result.Append(text, at, text.Length - at).ToString();
    }

    /// <summary>The path, when a scalar is nothing but one reference.</summary>
    internal static string? Whole(YamlScalar scalar) =>
        VariableReference.TryRead(scalar.Value, 0, out var path, out var length) && length == scalar.Value.Length ? path : null;

    private static IEnumerable<TemplateReference> FindReferences(YamlNode node) => node switch
    {
        YamlMapping mapping => mapping.Members.SelectMany(m => FindReferences(m.Value)),
        YamlSequence list => list.Items.SelectMany(FindReferences),
        YamlScalar scalar => InScalar(scalar),
        _ => [],
    };

    private static IEnumerable<TemplateReference> InScalar(YamlScalar scalar)
    {
        for (var at = scalar.Value.IndexOf("${", StringComparison.Ordinal); at >= 0; at = scalar.Value.IndexOf("${", at + 2, StringComparison.Ordinal))
        {
            if (VariableReference.TryRead(scalar.Value, at, out var path, out _)) yield return new TemplateReference(path, scalar.Span);
        }
    }
}

/// <summary>One use of a variable in a template.</summary>
internal readonly record struct TemplateReference(string Path, SourceSpan Span);
