using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using EffectClass = Runbook.Language.Actions.EffectClass;

namespace Runbook.Engine;

/// <summary>A call that is about to be made, as people see it before it leaves.</summary>
/// <param name="What">What it does, in a sentence.</param>
/// <param name="Line">Method and URL.</param>
/// <param name="Body">The body, indented; <see langword="null"/> where there is none.</param>
/// <param name="Effect">What repeating it would do.</param>
/// <param name="Digest">Digest of the request: what stands in plan and intent.</param>
/// <param name="Az">The equivalent <c>az</c> command, or <see langword="null"/>.</param>
/// <param name="Undo">The action that undoes it, or <see langword="null"/> where nothing does.</param>
public sealed record ShownCall(string What, string Line, string? Body, EffectClass Effect, string Digest, string? Az, string? Undo);

/// <summary>The calls of the step that a session stands in.</summary>
public static class StepCalls
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The calls of the current step with the values that are known; empty for a step that calls nothing.</summary>
    public static ImmutableArray<ShownCall> Of(SessionView view, ActionSet actions)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(actions);
        if (view.Current is not { } step || PlanRenderer.Arguments(step.Step.Block, view.Frame!.Variables) is not { } arguments) return [];
        var action = actions.Get(arguments.Use.Name);
        var calls = action.Plan(arguments.With);
        return [.. calls.Select(c => Show(action.Descriptor, c, arguments.With))];
    }

    private static ShownCall Show(ActionDescriptor descriptor, PlannedCall call, JsonElement with) => new(
        call.Description,
        CallRendering.Line(call),
        call.Body is { } body ? Pretty(body) : null,
        call.Effect,
        CallRendering.Describe(call).Digest.ToString(),
        AzCommands.Fill(descriptor, call.Part ?? with, call),
        descriptor.Inverse?.Action);

    private static string Pretty(JsonElement body)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Indented)) body.WriteTo(writer);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
