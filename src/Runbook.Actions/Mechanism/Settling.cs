using System.Text.Json;
using Runbook.Engine.Actions;

namespace Runbook.Actions;

/// <summary>Ways to find out what became of a request, by reading what it was to change.</summary>
internal static class Settling
{
    /// <summary>
    /// By the resource at the request's own address: a deletion took effect when it is gone, a write when everything that was
    /// asked for is there.
    /// </summary>
    public static Task<SettleVerdict> Resource(Look look, PlannedCall call) => ResourceAt(look, call, call.Url, otherwise: null);

    /// <summary>The same for a creation: another resource under the name is nobody's business here.</summary>
    public static Task<SettleVerdict> Created(Look look, PlannedCall call) =>
        ResourceAt(look, call, call.Url, new SettleVerdict.CannotTell("There is something of that name, and it is not what was asked for."));

    /// <summary>By whether what an address shows satisfies a condition.</summary>
    /// <param name="url">The address, from the call.</param>
    /// <param name="isDone">Whether what is there shows the effect.</param>
    public static Func<Look, PlannedCall, Task<SettleVerdict>> By(Func<PlannedCall, string> url, Func<PlannedCall, JsonElement, bool> isDone) => async (look, call) =>
    {
        var found = await look(url(call)).ConfigureAwait(false);
        if (IsMissing(found)) return new SettleVerdict.DidNot(Answers.Of(found));
        if (!found.IsSuccess || found.Json is not { } json) return CannotTell(found);
        if (ArmOperations.IsRunning(json)) return Running(url(call), found);
        return isDone(call, json) ? new SettleVerdict.TookEffect(Answers.Of(found)) : new SettleVerdict.DidNot(Answers.Of(found));
    };

    /// <summary>Whether an answer says that there is no such thing.</summary>
    public static bool IsMissing(HttpAnswer answer) =>
        answer.Status == 204 || (answer.Status == 404 && answer.ErrorOf().Code is not ("ResourceGroupNotFound" or "SubscriptionNotFound" or "ParentResourceNotFound"));

    /// <summary>A verdict that nobody can give, with the refusal that keeps from it.</summary>
    public static SettleVerdict CannotTell(HttpAnswer answer)
    {
        var (code, message) = answer.ErrorOf();
        return new SettleVerdict.CannotTell($"The reading was answered {answer.Status} {code}: {message}") { MayPass = answer.Status is 408 or 429 or >= 500 };
    }

    private static async Task<SettleVerdict> ResourceAt(Look look, PlannedCall call, string url, SettleVerdict? otherwise)
    {
        var found = await look(url).ConfigureAwait(false);
        if (call.Method == "DELETE") return Deleted(found, url);
        if (IsMissing(found)) return new SettleVerdict.DidNot(Answers.Of(found));
        if (!found.IsSuccess || found.Json is not { } json) return CannotTell(found);
        if (!AskedFor.IsIn(call.Body, json)) return otherwise ?? (ArmOperations.IsRunning(json) ? Running(url, found) : new SettleVerdict.DidNot(Answers.Of(found)));
        return ArmOperations.IsRunning(json) ? Running(url, found) : new SettleVerdict.TookEffect(ArmOperations.Done(call, found, 1));
    }

    private static SettleVerdict Deleted(HttpAnswer found, string url)
    {
        if (IsMissing(found)) return new SettleVerdict.TookEffect(Answers.Absent(found));
        if (!found.IsSuccess) return CannotTell(found);
        return ArmOperations.StateOf(found.Json) is "Deleting" or "Dropping" ? Running(url, found) : new SettleVerdict.DidNot(Answers.Of(found));
    }

    private static SettleVerdict.Running Running(string url, HttpAnswer found) =>
        new(new PendingOperation(url, ArmOperations.StateOf(found.Json) ?? "InProgress", found.RetryAfter ?? ActionsLimits.PollDelay, "resource"));
}
