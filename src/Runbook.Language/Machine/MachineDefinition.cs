using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Language.Machine;

namespace Runbook.Language;

/// <summary>Where a transition of the machine comes from.</summary>
public enum TransitionOrigin
{
    /// <summary>The step writes it.</summary>
    Written,

    /// <summary>The introduction writes it for all steps.</summary>
    Shared,

    /// <summary>The fault scope around the step leads to its revert.</summary>
    Scope,

    /// <summary>Nobody writes it: the language's default.</summary>
    Default,
}

/// <summary>One edge of the machine.</summary>
/// <param name="Trigger">What fires it.</param>
/// <param name="Index">For <c>when</c> and <c>choose</c>: its number among those of the step, from 1; else 0.</param>
/// <param name="Condition">For <c>when</c>.</param>
/// <param name="Choice">For <c>choose</c>.</param>
/// <param name="Target">A step's slug or an end's name.</param>
/// <param name="Origin">Where it comes from.</param>
public sealed record MachineTransition(TriggerKind Trigger, int Index, ConditionText? Condition, string? Choice, string Target, TransitionOrigin Origin)
{
    /// <summary>The trigger as journal and graph write it: <c>success</c>, <c>when:1</c>, <c>choose:2</c>.</summary>
    public string TriggerName => TriggerNames.Of(Trigger, Index);

    internal SourceSpan? Span { get; init; }
}

/// <summary>Names of triggers.</summary>
public static class TriggerNames
{
    /// <summary>The name of a trigger; <paramref name="index"/> counts for <c>when</c> and <c>choose</c>.</summary>
    public static string Of(TriggerKind trigger, int index = 0) => trigger switch
    {
        TriggerKind.Success => "success",
        TriggerKind.Failure => "failure",
        TriggerKind.Timeout => "timeout",
        TriggerKind.Rejection => "rejection",
        TriggerKind.Abort => "abort",
        TriggerKind.When => $"when:{index}",
        _ => $"choose:{index}",
    };

    /// <summary>Whether a trigger is one of those by which something goes wrong or is stopped.</summary>
    public static bool IsAdverse(TriggerKind trigger) =>
        trigger is TriggerKind.Failure or TriggerKind.Timeout or TriggerKind.Rejection or TriggerKind.Abort;
}

/// <summary>One state of the machine: a step.</summary>
/// <param name="Step">The step.</param>
/// <param name="Transitions">Every edge that leaves it; per trigger at most one, but for <c>when</c> and <c>choose</c>.</param>
/// <param name="Scope">The innermost scope that it lies in, or <see langword="null"/>.</param>
public sealed record MachineState(RunbookStep Step, ImmutableArray<MachineTransition> Transitions, FaultScope? Scope)
{
    /// <summary>The step's slug.</summary>
    public string Slug => Step.Slug;

    /// <summary>The edge of a trigger, or <see langword="null"/> where it can't fire.</summary>
    public MachineTransition? On(TriggerKind trigger, int index = 0) =>
        Transitions.FirstOrDefault(t => t.Trigger == trigger && t.Index == index);

    /// <summary>The conditions, in order.</summary>
    public IEnumerable<MachineTransition> Conditions => Transitions.Where(t => t.Trigger == TriggerKind.When);

    /// <summary>The choices, in order.</summary>
    public IEnumerable<MachineTransition> Choices => Transitions.Where(t => t.Trigger == TriggerKind.Choose);
}

/// <summary>The steps from a fault or lease to its revert.</summary>
/// <param name="Opening">Slug of the fault or lease.</param>
/// <param name="Revert">Slug of the revert.</param>
/// <param name="Lease">Whether it is a lease.</param>
/// <param name="Steps">The steps in it, both ends included, in the order of the file.</param>
/// <param name="Enclosing">The opening step of the scope around it, or <see langword="null"/>.</param>
public sealed record FaultScope(string Opening, string Revert, bool Lease, ImmutableArray<string> Steps, string? Enclosing)
{
    /// <summary>Whether a step lies in it.</summary>
    public bool Contains(string slug) => Steps.Contains(slug);
}

/// <summary>
/// A runbook as a state machine: its states, its edges and its scopes. Immutable. It decides where a trigger leads;
/// what fires triggers is the engine's.
/// </summary>
public sealed class MachineDefinition
{
    private readonly FrozenDictionary<string, int> _bySlug;
    private readonly Lazy<FrozenSet<string>> _compensations;
    private readonly Lazy<FrozenSet<(string Revert, string Step)>> _pastCuts;

    internal MachineDefinition(RunbookDocument document, ImmutableArray<MachineState> states, ImmutableArray<FaultScope> scopes)
    {
        Document = document;
        States = states;
        Scopes = scopes;
        _bySlug = states.Select((s, i) => (s.Slug, Index: i)).ToFrozenDictionary(x => x.Slug, x => x.Index, StringComparer.Ordinal);
        _compensations = new Lazy<FrozenSet<string>>(FindCompensations);
        _pastCuts = new Lazy<FrozenSet<(string, string)>>(FindPastCuts);
    }

    /// <summary>
    /// The machine of a document as it stands, checked or not: for asking about a runbook that does not pass. What runs comes
    /// from <see cref="RunbookCompiler"/>.
    /// </summary>
    public static MachineDefinition Unchecked(RunbookDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        return MachineCompiler.Compile(document);
    }

    /// <summary>The runbook.</summary>
    public RunbookDocument Document { get; }

    /// <summary>The states, in the order of the file.</summary>
    public ImmutableArray<MachineState> States { get; }

    /// <summary>The fault scopes and leases.</summary>
    public ImmutableArray<FaultScope> Scopes { get; }

    /// <summary>The variables that hold secrets: inputs and asked values marked so, and what is saved from them.</summary>
    public ImmutableHashSet<string> SecretVariables { get; internal init; } = [];

    /// <summary>The state that a session begins in.</summary>
    public MachineState Initial => States[0];

    /// <summary>The state of a slug, or <see langword="null"/>.</summary>
    public MachineState? State(string slug) => _bySlug.TryGetValue(slug, out var index) ? States[index] : null;

    /// <summary>The states that open a fault, in the order of the file; a program that can't guard one must not run the file.</summary>
    public IEnumerable<MachineState> Faults => States.Where(s => s.Step.Block is StepBlock.Fault);

    /// <summary>
    /// The same machine with other edges on one state, for asking what a change would do. Everything else, the scopes
    /// included, stays as compiled.
    /// </summary>
    /// <param name="slug">A state of this machine.</param>
    /// <param name="transitions">Its edges; a trigger that it can fire and that has none among them leads nowhere.</param>
    public MachineDefinition WithTransitions(string slug, ImmutableArray<MachineTransition> transitions)
    {
        var state = State(slug) ?? throw new ArgumentException($"'{slug}' is no state of this machine.", nameof(slug));
        return new(Document, States.SetItem(IndexOf(slug), state with { Transitions = transitions }), Scopes) { SecretVariables = SecretVariables };
    }

    internal int IndexOf(string slug) => _bySlug.TryGetValue(slug, out var index) ? index : -1;

    /// <summary>Whether only failure, timeout, rejection or abort lead to a step: one that makes good what went wrong.</summary>
    public bool IsCompensation(string slug) => _compensations.Value.Contains(slug);

    /// <summary>
    /// Whether leaving <paramref name="from"/> by this edge cuts a scope short: by failure, timeout, rejection or abort
    /// out of the scope or to its revert, or to a step in it that only those lead to.
    /// </summary>
    public bool CutsScope(string from, MachineTransition transition)
    {
        ArgumentNullException.ThrowIfNull(transition);
        if (!TriggerNames.IsAdverse(transition.Trigger) || State(from) is not { Scope: { } scope } state) return false;
        if (state.Step.Block is StepBlock.Revert) return false;
        return !scope.Contains(transition.Target) || transition.Target == scope.Revert || IsCompensation(transition.Target);
    }

    /// <summary>
    /// Whether going from a step to a revert ends a scope that was cut short before: the step lies in the scope of that
    /// revert, and no way leads to it that did not cut the scope. Such a revert is not entered by success, whatever fires.
    /// </summary>
    public bool EndsCutScope(string from, string revert) => _pastCuts.Value.Contains((revert, from));

    /// <summary>The machine as JSON: states, edges and scopes, in a fixed order. What a session binds is the digest of this.</summary>
    public JsonElement ToJson()
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("runbook", Document.Id);
            writer.WriteString("initial", Initial.Slug);
            writer.WriteStartArray("states");
            foreach (var state in States) WriteState(state, writer);
            writer.WriteEndArray();
            writer.WriteStartArray("scopes");
            foreach (var scope in Scopes)
            {
                writer.WriteStartObject();
                writer.WriteString("opening", scope.Opening);
                writer.WriteString("revert", scope.Revert);
                writer.WriteBoolean("lease", scope.Lease);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private FrozenSet<string> FindCompensations()
    {
        var targets = States.SelectMany(s => s.Transitions).ToLookup(t => t.Target, t => TriggerNames.IsAdverse(t.Trigger), StringComparer.Ordinal);
        return targets.Where(t => t.Key != Initial.Slug && t.All(adverse => adverse)).Select(t => t.Key).ToFrozenSet(StringComparer.Ordinal);
    }

    private FrozenSet<(string Revert, string Step)> FindPastCuts()
    {
        var past = new List<(string, string)>();
        foreach (var scope in Scopes)
        {
            var uncut = new HashSet<string>(StringComparer.Ordinal);
            var open = new Stack<string>(States
                .Where(s => !scope.Contains(s.Slug))
                .SelectMany(s => s.Transitions)
                .Select(t => t.Target)
                .Where(scope.Contains)
                .Append(scope.Opening));
            while (open.TryPop(out var slug))
            {
                if (!uncut.Add(slug)) continue;
                foreach (var edge in State(slug)!.Transitions)
                    if (scope.Contains(edge.Target) && !CutsScope(slug, edge)) open.Push(edge.Target);
            }

            past.AddRange(scope.Steps.Where(s => s != scope.Revert && !uncut.Contains(s)).Select(s => (scope.Revert, s)));
        }

        return past.ToFrozenSet();
    }

    private static void WriteState(MachineState state, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("state", state.Slug);
        writer.WriteString("block", state.Step.Block?.Kind ?? "manual");
        writer.WriteStartArray("transitions");
        foreach (var transition in state.Transitions)
        {
            writer.WriteStartObject();
            writer.WriteString("on", transition.TriggerName);
            if (transition.Condition is { } condition) writer.WriteString("when", condition.Expression.Text);
            if (transition.Choice is { } choice) writer.WriteString("choose", choice);
            writer.WriteString("to", transition.Target);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
