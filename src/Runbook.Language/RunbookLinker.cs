using System.Collections.Immutable;
using Runbook.Language.Checking;
using Runbook.Language.Schemas;

namespace Runbook.Language;

/// <summary>A runbook with every runbook that it calls, directly or through others.</summary>
public sealed record LinkedRunbook
{
    /// <summary>The runbook itself.</summary>
    public required Compilation Root { get; init; }

    /// <summary>All runbooks by their path relative to the root's folder, in '/' form; the root's own is its file name.</summary>
    public required ImmutableSortedDictionary<string, Compilation> ByPath { get; init; }

    /// <summary>Everything found in the root and in the calls; a called runbook's own findings are its own.</summary>
    public required ImmutableArray<Diagnostic> Diagnostics { get; init; }

    /// <summary>Whether the root, a called runbook or a call has an error.</summary>
    public bool HasErrors =>
        Diagnostics.Any(d => d.Severity == DiagnosticSeverity.Error) || ByPath.Values.Any(c => c.HasErrors);

    /// <summary>The runbook that a call names, from the file in which it stands.</summary>
    public Compilation Called(string fromPath, string file) => ByPath[RunbookLinker.Resolve(fromPath, file)!];
}

/// <summary>Puts runbooks that call one another together, and checks the calls.</summary>
public static class RunbookLinker
{
    /// <summary>
    /// The path, relative to the root's folder, of a file named in <paramref name="file"/> by the runbook at
    /// <paramref name="fromPath"/>; <see langword="null"/> when it is no relative path.
    /// </summary>
    public static string? Resolve(string fromPath, string file)
    {
        ArgumentNullException.ThrowIfNull(fromPath);
        ArgumentNullException.ThrowIfNull(file);
        if (file.StartsWith('/') || file.Contains('\\', StringComparison.Ordinal) || file.Contains(':', StringComparison.Ordinal)) return null;
        var parts = fromPath.Split('/').SkipLast(1).ToList();
        foreach (var part in file.Split('/'))
        {
            if (part is "" or ".") continue;
            if (part == ".." && parts.Count > 0 && parts[^1] != "..") parts.RemoveAt(parts.Count - 1);
            else parts.Add(part);
        }

        return string.Join('/', parts);
    }

    /// <summary>Links a runbook with those that it calls.</summary>
    /// <param name="rootPath">The root's file name.</param>
    /// <param name="byPath">Compilations by path relative to the root's folder, the root's included; a missing one is a finding.</param>
    public static LinkedRunbook Link(string rootPath, IReadOnlyDictionary<string, Compilation> byPath)
    {
        ArgumentNullException.ThrowIfNull(byPath);
        var root = byPath[rootPath];
        var found = new DiagnosticBag(root.Source, root.Name + ".md");
        var linked = ImmutableSortedDictionary.CreateBuilder<string, Compilation>(StringComparer.Ordinal);
        linked[rootPath] = root;
        Walk(rootPath, root, [rootPath], byPath, linked, new Reporter(found, null));
        var all = Linked(root, linked.ToImmutable(), found);
        if (all.HasErrors) return all;
        CheckOpenScopes(all, rootPath, found);
        return Linked(root, all.ByPath, found);
    }

    private static LinkedRunbook Linked(Compilation root, ImmutableSortedDictionary<string, Compilation> byPath, DiagnosticBag found) => new()
    {
        Root = root,
        ByPath = byPath,
        Diagnostics = [.. root.Diagnostics.Concat(found.ToSorted()).OrderBy(d => d.Start).ThenBy(d => d.Code, StringComparer.Ordinal)],
    };

    /// <summary>What calls add to the scopes that are open at them: their steps, and their waits.</summary>
    private static void CheckOpenScopes(LinkedRunbook linked, string rootPath, DiagnosticBag found)
    {
        foreach (var finding in ModelCheck.Run(linked, rootPath, linked.Root.Catalogue))
        {
            var span = linked.Root.Document!.Step(finding.RootStep)!.Block is StepBlock.Call call && finding.RootStep != finding.Step ? call.FileSpan : finding.Span;
            found.Add(finding.Rule, span, finding.Message, finding.Fix, finding.Path);
        }

        ScopeChecks.RunLinked(linked, rootPath, found);
    }

    private static void Walk(
        string path,
        Compilation caller,
        ImmutableArray<string> stack,
        IReadOnlyDictionary<string, Compilation> byPath,
        ImmutableSortedDictionary<string, Compilation>.Builder linked,
        Reporter report)
    {
        foreach (var step in caller.Document?.Steps ?? [])
        {
            if (step.Block is not StepBlock.Call call) continue;
            var here = report.At(call.FileSpan, step);
            var target = Resolve(path, call.File);
            if (target is null || !byPath.TryGetValue(target, out var called))
            {
                here.Add(Rules.CallUnresolved, $"'{call.File}' is called and is not there.", "Name a runbook relative to this file.");
                continue;
            }

            if (stack.Contains(target))
            {
                here.Add(Rules.CallUnresolved, $"'{call.File}' leads back to itself: {string.Join(" calls ", stack.Append(target))}.", "Break the circle.");
                continue;
            }

            if (stack.Length >= Limits.CallDepthMax)
            {
                here.Add(Rules.CallUnresolved, $"Calls nest more than {Limits.CallDepthMax} deep here.", "Call it from further up.");
                continue;
            }

            linked[target] = called;
            if (called.HasErrors)
            {
                here.Add(Rules.CallUnresolved, $"'{call.File}' has errors of its own.", $"runbook check {target}");
                continue;
            }

            CheckFit(caller.Document!, called.Document!, call, here);
            Walk(target, called, stack.Add(target), byPath, linked, here);
        }
    }

    private static void CheckFit(RunbookDocument caller, RunbookDocument called, StepBlock.Call call, Reporter report)
    {
        foreach (var name in call.With.MemberNames.Where(n => called.Inputs.All(i => i.Name != n)))
        {
            report.Add(Rules.CallMismatch, $"'{call.File}' has no input '{name}'.", $"It has {string.Join(", ", called.Inputs.Select(i => i.Name))}.");
        }

        foreach (var input in called.Inputs)
        {
            if (call.With.Member(input.Name) is { } value) CheckInput(call, input, value, report);
            else if (input.Required) report.Add(Rules.CallMismatch, $"'{call.File}' needs the input '{input.Name}'.", $"Add '{input.Name}' to 'with'.");
        }

        foreach (var role in called.Roles)
        {
            if (caller.Role(role.Name) is not { } own) report.Add(Rules.CallMismatch, $"'{call.File}' needs the role '{role.Name}', which its caller does not declare.", $"Add '{role.Name}' to the roles.");
            else if (own.People < role.People) report.Add(Rules.CallMismatch, $"'{call.File}' needs {role.People} people of the role '{role.Name}', and its caller has {own.People}.", $"Declare {role.People}.");
        }

        foreach (var environment in caller.Environments.Where(e => !called.Environments.Contains(e)))
        {
            report.Add(Rules.CallMismatch, $"This runbook may run in '{environment}', and '{call.File}' may not.", $"Leave '{environment}' out here, or allow it there.");
        }
    }

    private static void CheckInput(StepBlock.Call call, SchemaMember input, Template value, Reporter report)
    {
        if (!value.Variables.IsEmpty) return;
        foreach (var problem in input.Schema.Check(value.Fill(static _ => null)))
        {
            report.Add(Rules.CallMismatch, $"'{input.Name}' for '{call.File}' {problem.Message}.", "Give what the called runbook takes.");
        }
    }

    /// <summary>Puts what is found in a call further down at the call of the root that leads there.</summary>
    private sealed class Reporter(DiagnosticBag found, (SourceSpan Span, RunbookStep Step)? place)
    {
        public Reporter At(SourceSpan span, RunbookStep step) => place is null ? new Reporter(found, (span, step)) : this;

        public void Add(Rule rule, string message, string fix) => found.Add(rule, place!.Value.Span, message, fix);
    }
}
