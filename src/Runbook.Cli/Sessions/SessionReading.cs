using Runbook.Actions;
using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Cli.Sessions;

/// <summary>Reads a session that somebody else may be writing, without touching it.</summary>
internal static class SessionReading
{
    /// <summary>Its whole lines, what they say together, and why reading stopped before the end, if it did.</summary>
    public static (IReadOnlyList<JournalLine> Lines, SessionLedger Ledger, string? Damage) Read(SessionDirectory session)
    {
        if (!File.Exists(session.Journal)) throw new CliException("RC055", $"\"{SessionHost.Shown(session.Root)}\" holds no session.", "nothing was done.", "name the directory of a session.");
        var lines = new List<JournalLine>();
        var ledger = new SessionLedger();
        try
        {
            foreach (var line in JournalReader.ReadAll(LocalDisk.Instance, session))
            {
                lines.Add(line);
                ledger.Apply(line.Entry, line.Hash);
            }
        }
        catch (JournalReadException exception)
        {
            return (lines, ledger, exception.Message);
        }

        return (lines, ledger, null);
    }

    /// <summary>Its program; <see langword="null"/>, with a sentence for people, where its copy does not compile any more.</summary>
    public static SessionProgram? Program(SessionDirectory session, SessionLedger ledger, TextWriter told)
    {
        if (ledger.Plan is null) return null;
        try
        {
            return SessionCopies.Load(LocalDisk.Instance, session, ledger, AzureActions.Catalogue);
        }
        catch (EngineException exception)
        {
            told.WriteLine(CliConsole.Safe($"Entries are shown without their states: {exception.Message}"));
            return null;
        }
    }
}
