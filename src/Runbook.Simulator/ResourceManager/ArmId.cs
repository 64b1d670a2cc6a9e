using System.Diagnostics.CodeAnalysis;

namespace Runbook.Simulator.ResourceManager;

/// <summary>A resource id taken apart. Ids compare without case; the spelling of whoever made the resource is kept.</summary>
internal sealed record ArmId
{
    private ArmId()
    {
    }

    public string? Subscription { get; private init; }

    public string? Group { get; private init; }

    /// <summary>Provider namespace, such as <c>Microsoft.KeyVault</c>; <see langword="null"/> for groups and subscriptions.</summary>
    public string? Namespace { get; private init; }

    /// <summary>Type path without the namespace, such as <c>servers/keys</c>.</summary>
    public string? TypePath { get; private init; }

    public IReadOnlyList<string> Names { get; private init; } = [];

    /// <summary>Id of what an extension resource extends; <see langword="null"/> for others.</summary>
    public string? ExtendedScope { get; private init; }

    public string? Type => Namespace is null ? null : $"{Namespace}/{TypePath}";

    public string Name => Names.Count > 0 ? Names[^1] : Group ?? Subscription ?? "";

    public static string Key(string id) => id.TrimEnd('/').ToLowerInvariant();

    public static string GroupId(string subscription, string group) => $"/subscriptions/{subscription}/resourceGroups/{group}";

    /// <summary>Whether an id is that scope or lies under it; the empty scope holds everything.</summary>
    public static bool IsWithin(string id, string scope)
    {
        var outer = scope.TrimEnd('/');
        return id.StartsWith(outer, StringComparison.OrdinalIgnoreCase) && (id.Length == outer.Length || id[outer.Length] == '/');
    }

    /// <summary>The id of the parent of a child resource, else of its group.</summary>
    public static string ParentOf(string id)
    {
        var at = id.LastIndexOf('/');
        var type = id.LastIndexOf('/', at - 1);
        var parent = id[..type];
        var slash = parent.LastIndexOf('/');
        var before = parent.LastIndexOf('/', slash - 1);
        return before >= 0 && parent[(before + 1)..slash].Equals("providers", StringComparison.OrdinalIgnoreCase) ? parent[..before] : parent;
    }

    public static bool TryParse(string? text, [NotNullWhen(true)] out ArmId? id)
    {
        id = null;
        if (text is null || !text.StartsWith('/'))
            return false;
        var parts = text.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length < 2 || !Is(parts[0], "subscriptions"))
            return false;
        var at = 2;
        string? group = null;
        if (parts.Length >= 4 && Is(parts[2], "resourceGroups"))
        {
            group = parts[3];
            at = 4;
        }
        if (at == parts.Length)
        {
            id = new ArmId { Subscription = parts[1], Group = group };
            return true;
        }
        var last = Array.FindLastIndex(parts, part => Is(part, "providers"));
        if (!Is(parts[at], "providers") || (parts.Length - last) % 2 != 0 || parts.Length - last < 4)
            return false;
        id = new ArmId
        {
            Subscription = parts[1],
            Group = group,
            Namespace = parts[last + 1],
            TypePath = string.Join('/', parts[(last + 2)..].Where((_, index) => index % 2 == 0)),
            Names = [.. parts[(last + 2)..].Where((_, index) => index % 2 == 1)],
            ExtendedScope = last == at ? null : "/" + string.Join('/', parts[..last]),
        };
        return true;

        static bool Is(string part, string word) => part.Equals(word, StringComparison.OrdinalIgnoreCase);
    }
}
