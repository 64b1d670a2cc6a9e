using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Language.Schemas;

namespace Runbook.Language;

/// <summary>What sort of procedure a runbook is.</summary>
public enum RunbookKind
{
    /// <summary>Handles key material before witnesses.</summary>
    Ceremony,

    /// <summary>Changes things as routine.</summary>
    Procedure,

    /// <summary>Breaks something on purpose to learn.</summary>
    Drill,
}

/// <summary>A role that people hold in a session.</summary>
/// <param name="Name">Lower-case letters, digits and hyphens.</param>
/// <param name="People">How many people hold it.</param>
/// <param name="Quorum">How many of them must agree.</param>
public sealed record RoleDeclaration(string Name, int People, int Quorum)
{
    internal SourceSpan Span { get; init; }
}

/// <summary>What a rehearsal starts from and what its simulated people say.</summary>
public sealed record RehearsalPlan
{
    /// <summary>Name of the estate on the embedded Azure, <c>estates/&lt;name&gt;.json</c>.</summary>
    public string Estate { get; init; } = "empty";

    /// <summary>Name of a scenario of faults by the clock, or <see langword="null"/>.</summary>
    public string? Scenario { get; init; }

    /// <summary>Values of inputs.</summary>
    public ImmutableDictionary<string, JsonElement> Inputs { get; init; } = ImmutableDictionary<string, JsonElement>.Empty;

    /// <summary>Answers by the asked value's name; <c>${…}</c> in one is filled in when it is asked.</summary>
    public ImmutableDictionary<string, Template> Answers { get; init; } = ImmutableDictionary<string, Template>.Empty;

    /// <summary>The choice that is taken, by step.</summary>
    public ImmutableDictionary<string, string> Choices { get; init; } = ImmutableDictionary<string, string>.Empty;
}

/// <summary>Who must tick an attestation.</summary>
public enum AttestationHolders
{
    /// <summary>As many people of the role as its quorum.</summary>
    Quorum,

    /// <summary>Every person of the role.</summary>
    Each,

    /// <summary>One person of the role.</summary>
    One,
}

/// <summary>A task-list item: something a person vouches for.</summary>
/// <param name="Index">Its number in the step, from 1.</param>
/// <param name="Role">The role that ticks it.</param>
/// <param name="Holders">How many people of the role.</param>
/// <param name="Parts">What is vouched for, without the role in front.</param>
/// <param name="BeforeBlock">Whether it stands before the step's block and is asked for before the block runs.</param>
public sealed record Attestation(int Index, string Role, AttestationHolders Holders, ImmutableArray<ProseInline> Parts, bool BeforeBlock)
{
    internal SourceSpan Span { get; init; }
}

/// <summary>The trigger of a transition.</summary>
public enum TriggerKind
{
    /// <summary>The block did what it should.</summary>
    Success,

    /// <summary>It did not.</summary>
    Failure,

    /// <summary>It did not in time.</summary>
    Timeout,

    /// <summary>People said no.</summary>
    Rejection,

    /// <summary>A person or a rule stopped the session.</summary>
    Abort,

    /// <summary>A condition over the result.</summary>
    When,

    /// <summary>The operator's choice.</summary>
    Choose,
}

/// <summary>A transition as a step writes it.</summary>
/// <param name="Trigger">What fires it.</param>
/// <param name="Condition">For <see cref="TriggerKind.When"/>.</param>
/// <param name="Choice">For <see cref="TriggerKind.Choose"/>: the text that the operator picks.</param>
/// <param name="Target">Slug of the step, or <c>completed</c>, <c>failed</c>, <c>aborted</c> for an end.</param>
public sealed record Transition(TriggerKind Trigger, ConditionText? Condition, string? Choice, string Target)
{
    internal SourceSpan Span { get; init; }

    internal SourceSpan TargetSpan { get; init; }

    internal string LinkText { get; init; } = "";
}

/// <summary>A <c>##</c> section: one state of the machine.</summary>
public sealed record RunbookStep
{
    /// <summary>The anchor that the heading gets on any Markdown viewer.</summary>
    public required string Slug { get; init; }

    /// <summary>The heading.</summary>
    public required string Title { get; init; }

    /// <summary>Its place in the file, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>What people read: everything but block, ticks and transitions.</summary>
    public required ImmutableArray<ProseBlock> Prose { get; init; }

    /// <summary>What the console executes, if anything.</summary>
    public StepBlock? Block { get; init; }

    /// <summary>The block's source as it stands in the file, for showing; empty without block.</summary>
    public string BlockText { get; init; } = "";

    /// <summary>What people vouch for.</summary>
    public required ImmutableArray<Attestation> Attestations { get; init; }

    /// <summary>The transitions that the step writes itself.</summary>
    public required ImmutableArray<Transition> Transitions { get; init; }

    internal SourceSpan Span { get; init; }

    /// <summary>Whether the step has a block that could not be read: what it would do is not known.</summary>
    internal bool IsBroken { get; init; }
}

/// <summary>What the file says about its three ends.</summary>
/// <param name="Completed">What a completed session leaves behind.</param>
/// <param name="Failed">What a failed one does.</param>
/// <param name="Aborted">What an aborted one does.</param>
public sealed record RunbookEnds(ImmutableArray<ProseBlock> Completed, ImmutableArray<ProseBlock> Failed, ImmutableArray<ProseBlock> Aborted)
{
    /// <summary>The text of an end by its name.</summary>
    public ImmutableArray<ProseBlock> Of(string end) => end switch
    {
        EndNames.Completed => Completed,
        EndNames.Failed => Failed,
        _ => Aborted,
    };
}

/// <summary>The names of the ends.</summary>
public static class EndNames
{
    /// <summary>Everything was done as intended.</summary>
    public const string Completed = "completed";

    /// <summary>Something was not.</summary>
    public const string Failed = "failed";

    /// <summary>Somebody stopped it.</summary>
    public const string Aborted = "aborted";

    /// <summary>All three.</summary>
    public static ImmutableArray<string> All { get; } = [Completed, Failed, Aborted];

    /// <summary>Whether a target names an end.</summary>
    public static bool IsEnd(string target) => All.Contains(target);
}

/// <summary>A parsed runbook. Immutable.</summary>
public sealed record RunbookDocument
{
    /// <summary>The id, which is the file's name without <c>.md</c>.</summary>
    public required string Id { get; init; }

    /// <summary>What sort of procedure it is.</summary>
    public required RunbookKind Kind { get; init; }

    /// <summary>What it does, in a sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>Labels of the environments where it may run.</summary>
    public required ImmutableArray<string> Environments { get; init; }

    /// <summary>Who must be present.</summary>
    public required ImmutableArray<RoleDeclaration> Roles { get; init; }

    /// <summary>What is asked before it starts.</summary>
    public required ImmutableArray<SchemaMember> Inputs { get; init; }

    /// <summary>How it is rehearsed.</summary>
    public required RehearsalPlan Rehearsal { get; init; }

    /// <summary>The title.</summary>
    public required string Title { get; init; }

    /// <summary>What stands before the first step.</summary>
    public required ImmutableArray<ProseBlock> Introduction { get; init; }

    /// <summary>Transitions of the introduction, for steps that write none of their own.</summary>
    public required ImmutableArray<Transition> SharedTransitions { get; init; }

    /// <summary>The steps, in the order of the file.</summary>
    public required ImmutableArray<RunbookStep> Steps { get; init; }

    /// <summary>What the ends say.</summary>
    public required RunbookEnds Ends { get; init; }

    /// <summary>The declaration of a role, or <see langword="null"/>.</summary>
    public RoleDeclaration? Role(string name) => Roles.FirstOrDefault(r => r.Name == name);

    /// <summary>The step with that slug, or <see langword="null"/>.</summary>
    public RunbookStep? Step(string slug) => Steps.FirstOrDefault(s => s.Slug == slug);

    internal ImmutableDictionary<string, SourceSpan> InputSpans { get; init; } = ImmutableDictionary<string, SourceSpan>.Empty;

    internal SourceSpan RehearsalSpan { get; init; }

    internal SourceSpan FrontMatterSpan { get; init; }

    /// <summary>Whether the front matter could be read at all.</summary>
    internal bool FrontMatterRead { get; init; } = true;
}
