using System.Collections.Immutable;
using System.Text.Json;

namespace Runbook.Engine;

/// <summary>One variable of a session.</summary>
/// <param name="Value">Its value; undefined for a secret, which no journal holds.</param>
/// <param name="Secret">Whether it is a secret: held in memory only, by whoever was told it.</param>
public readonly record struct Variable(JsonElement Value, bool Secret)
{
    /// <summary>A variable that everybody may read.</summary>
    public static Variable Of(JsonElement value) => new(value, false);

    /// <summary>A secret one.</summary>
    public static Variable OfSecret { get; } = new(default, true);
}

/// <summary>The variables of one runbook at one moment, with those that the session itself brings. Immutable.</summary>
public sealed record Variables
{
    /// <summary>No variables.</summary>
    public static Variables Empty { get; } = new();

    /// <summary>Inputs and saved values, by name.</summary>
    public ImmutableSortedDictionary<string, Variable> Named { get; init; } = ImmutableSortedDictionary.Create<string, Variable>(StringComparer.Ordinal);

    /// <summary>What the session brings: <c>operator</c>, <c>session</c>, <c>environment</c>.</summary>
    public ImmutableSortedDictionary<string, JsonElement> OfSession { get; init; } = ImmutableSortedDictionary.Create<string, JsonElement>(StringComparer.Ordinal);

    /// <summary>The value of <c>name</c> or <c>name.member</c>; <see langword="null"/> when it is not bound, or secret.</summary>
    public JsonElement? Find(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var parts = path.Split('.');
        JsonElement value;
        if (Named.TryGetValue(parts[0], out var named))
        {
            if (named.Secret) return null;
            value = named.Value;
        }
        else if (!OfSession.TryGetValue(parts[0], out value))
        {
            return null;
        }

        foreach (var part in parts.Skip(1))
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(part, out value)) return null;
        }

        return value;
    }

    /// <summary>These variables with one more, or one replaced.</summary>
    public Variables With(string name, Variable value) => this with { Named = Named.SetItem(name, value) };

    /// <summary>These variables without some.</summary>
    public Variables Without(IEnumerable<string> names) => this with { Named = Named.RemoveRange(names) };
}
