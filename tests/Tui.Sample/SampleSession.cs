using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Language;

namespace Runbook.Tui.Sample;

/// <summary>A session on a <see cref="SampleWorld"/>, in a folder of its own.</summary>
public sealed class SampleSession
{
    private const string Name = "sample.md";
    private readonly byte[] _markdown;
    private readonly RehearsalPeople _people;

    /// <summary>Compiles the runbook.</summary>
    /// <param name="world">What it acts on.</param>
    /// <param name="markdown">The runbook.</param>
    /// <param name="folder">Where the session lies.</param>
    /// <param name="clock">Its clock.</param>
    /// <exception cref="ArgumentException">The runbook has errors.</exception>
    public SampleSession(SampleWorld world, string markdown, string folder, ISessionClock clock)
    {
        (World, Folder, Clock, _markdown) = (world, folder, clock, Encoding.UTF8.GetBytes(markdown));
        var compiled = RunbookCompiler.Compile(_markdown, "sample", world.Actions.Catalogue);
        if (compiled.Machine is null) throw new ArgumentException(string.Join('\n', compiled.Diagnostics.Select(d => $"{d} {d.Fix}")), nameof(markdown));
        Program = new SessionProgram(RunbookLinker.Link(Name, new Dictionary<string, Compilation> { [Name] = compiled }), Name);
        _people = new RehearsalPeople(Program.Document.Rehearsal, FilesFolder, clock.Time);
    }

    /// <summary>What it acts on.</summary>
    public SampleWorld World { get; }

    /// <summary>Where the session lies.</summary>
    public string Folder { get; }

    /// <summary>Its clock.</summary>
    public ISessionClock Clock { get; }

    /// <summary>The runbook.</summary>
    public SessionProgram Program { get; }

    /// <summary>The session's directory.</summary>
    public string Directory => Path.Combine(Folder, "s");

    /// <summary>What is carried in and out of the room.</summary>
    public string FilesFolder => Path.Combine(Folder, "s.files");

    /// <summary>The rehearsal's people, who can lend what a newcomer does not have.</summary>
    public RehearsalPeople People => _people;

    /// <summary>People who act by themselves; nobody does by default.</summary>
    public ISimulatedPeople? Simulated { get; set; }

    /// <summary>Keys that are at hand from the beginning.</summary>
    public IPersonKeys Keys { get; set; } = new RehearsalKeyring();

    /// <summary>Starts guards; without them nothing is broken.</summary>
    public IGuardPost? Guards { get; set; }

    /// <summary>Tells what a fault reaches; without it nothing is broken.</summary>
    public IBlastRadius? BlastRadius { get; set; }

    private static ConsoleProgram Console => new("sample", "0.1.0", Digest.OfText("a sample"));

    private SessionGround Ground => new()
    {
        Actions = World.Actions,
        Clock = Clock,
        Journal = new JournalGround { Time = Clock.Time, SecretFound = SecretFound.Refuse },
        FilesFolder = FilesFolder,
        Simulated = Simulated,
        Keys = Keys,
        Guards = Guards,
        BlastRadius = BlastRadius,
    };

    /// <summary>Opens it; it does not run yet.</summary>
    public Task<SessionRunner> OpenAsync(CancellationToken cancellationToken) => SessionOpener.OpenAsync(new SessionStart
    {
        Directory = Directory,
        Program = Program,
        Sources = [new RunbookSource(Name, _markdown)],
        Inputs = Inputs(),
        Roster = Rehearsal.RosterFor(Program.Document.Roles.Select(r => new DeclaredRole(r.Name, r.People, r.Quorum))),
        Operator = "alice",
        OperatorObjectId = "11111111-2222-4333-8444-555555555555",
        Environment = "rehearsal",
        Embedded = new EmbeddedPlace("1", 7),
        Clock = SessionClock.Virtual,
        Simulated = Simulated is not null,
        Console = Console,
    }, Ground, cancellationToken);

    /// <summary>Goes on with it.</summary>
    public async Task<SessionRunner> ResumeAsync(CancellationToken cancellationToken)
    {
        var recovered = await JournalRecovery.OpenAsync(Directory, Ground.Journal, Console, cancellationToken).ConfigureAwait(false);
        return await SessionOpener.ResumeAsync(recovered, World.Actions.Catalogue, Ground, cancellationToken).ConfigureAwait(false);
    }

    private ImmutableSortedDictionary<string, JsonElement> Inputs()
    {
        var inputs = ImmutableSortedDictionary.CreateBuilder<string, JsonElement>(StringComparer.Ordinal);
        foreach (var input in Program.Document.Inputs)
        {
            if (Program.Document.Rehearsal.Inputs.TryGetValue(input.Name, out var value)) inputs[input.Name] = value;
            else if (input.Schema.Default is { } preset) inputs[input.Name] = preset;
        }

        return inputs.ToImmutable();
    }
}
