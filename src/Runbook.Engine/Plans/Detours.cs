using Runbook.Language;

namespace Runbook.Engine;

/// <summary>
/// The steps of a machine that a session may never come to though it goes as intended: those that only a <c>when</c> or a
/// <c>choose</c> leads to, and that some way to <c>completed</c> goes around.
/// </summary>
/// <remarks>What failures, time-outs, rejections and aborts of other steps lead to is none: whoever begins must be able to
/// clear up.</remarks>
internal static class Detours
{
    /// <summary>Their slugs.</summary>
    public static IReadOnlySet<string> Of(MachineDefinition machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        var straight = Reach(machine, without: null, edge => edge.Trigger is not (TriggerKind.When or TriggerKind.Choose));
        return machine.States.Select(s => s.Slug)
            .Where(slug => !straight.Contains(slug) && Reach(machine, slug, _ => true).Contains(EndNames.Completed))
            .ToHashSet(StringComparer.Ordinal);
    }

    private static HashSet<string> Reach(MachineDefinition machine, string? without, Func<MachineTransition, bool> taken)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        if (machine.Initial.Slug == without) return reached;
        reached.Add(machine.Initial.Slug);
        var queue = new Queue<string>(reached);
        while (queue.TryDequeue(out var slug))
        {
            foreach (var edge in machine.State(slug)?.Transitions.Where(taken) ?? [])
            {
                if (edge.Target != without && reached.Add(edge.Target)) queue.Enqueue(edge.Target);
            }
        }

        return reached;
    }
}
