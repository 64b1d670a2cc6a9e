using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Cli.People;

/// <summary>The key of the one person who signs here.</summary>
internal sealed class ApproverKeys : IPersonKeys, IDisposable
{
    private readonly IKeyring _keyring;
    private ISigner? _unlocked;

    /// <summary>Finds out who signs.</summary>
    /// <exception cref="CliException">It is not clear, or their key is not here.</exception>
    public ApproverKeys(Roster roster, string? person, bool isRehearsal)
    {
        var keyring = isRehearsal ? (IKeyring)new RehearsalKeyring() : new FileKeyring(OwnKeys.OfThisUser(), roster);
        _keyring = keyring;
        string[] here = keyring is FileKeyring own ? [.. own.People] : [];
        Person = (person, here) switch
        {
            (not null, _) when roster.Find(person) is null => throw new CliException("RC083", $"\"{person}\" is not in the session's roster.", "nothing was signed.", $"its people are {string.Join(", ", roster.People.Select(p => p.Id))}."),
            (not null, _) => person,
            (null, [var one]) => one,
            _ => throw new CliException("RC083", "it is not clear who signs.", "nothing was signed.", $"say who: --person ID, one of {string.Join(", ", roster.People.Select(p => p.Id))}"),
        };
        if (keyring.Of(Person) == KeyAvailability.Elsewhere) throw new CliException("RC063", $"the key of \"{Person}\" is not on this machine.", "nothing was signed.", "sign where the key is, or say who you are: --person ID");
    }

    /// <summary>Who signs.</summary>
    public string Person { get; }

    /// <summary>Unlocks the key.</summary>
    public ISigner Unlock(string? passphraseFile, CliConsole console)
    {
        if (_keyring.Of(Person) == KeyAvailability.Unlocked) return _unlocked = _keyring.TryGet(Person)!;
        var passphrase = Passphrases.Ask(console, $"Passphrase of {Person}: ", passphraseFile);
        try
        {
            return _unlocked = _keyring.Unlock(Person, passphrase);
        }
        finally
        {
            Array.Clear(passphrase);
        }
    }

    /// <inheritdoc/>
    public ISigner? TryGet(string person) => person == Person ? _unlocked : null;

    public void Dispose() => (_keyring as IDisposable)?.Dispose();
}
