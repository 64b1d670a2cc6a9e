using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>
/// How values are shown to people: the same in prose, in ticks and on every screen. The text is as it came; whoever puts it
/// on a terminal makes it inert there, and an entry makes it inert when it is written.
/// </summary>
public static class ShownValues
{
    /// <summary>A value as text: strings as they are, lists joined by commas, everything else as JSON.</summary>
    public static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array when value.EnumerateArray().All(i => i.ValueKind is JsonValueKind.String or JsonValueKind.Number) => string.Join(", ", value.EnumerateArray().Select(i => i.ValueKind == JsonValueKind.String ? i.GetString() : i.GetRawText())),
        JsonValueKind.Object when value.TryGetProperty("digest", out var digest) && value.TryGetProperty("name", out var name) => $"{name.GetString()} ({digest.GetString()})",
        _ => value.GetRawText(),
    };

    /// <summary>Shows the variables of a view, in prose.</summary>
    public static ProseText In(SessionView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        var variables = view.Frame?.Variables ?? Variables.Empty;
        return new ProseText(path => Find(variables, path));
    }

    /// <summary>The text of <c>name.path</c>, or <see langword="null"/> while it is not known; a secret is <c>⟦secret⟧</c>.</summary>
    public static string? Find(Variables variables, string path)
    {
        ArgumentNullException.ThrowIfNull(variables);
        ArgumentNullException.ThrowIfNull(path);
        if (variables.Named.TryGetValue(path.Split('.')[0], out var named) && named.Secret) return "⟦secret⟧";
        return variables.Find(path) is { } value ? Text(value) : null;
    }

    /// <summary>
    /// The text that a step shows: its prose with the values filled in, one line a paragraph. Its digest stands in the
    /// entry that enters the step.
    /// </summary>
    public static string StepText(SessionView view, RunbookStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        var text = In(view);
        var lines = ImmutableArray.CreateBuilder<string>();
        lines.Add("## " + step.Title);
        if (!step.Prose.IsEmpty)
        {
            lines.Add("");
            lines.AddRange(text.Lines(step.Prose));
        }

        foreach (var attestation in step.Attestations) lines.Add($"[ ] {attestation.Index}. {WhoTicks(attestation)}: {text.Of(attestation)}");
        if (step.Block is not null)
        {
            lines.Add("");
            lines.Add(step.Block.Kind + ":");
            lines.AddRange(step.BlockText.TrimEnd('\n').Split('\n').Select(l => "    " + l.TrimEnd('\r')));
        }

        return Inert.Text(string.Join('\n', lines)) + "\n";
    }

    /// <summary>Who ticks an attestation, as the runbook says it.</summary>
    public static string WhoTicks(Attestation attestation)
    {
        ArgumentNullException.ThrowIfNull(attestation);
        return attestation.Holders switch
        {
            AttestationHolders.Each => "each " + attestation.Role,
            AttestationHolders.One => "one " + attestation.Role,
            _ => attestation.Role,
        };
    }
}
