using Runbook.Actions;
using Runbook.Cli.Guards;
using Runbook.Cli.Loading;
using Runbook.Cli.People;
using Runbook.Cli.Worlds;
using Runbook.Engine;
using Runbook.Journal;
using Runbook.Language;
using Runbook.Simulator;

namespace Runbook.Cli.Sessions;

/// <summary>Puts together what a session stands on: world, people, keys, disk.</summary>
internal static class SessionFactory
{
    // Of the keys that the embedded Azure makes when it is asked for them, so many are made ahead, of the size that most runbooks ask for.
    private const int KeysAheadMax = 4;
    private const int KeysAheadBits = 3072;

    /// <summary>Begins a new session.</summary>
    public static async Task<SessionHost> BeginAsync(LoadedRunbook loaded, SessionInputs inputs, string? rosterFile, string? directory, SessionChoices choices, CancellationToken cancellationToken)
    {
        var program = loaded.ToProgram();
        RequireStep(program, choices.Until);
        // Read once, before all else: a profile that is not there is the first thing to say.
        var real = choices.Profile is { } profile ? RealWorld.Open(profile) : null;
        var chance = SystemRandomSource.Instance;
        var (roster, keyring) = PeopleOf(program, rosterFile, choices);
        var driver = keyring is FileKeyring own ? Rosters.Operator(roster.Roster, own, choices.Operator) : choices.Operator ?? roster.Roster.PeopleOf("operator").First().Id;
        var id = SessionNames.NewSession(TimeProvider.System.GetUtcNow(), chance);
        var root = Path.GetFullPath(directory ?? Path.Combine(SessionPaths.DefaultFolder, id));
        RequireEmpty(root);
        SessionPaths.RequireFree(root);
        IWorld world = real is not null
            ? real
            : await BeginWorldAsync(loaded, root, choices, keyring is RehearsalKeyring ? null : TimeProvider.System.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        try
        {
            var guards = new GuardPost(root, world, choices.Grace, choices.Profile, choices.Speed);
            var people = choices.Profile is null && keyring is RehearsalKeyring ? new RehearsalPeople(program.Document.Rehearsal, SessionPaths.FilesOf(root), world.Clock.Time, RehearsalCrypto.Keys) : null;
            var runner = await SessionOpener.OpenAsync(new SessionStart
            {
                Session = id,
                Directory = root,
                Program = program,
                Sources = loaded.Sources,
                Inputs = inputs.Values,
                Secrets = inputs.Secrets,
                Roster = roster,
                Operator = driver,
                OperatorObjectId = await world.OperatorObjectIdAsync(cancellationToken).ConfigureAwait(false),
                Environment = world.Label,
                Azure = world.Azure,
                Embedded = world.Embedded,
                Clock = world.ClockKind,
                Simulated = choices.Rehearse,
                Console = ProgramIdentity.OfThisProcess(),
            }, Ground(world, root, keyring, people, choices, guards), cancellationToken).ConfigureAwait(false);
            return new SessionHost(runner, world, keyring, people, choices, guards);
        }
        catch
        {
            await world.DisposeAsync().ConfigureAwait(false);
            EmbeddedWorld.RemoveUnused(root);
            SessionPaths.RemoveUnusedFiles(root);
            throw;
        }
    }

    /// <summary>What a session stands on.</summary>
    public static SessionGround Ground(IWorld world, string root, IKeyring keyring, RehearsalPeople? people, SessionChoices choices, GuardPost guards) => new()
    {
        Actions = world.Actions,
        Preflight = world.Preflight,
        Guards = guards,
        GuardsLeases = choices.Profile is not null,
        BlastRadius = world.BlastRadius,
        Clock = world.Clock,
        Journal = new JournalGround { Time = world.Clock.Time },
        FilesFolder = SessionPaths.FilesOf(root),
        Simulated = choices.Rehearse ? people : null,
        Keys = keyring,
        Until = choices.Until,
    };

    private static (SignedRoster Roster, IKeyring Keyring) PeopleOf(SessionProgram program, string? rosterFile, SessionChoices choices)
    {
        if (rosterFile is null)
        {
            if (choices.Profile is not null) throw new CliException("RC068", "a session on a real Azure needs people of its own.", "the session has not started; nothing was written.", "name a roster that an authority signed: --roster roster.json    (runbook keys makes one)");
            return (Rosters.ForRehearsal(program.Document), new RehearsalKeyring());
        }

        if (choices.Rehearse) throw new CliException("RC002", "--rehearse has people of its own, and takes no --roster.", "nothing was done.", "leave out one of the two.");
        var roster = Rosters.Read(rosterFile);
        var own = OwnKeys.OfThisUser();
        Rosters.RequireTrusted(roster, own.TrustedAuthorities());
        return (roster, new FileKeyring(own, roster.Roster));
    }

    private static async Task<IWorld> BeginWorldAsync(LoadedRunbook loaded, string root, SessionChoices choices, DateTimeOffset? startAt, CancellationToken cancellationToken)
    {
        KeysAhead.Begin(KeysAheadBits, Math.Min(KeysAheadMax, Uses(loaded.Linked).Count(name => name == "keyvault.key.create")));
        var rehearsal = loaded.Linked.ByPath[loaded.RootPath].Document!.Rehearsal;
        var estate = EstateFiles.Estate(loaded.File, rehearsal.Estate);
        EstateFiles.OpenSafe(loaded.File, rehearsal.Estate, SessionPaths.FilesOf(root));
        var scenario = rehearsal.Scenario is { } name ? EstateFiles.Scenario(loaded.File, name) : null;
        return await EmbeddedWorld.StartAsync(root, estate, scenario, choices.RealClock, choices.Speed, startAt, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What no real Azure can do is not begun there; to be said before anybody is asked for anything.</summary>
    /// <exception cref="CliException">The runbook does something that exists on the embedded Azure only.</exception>
    public static void RequireForReal(SessionProgram program)
    {
        var embedded = Uses(program.Linked).FirstOrDefault(n => AzureActions.Catalogue.Find(n)?.EmbeddedOnly == true);
        if (embedded is null) return;
        throw new CliException("RC096", $"\"{program.Document.Id}\" uses {embedded}, which exists on the embedded Azure only.", "the session has not started; nothing was sent.", "rehearse it with --rehearse. On a real Azure follow the variant by hand where the drill names one, in which a person does it.", ExitCodes.Refused);
    }

    // The actions that steps call, in the order of the steps.
    private static IEnumerable<string> Uses(LinkedRunbook linked) => linked.ByPath.Values.SelectMany(c => c.Machine!.States).Select(s => s.Step.Block switch
    {
        StepBlock.Action a => a.Use.Name,
        StepBlock.Fault f => f.Use.Name,
        StepBlock.Lease l => l.Use.Name,
        _ => null,
    }).OfType<string>();

    private static void RequireStep(SessionProgram program, string? until)
    {
        if (until is null || program.Root.State(until) is not null) return;
        throw new CliException("RC053", $"\"{program.Document.Id}\" has no step \"{until}\".", "nothing was executed; nothing was written.", $"its steps are {string.Join(", ", program.Root.States.Select(s => s.Slug))}.");
    }

    private static void RequireEmpty(string root)
    {
        if (!Directory.Exists(root) || !Directory.EnumerateFileSystemEntries(root).Any()) return;
        throw new CliException("RC054", $"\"{SessionHost.Shown(root)}\" is not empty.", "nothing was done.", File.Exists(Path.Combine(root, SessionDirectory.JournalName)) ? $"go on with the session that lies there: runbook resume {SessionHost.Shown(root)}" : "name a new directory: --out DIR");
    }
}
