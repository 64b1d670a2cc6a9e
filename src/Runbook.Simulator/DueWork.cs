using Runbook.Simulator.State;

namespace Runbook.Simulator;

/// <summary>
/// Carries out what the estate has planned: provisioning that ends, keys that rotate, retention that runs out. The plan is
/// part of the estate, so a restart goes on with it.
/// </summary>
internal sealed class DueWork(SimulatorCore core) : IDueWork
{
    private readonly Dictionary<string, Action<DueItem>> _kinds = new(StringComparer.Ordinal);

    public DateTimeOffset? NextDue =>
        core.Estate.Current.FirstKey(Tables.Due) is { } key
            ? new DateTimeOffset(long.Parse(key.AsSpan(0, 19), System.Globalization.CultureInfo.InvariantCulture), TimeSpan.Zero)
            : null;

    /// <summary>
    /// Says what a kind of work does. It runs outside any transaction, opens its own with <see cref="Complete"/>, and must be
    /// repeatable: a kill between its steps repeats it.
    /// </summary>
    public void On(string kind, Action<DueItem> work) => _kinds.Add(kind, work);

    /// <summary>The common case: work that is one transaction.</summary>
    public void OnChange(string kind, Action<EstateTransaction, DueItem> change) =>
        On(kind, item => Complete(item, tx => change(tx, item)));

    /// <summary>Ends a piece of work: its effect and its removal from the plan are one transaction.</summary>
    public void Complete(DueItem item, Action<EstateTransaction> change) => core.Estate.Write(item.Due, tx =>
    {
        if (!tx.Remove(Tables.Due, item.Key))
            return false;
        change(tx);
        return true;
    });

    public void Run(DateTimeOffset until)
    {
        for (var done = 0; done < Limits.DueItemsPerMovement; done++)
        {
            var snapshot = core.Estate.Current;
            if (snapshot.FirstKey(Tables.Due) is not { } key || snapshot.Find(Tables.Due, key) is not { } item || item.Due > until)
                return;
            if (!_kinds.TryGetValue(item.Kind, out var work))
                throw new InvalidDataException($"The estate plans \"{item.Kind}\", which this simulator does not know.");
            work(item);
            if (core.Estate.Current.Has(Tables.Due, key))
                throw new InvalidOperationException($"Work of the kind \"{item.Kind}\" did not end.");
        }
        throw new InvalidOperationException("The estate's plan does not end.");
    }

    public void KeepPosition(DateTimeOffset now, DateTimeOffset hostNow)
    {
        // Whoever starts again on a state file needs it, and nobody else.
        if (!core.Estate.IsKept)
            return;
        core.Estate.Write(now, tx =>
        {
            tx.Put(Tables.Meta, MetaKeys.Clock, new MetaRow { Time = now, HostTime = hostNow });
            return true;
        });
        core.Estate.Save();
    }
}
