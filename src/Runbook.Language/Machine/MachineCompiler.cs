using System.Collections.Immutable;

namespace Runbook.Language.Machine;

/// <summary>
/// Resolves, for every step and every trigger that it can fire, where it leads: what the step writes, else its fault
/// scope, else the introduction, else the language's default.
/// </summary>
internal static class MachineCompiler
{
    /// <summary>Compiles a document. Targets that do not exist stay in the edges; the checker reports them.</summary>
    public static MachineDefinition Compile(RunbookDocument document)
    {
        var scopes = FindScopes(document);
        var states = document.Steps.Select((step, index) =>
        {
            var scope = Innermost(scopes, step.Slug);
            return new MachineState(step, Transitions(document, step, index, scope, scopes), scope);
        });
        return new MachineDefinition(document, [.. states], scopes);
    }

    /// <summary>The same machine with the names of its secret variables, which only the checks of data tell.</summary>
    public static MachineDefinition WithSecrets(MachineDefinition machine, IEnumerable<string> names) =>
        new(machine.Document, machine.States, machine.Scopes) { SecretVariables = names.ToImmutableHashSet(StringComparer.Ordinal) };

    /// <summary>The triggers that a step can fire, besides <c>when</c> and <c>choose</c>.</summary>
    public static ImmutableArray<TriggerKind> Fires(RunbookStep step) => step.Block switch
    {
        StepBlock.Action { Timeout: null } => [TriggerKind.Success, TriggerKind.Failure, TriggerKind.Abort],
        StepBlock.Action => [TriggerKind.Success, TriggerKind.Failure, TriggerKind.Timeout, TriggerKind.Abort],
        StepBlock.Probe => [TriggerKind.Success, TriggerKind.Timeout, TriggerKind.Abort],
        StepBlock.Check => [TriggerKind.Success, TriggerKind.Failure, TriggerKind.Abort],
        StepBlock.Ask { Within: null } => [TriggerKind.Success, TriggerKind.Failure, TriggerKind.Abort],
        StepBlock.Ask => [TriggerKind.Success, TriggerKind.Failure, TriggerKind.Timeout, TriggerKind.Abort],
        StepBlock.Approval => [TriggerKind.Success, TriggerKind.Timeout, TriggerKind.Rejection, TriggerKind.Abort],
        StepBlock.Fault { Timeout: null } or StepBlock.Lease { Timeout: null } => [TriggerKind.Success, TriggerKind.Failure, TriggerKind.Abort],
        StepBlock.Fault or StepBlock.Lease => [TriggerKind.Success, TriggerKind.Failure, TriggerKind.Timeout, TriggerKind.Abort],
        // A revert neither fails nor aborts: these two are how it is left when it was entered that way.
        StepBlock.Revert => [TriggerKind.Success, TriggerKind.Failure, TriggerKind.Timeout, TriggerKind.Abort],
        StepBlock.Call => [TriggerKind.Success, TriggerKind.Failure, TriggerKind.Abort],
        _ => [TriggerKind.Success, TriggerKind.Abort],
    };

    private static ImmutableArray<FaultScope> FindScopes(RunbookDocument document)
    {
        var scopes = ImmutableArray.CreateBuilder<FaultScope>();
        for (var i = 0; i < document.Steps.Length; i++)
        {
            var opening = document.Steps[i];
            if (opening.Block is not (StepBlock.Fault or StepBlock.Lease)) continue;
            for (var j = i + 1; j < document.Steps.Length; j++)
            {
                if (document.Steps[j].Block is not StepBlock.Revert revert || revert.Of != opening.Slug) continue;
                var steps = document.Steps.Skip(i).Take(j - i + 1).Select(s => s.Slug).ToImmutableArray();
                scopes.Add(new FaultScope(opening.Slug, document.Steps[j].Slug, opening.Block is StepBlock.Lease, steps, null));
                break;
            }
        }

        return [.. scopes.Select(s => s with { Enclosing = Around(s, scopes)?.Opening })];
    }

    private static FaultScope? Around(FaultScope inner, IEnumerable<FaultScope> scopes) => scopes
        .Where(s => s.Opening != inner.Opening && s.Contains(inner.Opening) && s.Contains(inner.Revert))
        .MinBy(s => s.Steps.Length);

    private static FaultScope? Innermost(ImmutableArray<FaultScope> scopes, string slug) =>
        scopes.Where(s => s.Contains(slug)).MinBy(s => s.Steps.Length);

    private static ImmutableArray<MachineTransition> Transitions(RunbookDocument document, RunbookStep step, int index, FaultScope? scope, ImmutableArray<FaultScope> scopes)
    {
        var edges = ImmutableArray.CreateBuilder<MachineTransition>();
        AddNumbered(step, TriggerKind.When, edges);
        AddNumbered(step, TriggerKind.Choose, edges);
        var chooses = step.Transitions.Any(t => t.Trigger == TriggerKind.Choose);
        foreach (var trigger in Fires(step))
        {
            if (trigger == TriggerKind.Success && chooses) continue;
            edges.Add(step.Block is StepBlock.Revert
                ? RevertEdge(document, step, index, trigger, scope, scopes)
                : Edge(document, step, index, trigger, scope));
        }

        return edges.ToImmutable();
    }

    private static void AddNumbered(RunbookStep step, TriggerKind kind, ImmutableArray<MachineTransition>.Builder edges)
    {
        var number = 0;
        foreach (var written in step.Transitions.Where(t => t.Trigger == kind))
        {
            edges.Add(new MachineTransition(kind, ++number, written.Condition, written.Choice, written.Target, TransitionOrigin.Written) { Span = written.Span });
        }
    }

    private static MachineTransition Edge(RunbookDocument document, RunbookStep step, int index, TriggerKind trigger, FaultScope? scope)
    {
        if (Written(step, trigger) is { } written) return written;
        if (TriggerNames.IsAdverse(trigger))
        {
            if (scope is not null) return Unwritten(trigger, scope.Revert, TransitionOrigin.Scope);
            var shared = document.SharedTransitions.FirstOrDefault(t => t.Trigger == trigger);
            if (shared is not null && document.SharedTransitions.All(t => t.Target != step.Slug))
            {
                return Unwritten(trigger, shared.Target, TransitionOrigin.Shared);
            }
        }

        return Unwritten(trigger, DefaultTarget(document, index, trigger), TransitionOrigin.Default);
    }

    /// <summary>
    /// A revert's edges. Success goes on; a timeout begins it again. One that was entered by anything but success, or whose
    /// scope was cut short before, goes on to the revert around it, else by its own 'on failure' or 'on abort', else as
    /// success does.
    /// </summary>
    private static MachineTransition RevertEdge(RunbookDocument document, RunbookStep step, int index, TriggerKind trigger, FaultScope? scope, ImmutableArray<FaultScope> scopes)
    {
        switch (trigger)
        {
            case TriggerKind.Success:
                return Edge(document, step, index, trigger, scope);
            case TriggerKind.Timeout:
                return Written(step, trigger) ?? Unwritten(trigger, step.Slug, TransitionOrigin.Default);
            default:
                var enclosing = scopes.FirstOrDefault(s => s.Opening == scope?.Enclosing);
                if (enclosing is not null) return Unwritten(trigger, enclosing.Revert, TransitionOrigin.Scope);
                return Written(step, trigger)
                    ?? Unwritten(trigger, Edge(document, step, index, TriggerKind.Success, scope).Target, TransitionOrigin.Default);
        }
    }

    private static MachineTransition? Written(RunbookStep step, TriggerKind trigger) =>
        step.Transitions.FirstOrDefault(t => t.Trigger == trigger) is { } written
            ? new MachineTransition(trigger, 0, null, null, written.Target, TransitionOrigin.Written) { Span = written.Span }
            : null;

    private static MachineTransition Unwritten(TriggerKind trigger, string target, TransitionOrigin origin) =>
        new(trigger, 0, null, null, target, origin);

    private static string DefaultTarget(RunbookDocument document, int index, TriggerKind trigger) => trigger switch
    {
        TriggerKind.Success => index + 1 < document.Steps.Length ? document.Steps[index + 1].Slug : EndNames.Completed,
        TriggerKind.Failure or TriggerKind.Timeout => EndNames.Failed,
        _ => EndNames.Aborted,
    };
}
