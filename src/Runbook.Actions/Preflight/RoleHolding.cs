using System.Collections.Immutable;
using System.Text.Json;

namespace Runbook.Actions;

/// <summary>A role assignment of either plane, or one that a step of the plan is going to make.</summary>
internal sealed record RoleHolding
{
    /// <summary>The assignment's id or name.</summary>
    public required string Id { get; init; }

    /// <summary>Host of the HSM; <see langword="null"/> for Resource Manager's.</summary>
    public string? Store { get; init; }

    /// <summary>Object id.</summary>
    public required string Principal { get; init; }

    /// <summary>GUID of the role.</summary>
    public required string RoleId { get; init; }

    /// <summary>A resource id, or a scope inside the HSM.</summary>
    public required string Scope { get; init; }

    /// <summary>Who made it; <see langword="null"/> where Azure does not tell, as an HSM does not.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>When it ends by itself; <see langword="null"/> for never.</summary>
    public DateTimeOffset? Ends { get; init; }

    /// <summary>The step of the plan that makes it; <see langword="null"/> for one that is there.</summary>
    public string? Step { get; init; }

    /// <summary>Whether it holds at a scope: at its own and below.</summary>
    public bool Covers(string scope) => IsWithin(scope, Scope);

    /// <summary>Reads one as Azure writes it.</summary>
    public static RoleHolding Of(JsonElement assignment, string? store) => new()
    {
        Id = assignment.Text("id") ?? assignment.Text("name") ?? "",
        Store = store,
        Principal = assignment.Text("properties", "principalId") ?? "",
        RoleId = JsonParts.LastPiece(assignment.Text("properties", "roleDefinitionId") ?? "").ToLowerInvariant(),
        Scope = assignment.Text("properties", "scope") ?? "/",
        CreatedBy = assignment.Text("properties", "createdBy"),
    };

    /// <summary>Whether a scope is another or lies below it: <c>/</c> holds everything, <c>/keys</c> holds <c>/keys/name</c>.</summary>
    public static bool IsWithin(string inner, string outer)
    {
        var bare = outer.TrimEnd('/');
        return bare.Length == 0 || JsonParts.Same(inner, bare) || (inner.StartsWith(bare, StringComparison.OrdinalIgnoreCase) && inner[bare.Length] == '/');
    }
}

/// <summary>Everybody's roles, as far as they were read. Immutable.</summary>
internal sealed record AccessBook
{
    public static AccessBook Empty { get; } = new();

    public ImmutableArray<RoleHolding> Holdings { get; init; } = [];

    /// <summary>Roles by HSM host (empty for Resource Manager's) and GUID.</summary>
    public ImmutableDictionary<(string Store, string Id), Rights> Roles { get; init; } = ImmutableDictionary<(string Store, string Id), Rights>.Empty;

    /// <summary>The role of an assignment; <see langword="null"/> for one that is deleted: its assignments stay and grant nothing.</summary>
    public Rights? RoleOf(RoleHolding holding) => Roles.GetValueOrDefault((holding.Store ?? "", holding.RoleId)) ?? (holding.Store is null ? null : BuiltInRights.Find(holding.RoleId));

    /// <summary>A role of an HSM by its name or GUID.</summary>
    public Rights? RoleNamed(string store, string role) => LocalRoles.IdOf(role) is { } id
        ? Roles.GetValueOrDefault((store, id)) ?? BuiltInRights.Find(id)
        : Roles.Where(r => r.Key.Store == store && JsonParts.Same(r.Value.Name, role)).Select(r => r.Value).FirstOrDefault();

    /// <summary>The assignments that permit somebody an operation at a scope at a moment.</summary>
    /// <param name="who">Object ids: the principal's, and its groups'.</param>
    /// <param name="store">Host of the HSM; <see langword="null"/> for Resource Manager's.</param>
    /// <param name="operation">The operation, written out.</param>
    /// <param name="isData">Whether it is a data action.</param>
    /// <param name="scope">Where.</param>
    /// <param name="at">When.</param>
    public IEnumerable<RoleHolding> Permitting(IReadOnlySet<string> who, string? store, string operation, bool isData, string scope, DateTimeOffset at) =>
        OfRole(who, store, operation, isData).Where(h => h.Covers(scope) && (h.Ends is null || at < h.Ends));

    /// <summary>The same at any scope.</summary>
    public IEnumerable<RoleHolding> OfRole(IReadOnlySet<string> who, string? store, string operation, bool isData) =>
        Holdings.Where(h => h.Store == store && who.Contains(h.Principal) && RoleOf(h)?.Permits(operation, isData) == true);

    /// <summary>With more assignments; one that is known already stays as it is.</summary>
    public AccessBook With(IEnumerable<RoleHolding> more)
    {
        var known = Holdings.Select(h => (h.Store, h.Id)).ToHashSet();
        return this with { Holdings = [.. Holdings, .. more.Where(h => known.Add((h.Store, h.Id)))] };
    }
}
