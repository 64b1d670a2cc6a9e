using System.Collections.Immutable;

namespace Runbook.Actions;

/// <summary>What of the world a plan is about.</summary>
internal sealed record PlanFocus
{
    /// <summary>Hosts of HSMs and vaults.</summary>
    public required ImmutableSortedSet<string> Hosts { get; init; }

    /// <summary>Keys, without version.</summary>
    public required ImmutableSortedSet<string> Keys { get; init; }

    /// <summary>Ids of resources, and of what lies below them.</summary>
    public required ImmutableSortedSet<string> Resources { get; init; }

    /// <summary>Scopes of Resource Manager at which something is needed.</summary>
    public required ImmutableSortedSet<string> ArmScopes { get; init; }

    /// <summary>Of a plan.</summary>
    public static PlanFocus Of(ImmutableArray<KnownStep> steps, IEnumerable<FoundNeed> needs, AzureSite site)
    {
        var (hosts, keys, resources, scopes) = (NewSet(), NewSet(), NewSet(), NewSet());
        foreach (var need in needs.Where(n => !n.Step.Planned.MayBeRefused))
        {
            if (need.Store is { } store && !PlanWords.IsOpen(store))
            {
                hosts.Add(store);
                if (need.Scope.StartsWith("/keys/", StringComparison.OrdinalIgnoreCase)) keys.Add($"https://{store}{need.Scope}");
            }
            else if (need.Store is null)
            {
                scopes.Add(need.Scope);
            }
        }

        foreach (var call in steps.SelectMany(s => s.Calls).Where(c => c.Target.StartsWith("/subscriptions/", StringComparison.OrdinalIgnoreCase) && !PlanWords.IsOpen(c.Target)))
        {
            resources.Add(call.Target);
            if (call.Target.Split('/') is [_, _, _, _, _, _, "Microsoft.KeyVault", "managedHSMs", var name, ..]) hosts.Add(PlannedWorld.HostOf(name, site));
        }

        foreach (var move in steps.Select(PlanChanges.Move).OfType<KeyMove>())
        {
            hosts.Add(KeyNames.HostOf(move.Key));
            keys.Add(KeyNames.WithoutVersion(move.Key));
        }

        return new PlanFocus { Hosts = hosts.ToImmutable(), Keys = keys.ToImmutable(), Resources = resources.ToImmutable(), ArmScopes = scopes.ToImmutable() };
    }

    /// <summary>Whether a resource, or something below it, is called.</summary>
    public bool Calls(string resource) => Resources.Any(r => RoleHolding.IsWithin(r, resource));

    private static ImmutableSortedSet<string>.Builder NewSet() => ImmutableSortedSet.CreateBuilder<string>(StringComparer.OrdinalIgnoreCase);
}
