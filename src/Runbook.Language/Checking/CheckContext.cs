using Runbook.Language.Actions;

namespace Runbook.Language.Checking;

/// <summary>What every pass of the checker works on.</summary>
internal sealed record CheckContext(RunbookDocument Document, MachineDefinition Machine, ActionCatalogue Catalogue, DiagnosticBag Found)
{
    /// <summary>
    /// Whether everything that could declare a name or a role was read. Where it was not, an unknown name may be one of
    /// those: only what is certain is reported, so that one mistake gives one finding.
    /// </summary>
    public bool AllRead => Document.FrontMatterRead && !Found.Has(Rules.FenceOpen) && Document.Steps.All(s => !s.IsBroken);

    /// <summary>The edges whose target exists.</summary>
    public IEnumerable<(MachineState From, MachineTransition Edge)> Edges()
    {
        foreach (var state in Machine.States)
        {
            foreach (var edge in state.Transitions) yield return (state, edge);
        }
    }
}
