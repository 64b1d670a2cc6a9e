using System.Collections.Immutable;
using Runbook.Journal;
using Runbook.Language;
using Runbook.Language.Schemas;

namespace Runbook.Engine;

/// <summary>
/// What a session waits for from people: worked out from the view alone, so that every front shows the same. A closed
/// hierarchy.
/// </summary>
public abstract record SessionNeed
{
    private SessionNeed()
    {
    }

    /// <summary>Nothing: the session works, or is over.</summary>
    public sealed record Nothing : SessionNeed;

    /// <summary>Ticks.</summary>
    public sealed record Ticks(ImmutableArray<OpenTick> Open) : SessionNeed;

    /// <summary>Signatures.</summary>
    /// <param name="Request">The request.</param>
    /// <param name="Candidates">Who may answer and has not.</param>
    public sealed record Approvals(ApprovalRequest Request, ImmutableArray<string> Candidates) : SessionNeed;

    /// <summary>Values.</summary>
    /// <param name="Request">The request.</param>
    /// <param name="Ask">What is asked.</param>
    /// <param name="Candidates">Who may answer and has not.</param>
    public sealed record Answers(AnswerRequest Request, StepBlock.Ask Ask, ImmutableArray<string> Candidates) : SessionNeed
    {
        /// <summary>The schemas of the values.</summary>
        public ImmutableArray<SchemaMember> Values => Ask.Value;
    }

    /// <summary>The operator to go on.</summary>
    public sealed record Operator(MachineTransition By) : SessionNeed;

    /// <summary>The operator to choose.</summary>
    public sealed record Choice(ImmutableArray<MachineTransition> Choices) : SessionNeed;

    /// <summary>Two people to decide what became of a call.</summary>
    /// <param name="Effect">The call.</param>
    public sealed record Settlement(EffectRecord Effect) : SessionNeed;

    /// <summary>A secret that is not in memory any more.</summary>
    /// <param name="Name">The variable.</param>
    public sealed record Secret(string Name) : SessionNeed;

    /// <summary>What a view needs from people at a moment.</summary>
    public static SessionNeed Of(SessionView view, Moment now)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (view.Status == SessionStatus.Closed) return new Nothing();
        if (view.Approvals.OpenRequests.LastOrDefault(r => r.Body.Over.Covers("session-key") && r.Epoch == view.Epoch) is { } endorsement) return OfRequest(view, endorsement);
        if (view.Approvals.OpenRequests.FirstOrDefault(r => r.Body.Over.Items.Any(i => i.StartsWith("in-doubt:", StringComparison.Ordinal))) is { } doubt) return OfRequest(view, doubt);
        if (view.Current is null) return new Nothing();
        return StepRules.Stand(view, now) switch
        {
            StepStand.WaitsForTicks ticks => new Ticks(ticks.Open),
            StepStand.WaitsForOperator waits => new Operator(waits.By),
            StepStand.WaitsForChoice waits => new Choice(waits.Choices),
            StepStand.BlockRuns => OfBlock(view),
            _ => new Nothing(),
        };
    }

    private static SessionNeed OfBlock(SessionView view)
    {
        var step = view.Current!;
        if (step.Step.Block is StepBlock.Approval && view.Approvals.Find(step.RequestSeq) is { State: RequestState.Open } request) return OfRequest(view, request);
        if (step.Step.Block is StepBlock.Ask ask && view.Approvals.FindQuestion(step.RequestSeq) is { State: RequestState.Open } question)
        {
            var candidates = view.PeopleOf(ask.Role).Where(p => !question.Answered.Contains(p)).ToImmutableArray();
            return new Answers(question, ask, candidates);
        }

        return new Nothing();
    }

    private static Approvals OfRequest(SessionView view, ApprovalRequest request) =>
        new(request, [.. view.PeopleOf(request.Body.Role).Where(p => request.Counted.All(c => c.Person != p))]);
}
