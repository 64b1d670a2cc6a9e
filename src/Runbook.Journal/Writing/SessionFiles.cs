using System.Text;

namespace Runbook.Journal;

/// <summary>The files beside the journal, each durable before an entry names it.</summary>
internal sealed class SessionFiles(JournalGround ground, SessionDirectory directory)
{
    /// <summary>Name of an artifact that holds a text which was too long for its entry.</summary>
    internal const string WholeTextName = "whole.txt";

    internal const string TextMedia = "text/plain";

    private readonly IJournalDisk _disk = ground.Disk;

    internal static Note WithheldNote(string word, long seq)
        => new() { About = seq, Text = $"A text in entry {seq} looked like a secret ({word}) and was withheld." };

    internal void ReplaceCheckpoint(SignedNote note) => DurableFiles.Replace(_disk, directory.Checkpoint, Encoding.UTF8.GetBytes(note.Text));

    internal void KeepArtifact(ArtifactKept artifact, ReadOnlySpan<byte> bytes)
    {
        var temporary = directory.In(SessionDirectory.ArtifactsFolder, ".tmp-" + SessionNames.Hex(ground.Random, 8));
        DurableFiles.Replace(_disk, directory.In(SessionDirectory.ArtifactsFolder, artifact.FileName), temporary, bytes);
    }

    internal RunbookFile KeepRunbook(string id, string file, ReadOnlySpan<byte> bytes)
    {
        if (!TextRule.FileName.Matches(file)) throw new EntryRefusedException(Reason.BadField, $"\"{Inert.Text(file)}\" can't be the name of a runbook's file.");
        DurableFiles.Replace(_disk, directory.In(SessionDirectory.RunbookFolder, file), bytes);
        return new RunbookFile(id, file, Digest.Of(bytes), bytes.Length);
    }

    internal string KeepEnvelope(long request, string person, ReadOnlySpan<byte> envelope)
    {
        if (!TextRule.RosterId.Matches(person)) throw new EntryRefusedException(Reason.BadField, $"\"{Inert.Text(person)}\" is no roster id.");
        if (envelope.Length > Limits.EnvelopeBytes) throw new EntryRefusedException(Reason.TooLong, "The envelope is larger than an envelope may be.");
        for (var number = 1; ; number++)
        {
            var file = number == 1 ? $"{request}-{person}.dsse.json" : $"{request}-{person}-{number}.dsse.json";
            var path = directory.In(SessionDirectory.ApprovalsFolder, file);
            if (_disk.KindOf(path) == DiskEntryKind.Missing) DurableFiles.Replace(_disk, path, envelope);
            else if (DurableFiles.Read(_disk, path, Limits.EnvelopeBytes) is not { } there || !there.AsSpan().SequenceEqual(envelope)) continue;
            return SessionDirectory.ApprovalsFolder + "/" + file;
        }
    }

    internal void KeepRoster(SignedRoster roster, int number)
    {
        DurableFiles.Replace(_disk, directory.In(SessionDirectory.RosterFile(number)), roster.Roster.Canonical.Span);
        DurableFiles.Replace(_disk, directory.In(SessionDirectory.RosterEnvelopeFile(number)), roster.Envelope.Span);
        directory.MakeFolder(_disk, SessionDirectory.KeysFolder);
        DurableFiles.Replace(_disk, directory.In(SessionDirectory.AllowedSignersName), Encoding.UTF8.GetBytes(AllowedSigners.Of(roster.Roster)));
        foreach (var (file, pem) in KeyFolder.Of(roster.Roster))
            DurableFiles.Replace(_disk, directory.In(SessionDirectory.KeysFolder, file), Encoding.ASCII.GetBytes(pem));
    }
}
