using System.Collections.Immutable;
using Runbook.Engine;
using Runbook.Engine.Actions;

namespace Runbook.Actions;

/// <summary>From the world and a plan to a report. Pure: the same world and plan give the same report.</summary>
internal sealed class PreflightJudge
{
    private readonly AzureSite _site;
    private readonly RepairDesk _repairs;
    private readonly NeedJudge _needs;
    private readonly OutageJudge _outages;

    public PreflightJudge(ActionSet actions, AzureSite site)
    {
        _site = site;
        _repairs = new RepairDesk(actions, site);
        _needs = new NeedJudge(_repairs);
        _outages = new OutageJudge(new KeyUse(_repairs));
    }

    /// <summary>Judges a plan.</summary>
    public PreflightReport Judge(PreflightModel model, ImmutableArray<KnownStep> steps)
    {
        var (needs, outages) = (new List<PreflightNeed>(), new List<PredictedOutage>(_outages.AsThingsStand(model)));
        var (finder, changes, world) = (new PlanNeeds(_site), new PlanChanges(_site), new PlannedWorld(model));
        foreach (var step in steps)
        {
            if (!step.Planned.MayBeRefused) needs.AddRange(finder.Of(step).Select(n => _needs.Judge(world, n)));
            var harm = changes.Of(world, step) is { } change ? _outages.With(world.Model, change, step.Path).ToList() : [];
            outages.AddRange(harm);
            // A resource that is refused its new key stays with the old one: what a later step does to that counts.
            if (PlanChanges.Move(step) is null || harm.Count == 0) world = world.After(step, _site);
        }

        return new PreflightReport
        {
            At = model.Now,
            Caller = model.Caller is { } caller && model.Principals.Known.TryGetValue(caller.ObjectId, out var entry) && entry.Name.Length > 0 ? caller with { Name = entry.Name } : model.Caller,
            Needs = Merged(needs),
            Findings = [.. Orphans(model), .. Risks(model)],
            Outages = [.. outages],
            Unchecked = model.Unchecked,
        };
    }

    private static ImmutableArray<PreflightNeed> Merged(IEnumerable<PreflightNeed> needs) =>
    [
        .. needs.GroupBy(n => (n.Plane, n.Operation, n.Store, Scope: n.Scope.ToUpperInvariant(), n.State)).Select(g => g.First() with { Steps = [.. g.SelectMany(n => n.Steps).Distinct()] }),
    ];

    // What is left of somebody who is gone looks like a grant to whoever lists them, and is none.
    private IEnumerable<PreflightFinding> Orphans(PreflightModel model)
    {
        foreach (var holding in model.Access.Holdings.Where(h => h.Store is not null && model.Principals.IsGone(h.Principal)))
        {
            if (!model.Stores.TryGetValue(holding.Store!, out var store) || model.Access.RoleOf(holding) is not { } role) continue;
            yield return new PreflightFinding("orphaned-assignment", holding.Id, $"\"{role.Name}\" at {holding.Scope} on {store.Name} is for {holding.Principal}, whom the directory does not know any more: it grants nobody anything.", [_repairs.Remove(store, role.Name, holding)]);
        }
    }

    private static IEnumerable<PreflightFinding> Risks(PreflightModel model)
    {
        foreach (var dependant in model.Dependants)
        {
            var holdings = KeyUse.Through(model, dependant, dependant.InUse ?? dependant.Key, model.Now).ToList();
            if (holdings.Count == 0 || holdings.Exists(h => NeedJudge.RiskOf(model, h) is null)) continue;
            yield return new PreflightFinding("grant-at-risk", dependant.Id, $"{dependant.Name} reaches its key only through an assignment at {holdings[0].Scope} that {NeedJudge.RiskOf(model, holdings[0])}.", []);
        }
    }
}
