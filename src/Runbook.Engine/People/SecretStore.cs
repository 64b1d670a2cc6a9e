namespace Runbook.Engine;

/// <summary>The secrets that people told this process. In memory only; gone with it, and asked for again after a resume.</summary>
public sealed class SecretStore
{
    private readonly Dictionary<string, string> _byName = new(StringComparer.Ordinal);

    /// <summary>Remembers a secret.</summary>
    public void Tell(string name, string value) => _byName[name] = value;

    /// <summary>Whether a secret is known.</summary>
    public bool Knows(string name) => _byName.ContainsKey(name);

    /// <summary>A secret's value, for the call that needs it; <see langword="null"/> when it is not known.</summary>
    public string? Find(string name) => _byName.GetValueOrDefault(name);

    /// <inheritdoc/>
    public override string ToString() => $"{_byName.Count} secrets";
}
