using System.Text.Json;
using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary>
/// The dry run of a guard: whether the identity that asks may carry out an action, judged by the roles that Azure says it
/// has. Nothing is tried; what can't be read counts as not permitted.
/// </summary>
public sealed class AzureUndoPermissions : IUndoPermissions
{
    private const string PermissionsVersion = "2022-04-01";

    private readonly AzureWire _wire;
    private readonly AzureSite _site;
    private readonly ActionSet _actions;
    private readonly FaultReader _reader;

    /// <summary>For an environment.</summary>
    /// <param name="environment">Where, and as whom.</param>
    /// <param name="actions">The actions that are judged.</param>
    public AzureUndoPermissions(AzureEnvironment environment, ActionSet actions)
    {
        ArgumentNullException.ThrowIfNull(environment);
        (_wire, _actions) = (AzureWire.Of(environment), actions);
        _site = new AzureSite(environment.Cloud, environment.TenantId, environment.SubscriptionId, environment.ResourceGroup);
        _reader = new FaultReader(_wire);
    }

    /// <inheritdoc/>
    public async Task<string?> WhyNotAsync(string action, JsonElement with, ActionContext context, CancellationToken cancellationToken)
    {
        var known = _actions.Get(action);
        var first = known.Plan(with)[0];
        // What is done on this computer, such as leaving a role that was held before, asks nobody.
        if (first.Method == PlannedCall.Local) return null;
        try
        {
            foreach (var permission in known.Descriptor.Permissions)
            {
                var isHeld = permission.Plane == PermissionPlane.ResourceManager
                    ? await IsHeldAtAsync(permission, first.Url, context, cancellationToken).ConfigureAwait(false)
                    : await IsHeldInsideAsync(permission, first.Url, context, cancellationToken).ConfigureAwait(false);
                if (!isHeld) return $"its identity does not hold {permission.Operation}, which \"{permission.Role}\" would give it at {permission.Scope}";
            }
        }
        catch (FaultUnknownException unknown)
        {
            return $"whether it is permitted can't be told: {unknown.Message}";
        }

        return null;
    }

    private async Task<bool> IsHeldAtAsync(ActionPermission permission, string url, ActionContext context, CancellationToken cancellationToken)
    {
        var address = new Uri(url);

        // Of another resource than the one that is called nothing is said here: the group has to do.
        var scope = address.AbsolutePath.Contains("${", StringComparison.Ordinal) || !address.AbsolutePath.StartsWith("/subscriptions/", StringComparison.OrdinalIgnoreCase) || address.AbsolutePath.Contains("%7B", StringComparison.OrdinalIgnoreCase)
            ? $"/subscriptions/{_site.SubscriptionId}/resourceGroups/{_site.ResourceGroup}"
            : address.AbsolutePath;
        var granted = await _reader.ListAsync(_site.Arm($"{scope}/providers/Microsoft.Authorization/permissions", PermissionsVersion), $"what is permitted at {scope}", context, cancellationToken).ConfigureAwait(false);
        return granted.Select(RightSet.Of).Any(r => r.Permits(permission.Operation, isData: false) || r.Permits(permission.Operation, isData: true));
    }

    private async Task<bool> IsHeldInsideAsync(ActionPermission permission, string url, ActionContext context, CancellationToken cancellationToken)
    {
        var address = new Uri(url);
        if (!_site.Cloud.IsManagedHsm(address)) return true;
        var root = address.GetLeftPart(UriPartial.Authority);
        var self = await SelfAsync(cancellationToken).ConfigureAwait(false);
        var roles = await _reader.ListAsync($"{root}/providers/Microsoft.Authorization/roleDefinitions?api-version={AzureSite.HsmVersion}", $"the local roles of {address.Host}", context, cancellationToken).ConfigureAwait(false);
        var assigned = new List<JsonElement>();

        // Without a filter a scope lists its own assignments only.
        foreach (var id in self) assigned.AddRange(await _reader.ListAsync($"{root}/providers/Microsoft.Authorization/roleAssignments?$filter=principalId%20eq%20'{id}'&api-version={AzureSite.HsmVersion}", $"the local role assignments of {address.Host}", context, cancellationToken).ConfigureAwait(false));
        var granting = roles.Where(r => Rights.Of(r).Permits(permission.Operation, isData: true)).Select(r => r.GetProperty("id").GetString()!).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return assigned.Select(a => a.GetProperty("properties")).Any(a =>
            granting.Contains(a.GetProperty("roleDefinitionId").GetString()!)
            && RoleHolding.IsWithin(address.AbsolutePath, a.GetProperty("scope").GetString()!));
    }

    /// <summary>The object ids that the token speaks for: the principal's own, and the groups that it names.</summary>
    private async Task<IReadOnlyCollection<string>> SelfAsync(CancellationToken cancellationToken)
    {
        try
        {
            var token = await _wire.TokenAsync(_site.Cloud.ResourceManagerScope, cancellationToken).ConfigureAwait(false);
            return TokenClaims.Of(token.Token) is { } claims ? [claims.ObjectId, .. claims.Groups] : throw new FaultUnknownException("its credential gives no token that says who it is");
        }
        catch (Azure.Identity.AuthenticationFailedException exception)
        {
            throw new FaultUnknownException($"its credential gives no token that says who it is ({exception.Message.TrimEnd('.')})", exception);
        }
    }
}
