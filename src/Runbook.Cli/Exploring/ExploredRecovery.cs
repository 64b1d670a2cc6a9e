using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Journal;

namespace Runbook.Cli.Exploring;

/// <summary>What <c>runbook resume</c> does before anything else: armed faults that nobody guards are undone in the guard's own file.</summary>
/// <param name="world">The run.</param>
/// <param name="actions">What can be done.</param>
/// <param name="clock">The console's clock.</param>
/// <param name="filesFolder">Folder of the files that are carried in and out of the room.</param>
/// <param name="ground">What the console stands on.</param>
internal sealed class ExploredRecovery(ExploredWorld world, ActionSet actions, ISessionClock clock, string filesFolder, JournalGround ground) : IGuardWorld
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan GuardsOutrunWithin = TimeSpan.FromHours(12);

    public ActionSet Actions => actions;

    public ISessionClock Clock => clock;

    public string FilesFolder => filesFolder;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Undoes what is armed and unguarded; waits for a guard that is undoing already.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (ground.Disk.KindOf(world.Session.Journal) == DiskEntryKind.Missing) return;
        var lines = new List<JournalLine>();
        var ledger = new SessionLedger();
        try
        {
            foreach (var line in JournalReader.ReadAll(ground.Disk, world.Session))
            {
                lines.Add(line);
                ledger.Apply(line.Entry, line.Hash);
            }
        }
        catch (JournalReadException torn) when (torn.Reason == Reason.NoLf)
        {
            // The recovery of the journal sets the torn end aside.
        }

        foreach (var fault in ledger.Faults.Armed.Reverse().Where(f => f.Body.Guard is not null)) await HandleAsync(fault, lines[(int)fault.ArmedSeq - 1], ledger, cancellationToken).ConfigureAwait(false);
    }

    private async Task HandleAsync(ArmedFault fault, JournalLine armed, SessionLedger ledger, CancellationToken cancellationToken)
    {
        var file = fault.Body.Guard!.File;
        for (var waited = TimeSpan.Zero; waited < GuardsOutrunWithin; waited += Look)
        {
            var record = GuardRecord.Read(ground.Disk, world.Session.In(file.Split('/')), armed.Hash);
            if (record?.Lifted is not null) return;
            if (!world.House!.IsAlive(file))
            {
                await UndoAsync(fault, armed, ledger, cancellationToken).ConfigureAwait(false);
                return;
            }

            if (record?.Acted is null) return;
            await clock.WaitForPeopleAsync(Look, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task UndoAsync(ArmedFault fault, JournalLine armed, SessionLedger ledger, CancellationToken cancellationToken)
    {
        var order = world.Witness.Orders[fault.Fault];
        var key = ground.NewSessionKey(ground.Random);
        using var journal = GuardJournal.Continue(ground, world.Session, order.File, ledger.Opened!.Session, armed.Entry, armed.Hash, key);
        world.Recovers = fault.Fault;
        try
        {
            journal.Append(new Abort { Reason = "found armed, and its guard was gone", Trigger = "guard" }, order.Fault);
            await new GuardUndo(order, this, ground, () => journal, static _ => { }).UntilGoneAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            world.Recovers = null;
        }
    }
}
