using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine.Actions;

namespace Runbook.Engine;

/// <summary>
/// One run of an action with fixed arguments: which call comes next after the answers so far, and what the answers come
/// to together.
/// </summary>
/// <param name="Action">The action.</param>
/// <param name="With">Its arguments, all known.</param>
internal sealed record ActionRun(IAction Action, JsonElement With)
{
    /// <summary>Whether it makes a call for each element of a list.</summary>
    public bool IsList => Action.Descriptor.ListMember is { } list && With.TryGetProperty(list, out _);

    /// <summary>Whether it makes more than one call.</summary>
    public bool IsSeveral { get; } = Action.Plan(With).Length > 1 || (Action.Descriptor.ListMember is { } list && With.TryGetProperty(list, out _));

    /// <summary>The call that comes next; <see langword="null"/> when all are made.</summary>
    public PlannedCall? Next(ImmutableArray<CallAnswer> answers) => Action.Next(With, answers) is ActionStep.MakeCall make ? make.Call : null;

    /// <summary>The answers of a visit so far, as the fold has them.</summary>
    public static ImmutableArray<CallAnswer> Answers(StepProgress step, string action) =>
        [.. step.Calls.Where(c => c.Action == action && c.Succeeded).Select(c => new CallAnswer { Observed = c.Observed ?? BlockEvaluation.EmptyObject, Status = c.Status })];

    /// <summary>The whole result, when an answer ends a run of several calls; else <see langword="null"/>.</summary>
    public JsonElement? Whole(ImmutableArray<CallAnswer> before, CallAnswer answer)
    {
        if (!IsSeveral) return null;
        var all = before.Add(answer);
        var isRefused = answer.Error is not null || answer.Status is < 200 or >= 300;
        if (!isRefused && Action.Next(With, all) is ActionStep.Finished finished) return IsList ? OfList(all) : ObservedShape.Of(finished.Result, Action.Descriptor.Result);
        if (!isRefused) return null;
        return IsList ? OfList(all) : ObservedShape.Of(answer.Observed, Action.Descriptor.Result);
    }

    /// <summary>Reads to the end: each call in turn, until what they tell is whole.</summary>
    /// <param name="send">Makes one call; a refusal, and no answer, are answers too.</param>
    /// <returns>The last answer, and what all of them told together.</returns>
    public async Task<(CallAnswer Last, JsonElement Observed)> ReadAsync(Func<PlannedCall, Task<CallAnswer>> send)
    {
        var answers = ImmutableArray<CallAnswer>.Empty;
        while (true)
        {
            var call = Next(answers) ?? throw new InvalidOperationException($"{Action.Descriptor.Name} has nothing to read.");
            var answer = await send(call).ConfigureAwait(false);
            if (!IsSeveral) return (answer, ObservedShape.Of(answer.Observed, call.Observes ?? Action.Descriptor.Result));
            if (Whole(answers, answer) is { } whole) return (answer, whole);
            answers = answers.Add(answer);
        }
    }

    private JsonElement OfList(ImmutableArray<CallAnswer> answers) => ObservedShape.OfList(
        answers.Select(a => (ObservedShape.Of(a.Observed, Action.Descriptor.Result), a.Status, a.Error is { } e ? (e.Code, e.Message) : ((string, string)?)null)));
}
