using System.Collections.Immutable;

namespace Runbook.Engine;

/// <summary>
/// Looks, before anything is sent, whether what a runbook needs is there: who asks, what they may, and what would lose its
/// key by what is going to be done. Reads only.
/// </summary>
public interface IPreflight
{
    /// <summary>Looks.</summary>
    /// <param name="steps">Every step that has an action, in the order of the file.</param>
    /// <param name="cancellationToken">Gives up looking.</param>
    /// <returns>Always a report; what could not be read is named in it, and is no refusal.</returns>
    Task<PreflightReport> ExamineAsync(ImmutableArray<PlannedStep> steps, CancellationToken cancellationToken);
}
