namespace Runbook.Simulator;

/// <summary>One request that the simulator answered, or swallowed on purpose.</summary>
public sealed record CallRecord
{
    /// <summary>Position in the log, from 1, without gaps.</summary>
    public required long Sequence { get; init; }

    /// <summary>When it was answered, by the simulator's clock.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Object id of the caller; <see langword="null"/> for a call without a valid token.</summary>
    public string? Principal { get; init; }

    /// <summary>Application id of the caller.</summary>
    public string? Application { get; init; }

    /// <summary>Upper case.</summary>
    public required string Method { get; init; }

    /// <summary>Absolute, as it was sent; signatures in query strings are replaced by <c>…</c>.</summary>
    public required string Url { get; init; }

    /// <summary>HTTP status of the answer; 0 where a fault kept the request from arriving.</summary>
    public required int Status { get; init; }

    /// <summary>Name of the service's operation; <see langword="null"/> where the path leads nowhere.</summary>
    public string? Operation { get; init; }

    /// <summary>The service that was asked.</summary>
    public required string Service { get; init; }

    /// <summary>The service's request id, as the client saw it.</summary>
    public required string RequestId { get; init; }

    /// <summary>The client's own request id, where it sent one.</summary>
    public string? ClientRequestId { get; init; }

    /// <summary>Correlation id of the control plane.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>The error's code, for a refusal.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>The error's words, for a refusal.</summary>
    public string? ErrorText { get; init; }

    /// <summary>The kind of the fault that bent this call, where one did.</summary>
    public string? Fault { get; init; }

    /// <summary>Address that the call came from.</summary>
    public string? ClientAddress { get; init; }

    /// <summary>The client's user agent.</summary>
    public string? UserAgent { get; init; }

    /// <summary>Id of the resource whose service was asked: the HSM, vault or account of a data-plane call, the resource of a control-plane call.</summary>
    public string? Resource { get; init; }

    /// <summary>Id of the key version that was used, where one was.</summary>
    public string? Item { get; init; }

    /// <summary>How long the service took for it, by its own account.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>True for calls that a simulated service made by itself with a resource's identity.</summary>
    public bool ByService { get; init; }
}
