using System.Collections.Concurrent;
using System.Collections.Immutable;
using Runbook.Actions;
using Runbook.Cli.Loading;
using Runbook.Cli.People;
using Runbook.Cli.Worlds;
using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Cli.Exploring;

/// <summary>A runbook that is explored, with all that its runs share: read, compiled and prepared once.</summary>
internal sealed record ExploredRunbook
{
    // Most runbooks begin in the same few estates.
    private static readonly ConcurrentDictionary<string, Task<ExploredEstate>> Estates = new(StringComparer.Ordinal);

    /// <summary>The path as it was typed.</summary>
    public required string File { get; init; }

    /// <summary>The program.</summary>
    public required SessionProgram Program { get; init; }

    /// <summary>Its files.</summary>
    public required ImmutableArray<RunbookSource> Sources { get; init; }

    /// <summary>Its inputs.</summary>
    public required SessionInputs Inputs { get; init; }

    /// <summary>Its people.</summary>
    public required SignedRoster Roster { get; init; }

    /// <summary>The estate that runs start from.</summary>
    public required ExploredEstate Estate { get; init; }

    /// <summary>That estate, as <see cref="EstateStanding"/> says it.</summary>
    public required string Standing { get; init; }

    /// <summary>The scenario's text, if it has one.</summary>
    public string? Scenario { get; init; }

    /// <summary>The runbook's id.</summary>
    public string Id => Program.Document.Id;

    /// <summary>Reads one that must have no errors.</summary>
    public static async Task<ExploredRunbook> LoadAsync(string file, CliConsole console, CancellationToken cancellationToken)
    {
        var loaded = RunbookLoader.LoadGood(file, AzureActions.Catalogue, console);
        var program = loaded.ToProgram();
        var rehearsal = program.Document.Rehearsal;
        var estate = EstateFiles.Estate(file, rehearsal.Estate);
        return new ExploredRunbook
        {
            File = file,
            Program = program,
            Sources = loaded.Sources,
            Inputs = new InputReader(program.Document, console).Read([], null, useRehearsal: true, ask: false),
            Roster = Rosters.ForRehearsal(program.Document),
            Estate = await Estates.GetOrAdd(estate, text => ExploredEstate.PrepareAsync(text, cancellationToken)).ConfigureAwait(false),
            Standing = EstateStanding.Of(estate),
            Scenario = rehearsal.Scenario is { } scenario ? EstateFiles.Scenario(file, scenario) : null,
        };
    }

    /// <summary>Lays a folder out as a run begins with it: what lies in the safe.</summary>
    public void Lay(string filesFolder)
    {
        if (Directory.Exists(filesFolder)) Directory.Delete(filesFolder, recursive: true);
        EstateFiles.OpenSafe(File, Program.Document.Rehearsal.Estate, filesFolder);
    }
}
