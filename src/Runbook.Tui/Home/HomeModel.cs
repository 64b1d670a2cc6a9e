using System.Collections.Immutable;
using Runbook.Language;

namespace Runbook.Tui;

/// <summary>A runbook that can be started, as the home shows it.</summary>
/// <param name="Path">What the caller knows it by.</param>
/// <param name="Title">Its title, or its file's name where it has none.</param>
/// <param name="Kind">What sort of procedure it is.</param>
/// <param name="Summary">What it does, in a sentence.</param>
/// <param name="Steps">How many steps it has.</param>
public sealed record HomeRunbook(string Path, string Title, RunbookKind Kind, string Summary, int Steps)
{
    /// <summary>Who must be present, in words: "operator", "3 custodians, 2 must agree".</summary>
    public ImmutableArray<string> Roles { get; init; } = [];

    /// <summary>Labels of the environments where it may run.</summary>
    public ImmutableArray<string> Environments { get; init; } = [];

    /// <summary>Why it can't be started, a sentence each; empty when it can.</summary>
    public ImmutableArray<string> Problems { get; init; } = [];
}

/// <summary>How urgently a session that is not closed wants somebody.</summary>
public enum HomeSessionState
{
    /// <summary>Something is armed or lent.</summary>
    Armed,

    /// <summary>A call was sent and not answered.</summary>
    InDoubt,

    /// <summary>It waits for people.</summary>
    Waiting,

    /// <summary>It was left, or cut off, with nothing open.</summary>
    Stopped,

    /// <summary>It is closed; only to be looked at.</summary>
    Closed,
}

/// <summary>A session that can be gone on with, as the home shows it.</summary>
/// <param name="Directory">What the caller knows it by.</param>
/// <param name="Runbook">The runbook's id.</param>
/// <param name="StoppedAt">Where it stands, in a few words.</param>
/// <param name="State">How urgent it is.</param>
/// <param name="LastEntryAt">When its last entry was made.</param>
public sealed record HomeSession(string Directory, string Runbook, string StoppedAt, HomeSessionState State, DateTimeOffset LastEntryAt)
{
    /// <summary>More about it, a line each: why it stopped, who holds it, when a fault is undone.</summary>
    public ImmutableArray<string> Details { get; init; } = [];
}

/// <summary>Everything that the home shows. Plain data, looked up by the caller; nothing is read from it but this.</summary>
public sealed record HomeModel
{
    /// <summary>Label of the environment that a session would run in.</summary>
    public required string Environment { get; init; }

    /// <summary>Runbooks and drills, in the order in which they are shown.</summary>
    public ImmutableArray<HomeRunbook> Runbooks { get; init; } = [];

    /// <summary>Sessions; shown by urgency, then by age.</summary>
    public ImmutableArray<HomeSession> Sessions { get; init; } = [];

    /// <summary>More about this console, a line each: identity, folder, versions.</summary>
    public ImmutableArray<string> About { get; init; } = [];
}
