using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Actions;
using Runbook.Cli.Loading;
using Runbook.Cli.People;
using Runbook.Cli.Worlds;
using Runbook.Engine;
using Runbook.Journal;
using Runbook.Simulator;

namespace Runbook.Cli.Exploring;

/// <summary>A runbook that is explored, with all that its runs share: read, compiled and prepared once.</summary>
internal sealed record ExploredRunbook
{
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
    public required PreparedEstate Estate { get; init; }

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
            Estate = await PreparedAsync(estate, cancellationToken).ConfigureAwait(false),
            Standing = EstateStanding.Of(estate),
            Scenario = rehearsal.Scenario is { } scenario ? EstateFiles.Scenario(file, scenario) : null,
        };
    }

    /// <summary>Puts what the people hold outside of Azure into a folder.</summary>
    public void OpenSafe(string filesFolder) => EstateFiles.OpenSafe(File, Program.Document.Rehearsal.Estate, filesFolder);

    // What an Azure makes for itself when it is first asked, such as the keys that sign its tokens, is made here once for all runs.
    private static async Task<PreparedEstate> PreparedAsync(string estate, CancellationToken cancellationToken)
    {
        var azure = await EmbeddedAzure.StartAsync(new EmbeddedAzureOptions { Clock = ClockMode.Standing, Estate = estate, Seed = "1" }, cancellationToken).ConfigureAwait(false);
        await using (azure.ConfigureAwait(false))
        {
            using var wire = new ExploredWire();
            wire.Turn(new ExploredWorld(azure, new MishapBook([])) { Session = new SessionDirectory("/none") });
            await new ExploredCredential(wire).GetTokenAsync(new Azure.Core.TokenRequestContext(["https://management.azure.com/.default"]), cancellationToken).ConfigureAwait(false);
            return PreparedEstate.Read(azure.State.Export(EstateSecrets.Included));
        }
    }
}
