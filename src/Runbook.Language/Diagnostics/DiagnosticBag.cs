using System.Collections.Immutable;

namespace Runbook.Language;

/// <summary>Collects findings about one file and hands them out sorted and without repetition.</summary>
internal sealed class DiagnosticBag(SourceText source, string file)
{
    private readonly List<Diagnostic> _found = [];
    private readonly HashSet<(string, SourcePosition, string)> _seen = [];

    public SourceText Source { get; } = source;

    public string File { get; } = file;

    public bool HasErrors { get; private set; }

    /// <summary>How many findings there are so far.</summary>
    public int Count => _found.Count;

    /// <summary>Whether a rule has been found broken.</summary>
    public bool Has(Rule rule) => _found.Exists(d => d.Code == rule.Code);

    /// <summary>Records a finding; its severity is the rule's.</summary>
    public void Add(Rule rule, SourceSpan span, string message, string fix, ImmutableArray<string> path = default)
    {
        var start = Source.PositionAt(span.Start);
        if (!_seen.Add((rule.Code, start, message))) return;
        HasErrors |= rule.Severity == DiagnosticSeverity.Error;
        _found.Add(new Diagnostic
        {
            Code = rule.Code,
            Severity = rule.Severity,
            File = File,
            Start = start,
            End = Source.PositionAt(span.End),
            Message = message,
            Fix = fix,
            Path = path.IsDefault ? [] : path,
        });
    }

    /// <summary>Everything found, by line, then column, then code; at most <see cref="Limits.DiagnosticsMax"/>.</summary>
    public ImmutableArray<Diagnostic> ToSorted()
    {
        var sorted = _found
            .OrderBy(d => d.Start)
            .ThenBy(d => d.Code, StringComparer.Ordinal)
            .ThenBy(d => d.Message, StringComparer.Ordinal)
            .ToList();
        if (sorted.Count <= Limits.DiagnosticsMax) return [.. sorted];

        var last = sorted[Limits.DiagnosticsMax - 1];
        return
        [
            .. sorted.Take(Limits.DiagnosticsMax - 1),
            last with
            {
                Code = Rules.TooMany.Code,
                Severity = Rules.TooMany.Severity,
                Message = $"There are {sorted.Count - Limits.DiagnosticsMax + 1} more findings.",
                Fix = "Mend the ones above first, then check again.",
                Path = [],
            },
        ];
    }
}
