using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>Whether people have agreed to what a step is about to do.</summary>
/// <param name="Permitted">Whether it may be done.</param>
/// <param name="Requires">Lines of the approvals that allow it; empty where none is needed.</param>
/// <param name="Why">Why it may not, in a sentence without full stop.</param>
public sealed record ApprovalCover(bool Permitted, ImmutableArray<long> Requires, string Why)
{
    /// <summary>
    /// Judges a step against the approvals so far. A step that an approval of the runbook covers needs one that is granted
    /// and not used by an earlier visit, and what is done must be what was approved: the arguments that approvers saw,
    /// with the values that were not known then put in.
    /// </summary>
    /// <param name="view">A view that stands in the step.</param>
    /// <param name="with">The arguments, all values known.</param>
    /// <param name="readPlan">Reads a rendered plan by its digest; <see langword="null"/> when it is not there.</param>
    public static ApprovalCover Of(SessionView view, JsonElement with, Func<Digest, CanonicalJson?> readPlan)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(readPlan);
        var step = view.Current!;
        if (!IsCovered(view, step.Path)) return new ApprovalCover(true, [], "");

        var requires = ImmutableArray.CreateBuilder<long>();
        var why = "nobody has approved it, or the approval was for an earlier visit of the step";
        foreach (var request in view.Approvals.AllRequests.Where(r => r.State == RequestState.Granted && r.Body.Over.CoversStep(step.Path)))
        {
            if (view.Approvals.VisitOf(request.Head.Seq, step.Path) is { } used && used != step.Visit) continue;
            if (Entry(readPlan(request.Body.Plan), step.Path) is not { } entry) continue;
            if (!JsonElement.DeepEquals(Filling.FillIn(entry.GetProperty("with"), view.Frame!.Variables.Find), with))
            {
                why = $"what was approved in entry {request.Head.Seq} is not what would be done now: a value has changed since";
                continue;
            }

            requires.AddRange(request.Counted.Where(c => c.Decision == Decision.Approve).Select(c => c.Seq));
        }

        return requires.Count > 0 ? new ApprovalCover(true, requires.ToImmutable(), "") : new ApprovalCover(false, [], why);
    }

    /// <summary>Whether some approval of the runbooks that are being followed covers a step.</summary>
    private static bool IsCovered(SessionView view, string path)
    {
        foreach (var frame in view.Frames.Where(f => path.StartsWith(f.Prefix, StringComparison.Ordinal)))
        {
            var slug = path[frame.Prefix.Length..].Split('/')[0];
            foreach (var state in frame.Machine.States)
            {
                if (state.Step.Block is StepBlock.Approval approval && PlanRenderer.Covered(frame, approval).Contains(slug, StringComparer.Ordinal)) return true;
            }
        }

        return false;
    }

    internal static JsonElement? Entry(CanonicalJson? plan, string path)
    {
        if (plan is null || !JournalValue.FromJournal(plan).TryGetProperty("steps", out var steps)) return null;
        foreach (var step in steps.EnumerateArray())
        {
            if (step.GetProperty("step").GetString() == path) return step;
        }

        return null;
    }
}
