using System.Collections.Immutable;
using Runbook.Language.Expressions;

namespace Runbook.Language.Checking;

/// <summary>When in a step's life a variable is needed.</summary>
internal enum UseTime
{
    /// <summary>Before the block runs: it must be bound on every path to the step.</summary>
    Entry,

    /// <summary>After the block succeeded: what the step saves is bound as well.</summary>
    AfterSuccess,

    /// <summary>Shown if it is known, else as not known.</summary>
    WhenKnown,
}

/// <summary>One use of a variable.</summary>
/// <param name="Path"><c>name</c> or <c>name.path</c>.</param>
/// <param name="Span">Where.</param>
/// <param name="Time">When it is needed.</param>
/// <param name="Shown">Whether its value is shown or journalled as it is.</param>
internal sealed record VariableUse(string Path, SourceSpan Span, UseTime Time, bool Shown)
{
    /// <summary>The variable without the path behind it.</summary>
    public string Name => Path.Split('.')[0];
}

/// <summary>Finds the uses of variables in a step.</summary>
internal static class VariableUses
{
    public static IEnumerable<VariableUse> In(RunbookStep step)
    {
        foreach (var use in InProse(step.Prose)) yield return use;
        foreach (var tick in step.Attestations)
        {
            foreach (var use in InInlines(tick.Parts, tick.BeforeBlock ? UseTime.Entry : UseTime.AfterSuccess)) yield return use;
        }

        foreach (var transition in step.Transitions)
        {
            if (transition.Condition is { } condition)
            {
                foreach (var use in InExpression(condition.Expression, condition.Span, UseTime.AfterSuccess)) yield return use;
            }
        }

        if (step.Block is null) yield break;
        foreach (var use in InBlock(step.Block)) yield return use;
    }

    /// <summary>What is used when a probe is sampled for a fault, at the fault's place.</summary>
    public static IEnumerable<VariableUse> InSample(StepBlock.Probe probe, SourceSpan place) =>
        InTemplate(probe.Use.With, false).Concat(InCondition(probe.Expect)).Select(u => u with { Span = place });

    public static IEnumerable<VariableUse> InProse(ImmutableArray<ProseBlock> blocks) => blocks.SelectMany(InProse);

    private static IEnumerable<VariableUse> InProse(ProseBlock block) => block switch
    {
        ProseBlock.Paragraph p => InInlines(p.Parts, UseTime.WhenKnown),
        ProseBlock.Heading h => InInlines(h.Parts, UseTime.WhenKnown),
        ProseBlock.List l => l.Items.SelectMany(InProse),
        ProseBlock.Quote q => InProse(q.Blocks),
        ProseBlock.Spoken s => InInlines(s.Parts, UseTime.Entry),
        ProseBlock.Table t => t.Rows.SelectMany(r => r).SelectMany(c => InInlines(c, UseTime.WhenKnown)),
        _ => [],
    };

    private static IEnumerable<VariableUse> InInlines(ImmutableArray<ProseInline> inlines, UseTime time)
    {
        foreach (var inline in inlines)
        {
            var inner = inline switch
            {
                ProseInline.Emphasis e => InInlines(e.Parts, time),
                ProseInline.Link l => InInlines(l.Parts, time),
                ProseInline.Code c => InText(c.Value, c.Span, time),
                _ => [],
            };
            foreach (var use in inner) yield return use;
        }
    }

    private static IEnumerable<VariableUse> InText(string text, SourceSpan span, UseTime time)
    {
        for (var at = text.IndexOf("${", StringComparison.Ordinal); at >= 0; at = text.IndexOf("${", at + 2, StringComparison.Ordinal))
        {
            if (VariableReference.TryRead(text, at, out var path, out _)) yield return new VariableUse(path, span, time, Shown: true);
        }
    }

    private static IEnumerable<VariableUse> InExpression(JmesExpression expression, SourceSpan span, UseTime time) =>
        JmesWalk.All(expression.Root).OfType<VariableNode>().Select(v => new VariableUse(string.Join('.', v.Path), span, time, Shown: true));

    private static IEnumerable<VariableUse> InTemplate(Template? template, bool shown) =>
        template is null ? [] : template.References.Select(r => new VariableUse(r.Path, r.Span, UseTime.Entry, shown));

    private static IEnumerable<VariableUse> InDuration(DurationValue? duration) =>
        duration?.Variable is { } path ? [new VariableUse(path, duration.Span, UseTime.Entry, Shown: true)] : [];

    private static IEnumerable<VariableUse> InCondition(ConditionText? condition) =>
        condition is null ? [] : InExpression(condition.Expression, condition.Span, UseTime.Entry);

    private static IEnumerable<VariableUse> InSave(ImmutableArray<SaveBinding> save) =>
        save.SelectMany(s => InExpression(s.Expression, s.Span, UseTime.Entry)).Select(u => u with { Shown = false });

    // What is passed to an action is shown or secret as the action's schema says; the argument check judges it.
    private static IEnumerable<VariableUse> InBlock(StepBlock block) => block switch
    {
        StepBlock.Action b => [.. InTemplate(b.Use.With, false), .. InCondition(b.Expect), .. InSave(b.Save), .. InDuration(b.Timeout)],
        StepBlock.Probe b => [.. InTemplate(b.Use.With, false), .. InCondition(b.Expect), .. InSave(b.Save), .. InDuration(b.Every), .. InDuration(b.Within), .. InDuration(b.For)],
        StepBlock.Check b => InCondition(b.Expect),
        StepBlock.Ask b => [.. InCondition(b.Expect), .. InSave(b.Save), .. InDuration(b.Within)],
        StepBlock.Approval b => InDuration(b.Within),
        StepBlock.Fault b => [.. InTemplate(b.Use.With, false), .. InCondition(b.Expect), .. InSave(b.Save), .. InDuration(b.Limit), .. InDuration(b.Timeout), .. b.Undo.SelectMany(u => InTemplate(u.With, false)).Where(u => u.Name != "undo"), .. InTemplate(b.BlastRadius, true)],
        StepBlock.Lease b => [.. InTemplate(b.Use.With, false), .. InCondition(b.Expect), .. InSave(b.Save), .. InDuration(b.Limit), .. InDuration(b.Timeout), .. b.Undo.SelectMany(u => InTemplate(u.With, false)).Where(u => u.Name != "undo")],
        StepBlock.Revert b => InDuration(b.Within),
        StepBlock.Wait b => [.. InDuration(b.For), .. InTemplate(b.Until, true)],
        StepBlock.Call b => [.. InTemplate(b.With, false), .. InSave(b.Save)],
        _ => [],
    };

    /// <summary>What a block saves.</summary>
    public static ImmutableArray<SaveBinding> Saves(StepBlock? block) => block switch
    {
        StepBlock.Action b => b.Save,
        StepBlock.Probe b => b.Save,
        StepBlock.Ask b => b.Save,
        StepBlock.Fault b => b.Save,
        StepBlock.Lease b => b.Save,
        StepBlock.Call b => b.Save,
        _ => [],
    };

    /// <summary>The texts in which a broken <c>${…}</c> would be taken for plain text.</summary>
    public static IEnumerable<(string Text, SourceSpan Span)> Texts(StepBlock block)
    {
        Template?[] templates = block switch
        {
            StepBlock.Action b => [b.Use.With],
            StepBlock.Probe { SameAs: null } b => [b.Use.With],
            StepBlock.Fault b => [b.Use.With, b.BlastRadius, .. b.Undo.Select(u => u.With)],
            StepBlock.Lease b => [b.Use.With, .. b.Undo.Select(u => u.With)],
            StepBlock.Wait b => [b.Until],
            StepBlock.Call b => [b.With],
            _ => [],
        };
        return templates.OfType<Template>().SelectMany(t => Scalars(t.Node)).Select(s => (s.Value, s.Span));
    }

    private static IEnumerable<Yaml.YamlScalar> Scalars(Yaml.YamlNode node) => node switch
    {
        Yaml.YamlScalar s => [s],
        Yaml.YamlSequence l => l.Items.SelectMany(Scalars),
        Yaml.YamlMapping m => m.Members.SelectMany(x => Scalars(x.Value)),
        _ => [],
    };
}
