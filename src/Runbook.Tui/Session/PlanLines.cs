using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Runbook.Language.Actions;

namespace Runbook.Tui;

/// <summary>
/// A rendered plan for people, made from the very bytes whose digest is signed: nothing that is signed is left out.
/// </summary>
internal static class PlanLines
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The lines.</summary>
    /// <param name="plan">A plan of the format <c>runbook-plan/1</c>.</param>
    /// <param name="columns">Columns of a line.</param>
    public static IReadOnlyList<StyledLine> Of(JsonElement plan, int columns)
    {
        var lines = new List<StyledLine>();
        var number = 0;
        foreach (var member in plan.EnumerateObject())
        {
            switch (member.Name)
            {
                case "format" or "over":
                    break;
                case "steps":
                    if (member.Value.GetArrayLength() == 0) lines.Add(StyledLine.Of("Nothing is called."));
                    foreach (var step in member.Value.EnumerateArray()) AddStep(lines, step, ++number, columns);
                    break;
                default:
                    lines.Add(StyledLine.Of(member.Name.ToUpperInvariant(), Tone.Strong));
                    AddJson(lines, member.Value, columns);
                    lines.Add(StyledLine.Empty);
                    break;
            }
        }

        return lines;
    }

    private static void AddStep(List<StyledLine> lines, JsonElement step, int number, int columns)
    {
        var effect = EffectClassNames.TryParse(Text(step, "class"), out var known) ? known : EffectClass.Destructive;
        lines.AddRange(Cells.Wrap(Safe.Screen(Text(step, "title")), columns, Tone.Strong, string.Create(CultureInfo.InvariantCulture, $"{number,2}. ")));
        lines.AddRange(Fact("step", Text(step, "step"), columns));
        lines.AddRange(Fact(Text(step, "block"), $"{Text(step, "use")}, {CallLines.InWords(effect)}", columns, CallLines.ToneOf(effect)));
        foreach (var call in Items(step, "calls")) AddCall(lines, call, columns);
        if (step.TryGetProperty("with", out var with))
        {
            lines.AddRange(Fact("with", "", columns));
            AddJson(lines, with, columns);
        }

        if (step.TryGetProperty("limit", out _)) lines.AddRange(Fact("limit", Text(step, "limit"), columns));
        lines.AddRange(Fact("undo", step.TryGetProperty("inverse", out _) ? Text(step, "inverse") : "nothing undoes it", columns));
        foreach (var permission in Items(step, "permissions"))
        {
            lines.AddRange(Fact("needs", $"{Text(permission, "operation")} ({Text(permission, "role")}) at {Text(permission, "scope")}, {Text(permission, "plane")}", columns, Tone.Dim));
        }

        lines.Add(StyledLine.Empty);
    }

    private static void AddCall(List<StyledLine> lines, JsonElement call, int columns)
    {
        lines.AddRange(Cells.Wrap(Safe.Screen(Text(call, "what")), columns, Tone.Normal, "    "));
        lines.AddRange(Cells.Wrap(Safe.Screen($"{Text(call, "method")} {Text(call, "url")}"), columns, Tone.Code, "    ", "      "));
        lines.AddRange(Fact("target", Text(call, "target"), columns));
        if (call.TryGetProperty("body", out var body))
        {
            lines.AddRange(Fact("body", "", columns));
            AddJson(lines, body, columns);
        }

        var digest = Text(call, "digest");
        lines.AddRange(Fact("digest", string.Join(' ', PaperWords.Groups(digest.StartsWith("sha256:", StringComparison.Ordinal) ? digest[7..] : digest)), columns, Tone.Code));
    }

    private static void AddJson(List<StyledLine> lines, JsonElement value, int columns)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Indented)) value.WriteTo(writer);
        foreach (var line in Safe.Lines(System.Text.Encoding.UTF8.GetString(stream.ToArray()))) lines.AddRange(Cells.Wrap(line, columns, Tone.Code, "      ", "        "));
    }

    private static IEnumerable<StyledLine> Fact(string name, string value, int columns, Tone tone = Tone.Normal) =>
        Cells.Wrap(Safe.Screen(value), columns, tone, "    " + Cells.Fit(name, 8));

    private static IEnumerable<JsonElement> Items(JsonElement value, string name) =>
        value.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];

    private static string Text(JsonElement value, string name) =>
        value.TryGetProperty(name, out var member) ? member.ValueKind == JsonValueKind.String ? member.GetString()! : member.GetRawText() : "";
}
