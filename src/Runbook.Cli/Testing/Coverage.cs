using System.Collections.Immutable;
using Runbook.Language;

namespace Runbook.Cli.Testing;

/// <summary>What the cases of a world have covered of a runbook: its own steps, transitions and faults; those of runbooks that it calls are theirs.</summary>
internal sealed record Coverage
{
    /// <summary>The steps.</summary>
    public required Share Steps { get; init; }

    /// <summary>Transitions that the runbook writes.</summary>
    public required Share Written { get; init; }

    /// <summary>Transitions that nobody writes: of fault scopes, of the introduction, of the language. What of them is open fails nothing.</summary>
    public required Share Defaults { get; init; }

    /// <summary>The ways in which faults are lifted.</summary>
    public required Share Lifted { get; init; }

    /// <summary>Each fault and lease with the ways in which it was lifted, and in how many cases.</summary>
    public required ImmutableArray<FaultCoverage> Faults { get; init; }

    /// <summary>What the world file excuses, each with its reason.</summary>
    public required ImmutableArray<(string What, string Because)> Excused { get; init; }

    /// <summary>What is neither covered nor excused, and excuses that excuse nothing: sentences.</summary>
    public required ImmutableArray<string> Open { get; init; }

    /// <summary>Default transitions that no case takes.</summary>
    public required ImmutableArray<Passage> DefaultsOpen { get; init; }

    /// <summary>Counts.</summary>
    /// <param name="machine">The runbook.</param>
    /// <param name="world">Its world.</param>
    /// <param name="sessions">The sessions of all cases that were played.</param>
    public static Coverage Of(MachineDefinition machine, WorldFile world, IReadOnlyCollection<TestedSession> sessions)
    {
        var taken = sessions.SelectMany(s => s.Passages).ToHashSet();
        var edges = machine.States.SelectMany(s => s.Transitions.Select(t => (Passage: new Passage(s.Slug, TriggerNames.Of(t.Trigger).Split(':')[0], t.Target), t.Origin))).ToList();
        var written = edges.Where(e => e.Origin == TransitionOrigin.Written).Select(e => e.Passage).ToHashSet();
        var defaults = edges.Where(e => e.Origin != TransitionOrigin.Written).Select(e => e.Passage).ToHashSet();
        defaults.ExceptWith(written);
        var excused = world.NotTaken.Select(n => new Passage(n.From, n.By, n.To)).ToHashSet();
        var visited = sessions.SelectMany(s => s.Steps).ToHashSet(StringComparer.Ordinal);
        var steps = machine.States.Select(s => s.Slug).ToHashSet(StringComparer.Ordinal);
        var excusedSteps = world.NotTaken.Select(n => n.To).Where(to => steps.Contains(to) && !visited.Contains(to)).ToHashSet(StringComparer.Ordinal);

        var faults = machine.Scopes.Select(s => new FaultCoverage(s.Opening, s.Lease, Enum.GetValues<LiftedBy>().ToImmutableSortedDictionary(by => by, by => sessions.Count(x => x.Lifted.Contains((s.Opening, by)))))).ToImmutableArray();
        // A lease has no guard on the embedded Azure, so none of its ways is asked for.
        var ways = faults.Where(f => !f.IsLease).SelectMany(f => f.Cases.Keys.Select(by => (f.Fault, By: by))).ToHashSet();
        var lifted = faults.SelectMany(f => f.Cases.Where(c => c.Value > 0).Select(c => (f.Fault, By: c.Key))).ToHashSet();
        var unlifted = world.NotLifted.Select(n => (n.Fault, n.By)).ToHashSet();

        return new Coverage
        {
            Steps = Share.Of(steps, visited, excusedSteps),
            Written = Share.Of(written, taken, excused),
            Defaults = Share.Of(defaults, taken, excused),
            Lifted = Share.Of(ways, lifted, unlifted),
            Faults = faults,
            Excused = [.. world.NotTaken.Select(n => (new Passage(n.From, n.By, n.To).ToString(), n.Because)), .. world.NotLifted.Select(n => ($"{n.Fault} lifted by {Word(n.By)}", n.Because))],
            Open =
            [
                .. steps.Except(visited).Except(excusedSteps).Select(s => $"no case visits \"{s}\"")
                    .Concat(written.Except(taken).Except(excused).Select(p => $"no case takes {p}"))
                    .Concat(ways.Except(lifted).Except(unlifted).Select(w => $"no case lifts \"{w.Fault}\" by {Word(w.By)}"))
                    .Concat(excused.Intersect(taken).Select(p => $"a case takes {p}, which not-taken excuses"))
                    .Concat(excused.Except(written).Except(defaults).Select(p => $"not-taken excuses {p}, which the runbook does not have"))
                    .Concat(unlifted.Intersect(lifted).Select(w => $"a case lifts \"{w.Fault}\" by {Word(w.By)}, which not-lifted excuses"))
                    .Order(StringComparer.Ordinal),
            ],
            DefaultsOpen = [.. defaults.Except(taken).Except(excused).OrderBy(p => p.ToString(), StringComparer.Ordinal)],
        };
    }

    /// <summary>A way of lifting, in words.</summary>
    public static string Word(LiftedBy by) => by switch
    {
        LiftedBy.Step => "its revert",
        LiftedBy.Abort => "an abort",
        _ => "its guard",
    };
}

/// <summary>How many of something are covered, and how many are excused of it.</summary>
/// <param name="All">All.</param>
/// <param name="Covered">Those that some case covers.</param>
/// <param name="Excused">Those that none covers, with a reason.</param>
internal sealed record Share(int All, int Covered, int Excused)
{
    /// <summary>Those that are neither.</summary>
    public int Open => All - Covered - Excused;

    /// <summary>Counts.</summary>
    public static Share Of<T>(HashSet<T> all, HashSet<T> covered, HashSet<T> excused) => new(all.Count, all.Count(covered.Contains), all.Count(x => !covered.Contains(x) && excused.Contains(x)));
}

/// <summary>A fault or lease, and the cases that lifted it in each way.</summary>
/// <param name="Fault">Its step.</param>
/// <param name="IsLease">Whether it is a lease.</param>
/// <param name="Cases">Number of cases by way.</param>
internal sealed record FaultCoverage(string Fault, bool IsLease, ImmutableSortedDictionary<LiftedBy, int> Cases);
