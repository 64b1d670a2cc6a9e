using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Cli.People;

/// <summary>
/// The keys of a roster's people that lie in this user's folder. A key belongs to a person because the roster says so, not
/// because of its file's name.
/// </summary>
internal sealed class FileKeyring : IKeyring, IDisposable
{
    private readonly OwnKeys _own;
    private readonly Dictionary<string, string> _fileOf = new(StringComparer.Ordinal);
    private readonly Dictionary<string, EcdsaSigner> _unlocked = new(StringComparer.Ordinal);

    public FileKeyring(OwnKeys own, Roster roster)
    {
        _own = own;
        foreach (var name in own.Names)
        {
            if (roster.FindKey(own.PublicKey(name).KeyId) is { } known) _fileOf[known.Person.Id] = name;
        }
    }

    /// <summary>The people whose keys lie here.</summary>
    public IEnumerable<string> People => _fileOf.Keys.Order(StringComparer.Ordinal);

    public KeyAvailability Of(string person)
    {
        lock (_unlocked)
        {
            if (_unlocked.ContainsKey(person)) return KeyAvailability.Unlocked;
        }

        return _fileOf.ContainsKey(person) ? KeyAvailability.Locked : KeyAvailability.Elsewhere;
    }

    public ISigner? TryGet(string person)
    {
        lock (_unlocked) return _unlocked.GetValueOrDefault(person);
    }

    public ISigner Unlock(string person, ReadOnlySpan<char> passphrase)
    {
        if (!_fileOf.TryGetValue(person, out var name)) throw new CliException("RC063", $"the key of \"{person}\" is not on this machine.", "nothing was signed.", "have them sign on their own machine: runbook approve DIR");
        var signer = _own.Open(name, passphrase);
        lock (_unlocked)
        {
            if (_unlocked.Remove(person, out var older)) older.Dispose();
            _unlocked[person] = signer;
        }

        return signer;
    }

    public void Dispose()
    {
        lock (_unlocked)
        {
            foreach (var signer in _unlocked.Values) signer.Dispose();
            _unlocked.Clear();
        }
    }
}
