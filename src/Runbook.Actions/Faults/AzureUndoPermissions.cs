using System.Text;
using System.Text.Json;
using Azure.Core;
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

    private readonly AzureEnvironment _environment;
    private readonly AzureSite _site;
    private readonly ActionSet _actions;
    private readonly FaultReader _reader;

    /// <summary>For an environment.</summary>
    /// <param name="environment">Where, and as whom.</param>
    /// <param name="actions">The actions that are judged.</param>
    public AzureUndoPermissions(AzureEnvironment environment, ActionSet actions)
    {
        ArgumentNullException.ThrowIfNull(environment);
        (_environment, _actions) = (environment, actions);
        _site = new AzureSite(environment.Cloud, environment.TenantId, environment.SubscriptionId, environment.ResourceGroup);
        _reader = new FaultReader(new AzureWire(environment));
    }

    /// <inheritdoc/>
    public async Task<string?> WhyNotAsync(string action, JsonElement with, ActionContext context, CancellationToken cancellationToken)
    {
        var known = _actions.Get(action);
        try
        {
            foreach (var permission in known.Descriptor.Permissions)
            {
                var isHeld = permission.Plane == PermissionPlane.ResourceManager
                    ? await IsHeldAtAsync(permission, known.Plan(with)[0].Url, context, cancellationToken).ConfigureAwait(false)
                    : await IsHeldInsideAsync(permission, known.Plan(with)[0].Url, context, cancellationToken).ConfigureAwait(false);
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
        return granted.Any(g => Grants(g, "actions", "notActions", permission.Operation) || Grants(g, "dataActions", "notDataActions", permission.Operation));
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
        var granting = roles.Where(r => Permissions(r).Any(p => Grants(p, "dataActions", "notDataActions", permission.Operation))).Select(r => r.GetProperty("id").GetString()!).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return assigned.Select(a => a.GetProperty("properties")).Any(a =>
            granting.Contains(a.GetProperty("roleDefinitionId").GetString()!)
            && Reaches(a.GetProperty("scope").GetString()!, address.AbsolutePath));
    }

    /// <summary>The object ids that the token speaks for: the principal's own, and the groups that it names.</summary>
    private async Task<HashSet<string>> SelfAsync(CancellationToken cancellationToken)
    {
        try
        {
            var token = await _environment.Credential.GetTokenAsync(new TokenRequestContext([$"{_site.Cloud.ResourceManagerRoot}/.default"]), cancellationToken).ConfigureAwait(false);
            using var claims = JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Token.Split('.')[1]));
            var ids = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            if (claims.RootElement.TryGetProperty("oid", out var own)) ids.Add(own.GetString()!);
            if (claims.RootElement.TryGetProperty("groups", out var groups) && groups.ValueKind == JsonValueKind.Array) ids.UnionWith(groups.EnumerateArray().Select(g => g.GetString()!));
            return ids;
        }
        catch (Exception exception) when (exception is Azure.Identity.AuthenticationFailedException or JsonException or FormatException or IndexOutOfRangeException)
        {
            throw new FaultUnknownException($"its credential gives no token that says who it is ({exception.Message.TrimEnd('.')})", exception);
        }
    }

    // A local scope reaches what lies below it: '/', '/keys', '/keys/name'.
    private static bool Reaches(string scope, string path)
    {
        var trimmed = scope.TrimEnd('/');
        return trimmed.Length == 0 || path.Equals(trimmed, StringComparison.OrdinalIgnoreCase) || path.StartsWith(trimmed + "/", StringComparison.OrdinalIgnoreCase);
    }

    private static IEnumerable<JsonElement> Permissions(JsonElement role) =>
        role.TryGetProperty("properties", out var properties) && properties.TryGetProperty("permissions", out var permissions) ? permissions.EnumerateArray() : [];

    private static bool Grants(JsonElement permission, string given, string taken, string operation) =>
        Any(permission, given, operation) && !Any(permission, taken, operation);

    private static bool Any(JsonElement permission, string member, string operation) =>
        permission.TryGetProperty(member, out var patterns) && patterns.ValueKind == JsonValueKind.Array && patterns.EnumerateArray().Any(p => Fits(p.GetString() ?? "", operation));

    // Azure's patterns know one star, which stands for anything.
    private static bool Fits(string pattern, string operation)
    {
        var parts = pattern.Split('*');
        if (parts.Length == 1) return string.Equals(pattern, operation, StringComparison.OrdinalIgnoreCase);
        var regex = new StringBuilder("^").AppendJoin(".*", parts.Select(System.Text.RegularExpressions.Regex.Escape)).Append('$').ToString();
        return System.Text.RegularExpressions.Regex.IsMatch(operation, regex, System.Text.RegularExpressions.RegexOptions.IgnoreCase | System.Text.RegularExpressions.RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
    }
}
