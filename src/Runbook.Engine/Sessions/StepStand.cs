using System.Collections.Immutable;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>An attestation that still waits for people.</summary>
/// <param name="Attestation">What is to be vouched for.</param>
/// <param name="Candidates">Who may tick it and has not.</param>
/// <param name="Needed">How many more are needed.</param>
public sealed record OpenTick(Attestation Attestation, ImmutableArray<string> Candidates, int Needed);

/// <summary>How the current step stands: what it waits for, or where it goes. A closed hierarchy.</summary>
public abstract record StepStand
{
    private StepStand()
    {
    }

    /// <summary>People have to tick before it goes on.</summary>
    public sealed record WaitsForTicks(ImmutableArray<OpenTick> Open) : StepStand;

    /// <summary>Its block is to be carried out, or still runs.</summary>
    public sealed record BlockRuns : StepStand;

    /// <summary>It is left by this edge; nobody has to say anything.</summary>
    public sealed record Leaves(MachineTransition By, BlockOutcome Outcome) : StepStand;

    /// <summary>It is done, and the operator goes on by this edge.</summary>
    public sealed record WaitsForOperator(MachineTransition By) : StepStand;

    /// <summary>It is done, and the operator picks one of these.</summary>
    public sealed record WaitsForChoice(ImmutableArray<MachineTransition> Choices) : StepStand;
}
