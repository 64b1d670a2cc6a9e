using System.Collections.Immutable;
using Runbook.Actions;
using Runbook.Cli.Loading;
using Runbook.Engine;
using Runbook.Language;

namespace Runbook.Cli.Testing;

/// <summary>A runbook that is tested, with everything that it calls.</summary>
/// <param name="File">Its file, beside whose folder the estates are looked for.</param>
/// <param name="Program">The compiled program.</param>
/// <param name="Sources">The files, its own first.</param>
internal sealed record TestedRunbook(string File, SessionProgram Program, ImmutableArray<RunbookSource> Sources)
{
    /// <summary>Whether its Azure is a server that is reached under Azure's public names, as a profile leads there, and not one in this process.</summary>
    public bool OverHttps { get; init; }

    /// <summary>Its id.</summary>
    public string Id => Program.Document.Id;

    /// <summary>Where its world lies unless somebody says otherwise.</summary>
    public string WorldPath => Path.ChangeExtension(File, ".world.yaml");

    /// <summary>Reads one that must have no errors.</summary>
    public static TestedRunbook Load(string file, CliConsole console)
    {
        var loaded = RunbookLoader.LoadGood(file, AzureActions.Catalogue, console);
        return new TestedRunbook(file, loaded.ToProgram(), loaded.Sources);
    }

    /// <summary>The step of a path through calls; <see langword="null"/> where there is none.</summary>
    public MachineState? StateOf(string path)
    {
        var (machine, file, parts) = (Program.Root, Program.RootPath, path.Split('/'));
        foreach (var part in parts[..^1])
        {
            if (machine.State(part)?.Step.Block is not StepBlock.Call call) return null;
            file = SessionProgram.Called(file, call);
            machine = Program.Machine(file);
        }

        return machine.State(parts[^1]);
    }
}
