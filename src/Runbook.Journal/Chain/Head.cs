namespace Runbook.Journal;

/// <summary>A line of a journal: its number and its hash. The head is the last durable one.</summary>
/// <param name="Seq">The line's number, from 1; 0 for a journal without lines.</param>
/// <param name="Hash">SHA-256 of the line without its line feed; 32 zero bytes for a journal without lines.</param>
public readonly record struct Head(long Seq, Digest Hash)
{
    /// <summary>Head of a journal without lines.</summary>
    public static Head None => default;
}
