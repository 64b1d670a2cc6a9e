using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine.Actions;

namespace Runbook.Actions.Tests.TestKit;

/// <summary>Carries actions out call by call, as the engine does, without a journal.</summary>
internal static class Runs
{
    private const int PollsMax = 400;

    /// <summary>The one call of an action that makes one, or the first.</summary>
    public static PlannedCall First(IAction action, JsonElement with) => ((ActionStep.MakeCall)action.Next(with, [])).Call;

    /// <summary>Sends one call with a permit for it.</summary>
    public static Task<CallAnswer> SendAsync(IAction action, PlannedCall call, ActionContext context) =>
        action.SendAsync(TestPermit.For(call), call, context, TestContext.Current.CancellationToken);

    /// <summary>Runs an action until its end, or until a call is refused.</summary>
    /// <param name="action">The action.</param>
    /// <param name="with">Its arguments.</param>
    /// <param name="context">The context.</param>
    /// <param name="wait">Lets time pass between polls.</param>
    public static async Task<RunEnd> ToEndAsync(IAction action, JsonElement with, ActionContext context, Action<TimeSpan> wait)
    {
        var answers = ImmutableArray<CallAnswer>.Empty;
        while (action.Next(with, answers) is ActionStep.MakeCall { Call: var call })
        {
            var answer = await ToAnswerAsync(action, call, await SendAsync(action, call, context), context, wait);
            answers = answers.Add(answer);
            if (answer.Error is not null) return new RunEnd(answers, null);
        }

        return new RunEnd(answers, ((ActionStep.Finished)action.Next(with, answers)).Result);
    }

    /// <summary>Polls a call to its end.</summary>
    public static async Task<CallAnswer> ToAnswerAsync(IAction action, PlannedCall call, CallAnswer answer, ActionContext context, Action<TimeSpan> wait)
    {
        for (var polls = 0; answer.Pending is { } pending; polls++)
        {
            Assert.True(polls < PollsMax, $"{action.Descriptor.Name} is still {pending.Status}.");
            wait(pending.RetryAfter > TimeSpan.Zero ? pending.RetryAfter : TimeSpan.FromSeconds(5));
            answer = await action.PollAsync(pending, call, context, TestContext.Current.CancellationToken);
        }

        return answer;
    }
}

/// <summary>How a run ended.</summary>
/// <param name="Answers">The answers to its calls.</param>
/// <param name="Result">The result; <see langword="null"/> when the last call was refused.</param>
internal sealed record RunEnd(ImmutableArray<CallAnswer> Answers, JsonElement? Result)
{
    /// <summary>The last answer.</summary>
    public CallAnswer Last => Answers[^1];

    /// <summary>The result; the test fails when the last call was refused.</summary>
    public JsonElement Succeeded()
    {
        Assert.True(Last.Error is null, $"{Last.Status} {Last.Error?.Code}: {Last.Error?.Message}");
        return Result!.Value;
    }
}
