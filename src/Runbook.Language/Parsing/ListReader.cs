using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Markdig.Extensions.TaskLists;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Runbook.Language.Parsing;

/// <summary>What one top-level list of a step holds: ticks, transitions, and items that are prose.</summary>
internal sealed record ReadList(ImmutableArray<Attestation> Attestations, ImmutableArray<Transition> Transitions, ProseBlock.List? Prose);

/// <summary>Reads the lists at the top level of a step: each item is a tick, a transition or prose.</summary>
internal sealed partial class ListReader(DiagnosticBag found, ProseReader prose, ImmutableArray<RoleDeclaration> roles, bool rolesKnown)
{
    /// <summary>Reads a list.</summary>
    /// <param name="list">The list.</param>
    /// <param name="firstTick">Number of the first attestation in it.</param>
    public ReadList Read(ListBlock list, int firstTick)
    {
        var ticks = ImmutableArray.CreateBuilder<Attestation>();
        var transitions = ImmutableArray.CreateBuilder<Transition>();
        var rest = ImmutableArray.CreateBuilder<ImmutableArray<ProseBlock>>();
        foreach (var item in list.OfType<ListItemBlock>())
        {
            var first = (item.FirstOrDefault() as ParagraphBlock)?.Inline;
            if (first?.FirstChild is TaskList task) AddTick(item, first, task, ticks, firstTick);
            else if (first is not null && StartsLikeTransition(first)) AddTransition(item, first, transitions);
            else AddProse(item, rest);
        }

        return new ReadList(
            ticks.ToImmutable(),
            transitions.ToImmutable(),
            rest.Count == 0 ? null : new ProseBlock.List(list.IsOrdered, rest.ToImmutable()));
    }

    /// <summary>Refuses, anywhere inside a block, what counts at the top level of a step only.</summary>
    public void RefuseHidden(Block block, string where)
    {
        switch (block)
        {
            case FencedCodeBlock fence when IsExecutable(fence):
                found.Add(Rules.Hidden, ProseReader.SpanOf(fence), $"An executable block stands {where}, where it does not run.", "Move it to the top level of a step, or drop the second word of its fence.");
                break;
            case ListItemBlock item when (item.FirstOrDefault() as ParagraphBlock)?.Inline is { } first:
                if (first.FirstChild is TaskList)
                {
                    found.Add(Rules.Hidden, ProseReader.SpanOf(item), $"An attestation stands {where}, where nobody would be asked for it.", "Move it to the top level of a step.");
                }
                else if (StartsLikeTransition(first))
                {
                    found.Add(Rules.Hidden, ProseReader.SpanOf(item), $"A transition stands {where}, where it leads nowhere.", "Move it to the top level of a step.");
                }

                break;
        }

        if (block is not ContainerBlock container) return;
        foreach (var inner in container) RefuseHidden(inner, where);
    }

    /// <summary>Whether a fence claims to be executable: its language is YAML and a second word follows.</summary>
    public static bool IsExecutable(FencedCodeBlock fence) =>
        fence.Info is { } info && (info.Equals("yaml", StringComparison.OrdinalIgnoreCase) || info.Equals("yml", StringComparison.OrdinalIgnoreCase))
        && !string.IsNullOrWhiteSpace(fence.Arguments);

    private void AddProse(ListItemBlock item, ImmutableArray<ImmutableArray<ProseBlock>>.Builder rest)
    {
        var before = found.Count;
        foreach (var block in item.OfType<ContainerBlock>()) RefuseHidden(block, "inside a list item");
        foreach (var fence in item.OfType<FencedCodeBlock>()) RefuseHidden(fence, "inside a list item");
        var links = found.Count > before ? [] : item.Descendants<LinkInline>();
        foreach (var link in links.Where(l => l.Url?.StartsWith('#') == true))
        {
            found.Add(Rules.LinkWithoutTrigger, ProseReader.SpanOf(link), $"This list item links to '{link.Url}' and names no trigger: it looks like a transition and is none.", "Begin it with a trigger (- **on success** [Title](#title)), or say it in a sentence outside a list.");
        }

        rest.Add([.. item.Select(prose.Read).OfType<ProseBlock>()]);
    }

    private void AddTick(ListItemBlock item, ContainerInline inlines, TaskList task, ImmutableArray<Attestation>.Builder ticks, int firstTick)
    {
        if (task.Checked)
        {
            found.Add(Rules.PreTicked, ProseReader.SpanOf(item), "This attestation is written ticked; people tick it in the session.", "Write '- [ ]'.");
        }

        if (item.Count > 1)
        {
            found.Add(Rules.PreTicked, ProseReader.SpanOf(item[1]), "Something stands inside this attestation that nobody could tick.", "Keep an attestation to one paragraph.");
            foreach (var block in item.Skip(1)) RefuseHidden(block, "inside an attestation");
        }

        var parts = ProseReader.TrimStart(prose.ReadInlines(inlines));
        var (role, holders, text) = SplitRole(parts, ProseReader.SpanOf(item));
        if (ProseReader.PlainText(text).Trim().Length == 0)
        {
            found.Add(Rules.PreTicked, ProseReader.SpanOf(item), "This attestation says nothing.", "Write what is vouched for.");
            return;
        }

        ticks.Add(new Attestation(firstTick + ticks.Count, role, holders, text, BeforeBlock: false) { Span = ProseReader.SpanOf(item) });
    }

    /// <summary>Takes a leading bold role off: "each custodian", "one custodian", "custodian", with a colon.</summary>
    private (string Role, AttestationHolders Holders, ImmutableArray<ProseInline> Text) SplitRole(ImmutableArray<ProseInline> parts, SourceSpan span)
    {
        if (parts is not [ProseInline.Emphasis { Strong: true } bold, ..]) return ("operator", AttestationHolders.Quorum, parts);
        var said = ProseReader.PlainText(bold.Parts).Trim();
        var colonInside = said.EndsWith(':');
        var colonBehind = parts is [_, ProseInline.Text { Value: var next }, ..] && next.StartsWith(':');
        if (!colonInside && !colonBehind) return ("operator", AttestationHolders.Quorum, parts);

        var words = said.TrimEnd(':').Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var (holders, name) = words switch
        {
            ["each", var r] => (AttestationHolders.Each, r),
            ["one", var r] => (AttestationHolders.One, r),
            [var r] => (AttestationHolders.Quorum, r),
            _ => (AttestationHolders.Quorum, said),
        };
        if (rolesKnown && roles.All(r => r.Name != name))
        {
            found.Add(Rules.RoleUnknown, span, $"'{said.TrimEnd(':')}' is to tick this, and no such role is declared.", $"Declare the role in the front matter, or use one of {string.Join(", ", roles.Select(r => r.Name))}.");
        }

        var text = parts.RemoveAt(0);
        if (!colonInside) text = text.SetItem(0, new ProseInline.Text(((ProseInline.Text)text[0]).Value[1..]));
        return (name, holders, ProseReader.TrimStart(text));
    }

    private bool StartsLikeTransition(ContainerInline inlines) =>
        inlines.FirstChild is EmphasisInline { DelimiterCount: 2 } bold
        && FirstWord(ProseReader.PlainText(prose.ReadInlines(bold))) is "on" or "when" or "choose";

    private static string FirstWord(string text) => text.Trim().Split(' ', ':', ',')[0].ToLowerInvariant();

    private void AddTransition(ListItemBlock item, ContainerInline inlines, ImmutableArray<Transition>.Builder transitions)
    {
        var span = ProseReader.SpanOf(item);
        var parts = prose.ReadInlines(inlines).ToList();
        var trigger = ProseReader.PlainText(((ProseInline.Emphasis)parts[0]).Parts).Trim();
        TriggerKind? kind = trigger switch
        {
            "on success" => TriggerKind.Success,
            "on failure" => TriggerKind.Failure,
            "on timeout" => TriggerKind.Timeout,
            "on rejection" => TriggerKind.Rejection,
            "on abort" => TriggerKind.Abort,
            "when" => TriggerKind.When,
            "choose" => TriggerKind.Choose,
            _ => null,
        };
        if (kind is null)
        {
            found.Add(Rules.UnknownTrigger, span, $"'{trigger}' is no trigger.", "Write **on success**, **on failure**, **on timeout**, **on rejection**, **on abort**, **when** `condition` or **choose** \"text\".");
            return;
        }

        if (item.Count > 1)
        {
            found.Add(Rules.TransitionShape, ProseReader.SpanOf(item[1]), "Something stands inside this transition.", "Keep a transition to one line.");
            foreach (var block in item.Skip(1)) RefuseHidden(block, "inside a transition");
        }

        parts.RemoveAt(0);
        parts.RemoveAll(p => p is ProseInline.Text { Value: var v } && string.IsNullOrWhiteSpace(v));
        if (ReadTarget(parts, inlines, kind.Value, span) is { } transition) transitions.Add(transition);
    }

    private Transition? ReadTarget(List<ProseInline> parts, ContainerInline inlines, TriggerKind kind, SourceSpan span)
    {
        ConditionText? condition = null;
        string? choice = null;
        if (kind == TriggerKind.When)
        {
            if (parts is not [ProseInline.Code code, ..])
            {
                Shape(span, "A 'when' is followed by its condition in backticks.", "Write - **when** `condition` [Title](#title).");
                return null;
            }

            var expression = ExpressionReader.Read(code.Value.Trim(), code.Span, "The condition", found);
            if (expression is not null) condition = new ConditionText(expression) { Span = code.Span };
            parts.RemoveAt(0);
        }
        else if (kind == TriggerKind.Choose)
        {
            var match = parts is [ProseInline.Text { Value: var said }, ..] ? ChoicePattern().Match(said) : Match.Empty;
            if (!match.Success)
            {
                Shape(span, "A 'choose' is followed by its text in double quotation marks.", "Write - **choose** \"What the operator picks\" [Title](#title).");
                return null;
            }

            choice = match.Groups[1].Value;
            parts.RemoveAt(0);
        }

        var link = inlines.Descendants<LinkInline>().FirstOrDefault();
        if (parts is not [ProseInline.Link { Address: var address, Parts: var linkText }] || link is null || !address.StartsWith('#') || address.Length < 2)
        {
            Shape(span, "A transition ends in one link to a step or end of this file, and nothing else.", "Write [Title](#title) as the last thing of the line.");
            return null;
        }

        if (kind == TriggerKind.When && condition is null) return null;
        return new Transition(kind, condition, choice, Uri.UnescapeDataString(address[1..]))
        {
            Span = span,
            TargetSpan = ProseReader.SpanOf(link),
            LinkText = ProseReader.PlainText(linkText),
        };
    }

    private void Shape(SourceSpan span, string message, string fix) => found.Add(Rules.TransitionShape, span, message, fix);

    [GeneratedRegex("^\\s*\"([^\"]{1,120})\"\\s*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex ChoicePattern();
}
