using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>Whether a person's key can be used at this console.</summary>
public enum KeyAvailability
{
    /// <summary>It is unlocked, or needs no passphrase.</summary>
    Unlocked,

    /// <summary>It is here, and locked with a passphrase.</summary>
    Locked,

    /// <summary>It is not here: the person signs on their own machine.</summary>
    Elsewhere,
}

/// <summary>The keys of people that lie at this console.</summary>
public interface IKeyring : IPersonKeys
{
    /// <summary>Whether a person's key can be used here.</summary>
    KeyAvailability Of(string person);

    /// <summary>Unlocks a person's key; afterwards <see cref="IPersonKeys.TryGet"/> gives it until this process ends.</summary>
    /// <param name="person">Whose.</param>
    /// <param name="passphrase">The passphrase; the caller clears it.</param>
    /// <exception cref="PersonKeyException">The passphrase is wrong, or the key can't be read.</exception>
    ISigner Unlock(string person, ReadOnlySpan<char> passphrase);
}

/// <summary>The keys of the rehearsal's people, which are public on purpose and need no passphrase.</summary>
public sealed class RehearsalKeyring : IKeyring
{
    /// <inheritdoc/>
    public KeyAvailability Of(string person) => Rehearsal.People.Contains(person) ? KeyAvailability.Unlocked : KeyAvailability.Elsewhere;

    /// <inheritdoc/>
    public ISigner? TryGet(string person) => Rehearsal.People.Contains(person) ? Rehearsal.KeyOf(person) : null;

    /// <inheritdoc/>
    public ISigner Unlock(string person, ReadOnlySpan<char> passphrase) => Rehearsal.KeyOf(person);
}
