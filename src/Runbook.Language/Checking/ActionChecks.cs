using System.Collections.Immutable;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;
using Runbook.Language.Yaml;

namespace Runbook.Language.Checking;

/// <summary>RB303, RB304, RB309, RB601, RB701: what blocks ask of the catalogue.</summary>
internal sealed class ActionChecks(CheckContext context, Func<string, Schema> typeOf)
{
    public static void Run(CheckContext context, Func<string, Schema> typeOf)
    {
        var checks = new ActionChecks(context, typeOf);
        foreach (var step in context.Document.Steps) checks.CheckStep(step);
    }

    private void CheckStep(RunbookStep step)
    {
        switch (step.Block)
        {
            case StepBlock.Action block:
                Check(step, block.Use, block.Timeout);
                break;
            case StepBlock.Probe { SameAs: null } block:
                CheckReading(step, Check(step, block.Use, block.Within));
                break;
            case StepBlock.Fault block:
                Check(step, block.Use, block.Limit);
                foreach (var undo in block.Undo) Check(step, undo, block.Limit);
                break;
            case StepBlock.Lease block:
                Check(step, block.Use, block.Limit);
                foreach (var undo in block.Undo) Check(step, undo, block.Limit);
                break;
        }
    }

    private void CheckReading(RunbookStep step, ActionDescriptor? action)
    {
        if (action is null || action.Effect == EffectClass.Read) return;
        context.Found.Add(Rules.ArgumentMisfit, step.Block!.Span with { Length = 0 }, $"'{step.Title}' probes with '{action.Name}', which changes something: a probe is a reading that is repeated.", "Use an action of class read, or make it an action block.");
    }

    private ActionDescriptor? Check(RunbookStep step, ActionUse use, DurationValue? timeout)
    {
        if (context.Catalogue.Find(use.Name) is not { } action)
        {
            var near = context.Catalogue.All.Where(a => a.Name.Split('.')[^1] == use.Name.Split('.')[^1]).Select(a => a.Name).Take(3).ToList();
            context.Found.Add(Rules.ActionUnknown, use.NameSpan, $"There is no action '{use.Name}'.", near.Count == 0 ? "'runbook actions' lists them." : $"Perhaps {string.Join(", ", near)}; 'runbook actions' lists them all.");
            return null;
        }

        if (action.EmbeddedOnly && context.Document.Environments is not ["rehearsal"])
        {
            context.Found.Add(Rules.EmbeddedOnly, use.NameSpan, $"'{use.Name}' exists on the embedded Azure only, and this runbook may run elsewhere.", "Write 'environments: [rehearsal]', or ask a person to do it.");
        }

        if (timeout is null && !action.Local && !step.IsBroken)
        {
            context.Found.Add(Rules.NoTimeout, use.NameSpan, $"'{step.Title}' has no timeout: if Azure never answers, nobody is told.", $"Add 'timeout: {Durations.Format(action.UsuallyTakes > TimeSpan.Zero ? action.UsuallyTakes * 2 : TimeSpan.FromMinutes(5))}'.");
        }

        CheckArguments(action, (YamlMapping)use.With.Node, use.NameSpan);
        return action;
    }

    private void CheckArguments(ActionDescriptor action, YamlMapping with, SourceSpan useSpan)
    {
        var grouped = action.OneOf.SelectMany(g => g).ToHashSet(StringComparer.Ordinal);
        foreach (var member in with.Members)
        {
            if (action.With.Member(member.Name) is { } known)
            {
                CheckValue(action, member.Name, member.Value, known.Schema);
                continue;
            }

            Complain(member.Key.Span, $"'{action.Name}' takes no '{member.Name}'.", $"It takes {string.Join(", ", action.With.Members.Select(m => m.Name))}.");
        }

        foreach (var missing in action.With.Members.Where(m => m.Required && !grouped.Contains(m.Name) && with.Find(m.Name) is null))
        {
            Complain(useSpan, $"'{action.Name}' lacks '{missing.Name}'.", $"Add '{missing.Name}' to 'with'{(missing.Schema.Description is { } d ? $": {d}" : "")}.");
        }

        if (action.OneOf.IsEmpty) return;
        var given = action.OneOf.Where(g => g.Any(name => with.Find(name) is not null)).ToImmutableArray();
        if (given.Length == 1 && given[0].All(name => with.Find(name) is not null || !IsRequired(action, name))) return;
        Complain(useSpan, $"'{action.Name}' takes {string.Join(" or ", action.OneOf.Select(g => string.Join(" with ", g)))}, one of these whole.", "Give exactly one of them.");
    }

    // A member of a group is optional in the schema and needed within its group, unless it has a default.
    private static bool IsRequired(ActionDescriptor action, string name) => action.With.Member(name)?.Schema.Default is null;

    private void CheckValue(ActionDescriptor action, string path, YamlNode node, Schema schema)
    {
        switch (node)
        {
            case var given when schema.WriteOnly && !(given is YamlScalar secret && Template.Whole(secret) is { } name && typeOf(name).HoldsSecret()):
                context.Found.Add(Rules.SecretShown, given.Span, $"'{path}' of '{action.Name}' is a secret, and what is given here stands in the file or in the journal.", "Ask for it, or take it as an input, with 'writeOnly: true', and give it as ${name} and nothing else.");
                break;
            case YamlScalar scalar when Template.Whole(scalar) is { } variable:
                CheckVariable(action, path, scalar, variable, schema);
                break;
            case YamlScalar scalar when scalar.Value.Contains("${", StringComparison.Ordinal):
                if (!schema.Types.HasFlag(JsonTypes.String)) Misfit(action, path, scalar, $"is text, and must be {SchemaCheck.InWords(schema.Types)}");
                else if (new Template(scalar).Variables.Any(v => typeOf(v).HoldsSecret())) SecretMisfit(action, path, scalar);
                break;
            case YamlSequence list when schema.Types.HasFlag(JsonTypes.Array):
                for (var i = 0; i < list.Items.Length; i++) CheckValue(action, $"{path}[{i}]", list.Items[i], schema.Items ?? Schema.Anything);
                if (list.Items.Length < schema.MinItems) Misfit(action, path, node, $"has {list.Items.Length} items, and must have at least {schema.MinItems}");
                if (list.Items.Length > schema.MaxItems) Misfit(action, path, node, $"has {list.Items.Length} items, and may have at most {schema.MaxItems}");
                break;
            case YamlMapping mapping when schema.Types.HasFlag(JsonTypes.Object):
                CheckObject(action, path, mapping, schema);
                break;
            default:
                foreach (var problem in schema.Check(node.ToJson())) Misfit(action, problem.Path.Length == 0 ? path : $"{path}.{problem.Path}", node, problem.Message);
                break;
        }
    }

    private void CheckObject(ActionDescriptor action, string path, YamlMapping mapping, Schema schema)
    {
        foreach (var member in mapping.Members)
        {
            var inner = schema.Member(member.Name)?.Schema ?? (schema.OpenEnded ? schema.OtherMembers ?? Schema.Anything : null);
            if (inner is null) Misfit(action, path, member.Key, $"has no member '{member.Name}'; it has {string.Join(", ", schema.Members.Select(m => m.Name))}");
            else CheckValue(action, $"{path}.{member.Name}", member.Value, inner);
        }

        foreach (var missing in schema.Members.Where(m => m.Required && mapping.Find(m.Name) is null)) Misfit(action, path, mapping, $"lacks '{missing.Name}'");
    }

    private void CheckVariable(ActionDescriptor action, string path, YamlScalar scalar, string variable, Schema schema)
    {
        var type = typeOf(variable);
        if (type.HoldsSecret() && !schema.WriteOnly)
        {
            SecretMisfit(action, path, scalar);
            return;
        }

        if (type.Types == JsonTypes.Any || (type.Types & Loose(schema.Types)) != 0) return;
        Misfit(action, path, scalar, $"is ${{{variable}}}, {SchemaCheck.InWords(type.Types)}, and must be {SchemaCheck.InWords(schema.Types)}");

        // A number may turn out whole.
        static JsonTypes Loose(JsonTypes types) => types.HasFlag(JsonTypes.Integer) ? types | JsonTypes.Number : types;
    }

    private void SecretMisfit(ActionDescriptor action, string path, YamlNode node) =>
        context.Found.Add(Rules.SecretShown, node.Span, $"'{path}' of '{action.Name}' is no secret, and a secret is passed to it.", "Pass a secret only where the action takes one.");

    private void Misfit(ActionDescriptor action, string path, YamlNode node, string problem) =>
        Complain(node.Span, $"'{path}' of '{action.Name}' {problem}.", "Give what the action takes; 'runbook actions NAME' shows it.");

    private void Complain(SourceSpan span, string message, string fix) => context.Found.Add(Rules.ArgumentMisfit, span, message, fix);
}

