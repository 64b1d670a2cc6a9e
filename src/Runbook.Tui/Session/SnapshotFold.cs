using System.Collections.Immutable;
using Runbook.Engine;
using Runbook.Journal;

namespace Runbook.Tui;

/// <summary>Folds lines into snapshots; live from the journal, or from lines that were read. One thread at a time.</summary>
internal sealed class SnapshotFold
{
    private readonly MerkleFrontier _tree = new();

    /// <summary>Begins before the first line.</summary>
    /// <param name="program">The runbook; without it there is a log, and no steps.</param>
    public SnapshotFold(SessionProgram? program) =>
        Now = new SessionSnapshot(SessionFold.Begin(program), ImmutableList<LoggedEntry>.Empty, _tree.Root());

    /// <summary>After the lines so far.</summary>
    public SessionSnapshot Now { get; private set; }

    /// <summary>Takes one more line.</summary>
    public SessionSnapshot Add(JournalLine line)
    {
        _tree.Add(line.Utf8.Span);
        var view = SessionFold.Apply(Now.View, line.Entry, line.Hash);
        var logged = new LoggedEntry(line.Entry.Seq, line.Entry.At.ToDateTimeOffset(), line.Entry.By, line.Entry.Step, EntryTelling.Of(line.Entry, view)) { Hash = line.Hash };
        var artifacts = line.Entry.Body is ArtifactKept kept ? Now.Artifacts.SetItem(kept.Digest, kept.FileName) : Now.Artifacts;
        return Now = new SessionSnapshot(view, Now.Log.Add(logged), _tree.Root()) { Artifacts = artifacts, Courses = Now.Courses.Add(line.Entry, line.Hash) };
    }
}
