using System.Collections.Immutable;
using Runbook.Actions;
using Runbook.Cli.Worlds;
using Runbook.Engine;
using Runbook.Journal;
using Runbook.Simulator;

namespace Runbook.Cli.Exploring;

/// <summary>
/// One explored run: a session from its opening to its end, with everything that goes wrong on the way, resumed as often as it
/// dies; then what must be true of every run is looked for.
/// </summary>
/// <param name="bench">What the worker uses for all its runs.</param>
/// <param name="runbook">The runbook.</param>
/// <param name="seed">What ids and keys follow from.</param>
/// <param name="mishaps">What goes wrong.</param>
internal sealed class ExploredRun(RunBench bench, ExploredRunbook runbook, long seed, ImmutableArray<Mishap> mishaps)
{
    private const string SessionFolder = "/explored/s";
    private static readonly ConsoleProgram Program = new(ProgramIdentity.Name, ProgramIdentity.Version, Digest.OfText("an explored run"));
    private static readonly TimeSpan GuardsEndWithin = TimeSpan.FromDays(2);
    private static readonly TimeSpan GuardsTurn = TimeSpan.FromMinutes(1);

    private readonly List<string> _violations = [];
    private readonly string _files = Path.Combine(bench.Folder, "s.files");
    private ExploredWorld _world = null!;
    private GuardHouse _house = null!;
    private int _life;

    /// <summary>Where the session's directory is copied to at the end; <see langword="null"/> for nowhere.</summary>
    public string? KeepIn { get; init; }

    /// <summary>Runs it.</summary>
    public async Task<RunReport> RunAsync(CancellationToken cancellationToken)
    {
        using var random = RunBench.Runs.Begin();
        Randomness.TakeFrom(ExploredRandomness.Instance);
        runbook.Lay(_files);
        var azure = await EmbeddedAzure.StartAsync(new EmbeddedAzureOptions { Clock = ClockMode.Standing, Prepared = runbook.Estate.Prepared, Scenario = runbook.Scenario, HostClock = ExploredEstate.Host, Seed = "1" }, cancellationToken).ConfigureAwait(false);
        await using (azure.ConfigureAwait(false))
        {
            _world = new ExploredWorld(azure, new MishapBook(mishaps)) { Session = new SessionDirectory(SessionFolder) };
            bench.Turn(_world, runbook);
            var ghost = new ExploredProcess(_world, "nobody", isConsole: true);
            _world.Disk.Make(Path.GetDirectoryName(SessionFolder)!);
            _house = _world.House = new GuardHouse(_world, SessionFolder, _files, bench.Actions, seed);
            var end = await LiveAsync(cancellationToken).ConfigureAwait(false);
            await EndGuardsAsync().ConfigureAwait(false);
            _world.Actor = null;
            var judge = new Judge(_world, bench.Inner, _world.Disk.For(ghost));
            var judged = await judge.JudgeAsync(end, cancellationToken).ConfigureAwait(false);
            if (KeepIn is not null) _world.Disk.CopyTo(SessionFolder, KeepIn);
            foreach (var failure in azure.OwnFailures) _violations.Add($"the embedded Azure broke: {failure.GetType().Name}: {failure.Message}");
            return new RunReport(end, [.. _world.Mishaps.Happened], [.. _violations, .. judged.Violations], _world.Mishaps.Counts, judged.Trace) { Steps = judged.Steps, Standing = judged.Standing };
        }
    }

    private async Task<ExploredEnd> LiveAsync(CancellationToken cancellationToken)
    {
        for (var pauses = 0; _life < mishaps.Length + 4;)
        {
            _life++;
            var process = new ExploredProcess(_world, $"console {_life}", isConsole: true);
            // What a dead console was about to send is not what the next one sends.
            (_world.Console, _world.Actor, _world.Sending) = (process, process, null);
            var life = _life == 1 ? BeginAsync(process, cancellationToken) : GoOnAsync(process, cancellationToken);
            await Task.WhenAny(life, process.Gone).ConfigureAwait(false);
            _world.Actor = process;
            if (_world.IsEndless)
            {
                _violations.Add($"the session goes on for ever, in {_world.Runner?.View.Current?.Path ?? "no step"}");
                return ExploredEnd.None;
            }

            if (_world.IsForsaken)
            {
                _violations.Add($"the session waits for ever, in {_world.Runner?.View.Current?.Path ?? "no step"}: {_world.Runner?.Need.GetType().Name.ToLowerInvariant()}");
                return ExploredEnd.None;
            }

            if (process.IsDead)
            {
                await DeadAsync().ConfigureAwait(false);
                continue;
            }

            try
            {
                var (end, reason) = await life.ConfigureAwait(false);
                process.Kill();
                if (end is not null) return end.Value;
                // Somebody comes and goes on with it; nobody comes for ever.
                if (++pauses > 2) return ExploredEnd.Paused;
                _world.Died(new Mishap(Place.People, 0, MishapKind.Late, 60));
                if (reason is null) _violations.Add("a session stood still without a reason");
            }
            catch (Exception exception) when (exception is JournalNotDurableException or DiskException)
            {
                process.Kill();
            }
            catch (Exception exception)
            {
                process.Kill();
                _violations.Add($"the console broke: {exception.GetType().Name}: {exception.Message} {Where(exception)}");
                return ExploredEnd.None;
            }

            await DeadAsync().ConfigureAwait(false);
        }

        _violations.Add($"the session came to no end in {_life} lives");
        return ExploredEnd.None;
    }

    // Time goes by until somebody resumes; guards go on meanwhile.
    private Task DeadAsync()
    {
        _world.Actor = null;
        return _world.PassAsync(_world.UntilResumed);
    }

    private async Task<(ExploredEnd? End, string? Pause)> BeginAsync(ExploredProcess process, CancellationToken cancellationToken)
    {
        var document = runbook.Program.Document;
        var (ground, clock, people) = Ground(process);
        try
        {
            using var runner = await SessionOpener.OpenAsync(
                new SessionStart
                {
                    Directory = SessionFolder,
                    Program = runbook.Program,
                    Sources = runbook.Sources,
                    Inputs = runbook.Inputs.Values,
                    Secrets = runbook.Inputs.Secrets,
                    Roster = runbook.Roster,
                    Operator = runbook.Roster.Roster.PeopleOf("operator").First().Id,
                    OperatorObjectId = _world.Azure.Principals.Find("operator")!.ObjectId,
                    Environment = EmbeddedWorld.EnvironmentLabel,
                    Embedded = new EmbeddedPlace("1", seed),
                    Clock = SessionClock.Virtual,
                    Simulated = true,
                    Console = Program,
                },
                ground,
                cancellationToken).ConfigureAwait(false);
            return await RunAsync(runner, clock, people, cancellationToken).ConfigureAwait(false);
        }
        catch (EngineException refused) when (refused.Code is "RE210")
        {
            if (mishaps.IsEmpty) _violations.Add($"nothing went wrong, and the session did not begin: {refused.Message}");
            return (ExploredEnd.NeverBegan, null);
        }
        catch (SessionDirectoryException refused) when (refused.InnerException is DiskException)
        {
            return (ExploredEnd.NeverBegan, null);
        }
    }

    private async Task<(ExploredEnd? End, string? Pause)> GoOnAsync(ExploredProcess process, CancellationToken cancellationToken)
    {
        var (ground, clock, people) = Ground(process);
        try
        {
            await new ExploredRecovery(_world, bench.Actions, clock, _files, ground.Journal).RunAsync(cancellationToken).ConfigureAwait(false);
            using var recovered = await JournalRecovery.OpenAsync(SessionFolder, ground.Journal, Program, cancellationToken).ConfigureAwait(false);
            if (recovered.IsClosed)
            {
                SessionSeal.Seal(ground.Journal.Disk, recovered.Directory, people);
                return (Judge.EndOf(recovered.Ledger.Closed!.End), null);
            }

            using var runner = await SessionOpener.ResumeAsync(recovered, bench.Actions.Catalogue, ground, cancellationToken).ConfigureAwait(false);
            return await RunAsync(runner, clock, people, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception never) when (never is SessionNeverOpenedException or SessionDirectoryException or EngineException { Code: "RE101" })
        {
            return (ExploredEnd.NeverBegan, null);
        }
    }

    private async Task<(ExploredEnd? End, string? Pause)> RunAsync(SessionRunner runner, ConsoleClock clock, ExploredPeople people, CancellationToken cancellationToken)
    {
        _world.Runner = clock.Runner = people.Runner = runner;
        var result = await runner.RunAsync(cancellationToken).ConfigureAwait(false);
        return result.PauseReason is { } reason ? (null, reason) : (Judge.EndOf(result.View.End!.Value), null);
    }

    private (SessionGround Ground, ConsoleClock Clock, ExploredPeople People) Ground(ExploredProcess process)
    {
        var disk = _world.Disk.For(process);
        var clock = new ConsoleClock(_world, process);
        var people = new ExploredPeople(new RehearsalPeople(runbook.Program.Document.Rehearsal, _files, clock.Time, ExploredRandomness.People), _world);
        var ground = new SessionGround
        {
            Actions = bench.Actions,
            Preflight = bench.Preflight(clock.Time),
            Guards = _house.For(process, disk),
            GuardsLeases = true,
            BlastRadius = bench.BlastRadius,
            Clock = clock,
            // Ids follow from the life alone, so that runs are alike until something goes wrong in them.
            Journal = JournalGround.FromSeed(_life, clock.Time, disk) with { NewSessionKey = SharedSigners.New },
            FilesFolder = _files,
            Simulated = people,
            Keys = people,
        };
        return (ground, clock, people);
    }

    private async Task EndGuardsAsync()
    {
        _world.Actor = null;
        for (var passed = TimeSpan.Zero; _world.LivingGuards.Any() && passed < GuardsEndWithin; passed += GuardsTurn) await _world.PassAsync(GuardsTurn).ConfigureAwait(false);
        foreach (var guard in _world.LivingGuards) _violations.Add($"the {guard.Process.Name} came to no end");
        foreach (var guard in _world.Guards.Where(g => g.Watch is { IsFaulted: true } && !g.Process.IsDead))
        {
            var broke = guard.Watch!.Exception!.InnerException!;
            _violations.Add($"the {guard.Process.Name} broke: {broke.GetType().Name}: {broke.Message} {Where(broke)}");
        }
    }

    private static string Where(Exception exception) => exception.StackTrace?.Split('\n').FirstOrDefault(l => l.Contains("Runbook.", StringComparison.Ordinal))?.Trim() ?? "";
}
