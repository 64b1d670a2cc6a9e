using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Actions;
using Runbook.Cli.People;
using Runbook.Cli.Worlds;
using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Simulator;

namespace Runbook.Cli.Testing;

/// <summary>A transition that a session took.</summary>
/// <param name="From">The step.</param>
/// <param name="By">The trigger's word.</param>
/// <param name="To">A step or an end.</param>
internal readonly record struct Passage(string From, string By, string To)
{
    public override string ToString() => $"{From} --{By}--> {To}";
}

/// <summary>What the session of a case was, once it is over: nothing of it runs any more.</summary>
internal sealed record TestedSession
{
    /// <summary>How it ended.</summary>
    public required CaseEnd End { get; init; }

    /// <summary>Why it stands still, where it does.</summary>
    public string? Reason { get; init; }

    /// <summary>Paths of the steps it entered, in order.</summary>
    public required ImmutableArray<string> Steps { get; init; }

    /// <summary>Transitions of the session's own runbook that it took.</summary>
    public required ImmutableHashSet<Passage> Passages { get; init; }

    /// <summary>Inputs and saved values of the session's own runbook, as they were at the end.</summary>
    public required Variables Values { get; init; }

    /// <summary>What it sent.</summary>
    public required ImmutableArray<SentCall> Sent { get; init; }

    /// <summary>Steps in which something was to happen, and did not: an abort, a refusal, what others do.</summary>
    public required ImmutableArray<string> Unplayed { get; init; }

    /// <summary>What the transcript comes to, every step of it replayed.</summary>
    public required VerificationReport Report { get; init; }

    /// <summary>Faults of the session's own runbook that were lifted, and by what.</summary>
    public required ImmutableHashSet<(string Fault, LiftedBy By)> Lifted { get; init; }

    /// <summary>Why it was stopped: it went on and on; <see langword="null"/> where it came to an end or stands still.</summary>
    public string? Endless { get; init; }

    /// <summary>Faults and leases that are still armed.</summary>
    public required int Armed { get; init; }

    /// <summary>The estate at the end, as the state file holds it, with its secrets: another session can start from it.</summary>
    public required string Estate { get; init; }

    /// <summary>Facts that do not hold of it, and what the case wanted of the world and was not granted.</summary>
    public required ImmutableArray<CaseFinding> Wrong { get; init; }

    /// <summary>The way it took, for messages.</summary>
    public string Way => string.Join(" → ", Steps) + " → " + End + (Reason is null ? "" : $" ({Reason})");

    /// <summary>Runs a runbook once, from an estate to its end, in this process and in no time.</summary>
    /// <param name="runbook">The runbook.</param>
    /// <param name="what">How.</param>
    /// <param name="estate">The estate it starts from; <see langword="null"/> for that of the case or the runbook.</param>
    /// <param name="facts">What is to hold at the end.</param>
    /// <param name="abort">Where the operator aborts.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="UnplayableException">What the case wants to happen can't happen in that estate.</exception>
    public static async Task<TestedSession> RunAsync(TestedRunbook runbook, WorldCase what, string? estate, IEnumerable<EstateFact> facts, AbortAt? abort, CancellationToken cancellationToken)
    {
        var scratch = Directory.CreateTempSubdirectory("runbook-case-").FullName;
        try
        {
            return await RunInAsync(scratch, runbook, what, estate, facts, abort, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            foreach (var file in Directory.EnumerateFiles(scratch, "*", SearchOption.AllDirectories)) File.SetAttributes(file, FileAttributes.Normal);
            Directory.Delete(scratch, recursive: true);
        }
    }

    private static async Task<TestedSession> RunInAsync(string scratch, TestedRunbook runbook, WorldCase what, string? estate, IEnumerable<EstateFact> facts, AbortAt? abort, CancellationToken cancellationToken)
    {
        var (rehearsal, state) = (runbook.Program.Document.Rehearsal, Path.Combine(scratch, "estate.db"));
        var scenario = estate is not null && what.Scenario is null ? null : what.Scenario ?? rehearsal.Scenario;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var stage = new Stage([.. what.Abort.Select(s => new AbortAt(s, AbortMoment.Before)), .. abort is null ? Array.Empty<AbortAt>() : [abort]], stop);
        SessionResult result;
        IReadOnlyList<string> unplayed;
        var wrong = ImmutableArray.CreateBuilder<CaseFinding>();
        var directory = Path.Combine(scratch, "s");
        var azure = await StagedAzure.StartAsync(state, estate ?? EstateFiles.Estate(runbook.File, what.Estate ?? rehearsal.Estate), scenario is null or "none" ? null : EstateFiles.Scenario(runbook.File, scenario), runbook.OverHttps).ConfigureAwait(false);
        await using (azure.ConfigureAwait(false))
        {
            foreach (var happening in what.Meanwhile.Where(m => m.Before is null)) await azure.HappenAsync(happening).ConfigureAwait(false);
            using var production = new Production(runbook, what, azure, stage, directory);
            (result, unplayed) = await production.PlayAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            wrong.AddRange(azure.OwnFailures());
        }

        var lines = JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(directory)).Select(l => l.Entry).ToList();
        var report = JournalVerifier.Verify(LocalDisk.Instance, directory, new VerifyOptions { Machine = new MachineReplay(AzureActions.Catalogue) });
        var left = await StagedAzure.StartAsync(state, null, null).ConfigureAwait(false);
        await using var _ = left.ConfigureAwait(false);
        var text = left.Azure.State.Export(EstateSecrets.Included);
        wrong.AddRange(stage.Refused);
        foreach (var fact in stage.Endless is null ? facts : [])
        {
            if (await left.FalsifyAsync(fact).ConfigureAwait(false) is { } why) wrong.Add(why);
        }

        return new TestedSession
        {
            End = result.PauseReason is not null ? CaseEnd.Paused : Enum.Parse<CaseEnd>(result.View.End!.Value.ToString()),
            Reason = stage.Endless ?? result.PauseReason,
            Endless = stage.Endless,
            Steps = [.. lines.Where(l => l.Body is StepEntered).Select(l => l.Step!)],
            Passages = [.. lines.Where(l => l.Body is StepLeft && IsOwn(l.Step!)).Select(l => Of(l.Step!, (StepLeft)l.Body))],
            Lifted = LiftedOf(lines),
            Values = result.View.Root?.Variables ?? Variables.Empty,
            Sent = [.. stage.Sent],
            Unplayed = [.. unplayed],
            Report = report,
            Armed = result.View.Faults.Armed.Length,
            Estate = text,
            Wrong = wrong.ToImmutable(),
        };
    }

    private static bool IsOwn(string path) => !path.Contains('/', StringComparison.Ordinal);

    // A revert is entered by success, or because its scope was cut short; a guard's word is taken over wherever the session stands.
    private static ImmutableHashSet<(string Fault, LiftedBy By)> LiftedOf(List<JournalEntry> lines)
    {
        var lifted = ImmutableHashSet.CreateBuilder<(string, LiftedBy)>();
        StepTrigger? via = null;
        foreach (var line in lines)
        {
            if (line.Body is StepEntered entered) via = entered.Trigger;
            if (line.Body is not FaultLifted { How: LiftedHow.Guard or LiftedHow.Revert } body || !IsOwn(body.Fault)) continue;
            var isCut = via is StepTrigger.Failure or StepTrigger.Timeout or StepTrigger.Rejection or StepTrigger.Abort;
            lifted.Add((body.Fault, body.How == LiftedHow.Guard ? LiftedBy.Guard : isCut ? LiftedBy.Abort : LiftedBy.Step));
        }

        return lifted.ToImmutable();
    }

    private static Passage Of(string step, StepLeft left) => new(step, left.Trigger.ToString().ToLowerInvariant(), left.Next);

    /// <summary>One session, from its opening to its end, gone on with as often as something happens in between.</summary>
    private sealed class Production : IDisposable
    {
        private static readonly ConsoleProgram Console = new(ProgramIdentity.Name, ProgramIdentity.Version, Digest.OfText("a case in process"));

        private readonly TestedRunbook _runbook;
        private readonly WorldCase _case;
        private readonly StagedAzure _azure;
        private readonly Stage _stage;
        private readonly string _directory;
        private readonly AzureEnvironment _environment;
        private readonly ActionSet _actions;
        private readonly StagedClock _clock;
        private readonly StagedGuards _guards;
        private long _counted;

        public Production(TestedRunbook runbook, WorldCase what, StagedAzure azure, Stage stage, string directory)
        {
            (_runbook, _case, _azure, _stage, _directory) = (runbook, what, azure, stage, directory);
            _environment = azure.Environment();
            var actions = AzureActions.Create(_environment);
            _actions = new ActionSet(actions.Catalogue.All.Select(a => new StagedAction(actions.Get(a.Name), stage)));
            _clock = new StagedClock(azure.Azure.Clock, stage);
            _guards = new StagedGuards(directory, new Ground(actions, _clock, Files), new AzureUndoPermissions(_environment, actions), new JournalGround { Time = azure.Azure.Clock });
        }

        private string Files => _directory + ".files";

        /// <summary>Plays it; gives its result, and the steps in which something was to happen and did not.</summary>
        public async Task<(SessionResult Result, IReadOnlyList<string> Unplayed)> PlayAsync()
        {
            var people = new StagedPeople(new RehearsalPeople(_runbook.Program.Document.Rehearsal, Files, _azure.Azure.Clock, RehearsalCrypto.Keys), _case, _stage, _azure.Azure.Clock, Files);
            var pauses = new Queue<IGrouping<string, Meanwhile>>(_case.Meanwhile.Where(m => m.Before is not null).GroupBy(m => m.Before!, StringComparer.Ordinal));
            var result = await BeginAsync(people, pauses).ConfigureAwait(false);
            while (_stage.Endless is null && result.PauseReason is not null && pauses.TryDequeue(out var events))
            {
                foreach (var happening in events) await HappenAsync(happening).ConfigureAwait(false);
                result = await GoOnAsync(people, pauses).ConfigureAwait(false);
            }

            var left = pauses.Select(p => p.Key).Concat(people.Left).Concat(_stage.Left.Select(a => a.Step)).ToList();
            return (result, left);
        }

        public void Dispose() => _guards.Dispose();

        private async Task HappenAsync(Meanwhile happening)
        {
            await _azure.HappenAsync(happening).ConfigureAwait(false);
            if (!happening.ConsoleGone) return;
            if (await _guards.UndoAsync(_stage.Stopped).ConfigureAwait(false) == 0) _stage.Refused.Enqueue(new CaseFinding($"a guard stands by before \"{happening.Before}\"", "nothing is armed there"));
        }

        private async Task<SessionResult> BeginAsync(StagedPeople people, Queue<IGrouping<string, Meanwhile>> pauses)
        {
            var document = _runbook.Program.Document;
            EstateFiles.OpenSafe(_runbook.File, _case.Estate ?? document.Rehearsal.Estate, Files);
            using var runner = _stage.Runner = await SessionOpener.OpenAsync(
                new SessionStart
                {
                    Directory = _directory,
                    Program = _runbook.Program,
                    Sources = _runbook.Sources,
                    Inputs = document.Inputs.Where(i => !i.Schema.WriteOnly).ToImmutableSortedDictionary(i => i.Name, InputOf, StringComparer.Ordinal),
                    Secrets = document.Inputs.Where(i => i.Schema.WriteOnly).ToImmutableSortedDictionary(i => i.Name, i => Language.Template.InText(InputOf(i)), StringComparer.Ordinal),
                    Roster = Rosters.ForRehearsal(document),
                    Operator = "alice",
                    OperatorObjectId = _azure.Azure.Principals.Find("operator")!.ObjectId,
                    Environment = EmbeddedWorld.EnvironmentLabel,
                    Embedded = new EmbeddedPlace("1", 1),
                    Clock = SessionClock.Virtual,
                    Simulated = true,
                    Console = Console,
                },
                GroundOf(people, pauses),
                _stage.Stopped).ConfigureAwait(false);
            return await RunAsync(runner).ConfigureAwait(false);
        }

        private async Task<SessionResult> GoOnAsync(StagedPeople people, Queue<IGrouping<string, Meanwhile>> pauses)
        {
            var ground = GroundOf(people, pauses);
            using var recovered = await OpenAsync(ground).ConfigureAwait(false);
            using var runner = _stage.Runner = await SessionOpener.ResumeAsync(recovered, _actions.Catalogue, ground, _stage.Stopped).ConfigureAwait(false);
            return await RunAsync(runner).ConfigureAwait(false);
        }

        private async Task<SessionResult> RunAsync(SessionRunner runner)
        {
            using var over = new CancellationTokenSource();
            using var watch = runner.Subscribe();
            var counting = CountAsync(watch, over.Token);
            try
            {
                return await runner.RunAsync(_stage.Stopped).ConfigureAwait(false);
            }
            finally
            {
                await over.CancelAsync().ConfigureAwait(false);
                await counting.ConfigureAwait(false);
            }
        }

        private async Task CountAsync(JournalSubscription watch, CancellationToken over)
        {
            try
            {
                await foreach (var line in watch.ReadAllAsync(over).ConfigureAwait(false))
                {
                    if (line.Entry.Seq <= _counted) continue;
                    _counted = line.Entry.Seq;
                    if (line.Entry.Body is StepEntered) _stage.Enter();
                }
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                // The session is over, and so is the counting of its steps.
            }
        }

        // A process that somebody is just starting beside this one holds whatever this one had open, the lock of the session that paused
        // among it, until it has become another program.
        private async Task<RecoveredJournal> OpenAsync(SessionGround ground)
        {
            for (var again = 0; ; again++)
            {
                try
                {
                    return await JournalRecovery.OpenAsync(_directory, ground.Journal, Console, _stage.Stopped).ConfigureAwait(false);
                }
                catch (SessionLockedException) when (again < 100)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, _stage.Stopped).ConfigureAwait(false);
                }
            }
        }

        private JsonElement InputOf(Language.Schemas.SchemaMember input)
        {
            if (_case.Set.TryGetValue(input.Name, out var set)) return set;
            if (_runbook.Program.Document.Rehearsal.Inputs.TryGetValue(input.Name, out var rehearsed)) return FromHere(rehearsed);
            return input.Schema.Default ?? throw new UnplayableException($"the input \"{input.Name}\" has a value", "neither the case nor the runbook's rehearsal gives one");
        }

        // The address that a rehearsal lets through a firewall is the one that its calls come from.
        private JsonElement FromHere(JsonElement input) =>
            JsonElement.Parse(input.GetRawText().Replace(EmbeddedWorld.OperatorAddress.ToString(), _azure.From.ToString(), StringComparison.Ordinal));

        private SessionGround GroundOf(StagedPeople people, Queue<IGrouping<string, Meanwhile>> pauses) => new()
        {
            Actions = _actions,
            Clock = _clock,
            Journal = new JournalGround { Time = _azure.Azure.Clock },
            FilesFolder = Files,
            Simulated = people,
            Keys = people,
            Guards = _guards,
            BlastRadius = new AzureBlastRadius(_environment),
            Until = pauses.TryPeek(out var next) ? next.Key : null,
        };

        /// <summary>Where the guards undo.</summary>
        private sealed record Ground(ActionSet Actions, ISessionClock Clock, string FilesFolder) : IGuardWorld
        {
            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
