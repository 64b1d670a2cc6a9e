using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Simulator;
using Runbook.TestKit;

namespace Runbook.EndToEnd.Rehearsals;

/// <summary>A transition that a session took.</summary>
/// <param name="From">The step.</param>
/// <param name="By">The trigger's word.</param>
/// <param name="To">A step or an end.</param>
internal readonly record struct Passage(string From, string By, string To)
{
    public override string ToString() => $"{From} --{By}--> {To}";
}

/// <summary>What a rehearsed session was, once it is over: nothing of it runs any more.</summary>
internal sealed record RehearsedSession
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

    /// <summary>Faults and leases that are still armed.</summary>
    public required int Armed { get; init; }

    /// <summary>The estate at the end, as the state file holds it, with its secrets: another session can start from it.</summary>
    public required string Estate { get; init; }

    /// <summary>Facts that do not hold of it.</summary>
    public required ImmutableArray<string> Wrong { get; init; }

    /// <summary>The way it took, for messages.</summary>
    public string Way => string.Join(" → ", Steps) + " → " + End + (Reason is null ? "" : $" ({Reason})");

    /// <summary>Whether every session reaches Azure over HTTPS: <c>RUNBOOK_OVER_HTTPS=1</c>.</summary>
    private static readonly bool AllOverHttps = Environment.GetEnvironmentVariable("RUNBOOK_OVER_HTTPS") == "1";

    /// <summary>Runs a runbook once, from an estate to its end, in this process and in no time.</summary>
    /// <param name="runbook">The runbook.</param>
    /// <param name="what">How.</param>
    /// <param name="estate">The estate it starts from; <see langword="null"/> for that of the case or the runbook.</param>
    /// <param name="facts">What is to hold at the end.</param>
    /// <param name="abort">Where the operator aborts.</param>
    /// <param name="overHttps">Whether Azure is reached over HTTPS, as a profile leads there.</param>
    public static async Task<RehearsedSession> RunAsync(ShippedRunbook runbook, RehearsalCase what, string? estate, IEnumerable<EstateFact> facts, AbortAt? abort = null, bool overHttps = false)
    {
        using var scratch = new ScratchFolder();
        var (rehearsal, state) = (runbook.Program.Document.Rehearsal, scratch.In("estate.db"));
        var scenario = estate is not null && what.Scenario is null ? null : what.Scenario ?? rehearsal.Scenario;
        var stage = new Stage([.. what.Abort.Select(s => new AbortAt(s, AbortMoment.Before)), .. abort is null ? Array.Empty<AbortAt>() : [abort]]);
        SessionResult result;
        IReadOnlyList<string> unplayed;
        var directory = scratch.In("s");
        await using (var azure = await StagedAzure.StartAsync(state, estate ?? Shipped("estates", what.Estate ?? rehearsal.Estate), scenario is null or "none" ? null : Shipped("scenarios", scenario), overHttps || AllOverHttps))
        {
            foreach (var happening in what.Meanwhile.Where(m => m.Before is null)) await azure.HappenAsync(happening);
            (result, unplayed) = await new Production(runbook, what, azure, stage, directory).PlayAsync();
        }

        var lines = JournalReader.ReadAll(LocalDisk.Instance, new SessionDirectory(directory)).Select(l => l.Entry).ToList();
        var report = JournalVerifier.Verify(LocalDisk.Instance, directory, new VerifyOptions { Machine = new MachineReplay(Actions.AzureActions.Catalogue) });
        await using var left = await StagedAzure.StartAsync(state, null, null);
        var wrong = ImmutableArray.CreateBuilder<string>();
        var text = left.Azure.State.Export(EstateSecrets.Included);
        foreach (var fact in facts)
            if (await left.FalsifyAsync(fact) is { } why) wrong.Add(why);
        foreach (var file in Directory.EnumerateFiles(scratch.Path, "*", SearchOption.AllDirectories)) File.SetAttributes(file, FileAttributes.Normal);
        return new RehearsedSession
        {
            End = result.PauseReason is not null ? CaseEnd.Paused : Enum.Parse<CaseEnd>(result.View.End!.Value.ToString()),
            Reason = result.PauseReason,
            Steps = [.. lines.Where(l => l.Body is StepEntered).Select(l => l.Step!)],
            Passages = [.. lines.Where(l => l.Body is StepLeft && !l.Step!.Contains('/', StringComparison.Ordinal)).Select(l => Of(l.Step!, (StepLeft)l.Body))],
            Values = result.View.Root?.Variables ?? Variables.Empty,
            Sent = [.. stage.Sent],
            Unplayed = [.. unplayed],
            Report = report,
            Armed = result.View.Faults.Armed.Length,
            Estate = text,
            Wrong = wrong.ToImmutable(),
        };
    }

    /// <summary>Text of a shipped estate or scenario.</summary>
    public static string Shipped(string kind, string name) => File.ReadAllText(Repository.In(kind, name + ".json"));

    private static Passage Of(string step, StepLeft left) => new(step, left.Trigger.ToString().ToLowerInvariant(), left.Next);

    /// <summary>One session, from its opening to its end, gone on with as often as something happens in between.</summary>
    private sealed class Production(ShippedRunbook runbook, RehearsalCase what, StagedAzure azure, Stage stage, string directory)
    {
        private static readonly ConsoleProgram Console = new("runbook", "0.1.0", Digest.OfText("a rehearsal in process"));

        private readonly ActionSet _actions = Staged(azure, stage);
        private readonly StagedClock _clock = new(azure.Azure.Clock, stage);

        private string Files => directory + ".files";

        /// <summary>Plays it; gives its result, and the steps in which something was to happen and did not.</summary>
        public async Task<(SessionResult Result, IReadOnlyList<string> Unplayed)> PlayAsync()
        {
            var people = new StagedPeople(new RehearsalPeople(runbook.Program.Document.Rehearsal, Files, azure.Azure.Clock), what, stage, azure.Azure.Clock, Files);
            var pauses = new Queue<IGrouping<string, Meanwhile>>(what.Meanwhile.Where(m => m.Before is not null).GroupBy(m => m.Before!, StringComparer.Ordinal));
            var result = await BeginAsync(people, pauses);
            while (pauses.TryDequeue(out var events) && result.PauseReason is not null)
            {
                foreach (var happening in events) await azure.HappenAsync(happening);
                result = await GoOnAsync(people, pauses);
            }

            var left = pauses.Select(p => p.Key).Concat(people.Left).Concat(stage.Left.Select(a => a.Step)).ToList();
            return (result, left);
        }

        private static ActionSet Staged(StagedAzure azure, Stage stage)
        {
            var actions = azure.Actions();
            return new ActionSet(actions.Catalogue.All.Select(a => new StagedAction(actions.Get(a.Name), stage)));
        }

        private async Task<SessionResult> BeginAsync(StagedPeople people, Queue<IGrouping<string, Meanwhile>> pauses)
        {
            var document = runbook.Program.Document;
            OpenSafe(what.Estate ?? document.Rehearsal.Estate);
            using var runner = stage.Runner = await SessionOpener.OpenAsync(new SessionStart
            {
                Directory = directory,
                Program = runbook.Program,
                Sources = runbook.Sources,
                Inputs = document.Inputs.ToImmutableSortedDictionary(i => i.Name, InputOf, StringComparer.Ordinal),
                Roster = Rehearsal.RosterFor(document.Roles.Select(r => new DeclaredRole(r.Name, r.People, r.Quorum))),
                Operator = "alice",
                OperatorObjectId = azure.Azure.Principals.Find("operator")!.ObjectId,
                Environment = "rehearsal",
                Embedded = new EmbeddedPlace("1", 1),
                Clock = SessionClock.Virtual,
                Simulated = true,
                Console = Console,
            }, Ground(people, pauses), CancellationToken.None);
            return await runner.RunAsync(CancellationToken.None);
        }

        // What the people of an estate hold outside of Azure.
        private void OpenSafe(string estate)
        {
            var safe = Repository.In("estates", estate + ".safe");
            if (!Directory.Exists(safe)) return;
            foreach (var file in Directory.EnumerateFiles(safe, "*", SearchOption.AllDirectories))
            {
                var copy = Path.Combine(Files, Path.GetRelativePath(safe, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }

        private async Task<SessionResult> GoOnAsync(StagedPeople people, Queue<IGrouping<string, Meanwhile>> pauses)
        {
            var ground = Ground(people, pauses);
            using var recovered = await OpenAsync(ground);
            using var runner = stage.Runner = await SessionOpener.ResumeAsync(recovered, _actions.Catalogue, ground, CancellationToken.None);
            return await runner.RunAsync(CancellationToken.None);
        }

        // A process that another test is just starting holds whatever this one had open, the lock of the session that paused among it,
        // until it has become another program.
        private async Task<RecoveredJournal> OpenAsync(SessionGround ground)
        {
            for (var again = 0; ; again++)
            {
                try
                {
                    return await JournalRecovery.OpenAsync(directory, ground.Journal, Console, CancellationToken.None);
                }
                catch (SessionLockedException) when (again < 100)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
                }
            }
        }

        private JsonElement InputOf(Language.Schemas.SchemaMember input)
        {
            if (what.Set.TryGetValue(input.Name, out var set)) return set;
            if (runbook.Program.Document.Rehearsal.Inputs.TryGetValue(input.Name, out var rehearsed)) return FromHere(rehearsed);
            return input.Schema.Default ?? throw new InvalidOperationException($"the rehearsal has no input \"{input.Name}\"");
        }

        // The address that a rehearsal lets through a firewall is the one that its calls come from.
        private JsonElement FromHere(JsonElement input) =>
            JsonElement.Parse(input.GetRawText().Replace(StagedAzure.OperatorAddress.ToString(), azure.From.ToString(), StringComparison.Ordinal));

        private SessionGround Ground(StagedPeople people, Queue<IGrouping<string, Meanwhile>> pauses) => new()
        {
            Actions = _actions,
            Clock = _clock,
            Journal = new JournalGround { Time = azure.Azure.Clock },
            FilesFolder = Files,
            Simulated = people,
            Keys = people,
            Until = pauses.TryPeek(out var next) ? next.Key : null,
        };
    }
}
