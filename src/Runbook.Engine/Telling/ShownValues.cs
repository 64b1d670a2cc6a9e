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

    /// <summary>A value in a line of a log: a long one is cut; the whole stands in the journal.</summary>
    public static string Brief(JsonElement value)
    {
        const int Most = 100;
        var text = value.ValueKind == JsonValueKind.Object && value.TryGetProperty("digest", out var digest) && value.TryGetProperty("name", out var name) && digest.GetString() is { Length: > 19 } d
            ? $"{name.GetString()} ({d[..19]}…)"
            : Text(value);
        return text.Length <= Most ? text : text[..(Most - 1)] + "…";
    }

    /// <summary>
    /// What a step saved, as it is told when it happens. A digest is named and not shown: it is shown where the runbook
    /// has it read, so that nobody who is to compute it themselves has seen it before.
    /// </summary>
    /// <param name="name">The variable.</param>
    /// <param name="value">What was saved in it.</param>
    public static string Saved(string name, JsonElement value) =>
        IsDigest(value) || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 && value.EnumerateArray().All(IsDigest))
            ? $"{name} kept"
            : $"{name} = {Brief(value)}";

    /// <summary>The end of what a call touches: the last two parts of a resource's id.</summary>
    public static string Target(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var parts = target.Split('/');
        return target.StartsWith("/subscriptions/", StringComparison.Ordinal) && parts.Length > 2 ? string.Join('/', parts[^2..]) : target;
    }

    /// <summary>"1 witness", "2 custodians".</summary>
    public static string People(int count, string role)
    {
        ArgumentNullException.ThrowIfNull(role);
        var plural = role.EndsWith('s') ? role + "es" : role + "s";
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{count} {(count == 1 ? role : plural)}");
    }

    private static bool IsDigest(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { Length: 71 } text && text.StartsWith("sha256:", StringComparison.Ordinal);

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
