using System.Globalization;
using System.Text;

namespace Runbook.Journal;

/// <summary>Each signed note is over the lines that it names, and by the key of its time; sizes grow.</summary>
internal sealed class CheckpointCheck(SignedNote? file, string? fileFlaw)
{
    private readonly SortedDictionary<long, Digest> _roots = [];
    private readonly List<(long Size, bool Holds)> _judged = [];
    private readonly Dictionary<int, VerifyingKey?> _epochKeys = [];
    private long _lastSize;
    private string _origin = "";
    private bool _isSignedBySession;

    internal CheckLog Log { get; } = new(CheckId.Checkpoints);

    /// <summary>Sizes that were recorded, with the roots of the lines as they are.</summary>
    internal IReadOnlyDictionary<long, Digest> Roots => _roots;

    /// <summary>Sizes that were judged, in the order of judging.</summary>
    internal IReadOnlyList<(long Size, bool Holds)> Judged => _judged;

    /// <summary>Whether the checkpoint's file is there and over all lines.</summary>
    internal bool HasFinal { get; private set; }

    internal int Notes { get; private set; }

    /// <summary>Looks at a line before it is added to the tree.</summary>
    internal void TakeBefore(LineAtHand line, MerkleFrontier before, SessionLedger ledger)
    {
        if (line.Entry is not { Body: Checkpoint checkpoint } entry) return;
        Log.Saw();
        Notes++;
        var holds = JudgeEntry(line.Number, entry, checkpoint, before, ledger);
        _judged.Add((checkpoint.Size, holds));
        if (holds) _lastSize = checkpoint.Size;
    }

    /// <summary>Looks at the tree once a line is in it.</summary>
    internal void TakeAfter(LineAtHand line, MerkleFrontier after, SessionLedger ledger)
    {
        if (line.Entry?.Body is SessionOpened opened && _origin.Length == 0) _origin = SignedNote.OriginOf(opened.Organisation, opened.Session);
        if (file is { } note && note.Size == line.Number) JudgeFile(note, after.Root(), line.Entry?.Epoch ?? 0, ledger);
    }

    /// <summary>Looks at what is left once all lines were seen.</summary>
    internal void Finish(long lines, SessionLedger ledger, RosterBook rosters)
    {
        if (fileFlaw is not null) Log.Fail(Reason.NoteSignature, fileFlaw);
        if (file is not { } note) return;
        Log.Saw();
        Notes++;
        if (note.Size > lines)
        {
            Log.Fail(Reason.Ahead, string.Create(CultureInfo.InvariantCulture, $"the checkpoint is over {note.Size} lines, and there are {lines}"));
            return;
        }

        JudgeFileSignatures(note, lines, ledger, rosters.Last);
        HasFinal = note.Size == lines && Log.FirstFailure is null;
    }

    /// <summary>Lets the keys go.</summary>
    internal void DisposeKeys()
    {
        foreach (var key in _epochKeys.Values) key?.Dispose();
    }

    private bool JudgeEntry(long number, JournalEntry entry, Checkpoint checkpoint, MerkleFrontier before, SessionLedger ledger)
    {
        var root = before.Root();
        if (checkpoint.Size != number - 1) return Refuse(Reason.BadField, string.Create(CultureInfo.InvariantCulture, $"it is over {checkpoint.Size} lines, and there are {number - 1} before it"), number);
        _roots[checkpoint.Size] = root;
        if (checkpoint.Size <= _lastSize) return Refuse(Reason.SizeShrinks, "its size is not larger than the one before", number);
        if (!SignedNote.TryParse(Encoding.UTF8.GetBytes(checkpoint.Note.Value), out var note)) return Refuse(Reason.NoteSignature, "its note is malformed", number);
        if (note!.Size != checkpoint.Size || note.Root != checkpoint.Root) return Refuse(Reason.NoteSignature, "its note says something else than the entry", number);
        if (root != checkpoint.Root) return Refuse(Reason.RootMismatch, $"size {checkpoint.Size.ToString(CultureInfo.InvariantCulture)}: root is {root.Base64[..8]}…, the note says {checkpoint.Root.Base64[..8]}…", number);
        return note.Origin == _origin && KeyOf(entry.Epoch, ledger) is { } key && note.IsSignedBy(_origin, key)
            || Refuse(Reason.NoteSignature, "it is not signed by the session key of its epoch", number);
    }

    private bool Refuse(Reason reason, string detail, long? line)
    {
        Log.Fail(reason, detail, line);
        return false;
    }

    private void JudgeFile(SignedNote note, Digest root, int epoch, SessionLedger ledger)
    {
        _roots[note.Size] = root;
        var holds = note.Root == root || Refuse(Reason.RootMismatch, string.Create(CultureInfo.InvariantCulture, $"size {note.Size}: root is {root.Base64[..8]}…, the checkpoint says {note.Root.Base64[..8]}…"), null);
        if (note.Origin != _origin) Refuse(Reason.NoteSignature, "the checkpoint's origin is another session", null);
        _isSignedBySession = KeyOf(epoch, ledger) is { } key && note.IsSignedBy(_origin, key);
        _judged.Add((note.Size, holds));
    }

    // A person's signature is enough only over all lines of a closed session: the process may have died between "closed" and its last note.
    private void JudgeFileSignatures(SignedNote note, long lines, SessionLedger ledger, Roster? roster)
    {
        var people = 0;
        foreach (var name in note.Signatures.Select(s => s.Name).Distinct(StringComparer.Ordinal))
        {
            if (roster is null || PersonOf(name, roster) is not { } person) continue;
            people++;
            if (!IsSignedBy(note, name, person, ledger.Last!.At)) Log.Fail(Reason.NoteSignature, $"{person.Id}'s signature on the checkpoint does not hold");
        }

        var isSignedByPerson = people > 0 && note.Size == lines && ledger.Closed is not null && note.Signatures.All(s => s.Name != _origin);
        if (!_isSignedBySession && !isSignedByPerson) Log.Fail(Reason.NoteSignature, "the checkpoint is signed neither by the session key of its epoch nor, over all lines, by a person of the roster");
    }

    private static bool IsSignedBy(SignedNote note, string name, RosterPerson person, JournalTime at)
    {
        foreach (var entry in person.Keys.Where(k => k.IsCurrent(at)))
        {
            using var key = entry.ToVerifyingKey();
            if (note.IsSignedBy(name, key)) return true;
        }

        return false;
    }

    private RosterPerson? PersonOf(string name, Roster roster)
        => roster.People.FirstOrDefault(p => TranscriptSeal.PersonKeyName(_origin, p.Id) == name);

    private VerifyingKey? KeyOf(int epoch, SessionLedger ledger)
    {
        if (_epochKeys.TryGetValue(epoch, out var known)) return known;
        var key = ledger.Clocks.Find(epoch) is { } start ? VerifyingKey.TryImport(start.SessionKey) : null;
        if (key is not null) _epochKeys[epoch] = key;
        return key;
    }
}
