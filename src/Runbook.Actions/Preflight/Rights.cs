using System.Collections.Immutable;
using System.Text.Json;

namespace Runbook.Actions;

/// <summary>One set of patterns of a role: what it grants, without what it withholds. A star stands for any text.</summary>
internal sealed record RightSet(ImmutableArray<string> Actions, ImmutableArray<string> NotActions, ImmutableArray<string> DataActions, ImmutableArray<string> NotDataActions)
{
    /// <summary>Whether it permits an operation; what one set withholds another may grant.</summary>
    public bool Permits(string operation, bool isData) => isData
        ? DataActions.Any(p => Matches(p, operation)) && !NotDataActions.Any(p => Matches(p, operation))
        : Actions.Any(p => Matches(p, operation)) && !NotActions.Any(p => Matches(p, operation));

    /// <summary>Reads one as Azure writes it.</summary>
    public static RightSet Of(JsonElement permission) => new(permission.Texts("actions"), permission.Texts("notActions"), permission.Texts("dataActions"), permission.Texts("notDataActions"));

    /// <summary>Whether a pattern stands for a text, without case.</summary>
    public static bool Matches(string pattern, string text)
    {
        var pieces = pattern.Split('*');
        if (pieces.Length == 1) return JsonParts.Same(pattern, text);
        if (!text.StartsWith(pieces[0], StringComparison.OrdinalIgnoreCase)) return false;
        var at = pieces[0].Length;
        foreach (var piece in pieces[1..^1])
        {
            var found = text.IndexOf(piece, at, StringComparison.OrdinalIgnoreCase);
            if (found < 0) return false;
            at = found + piece.Length;
        }

        return text.Length - at >= pieces[^1].Length && text.EndsWith(pieces[^1], StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>A role: its name, and what it permits.</summary>
internal sealed record Rights(string Id, string Name, ImmutableArray<RightSet> Sets)
{
    public bool Permits(string operation, bool isData) => Sets.Any(s => s.Permits(operation, isData));

    /// <summary>Reads a role definition of either plane.</summary>
    public static Rights Of(JsonElement definition) => new(
        (definition.Text("name") ?? "").ToLowerInvariant(),
        definition.Text("properties", "roleName") ?? definition.Text("name") ?? "",
        [.. definition.List("properties", "permissions").Select(RightSet.Of)]);
}
