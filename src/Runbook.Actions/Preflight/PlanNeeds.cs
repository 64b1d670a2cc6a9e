using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary>A permission that a step needs, and where.</summary>
/// <param name="Step">The step.</param>
/// <param name="Permission">The permission as the action declares it.</param>
/// <param name="Store">Host of the HSM whose own roles grant it.</param>
/// <param name="Scope">Where; cut off before what is not known yet.</param>
/// <param name="IsExact">Whether the scope is the whole one.</param>
internal sealed record FoundNeed(KnownStep Step, ActionPermission Permission, string? Store, string Scope, bool IsExact)
{
    /// <summary>Whether a data action of Resource Manager's roles is meant.</summary>
    public bool IsData => Permission.Plane == PermissionPlane.DataPlane;
}

/// <summary>
/// Finds at which scopes a step needs what its action declares: from the addresses that it calls, as Azure takes them from
/// there. Pure.
/// </summary>
internal sealed class PlanNeeds(AzureSite site)
{
    private const string HsmOperations = "Microsoft.KeyVault/managedHsm/";

    /// <summary>The needs of a step.</summary>
    public IEnumerable<FoundNeed> Of(KnownStep step)
    {
        if (step.Planned.Descriptor.Local) yield break;
        foreach (var permission in step.Planned.Descriptor.Permissions)
        {
            var found = permission.Plane == PermissionPlane.ResourceManager ? Arm(step, permission)
                : permission.Operation.StartsWith(HsmOperations, StringComparison.OrdinalIgnoreCase) ? Hsm(step, permission)
                : Data(step, permission);
            foreach (var need in found.DistinctBy(n => (n.Store, n.Scope.ToUpperInvariant()))) yield return need;
        }
    }

    private IEnumerable<FoundNeed> Arm(KnownStep step, ActionPermission permission)
    {
        var paths = step.Calls.Select(c => PathOf(c.Url, site.Cloud.ResourceManagerRoot)).OfType<string>().ToList();
        if (paths.Count == 0)
        {
            yield return new FoundNeed(step, permission, null, $"/subscriptions/{site.SubscriptionId}", IsExact: false);
            yield break;
        }

        var longest = paths.Max(p => LengthOfType(p, permission.Operation));
        foreach (var path in paths.Where(p => LengthOfType(p, permission.Operation) == longest))
        {
            // What lies in no subscription is asked of the whole tenant, and answered for what the caller may read.
            var scope = path.StartsWith("/subscriptions/", StringComparison.OrdinalIgnoreCase) ? path : $"/subscriptions/{site.SubscriptionId}";
            var (known, isExact) = Cut(PlanWords.IsOpen(path) && !path.StartsWith("/subscriptions/", StringComparison.OrdinalIgnoreCase) ? scope + "/${resource}" : scope);
            yield return new FoundNeed(step, permission, null, known, isExact);
        }
    }

    private IEnumerable<FoundNeed> Hsm(KnownStep step, ActionPermission permission)
    {
        var operation = permission.Operation[HsmOperations.Length..];
        foreach (var (host, path) in step.Calls.Select(c => Parts(c.Url)))
        {
            if (host is null || !host.EndsWith("." + site.Cloud.ManagedHsmDomain, StringComparison.OrdinalIgnoreCase)) continue;
            if (PlanWords.IsOpen(host))
            {
                yield return new FoundNeed(step, permission, host, "/", IsExact: false);
                continue;
            }

            if (HsmScope(operation, path) is not { } scope) continue;
            var (known, isExact) = Cut(scope);
            yield return new FoundNeed(step, permission, host.ToLowerInvariant(), known, isExact);
        }

        if (!step.Calls.Any(c => Parts(c.Url).Host is not null)) yield return new FoundNeed(step, permission, "${hsm}", "/", IsExact: false);
    }

    private IEnumerable<FoundNeed> Data(KnownStep step, ActionPermission permission)
    {
        foreach (var (host, path) in step.Calls.Select(c => Parts(c.Url)))
        {
            var scope = host switch
            {
                null => null,
                _ when host.EndsWith("." + site.Cloud.BlobDomain, StringComparison.OrdinalIgnoreCase) => $"{site.Id("Microsoft.Storage/storageAccounts", host.Split('.')[0])}/blobServices/default/containers/{FirstPiece(path)}",
                _ when host.EndsWith("." + site.Cloud.VaultDomain, StringComparison.OrdinalIgnoreCase) => $"{site.Id("Microsoft.KeyVault/vaults", host.Split('.')[0])}{path}",
                _ => null,
            };
            var (known, isExact) = scope is null ? ($"/subscriptions/{site.SubscriptionId}", false) : Cut(scope);
            yield return new FoundNeed(step, permission, null, known, isExact);
        }
    }

    // A version is never part of a scope; lists of keys, and what makes a key from a file, are judged at /keys.
    private static string? HsmScope(string operation, string path)
    {
        var roles = path.IndexOf("/providers/Microsoft.Authorization/", StringComparison.OrdinalIgnoreCase);
        if (operation.StartsWith("roleAssignments/", StringComparison.Ordinal))
        {
            if (roles < 0 || !path[roles..].Contains("/roleAssignments", StringComparison.OrdinalIgnoreCase)) return roles < 0 ? "/" : null;
            var scope = "/" + string.Join('/', path[..roles].Split('/', StringSplitOptions.RemoveEmptyEntries));
            return scope;
        }

        if (!operation.StartsWith("keys/", StringComparison.Ordinal)) return "/";
        if (roles >= 0) return null;
        return path.Split('/', StringSplitOptions.RemoveEmptyEntries) switch
        {
            ["keys" or "deletedkeys", var name, ..] when name != "restore" => $"/keys/{name}",
            ["keys" or "deletedkeys", ..] => "/keys",
            _ => "/",
        };
    }

    // How much of an operation's type an address names: Microsoft.Sql/servers/keys/write is of …/servers/x/keys/y.
    private static int LengthOfType(string path, string operation)
    {
        var provider = path.LastIndexOf("/providers/", StringComparison.OrdinalIgnoreCase);
        if (provider < 0) return 0;
        var pieces = path[(provider + "/providers/".Length)..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        var type = pieces.Length == 0 ? "" : pieces[0];
        for (var i = 1; i < pieces.Length; i += 2)
        {
            var longer = $"{type}/{pieces[i]}";
            if (!operation.StartsWith(longer + "/", StringComparison.OrdinalIgnoreCase)) break;
            type = longer;
        }

        return type.Length;
    }

    private static (string Known, bool IsExact) Cut(string scope)
    {
        if (!PlanWords.IsOpen(scope)) return (scope, true);
        var before = scope[..scope.IndexOf("${", StringComparison.Ordinal)];
        var end = before.LastIndexOf('/');
        return (end <= 0 ? "/" : before[..end], false);
    }

    private static string? PathOf(string url, string root) => url.StartsWith(root + "/", StringComparison.OrdinalIgnoreCase) ? WithoutQuery(url[root.Length..]) : null;

    // Not by way of Uri: a host may be a hole.
    private static (string? Host, string Path) Parts(string url)
    {
        if (!url.StartsWith("https://", StringComparison.OrdinalIgnoreCase)) return (null, "");
        var rest = url["https://".Length..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (rest, "") : (rest[..slash], WithoutQuery(rest[slash..]));
    }

    private static string WithoutQuery(string path) => path.IndexOf('?', StringComparison.Ordinal) is var at and >= 0 ? path[..at] : path;

    private static string FirstPiece(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries) is [var first, ..] ? first : "";
}
