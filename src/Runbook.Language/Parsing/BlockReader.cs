using System.Collections.Immutable;
using Runbook.Language.Schemas;
using Runbook.Language.Yaml;

namespace Runbook.Language.Parsing;

/// <summary>Reads the executable blocks. <c>same-as</c> is left as written; <see cref="SameAs"/> resolves it.</summary>
internal sealed class BlockReader(DiagnosticBag found)
{
    public static readonly ImmutableArray<string> Kinds =
        ["action", "probe", "check", "ask", "approval", "fault", "revert", "lease", "wait", "call"];

    private static readonly DurationValue ProbeEvery = new(TimeSpan.FromSeconds(15), null);
    private static readonly DurationValue ApprovalWithin = new(TimeSpan.FromMinutes(30), null);
    private static readonly DurationValue RevertWithin = new(TimeSpan.FromMinutes(15), null);

    /// <summary>A block of a known kind; <see langword="null"/>, with findings, when it can't be read.</summary>
    public StepBlock? Read(string kind, YamlPiece piece)
    {
        var node = YamlReader.Read(piece, found, $"this {kind} block");
        if (node is null) return null;
        if (node is not YamlMapping mapping)
        {
            found.Add(Rules.BlockMember, node.Span, $"This {kind} block is {node.Describe()}, and must be a mapping.", "Write its members, one 'name: value' a line.");
            return null;
        }

        var form = new Form(mapping, found, Rules.BlockMember, $"This {kind} block");
        StepBlock? block = kind switch
        {
            "action" => ReadAction(form),
            "probe" => ReadProbe(form),
            "check" => ReadCheck(form),
            "ask" => ReadAsk(form),
            "approval" => ReadApproval(form),
            "fault" => ReadFault(form),
            "lease" => ReadLease(form),
            "revert" => ReadRevert(form),
            "wait" => ReadWait(form),
            _ => ReadCall(form),
        };
        form.Close();
        return block is null ? null : block with { Span = piece.Span };
    }

    private static StepBlock.Action? ReadAction(Form form)
    {
        var call = ReadUse(form, required: true);
        var expect = form.Condition("expect", false, "expect: \"status == `200`\"");
        var save = form.Save();
        var timeout = form.Duration("timeout", false, "timeout: 5m");
        return call is null ? null : new StepBlock.Action(call, expect, save, timeout);
    }

    private StepBlock.Probe? ReadProbe(Form form)
    {
        var sameAs = form.Text("same-as", false, "same-as: reads-work");
        var call = ReadUse(form, required: sameAs is null);
        if (sameAs is not null && call is not null)
        {
            form.Complain(sameAs, "'same-as' stands in the place of 'use' and 'with'.", "Keep one of the two.");
        }

        var expect = form.Condition("expect", false, "expect: \"status == `200`\"");
        var save = form.Save();
        var every = form.Duration("every", false, "every: 15s");
        var within = form.Duration("within", true, "within: 10m");
        var holds = form.Duration("for", false, "for: 30s");
        CheckProbeTimes(every ?? ProbeEvery, within, holds);
        if (within is null || (call is null && sameAs is null)) return null;

        // A resolved block is put in the place of this one by SameAs.
        call ??= new ActionUse("", Template.OfText("", sameAs!.Span)) { NameSpan = sameAs!.Span };
        return new StepBlock.Probe(call, expect, save, every ?? ProbeEvery, within, holds, sameAs?.Value) { EveryWritten = every is not null };
    }

    private void CheckProbeTimes(DurationValue every, DurationValue? within, DurationValue? holds)
    {
        if (every.Fixed is { } e && e <= TimeSpan.Zero) found.Add(Rules.BadDuration, every.Span, "'every' is no time at all.", "Write 'every: 15s'.");
        if (holds?.Fixed is { } h && every.Fixed is { } each && h < each * 2)
        {
            found.Add(Rules.BadDuration, holds.Span, $"'for' is {holds}, which is less than two samples of {every}.", $"Write at least 'for: {Durations.Format(each * 2)}'.");
        }

        if (holds?.Fixed is { } held && within?.Fixed is { } limit && held > limit)
        {
            found.Add(Rules.BadDuration, holds.Span, $"'for' is {holds}, longer than 'within', {within}.", "Give 'within' more time.");
        }
    }

    private static StepBlock.Check? ReadCheck(Form form) =>
        form.Condition("expect", true, "expect: \"${a} == ${b}\"") is { } expect ? new StepBlock.Check(expect) : null;

    private StepBlock.Ask? ReadAsk(Form form)
    {
        var role = form.Text("role", true, "role: operator");
        var each = form.Boolean("each");
        var value = form.Map("value", true, "value: {name: {type: string}}");
        var expect = form.Condition("expect", false, "expect: \"length(answers) == `2`\"");
        var save = form.Save();
        var within = form.Duration("within", false, "within: 1h");
        if (value is { Members.IsEmpty: true }) form.Complain(value, "'value' asks for nothing.", "Name what is asked for, with its schema.");
        var members = value is null ? [] : new SchemaReader(found).ReadProperties(value, "'value'");
        foreach (var member in value?.Members ?? []) Names.CheckVariable(member.Key, found, "An asked value");
        return role is null || value is null
            ? null
            : new StepBlock.Ask(role.Value, each, members, expect, save, within) { RoleSpan = role.Span };
    }

    private StepBlock.Approval? ReadApproval(Form form)
    {
        var role = form.Text("role", true, "role: custodian");
        var quorum = form.WholeNumber("quorum", 1, 99, "quorum: 2");
        var over = form.Words("over", true, "over: plan").Select(ReadSubject).OfType<ApprovalSubject>().ToImmutableArray();
        var within = form.Duration("within", false, "within: 30m");
        if (role is null || over.IsEmpty) return null;
        return new StepBlock.Approval(role.Value, (int?)quorum, over, within ?? ApprovalWithin) { RoleSpan = role.Span };
    }

    private ApprovalSubject? ReadSubject(YamlScalar word)
    {
        var (kind, step) = word.Value switch
        {
            "plan" => (ApprovalSubjectKind.Plan, (string?)null),
            "close" => (ApprovalSubjectKind.Close, null),
            var s when s.StartsWith("step:", StringComparison.Ordinal) => (ApprovalSubjectKind.Step, s[5..].Trim()),
            var s when s.StartsWith("result:", StringComparison.Ordinal) => (ApprovalSubjectKind.Result, s[7..].Trim()),
            _ => ((ApprovalSubjectKind)(-1), null),
        };
        if (Enum.IsDefined(kind) && step != "") return new ApprovalSubject(kind, step) { Span = word.Span };
        found.Add(Rules.OverUnknown, word.Span, $"'{word.Value}' is nothing that is approved.", "Write plan, step:<slug>, result:<slug> or close.");
        return null;
    }

    private StepBlock.Fault? ReadFault(Form form)
    {
        var call = ReadUse(form, required: true);
        var expect = form.Condition("expect", false, "expect: \"status == `200`\"");
        var save = form.Save();
        var limit = form.Duration("limit", true, "limit: 90m");
        CheckLimit(limit);
        var timeout = form.Duration("timeout", false, "timeout: 5m");
        var undo = ReadUndo(form);
        var blast = form.Map("blast-radius", false, "blast-radius: {allow: []}");
        var steady = form.Words("steady-state", false, "steady-state: [reads-work]");
        var unharmed = form.Words("unharmed", false, "unharmed: [other-reads]");
        if (call is null || limit is null) return null;
        Template? allow = null;
        if (blast is not null)
        {
            var inner = new Form(blast, found, Rules.BlockMember, "'blast-radius'");
            allow = inner.Node("allow", true, "allow: [\"${id}\"]") is { } node && IsIds(node, inner) ? new Template(node) : null;
            inner.Close();
        }

        return new StepBlock.Fault(call, expect, save, limit, timeout, undo, allow, [.. steady.Select(s => s.Value)], [.. unharmed.Select(s => s.Value)]);
    }

    /// <summary>What may suffer is a list of ids, or one variable that holds such a list.</summary>
    private static bool IsIds(YamlNode node, Form form)
    {
        if (node is YamlSequence list && list.Items.All(i => i is YamlScalar { IsString: true })) return true;
        if (node is YamlScalar scalar && Template.Whole(scalar) is not null) return true;
        form.Complain(node, $"'allow' is {node.Describe()}, and must be a list of ids.", "Write 'allow: [\"${id}\"]', or 'allow: []' where nothing else may suffer.");
        return false;
    }

    private void CheckLimit(DurationValue? limit)
    {
        if (limit?.Fixed is { } time && time <= TimeSpan.Zero) found.Add(Rules.BadDuration, limit.Span, "'limit' is no time at all.", "Write 'limit: 90m'.");
    }

    private StepBlock.Lease? ReadLease(Form form)
    {
        var call = ReadUse(form, required: true);
        var expect = form.Condition("expect", false, "expect: \"status == `200`\"");
        var save = form.Save();
        var limit = form.Duration("limit", true, "limit: 1h");
        CheckLimit(limit);
        var timeout = form.Duration("timeout", false, "timeout: 5m");
        var undo = ReadUndo(form);
        return call is null || limit is null ? null : new StepBlock.Lease(call, expect, save, limit, timeout, undo);
    }

    private ImmutableArray<ActionUse> ReadUndo(Form form)
    {
        var node = form.Node("undo", false, "undo: [{use: …, with: {…}}]");
        if (node is null) return [];
        if (node is not YamlSequence { Items.Length: >= 1 and <= 5 } list)
        {
            form.Complain(node, "'undo' is a list of one to five actions.", "Write '- use: …' and its 'with'.");
            return [];
        }

        var undo = ImmutableArray.CreateBuilder<ActionUse>();
        foreach (var item in list.Items)
        {
            if (item is not YamlMapping mapping)
            {
                form.Complain(item, "'undo' holds something that is no action.", "Write '- use: …' and its 'with'.");
                continue;
            }

            var inner = new Form(mapping, found, Rules.BlockMember, "An 'undo' action");
            if (ReadUse(inner, required: true) is { } call) undo.Add(call);
            inner.Close();
        }

        return undo.ToImmutable();
    }

    private static StepBlock.Revert? ReadRevert(Form form)
    {
        var fault = form.Text("fault", true, "fault: <slug of the fault or lease>");
        var within = form.Duration("within", false, "within: 15m");
        return fault is null ? null : new StepBlock.Revert(fault.Value, within ?? RevertWithin) { OfSpan = fault.Span };
    }

    private static StepBlock.Wait? ReadWait(Form form)
    {
        var time = form.Duration("for", false, "for: 10m");
        var until = form.Text("until", false, "until: 2026-12-01T09:00:00Z");
        if ((time is null) == (until is null))
        {
            form.Complain(form.Mapping, "a wait has 'for' or 'until', one of the two.", "Write 'for: 10m'.");
            return null;
        }

        if (until is not null && !until.Value.Contains("${", StringComparison.Ordinal) && !SchemaFormats.IsTime(until.Value))
        {
            form.Complain(until, "'until' is no time.", "Write 'until: 2026-12-01T09:00:00Z'.");
            return null;
        }

        return new StepBlock.Wait(time, until is null ? null : new Template(until));
    }

    private static StepBlock.Call? ReadCall(Form form)
    {
        var file = form.Text("use", true, "use: other-runbook.md");
        var with = form.Map("with", false, "with: {name: value}");
        var save = form.Save();
        if (file is null) return null;
        if (!file.Value.EndsWith(".md", StringComparison.Ordinal) || file.Value.StartsWith('/') || file.Value.Contains('\\', StringComparison.Ordinal))
        {
            form.Complain(file, $"'{file.Value}' is no runbook beside this file.", "Write a relative path that ends in .md.");
            return null;
        }

        return new StepBlock.Call(file.Value, With(with, form), save) { FileSpan = file.Span };
    }

    private static ActionUse? ReadUse(Form form, bool required)
    {
        var use = form.Text("use", required, "use: keyvault.key.get");
        var with = form.Map("with", false, "with: {name: value}");
        return use is null ? null : new ActionUse(use.Value, With(with, form)) { NameSpan = use.Span };
    }

    private static Template With(YamlMapping? with, Form form) => new(with ?? new YamlMapping(form.Mapping.Span with { Length = 0 }, []));
}
