using System.Collections.Immutable;

namespace Runbook.Language;

/// <summary>How much a diagnostic weighs: an error keeps a runbook from running, a warning does not.</summary>
public enum DiagnosticSeverity
{
    /// <summary>Advice; the runbook may run.</summary>
    Warning,

    /// <summary>The runbook does not run.</summary>
    Error,
}

/// <summary>One finding of the parser or the checker about what an author wrote.</summary>
public sealed record Diagnostic
{
    /// <summary>Stable code, <c>RB</c> and three digits; listed in <see cref="Rules"/>.</summary>
    public required string Code { get; init; }

    /// <summary>Error or warning.</summary>
    public required DiagnosticSeverity Severity { get; init; }

    /// <summary>The file's name as it was given to the compiler, with <c>.md</c>.</summary>
    public required string File { get; init; }

    /// <summary>Where it begins.</summary>
    public required SourcePosition Start { get; init; }

    /// <summary>Just behind where it ends; equal to <see cref="Start"/> for a place without extent.</summary>
    public required SourcePosition End { get; init; }

    /// <summary>One sentence: what is wrong, with the names involved in quotation marks.</summary>
    public required string Message { get; init; }

    /// <summary>What to write instead; often text that can be pasted.</summary>
    public required string Fix { get; init; }

    /// <summary>
    /// For findings about paths: the steps and triggers that lead there, alternating (<c>step, trigger, step …</c>);
    /// empty otherwise.
    /// </summary>
    public ImmutableArray<string> Path { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Start}: {(Severity == DiagnosticSeverity.Error ? "error" : "warning")} {Code}: {Message}";
}
