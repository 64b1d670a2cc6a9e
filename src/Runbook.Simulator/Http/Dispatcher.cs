using System.Globalization;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Runbook.Simulator.Faults;
using Runbook.Simulator.Identity;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Http;

/// <summary>
/// The transport-free middle: takes a request through faults, time, identity, routing, permission and its handler, and
/// gives the answer back once everything it tells of is durable.
/// </summary>
internal sealed class Dispatcher(SimulatorCore core)
{
    public async ValueTask<Delivery> DispatchAsync(SimulatorRequest request, CancellationToken cancellationToken)
    {
        if (core.ServiceFor(request.Host) is not { } service || !service.Exists(request.Host))
            return new Delivery(null, Delivery.Failure.NameNotFound);

        var parsed = RequestTarget.TryParse(request.Target, out var target, service.Kind == ServiceKind.Blob);
        if (request.Method == "GET")
            core.Polls.MoveFor(request.Host, target);
        core.Clock.CatchUp();

        var call = new Call
        {
            Request = request,
            Service = service.Kind,
            Target = target,
            Now = core.Clock.GetUtcNow(),
            Core = core,
            RequestId = core.NextRequestId(),
        };
        var bent = core.Faults.For(call, service);
        call.Fault = bent?.Rule.Kind.Word();
        call.Region = bent?.Region ?? (service.RegionsOf(request.Host) is [var nearest, ..] ? nearest : null);
        call.Delay = bent?.Delay ?? TimeSpan.Zero;
        if (bent?.Delay is { } delay && delay > TimeSpan.Zero)
            await core.WaitAsync(delay, request.IsRemote, cancellationToken).ConfigureAwait(false);
        if (bent?.Unreachable == true)
        {
            core.Record(call, service, 0, null, null);
            return new Delivery(null, Delivery.Failure.Unreachable);
        }

        Answer answer;
        try
        {
            answer = bent?.Instead is { } instead
                ? Bent(call, service, instead)
                : await AnswerAsync(call, service, parsed, cancellationToken).ConfigureAwait(false);
        }
        catch (RefusedException refused)
        {
            answer = refused.Answer;
        }
        catch (EstateNotDurableException error)
        {
            answer = service.Error(call, 500, "InternalServerError", error.Message);
        }
        catch (ConnectionResetException)
        {
            // The caller went away in the middle of its request: nothing was done, and nobody is there to be told.
            core.Record(call, service, 0, null, null);
            return new Delivery(null, Delivery.Failure.AnswerLost);
        }
        catch (Exception error) when (error is not (OperationCanceledException or BadHttpRequestException))
        {
            // A bug of the simulator must neither take it down nor look like Azure's own refusal.
            answer = service.Error(call, 500, "SimulatorFailure", $"RS500: {error.GetType().Name}: {error.Message}");
            core.Failures.Add(error);
        }

        answer = service.Finish(call, answer);
        core.Polls.Remember(request, answer);
        if (!call.Recorded)
            core.Record(call, service, answer.Status, answer.ErrorCode, answer.ErrorText);
        try
        {
            await core.Estate.WaitUntilDurableAsync(call.SeenVersion).ConfigureAwait(false);
        }
        catch (EstateNotDurableException error)
        {
            answer = service.Finish(call, service.Error(call, 500, "InternalServerError", error.Message));
        }
        return bent?.LosesAnswer == true
            ? new Delivery(null, Delivery.Failure.AnswerLost)
            : new Delivery(answer, Delivery.Failure.None);
    }

    /// <summary>
    /// One service asks another at a given time; <see langword="null"/> where nobody can be reached. Waits for nothing and moves
    /// no clock, so it may run while the clock moves.
    /// </summary>
    public Answer? DispatchInside(SimulatorRequest request, Caller caller, byte[] body, DateTimeOffset now)
    {
        if (core.ServiceFor(request.Host) is not { } service || !service.Exists(request.Host) || !RequestTarget.TryParse(request.Target, out var target, service.Kind == ServiceKind.Blob))
            return null;
        var call = new Call { Request = request, Service = service.Kind, Target = target, Now = now, Core = core, RequestId = core.NextRequestId(), Caller = caller, Body = body };
        var bent = core.Faults.For(call, service);
        call.Fault = bent?.Rule.Kind.Word();
        call.Region = bent?.Region ?? (service.RegionsOf(request.Host) is [var nearest, ..] ? nearest : null);
        if (bent?.Unreachable == true)
        {
            core.Record(call, service, 0, null, null);
            return null;
        }
        Answer answer;
        try
        {
            answer = bent?.Instead is { } instead ? instead(call, service) : AnswerInside(call, service);
        }
        catch (RefusedException refused)
        {
            answer = refused.Answer;
        }
        if (!call.Recorded)
            core.Record(call, service, answer.Status, answer.ErrorCode, answer.ErrorText);
        return bent?.LosesAnswer == true ? null : answer;
    }

    /// <summary>A fault answers in the service's place; who called is found out all the same, for the log.</summary>
    private static Answer Bent(Call call, Service service, Func<Call, Service, Answer> instead)
    {
        try
        {
            service.Admit(call);
        }
        catch (RefusedException)
        {
            // The fault comes before the service's own refusal; the caller stays unknown.
            call.Caller = Caller.Nobody;
        }
        return instead(call, service);
    }

    private static Answer AnswerInside(Call call, Service service)
    {
        service.Admit(call);
        if (service.Route(call, out var knownPath) is not { } match)
            return service.NoSuchOperation(call, knownPath);
        call.Route = match;
        service.CheckVersion(call);
        service.Authorize(call);
        return service.Handle(call);
    }

    private async ValueTask<Answer> AnswerAsync(Call call, Service service, bool parsed, CancellationToken cancellationToken)
    {
        service.Admit(call);
        if (!parsed)
            return service.Malformed(call, "the request's path has a \".\" or \"..\" segment, or is too long");
        var match = service.Route(call, out var knownPath);
        if (match is null)
            return service.NoSuchOperation(call, knownPath);
        call.Route = match;
        service.CheckVersion(call);
        if (call.Request.ContentLength > match.Operation.BodyLimit)
            return TooLarge(call, service, match.Operation);
        if (await ReadBodyAsync(call.Request, match.Operation.BodyLimit, cancellationToken).ConfigureAwait(false) is not { } body)
            return TooLarge(call, service, match.Operation);
        call.Body = body;
        if (match.Operation.ReadsOnly || call.Request.Method == "GET")
            call.StaleBy = core.Faults.Staleness(call);
        service.Authorize(call);
        return service.Handle(call);
    }

    private static Answer TooLarge(Call call, Service service, Operation operation) => service.Error(
        call,
        413,
        "RequestEntityTooLarge",
        string.Create(CultureInfo.InvariantCulture, $"The request body exceeds the limit of {operation.BodyLimit} bytes."))
        .With("Connection", "close");

    private static async ValueTask<ReadOnlyMemory<byte>?> ReadBodyAsync(SimulatorRequest request, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength == 0)
            return ReadOnlyMemory<byte>.Empty;
        var buffer = new byte[request.ContentLength is { } known ? (int)known : 4096];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                if (request.ContentLength is { } announced && length >= announced)
                    return buffer;
                if (length >= limit)
                    return null;
                Array.Resize(ref buffer, Math.Min(Math.Max(buffer.Length * 2, 4096), limit + 1));
            }
            int read;
            try
            {
                read = await request.Body.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            }
            catch (ConnectionResetException error)
            {
                // Nobody is there any more to be answered, and nothing was done.
                throw new OperationCanceledException("The client went away in the middle of its request.", error);
            }
            if (read == 0)
                return length > limit ? null : buffer.AsMemory(0, length);
            length += read;
        }
    }
}
