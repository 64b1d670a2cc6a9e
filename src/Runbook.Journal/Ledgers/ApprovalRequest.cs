using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>Where a request stands.</summary>
public enum RequestState
{
    /// <summary>It waits for people.</summary>
    Open,
    /// <summary>Enough people have agreed, or answered.</summary>
    Granted,
    /// <summary>Somebody refused.</summary>
    Rejected,
    /// <summary>It can't be answered any more: the machine was restarted, so that nobody knows how much time passed.</summary>
    Void,
}

/// <summary>An approval that counts.</summary>
/// <param name="Seq">Its line.</param>
/// <param name="Person">Who.</param>
/// <param name="KeyId">With which key.</param>
/// <param name="Decision">What the person decided.</param>
public sealed record CountedApproval(long Seq, string Person, Digest KeyId, Decision Decision);

/// <summary>People were asked to agree.</summary>
public sealed record ApprovalRequest
{
    /// <summary>The request's line and its hash, which approvers sign.</summary>
    public required Head Head { get; init; }

    /// <summary>What it says.</summary>
    public required ApprovalRequested Body { get; init; }

    /// <summary>Epoch of the request.</summary>
    public required int Epoch { get; init; }

    /// <summary>Monotonic microseconds of the request in that epoch.</summary>
    public required long MonoUs { get; init; }

    /// <summary>Approvals and rejections that count, in their order.</summary>
    public ImmutableArray<CountedApproval> Counted { get; init; } = [];

    /// <summary>Where it stands.</summary>
    public RequestState State { get; init; }

    /// <summary>People who agreed.</summary>
    public IEnumerable<string> Approvers => Counted.Where(c => c.Decision == Decision.Approve).Select(c => c.Person);
}

/// <summary>People were asked for values.</summary>
public sealed record AnswerRequest
{
    /// <summary>The request's line and its hash, which signed answers name.</summary>
    public required Head Head { get; init; }

    /// <summary>What it says.</summary>
    public required AnswerRequested Body { get; init; }

    /// <summary>Path of the step's slug, where it belongs to one.</summary>
    public string? Step { get; init; }

    /// <summary>Which visit of the step.</summary>
    public int? Visit { get; init; }

    /// <summary>Epoch of the request.</summary>
    public required int Epoch { get; init; }

    /// <summary>Monotonic microseconds of the request in that epoch.</summary>
    public required long MonoUs { get; init; }

    /// <summary>People who answered, in their order.</summary>
    public ImmutableArray<string> Answered { get; init; } = [];

    /// <summary>Where it stands.</summary>
    public RequestState State { get; init; }
}
