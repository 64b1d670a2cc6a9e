namespace Runbook.Journal;

/// <summary>
/// The ground under a session is broken, or a caller broke a rule of the journal. Each kind is a type of its own.
/// </summary>
/// <remarks>The message is one plain sentence that says what happened. What state it left and what to do next stands in
/// docs/errors.md under <see cref="Code"/>; the command line puts the three together.</remarks>
public abstract class JournalException : Exception
{
    private protected JournalException(string code, string message, Exception? inner = null)
        : base(message, inner)
        => Code = code;

    /// <summary><c>RJ</c> and three digits. Never changes meaning, never reused.</summary>
    public string Code { get; }
}
