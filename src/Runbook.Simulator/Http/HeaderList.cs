using System.Collections;

namespace Runbook.Simulator.Http;

/// <summary>Header names and values in the order they were given; names compare without case.</summary>
internal sealed class HeaderList : IEnumerable<KeyValuePair<string, string>>
{
    private readonly List<KeyValuePair<string, string>> _entries = [];

    /// <summary>The first value under that name, or <see langword="null"/>.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var entry in _entries)
                if (string.Equals(entry.Key, name, StringComparison.OrdinalIgnoreCase))
                    return entry.Value;
            return null;
        }
    }

    public void Add(string name, string value) => _entries.Add(new(name, value));

    /// <summary>Replaces every value under that name by one.</summary>
    public void Set(string name, string value)
    {
        _entries.RemoveAll(entry => string.Equals(entry.Key, name, StringComparison.OrdinalIgnoreCase));
        _entries.Add(new(name, value));
    }

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
