using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Language;
using Runbook.Language.Actions;
using EffectClass = Runbook.Language.Actions.EffectClass;

namespace Runbook.Cli.Exploring;

/// <summary>An action as it is, with somebody beside it who writes down what was sent and what was seen.</summary>
/// <param name="action">The action.</param>
/// <param name="wire">The network, which knows the run that is on.</param>
internal sealed class ExploredAction(IAction action, ExploredWire wire) : IAction
{
    public ActionDescriptor Descriptor => action.Descriptor;

    public ImmutableArray<PlannedCall> Plan(JsonElement with) => action.Plan(with);

    public ActionStep Next(JsonElement with, ImmutableArray<CallAnswer> answers) => action.Next(with, answers);

    public async Task<CallAnswer> SendAsync(EffectPermit permit, PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        var world = wire.World!;
        var (before, by) = (world.Sending, world.Actor);
        var sent = call.Effect == EffectClass.Read ? null : Begin(world, permit, call);
        world.Sending = sent;
        var isAnswered = false;
        try
        {
            var answer = await action.SendAsync(permit, call, context, cancellationToken).ConfigureAwait(false);
            if (sent is not null && answer.Error is null)
            {
                sent.IsAnswered = true;
                if (call.Method == PlannedCall.Local) sent.Took = true;
            }

            isAnswered = answer.Error is null;
            return answer;
        }
        finally
        {
            world.Sending = before;
            // A look may begin with a reading of what it needs; one that was not answered was a look all the same.
            if (sent is null && !isAnswered && by is not null) world.Witness.Looked.Add(by);
        }
    }

    public Task<CallAnswer> PollAsync(PendingOperation operation, PlannedCall call, ActionContext context, CancellationToken cancellationToken) =>
        action.PollAsync(operation, call, context, cancellationToken);

    public async Task<SettleVerdict> SettleAsync(PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        var world = wire.World!;
        var (before, by) = (world.Sending, world.Actor);
        world.Sending = null;
        if (by is not null)
        {
            world.Witness.Looked.Add(by);
            // A look that gets no answer shows nothing, and what an earlier one showed is old.
            world.Witness.SeenGone.Remove((by, KeyOf(call)));
        }

        try
        {
            var verdict = await action.SettleAsync(call, context, cancellationToken).ConfigureAwait(false);
            if (by is not null) world.Witness.SeenGone[(by, KeyOf(call))] = verdict is SettleVerdict.TookEffect;
            return verdict;
        }
        finally
        {
            world.Sending = before;
        }
    }

    public JsonElement InvertArguments(JsonElement with, JsonElement? reading) => action.InvertArguments(with, reading);

    private SentCall Begin(ExploredWorld world, EffectPermit permit, PlannedCall call)
    {
        var by = world.Actor ?? throw new InvalidOperationException("Nobody's turn, and something is sent.");
        var effect = EffectId.Parse(permit.Effect);
        var sent = new SentCall
        {
            By = by,
            Action = Descriptor.Name,
            Effect = permit.Effect,
            IntentSeq = permit.IntentSeq,
            Call = call,
            Step = effect.Step,
            Undoes = by.IsConsole ? Reverted(world) : effect.Step,
            Synced = world.Disk.SyncedLength(world.JournalOf(by, effect.Step)),
            JournalIsSessions = by.IsConsole && world.Recovers is null,
            At = world.Now,
            SeenGone = world.Witness.SeenGone.GetValueOrDefault((by, KeyOf(call))),
            HasLooked = world.Witness.Looked.Contains(by),
            GuardStood = by.IsConsole && world.Witness.Orders.TryGetValue(effect.Step, out var order) && world.Disk.LengthOf(world.Session.In(order.File.Split('/'))) > 0,
            Silence = by.IsConsole ? TimeSpan.Zero : world.SilenceOf(by),
        };
        world.Witness.SeenGone.Remove((by, KeyOf(call)));
        world.Witness.Sent.Add(sent);
        return sent;
    }

    private string KeyOf(PlannedCall call) => $"{Descriptor.Name} {call.Target}";

    private static string? Reverted(ExploredWorld world) => world.Recovers ?? (world.Runner?.View is { Frame: { } frame, Current.Step.Block: StepBlock.Revert revert } ? frame.Prefix + revert.Of : null);
}
