namespace Runbook.Journal;

/// <summary>A part of an entry that is an object: a body, or something inside one.</summary>
public abstract record EntryPart
{
    private protected EntryPart() { }

    internal abstract void Write(FieldWriter to);
}
