using System.Collections.Immutable;

namespace Runbook.Language.Parsing;

/// <summary>Puts the call of the named probe, and what else it lends, in the place of <c>same-as</c>.</summary>
internal static class SameAs
{
    public static ImmutableArray<RunbookStep> Resolve(ImmutableArray<RunbookStep> steps, DiagnosticBag found)
    {
        var resolved = ImmutableArray.CreateBuilder<RunbookStep>(steps.Length);
        foreach (var step in steps)
        {
            if (step.Block is not StepBlock.Probe { SameAs: { } name } probe)
            {
                resolved.Add(step);
                continue;
            }

            if (steps.FirstOrDefault(s => s.Slug == name)?.Block is StepBlock.Probe { SameAs: null } lender)
            {
                resolved.Add(step with
                {
                    Block = probe with
                    {
                        Use = lender.Use with { NameSpan = probe.Use.NameSpan },
                        Expect = probe.Expect ?? lender.Expect,
                        Every = probe.EveryWritten ? probe.Every : lender.Every,
                    },
                });
                continue;
            }

            if (steps.FirstOrDefault(s => s.Slug == name) is { IsBroken: true })
            {
                resolved.Add(step with { Block = null, IsBroken = true });
                continue;
            }

            found.Add(Rules.ProbeUnknown, probe.Use.NameSpan, $"'{name}' is no probe of this file that writes 'use' itself.", "Name the step of such a probe.");
            resolved.Add(step with { Block = null, IsBroken = true });
        }

        return resolved.ToImmutable();
    }
}
