namespace Azure.Security.KeyVault.Keys;

/// <summary>
/// How deletion and recovery are followed: by reading where the key must turn up. Not found means not yet; refused means
/// that it is there and the reader may not look.
/// </summary>
internal static class KeyOperationPolling
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    public static bool IsDone(Response response) => response.Status switch
    {
        200 or 403 => true,
        404 => false,
        _ => throw new RequestFailedException(response),
    };

    public static async ValueTask<Response<T>> WaitAsync<T>(Operation<T> operation, TimeSpan interval, CancellationToken cancellationToken)
        where T : notnull
    {
        while (!operation.HasCompleted)
        {
            await operation.UpdateStatusAsync(cancellationToken).ConfigureAwait(false);
            if (!operation.HasCompleted) await Task.Delay(interval, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }

        return Response.FromValue(operation.Value, operation.GetRawResponse());
    }
}
