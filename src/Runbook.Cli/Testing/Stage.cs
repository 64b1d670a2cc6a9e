using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Language;
using Runbook.Language.Actions;
using Runbook.Simulator;

namespace Runbook.Cli.Testing;

/// <summary>When an operator who aborts a step does so.</summary>
internal enum AbortMoment
{
    /// <summary>Before its call leaves, or while people or time are waited for.</summary>
    Before,

    /// <summary>Once its first call has taken effect, and before its answer is read.</summary>
    After,
}

/// <summary>An abort that a derived case asks for.</summary>
/// <param name="Step">Path of the step.</param>
/// <param name="Moment">When.</param>
internal sealed record AbortAt(string Step, AbortMoment Moment);

/// <summary>A call that was sent.</summary>
/// <param name="Step">Path of the step.</param>
/// <param name="Effect">What repeating it would do.</param>
/// <param name="Method">HTTP method; <c>LOCAL</c> for what calls nothing.</param>
/// <param name="Url">Where to.</param>
/// <param name="Body">What was sent with it; a secret in it is left out.</param>
internal sealed record SentCall(string Step, EffectClass Effect, string Method, string Url, JsonElement? Body)
{
    /// <summary>Whether it changed something in Azure.</summary>
    public bool Changes => Effect != EffectClass.Read && Method != PlannedCall.Local;
}

/// <summary>What the people, the clock and the calls of one session share: who aborts where, what was sent, and how long it goes on.</summary>
/// <param name="aborts">Where the operator aborts, each once.</param>
/// <param name="stop">Stops the session.</param>
internal sealed class Stage(IEnumerable<AbortAt> aborts, CancellationTokenSource stop)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<AbortAt> _aborts = [.. aborts];
    private int _turns;
    private int _steps;

    /// <summary>The session that runs.</summary>
    public SessionRunner? Runner { get; set; }

    /// <summary>What was sent, in order.</summary>
    public ConcurrentQueue<SentCall> Sent { get; } = new();

    /// <summary>What a case wanted of the world, and was not granted.</summary>
    public ConcurrentQueue<CaseFinding> Refused { get; } = new();

    /// <summary>Aborts that have not come about.</summary>
    public IReadOnlyList<AbortAt> Left => _aborts;

    /// <summary>Path of the step that the session stands in.</summary>
    public string Step => Runner?.View.Current?.Path ?? "";

    /// <summary>Why the session was stopped: it went on and on; <see langword="null"/> where it did not.</summary>
    public string? Endless { get; private set; }

    /// <summary>Ends the waits of a session that is stopped.</summary>
    public CancellationToken Stopped => stop.Token;

    /// <summary>Counts a call, a wait or a word of somebody's; a session that has too many is stopped.</summary>
    public void Turn()
    {
        if (Interlocked.Increment(ref _turns) == TestingLimits.TurnsMax) Stop($"after {TestingLimits.TurnsMax} calls, waits and answers");
    }

    /// <summary>Counts a step that is entered; a session that enters too many is stopped.</summary>
    public void Enter()
    {
        if (Interlocked.Increment(ref _steps) == TestingLimits.StepsMax) Stop($"after {TestingLimits.StepsMax} steps");
    }

    /// <summary>Whether now is the moment; true once.</summary>
    public bool IsTime(string step, AbortMoment moment)
    {
        lock (_aborts) return _aborts.Remove(new AbortAt(step, moment));
    }

    /// <summary>Aborts from another hand than the one that runs.</summary>
    public async Task AbortAsync()
    {
        var step = Step;
        var reply = await Runner!.SendAsync(Abort(), CancellationToken.None).WaitAsync(Patience, TimeProvider.System).ConfigureAwait(false);
        if (!reply.Accepted) Refused.Enqueue(new CaseFinding($"the operator aborts in \"{step}\"", reply.Message));
    }

    /// <summary>The operator's word.</summary>
    public static SessionCommand Abort() => new SessionCommand.AbortSession("the case stops here", "operator");

    private void Stop(string when)
    {
        Endless = $"{when} it still goes on, in \"{Step}\"";
        stop.Cancel();
    }
}

/// <summary>An action as it is, and an operator who may abort around its calls.</summary>
internal sealed class StagedAction(IAction action, Stage stage) : IAction
{
    public ActionDescriptor Descriptor => action.Descriptor;

    public ImmutableArray<PlannedCall> Plan(JsonElement with) => action.Plan(with);

    public ActionStep Next(JsonElement with, ImmutableArray<CallAnswer> answers) => action.Next(with, answers);

    public async Task<CallAnswer> SendAsync(EffectPermit permit, PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        stage.Turn();
        var step = stage.Step;
        stage.Sent.Enqueue(new SentCall(step, call.Effect, call.Method, call.Url, call.Body));
        if (stage.IsTime(step, AbortMoment.Before)) await stage.AbortAsync().ConfigureAwait(false);
        var answer = await action.SendAsync(permit, call, context, cancellationToken).ConfigureAwait(false);
        if (call.Effect != EffectClass.Read && stage.IsTime(step, AbortMoment.After)) await stage.AbortAsync().ConfigureAwait(false);
        return answer;
    }

    public Task<CallAnswer> PollAsync(PendingOperation operation, PlannedCall call, ActionContext context, CancellationToken cancellationToken) =>
        action.PollAsync(operation, call, context, cancellationToken);

    public Task<SettleVerdict> SettleAsync(PlannedCall call, ActionContext context, CancellationToken cancellationToken) => action.SettleAsync(call, context, cancellationToken);

    public JsonElement InvertArguments(JsonElement with, JsonElement? reading) => action.InvertArguments(with, reading);
}

/// <summary>A clock that jumps while Azure is waited for, and an operator who may abort a step that only waits.</summary>
internal sealed class StagedClock(SimulatorClock clock, Stage stage) : ISessionClock
{
    public TimeProvider Time => clock;

    public async Task WaitForAzureAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        stage.Turn();
        cancellationToken.ThrowIfCancellationRequested();
        var waits = stage.Runner?.View.Current?.Step.Block is StepBlock.Wait;
        if (waits && stage.IsTime(stage.Step, AbortMoment.Before)) await stage.AbortAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        clock.Advance(delay);
    }

    public Task WaitForPeopleAsync(TimeSpan delay, CancellationToken cancellationToken) => Task.Delay(delay, clock.Host, cancellationToken);
}

/// <summary>The runbook's rehearsed people, with what a case says that they do otherwise.</summary>
internal sealed class StagedPeople : ISimulatedPeople, IPersonKeys
{
    private readonly RehearsalPeople _people;
    private readonly WorldCase _case;
    private readonly Stage _stage;
    private readonly SimulatorClock _clock;
    private readonly string _files;
    private readonly List<string> _refusals;
    private readonly List<string> _silences;

    public StagedPeople(RehearsalPeople people, WorldCase what, Stage stage, SimulatorClock clock, string files)
    {
        (_people, _case, _stage, _clock, _files) = (people, what, stage, clock, files);
        (_refusals, _silences) = ([.. what.Reject], [.. what.Silent]);
    }

    /// <summary>Steps in which people were to do otherwise, and did not come to it.</summary>
    public IEnumerable<string> Left => _refusals.Concat(_silences);

    public Journal.ISigner? TryGet(string person) => _people.TryGet(person);

    public SessionCommand? Next(SessionView view, SessionNeed need)
    {
        _stage.Turn();
        if (view.Current is not { } step) return _people.Next(view, need);
        if (need is not SessionNeed.Nothing && step.Step.Block is not StepBlock.Revert && _stage.IsTime(step.Path, AbortMoment.Before)) return Stage.Abort();
        switch (need)
        {
            // Ticks have no limit of their own: beside an approval or a question only that one can run out.
            case SessionNeed.Approvals or SessionNeed.Answers when _silences.Remove(step.Path):
            case SessionNeed.Ticks when step.Step.Block is not (StepBlock.Approval or StepBlock.Ask) && _silences.Remove(step.Path):
                _clock.Advance(TimeSpan.FromDays(1));
                return new SessionCommand.AddNote("A day went by, and nobody answered.");
            case SessionNeed.Approvals { Candidates: [var person, ..] } approvals when _refusals.Remove(step.Path):
                return new SessionCommand.Decide(approvals.Request.Head.Seq, person, Journal.Decision.Reject, "the case refuses here", Journal.Rehearsal.KeyOf(person));
            case SessionNeed.Choice choice when _case.Choices.TryGetValue(step.Path, out var picks):
                return new SessionCommand.Choose(picks[Math.Min(step.Visit, picks.Length) - 1]);
            default:
                var command = _people.Next(view, need);
                return command is SessionCommand.GiveAnswer given ? Changed(given, step) : command;
        }
    }

    private SessionCommand.GiveAnswer Changed(SessionCommand.GiveAnswer given, StepProgress step)
    {
        var (values, files) = (given.Values, given.Files);
        foreach (var (asked, answers) in _case.Answers)
        {
            var name = asked.StartsWith(step.Path + '.', StringComparison.Ordinal) ? asked[(step.Path.Length + 1)..] : asked;
            if (OfPerson(answers[Math.Min(step.Visit, answers.Length) - 1], given.Person) is not { } answer) continue;
            if (values.ContainsKey(name)) values = values.SetItem(name, answer);
            if (files.ContainsKey(name)) files = files.SetItem(name, FileOf(name, answer));
        }

        return given with { Values = values, Files = files };
    }

    // What a case says for everybody, or of a mapping from people what it says for this one.
    private static JsonElement? OfPerson(JsonElement answer, string person) => answer switch
    {
        { ValueKind: JsonValueKind.Null } => null,
        { ValueKind: JsonValueKind.Object } when answer.TryGetProperty("by", out var people) => people.TryGetProperty(person, out var own) ? own : null,
        _ => answer,
    };

    private HandedInFile FileOf(string name, JsonElement answer)
    {
        if (answer.ValueKind == JsonValueKind.String) return new HandedInFile(name, System.Text.Encoding.UTF8.GetBytes(answer.GetString()!));
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("file", out var path) || path.ValueKind != JsonValueKind.String) throw new UnplayableException($"\"{name}\" is a file: its text, or {{file: PATH}}", answer.GetRawText());
        var file = Path.Combine(_files, path.GetString()!);
        return File.Exists(file) ? new HandedInFile(Path.GetFileName(file), File.ReadAllBytes(file)) : throw new UnplayableException($"\"{path.GetString()}\" lies among the session's files", "there is no such file");
    }
}
