using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runbook.Actions;

/// <summary>One role for one principal at one scope. Values that are not known yet are <c>${holes}</c>.</summary>
/// <param name="Role">The role as it was given: name, GUID or definition id.</param>
/// <param name="Principal">Object id.</param>
/// <param name="Scope"><c>/</c>, <c>/keys</c> or <c>/keys/name</c>.</param>
internal sealed record Grant(string Role, string Principal, string Scope)
{
    /// <summary>The role's GUID; <see langword="null"/> for a custom role given by its name.</summary>
    public string? RoleId => LocalRoles.IdOf(Role);

    /// <summary>Whether all three are known.</summary>
    public bool IsKnown => !Role.Contains("${", StringComparison.Ordinal) && !Principal.Contains("${", StringComparison.Ordinal) && !Scope.Contains("${", StringComparison.Ordinal);

    /// <summary>In words.</summary>
    public string InWords => $"'{Role}' at {Scope} for {Principal}";

    /// <summary>The grants of an action's arguments, in order: the one, or the list's. A list that is not known yet is one grant of holes.</summary>
    public static ImmutableArray<Grant> AllOf(Arguments with)
    {
        if (!with.Has("grants")) return [Of(with)];
        return with.Items("grants") is { } list ? [.. list.Select(item => Of(new Arguments(item)))] : [new Grant("${role}", "${principal}", "${scope}")];
    }

    /// <summary>The name that its assignment gets here, on an HSM.</summary>
    public string NameOn(string host) => IsKnown ? LocalRoles.AssignmentName(host, RoleId ?? Role, Principal, Scope) : "${assignment}";

    /// <summary>The scope as addresses begin with it: empty for everywhere.</summary>
    public string ScopePath => Scope == "/" ? "" : Scope;

    /// <summary>Whether an assignment of the HSM says the same.</summary>
    public bool IsSaidBy(JsonElement assignment, string roleId)
    {
        if (!assignment.TryGetProperty("properties", out var properties)) return false;
        return LocalRoles.IdOf(Text("roleDefinitionId")) == roleId
            && string.Equals(Text("principalId"), Principal, StringComparison.OrdinalIgnoreCase)
            && string.Equals(Text("scope"), Scope, StringComparison.OrdinalIgnoreCase);

        string Text(string name) => properties.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
    }

    /// <summary>As arguments.</summary>
    public JsonObject ToArguments() => new() { ["role"] = Role, ["principal"] = Principal, ["scope"] = Scope };

    private static Grant Of(Arguments with) => new(with.Text("role"), with.Text("principal"), with.Text("scope"));
}
