using System.Collections.Immutable;
using Runbook.Engine;

namespace Runbook.Actions;

/// <summary>
/// Judges a permission that a step needs by the assignments as they are, and as the steps before will have changed them. Pure.
/// </summary>
internal sealed class NeedJudge(RepairDesk repairs)
{
    /// <summary>Judges one.</summary>
    /// <param name="world">The world before the step.</param>
    /// <param name="need">The need.</param>
    public PreflightNeed Judge(PlannedWorld world, FoundNeed need)
    {
        var (state, why, mend) = Find(world, need);
        return new PreflightNeed
        {
            Plane = need.Permission.Plane,
            Operation = need.Permission.Operation,
            Store = need.Store,
            Scope = need.Scope,
            Role = need.Permission.Role,
            Steps = [need.Step.Path],
            State = state == NeedState.Missing && need.Step.Planned.MayBeAvoided ? NeedState.MissingForDetour : state,
            Why = why,
            Repairs = mend,
        };
    }

    private (NeedState State, string Why, ImmutableArray<PreflightRepair> Repairs) Find(PlannedWorld world, FoundNeed need)
    {
        var model = world.Model;
        if (model.Caller is null) return (NeedState.Unjudged, "It is not known who asks.", []);
        var store = need.Store is { } host ? model.Stores.GetValueOrDefault(host) : null;
        if (need.Store is not null && store is null) return (NeedState.Unjudged, "The HSM's name is not known yet.", []);
        if (store is { CallerIsShutOut: true })
        {
            return world.OpenedBy.TryGetValue(store.Host, out var opener)
                ? (NeedState.GivenByStep, $"The firewall of {store.Name} does not let you in; \"{opener}\" changes its rules.", [])
                : (NeedState.Missing, $"The firewall of {store.Name} does not let you in, whatever your roles are.", repairs.LetCallerIn(store));
        }

        var holdings = model.Access.Permitting(model.CallerIds, need.Store, need.Permission.Operation, need.IsData, need.Scope, model.Now).ToList();
        if (holdings.Where(h => h.Step is null).ToList() is { Count: > 0 } held) return OfHeld(model, need, store, held);
        if (holdings.FirstOrDefault() is { } coming) return (NeedState.GivenByStep, $"\"{coming.Step}\" gives \"{model.Access.RoleOf(coming)!.Name}\" at {coming.Scope}.", []);
        return Absent(world, need, store);
    }

    private (NeedState State, string Why, ImmutableArray<PreflightRepair> Repairs) OfHeld(PreflightModel model, FoundNeed need, StoreFacts? store, List<RoleHolding> held)
    {
        if (held.Find(h => RiskOf(model, h) is null) is { } sound) return (NeedState.Held, $"\"{model.Access.RoleOf(sound)!.Name}\" at {sound.Scope} gives it.", []);
        var first = held[0];
        var name = model.Access.RoleOf(first)!.Name;
        return (NeedState.AtRisk, $"Only \"{name}\" at {first.Scope} gives it, and that assignment {RiskOf(model, first)}.", [Grant(model, need, store)]);
    }

    /// <summary>What foreseeable event takes an assignment away, as the end of a sentence; <see langword="null"/> for none.</summary>
    public static string? RiskOf(PreflightModel model, RoleHolding holding)
    {
        if (holding.Ends is { } ends && ends - model.Now < ActionsLimits.AssignmentEndsSoon) return $"ends on {ends.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", System.Globalization.CultureInfo.InvariantCulture)}";
        if (model.Principals.IsGone(holding.Principal)) return $"is for {holding.Principal}, whom the directory does not know any more: a clean-up takes it";
        return model.Principals.HasLeft(holding.CreatedBy) ? $"was made by {model.Principals.NameOf(holding.CreatedBy!)}, who has left: a review of access takes it" : null;
    }

    private (NeedState State, string Why, ImmutableArray<PreflightRepair> Repairs) Absent(PlannedWorld world, FoundNeed need, StoreFacts? store)
    {
        var model = world.Model;
        if (store is { Exists: false, MadeBy: null }) return (NeedState.Unjudged, $"There is no {store.Name} that you can see.", []);
        if (store is not null && world.MaybeGivenBy.TryGetValue(store.Host, out var giver)) return (NeedState.Unjudged, $"You do not hold it; \"{giver}\" gives a role to somebody who is not known yet.", []);
        if (store is { MadeBy: null, Exists: null }) return (NeedState.Unjudged, $"Whether there is a {store.Name} could not be found out.", []);
        if (store?.RolesUnread is { } unread) return (NeedState.Unjudged, $"It can't be told: {unread}.", []);
        if (!need.IsExact) return (NeedState.Unjudged, "You do not hold it above; where exactly it is needed is not known yet.", []);
        if (store is null && model.ArmUnread is { } armUnread) return OfRights(model, need, armUnread);
        return (NeedState.Missing, WhyMissing(model, need, store), [Grant(model, need, store)]);
    }

    private static (NeedState State, string Why, ImmutableArray<PreflightRepair> Repairs) OfRights(PreflightModel model, FoundNeed need, string unread)
    {
        if (!model.ArmRights.TryGetValue(need.Scope, out var sets)) return (NeedState.Unjudged, $"It can't be told: {unread}.", []);
        if (sets.Any(s => s.Permits(need.Permission.Operation, need.IsData))) return (NeedState.Held, "Resource Manager says so; by which assignment can't be told.", []);
        return (NeedState.Missing, "Resource Manager says that you may not.", [RepairDesk.ArmGrant(need.Permission.Role, model.Caller!.ObjectId, need.Scope, model.Caller.Name)]);
    }

    private static string WhyMissing(PreflightModel model, FoundNeed need, StoreFacts? store)
    {
        var elsewhere = model.Access.OfRole(model.CallerIds, need.Store, need.Permission.Operation, need.IsData).Select(h => h.Scope).Distinct().ToList();
        if (elsewhere.Count > 0) return $"You hold it at {string.Join(", ", elsewhere)} only, which does not reach {need.Scope}.";
        var empty = model.Access.Holdings.FirstOrDefault(h => h.Store == need.Store && model.CallerIds.Contains(h.Principal) && h.Covers(need.Scope) && model.Access.RoleOf(h) is null);
        if (empty is not null) return $"Your assignment at {empty.Scope} is of a role that is deleted, and grants nothing.";
        return store is null ? "No role of yours permits it." : "No local role of yours permits it; a role on the subscription does not help, since an HSM has roles of its own.";
    }

    private PreflightRepair Grant(PreflightModel model, FoundNeed need, StoreFacts? store)
    {
        var caller = model.Caller!;
        if (store is { IsHsm: true }) return repairs.LocalGrant(store, need.Permission.Role, caller.ObjectId, need.Scope, caller.Name);
        return RepairDesk.ArmGrant(need.Permission.Role, caller.ObjectId, need.Scope, caller.Name);
    }
}
