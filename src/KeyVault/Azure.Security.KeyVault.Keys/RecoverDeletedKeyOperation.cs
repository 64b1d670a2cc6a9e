using Azure.Core;

namespace Azure.Security.KeyVault.Keys;

/// <summary>The recovery of a key.</summary>
public class RecoverDeletedKeyOperation : Operation<KeyVaultKey>
{
    private readonly KeyVaultPipeline _pipeline = null!;
    private readonly KeyVaultKey _value = null!;
    private Response _response = null!;
    private bool _completed;

    /// <summary>For mocking.</summary>
    protected RecoverDeletedKeyOperation()
    {
    }

    internal RecoverDeletedKeyOperation(KeyVaultPipeline pipeline, Response<KeyVaultKey> answer)
    {
        _pipeline = pipeline;
        _value = answer.Value;
        _response = answer.GetRawResponse();
        _completed = false;
    }

    /// <inheritdoc/>
    public override string Id => _value.Id.AbsoluteUri;

    /// <inheritdoc/>
    public override KeyVaultKey Value => _value;

    /// <inheritdoc/>
    public override bool HasCompleted => _completed;

    /// <inheritdoc/>
    public override bool HasValue => true;

    /// <inheritdoc/>
    public override Response GetRawResponse() => _response;

    /// <inheritdoc/>
    public override Response UpdateStatus(CancellationToken cancellationToken = default)
    {
        if (!_completed)
        {
            _response = _pipeline.Try(RequestMethod.Get, Address, cancellationToken);
            _completed = KeyOperationPolling.IsDone(_response);
        }

        return _response;
    }

    /// <inheritdoc/>
    public override async ValueTask<Response> UpdateStatusAsync(CancellationToken cancellationToken = default)
    {
        if (!_completed)
        {
            _response = await _pipeline.TryAsync(RequestMethod.Get, Address, cancellationToken).ConfigureAwait(false);
            _completed = KeyOperationPolling.IsDone(_response);
        }

        return _response;
    }

    /// <inheritdoc/>
    public override ValueTask<Response<KeyVaultKey>> WaitForCompletionAsync(CancellationToken cancellationToken = default) =>
        KeyOperationPolling.WaitAsync(this, KeyOperationPolling.Interval, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<Response<KeyVaultKey>> WaitForCompletionAsync(TimeSpan pollingInterval, CancellationToken cancellationToken) =>
        KeyOperationPolling.WaitAsync(this, pollingInterval, cancellationToken);

    private Uri Address => _pipeline.UriOf($"keys/{_value.Name}/");
}
