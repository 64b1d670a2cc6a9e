using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.State;

namespace Runbook.Simulator.ResourceManager;

/// <summary>
/// Long-running operations of the control plane: planned in the estate, ended by the clock, polled at a status URL or a
/// location URL.
/// </summary>
internal sealed class AsyncOperations
{
    private const string WorkKind = "operation";

    private readonly SimulatorCore _core;
    private readonly ArmService _arm;
    private readonly Dictionary<string, Func<EstateTransaction, AsyncOperation, AsyncOperation>> _ends = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Action<AsyncOperation>> _before = new(StringComparer.Ordinal);

    public AsyncOperations(SimulatorCore core, ArmService arm)
    {
        _core = core;
        _arm = arm;
        core.Work.On(WorkKind, End);
        arm.Plug(
        [
            Poll("Operation status", "/subscriptions/{subscription}/providers/{namespace}/locations/{location}/operationStatuses/{operation}", StatusOf),
            Poll("Operation result", "/subscriptions/{subscription}/providers/{namespace}/locations/{location}/operationResults/{operation}", ResultOf),
            Poll("Resource group operation result", "/subscriptions/{subscription}/operationresults/{operation}", ResultOf),
        ]);
    }

    /// <summary>Says what the end of a kind of operation does. It may fail the operation by returning it so.</summary>
    /// <param name="kind">Stays the same for ever: running operations in state files name it.</param>
    /// <param name="end">Runs in the transaction that ends the operation.</param>
    /// <param name="before">Runs before that transaction, for what must not hold the estate: calls to other services, keys.</param>
    public void OnEnd(string kind, Func<EstateTransaction, AsyncOperation, AsyncOperation> end, Action<AsyncOperation>? before = null)
    {
        _ends.Add(kind, end);
        if (before is not null)
            _before.Add(kind, before);
    }

    /// <summary>Plans an operation.</summary>
    public static AsyncOperation Start(
        EstateTransaction tx, Call call, string kind, string resourceId, TimeSpan takes, JsonElement? input = null, int? emptyStatus = null)
    {
        var operation = new AsyncOperation
        {
            Id = tx.NextGuid().ToString(),
            Kind = kind,
            ResourceId = resourceId,
            Status = "InProgress",
            Started = tx.Now,
            Ends = tx.Now + takes,
            Caller = call.Caller.ObjectId,
            Action = ArmRequest.Of(call).Action,
            Correlation = ArmService.CorrelationFor(call),
            CallerName = call.Caller.UserPrincipalName ?? call.Caller.ApplicationId,
            Input = input,
            EmptyStatus = emptyStatus,
        };
        tx.Put(Tables.Operations, operation.Id, operation);
        tx.Schedule(operation.Ends, WorkKind, operation.Id);
        return operation;
    }

    /// <summary>Points a first answer at the operation.</summary>
    /// <param name="answer">The first answer.</param>
    /// <param name="call">The call that started it.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="provider">Namespace that the URLs carry.</param>
    /// <param name="location">Region that the URLs carry.</param>
    /// <param name="status">Send <c>Azure-AsyncOperation</c>.</param>
    /// <param name="result">Send <c>Location</c>.</param>
    public Answer Announce(Answer answer, Call call, AsyncOperation operation, string provider, string location, bool status, bool result)
    {
        var version = Uri.EscapeDataString(call.ApiVersion);
        var root = $"https://{HostNames.ResourceManager}/subscriptions/{_core.Subscription}/providers/{provider}/locations/{location}";
        if (status)
            answer.Headers.Set("Azure-AsyncOperation", $"{root}/operationStatuses/{operation.Id}?api-version={version}");
        if (result)
            answer.Headers.Set("Location", $"{root}/operationResults/{operation.Id}?api-version={version}");
        return answer.With("Retry-After", Seconds());
    }

    /// <summary>The same for operations on whole groups, whose URLs carry no provider.</summary>
    public Answer AnnounceGroup(Answer answer, Call call, AsyncOperation operation) => answer
        .With("Location", $"https://{HostNames.ResourceManager}/subscriptions/{_core.Subscription}/operationresults/{operation.Id}?api-version={Uri.EscapeDataString(call.ApiVersion)}")
        .With("Retry-After", Seconds());

    /// <summary>Whether something is being done to that resource.</summary>
    public static AsyncOperation? Running(EstateView view, string resourceId)
    {
        foreach (var (_, operation) in view.Scan(Tables.Operations))
            if (operation.Status == "InProgress" && string.Equals(operation.ResourceId, resourceId, StringComparison.OrdinalIgnoreCase))
                return operation;
        return null;
    }

    public static AsyncOperation Failed(AsyncOperation operation, string code, string message) =>
        operation with { Status = "Failed", ErrorCode = code, ErrorMessage = message };

    private string Seconds() => ((int)_core.Timings.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    private void End(DueItem item)
    {
        if (_core.Estate.Current.Find(Tables.Operations, item.Target) is { Status: "InProgress" } running && _before.TryGetValue(running.Kind, out var before))
            before(running);
        _core.Work.Complete(item, tx =>
        {
            if (tx.Find(Tables.Operations, item.Target) is not { Status: "InProgress" } operation)
                return;
            if (!_ends.TryGetValue(operation.Kind, out var end))
                throw new InvalidDataException($"The estate runs an operation \"{operation.Kind}\", which this simulator does not know.");
            var ended = end(tx, operation with { Status = "Succeeded", Ends = tx.Now });
            tx.Put(Tables.Operations, operation.Id, ended);
            _arm.Activity?.Ended(tx, ended);
        });
    }

    private static Operation Poll(string name, string template, Func<Call, Answer> handler) => new()
    {
        Service = ServiceKind.ResourceManager,
        Name = name,
        Method = "GET",
        Template = template,
        Handler = handler,
        IsPoll = true,
        ReadsOnly = true,
    };

    private AsyncOperation Find(Call call) =>
        call.Read().Find(Tables.Operations, call.Value("operation").ToLowerInvariant())
        ?? throw _arm.Refuse(call, 404, "ResourceNotFound", $"The operation '{call.Value("operation")}' was not found.");

    private Answer StatusOf(Call call)
    {
        var operation = Find(call);
        var json = new JsonObject
        {
            ["id"] = call.Target.Path,
            ["name"] = operation.Id,
            ["status"] = operation.Status,
            ["startTime"] = Shapes.Time(operation.Started),
        };
        if (operation.Status == "InProgress")
        {
            var whole = operation.Ends - operation.Started;
            json["percentComplete"] = whole > TimeSpan.Zero ? Math.Round(100 * ((call.Now - operation.Started) / whole)) : 0;
            return Answer.Json(200, json).With("Retry-After", Seconds());
        }
        json["endTime"] = Shapes.Time(operation.Ends);
        json["percentComplete"] = 100;
        if (operation.Status == "Failed")
            json["error"] = Error(operation);
        else if (operation.Result is { } result)
            json["properties"] = result.ToNode();
        return Answer.Json(200, json);
    }

    private Answer ResultOf(Call call)
    {
        var operation = Find(call);
        if (operation.Status == "InProgress")
            return Answer.Empty(202).With("Location", call.Request.Url).With("Retry-After", Seconds());
        if (operation.Status == "Failed")
            return Answer.Json(400, new JsonObject { ["error"] = Error(operation) }, operation.ErrorCode, operation.ErrorMessage);
        if (operation.Result is { } result)
            return Answer.Json(200, result.ToNode()!);
        var view = call.Read();
        if (operation.EmptyStatus is null && view.Find(Tables.Resources, ArmId.Key(operation.ResourceId)) is { } resource)
            return Answer.Json(200, Shapes.Resource(view, resource));
        return Answer.Empty(operation.EmptyStatus ?? 200);
    }

    private static JsonObject Error(AsyncOperation operation) => new() { ["code"] = operation.ErrorCode, ["message"] = operation.ErrorMessage };
}
