using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Language;
using Runbook.Language.Actions;
using Runbook.Simulator;

namespace Runbook.EndToEnd.Rehearsals;

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

/// <summary>What the people, the clock and the calls of one rehearsed session share: who aborts where, and what was sent.</summary>
/// <param name="aborts">Where the operator aborts, each once.</param>
internal sealed class Stage(IEnumerable<AbortAt> aborts)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<AbortAt> _aborts = [.. aborts];

    /// <summary>The session that runs.</summary>
    public SessionRunner? Runner { get; set; }

    /// <summary>What was sent, in order.</summary>
    public ConcurrentQueue<SentCall> Sent { get; } = new();

    /// <summary>Aborts that have not come about.</summary>
    public IReadOnlyList<AbortAt> Left => _aborts;

    /// <summary>Path of the step that the session stands in.</summary>
    public string Step => Runner?.View.Current?.Path ?? "";

    /// <summary>Whether now is the moment; true once.</summary>
    public bool IsTime(string step, AbortMoment moment)
    {
        lock (_aborts) return _aborts.Remove(new AbortAt(step, moment));
    }

    /// <summary>Aborts from another hand than the one that runs.</summary>
    public async Task AbortAsync()
    {
        var reply = await Runner!.SendAsync(Stop(), CancellationToken.None).WaitAsync(Patience, TimeProvider.System);
        Assert.True(reply.Accepted, reply.Message);
    }

    /// <summary>The operator's word.</summary>
    public static SessionCommand Stop() => new SessionCommand.AbortSession("a rehearsal stops here", "operator");
}

/// <summary>An action as it is, and an operator who may abort around its calls.</summary>
internal sealed class StagedAction(IAction action, Stage stage) : IAction
{
    public ActionDescriptor Descriptor => action.Descriptor;

    public ImmutableArray<PlannedCall> Plan(JsonElement with) => action.Plan(with);

    public ActionStep Next(JsonElement with, ImmutableArray<CallAnswer> answers) => action.Next(with, answers);

    public async Task<CallAnswer> SendAsync(EffectPermit permit, PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        var step = stage.Step;
        stage.Sent.Enqueue(new SentCall(step, call.Effect, call.Method, call.Url, call.Body));
        if (stage.IsTime(step, AbortMoment.Before)) await stage.AbortAsync();
        var answer = await action.SendAsync(permit, call, context, cancellationToken);
        if (call.Effect != EffectClass.Read && stage.IsTime(step, AbortMoment.After)) await stage.AbortAsync();
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
        cancellationToken.ThrowIfCancellationRequested();
        var waits = stage.Runner?.View.Current?.Step.Block is StepBlock.Wait;
        if (waits && stage.IsTime(stage.Step, AbortMoment.Before)) await stage.AbortAsync();
        cancellationToken.ThrowIfCancellationRequested();
        clock.Advance(delay);
    }

    public Task WaitForPeopleAsync(TimeSpan delay, CancellationToken cancellationToken) => Task.Delay(delay, clock.Host, cancellationToken);
}

/// <summary>The rehearsal's people, with what a case says that they do otherwise.</summary>
internal sealed class StagedPeople : ISimulatedPeople, IPersonKeys
{
    private readonly RehearsalPeople _people;
    private readonly RehearsalCase _case;
    private readonly Stage _stage;
    private readonly SimulatorClock _clock;
    private readonly string _files;
    private readonly List<string> _refusals;
    private readonly List<string> _silences;

    public StagedPeople(RehearsalPeople people, RehearsalCase what, Stage stage, SimulatorClock clock, string files)
    {
        (_people, _case, _stage, _clock, _files) = (people, what, stage, clock, files);
        (_refusals, _silences) = ([.. what.Reject], [.. what.Silent]);
    }

    /// <summary>Steps in which people were to do otherwise, and did not come to it.</summary>
    public IEnumerable<string> Left => _refusals.Concat(_silences);

    public Journal.ISigner? TryGet(string person) => _people.TryGet(person);

    public SessionCommand? Next(SessionView view, SessionNeed need)
    {
        if (view.Current is not { } step) return _people.Next(view, need);
        if (need is not SessionNeed.Nothing && step.Step.Block is not StepBlock.Revert && _stage.IsTime(step.Path, AbortMoment.Before)) return Stage.Stop();
        switch (need)
        {
            // Ticks have no limit of their own: beside an approval or a question only that one can run out.
            case SessionNeed.Approvals or SessionNeed.Answers when _silences.Remove(step.Path):
            case SessionNeed.Ticks when step.Step.Block is not (StepBlock.Approval or StepBlock.Ask) && _silences.Remove(step.Path):
                _clock.Advance(TimeSpan.FromDays(1));
                return new SessionCommand.AddNote("A day went by, and nobody answered.");
            case SessionNeed.Approvals { Candidates: [var person, ..] } approvals when _refusals.Remove(step.Path):
                return new SessionCommand.Decide(approvals.Request.Head.Seq, person, Journal.Decision.Reject, "a rehearsal refuses here", Journal.Rehearsal.KeyOf(person));
            case SessionNeed.Choice choice when _case.Choices.TryGetValue(step.Path, out var picks):
                var pick = picks[Math.Min(step.Visit, picks.Length) - 1];
                Assert.True(choice.Choices.Any(c => c.Choice == pick), $"{step.Path} has no choice \"{pick}\", but {string.Join(", ", choice.Choices.Select(c => $"\"{c.Choice}\""))}");
                return new SessionCommand.Choose(pick);
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

    private HandedInFile FileOf(string name, JsonElement answer) => answer.ValueKind == JsonValueKind.Object
        ? new HandedInFile(Path.GetFileName(answer.GetProperty("file").GetString()!), File.ReadAllBytes(Path.Combine(_files, answer.GetProperty("file").GetString()!)))
        : new HandedInFile(name, System.Text.Encoding.UTF8.GetBytes(answer.GetString()!));
}
