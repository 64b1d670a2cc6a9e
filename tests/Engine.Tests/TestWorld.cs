using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Engine.Tests;

/// <summary>What a scripted call does.</summary>
internal enum CallFate
{
    /// <summary>It takes effect and is answered.</summary>
    Answered,

    /// <summary>It does not take effect, and is answered as if it did.</summary>
    Idle,

    /// <summary>It takes effect, and the answer is lost.</summary>
    LostAnswer,

    /// <summary>It does not take effect, and nobody says so.</summary>
    LostRequest,

    /// <summary>It is refused with 429.</summary>
    Throttled,

    /// <summary>It takes effect and is answered with 500.</summary>
    ServerErrorAfter,

    /// <summary>It is refused with 403.</summary>
    Refused,

    /// <summary>It is refused with 409: something is under way.</summary>
    Conflict,

    /// <summary>The process dies once the effect took place.</summary>
    KilledAfter,

    /// <summary>The process dies before the request leaves.</summary>
    KilledBefore,
}

/// <summary>The process is gone.</summary>
internal sealed class KilledException : Exception;

/// <summary>
/// A world of named things that outlives the sessions that act on it: things with a colour, grants, and a log of every
/// effect that took place.
/// </summary>
internal sealed class TestWorld
{
    public Dictionary<string, string> Things { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Grants { get; } = new(StringComparer.Ordinal);

    /// <summary>Every effect that took place, in order: <c>make kv</c>, <c>paint kv red</c>.</summary>
    public List<string> Effects { get; } = [];

    /// <summary>What becomes of the calls of an action, in order; answered when there is none left.</summary>
    public Dictionary<string, Queue<CallFate>> Fates { get; } = new(StringComparer.Ordinal);

    /// <summary>How many polls a slow thing takes.</summary>
    public int SlowPolls { get; set; } = 3;

    /// <summary>Whether the settling probes can tell.</summary>
    public bool CanTell { get; set; } = true;

    /// <summary>Things that are being made, with the polls that are left.</summary>
    public Dictionary<string, int> Running { get; } = new(StringComparer.Ordinal);

    public ActionSet Actions => new(
    [
        new TestAction(this, "test.thing.get", EffectClass.Read, Get, null),
        new TestAction(this, "test.thing.make", EffectClass.Once, with => Do("make " + Name(with), () => Things.Add(Name(with), "plain")), with => Things.ContainsKey(Name(with))),
        new TestAction(this, "test.thing.make-slowly", EffectClass.Once, BeginSlowly, with => Things.ContainsKey(Name(with))) { IsSlow = true },
        new TestAction(this, "test.thing.paint", EffectClass.Idempotent, with => Do($"paint {Name(with)} {with.GetProperty("colour").GetString()}", () => Things[Name(with)] = with.GetProperty("colour").GetString()!, with.GetRawText()), with => Things.GetValueOrDefault(Name(with)) == with.GetProperty("colour").GetString())
        {
            With = "name: {type: string}\ncolour: {type: string}",
        },
        new TestAction(this, "test.thing.remove", EffectClass.Destructive, with => Do("remove " + Name(with), () => Things.Remove(Name(with))), with => !Things.ContainsKey(Name(with))),
        new TestAction(this, "test.grant.create", EffectClass.Idempotent, with => Do("grant " + Name(with), () => Grants.Add(Name(with))), with => Grants.Contains(Name(with)))
        {
            With = "name?: {type: string}\nnames?: {type: array, items: {type: string}}",
            List = "names",
            OneOf = [["name"], ["names"]],
            Inverse = "test.grant.delete",
        },
        new TestAction(this, "test.grant.delete", EffectClass.Idempotent, with => Do("revoke " + Name(with), () => Grants.Remove(Name(with))), with => !Grants.Contains(Name(with))) { Inverse = "test.grant.create" },
        new TestAction(this, "test.grant.use", EffectClass.Read, with => Grants.Contains(Name(with)) ? Ok("{}") : Refusal(403, "AccessDenied"), null),
    ]);

    public static CallAnswer Ok(string observed) => new() { Status = 200, Observed = JsonElement.Parse(observed) };

    public static CallAnswer Refusal(int status, string code) =>
        new() { Status = status, Error = new CallError(code, "Refused in a test."), Observed = BlockEvaluation.EmptyObject };

    public static string Name(JsonElement with) => with.GetProperty("name").GetString()!;

    public CallFate NextFate(string action) => Fates.TryGetValue(action, out var fates) && fates.TryDequeue(out var fate) ? fate : CallFate.Answered;

    public void Plan(string action, params CallFate[] fates) => Fates[action] = new Queue<CallFate>(fates);

    private CallAnswer Get(JsonElement with) => Things.TryGetValue(Name(with), out var colour)
        ? Ok($$"""{"name":"{{Name(with)}}","colour":"{{colour}}"}""")
        : Refusal(404, "NotFound");

    private CallAnswer Do(string effect, Action change, string told = "{}")
    {
        Effects.Add(effect);
        change();
        return Ok(told);
    }

    private CallAnswer BeginSlowly(JsonElement with)
    {
        Effects.Add("make " + Name(with));
        Running[Name(with)] = SlowPolls;
        return Ok("{}") with { Status = 202, Pending = new PendingOperation("https://example.org/operations/" + Name(with), "Running", TimeSpan.FromSeconds(10), Name(with)) };
    }
}

/// <summary>An action on a <see cref="TestWorld"/>.</summary>
internal sealed class TestAction(TestWorld world, string name, EffectClass effect, Func<JsonElement, CallAnswer> act, Func<JsonElement, bool>? tookEffect) : IAction
{
    public string With { get; init; } = "name: {type: string}";

    public string? List { get; init; }

    public ImmutableArray<ImmutableArray<string>> OneOf { get; init; } = [];

    public string? Inverse { get; init; }

    public bool IsSlow { get; init; }

    public ActionDescriptor Descriptor => new()
    {
        Name = name,
        Summary = "Something done in a test.",
        Effect = effect,
        With = Shape.Of(With),
        OneOf = OneOf,
        ListMember = List,
        Result = Shape.Of("name?: {type: string}\ncolour?: {type: string}"),
        Settle = effect == EffectClass.Read ? null : new SettlingProbe("Looks at the thing.", TimeSpan.FromMinutes(5)),
        Inverse = Inverse is null ? null : new ActionInverse(Inverse, null, "Undoes it."),
    };

    public ImmutableArray<PlannedCall> Plan(JsonElement with) => List is not null && with.TryGetProperty(List, out var list) && list.ValueKind == JsonValueKind.Array
        ? [.. list.EnumerateArray().Select((element, i) => Call(element.GetString()!, with, i))]
        : [Call(with.TryGetProperty("name", out var one) ? one.GetString()! : "?", with, 0)];

    public ActionStep Next(JsonElement with, ImmutableArray<CallAnswer> answers)
    {
        var calls = Plan(with);
        return answers.Length < calls.Length ? new ActionStep.MakeCall(calls[answers.Length]) : new ActionStep.Finished(answers[^1].Observed);
    }

    public Task<CallAnswer> SendAsync(EffectPermit permit, PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        permit.Spend();
        Assert.Equal(CallRendering.Describe(call).Digest.ToString(), permit.RequestDigest);
        var arguments = call.Body!.Value;
        return world.NextFate(name) switch
        {
            CallFate.Idle => Task.FromResult(TestWorld.Ok("{}")),
            CallFate.Throttled => Task.FromResult(TestWorld.Refusal(429, "Throttled")),
            CallFate.Refused => Task.FromResult(TestWorld.Refusal(403, "Forbidden")),
            CallFate.Conflict => Task.FromResult(TestWorld.Refusal(409, "Conflict")),
            CallFate.LostRequest => throw new CallNotAnsweredException("NoAnswer", "Nobody answered."),
            CallFate.KilledBefore => throw new KilledException(),
            CallFate.LostAnswer => After(() => throw new CallNotAnsweredException("NoAnswer", "Nobody answered.")),
            CallFate.ServerErrorAfter => After(() => TestWorld.Refusal(500, "InternalError")),
            CallFate.KilledAfter => After(() => throw new KilledException()),
            _ => Task.FromResult(act(arguments)),
        };

        Task<CallAnswer> After(Func<CallAnswer> answer)
        {
            act(arguments);
            return Task.FromResult(answer());
        }
    }

    public Task<CallAnswer> PollAsync(PendingOperation operation, PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        if (world.NextFate(name + ":poll") == CallFate.KilledBefore) throw new KilledException();
        if (world.Running.GetValueOrDefault(operation.Token) is var left && left > 1)
        {
            world.Running[operation.Token] = left - 1;
            return Task.FromResult(TestWorld.Ok("{}") with { Pending = operation });
        }

        world.Running.Remove(operation.Token);
        world.Things.TryAdd(operation.Token, "plain");
        return Task.FromResult(TestWorld.Ok($$"""{"name":"{{operation.Token}}","colour":"plain"}"""));
    }

    public Task<SettleVerdict> SettleAsync(PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        switch (world.NextFate(name + ":settle"))
        {
            case CallFate.LostAnswer: throw new CallNotAnsweredException("NoAnswer", "Nobody answered.");
            case CallFate.Throttled: return Task.FromResult<SettleVerdict>(new SettleVerdict.CannotTell("The reading was answered 429.") { MayPass = true });
            case CallFate.Refused: return Task.FromResult<SettleVerdict>(new SettleVerdict.CannotTell("The reading was answered 403."));
        }

        if (!world.CanTell) return Task.FromResult<SettleVerdict>(new SettleVerdict.CannotTell("It is dark."));
        if (IsSlow && world.Running.ContainsKey(TestWorld.Name(call.Body!.Value)))
        {
            return Task.FromResult<SettleVerdict>(new SettleVerdict.Running(new PendingOperation("https://example.org/operations/" + TestWorld.Name(call.Body!.Value), "Running", TimeSpan.FromSeconds(10), TestWorld.Name(call.Body!.Value))));
        }

        return Task.FromResult<SettleVerdict>(tookEffect!(call.Body!.Value) ? new SettleVerdict.TookEffect(TestWorld.Ok("{}")) : new SettleVerdict.DidNot(TestWorld.Refusal(404, "NotFound")));
    }

    public JsonElement InvertArguments(JsonElement with, JsonElement? reading) => with;

    private PlannedCall Call(string target, JsonElement with, int index) => new()
    {
        Index = index,
        Effect = effect,
        Description = $"{name} {target}",
        Target = target,
        Method = effect == EffectClass.Read ? "GET" : "PUT",
        Url = $"https://example.org/{name}/{target}?api-version=1",
        Body = List is not null && with.TryGetProperty(List, out _) ? JsonElement.Parse($$"""{"name":{{JsonSerializer.Serialize(target)}}}""") : with,
    };
}
