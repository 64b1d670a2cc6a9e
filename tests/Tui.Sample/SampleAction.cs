using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Tui.Sample;

/// <summary>One action on a <see cref="SampleWorld"/>: one call.</summary>
internal sealed class SampleAction(SampleWorld world, string name, EffectClass effect, string summary) : IAction
{
    public string Method { get; init; } = effect == EffectClass.Read ? "GET" : "PUT";

    public required Func<JsonElement, string> Url { get; init; }

    public required Func<JsonElement, CallAnswer> Act { get; init; }

    public Func<JsonElement, bool>? TookEffect { get; init; }

    public string With { get; init; } = "name: {type: string}";

    public string? Az { get; init; }

    public string? Inverse { get; init; }

    public TimeSpan Usually { get; init; }

    public bool IsSlow { get; init; }

    public ImmutableArray<ActionError> Errors { get; init; } = [];

    public ActionDescriptor Descriptor => new()
    {
        Name = name,
        Summary = summary + ".",
        Effect = effect,
        With = Shape.Of(With),
        Result = Shape.Of("name?: {type: string}\nstate?: {type: string}\nnameAvailable?: {type: boolean}"),
        Permissions = [new ActionPermission(PermissionPlane.ResourceManager, "Microsoft.KeyVault/managedHSMs/" + (effect == EffectClass.Read ? "read" : "write"), "rg-keys", "Contributor")],
        AzCommand = Az,
        Settle = effect == EffectClass.Read ? null : new SettlingProbe("Looks whether it is there.", TimeSpan.FromSeconds(30)),
        Inverse = Inverse is null ? null : new ActionInverse(Inverse, null, "Undoes it."),
        UsuallyTakes = Usually,
        Errors = Errors,
    };

    public ImmutableArray<PlannedCall> Plan(JsonElement with) => [new PlannedCall
    {
        Index = 0,
        Effect = effect,
        Description = $"{summary} {SampleWorld.Text(with, With.StartsWith("hsm", StringComparison.Ordinal) ? "hsm" : "name")}",
        Target = Url(with).Split("://")[1].Split('?')[0],
        Method = Method,
        Url = Url(with),
        Body = effect == EffectClass.Read ? null : with,
    }];

    public ActionStep Next(JsonElement with, ImmutableArray<CallAnswer> answers) =>
        answers.IsEmpty ? new ActionStep.MakeCall(Plan(with)[0]) : new ActionStep.Finished(answers[^1].Observed);

    public async Task<CallAnswer> SendAsync(EffectPermit permit, PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        permit.Spend();
        await world.HoldAsync(name, cancellationToken).ConfigureAwait(false);
        var with = Arguments(call);
        if (world.Breaks.Remove(name)) throw new InvalidOperationException("The action has a fault of its own.");
        if (world.Refusals.Remove(name, out var refusal)) return SampleWorld.Refused(403, refusal.Code, refusal.Message);
        var answer = Act(with);
        if (world.LostAnswers.Remove(name)) throw new CallNotAnsweredException("NoAnswer", "Nobody answered.");
        return IsSlow ? answer with { Pending = Running(with) } : answer;
    }

    public Task<CallAnswer> PollAsync(PendingOperation operation, PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        if (world.Hsms.TryGetValue(operation.Token, out var left) && left > 1)
        {
            world.Hsms[operation.Token] = left - 1;
            return Task.FromResult(SampleWorld.Ok("{}") with { Pending = operation });
        }

        return Task.FromResult(SampleWorld.Ok($$"""{"name":"{{operation.Token}}","state":"Provisioned"}"""));
    }

    public Task<SettleVerdict> SettleAsync(PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        if (!world.CanTell) return Task.FromResult<SettleVerdict>(new SettleVerdict.CannotTell("The reading is not answered either."));
        var took = TookEffect!(Arguments(call));
        return Task.FromResult<SettleVerdict>(took ? new SettleVerdict.TookEffect(SampleWorld.Ok("{}")) : new SettleVerdict.DidNot(SampleWorld.Refused(404, "NotFound", "It is not there.")));
    }

    public JsonElement InvertArguments(JsonElement with, JsonElement? reading) => with;

    private static PendingOperation Running(JsonElement with) =>
        new("https://management.azure.com/operations/" + SampleWorld.Text(with, "name"), "Creating", TimeSpan.FromMinutes(5), SampleWorld.Text(with, "name"));

    // A reading has no body; its one argument is the last part of its address, or it needs none.
    private static JsonElement Arguments(PlannedCall call) =>
        call.Body ?? JsonElement.Parse($$"""{"name":"{{call.Target.Split('/')[^1]}}"}""");
}
