using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Cli.Exploring;

/// <summary>The rehearsal's people, who in an explored run may also refuse, come late, choose otherwise or abort.</summary>
/// <param name="people">Who they are on a good day.</param>
/// <param name="world">The run.</param>
internal sealed class ExploredPeople(RehearsalPeople people, ExploredWorld world) : ISimulatedPeople, IPersonKeys
{
    /// <summary>The operator's word.</summary>
    public static SessionCommand Abort => new SessionCommand.AbortSession("an explored run stops here", "operator");

    /// <summary>The session that asks.</summary>
    public SessionRunner? Runner { get; set; }

    public ISigner? TryGet(string person) => SharedSigners.Of(person);

    public SessionCommand? Next(SessionView view, SessionNeed need)
    {
        var command = Answer(view, need);
        if (command is not null) world.Came();
        return command;
    }

    private SessionCommand? Answer(SessionView view, SessionNeed need)
    {
        if (need is SessionNeed.Nothing) return Runner?.NeedOf(view) is SessionNeed.Settlement asked ? new SessionCommand.ProposeSettlement(TruthOf(asked.Effect.Intent.Effect)) : null;
        var mishap = world.At(Place.People);
        var mayAbort = view.Current is { AbortReason: null } step && step.Step.Block is not Language.StepBlock.Revert && need is not SessionNeed.Approvals { Request.Body.Role: "operator" };
        switch (mishap?.Kind)
        {
            case MishapKind.Aborts when mayAbort:
                return Abort;
            case MishapKind.Refuses when need is SessionNeed.Approvals { Candidates: [var person, ..] } approvals && mayAbort:
                return new SessionCommand.Decide(approvals.Request.Head.Seq, person, Decision.Reject, "an explored run refuses here", SharedSigners.Of(person)!);
            case MishapKind.Refuses when mayAbort:
                return Abort;
            case MishapKind.Late:
                // People take their time while nothing else of the console waits: the guards take their turns.
                world.BusyAsync(world.Console!, TimeSpan.FromDays(1)).GetAwaiter().GetResult();
                return new SessionCommand.AddNote("A day went by, and nobody answered.");
            case MishapKind.ChoosesOtherwise when need is SessionNeed.Choice { Choices: [_, _, ..] choices }:
                return new SessionCommand.Choose(choices[mishap.Number % choices.Length].Choice!);
            default:
                return people.Next(view, need) is var usual && usual is SessionCommand.Decide decide
                    ? decide with { Signer = SharedSigners.Of(decide.Person)! }
                    : usual;
        }
    }

    // Whoever looks into Azure by hand sees what became of it.
    private Settlement TruthOf(EffectId effect) => world.Witness.Sent.Any(s => s.Effect == effect.ToString() && s.Took) ? Settlement.TookEffect : Settlement.DidNot;
}
