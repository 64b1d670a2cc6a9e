namespace Runbook.Language.Tests.Safety;

/// <summary>A machine with one edge less, or with one edge that leads elsewhere.</summary>
/// <param name="What">Which edge, and what became of it.</param>
/// <param name="Machine">The machine.</param>
internal sealed record Mutant(string What, MachineDefinition Machine)
{
    /// <summary>Every mutant of a machine: each edge as compiled, removed, and redirected to each other step and end.</summary>
    public static IEnumerable<Mutant> Of(MachineDefinition machine)
    {
        var targets = machine.States.Select(s => s.Slug).Concat(EndNames.All).ToList();
        foreach (var state in machine.States)
        {
            foreach (var edge in state.Transitions)
            {
                var name = $"{state.Slug} --{edge.TriggerName}--> {edge.Target}";
                yield return new Mutant($"{name} removed", machine.WithTransitions(state.Slug, state.Transitions.Remove(edge)));
                foreach (var target in targets.Where(t => t != edge.Target))
                {
                    yield return new Mutant($"{name} redirected to {target}", machine.WithTransitions(state.Slug, state.Transitions.Replace(edge, edge with { Target = target })));
                }
            }
        }
    }
}
