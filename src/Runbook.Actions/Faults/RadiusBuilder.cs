using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine.Actions;

namespace Runbook.Actions;

/// <summary>Gathers what is affected, each resource once, and follows who depends on whom: disk on set, machine on disk, database on server.</summary>
internal sealed class RadiusBuilder
{
    private readonly List<AffectedResource> _found = [];
    private readonly HashSet<string> _ids = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, JsonElement> _byId = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, List<JsonElement>> _dependOn = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The resources, nearest first.</summary>
    public ImmutableArray<AffectedResource> Resources => [.. _found];

    /// <summary>Takes note of a resource and of what it hangs on.</summary>
    public void Know(JsonElement row)
    {
        var id = row.GetProperty("id").GetString()!;
        _byId[id] = row;
        foreach (var other in HangsOn(row, id))
        {
            if (!_dependOn.TryGetValue(other, out var rows)) _dependOn[other] = rows = [];
            rows.Add(row);
        }
    }

    /// <summary>Adds a known resource.</summary>
    public void Add(JsonElement row, string through) => Add(row.GetProperty("id").GetString()!, row.GetProperty("type").GetString()!, through, row);

    /// <summary>Adds a resource that has the tags of another one.</summary>
    public void Add(string id, string type, string through, JsonElement tagged)
    {
        if (_ids.Add(id)) _found.Add(new AffectedResource(id, type, through, Tag(tagged, "owner"), Tag(tagged, "environment")));
    }

    /// <summary>Adds whatever hangs on what was added, to the last.</summary>
    public void Close()
    {
        for (var i = 0; i < _found.Count; i++)
        {
            foreach (var row in _dependOn.GetValueOrDefault(_found[i].Id) ?? []) Add(row, _found[i].Id);

            // A disk says itself which machine has it.
            if (_byId.TryGetValue(_found[i].Id, out var disk) && Text(disk, "managedBy") is { Length: > 0 } machine && _byId.TryGetValue(machine, out var owner)) Add(owner, _found[i].Id);
        }
    }

    private static IEnumerable<string> HangsOn(JsonElement row, string id)
    {
        if (id.LastIndexOf("/databases/", StringComparison.OrdinalIgnoreCase) is > 0 and var at) yield return id[..at];
        if (!row.TryGetProperty("properties", out var properties)) yield break;
        foreach (var name in Texts(properties, "diskEncryptionSetId", 0)) yield return name;
    }

    // Disks, snapshots, images and machines write it at different depths.
    private static IEnumerable<string> Texts(JsonElement value, string name, int depth)
    {
        if (depth > 8) yield break;
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var text in value.EnumerateArray().SelectMany(v => Texts(v, name, depth + 1))) yield return text;
        }

        if (value.ValueKind != JsonValueKind.Object) yield break;
        foreach (var member in value.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.String && member.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) yield return member.Value.GetString()!;
            if (member.Name.Equals("diskEncryptionSet", StringComparison.OrdinalIgnoreCase) && Text(member.Value, "id") is { } set) yield return set;
            foreach (var text in Texts(member.Value, name, depth + 1)) yield return text;
        }
    }

    private static string? Tag(JsonElement row, string name) => row.TryGetProperty("tags", out var tags) ? Text(tags, name) : null;

    private static string? Text(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.Object) return null;
        foreach (var member in value.EnumerateObject())
        {
            if (member.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && member.Value.ValueKind == JsonValueKind.String) return member.Value.GetString();
        }

        return null;
    }
}
