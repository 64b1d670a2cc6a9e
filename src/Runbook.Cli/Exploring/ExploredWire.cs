using System.Net;
using System.Text;
using System.Text.Json;
using Runbook.Actions;

namespace Runbook.Cli.Exploring;

/// <summary>
/// The network of explored runs, the same object for all runs of a worker: each request goes to the Azure of the run that is
/// on, and what goes wrong with it goes wrong here, below every client.
/// </summary>
internal sealed class ExploredWire : HttpMessageHandler
{
    // Where the console's calls come from in a rehearsal.
    private static readonly IPAddress OperatorAddress = new([203, 0, 113, 7]);

    private HttpMessageInvoker? _azure;

    /// <summary>The run that is on.</summary>
    public ExploredWorld? World { get; private set; }

    /// <summary>Turns to a run.</summary>
    public void Turn(ExploredWorld world)
    {
        _azure?.Dispose();
        (World, _azure) = (world, new HttpMessageInvoker(world.Azure.CreateHandler(OperatorAddress)));
    }

    // To the Azure that is on, with nothing in between.
    private Task<HttpResponseMessage> PlainAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _azure!.SendAsync(request, cancellationToken);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var (world, process) = (World!, World!.Actor);
        if (process is null) return await PlainAsync(request, cancellationToken).ConfigureAwait(false);
        if (process.IsDead) return await NeverAsync().ConfigureAwait(false);
        if (IsHandshake(request)) return Challenge(request, world.Azure.TenantId);
        var mishap = world.At(process.IsConsole ? Place.Call : Place.GuardCall);
        var time = TimeSpan.FromSeconds(mishap?.Seconds ?? 0);
        switch (mishap?.Kind)
        {
            case MishapKind.Outage:
                world.Outage(time);
                break;
            case MishapKind.Slow:
                await world.BusyAsync(process, time).ConfigureAwait(false);
                break;
            case MishapKind.Stalled:
                await world.StallAsync(process, time).ConfigureAwait(false);
                break;
            case MishapKind.KilledBefore or MishapKind.Reboot:
                world.Die(process, mishap);
                break;
            case MishapKind.Unsent:
                throw NoRoute(request);
            case MishapKind.Error:
                return Said(request, 500, "InternalServerError");
            case MishapKind.Throttled:
                return Said(request, 429, "TooManyRequests");
        }

        if (process.IsDead) return await NeverAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (world.IsOut) throw NoRoute(request);
        var answer = await PlainAsync(request, cancellationToken).ConfigureAwait(false);
        var took = request.Method != HttpMethod.Get && (int)answer.StatusCode is >= 200 and < 300;
        if (took && world.Sending is { } sent) (sent.Took, sent.Operation) = (true, OperationOf(answer));
        if (request.Method == HttpMethod.Get) await LookAtOperationAsync(world, request.RequestUri!, answer, cancellationToken).ConfigureAwait(false);
        switch (mishap?.Kind)
        {
            case MishapKind.KilledAfter:
                answer.Dispose();
                world.Die(process, mishap);
                return await NeverAsync().ConfigureAwait(false);
            case MishapKind.Lost:
                answer.Dispose();
                throw new HttpRequestException(HttpRequestError.ResponseEnded, "The response ended prematurely.");
            case MishapKind.ErrorAfter:
                answer.Dispose();
                return Said(request, 500, "InternalServerError");
        }

        return answer;
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) => SendAsync(request, cancellationToken).GetAwaiter().GetResult();

    // Clients remember for the whole program which tokens a host wants, so who asks first follows from the order of the workers. Like
    // tokens it is not what is explored: no place, no time, and Azure sees nothing of it.
    private static bool IsHandshake(HttpRequestMessage request) => request.Headers.Authorization is null && request.RequestUri!.Host.EndsWith("." + AzureCloud.Public.ManagedHsmDomain, StringComparison.OrdinalIgnoreCase);

    private static HttpResponseMessage Challenge(HttpRequestMessage request, string tenant)
    {
        var answer = Said(request, 401, "Unauthorized");
        answer.Headers.Add("WWW-Authenticate", $"Bearer authorization=\"https://login.microsoftonline.com/{tenant}\", resource=\"https://managedhsm.azure.net\"");
        return answer;
    }

    // What was accepted, and is seen to have failed while it was carried out, took no effect, whoever saw it and whatever became of the answer.
    private static async Task LookAtOperationAsync(ExploredWorld world, Uri address, HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (world.Witness.Sent.FindLast(s => s.Operation == PlaceOf(address)) is not { } accepted) return;
        if ((int)answer.StatusCode is >= 400 and < 500 and not 404 and not 408 and not 429) accepted.Took = false;
        if (answer.StatusCode != HttpStatusCode.OK) return;
        var text = await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        if (text.Length == 0) return;
        using var told = JsonDocument.Parse(text);
        if (told.RootElement.ValueKind == JsonValueKind.Object && told.RootElement.TryGetProperty("status", out var status) && status.ValueEquals("Failed")) accepted.Took = false;
    }

    private static string? OperationOf(HttpResponseMessage answer) =>
        (answer.Headers.TryGetValues("Azure-AsyncOperation", out var place) || (answer.StatusCode == HttpStatusCode.Accepted && answer.Headers.TryGetValues("Location", out place))) && Uri.TryCreate(place.First(), UriKind.Absolute, out var address)
            ? PlaceOf(address)
            : null;

    private static string PlaceOf(Uri address) => address.GetLeftPart(UriPartial.Path);

    // Who is dead gets no answer, and waits for none.
    private static Task<HttpResponseMessage> NeverAsync() => new TaskCompletionSource<HttpResponseMessage>().Task;

    private static HttpRequestException NoRoute(HttpRequestMessage request) => new(HttpRequestError.ConnectionError, $"No route to host ({request.RequestUri!.Host})");

    private static HttpResponseMessage Said(HttpRequestMessage request, int status, string code)
    {
        var answer = new HttpResponseMessage((HttpStatusCode)status)
        {
            RequestMessage = request,
            Content = new StringContent("{\"error\":{\"code\":\"" + code + "\",\"message\":\"Something went wrong here.\"}}", Encoding.UTF8, "application/json"),
        };
        if (status == 429) answer.Headers.Add("Retry-After", "7");
        return answer;
    }
}
