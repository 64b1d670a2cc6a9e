using System.Collections.Immutable;
using Runbook.Language.Expressions;
using Runbook.Language.Schemas;

namespace Runbook.Language.Checking;

/// <summary>RB3xx: variables are there when they are used, have one type, and secrets stay secret.</summary>
internal sealed class DataChecks
{
    private readonly CheckContext _context;
    private readonly ImmutableDictionary<string, Schema> _inputs;
    private readonly Dictionary<string, (Schema Type, RunbookStep Step)> _saved = new(StringComparer.Ordinal);

    private DataChecks(CheckContext context)
    {
        _context = context;
        _inputs = context.Document.Inputs.ToImmutableDictionary(i => i.Name, i => i.Schema, StringComparer.Ordinal);
    }

    /// <summary>Runs the checks; gives the names of the variables that hold secrets.</summary>
    public static IReadOnlyList<string> Run(CheckContext context)
    {
        var checks = new DataChecks(context);
        checks.InferSaved();
        ActionChecks.Run(context, checks.TypeOf);
        checks.CheckBlocks();
        checks.CheckVariables();
        checks.CheckSyntax();
        checks.CheckDefaults();
        checks.CheckUnused();
        return [.. checks._inputs.Where(i => i.Value.HoldsSecret()).Select(i => i.Key), .. checks._saved.Where(s => s.Value.Type.HoldsSecret()).Select(s => s.Key)];
    }

    /// <summary>The type of <c>name.path</c>; anything when it is not known.</summary>
    private Schema TypeOf(string path)
    {
        var parts = path.Split('.');
        var type = _inputs.GetValueOrDefault(parts[0])
            ?? (_saved.TryGetValue(parts[0], out var saved) ? saved.Type : ResultShapes.Session.GetValueOrDefault(parts[0]))
            ?? Schema.Anything;
        foreach (var part in parts.Skip(1))
        {
            if (type.IsFile) return part is "bytes" ? new Schema { Types = JsonTypes.Integer } : new Schema { Types = JsonTypes.String };
            var member = type.Member(part)?.Schema ?? Schema.Anything;
            type = type.WriteOnly ? member with { WriteOnly = true } : member;
        }

        return type;
    }

    private bool Exists(string name) => _inputs.ContainsKey(name) || _saved.ContainsKey(name) || ResultShapes.Session.ContainsKey(name);

    /// <summary>Types of what steps save, in the order of the file; a later save of a name keeps the first one's type.</summary>
    private void InferSaved()
    {
        foreach (var step in _context.Document.Steps)
        {
            foreach (var save in VariableUses.Saves(step.Block))
            {
                if (_inputs.ContainsKey(save.Name))
                {
                    _context.Found.Add(Rules.BadName, save.NameSpan, $"'{save.Name}' is an input, and an input keeps its value.", "Save under another name.");
                    continue;
                }

                var type = Quiet().Infer(save.Expression.Root, ShapeFor(step.Block));
                if (save.Expression.Variables.Any(v => TypeOf(v).HoldsSecret())) type = type with { WriteOnly = true };
                if (!_saved.TryGetValue(save.Name, out var first))
                {
                    _saved[save.Name] = (type, step);
                    continue;
                }

                if ((Widen(first.Type.Types) & Widen(type.Types)) == 0)
                {
                    _context.Found.Add(Rules.SavedTypeChanges, save.NameSpan, $"'{save.Name}' is {SchemaCheck.InWords(type.Types)} here, and {SchemaCheck.InWords(first.Type.Types)} in '{first.Step.Title}'.", "Save under another name.");
                }

                if (type.HoldsSecret()) _saved[save.Name] = (first.Type with { WriteOnly = true }, first.Step);
            }
        }

        static JsonTypes Widen(JsonTypes types) => (types & JsonTypes.Number) != 0 ? types | JsonTypes.Number : types;
    }

    private ExpressionTypes Quiet() => new(TypeOf, static (_, _, _) => { });

    private Schema ShapeFor(StepBlock? block)
    {
        return block switch
        {
            StepBlock.Action b => Result(b.Use),
            StepBlock.Probe b => Result(b.Use),
            StepBlock.Fault b => Result(b.Use),
            StepBlock.Lease b => Result(b.Use),
            StepBlock.Ask b => ResultShapes.OfAnswers(b),
            StepBlock.Call => Schema.Anything,
            _ => ResultShapes.Nothing,
        };

        Schema Result(ActionUse use) => _context.Catalogue.Find(use.Name) is { } action ? ResultShapes.Of(action, use.With) : Schema.Anything;
    }

    private void CheckBlocks()
    {
        foreach (var step in _context.Document.Steps)
        {
            var shape = ShapeFor(step.Block);
            var expect = step.Block switch
            {
                StepBlock.Action b => b.Expect,
                StepBlock.Probe { SameAs: null } b => b.Expect,
                StepBlock.Probe b when b.Expect is { } own && OwnExpect(b, own) => own,
                StepBlock.Check b => b.Expect,
                StepBlock.Ask b => b.Expect,
                StepBlock.Fault b => b.Expect,
                StepBlock.Lease b => b.Expect,
                _ => null,
            };
            if (expect is not null) CheckCondition(expect, shape, "'expect'");
            foreach (var save in VariableUses.Saves(step.Block)) Reporting(save.Expression, save.Span).Infer(save.Expression.Root, shape);
            foreach (var transition in step.Transitions.Where(t => t.Condition is not null)) CheckCondition(transition.Condition!, shape, "The condition");
        }

        // A probe that takes its expectation from another would report the other's findings a second time.
        bool OwnExpect(StepBlock.Probe probe, ConditionText own) =>
            _context.Document.Step(probe.SameAs!)?.Block is not StepBlock.Probe lender || lender.Expect?.Span != own.Span;
    }

    private void CheckCondition(ConditionText condition, Schema shape, string what)
    {
        var type = Reporting(condition.Expression, condition.Span).Infer(condition.Expression.Root, shape);
        if ((type.Types & JsonTypes.Boolean) == 0)
        {
            _context.Found.Add(Rules.NotACondition, condition.Span, $"{what} gives {SchemaCheck.InWords(type.Types)}, and must be true or false.", "Compare it with something, or ask for length(…) > `0`.");
        }
    }

    private ExpressionTypes Reporting(JmesExpression expression, SourceSpan span) => new(TypeOf, (rule, node, message) =>
        _context.Found.Add(
            rule,
            Parsing.ExpressionReader.Place(expression.Text, span, node.At, _context.Found.Source),
            $"In '{Shorten(expression.Text)}' {message}.",
            rule == Rules.StringOrdering
                ? "Compare numbers; turn text into one with to_number(…)."
                : rule == Rules.MemberUnknown ? "Name a member that the result has; 'runbook actions NAME' lists them." : "Give it what it takes."));

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..57] + "…";

    private void CheckVariables()
    {
        var names = _inputs.Keys.Concat(ResultShapes.Session.Keys).ToImmutableHashSet(StringComparer.Ordinal);
        var entry = FlowAnalysis.Run(_context.Machine, names, (state, edge, bound) => Behind(state, edge, bound));
        foreach (var state in _context.Machine.States)
        {
            if (!entry.TryGetValue(state.Slug, out var bound)) continue;
            if (!_context.AllRead) bound = bound.Union(_saved.Keys);
            var saves = VariableUses.Saves(state.Step.Block).Select(s => s.Name).ToList();
            foreach (var use in VariableUses.In(state.Step).Concat(Sampled(state)))
            {
                CheckUse(use, state, use.Time == UseTime.AfterSuccess ? bound.Union(saves) : bound);
            }
        }

        foreach (var use in VariableUses.InProse(_context.Document.Introduction)
            .Concat(VariableUses.InProse(_context.Document.Ends.Completed))
            .Concat(VariableUses.InProse(_context.Document.Ends.Failed))
            .Concat(VariableUses.InProse(_context.Document.Ends.Aborted)))
        {
            CheckExists(use);
            CheckSecret(use);
        }

        CheckRehearsal();
    }

    /// <summary>The probes of a fault are sampled when it is armed, whether their own steps were passed or not.</summary>
    private IEnumerable<VariableUse> Sampled(MachineState state) => state.Step.Block is StepBlock.Fault fault
        ? fault.SteadyState.Concat(fault.Unharmed)
            .Select(name => _context.Document.Step(name)?.Block)
            .OfType<StepBlock.Probe>()
            .SelectMany(probe => VariableUses.InSample(probe, fault.Span with { Length = 0 }))
        : [];

    /// <summary>Behind success (and conditions and choices) what a step saves is bound; behind anything else it is not.</summary>
    private static ImmutableHashSet<string> Behind(MachineState state, MachineTransition edge, ImmutableHashSet<string> bound)
    {
        var saves = VariableUses.Saves(state.Step.Block).Select(s => s.Name);
        return TriggerNames.IsAdverse(edge.Trigger) ? bound.Except(saves) : bound.Union(saves);
    }

    private void CheckUse(VariableUse use, MachineState state, ImmutableHashSet<string> bound)
    {
        if (!CheckExists(use)) return;
        CheckSecret(use);
        if (use.Time == UseTime.WhenKnown || bound.Contains(use.Name)) return;
        var path = PathWithout(use.Name, state.Slug);
        var saver = _saved[use.Name].Step;
        _context.Found.Add(
            Rules.VariableUnbound,
            use.Span,
            $"'{use.Name}' is not known on every path to '{state.Step.Title}'.",
            $"'{saver.Title}' saves it when it succeeds: let every path pass there, or save it on the other paths too.",
            [.. path]);
    }

    private bool CheckExists(VariableUse use)
    {
        if (!Exists(use.Name))
        {
            if (!_context.AllRead) return false;
            _context.Found.Add(Rules.VariableUnknown, use.Span, $"There is no variable '{use.Name}'.", $"Declare it as an input, save it in a step before, or use one of {string.Join(", ", ResultShapes.Session.Keys.Order(StringComparer.Ordinal))}.");
            return false;
        }

        if (ResultShapes.Session.GetValueOrDefault(use.Name) is { Types: JsonTypes.Object } known && use.Path.Split('.') is var parts && (parts.Length != 2 || known.Member(parts[1]) is null))
        {
            _context.Found.Add(Rules.VariableUnknown, use.Span, $"'{use.Path}' is nothing that the session brings.", $"Write {string.Join(" or ", known.Members.Select(m => $"${{{use.Name}.{m.Name}}}"))}.");
            return false;
        }

        return true;
    }

    private void CheckSecret(VariableUse use)
    {
        if (!use.Shown || !TypeOf(use.Path).HoldsSecret()) return;
        _context.Found.Add(Rules.SecretShown, use.Span, $"'{use.Name}' is secret, and would be shown or journalled here.", "Pass it only to an action that takes a secret.");
    }

    /// <summary>The shortest path to a step at whose end a name is not bound.</summary>
    private List<string> PathWithout(string name, string target) => MachineWalk.ShortestPathWithout(_context.Machine, target, (bound, state, edge) =>
        VariableUses.Saves(state.Step.Block).Any(s => s.Name == name) ? !TriggerNames.IsAdverse(edge.Trigger) : bound);

    private void CheckSyntax()
    {
        foreach (var step in _context.Document.Steps.Where(s => s.Block is not null))
        {
            foreach (var (text, span) in VariableUses.Texts(step.Block!))
            {
                for (var at = text.IndexOf("${", StringComparison.Ordinal); at >= 0; at = text.IndexOf("${", at + 2, StringComparison.Ordinal))
                {
                    if (VariableReference.TryRead(text, at, out _, out _)) continue;
                    _context.Found.Add(Rules.VariableSyntax, span, $"'{Shorten(text)}' holds a '${{' that is no variable.", "Write ${name} or ${name.path}: letters, digits, underscores.");
                }
            }
        }
    }

    private void CheckDefaults()
    {
        foreach (var member in _context.Document.Inputs) CheckDefault(member, _context.Document.InputSpans.GetValueOrDefault(member.Name), "The input");
        foreach (var step in _context.Document.Steps)
        {
            if (step.Block is not StepBlock.Ask ask) continue;
            foreach (var member in ask.Value) CheckDefault(member, ask.Span with { Length = 0 }, "The asked value");
        }
    }

    private void CheckDefault(SchemaMember member, SourceSpan span, string what)
    {
        var schema = member.Schema;
        if (schema.Default is { } value) Complain(schema.Check(value), "default");
        foreach (var example in schema.Examples) Complain(schema.Check(example), "example");
        if (schema is { WriteOnly: true, Default: not null })
        {
            _context.Found.Add(Rules.SecretShown, span, $"{what} '{member.Name}' is secret and has a default that anybody can read here.", "Remove the default.");
        }

        void Complain(ImmutableArray<SchemaProblem> problems, string of)
        {
            foreach (var problem in problems)
            {
                _context.Found.Add(Rules.DefaultMisfit, span, $"{what} '{member.Name}' has a {of} that {problem.Message}.", "Give one that fits, or widen the schema.");
            }
        }
    }

    private void CheckRehearsal()
    {
        var rehearsal = _context.Document.Rehearsal;
        var span = _context.Document.RehearsalSpan;
        foreach (var (name, value) in rehearsal.Inputs)
        {
            if (!_context.Document.FrontMatterRead) continue;
            if (!_inputs.TryGetValue(name, out var schema)) Complain($"The rehearsal gives '{name}', which is no input.");
            else foreach (var problem in schema.Check(value)) Complain($"The rehearsal's '{name}' {problem.Message}.");
        }

        var asked = _context.Document.Steps.Select(s => s.Block).OfType<StepBlock.Ask>().SelectMany(a => a.Value).ToLookup(v => v.Name, StringComparer.Ordinal);
        foreach (var (name, answer) in rehearsal.Answers)
        {
            if (_context.AllRead && !asked.Contains(name)) Complain($"The rehearsal answers '{name}', which nobody asks for.");
            foreach (var variable in answer.Variables.Where(v => _context.AllRead && !Exists(v.Split('.')[0]))) Complain($"The rehearsal's answer for '{name}' uses '{variable}', which is no variable.");
        }

        foreach (var (slug, choice) in rehearsal.Choices)
        {
            var step = _context.Document.Step(slug);
            if (step is null) Complain($"The rehearsal chooses in '{slug}', which is no step.");
            else if (step.Transitions.All(t => t.Choice != choice)) Complain($"The rehearsal chooses \"{choice}\", which '{step.Title}' does not offer.");
        }

        void Complain(string message) => _context.Found.Add(Rules.RehearsalMisfit, span, message, "Name what the runbook asks for, with a value that fits.");
    }

    private void CheckUnused()
    {
        if (!_context.AllRead) return;
        var used = _context.Document.Steps.SelectMany(VariableUses.In)
            .Concat(VariableUses.InProse(_context.Document.Introduction))
            .Concat(VariableUses.InProse(_context.Document.Ends.Completed))
            .Concat(VariableUses.InProse(_context.Document.Ends.Failed))
            .Concat(VariableUses.InProse(_context.Document.Ends.Aborted))
            .Select(u => u.Name)
            .Concat(_context.Document.Rehearsal.Answers.Values.SelectMany(a => a.Variables).Select(v => v.Split('.')[0]))
            .ToHashSet(StringComparer.Ordinal);
        foreach (var input in _context.Document.Inputs.Where(i => !used.Contains(i.Name) && VariableReference.IsName(i.Name)))
        {
            _context.Found.Add(Rules.InputUnused, _context.Document.InputSpans.GetValueOrDefault(input.Name), $"The input '{input.Name}' is used nowhere.", "Use it, or remove it.");
        }

        foreach (var step in _context.Document.Steps)
        {
            foreach (var save in VariableUses.Saves(step.Block).Where(s => !used.Contains(s.Name) && !IsMeasurement(s.Name)))
            {
                _context.Found.Add(Rules.SavedUnused, save.NameSpan, $"'{save.Name}' is saved and used nowhere.", "Use it, or remove it; a measurement for the transcript ends in _ms.");
            }
        }

        // What is saved only so that the transcript has it.
        static bool IsMeasurement(string name) => name.EndsWith("_ms", StringComparison.Ordinal);
    }
}
