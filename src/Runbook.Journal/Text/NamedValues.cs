using System.Collections;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Runbook.Journal;

/// <summary>Values by name, in ascending order of the names: inputs, answers, what a step saved.</summary>
/// <remarks>Immutable, compared by content. Names are variables' names: a letter or <c>_</c>, then letters, digits and
/// <c>_</c>, at most 64.</remarks>
#pragma warning disable CA1710 // Values by name: "NamedValueDictionary" would say the same twice.
public sealed class NamedValues : IReadOnlyDictionary<string, CanonicalJson>, IEquatable<NamedValues>
#pragma warning restore CA1710
{
    private readonly ImmutableSortedDictionary<string, CanonicalJson> _values;

    /// <summary>Takes values.</summary>
    /// <param name="values">Each name once.</param>
    /// <exception cref="ArgumentException">A name comes twice.</exception>
    public NamedValues(IEnumerable<KeyValuePair<string, CanonicalJson>> values)
    {
        var sorted = ImmutableSortedDictionary.CreateBuilder<string, CanonicalJson>(StringComparer.Ordinal);
        foreach (var (name, value) in values) sorted.Add(name, value);
        _values = sorted.ToImmutable();
    }

    /// <summary>No values.</summary>
    public static NamedValues Empty { get; } = new([]);

    /// <inheritdoc/>
    public int Count => _values.Count;

    /// <inheritdoc/>
    public IEnumerable<string> Keys => _values.Keys;

    /// <inheritdoc/>
    public IEnumerable<CanonicalJson> Values => _values.Values;

    /// <inheritdoc/>
    public CanonicalJson this[string key] => _values[key];

    /// <summary>These values with one more, or with one replaced.</summary>
    /// <param name="name">A variable's name.</param>
    /// <param name="value">Its value.</param>
    public NamedValues With(string name, CanonicalJson value) => new(_values.SetItem(name, value));

    /// <inheritdoc/>
    public bool ContainsKey(string key) => _values.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out CanonicalJson value) => _values.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, CanonicalJson>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(NamedValues? other) => other is not null && _values.SequenceEqual(other._values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as NamedValues);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var (name, value) in _values)
        {
            hash.Add(name, StringComparer.Ordinal);
            hash.Add(value);
        }

        return hash.ToHashCode();
    }
}
