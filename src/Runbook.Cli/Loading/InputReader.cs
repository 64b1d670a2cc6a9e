using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Runbook.Cli.Worlds;
using Runbook.Language;
using Runbook.Language.Schemas;
using Runbook.Tui;

namespace Runbook.Cli.Loading;

/// <summary>The inputs of a session.</summary>
/// <param name="Values">Values that anybody may read.</param>
/// <param name="Secrets">Secret ones.</param>
internal sealed record SessionInputs(ImmutableSortedDictionary<string, JsonElement> Values, ImmutableSortedDictionary<string, string> Secrets);

/// <summary>
/// Gathers a runbook's inputs: from <c>--set</c>, then from a file, then from the rehearsal (on the embedded Azure), then
/// from their defaults; what is missing is asked for where somebody can answer.
/// </summary>
internal sealed class InputReader(RunbookDocument document, CliConsole console)
{
    private const int AskedTimesMax = 5;

    /// <summary>Gathers and checks all inputs.</summary>
    /// <param name="set"><c>name=value</c> texts.</param>
    /// <param name="file">A YAML or JSON file of inputs, or <see langword="null"/>.</param>
    /// <param name="useRehearsal">Whether the rehearsal's inputs are taken.</param>
    /// <param name="ask">Whether a person may be asked.</param>
    public SessionInputs Read(IEnumerable<string> set, string? file, bool useRehearsal, bool ask)
    {
        var given = Given(set, file);
        return Sorted(document.Inputs.Select(input => KeyValuePair.Create(input, Value(input, given, useRehearsal, ask))));
    }

    /// <summary>The same behind the console: what was not given is asked for in one form, filled in as far as can be.</summary>
    /// <param name="set"><c>name=value</c> texts.</param>
    /// <param name="file">A YAML or JSON file of inputs, or <see langword="null"/>.</param>
    /// <param name="profile">The profile of a real Azure; <see langword="null"/> on the embedded one, where the rehearsal's inputs stand in the form.</param>
    /// <param name="noColor">Whether the form is shown without colour.</param>
    /// <param name="cancellationToken">Leaves the form.</param>
    /// <returns>The inputs, or the exit code where somebody left the form.</returns>
    public async Task<(SessionInputs? Inputs, int? ExitCode)> ReadInFormAsync(IEnumerable<string> set, string? file, string? profile, bool noColor, CancellationToken cancellationToken)
    {
        var given = Given(set, file);
        foreach (var input in document.Inputs.Where(i => given.ContainsKey(i.Name))) Checked(input, given[input.Name]);
        var asked = document.Inputs.Where(i => !given.ContainsKey(i.Name)).ToImmutableArray();
        if (!asked.IsEmpty)
        {
            var presets = asked.Select(i => (i.Name, Preset: Preset(i, profile is null))).Where(p => p.Preset is not null).ToImmutableDictionary(p => p.Name, p => p.Preset!.Value);
            var form = new InputsAsked(document.Title, asked) { Presets = presets, Environment = profile is null ? EmbeddedWorld.EnvironmentLabel : RealWorld.LabelOf(profile) };
            switch (await ConsoleApp.RunInputsAsync(form, new ConsoleSettings { Colour = noColor ? ColourUse.Never : ColourUse.Auto }, cancellationToken).ConfigureAwait(false))
            {
                case InputsGiven.All all:
                    foreach (var (name, value) in all.Values) given[name] = value;
                    break;
                case InputsGiven.Signalled signalled:
                    return (null, 128 + signalled.Signal);
                case InputsGiven.NoTerminal none:
                    throw new CliException("RC072", none.Reason, "nothing was executed; nothing was written.", $"runbook run {document.Id}.md --ui plain");
                default:
                    console.Line("left before anything began; nothing was written.");
                    return (null, ExitCodes.NeedsPerson);
            }
        }

        return (Sorted(document.Inputs.Select(input => KeyValuePair.Create(input, Value(input, given, useRehearsal: false, ask: false)))), null);
    }

    private Dictionary<string, JsonElement> Given(IEnumerable<string> set, string? file)
    {
        var given = file is null ? [] : InputFile.Read(file, document);
        foreach (var (name, text) in set.Select(Split)) given[name] = Convert(Schema(name), text);
        return given;
    }

    private JsonElement? Preset(SchemaMember input, bool useRehearsal) =>
        useRehearsal && document.Rehearsal.Inputs.TryGetValue(input.Name, out var rehearsed) ? rehearsed : input.Schema.Default;

    private JsonElement Value(SchemaMember input, Dictionary<string, JsonElement> given, bool useRehearsal, bool ask)
    {
        if (given.TryGetValue(input.Name, out var known)) return Checked(input, known);
        var preset = Preset(input, useRehearsal);
        if (ask && input.Schema.Default is null) return Ask(input, preset);
        return preset is { } value ? Checked(input, value) : throw Missing(input);
    }

    private static SessionInputs Sorted(IEnumerable<KeyValuePair<SchemaMember, JsonElement>> inputs)
    {
        var values = ImmutableSortedDictionary.CreateBuilder<string, JsonElement>(StringComparer.Ordinal);
        var secrets = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (input, value) in inputs)
        {
            if (input.Schema.WriteOnly) secrets[input.Name] = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
            else values[input.Name] = value;
        }

        return new SessionInputs(values.ToImmutable(), secrets.ToImmutable());
    }

    /// <summary>A text as a value of a schema: text stays text unless the schema wants something else.</summary>
    public static JsonElement Convert(Schema schema, string text)
    {
        if (schema.Types.HasFlag(JsonTypes.String)) return JsonSerializer.SerializeToElement(text, CliJson.Default.String);
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            // What is no JSON stays text, and the schema then says what it should have been.
            return JsonSerializer.SerializeToElement(text, CliJson.Default.String);
        }
    }

    private Schema Schema(string name) => document.Inputs.FirstOrDefault(i => i.Name == name)?.Schema
        ?? throw new CliException("RC020", $"\"{document.Id}\" has no input \"{name}\".", "nothing was executed; nothing was written.", $"its inputs are {string.Join(", ", document.Inputs.Select(i => i.Name))}.");

    private static (string Name, string Text) Split(string set)
    {
        var equals = set.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0) return (set[..equals], set[(equals + 1)..]);
        throw new CliException("RC021", $"\"--set {set}\" names no value.", "nothing was executed; nothing was written.", "write --set name=value.");
    }

    private static JsonElement Checked(SchemaMember input, JsonElement value)
    {
        if (Complaint(input.Schema, value) is not { } problem) return value;
        throw new CliException("RC022", $"the input \"{input.Name}\" {problem}.", "nothing was executed; nothing was written.", $"give another value: --set {input.Name}=…");
    }

    private static string? Complaint(Schema schema, JsonElement value)
    {
        var problems = schema.Check(value);
        if (!problems.IsEmpty) return problems[0].Message;
        return value.ValueKind == JsonValueKind.String && value.GetString()!.Any(TextSafety.IsDeceptive) ? "holds a control or direction character" : null;
    }

    private CliException Missing(SchemaMember input) => new(
        "RC023",
        $"the input \"{input.Name}\" is missing{(input.Schema.Description is { } d ? $": {d}" : "")}.",
        "nothing was executed; nothing was written.",
        $"runbook run {document.Id}.md --set {input.Name}=…");

    private JsonElement Ask(SchemaMember input, JsonElement? preset)
    {
        for (var time = 0; time < AskedTimesMax; time++)
        {
            console.Line($"{input.Name}{(input.Schema.Description is { } d ? $": {CliConsole.Safe(d)}" : "")}");
            if (input.Schema.Pattern is { } pattern) console.Line($"  must match {CliConsole.Safe(pattern)}");
            if (!input.Schema.Enum.IsEmpty) console.Line($"  one of {string.Join(", ", input.Schema.Enum.Select(Template.InText))}");
            console.Out.Write(preset is { } p && !input.Schema.WriteOnly ? $"  [{CliConsole.Safe(Template.InText(p))}] > " : "  > ");
            var typed = input.Schema.WriteOnly ? Passphrases.ReadHidden(console) : console.In.ReadLine();
            if (typed is null) throw Missing(input);
            if (typed.Length == 0 && preset is { } value) return value;
            var converted = Convert(input.Schema, typed);
            if (Complaint(input.Schema, converted) is not { } problem) return converted;
            console.Line(string.Create(CultureInfo.InvariantCulture, $"  That {problem}. Asked again."));
        }

        throw Missing(input);
    }
}
