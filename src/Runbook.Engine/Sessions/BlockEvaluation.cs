using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>What a block came to.</summary>
/// <param name="Trigger">Success, failure, timeout or rejection.</param>
/// <param name="Saved">What it binds on success; empty otherwise.</param>
/// <param name="Result">The object that its expressions saw.</param>
/// <param name="Why">Why it is no success, in a sentence without full stop; else empty.</param>
public sealed record BlockOutcome(TriggerKind Trigger, ImmutableArray<KeyValuePair<string, Variable>> Saved, JsonElement Result, string Why)
{
    /// <summary>An outcome without result.</summary>
    public static BlockOutcome Plain(TriggerKind trigger, string why = "") => new(trigger, [], BlockEvaluation.EmptyObject, why);
}

/// <summary>
/// Evaluates <c>expect</c>, <c>save</c> and <c>when</c>. Pure: the engine calls it when an answer comes, and everyone who
/// folds the journal calls it again and comes to the same.
/// </summary>
public static class BlockEvaluation
{
    /// <summary><c>{}</c>.</summary>
    public static JsonElement EmptyObject { get; } = JsonElement.Parse("{}");

    /// <summary>An expectation that always holds.</summary>
    public static ConditionText Nothing { get; } = new(Language.Expressions.JmesExpression.TryParse("`true`", out string _)!);

    /// <summary>Puts the engine's own members beside those of an action's result.</summary>
    /// <param name="observed">The result.</param>
    /// <param name="status">HTTP status, or null.</param>
    /// <param name="error">Code and message, or null.</param>
    /// <param name="elapsedMs">Milliseconds since the step was entered.</param>
    public static JsonElement Result(JsonElement observed, int? status, (string Code, string Message)? error, long elapsedMs)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            if (observed.ValueKind == JsonValueKind.Object)
            {
                foreach (var member in observed.EnumerateObject().Where(m => m.Name is not ("status" or "error" or "elapsedMs"))) member.WriteTo(writer);
            }

            if (status is { } number) writer.WriteNumber("status", number);
            else writer.WriteNull("status");
            if (error is { } e)
            {
                writer.WriteStartObject("error");
                writer.WriteString("code", e.Code);
                writer.WriteString("message", e.Message);
                writer.WriteEndObject();
            }
            else
            {
                writer.WriteNull("error");
            }

            writer.WriteNumber("elapsedMs", elapsedMs);
            writer.WriteEndObject();
        }

        return JsonElement.Parse(stream.ToArray());
    }

    /// <summary>Evaluates an answered call: first what is expected, then what is saved.</summary>
    /// <param name="expect">The condition, or <see langword="null"/> for "status must be 2xx".</param>
    /// <param name="save">What is bound.</param>
    /// <param name="result">The object that the expressions see.</param>
    /// <param name="variables">The variables before.</param>
    /// <param name="secretNames">Names in <paramref name="save"/> whose values are secret.</param>
    public static BlockOutcome Evaluate(ConditionText? expect, ImmutableArray<SaveBinding> save, JsonElement result, Variables variables, IReadOnlySet<string>? secretNames = null)
    {
        ArgumentNullException.ThrowIfNull(variables);
        if (!Holds(expect, result, variables, out var why)) return new BlockOutcome(TriggerKind.Failure, [], result, why);

        var saved = ImmutableArray.CreateBuilder<KeyValuePair<string, Variable>>();
        foreach (var binding in save)
        {
            if (secretNames?.Contains(binding.Name) == true)
            {
                saved.Add(new(binding.Name, Variable.OfSecret));
                continue;
            }

            var evaluation = binding.Expression.Evaluate(result, variables.Find);
            if (evaluation.Error is { } error) return Failed($"'{binding.Name}' could not be saved: {error}");
            if (evaluation.Value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined) return Failed($"'{binding.Name}' could not be saved: {binding.Expression.Text} finds nothing");
            if (JournalValue.IsTooLarge(evaluation.Value)) return Failed($"'{binding.Name}' could not be saved: it has more than {EngineLimits.SavedBytesMax} bytes");
            saved.Add(new(binding.Name, Variable.Of(evaluation.Value)));
        }

        return new BlockOutcome(TriggerKind.Success, saved.ToImmutable(), result, "");

        BlockOutcome Failed(string reason) => new(TriggerKind.Failure, [], result, reason);
    }

    /// <summary>Whether what is expected holds, and why not.</summary>
    public static bool Holds(ConditionText? expect, JsonElement result, Variables variables, out string why)
    {
        ArgumentNullException.ThrowIfNull(variables);
        why = "";
        if (expect is null)
        {
            if (result.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.Number && status.TryGetInt32(out var number) && number is >= 200 and < 300) return true;
            why = ErrorOf(result) is { } e ? $"it was refused: {e}" : "it was not answered with success";
            return false;
        }

        var evaluation = expect.Expression.Evaluate(result, variables.Find);
        if (evaluation.Holds) return true;
        why = evaluation.Error is { } error
            ? $"{expect} could not be evaluated: {error}"
            : $"{expect} does not hold{(ErrorOf(result) is { } refused ? $" (it was refused: {refused})" : "")}";
        return false;
    }

    /// <summary>The number, from 1, of the first condition that holds; 0 when none does.</summary>
    public static int FirstTrue(MachineState state, JsonElement result, Variables variables)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(variables);
        return state.Conditions.FirstOrDefault(c => c.Condition!.Expression.Evaluate(result, variables.Find).Holds)?.Index ?? 0;
    }

    private static string? ErrorOf(JsonElement result)
    {
        if (!result.TryGetProperty("error", out var error) || error.ValueKind != JsonValueKind.Object) return null;
        var code = error.TryGetProperty("code", out var c) ? c.GetString() : null;
        var status = result.TryGetProperty("status", out var s) && s.ValueKind == JsonValueKind.Number ? s.GetRawText() + " " : "";
        return $"{status}{code}";
    }
}
