namespace Runbook.Journal;

/// <summary>An entry looks as if it held a secret: <c>RJ102</c>. A bug of the caller.</summary>
/// <remarks>Nothing of the entry was written. The message does not hold the text.</remarks>
public sealed class SecretInEntryException : JournalException
{
    internal SecretInEntryException(string word)
        : base("RJ102", $"An entry holds text that looks like a secret ({word}).")
        => Word = word;

    /// <summary>What it looks like: <c>jwt</c>, <c>key</c>, <c>sas</c>, <c>account-key</c>, <c>shared-access</c>.</summary>
    public string Word { get; }
}
