using System.Collections.Immutable;
using Runbook.Language.Expressions;
using Runbook.Language.Schemas;

namespace Runbook.Language;

/// <summary>A duration as written: fixed, or the value of a variable.</summary>
/// <param name="Fixed">The duration, where it is written out.</param>
/// <param name="Variable">The variable's path, where it is <c>${name}</c>.</param>
public sealed record DurationValue(TimeSpan? Fixed, string? Variable)
{
    internal SourceSpan Span { get; init; }

    /// <summary>The duration, or <see langword="null"/> while its variable is not bound to one.</summary>
    public TimeSpan? Resolve(Func<string, System.Text.Json.JsonElement?> variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        if (Fixed is not null) return Fixed;
        return variables(Variable!) is { ValueKind: System.Text.Json.JsonValueKind.String } value
            && Durations.TryParse(value.GetString()!, out var duration) ? duration : null;
    }

    /// <inheritdoc/>
    public override string ToString() => Fixed is { } duration ? Durations.Format(duration) : $"${{{Variable}}}";
}

/// <summary>One name that a block binds, and the expression over the result that gives its value.</summary>
/// <param name="Name">The variable's name.</param>
/// <param name="Expression">What is saved.</param>
public sealed record SaveBinding(string Name, JmesExpression Expression)
{
    internal SourceSpan NameSpan { get; init; }

    internal SourceSpan Span { get; init; }
}

/// <summary>A condition with its place in the file.</summary>
/// <param name="Expression">What must come out true.</param>
public sealed record ConditionText(JmesExpression Expression)
{
    internal SourceSpan Span { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Expression.Text;
}

/// <summary>An action with its arguments, as <c>use</c> and <c>with</c> write it.</summary>
/// <param name="Name">The action's name in the catalogue.</param>
/// <param name="With">Its arguments: an object, perhaps empty.</param>
public sealed record ActionUse(string Name, Template With)
{
    internal SourceSpan NameSpan { get; init; }
}

/// <summary>What a step executes. A closed hierarchy: the nested records are all there are.</summary>
public abstract record StepBlock
{
    private StepBlock()
    {
    }

    /// <summary>The block's kind as the fence names it.</summary>
    public abstract string Kind { get; }

    internal SourceSpan Span { get; init; }

    /// <summary>One call of the catalogue.</summary>
    public sealed record Action(ActionUse Use, ConditionText? Expect, ImmutableArray<SaveBinding> Save, DurationValue? Timeout) : StepBlock
    {
        /// <inheritdoc/>
        public override string Kind => "action";
    }

    /// <summary>A reading, repeated until it holds. <c>same-as</c> is resolved: the call and what it takes over stand here.</summary>
    public sealed record Probe(ActionUse Use, ConditionText? Expect, ImmutableArray<SaveBinding> Save, DurationValue Every, DurationValue Within, DurationValue? For, string? SameAs) : StepBlock
    {
        /// <inheritdoc/>
        public override string Kind => "probe";

        internal bool EveryWritten { get; init; }
    }

    /// <summary>A condition over variables.</summary>
    public sealed record Check(ConditionText Expect) : StepBlock
    {
        /// <inheritdoc/>
        public override string Kind => "check";
    }

    /// <summary>Values that people bring.</summary>
    public sealed record Ask(string Role, bool Each, ImmutableArray<SchemaMember> Value, ConditionText? Expect, ImmutableArray<SaveBinding> Save, DurationValue? Within) : StepBlock
    {
        /// <inheritdoc/>
        public override string Kind => "ask";

        internal SourceSpan RoleSpan { get; init; }
    }

    /// <summary>Signatures of a quorum.</summary>
    public sealed record Approval(string Role, int? Quorum, ImmutableArray<ApprovalSubject> Over, DurationValue Within) : StepBlock
    {
        /// <inheritdoc/>
        public override string Kind => "approval";

        internal SourceSpan RoleSpan { get; init; }
    }

    /// <summary>Harm on purpose, with the guarantee that it is undone.</summary>
    public sealed record Fault(ActionUse Use, ConditionText? Expect, ImmutableArray<SaveBinding> Save, DurationValue Limit, DurationValue? Timeout, ImmutableArray<ActionUse> Undo, Template? BlastRadius, ImmutableArray<string> SteadyState, ImmutableArray<string> Unharmed) : StepBlock
    {
        /// <inheritdoc/>
        public override string Kind => "fault";
    }

    /// <summary>An effect that is wanted only until its revert.</summary>
    public sealed record Lease(ActionUse Use, ConditionText? Expect, ImmutableArray<SaveBinding> Save, DurationValue Limit, DurationValue? Timeout, ImmutableArray<ActionUse> Undo) : StepBlock
    {
        /// <inheritdoc/>
        public override string Kind => "lease";
    }

    /// <summary>Undoes a fault or a lease, until it is seen to be gone.</summary>
    public sealed record Revert(string Of, DurationValue Within) : StepBlock
    {
        /// <inheritdoc/>
        public override string Kind => "revert";

        internal SourceSpan OfSpan { get; init; }
    }

    /// <summary>A pause, for a time or until one. Exactly one of the two is there.</summary>
    public sealed record Wait(DurationValue? For, Template? Until) : StepBlock
    {
        /// <inheritdoc/>
        public override string Kind => "wait";
    }

    /// <summary>Another runbook, followed to its end.</summary>
    public sealed record Call(string File, Template With, ImmutableArray<SaveBinding> Save) : StepBlock
    {
        /// <inheritdoc/>
        public override string Kind => "call";

        internal SourceSpan FileSpan { get; init; }
    }
}

/// <summary>What an approval is over.</summary>
/// <param name="Kind">What kind of thing.</param>
/// <param name="Step">The step's slug, for <see cref="ApprovalSubjectKind.Step"/> and <see cref="ApprovalSubjectKind.Result"/>.</param>
public sealed record ApprovalSubject(ApprovalSubjectKind Kind, string? Step)
{
    internal SourceSpan Span { get; init; }

    /// <summary>As runbook and journal write it: <c>plan</c>, <c>step:slug</c>, <c>result:slug</c> or <c>close</c>.</summary>
    public override string ToString() => Kind switch
    {
        ApprovalSubjectKind.Plan => "plan",
        ApprovalSubjectKind.Step => $"step:{Step}",
        ApprovalSubjectKind.Result => $"result:{Step}",
        _ => "close",
    };
}

/// <summary>Kinds of things that people approve.</summary>
public enum ApprovalSubjectKind
{
    /// <summary>All that is to come.</summary>
    Plan,

    /// <summary>One step to come.</summary>
    Step,

    /// <summary>What a step has found.</summary>
    Result,

    /// <summary>The session up to here.</summary>
    Close,
}
