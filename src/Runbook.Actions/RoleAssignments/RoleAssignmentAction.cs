using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>What the actions on a managed HSM's local role assignments share.</summary>
internal abstract class RoleAssignmentAction(AzureSite site, AzureWire? wire) : HsmAction(site, wire)
{
    /// <summary>Path of assignments below a scope.</summary>
    protected const string Assignments = "/providers/Microsoft.Authorization/roleAssignments";

    /// <summary>Path of role definitions.</summary>
    protected const string Definitions = "/providers/Microsoft.Authorization/roleDefinitions";

    /// <summary>Arguments of one grant, and of a list of them.</summary>
    protected const string GrantArguments = """
        role?: {type: string, description: "Name of the role, built-in or custom, or its GUID"}
        principal?: {type: string, format: uuid, description: "Object id of the user, group or service"}
        scope?: {type: string, pattern: '^/(keys(/[0-9A-Za-z-]{1,127})?)?$', description: "/ for everything, /keys for all keys, /keys/NAME for one key with all its versions"}
        grants?: {type: array, minItems: 1, maxItems: 50, items: {type: object, additionalProperties: false, required: [role, principal, scope], properties: {role: {type: string}, principal: {type: string, format: uuid}, scope: {type: string, pattern: '^/(keys(/[0-9A-Za-z-]{1,127})?)?$'}}}, description: "Several of them, in order"}
        """;

    private static readonly Schema RolesObserved = Shape.Of("""
        value:
          type: array
          items: {type: object, additionalProperties: false, properties: {name: {type: string}, properties: {type: object, additionalProperties: false, properties: {roleName: {type: string}}}}}
        """);

    /// <summary>Address of an assignment.</summary>
    protected string AddressOf(string hsm, Grant grant, string name) => Site.Hsm(hsm, $"{grant.ScopePath}{Assignments}/{name}");

    /// <summary>Reads the names of the HSM's roles: needed where a role is neither built in nor given by its GUID.</summary>
    protected PlannedCall LookUpRoles(int index, string hsm) =>
        Make(index, EffectClass.Read, "GET", Site.Hsm(hsm, Definitions), $"Look up the custom roles of '{hsm}'.", observes: RolesObserved);

    /// <summary>A role's GUID: by the table of the built-in ones, or from the roles that were looked up.</summary>
    protected static string? RoleIdOf(Grant grant, CallAnswer? roles)
    {
        if (grant.RoleId is { } known) return known;
        if (roles is null || !roles.Observed.TryGetProperty("value", out var list)) return null;
        foreach (var role in list.EnumerateArray())
        {
            if (role.TryGetProperty("properties", out var properties) && properties.TryGetProperty("roleName", out var name) && string.Equals(name.GetString(), grant.Role, StringComparison.OrdinalIgnoreCase))
            {
                return role.GetProperty("name").GetString();
            }
        }

        return null;
    }

    /// <summary>Whether the roles must be looked up first.</summary>
    protected static bool NeedsRoles(ImmutableArray<Grant> grants) => grants.Any(g => g.IsKnown && g.RoleId is null);

    /// <summary>The assignments of a principal at, above and below a scope, outside of any call.</summary>
    protected async Task<HttpAnswer> LookForAsync(string host, string scopePath, string principal, ActionContext context, CancellationToken cancellationToken) =>
        await LookAsync($"{host}{scopePath}{Assignments}?$filter=principalId%20eq%20'{principal}'&api-version={AzureSite.HsmVersion}", context, cancellationToken).ConfigureAwait(false);

    /// <summary>The items of a list's answer.</summary>
    protected static IEnumerable<JsonElement> ItemsOf(HttpAnswer answer) =>
        answer.Json is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("value", out var items) && items.ValueKind == JsonValueKind.Array ? items.EnumerateArray() : [];

    /// <summary>What a call that writes an assignment says: scope, name, and what its body holds.</summary>
    protected static (string Host, string ScopePath, string Name) PartsOf(PlannedCall call)
    {
        var address = new Uri(call.Url);
        var path = address.AbsolutePath;
        var start = path.IndexOf(Assignments, StringComparison.OrdinalIgnoreCase);
        return (address.GetLeftPart(UriPartial.Authority), path[..start], path[(start + Assignments.Length + 1)..]);
    }
}
