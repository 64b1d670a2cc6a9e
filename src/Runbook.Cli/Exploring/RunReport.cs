using System.Collections.Immutable;

namespace Runbook.Cli.Exploring;

/// <summary>How an explored session stood at the end.</summary>
internal enum ExploredEnd
{
    /// <summary>It ended as completed.</summary>
    Completed,

    /// <summary>It ended as failed.</summary>
    Failed,

    /// <summary>It ended as aborted.</summary>
    Aborted,

    /// <summary>It stands still for want of people.</summary>
    Paused,

    /// <summary>It did not begin.</summary>
    NeverBegan,

    /// <summary>It came to no end.</summary>
    None,
}

/// <summary>What an explored run came to.</summary>
/// <param name="End">How its session stood at the end.</param>
/// <param name="Happened">What went wrong, in order.</param>
/// <param name="Violations">Promises that were broken, a sentence each.</param>
/// <param name="Counts">How many places of each kind it had.</param>
/// <param name="Trace">A digest of everything that it left: the same seed gives the same.</param>
internal sealed record RunReport(ExploredEnd End, ImmutableArray<Mishap> Happened, ImmutableArray<string> Violations, PlaceCounts Counts, string Trace)
{
    /// <summary>The steps that it entered, in order.</summary>
    public ImmutableArray<string> Steps { get; init; } = [];

    /// <summary>The estate that it left, as <see cref="EstateStanding"/> says it.</summary>
    public string Standing { get; init; } = "";
}
