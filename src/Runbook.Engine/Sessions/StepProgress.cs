using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Engine;

/// <summary>One call of the current visit, from its intent on.</summary>
/// <param name="Effect">Its id.</param>
/// <param name="Element">Its number among the calls of a run that makes several; <see langword="null"/> for the only one.</param>
/// <param name="State">What is known of it.</param>
/// <param name="Observed">What it told, where it was answered.</param>
/// <param name="Status">HTTP status, where it was answered.</param>
/// <param name="Error">The refusal, where there was one.</param>
public sealed record CallProgress(EffectId Effect, int? Element, EffectState State, JsonElement? Observed, int? Status, (string Code, string Message)? Error)
{
    /// <summary>The action of the catalogue.</summary>
    public string Action { get; init; } = "";

    /// <summary>Whether the service said yes, or a probe found that it took effect.</summary>
    public bool Succeeded => State == EffectState.TookEffect && Error is null;
}

/// <summary>The samples of a probe in the current visit.</summary>
/// <param name="Samples">How many there were.</param>
/// <param name="HoldsSinceMs">When it began to hold without interruption, in milliseconds since the step was entered.</param>
/// <param name="LastMs">When the last sample was, likewise.</param>
/// <param name="LastVerdict">What the last sample showed.</param>
/// <param name="LastResult">The object that the expressions saw at the last sample.</param>
public sealed record ProbeProgress(int Samples, long? HoldsSinceMs, long LastMs, ProbeVerdict? LastVerdict, JsonElement LastResult)
{
    /// <summary>Before the first sample.</summary>
    public static ProbeProgress None { get; } = new(0, null, 0, null, BlockEvaluation.EmptyObject);
}

/// <summary>An answer that a person gave in the current visit.</summary>
/// <param name="Person">Who.</param>
/// <param name="Values">The values by name; a secret one is <see cref="Variable.OfSecret"/>.</param>
public sealed record AnswerGiven(string Person, ImmutableSortedDictionary<string, Variable> Values);

/// <summary>A tick.</summary>
/// <param name="Item">The attestation's number, from 1.</param>
/// <param name="Person">Who vouched.</param>
/// <param name="BySignature">Whether by signature rather than at the operator's keyboard.</param>
public sealed record TickGiven(int Item, string Person, bool BySignature);

/// <summary>What has happened in the current visit of the current step. Immutable.</summary>
public sealed record StepProgress
{
    /// <summary>The step's path: slugs of the calling steps and its own, with '/' between.</summary>
    public required string Path { get; init; }

    /// <summary>The state of the machine.</summary>
    public required MachineState State { get; init; }

    /// <summary>Which visit of the step this is, from 1.</summary>
    public required int Visit { get; init; }

    /// <summary>Line of the entry that entered it.</summary>
    public required long EnteredSeq { get; init; }

    /// <summary>Epoch of that entry.</summary>
    public required int EnteredEpoch { get; init; }

    /// <summary>Its monotonic microseconds.</summary>
    public required long EnteredMonoUs { get; init; }

    /// <summary>Its wall clock.</summary>
    public required DateTimeOffset EnteredAt { get; init; }

    /// <summary>For a revert: how it was entered, when that was adverse (failure for timeout and rejection too, or abort).</summary>
    public TriggerKind? EnteredAdversely { get; init; }

    /// <summary>The ticks so far.</summary>
    public ImmutableArray<TickGiven> Ticks { get; init; } = [];

    /// <summary>The calls so far, in order.</summary>
    public ImmutableArray<CallProgress> Calls { get; init; } = [];

    /// <summary>The samples so far.</summary>
    public ProbeProgress Probe { get; init; } = ProbeProgress.None;

    /// <summary>Line of the request that people were asked with in this visit (approval or answers); 0 before.</summary>
    public long RequestSeq { get; init; }

    /// <summary>The answers so far, in order.</summary>
    public ImmutableArray<AnswerGiven> Answers { get; init; } = [];

    /// <summary>Whether the step's revert has found the harm gone in this visit.</summary>
    public bool Lifted { get; init; }

    /// <summary>What the block came to, once it is known; <see langword="null"/> before, and for steps without a block.</summary>
    public BlockOutcome? Outcome { get; init; }

    /// <summary>Whether somebody asked to abort while the session was in this visit, and why.</summary>
    public string? AbortReason { get; init; }

    /// <summary>The step.</summary>
    public RunbookStep Step => State.Step;

    /// <summary>The step's slug.</summary>
    public string Slug => State.Slug;

    /// <summary>Whether a person has ticked an item in this visit.</summary>
    public bool HasTicked(int item, string person) => Ticks.Any(t => t.Item == item && t.Person == person);
}

/// <summary>A runbook that is being followed: the session's own, or one that a step of it calls.</summary>
public sealed record SessionFrame
{
    /// <summary>The runbook's path in the program.</summary>
    public required string RunbookPath { get; init; }

    /// <summary>Path of the calling step with a '/' behind it; empty for the session's own runbook.</summary>
    public required string Prefix { get; init; }

    /// <summary>Its machine.</summary>
    public required MachineDefinition Machine { get; init; }

    /// <summary>Its variables.</summary>
    public required Variables Variables { get; init; }

    /// <summary>The current visit; <see langword="null"/> between two steps.</summary>
    public StepProgress? Current { get; init; }

    /// <summary>Where the last transition led: a slug or an end; the initial step at the beginning.</summary>
    public required string Next { get; init; }

    /// <summary>The trigger that led there; <see langword="null"/> at the beginning.</summary>
    public TriggerKind? Via { get; init; }

    /// <summary>When <see cref="Next"/> is a revert: how it is entered, if adversely.</summary>
    public TriggerKind? RevertMode { get; init; }

    /// <summary>What cut a scope short in this runbook.</summary>
    public CutCause Cut { get; init; } = CutCause.None;

    /// <summary>Whether <see cref="Next"/> is an end.</summary>
    public bool AtEnd => Current is null && EndNames.IsEnd(Next);
}
