using System.Collections.Immutable;

namespace Runbook.Actions;

/// <summary>Reads Resource Manager's roles: all assignments that can be seen; else what the caller may, as Resource Manager itself says.</summary>
internal sealed class ArmRoleReader(PreflightReader reader, AzureSite site)
{
    private const string Version = "2022-04-01";
    private const string Provider = "/providers/Microsoft.Authorization/";

    /// <summary>Reads them.</summary>
    /// <param name="model">The world so far.</param>
    /// <param name="scopes">Where the caller needs something.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<PreflightModel> ReadAsync(PreflightModel model, IReadOnlyCollection<string> scopes, CancellationToken cancellationToken)
    {
        var subscription = $"/subscriptions/{site.SubscriptionId}";
        var assignments = await reader.GetAsync(site.Arm($"{subscription}{Provider}roleAssignments", Version), cancellationToken).ConfigureAwait(false);
        var definitions = assignments.IsGood ? await reader.GetAsync(site.Arm($"{subscription}{Provider}roleDefinitions", Version), cancellationToken).ConfigureAwait(false) : assignments;
        if (!definitions.IsGood) return await RightsAsync(model with { ArmUnread = $"the role assignments of the subscription could not be read ({definitions.WhyNot})" }, scopes, cancellationToken).ConfigureAwait(false);

        var roles = model.Access.Roles.ToBuilder();
        foreach (var role in definitions.Items.Select(Rights.Of)) roles[("", role.Id)] = role;
        var ends = await EndsAsync(subscription, cancellationToken).ConfigureAwait(false);
        var holdings = assignments.Items.Select(a => RoleHolding.Of(a, store: null)).Select(h => h with { Ends = ends.GetValueOrDefault((h.Principal.ToLowerInvariant(), h.RoleId, h.Scope.ToLowerInvariant())) });
        return model with { Access = (model.Access with { Roles = roles.ToImmutable() }).With(holdings) };
    }

    // Privileged identity management keeps beside an assignment when it ends. Where it is not in use, nothing ends.
    private async Task<Dictionary<(string, string, string), DateTimeOffset?>> EndsAsync(string subscription, CancellationToken cancellationToken)
    {
        var ends = new Dictionary<(string, string, string), DateTimeOffset?>();
        var instances = await reader.GetAsync(site.Arm($"{subscription}{Provider}roleAssignmentScheduleInstances", "2020-10-01"), cancellationToken).ConfigureAwait(false);
        foreach (var instance in instances.Items)
        {
            if (instance.Moment("properties", "endDateTime") is not { } end) continue;
            var key = ((instance.Text("properties", "principalId") ?? "").ToLowerInvariant(), JsonParts.LastPiece(instance.Text("properties", "roleDefinitionId") ?? "").ToLowerInvariant(), (instance.Text("properties", "scope") ?? "").ToLowerInvariant());
            ends[key] = end;
        }

        return ends;
    }

    private async Task<PreflightModel> RightsAsync(PreflightModel model, IReadOnlyCollection<string> scopes, CancellationToken cancellationToken)
    {
        var rights = model.ArmRights.ToBuilder();
        foreach (var scope in scopes.Take(ActionsLimits.PreflightScopesMax))
        {
            var reading = await reader.GetAsync(site.Arm($"{scope}{Provider}permissions", Version), cancellationToken).ConfigureAwait(false);
            if (reading.IsGood) rights[scope] = [.. reading.Items.Select(RightSet.Of)];
        }

        return model with { ArmRights = rights.ToImmutable() };
    }
}
