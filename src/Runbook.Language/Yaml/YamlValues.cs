using System.Text.Json;
using Runbook.Language.Yaml;

namespace Runbook.Language;

/// <summary>Reads a YAML mapping as values by name, with the same limits and refusals as a runbook's own YAML.</summary>
public static class YamlValues
{
    /// <summary>Reads a mapping.</summary>
    /// <param name="text">The YAML, of which JSON is a part.</param>
    /// <param name="name">The file's name, for messages.</param>
    /// <returns>The values, and what is wrong, each as <c>name:line:column: sentence</c>; one of the two is empty.</returns>
    public static (Dictionary<string, JsonElement> Values, IReadOnlyList<string> Problems) Read(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        var source = new SourceText(text);
        var found = new DiagnosticBag(source, name);
        var lines = Enumerable.Range(1, source.LineCount).Select(n => (source.Line(n), source.LineStart(n)));
        var node = YamlReader.Read(YamlPiece.FromLines(lines, new SourceSpan(0, text.Length)), found, "the file");
        if (node is not null and not YamlMapping) found.Add(Rules.YamlUnreadable, node.Span, $"The file is {node.Describe()}, and must be a mapping.", "Write one 'name: value' a line.");
        if (found.HasErrors) return ([], [.. found.ToSorted().Select(d => $"{d.File}:{d.Start}: {d.Message}")]);
        return (((YamlMapping)node!).Members.ToDictionary(m => m.Name, m => m.Value.ToJson(), StringComparer.Ordinal), []);
    }
}
