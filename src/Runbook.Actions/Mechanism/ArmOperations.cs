using System.Text.Json;
using Runbook.Engine.Actions;

namespace Runbook.Actions;

/// <summary>
/// Follows Resource Manager's operations: by their status URL, by their result URL, or by the resource itself. Everything
/// that following needs is in the <see cref="PendingOperation"/>, so that another process can go on.
/// </summary>
/// <remarks>
/// Only three words end an operation; every other is one that goes on. A failure comes with status 200 and an error in the
/// body. An operation whose URL is no longer known is judged by its resource.
/// </remarks>
internal static class ArmOperations
{
    private const string ByStatus = "status";
    private const string ByResult = "result";
    internal const string ByResource = "resource";

    /// <summary>What goes on after the first answer; <see langword="null"/> when it is final.</summary>
    public static PendingOperation? Begin(PlannedCall call, HttpAnswer answer)
    {
        if (call.Method == "GET" || !answer.IsSuccess || answer.Status == 204) return null;
        var delay = answer.RetryAfter ?? ActionsLimits.PollDelay;
        if (answer.Status is 201 or 202)
        {
            if (answer.AsyncOperation is { } status) return new PendingOperation(status, "InProgress", delay, ByStatus);
            if (answer.Location is { } result) return new PendingOperation(result, "InProgress", delay, ByResult);
        }

        return answer.Status == 202 || IsRunning(answer.Json) ? new PendingOperation(call.Url, StateOf(answer.Json) ?? "InProgress", delay, ByResource) : null;
    }

    /// <summary>The final answer, told as the action's.</summary>
    public static CallAnswer Done(PlannedCall call, HttpAnswer answer, int tries)
    {
        if (call.Method == "DELETE" && IsGone(answer)) return Answers.Absent(answer, tries);
        // Reading what is not there may be answered 204; it is told as the 404 that it means.
        if (call.Method == "GET" && answer.Status == 204) return Answers.Of(answer, tries) with { Status = 404, Error = new CallError("ResourceNotFound", "There is no such resource.") };
        return call.Method is "PUT" or "PATCH" && answer.IsSuccess && FailureOf(answer.Json) is { } failure
            ? Answers.Refused(failure.Code, failure.Message, answer)
            : Answers.Of(answer, tries);
    }

    /// <summary>Asks once how it stands.</summary>
    /// <exception cref="CallNotAnsweredException">No answer that tells.</exception>
    public static async Task<CallAnswer> PollAsync(PendingOperation operation, PlannedCall call, Func<string, Task<HttpAnswer>> look)
    {
        var answer = await look(operation.Url).ConfigureAwait(false);
        if (answer.Status is 408 or 429 or >= 500) return StillRunning(operation, answer, operation.Status);
        return operation.Token switch
        {
            ByStatus when answer.IsSuccess => await AfterStatusAsync(operation, call, answer, look).ConfigureAwait(false),
            ByResult when answer.Status == 202 => StillRunning(operation, answer, operation.Status),
            ByResult when answer.IsSuccess => await AfterResultAsync(operation, call, answer, look).ConfigureAwait(false),
            ByStatus or ByResult when answer.Status == 404 => await AfterResourceAsync(operation, call, await look(call.Url).ConfigureAwait(false)).ConfigureAwait(false),
            ByResource => await AfterResourceAsync(operation, call, answer).ConfigureAwait(false),
            _ => throw Unclear(answer),
        };
    }

    /// <summary>Whether an answer says that there is no such resource: not that there is no such group or subscription.</summary>
    public static bool IsGone(HttpAnswer answer) => answer.Status == 204 || (answer.Status == 404 && answer.ErrorOf().Code is "ResourceNotFound" or "NotFound" or "BlobNotFound");

    /// <summary>Whether a resource is being worked on.</summary>
    public static bool IsRunning(JsonElement? resource) => StateOf(resource) is { } state && state is not ("Succeeded" or "Activated" or "Failed" or "Canceled");

    /// <summary>The error of a resource that failed; <see langword="null"/> for one that did not.</summary>
    public static (string Code, string Message)? FailureOf(JsonElement? resource) => StateOf(resource) is "Failed" or "Canceled"
        ? ("ProvisioningFailed", $"The resource is {StateOf(resource)}: {StatusMessageOf(resource) ?? "Azure does not say why"}.")
        : null;

    /// <summary>
    /// The resource's <c>properties.provisioningState</c>; of one that has none, its <c>properties.state</c> where that says that
    /// it is being worked on, as PostgreSQL's servers do. A storage account that fails over says so beside its state.
    /// </summary>
    public static string? StateOf(JsonElement? resource)
    {
        if (resource is not { ValueKind: JsonValueKind.Object } r || !r.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object) return null;
        if (properties.TryGetProperty("failoverInProgress", out var failover) && failover.ValueKind == JsonValueKind.True) return "FailoverInProgress";
        if (properties.TryGetProperty("provisioningState", out var provisioning)) return provisioning.GetString();
        return properties.TryGetProperty("state", out var state) && state.ValueKind == JsonValueKind.String && state.GetString() is "Starting" or "Updating" or "Dropping" ? state.GetString() : null;
    }

    private static async Task<CallAnswer> AfterStatusAsync(PendingOperation operation, PlannedCall call, HttpAnswer answer, Func<string, Task<HttpAnswer>> look)
    {
        var status = answer.Json is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("status", out var word) ? word.GetString() : null;
        switch (status)
        {
            case null:
                throw Unclear(answer);
            case "Failed" or "Canceled":
                var (code, message) = answer.ErrorOf();
                if (answer.Json!.Value.TryGetProperty("status_details", out var details) && details.ValueKind == JsonValueKind.String) message = details.GetString()!;
                return Answers.Refused(code.StartsWith("Http", StringComparison.Ordinal) ? $"Operation{status}" : code, message, answer);
            case "Succeeded" when call.Method is "PUT" or "PATCH" && IsResourceManager(call):
                return await AfterResourceAsync(operation, call, await look(call.Url).ConfigureAwait(false)).ConfigureAwait(false);
            case "Succeeded" or "Success":
                return call.Method == "DELETE" ? Answers.Absent(answer) : Answers.Of(answer);
            default:
                return StillRunning(operation, answer, status);
        }
    }

    private static async Task<CallAnswer> AfterResultAsync(PendingOperation operation, PlannedCall call, HttpAnswer answer, Func<string, Task<HttpAnswer>> look)
    {
        if (call.Method == "DELETE") return Answers.Absent(answer);
        // An empty result of a write is no result: the resource tells. Behind any other request there is none.
        var resource = answer.Body.IsEmpty && call.Method is "PUT" or "PATCH" ? await look(call.Url).ConfigureAwait(false) : answer;
        return call.Method is "PUT" or "PATCH" ? await AfterResourceAsync(operation, call, resource).ConfigureAwait(false) : Answers.Of(resource);
    }

    private static Task<CallAnswer> AfterResourceAsync(PendingOperation operation, PlannedCall call, HttpAnswer resource)
    {
        if (call.Method == "DELETE" && IsGone(resource)) return Task.FromResult(Answers.Absent(resource));
        if (!resource.IsSuccess || resource.Status == 204)
        {
            if (!IsGone(resource)) throw Unclear(resource);
            return Task.FromResult(Answers.Refused("ResourceNotFound", "The operation is over, and there is no such resource.", resource));
        }

        // Who follows by a resource already goes on with that one: it need not lie at the call's own address.
        if (IsRunning(resource.Json)) return Task.FromResult(StillRunning(operation.Token == ByResource ? operation : operation with { Url = call.Url, Token = ByResource }, resource, StateOf(resource.Json)!));
        return Task.FromResult(call.Method == "DELETE"
            ? Answers.Refused("NotDeleted", "The operation is over, and the resource is still there.", resource)
            : Done(call, resource, 1));
    }

    private static CallAnswer StillRunning(PendingOperation operation, HttpAnswer answer, string status) => new()
    {
        Status = answer.Status,
        Observed = Answers.Nothing,
        Pending = operation with { Status = status, RetryAfter = answer.RetryAfter ?? operation.RetryAfter },
    };

    // A data plane's operations end with their status; there is no resource behind them.
    private static bool IsResourceManager(PlannedCall call) => call.Target.StartsWith('/');

    private static CallNotAnsweredException Unclear(HttpAnswer answer)
    {
        var (code, message) = answer.ErrorOf();
        return new CallNotAnsweredException(NetworkFailure.NoAnswer, $"The question how the operation stands was answered {answer.Status} {code}: {message}");
    }

    private static string? StatusMessageOf(JsonElement? resource) =>
        resource!.Value.GetProperty("properties").TryGetProperty("statusMessage", out var message) && message.ValueKind == JsonValueKind.String ? message.GetString()!.TrimEnd('.') : null;
}
