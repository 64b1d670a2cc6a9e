using Stateless;

namespace Runbook.Language;

/// <summary>
/// Builds the Stateless machine of a definition. States are slugs and <c>#completed</c>, <c>#failed</c>,
/// <c>#aborted</c>; triggers are <see cref="TriggerNames"/>; a fault scope is the superstate <c>scope:&lt;slug&gt;</c>,
/// on which what the steps inside do not write leads to the revert.
/// </summary>
/// <remarks>
/// The machine holds no state of its own: it reads and writes through the two delegates, so that it can be asked about
/// any state of a session. It decides whether a trigger is permitted and where it leads, and does nothing else.
/// </remarks>
public static class MachineFactory
{
    /// <summary>The state that an end is.</summary>
    public static string EndState(string end) => "#" + end;

    /// <summary>The state that a target of a transition is.</summary>
    public static string StateOf(string target) => EndNames.IsEnd(target) ? EndState(target) : target;

    /// <summary>Builds a machine over a state held elsewhere.</summary>
    /// <param name="definition">What it is to do.</param>
    /// <param name="read">Gives the current state.</param>
    /// <param name="write">Takes the next.</param>
    public static StateMachine<string, string> Build(MachineDefinition definition, Func<string> read, Action<string> write)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var machine = new StateMachine<string, string>(read, write, FiringMode.Queued);
        foreach (var scope in definition.Scopes) ConfigureScope(machine, definition, scope);
        foreach (var state in definition.States)
        {
            var configuration = machine.Configure(state.Slug);
            if (state.Scope is { } scope) configuration.SubstateOf(ScopeState(scope.Opening));
            foreach (var transition in state.Transitions)
            {
                // What the scope permits is not written again on the step: the superstate answers for it. A revert is the
                // exception, because it leads out of its own scope.
                if (transition.Origin == TransitionOrigin.Scope && state.Step.Block is not StepBlock.Revert) continue;
                var target = StateOf(transition.Target);
                if (target == state.Slug) configuration.PermitReentry(transition.TriggerName);
                else configuration.Permit(transition.TriggerName, target);
            }
        }

        return machine;
    }

    private static void ConfigureScope(StateMachine<string, string> machine, MachineDefinition definition, FaultScope scope)
    {
        var configuration = machine.Configure(ScopeState(scope.Opening));
        if (definition.Scopes.FirstOrDefault(s => s.Opening == scope.Enclosing) is { } outer) configuration.SubstateOf(ScopeState(outer.Opening));
        foreach (var trigger in new[] { TriggerKind.Failure, TriggerKind.Timeout, TriggerKind.Rejection, TriggerKind.Abort })
        {
            configuration.Permit(TriggerNames.Of(trigger), scope.Revert);
        }
    }

    private static string ScopeState(string opening) => "scope:" + opening;
}
