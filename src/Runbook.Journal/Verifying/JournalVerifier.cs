using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>
/// Judges a session's transcript: every byte of the journal, every file beside it, every signature over it.
/// </summary>
/// <remarks>
/// Reads, never writes, and reaches no network. It reports what holds, what fails, what is absent and what it could not
/// judge, and never calls something good that it did not look at. Memory does not grow with the journal, apart from what people decided
/// and what was kept. Checks: docs/journal-format.md §13.
/// </remarks>
public static class JournalVerifier
{
    /// <summary>Verifies a session.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="directory">The session's directory.</param>
    /// <param name="options">What to start from and what to ask for.</param>
    /// <returns>A report, whatever bytes are there.</returns>
    /// <exception cref="SessionDirectoryException">There is no such directory, or it has no journal: a program ends with 2.</exception>
    public static VerificationReport Verify(IJournalDisk disk, string directory, VerifyOptions options)
    {
        var session = new SessionDirectory(directory);
        if (!IsSession(disk, session)) throw new SessionDirectoryException("This is not a session's directory: it has no journal.");
        return new VerifyRun(disk, session, options).Run();
    }

    /// <summary>Proves that one line is in the journal, for somebody who may not see the others.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="directory">The session's directory.</param>
    /// <param name="line">The line's number, from 1.</param>
    /// <returns>The line and its proof against the newest checkpoint.</returns>
    /// <exception cref="SessionDirectoryException">There is no such directory or line, or no checkpoint covers it.</exception>
    /// <exception cref="DiskException">A file can't be read.</exception>
    public static LineProof Prove(IJournalDisk disk, string directory, long line) => LineProof.Make(disk, new SessionDirectory(directory), line);

    /// <summary>What no transcript can show, each a sentence: for whoever relies on one.</summary>
    public static ImmutableArray<string> WhatNothingCatches { get; } =
    [
        "If all people of the roster and the machine agree on a false story before anything leaves the room, the transcript tells that story.",
        "If the console's program was replaced before the session began, its own digest in line 1 is a lie. An approver's own `runbook approve` and an auditor's own verifier should come from somewhere else than the console.",
        "A tick with auth \"keyboard\" means that the operator's keyboard said so. Only auth \"signed\" is the person's own word. The two are counted apart.",
        "What was said in the room, what another screen showed, and who looked away are not in it.",
        "It can't show that nobody photographed a secret.",
        "It proves what it contains, and not that nothing else happened. What was done to Azure without being journalled shows in Azure's own activity and HSM logs only.",
    ];

    private static bool IsSession(IJournalDisk disk, SessionDirectory session)
    {
        try
        {
            return disk.KindOf(session.Root) == DiskEntryKind.Folder && disk.KindOf(session.Journal) == DiskEntryKind.File;
        }
        catch (DiskException)
        {
            // A path that can't even be looked at is no session's directory; the caller is told so.
            return false;
        }
    }
}
