using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary>A reading that is made on this computer and calls nothing.</summary>
internal abstract class LocalAction : IAction
{
    /// <inheritdoc/>
    public abstract ActionDescriptor Descriptor { get; }

    /// <inheritdoc/>
    public ImmutableArray<PlannedCall> Plan(JsonElement with) => [Call(new Arguments(with))];

    /// <inheritdoc/>
    public ActionStep Next(JsonElement with, ImmutableArray<CallAnswer> answers) =>
        answers.IsEmpty ? new ActionStep.MakeCall(Call(new Arguments(with))) : new ActionStep.Finished(answers[^1].Observed);

    /// <inheritdoc/>
    public async Task<CallAnswer> SendAsync(EffectPermit permit, PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        Permits.Use(permit, call);
        try
        {
            return Answers.Local(await ComputeAsync(call.Body!.Value, new SessionFiles(context), cancellationToken).ConfigureAwait(false));
        }
        catch (FileRefusedException refused)
        {
            return Answers.Refused(refused.Code, refused.Message);
        }
    }

    /// <inheritdoc/>
    public Task<CallAnswer> PollAsync(PendingOperation operation, PlannedCall call, ActionContext context, CancellationToken cancellationToken) =>
        throw new InvalidOperationException($"{Descriptor.Name} is done at once.");

    /// <inheritdoc/>
    public Task<SettleVerdict> SettleAsync(PlannedCall call, ActionContext context, CancellationToken cancellationToken) =>
        Task.FromResult<SettleVerdict>(new SettleVerdict.CannotTell($"{Descriptor.Name} only reads: there is nothing to settle."));

    /// <inheritdoc/>
    public JsonElement InvertArguments(JsonElement with, JsonElement? reading) =>
        throw new InvalidOperationException($"{Descriptor.Name} changes nothing.");

    /// <summary>What is done, in a sentence.</summary>
    protected abstract string Describe(Arguments with);

    /// <summary>Does it.</summary>
    /// <exception cref="FileRefusedException">A file is not there, or is not what it should be.</exception>
    protected abstract Task<JsonNode> ComputeAsync(JsonElement with, SessionFiles files, CancellationToken cancellationToken);

    private PlannedCall Call(Arguments with) => new()
    {
        Index = 0,
        Effect = EffectClass.Read,
        Description = Describe(with),
        Target = FileValue.NameOf(with, "file") ?? "files",
        Method = PlannedCall.Local,
        Url = Descriptor.Name,
        Body = with.All,
    };
}
