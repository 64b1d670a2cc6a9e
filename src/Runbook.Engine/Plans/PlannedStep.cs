using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Language;
using Runbook.Language.Actions;

namespace Runbook.Engine;

/// <summary>A step of a plan: its action with the arguments as far as they are known, and the calls that it comes to.</summary>
public sealed record PlannedStep
{
    // What Azure answers to somebody who may not: a step that is content with it needs no permission.
    private static readonly JsonElement Refusal = BlockEvaluation.Result(BlockEvaluation.EmptyObject, 403, ("AccessDenied", "Not authorized."), 0);

    /// <summary>Its slugs from the root on, with slashes between.</summary>
    public required string Path { get; init; }

    /// <summary>The step.</summary>
    public required RunbookStep Step { get; init; }

    /// <summary>Its action.</summary>
    public required ActionDescriptor Descriptor { get; init; }

    /// <summary>The arguments; what is not known yet is <c>${name}</c>.</summary>
    public required JsonElement With { get; init; }

    /// <summary>The calls.</summary>
    public required ImmutableArray<PlannedCall> Calls { get; init; }

    /// <summary>Whether a session may go as intended without ever coming to it.</summary>
    public bool MayBeAvoided { get; init; }

    /// <summary>What it binds for later steps: names, and the expressions that find their values.</summary>
    public IEnumerable<(string Name, string Expression)> Saves =>
        (Step.Block switch
        {
            StepBlock.Action b => b.Save,
            StepBlock.Probe b => b.Save,
            StepBlock.Fault b => b.Save,
            StepBlock.Lease b => b.Save,
            _ => [],
        }).Select(s => (s.Name, s.Expression.Text));

    /// <summary>Whether what it expects holds when it is refused: it shows that somebody may not.</summary>
    public bool MayBeRefused => Expect is { } expect && BlockEvaluation.Holds(expect, Refusal, Variables.Empty, out _);

    private ConditionText? Expect => Step.Block switch
    {
        StepBlock.Action b => b.Expect,
        StepBlock.Probe b => b.Expect,
        StepBlock.Fault b => b.Expect,
        StepBlock.Lease b => b.Expect,
        _ => null,
    };
}
