using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Runbook.Language;

/// <summary>Findings of one file under the path by which a person knows it.</summary>
/// <param name="Path">The path as it is shown, with '/' between folders.</param>
/// <param name="Diagnostics">The findings, sorted.</param>
public sealed record FileFindings(string Path, IReadOnlyList<Diagnostic> Diagnostics);

/// <summary>Writes findings for people, for programs, and as SARIF 2.1.0 for tools that show them in the source.</summary>
public static class DiagnosticReport
{
    private static readonly JsonWriterOptions Readable = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One finding as <c>path:line:column: error RB402: sentence</c>, with its path and its fix below.</summary>
    public static string ToText(string path, Diagnostic diagnostic)
    {
        ArgumentNullException.ThrowIfNull(diagnostic);
        var text = new StringBuilder();
        text.Append(path).Append(':').Append(diagnostic.Start).Append(": ").Append(Level(diagnostic)).Append(' ')
            .Append(diagnostic.Code).Append(": ").Append(diagnostic.Message).Append('\n');
        if (!diagnostic.Path.IsEmpty) text.Append("  path: ").Append(PathText(diagnostic)).Append('\n');
        return text.Append("  fix:  ").Append(diagnostic.Fix).Append('\n').ToString();
    }

    /// <summary>All findings, then a line that counts them; ended by a line feed.</summary>
    public static string ToText(IReadOnlyList<FileFindings> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var text = new StringBuilder();
        foreach (var file in files)
        {
            foreach (var diagnostic in file.Diagnostics) text.Append(ToText(file.Path, diagnostic)).Append('\n');
        }

        var errors = files.Sum(f => f.Diagnostics.Count(d => d.Severity == DiagnosticSeverity.Error));
        var warnings = files.Sum(f => f.Diagnostics.Count) - errors;
        return text.Append(Count(files.Count, "file")).Append(", ").Append(Count(errors, "error")).Append(", ").Append(Count(warnings, "warning")).Append('\n').ToString();
    }

    /// <summary>All findings as a JSON document: <c>{"format":"runbook-check/1","files":[…]}</c>.</summary>
    public static string ToJson(IReadOnlyList<FileFindings> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return Write(writer =>
        {
            writer.WriteString("format", "runbook-check/1");
            writer.WriteNumber("errors", files.Sum(f => f.Diagnostics.Count(d => d.Severity == DiagnosticSeverity.Error)));
            writer.WriteNumber("warnings", files.Sum(f => f.Diagnostics.Count(d => d.Severity == DiagnosticSeverity.Warning)));
            writer.WriteStartArray("files");
            foreach (var file in files)
            {
                writer.WriteStartObject();
                writer.WriteString("path", file.Path);
                writer.WriteStartArray("findings");
                foreach (var diagnostic in file.Diagnostics) WriteFinding(diagnostic, writer);
                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        });
    }

    /// <summary>All findings as a SARIF 2.1.0 log with the checker's rules.</summary>
    public static string ToSarif(IReadOnlyList<FileFindings> files, string version)
    {
        ArgumentNullException.ThrowIfNull(files);
        return Write(writer =>
        {
            writer.WriteString("$schema", "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json");
            writer.WriteString("version", "2.1.0");
            writer.WriteStartArray("runs");
            writer.WriteStartObject();
            WriteTool(version, writer);
            writer.WriteString("columnKind", "utf16CodeUnits");
            writer.WriteStartArray("results");
            foreach (var file in files)
            {
                foreach (var diagnostic in file.Diagnostics) WriteResult(file.Path, diagnostic, writer);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
            writer.WriteEndArray();
        });
    }

    /// <summary>Steps and triggers of a path: <c>step --success--> step</c>.</summary>
    public static string PathText(Diagnostic diagnostic)
    {
        ArgumentNullException.ThrowIfNull(diagnostic);
        var text = new StringBuilder();
        for (var i = 0; i < diagnostic.Path.Length; i++)
        {
            if (i % 2 == 1) text.Append(" --").Append(diagnostic.Path[i]).Append("--> ");
            else text.Append(EndNames.IsEnd(diagnostic.Path[i]) ? MachineFactory.EndState(diagnostic.Path[i]) : diagnostic.Path[i]);
        }

        return text.ToString();
    }

    private static string Write(Action<Utf8JsonWriter> body)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Readable))
        {
            writer.WriteStartObject();
            body(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void WriteFinding(Diagnostic diagnostic, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("code", diagnostic.Code);
        writer.WriteString("severity", Level(diagnostic));
        writer.WriteNumber("line", diagnostic.Start.Line);
        writer.WriteNumber("column", diagnostic.Start.Column);
        writer.WriteNumber("endLine", diagnostic.End.Line);
        writer.WriteNumber("endColumn", diagnostic.End.Column);
        writer.WriteString("message", diagnostic.Message);
        writer.WriteString("fix", diagnostic.Fix);
        if (!diagnostic.Path.IsEmpty)
        {
            writer.WriteStartArray("path");
            foreach (var part in diagnostic.Path) writer.WriteStringValue(part);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteTool(string version, Utf8JsonWriter writer)
    {
        writer.WriteStartObject("tool");
        writer.WriteStartObject("driver");
        writer.WriteString("name", "runbook check");
        writer.WriteString("version", version);
        writer.WriteStartArray("rules");
        foreach (var rule in Rules.All)
        {
            writer.WriteStartObject();
            writer.WriteString("id", rule.Code);
            writer.WriteStartObject("shortDescription");
            writer.WriteString("text", rule.Title);
            writer.WriteEndObject();
            writer.WriteStartObject("defaultConfiguration");
            writer.WriteString("level", rule.Severity == DiagnosticSeverity.Error ? "error" : "warning");
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteResult(string path, Diagnostic diagnostic, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("ruleId", diagnostic.Code);
        writer.WriteNumber("ruleIndex", Rules.All.ToList().FindIndex(r => r.Code == diagnostic.Code));
        writer.WriteString("level", Level(diagnostic));
        writer.WriteStartObject("message");
        var way = diagnostic.Path.IsEmpty ? "" : $" Path: {PathText(diagnostic)}.";
        writer.WriteString("text", $"{diagnostic.Message}{way} Fix: {diagnostic.Fix}");
        writer.WriteEndObject();
        writer.WriteStartArray("locations");
        writer.WriteStartObject();
        writer.WriteStartObject("physicalLocation");
        writer.WriteStartObject("artifactLocation");
        writer.WriteString("uri", string.Join('/', path.Split('/').Select(Uri.EscapeDataString)));
        writer.WriteEndObject();
        writer.WriteStartObject("region");
        writer.WriteNumber("startLine", diagnostic.Start.Line);
        writer.WriteNumber("startColumn", diagnostic.Start.Column);
        writer.WriteNumber("endLine", diagnostic.End.Line);
        writer.WriteNumber("endColumn", diagnostic.End.Column);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static string Level(Diagnostic diagnostic) => diagnostic.Severity == DiagnosticSeverity.Error ? "error" : "warning";

    private static string Count(int number, string what) => $"{number} {what}{(number == 1 ? "" : "s")}";
}
