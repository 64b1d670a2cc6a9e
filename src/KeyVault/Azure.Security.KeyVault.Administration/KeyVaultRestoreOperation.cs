namespace Azure.Security.KeyVault.Administration;

/// <summary>A restoration that the HSM is at.</summary>
public class KeyVaultRestoreOperation : Operation<KeyVaultRestoreResult>
{
    private readonly HsmJob _job = null!;

    /// <summary>For mocking.</summary>
    protected KeyVaultRestoreOperation()
    {
    }

    /// <summary>The one with that id, started before.</summary>
    public KeyVaultRestoreOperation(KeyVaultBackupClient client, string id) =>
        _job = new HsmJob(Argument.NotNull(client).Pipeline, "restore", Argument.NotEmpty(id), answer: null);

    internal KeyVaultRestoreOperation(HsmJob job) => _job = job;

    /// <inheritdoc/>
    public override string Id => _job.Id;

    /// <summary>When it began.</summary>
    public DateTimeOffset? StartTime => _job.StartTime;

    /// <summary>When it ended; <see langword="null"/> before that.</summary>
    public DateTimeOffset? EndTime => _job.EndTime;

    /// <inheritdoc/>
    public override bool HasCompleted => _job.HasCompleted;

    /// <inheritdoc/>
    public override bool HasValue => _job.HasSucceeded;

    /// <inheritdoc/>
    public override KeyVaultRestoreResult Value => _job.Result(() => new KeyVaultRestoreResult(_job.StartTime!.Value, _job.EndTime!.Value));

    /// <inheritdoc/>
    public override Response GetRawResponse() => _job.Response!;

    /// <inheritdoc/>
    public override Response UpdateStatus(CancellationToken cancellationToken = default) => _job.Update(cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<Response> UpdateStatusAsync(CancellationToken cancellationToken = default) => _job.UpdateAsync(cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask<Response<KeyVaultRestoreResult>> WaitForCompletionAsync(CancellationToken cancellationToken = default)
    {
        await _job.WaitAsync(interval: null, cancellationToken).ConfigureAwait(false);
        return Response.FromValue(Value, GetRawResponse());
    }

    /// <inheritdoc/>
    public override async ValueTask<Response<KeyVaultRestoreResult>> WaitForCompletionAsync(TimeSpan pollingInterval, CancellationToken cancellationToken)
    {
        await _job.WaitAsync(pollingInterval, cancellationToken).ConfigureAwait(false);
        return Response.FromValue(Value, GetRawResponse());
    }
}
