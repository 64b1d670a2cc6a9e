namespace Runbook.Journal;

/// <summary>What is wrong with a person's key.</summary>
public enum PersonKeyFailure
{
    /// <summary>The passphrase does not open it, or it holds no elliptic-curve key.</summary>
    WrongPassphrase,
    /// <summary>The file is no key file.</summary>
    Unreadable,
    /// <summary>It is a key on another curve than P-256 and P-384.</summary>
    WrongKind,
}

/// <summary>A person's key can't be used: <c>RJ301</c> (passphrase), <c>RJ302</c> (anything else).</summary>
/// <remarks>Nothing was signed. No message holds a passphrase or a part of a key.</remarks>
public sealed class PersonKeyException : JournalException
{
    internal PersonKeyException(PersonKeyFailure failure, string message, Exception? inner = null)
        : base(failure == PersonKeyFailure.WrongPassphrase ? "RJ301" : "RJ302", message, inner)
        => Failure = failure;

    /// <summary>What is wrong.</summary>
    public PersonKeyFailure Failure { get; }
}
