using System.Collections.Immutable;

namespace Runbook.Language.Checking;

/// <summary>RB5xx: roles, quorums and what approvals are over.</summary>
internal static class PeopleChecks
{
    public static void Run(CheckContext context)
    {
        foreach (var step in context.Document.Steps)
        {
            CheckSpoken(context, step.Prose);
            if (step.Block is StepBlock.Ask ask) CheckRole(context, ask.Role, ask.RoleSpan, step);
            if (step.Block is StepBlock.Approval approval) CheckApproval(context, step, approval);
        }

        CheckResults(context);
    }

    private static RoleDeclaration? CheckRole(CheckContext context, string name, SourceSpan span, RunbookStep step)
    {
        if (context.Document.Role(name) is { } role) return role;
        if (!context.Document.FrontMatterRead) return null;
        context.Found.Add(Rules.RoleUnknown, span, $"'{step.Title}' asks the role '{name}', which is not declared.", $"Declare it in the front matter, or use one of {string.Join(", ", context.Document.Roles.Select(r => r.Name))}.");
        return null;
    }

    private static void CheckSpoken(CheckContext context, ImmutableArray<ProseBlock> blocks)
    {
        foreach (var block in blocks)
        {
            if (block is ProseBlock.Quote quote) CheckSpoken(context, quote.Blocks);
            if (block is not ProseBlock.Spoken spoken || !context.Document.FrontMatterRead || context.Document.Role(spoken.Role) is not null) continue;
            context.Found.Add(Rules.RoleUnknown, spoken.Span, $"'{spoken.Speaker}' is to speak, and the role '{spoken.Role}' is not declared.", $"Declare it in the front matter, or let one of {string.Join(", ", context.Document.Roles.Select(r => r.Name))} speak.");
        }
    }

    private static void CheckApproval(CheckContext context, RunbookStep step, StepBlock.Approval approval)
    {
        var role = CheckRole(context, approval.Role, approval.RoleSpan, step);
        if (role is not null && approval.Quorum > role.People)
        {
            context.Found.Add(Rules.QuorumTooLarge, approval.RoleSpan, $"'{step.Title}' asks {approval.Quorum} of {role.People} people of the role '{role.Name}'.", $"Ask for at most {role.People}.");
        }

        foreach (var subject in approval.Over)
        {
            if (subject.Step is { } slug && context.Document.Step(slug) is null)
            {
                context.Found.Add(Rules.OverUnknown, subject.Span, $"'{subject}' names no step of this file.", "Use the slug of a step: its heading in lower case with hyphens.");
            }
            else if (subject.Kind == ApprovalSubjectKind.Step && context.Document.Step(subject.Step!) is { IsBroken: false } subjectStep && subjectStep.Block is not (StepBlock.Action or StepBlock.Fault or StepBlock.Lease or StepBlock.Call))
            {
                context.Found.Add(Rules.OverUnknown, subject.Span, $"'{subject}' names a step that calls nothing: there is nothing to approve.", "Approve a step with an action, fault, lease or call.");
            }
        }

        if (approval.Over.All(o => o.Kind != ApprovalSubjectKind.Close)) return;
        if (context.Machine.State(step.Slug)!.Transitions.Any(t => t.Trigger != TriggerKind.Abort && !EndNames.IsEnd(t.Target)))
        {
            context.Found.Add(Rules.CloseNotLast, step.Span, $"'{step.Title}' approves the close, and steps come behind it.", "Let each of its transitions lead to an end: - **on success** [Completed](#completed).");
        }

        if (approval.Over.Length > 1)
        {
            context.Found.Add(Rules.OverUnknown, approval.Over[0].Span, $"'{step.Title}' approves the close together with something else.", "Give the close an approval of its own.");
        }
    }

    /// <summary>A result that is approved has been found on every path to the approval.</summary>
    private static void CheckResults(CheckContext context)
    {
        var ran = FlowAnalysis.Run(context.Machine, [], static (state, edge, before) =>
            TriggerNames.IsAdverse(edge.Trigger) ? before : before.Add(state.Slug));
        foreach (var state in context.Machine.States)
        {
            if (state.Step.Block is not StepBlock.Approval approval || !ran.TryGetValue(state.Slug, out var before)) continue;
            foreach (var subject in approval.Over.Where(o => o.Kind == ApprovalSubjectKind.Result))
            {
                if (context.Document.Step(subject.Step!) is not { } step || before.Contains(step.Slug)) continue;
                var path = MachineWalk.ShortestPathWithout(context.Machine, state.Slug, (ran, from, edge) => ran || (from.Slug == step.Slug && !TriggerNames.IsAdverse(edge.Trigger)));
                context.Found.Add(Rules.ResultUnknown, subject.Span, $"'{step.Title}' has not run on every path to '{state.Step.Title}', so it has no result to approve.", "Let every path pass there, or approve something else.", [.. path]);
            }
        }
    }
}
