using System.Collections.Immutable;

namespace Runbook.Language;

/// <summary>What became of one file: its document, its machine, and everything found about it.</summary>
public sealed record Compilation
{
    /// <summary>The file's name without <c>.md</c>, as given.</summary>
    public required string Name { get; init; }

    /// <summary>The document as far as it could be read; <see langword="null"/> when nothing could.</summary>
    public required RunbookDocument? Document { get; init; }

    /// <summary>The machine; <see langword="null"/> exactly when a diagnostic is an error.</summary>
    public required MachineDefinition? Machine { get; init; }

    /// <summary>Everything found, by line, column and code.</summary>
    public required ImmutableArray<Diagnostic> Diagnostics { get; init; }

    /// <summary>The text, for showing findings in it.</summary>
    public required SourceText Source { get; init; }

    /// <summary>The runbooks that it calls, as written: paths relative to the file.</summary>
    public ImmutableArray<string> Calls { get; init; } = [];

    /// <summary>How many states the model check looked at; <see langword="null"/> where something kept it from looking.</summary>
    public int? StatesChecked { get; init; }

    internal Actions.ActionCatalogue Catalogue { get; init; } = Actions.ActionCatalogue.Empty;

    /// <summary>Whether anything found is an error.</summary>
    public bool HasErrors => Diagnostics.Any(d => d.Severity == DiagnosticSeverity.Error);
}
