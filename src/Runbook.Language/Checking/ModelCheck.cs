using System.Collections.Immutable;
using Runbook.Language.Actions;

namespace Runbook.Language.Checking;

/// <summary>
/// The model check: explores the product of machine state, armed faults and leases, and what cut a scope short, to the end,
/// and says on which shortest way a rule of safety breaks.
/// </summary>
/// <remarks>
/// <c>when</c> is taken to be possible in any order and combination, because the values behind it are not known. Pure.
/// Rules: <c>docs/language.md</c> §4, RB4xx and RB602.
/// </remarks>
public static class ModelCheck
{
    /// <summary>Checks one runbook by itself; a call in it is a step that succeeds, fails or aborts.</summary>
    /// <param name="machine">Compiled, with scopes that have exactly one revert each and nest or lie apart.</param>
    /// <param name="catalogue">Says which actions are destructive, and what they need and break.</param>
    /// <returns>What was found, in the order of the steps; empty when every rule holds.</returns>
    public static ImmutableArray<ModelFinding> Run(MachineDefinition machine, ActionCatalogue catalogue) => Run(machine, catalogue, out _);

    /// <summary>The same, and how many states there are; <see langword="null"/> when they are too many to look at.</summary>
    /// <inheritdoc cref="Run(MachineDefinition, ActionCatalogue)"/>
    /// <param name="machine">The machine.</param>
    /// <param name="catalogue">The catalogue.</param>
    /// <param name="states">How many states there are.</param>
    public static ImmutableArray<ModelFinding> Run(MachineDefinition machine, ActionCatalogue catalogue, out int? states)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(catalogue);
        var graph = Explore(machine, "", static (_, _) => null);
        states = graph?.Count;
        return graph is null ? [TooLarge(machine)] : [.. RevertChecks(graph, catalogue), .. ObligationChecks.Run(graph, machine, catalogue)];
    }

    /// <summary>
    /// Checks what calls add: the steps of a called runbook belong to the scopes that are open at the call. To be asked where
    /// each runbook by itself has passed.
    /// </summary>
    internal static ImmutableArray<ModelFinding> Run(LinkedRunbook linked, string rootPath, ActionCatalogue catalogue)
    {
        var machine = linked.Root.Machine!;
        if (machine.Scopes.IsEmpty || linked.ByPath.Count == 1) return [];
        var graph = Explore(machine, rootPath, (file, call) =>
            RunbookLinker.Resolve(file, call) is { } path && linked.ByPath[path].Machine is { } called ? (path, called) : null);
        return graph is null ? [TooLarge(machine)] : [.. RevertChecks(graph, catalogue)];
    }

    private static ProductGraph? Explore(MachineDefinition machine, string file, Func<string, string, (string File, MachineDefinition Machine)?> called) =>
        ProductLayout.Of(machine, file, called) is { } layout ? ProductExplorer.Explore(layout, Limits.ProductStatesMax) : null;

    private static IEnumerable<ModelFinding> RevertChecks(ProductGraph graph, ActionCatalogue catalogue)
    {
        if (graph.Layout.Openings.Count == 0) return [];
        var tell = new FindingTeller(graph);
        var reach = RevertReach.Of(graph);
        return [.. MissedReverts.Find(graph, reach, tell), .. AbortCircles.Find(graph, reach, tell), .. ArmedAgain.Find(graph, tell), .. RevertDependence.Find(graph, catalogue, tell)];
    }

    internal static ModelFinding TooLarge(MachineDefinition machine)
    {
        var opening = machine.Scopes.IsEmpty ? machine.Initial : machine.State(machine.Scopes[0].Opening)!;
        return new ModelFinding
        {
            Rule = Rules.ProductTooLarge,
            Step = opening.Slug,
            Message = "This runbook can be in more states than are looked at: too many faults and leases may be armed or not, each by itself.",
            Fix = "Let fewer of them depend on conditions at once, or split the runbook.",
            Path = [],
            Span = opening.Step.Span,
        };
    }
}
