using System.Globalization;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Language.Checking;

/// <summary>RB402, RB404, RB405, RB406, RB411: what a fault, a lease and their revert are made of.</summary>
internal sealed class ScopeShapes
{
    private readonly CheckContext _context;

    private ScopeShapes(CheckContext context) => _context = context;

    public static void Run(CheckContext context)
    {
        var shapes = new ScopeShapes(context);
        foreach (var step in context.Document.Steps) shapes.Check(step);
        shapes.CheckCrossing();
    }

    private void Check(RunbookStep step)
    {
        foreach (var use in BlockUses.Of(step.Block)) CheckSettling(use);
        switch (step.Block)
        {
            case StepBlock.Fault fault:
                CheckOpening(step, "fault", fault.Use, fault.Undo);
                CheckHarm(step, fault);
                break;
            case StepBlock.Lease lease:
                CheckOpening(step, "lease", lease.Use, lease.Undo);
                break;
            case StepBlock.Revert revert:
                CheckRevert(step, revert);
                break;
        }
    }

    private void CheckSettling(ActionUse use)
    {
        if (_context.Catalogue.Find(use.Name) is not { Effect: EffectClass.Once or EffectClass.Destructive, Settle: null }) return;
        _context.Found.Add(Rules.NoSettlingProbe, use.NameSpan, $"'{use.Name}' has no settling probe: an unanswered call could never be told from one that took effect.", "Give the action one in the catalogue.");
    }

    private void CheckOpening(RunbookStep step, string what, ActionUse use, IReadOnlyList<ActionUse> undo)
    {
        if (undo.Count == 0) CheckInverse(what, use);
        for (var i = 0; i < undo.Count; i++) CheckUndo(undo, i);
        var reverts = _context.Document.Steps.Where(s => s.Block is StepBlock.Revert r && r.Of == step.Slug).ToList();
        if (reverts.Count == 1 && _context.Machine.Scopes.Any(s => s.Opening == step.Slug)) return;

        // A revert may be a step whose block could not be read.
        if (reverts.Count == 0 && !_context.AllRead) return;
        var why = reverts.Count == 0 ? "has no revert" : reverts.Count > 1 ? "has more than one revert" : "is reverted before it begins";
        _context.Found.Add(Rules.ScopeShape, step.Span, $"The {what} '{step.Title}' {why}.", $"Write one step behind it with a revert block: 'fault: {step.Slug}'.");
    }

    private void CheckInverse(string what, ActionUse use)
    {
        if (_context.Catalogue.Find(use.Name) is not { } action) return;
        var inverse = action.Inverse is { } named ? _context.Catalogue.Find(named.Action) : null;
        if (inverse is { Effect: EffectClass.Idempotent, Settle.Tells: true }) return;
        var why = action.Inverse is null ? "has no inverse"
            : inverse is null ? $"has the inverse '{action.Inverse.Action}', which is not in the catalogue"
            : inverse.Effect != EffectClass.Idempotent ? $"has the inverse '{inverse.Name}', which can't be repeated safely"
            : $"has the inverse '{inverse.Name}', of which nothing tells whether it has taken effect";
        _context.Found.Add(Rules.ScopeShape, use.NameSpan, $"'{action.Name}' {why}, so this {what} could not be ended.", "Write 'undo:' with the actions that end it.");
    }

    private void CheckUndo(IReadOnlyList<ActionUse> undo, int index)
    {
        var use = undo[index];
        var (wrong, fix) = _context.Catalogue.Find(use.Name) switch
        {
            { Effect: EffectClass.Read } => ($"'{use.Name}' changes nothing, so it undoes nothing.", "Name the action that ends what was begun; what it needs to know is read before the fault."),
            { Effect: EffectClass.Once or EffectClass.Destructive } action => ($"'{use.Name}' is of class {action.Effect.Name()}: what undoes a fault is sent again until it holds.", "Use an idempotent action."),
            { Settle: not { Tells: true } } => ($"Nothing tells whether '{use.Name}' has taken effect: it would be sent again for ever, and the fault never be seen to be undone.", "Use an action whose settling probe reads what it changed."),
            _ => ("", ""),
        };
        if (wrong.Length > 0) _context.Found.Add(Rules.UndoShape, use.NameSpan, wrong, fix);

        foreach (var reference in use.With.References)
        {
            var parts = reference.Path.Split('.');
            if (parts[0] != "undo" || Finds(undo, index, parts)) continue;
            _context.Found.Add(Rules.UndoShape, reference.Span, $"'${{{reference.Path}}}' is nothing that an earlier action of this 'undo' finds.", "Write ${undo.1.…} for the result of the first action, and so on; only results of actions above can be used.");
        }
    }

    private bool Finds(IReadOnlyList<ActionUse> undo, int index, string[] parts)
    {
        if (parts.Length < 3 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1 || number > index) return false;
        if (_context.Catalogue.Find(undo[number - 1].Name) is not { } action) return true;
        var schema = action.Result;
        foreach (var part in parts.Skip(2))
        {
            if (schema.Member(part) is { } member) schema = member.Schema;
            else return schema.OpenEnded || !schema.Types.HasFlag(JsonTypes.Object);
        }

        return true;
    }

    private void CheckHarm(RunbookStep step, StepBlock.Fault fault)
    {
        if (step.IsBroken) return;
        if (fault.BlastRadius is null) Complain(step, $"The fault '{step.Title}' has no blast radius: nothing would stop it from hurting more than agreed.", "Write 'blast-radius:' with 'allow:', the ids of what may suffer; an empty list where nothing may.");
        if (fault.SteadyState.IsEmpty) Complain(step, $"The fault '{step.Title}' has no steady state: nobody could say whether what it broke works again.", "Write 'steady-state: [SLUG]' with a probe that holds before it.");
        foreach (var name in fault.SteadyState.Concat(fault.Unharmed).Distinct(StringComparer.Ordinal))
        {
            if (_context.Document.Step(name) is { Block: StepBlock.Probe } or { IsBroken: true }) continue;
            Complain(step, $"The fault '{step.Title}' names '{name}', which is no probe of this file.", "Name the slug of a probe's step.");
        }
    }

    private void Complain(RunbookStep step, string message, string fix) =>
        _context.Found.Add(Rules.FaultShape, step.Block!.Span with { Length = 0 }, message, fix);

    private void CheckRevert(RunbookStep step, StepBlock.Revert revert)
    {
        if (_context.Document.Step(revert.Of) is { IsBroken: true } or { Block: StepBlock.Fault or StepBlock.Lease }) return;
        _context.Found.Add(Rules.ScopeShape, revert.OfSpan, $"'{step.Title}' reverts '{revert.Of}', which is no fault and no lease of this file.", "Name the slug of the step that begins it.");
    }

    private void CheckCrossing()
    {
        foreach (var scope in _context.Machine.Scopes)
        {
            var other = _context.Machine.Scopes.FirstOrDefault(s => s.Contains(scope.Opening) && !s.Contains(scope.Revert));
            if (other is null) continue;
            _context.Found.Add(
                Rules.ScopesCross,
                _context.Document.Step(scope.Opening)!.Span,
                $"'{Title(scope.Opening)}' begins inside the scope of '{Title(other.Opening)}' and ends behind it.",
                $"Put '{Title(scope.Revert)}' in front of '{Title(other.Revert)}': what was begun last is undone first.");
        }
    }

    private string Title(string slug) => _context.Document.Step(slug)!.Title;
}
