using System.Collections.Immutable;
using System.CommandLine;
using System.Text;
using System.Text.Json;
using Runbook.Actions;
using Runbook.Cli.Loading;
using Runbook.Cli.Worlds;
using Runbook.Engine;

namespace Runbook.Cli.Commands;

/// <summary>
/// <c>runbook plan FILE</c>: the exact calls to come, with their digests; which permissions are held and missing, and what would
/// lose its key. Calls only readings.
/// </summary>
internal static class PlanCommand
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Build(CliConsole console)
    {
        var file = new Argument<string>("FILE") { Description = "The runbook." };
        var set = new Option<string[]>("--set") { Description = "An input; repeatable.", HelpName = "name=value" };
        var inputs = new Option<string?>("--inputs") { Description = "A YAML or JSON file of inputs.", HelpName = "FILE" };
        var azure = new Option<string>("--azure") { Description = "Where it would run.", DefaultValueFactory = _ => "embedded", HelpName = "embedded|PROFILE.yaml" };
        var json = new Option<bool>("--json") { Description = "A line of canonical JSON for the plan, as it is signed, and one for the preflight." };
        var command = new Command("plan", "Show what would be called, and whether it may be, before anything is.") { file, set, inputs, azure, json };
        command.SetAction((parsed, cancellationToken) => PlanAsync(
            parsed.GetValue(file)!, parsed.GetValue(set) ?? [], parsed.GetValue(inputs), parsed.GetValue(azure)!, parsed.GetValue(json), console, cancellationToken));
        return command;
    }

    private static async Task<int> PlanAsync(string file, string[] set, string? inputs, string place, bool json, CliConsole console, CancellationToken cancellationToken)
    {
        var loaded = RunbookLoader.LoadGood(file, AzureActions.Catalogue, console);
        var document = loaded.Linked.ByPath[loaded.RootPath].Document!;
        var given = new InputReader(document, console).Read(set, inputs, useRehearsal: place == "embedded", ask: false);
        IWorld world = place == "embedded" ? await EmbeddedWorld.StartForLookAsync(EstateFiles.Estate(loaded.File, document.Rehearsal.Estate), cancellationToken).ConfigureAwait(false) : RealWorld.Open(place);
        await using (world.ConfigureAwait(false))
        {
            var variables = new Variables { Named = given.Values.ToImmutableSortedDictionary(v => v.Key, v => Variable.Of(v.Value), StringComparer.Ordinal) };
            var renderer = new PlanRenderer(world.Actions);
            ImmutableArray<PlannedStep> steps = [.. renderer.Steps(loaded.ToProgram(), variables)];
            var plan = renderer.Whole(steps);
            var preflight = await world.Preflight.ExamineAsync(steps, cancellationToken).ConfigureAwait(false);
            console.Out.Write(json ? $"{plan.Json.Text}\n{preflight.ToJson().Text}\n" : CliConsole.Safe($"{Text(plan, document.Title)}\n{PreflightText.Render(preflight)}"));
            return preflight.Missing.Any() ? ExitCodes.Refused : ExitCodes.Done;
        }
    }

    /// <summary>A plan for people: each step with its calls, what is not known yet in <c>${…}</c>.</summary>
    public static string Text(RenderedPlan plan, string title)
    {
        var text = new StringBuilder();
        text.Append("Plan of \"").Append(title).Append("\", digest ").Append(plan.Digest).Append('\n');
        foreach (var step in plan.Steps)
        {
            text.Append('\n').Append(step.GetProperty("step").GetString()).Append("  ").Append(step.GetProperty("use").GetString()).Append("  ").Append(step.GetProperty("class").GetString()).Append('\n');
            foreach (var call in step.GetProperty("calls").EnumerateArray()) AppendCall(call, text);
            if (step.TryGetProperty("inverse", out var inverse)) text.Append("  undone by ").Append(inverse.GetString()).Append('\n');
            foreach (var permission in step.GetProperty("permissions").EnumerateArray())
            {
                text.Append("  needs ").Append(permission.GetProperty("operation").GetString()).Append(" at ").Append(permission.GetProperty("scope").GetString()).Append("  (").Append(permission.GetProperty("role").GetString()).Append(")\n");
            }
        }

        return text.ToString();
    }

    private static void AppendCall(JsonElement call, StringBuilder text)
    {
        text.Append("  ").Append(call.GetProperty("what").GetString()).Append('\n');
        text.Append("    ").Append(call.GetProperty("method").GetString()).Append(' ').Append(call.GetProperty("url").GetString()).Append('\n');
        if (call.TryGetProperty("body", out var body))
        {
            foreach (var line in Pretty(body).Split('\n')) text.Append("      ").Append(line).Append('\n');
        }

        text.Append("    digest ").Append(call.GetProperty("digest").GetString()).Append('\n');
    }

    private static string Pretty(JsonElement value)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Indented)) value.WriteTo(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
