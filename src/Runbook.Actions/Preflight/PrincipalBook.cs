using System.Collections.Immutable;

namespace Runbook.Actions;

/// <summary>Somebody or something in the directory.</summary>
/// <param name="Id">Object id.</param>
/// <param name="Name">Display name.</param>
/// <param name="Kind"><c>user</c>, <c>group</c> or <c>servicePrincipal</c>.</param>
/// <param name="IsDisabled">Whether it can't sign in any more.</param>
/// <param name="Members">A group's members.</param>
internal sealed record DirectoryEntry(string Id, string Name, string Kind, bool IsDisabled, ImmutableArray<string> Members);

/// <summary>Who is who, as far as the directory told. Immutable.</summary>
internal sealed record PrincipalBook
{
    public static PrincipalBook Empty { get; } = new();

    /// <summary>Those that exist, by object id.</summary>
    public ImmutableSortedDictionary<string, DirectoryEntry> Known { get; init; } = ImmutableSortedDictionary.Create<string, DirectoryEntry>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Those that were asked for, and do not exist.</summary>
    public ImmutableSortedSet<string> Gone { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether nobody has that object id any more; false where it was not found out.</summary>
    public bool IsGone(string? id) => id is not null && Gone.Contains(id);

    /// <summary>Whether somebody has left: is gone, or can't sign in any more.</summary>
    public bool HasLeft(string? id) => IsGone(id) || (id is not null && Known.TryGetValue(id, out var entry) && entry.IsDisabled);

    /// <summary>A name for people.</summary>
    public string NameOf(string id) => Known.TryGetValue(id, out var entry) && entry.Name.Length > 0 ? $"{entry.Name} ({id})" : id;

    /// <summary>A principal with the groups that it is in, directly or through another.</summary>
    public IReadOnlySet<string> With(string principal, IEnumerable<string>? groups = null)
    {
        var who = new HashSet<string>(groups ?? [], StringComparer.OrdinalIgnoreCase) { principal };
        for (var grown = true; grown;)
        {
            grown = false;
            foreach (var group in Known.Values.Where(e => e.Kind == "group" && !who.Contains(e.Id) && e.Members.Any(who.Contains))) grown |= who.Add(group.Id);
        }

        return who;
    }
}
