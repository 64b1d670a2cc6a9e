namespace Runbook.Language;

/// <summary>Every limit of the language in one place. Crossing one is a diagnostic, never an exception.</summary>
public static class Limits
{
    /// <summary>Largest runbook, in bytes of UTF-8: 1 MiB.</summary>
    public const int RunbookBytesMax = 1024 * 1024;

    /// <summary>Deepest nesting of mappings and sequences in front matter or a block.</summary>
    public const int YamlDepthMax = 16;

    /// <summary>Most nodes in one piece of YAML.</summary>
    public const int YamlNodesMax = 10_000;

    /// <summary>Deepest nesting of Markdown (quotations and lists in one another).</summary>
    public const int MarkdownDepthMax = 32;

    /// <summary>Most steps in one runbook.</summary>
    public const int StepsMax = 500;

    /// <summary>Longest JMESPath expression, in UTF-16 code units.</summary>
    public const int ExpressionLengthMax = 4096;

    /// <summary>Deepest nesting of a JMESPath expression.</summary>
    public const int ExpressionDepthMax = 64;

    /// <summary>Most tokens of a JMESPath expression; it bounds how deep a chain of operators can grow.</summary>
    public const int ExpressionTokensMax = 1000;

    /// <summary>Most results that one evaluation may produce before it is given up as an error.</summary>
    public const int ExpressionResultsMax = 100_000;

    /// <summary>Longest duration that a runbook may name: 400 days.</summary>
    public static readonly TimeSpan DurationMax = TimeSpan.FromDays(400);

    /// <summary>Deepest nesting of runbooks that call one another.</summary>
    public const int CallDepthMax = 8;

    /// <summary>Most states that the model check looks at before it gives a runbook up as too large: some 300 MiB of memory.</summary>
    public const int ProductStatesMax = 2_000_000;

    /// <summary>Most steps, those of called runbooks counted once a call, that the model check lays out.</summary>
    public const int ProductPlacesMax = 20_000;

    /// <summary>Most states that the model check looks at for all that is owed before or behind a step, one after another.</summary>
    public const long ProductWorkMax = 100_000_000;

    /// <summary>Most diagnostics reported for one file; the last then says that there are more.</summary>
    public const int DiagnosticsMax = 500;

    /// <summary>Longest pattern of a schema, in UTF-16 code units.</summary>
    public const int PatternLengthMax = 512;

    /// <summary>Deepest JSON value that a variable may hold.</summary>
    public const int ValueDepthMax = 12;
}
