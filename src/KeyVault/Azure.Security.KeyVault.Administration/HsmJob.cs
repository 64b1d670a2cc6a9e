using System.Text.Json;
using Azure.Core;

namespace Azure.Security.KeyVault.Administration;

/// <summary>
/// A backup or restore that a managed HSM is at: started by one call, followed by reading its status. One that fails does
/// so with status 200 and an error in the body.
/// </summary>
internal sealed class HsmJob
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly KeyVaultPipeline _pipeline;
    private readonly string _statusPath;
    private JsonElement _state;

    public HsmJob(KeyVaultPipeline pipeline, string kind, string id, Response? answer)
    {
        _pipeline = pipeline;
        Id = id;
        _statusPath = $"{kind}/{id}/pending";
        if (answer is not null) Take(answer);
    }

    public string Id { get; }

    public Response? Response { get; private set; }

    public bool HasCompleted { get; private set; }

    public bool HasSucceeded => HasCompleted && _state.Text("status") == "Succeeded";

    public DateTimeOffset? StartTime => _state.ValueKind == JsonValueKind.Object ? _state.Time("startTime") : null;

    public DateTimeOffset? EndTime => _state.ValueKind == JsonValueKind.Object ? _state.Time("endTime") : null;

    public Uri? FolderUri => _state.ValueKind == JsonValueKind.Object ? _state.Address("azureStorageBlobContainerUri") : null;

    public static async Task<HsmJob> StartAsync(KeyVaultPipeline pipeline, string name, string kind, RequestMethod method, string path, Action<Utf8JsonWriter> body, CancellationToken cancellationToken)
    {
        using var scope = pipeline.Scope(name);
        try
        {
            var answer = await pipeline.SendAsync(method, pipeline.UriOf(path), body, cancellationToken).ConfigureAwait(false);
            var id = KeyVaultPipeline.JsonOf(answer).Text("jobId") ?? throw new JsonException("The answer has no jobId.");
            return new HsmJob(pipeline, kind, id, answer);
        }
        catch (Exception exception)
        {
            scope.Failed(exception);
            throw;
        }
    }

    public Response Update(CancellationToken cancellationToken)
    {
        if (!HasCompleted) Take(_pipeline.Send(RequestMethod.Get, _pipeline.UriOf(_statusPath), cancellationToken));
        return Response!;
    }

    public async ValueTask<Response> UpdateAsync(CancellationToken cancellationToken)
    {
        if (!HasCompleted) Take(await _pipeline.SendAsync(RequestMethod.Get, _pipeline.UriOf(_statusPath), body: null, cancellationToken).ConfigureAwait(false));
        return Response!;
    }

    public async Task WaitAsync(TimeSpan? interval, CancellationToken cancellationToken)
    {
        while (!HasCompleted)
        {
            await UpdateAsync(cancellationToken).ConfigureAwait(false);
            if (!HasCompleted) await Task.Delay(interval ?? Interval, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    public T Result<T>(Func<T> make)
    {
        if (!HasCompleted) throw new InvalidOperationException("The operation has not completed.");
        return make();
    }

    private void Take(Response answer)
    {
        Response = answer;
        _state = KeyVaultPipeline.JsonOf(answer);
        HasCompleted = _state.Text("status") is "Succeeded" or "Failed" or "Canceled";
        if (!HasCompleted || HasSucceeded) return;
        var error = _state.Member("error");
        throw new RequestFailedException(answer.Status, error?.Text("message") ?? _state.Text("statusDetails") ?? "The operation failed.", error?.Text("code"), innerException: null);
    }
}
