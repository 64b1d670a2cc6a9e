using System.Security.Cryptography;
using System.Text;

namespace Runbook.Journal;

/// <summary>
/// Seals a closed session: statement with its signatures, SSH signature over the journal, everything read-only.
/// </summary>
/// <remarks>
/// Each step may be done on its own and in any order of people; what was interrupted is gone on with, and no line is added
/// to the journal. Where the process died between <c>closed</c> and the final checkpoint, its session key is gone with it:
/// a person of the roster signs that checkpoint instead, under the key name <c>&lt;origin&gt;/people/&lt;id&gt;</c>.
/// </remarks>
public sealed class TranscriptSeal
{
    private readonly IJournalDisk _disk;
    private readonly SessionLedger _ledger;
    private readonly Digest _root;
    private readonly Digest _journal;
    private readonly byte[] _sha512;

    private TranscriptSeal(IJournalDisk disk, SessionDirectory directory, SessionLedger ledger, Roster roster, Digest root, Digest journal, byte[] sha512)
    {
        (_disk, Directory, _ledger, Roster) = (disk, directory, ledger, roster);
        (_root, _journal, _sha512) = (root, journal, sha512);
    }

    /// <summary>The session's directory.</summary>
    public SessionDirectory Directory { get; }

    /// <summary>The roster that was bound last.</summary>
    public Roster Roster { get; }

    /// <summary>Whether the checkpoint's file covers all lines.</summary>
    public bool HasFinalCheckpoint => ReadCheckpoint() is { } note && note.Size == _ledger.Head.Seq && note.Root == _root;

    /// <summary>Whether there is an SSH signature.</summary>
    public bool HasSshSignature => _disk.KindOf(Directory.SshSig) == DiskEntryKind.File;

    /// <summary>Signatures that the statement lacks; empty once it has all.</summary>
    public IReadOnlyList<RequiredSigner> MissingSigners => RequiredSigners.Missing(_ledger, Roster, SignersOf(ReadStatement()));

    /// <summary>Opens a closed session to seal it.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="directory">The session's directory.</param>
    /// <exception cref="SealException">The session is not closed, or has no readable roster.</exception>
    /// <exception cref="JournalReadException">The journal is not as it was written.</exception>
    /// <exception cref="DiskException">A file can't be read.</exception>
    public static TranscriptSeal Open(IJournalDisk disk, SessionDirectory directory)
    {
        var ledger = new SessionLedger();
        var frontier = new MerkleFrontier();
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var sha512 = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        foreach (var line in JournalReader.ReadAll(disk, directory))
        {
            if (ledger.Judge(line.Entry) is { } finding) throw new JournalReadException(line.Entry.Seq, finding.Reason, finding.Detail);
            ledger.Apply(line.Entry, line.Hash);
            frontier.Add(line.Utf8.Span);
            foreach (var hash in new[] { sha256, sha512 })
            {
                hash.AppendData(line.Utf8.Span);
                hash.AppendData("\n"u8);
            }
        }

        if (ledger.Closed is null) throw new SealException("The session is not closed, so there is nothing to seal.");
        var roster = ReadRoster(disk, directory, ledger);
        return new TranscriptSeal(disk, directory, ledger, roster, frontier.Root(), new Digest(sha256.GetHashAndReset()), sha512.GetHashAndReset());
    }

    /// <summary>What the statement says.</summary>
    /// <exception cref="SealException">The final checkpoint is missing; it comes first.</exception>
    public SessionStatement Statement()
    {
        if (!HasFinalCheckpoint) throw new SealException("The checkpoint over all lines is missing, and comes before the statement.");
        return SessionStatement.Derive(_ledger, _root, _journal, Digest.Of(DurableFiles.Read(_disk, Directory.Checkpoint, Limits.EnvelopeBytes)));
    }

    /// <summary>Makes the checkpoint over all lines, where the session's own process could not.</summary>
    /// <param name="person">Roster id.</param>
    /// <param name="signer">One of the person's keys.</param>
    /// <exception cref="SealException">The key is not the person's, or the checkpoint is there.</exception>
    /// <exception cref="DiskException">The file could not be written.</exception>
    public void AddFinalCheckpoint(string person, ISigner signer)
    {
        if (HasFinalCheckpoint) throw new SealException("The checkpoint over all lines is there.");
        RefuseStranger(person, signer);
        var opened = _ledger.Opened!;
        var origin = SignedNote.OriginOf(opened.Organisation, opened.Session);
        DurableFiles.Replace(_disk, Directory.Checkpoint, Encoding.UTF8.GetBytes(SignedNote.SignAs(origin, _ledger.Head.Seq, _root, PersonKeyName(origin, person), signer).Text));
    }

    /// <summary>Adds a signature to the statement.</summary>
    /// <param name="person">Roster id.</param>
    /// <param name="signer">One of the person's keys, which has not signed it yet.</param>
    /// <exception cref="SealException">The key is not the person's, has signed, or the statement that is there says something else.</exception>
    /// <exception cref="DiskException">The file could not be written.</exception>
    public void AddSignature(string person, ISigner signer)
    {
        RefuseStranger(person, signer);
        var payload = Statement().ToPayload();
        var there = ReadStatement();
        if (there is not null && !there.Payload.Span.SequenceEqual(payload)) throw new SealException("The statement that is there says something else than the entries.");
        if (there?.Signatures.Any(s => s.KeyId == signer.PublicKey.KeyId) == true) throw new SealException($"{person} has signed the statement with this key.");
        var envelope = there is null ? DsseEnvelope.Sign(PayloadTypes.InToto, payload, signer) : there.With(signer);
        DurableFiles.Replace(_disk, Directory.Statement, envelope.ToFile());
    }

    /// <summary>Signs the journal's bytes for <c>ssh-keygen -Y verify</c>.</summary>
    /// <param name="person">Roster id.</param>
    /// <param name="signer">One of the person's keys.</param>
    /// <exception cref="SealException">The key is not the person's, or there is a signature.</exception>
    /// <exception cref="DiskException">The file could not be written.</exception>
    public void AddSshSignature(string person, ISigner signer)
    {
        RefuseStranger(person, signer);
        if (HasSshSignature) throw new SealException("The journal has an SSH signature.");
        DurableFiles.Replace(_disk, Directory.SshSig, Encoding.ASCII.GetBytes(SshSig.Sign(signer, SshSig.TranscriptNamespace, _sha512)));
    }

    /// <summary>Takes the right to write from every file of the transcript.</summary>
    /// <exception cref="SealException">Something is missing still.</exception>
    /// <exception cref="DiskException">A file's mode could not be changed.</exception>
    public void MakeReadOnly()
    {
        if (!HasFinalCheckpoint || !HasSshSignature || MissingSigners.Count > 0) throw new SealException("The transcript still lacks a signature.");
        MakeReadOnly(Directory.Root);
    }

    /// <summary>Name of a person's key in a signed note.</summary>
    internal static string PersonKeyName(string origin, string person) => $"{origin}/people/{person}";

    private static Roster ReadRoster(IJournalDisk disk, SessionDirectory directory, SessionLedger ledger)
    {
        if (ledger.Rosters.Count == 0) throw new SealException("The session has no roster, so nobody can sign for it.");
        var file = DurableFiles.Read(disk, directory.In(SessionDirectory.RosterFile(ledger.Rosters.Count)), Limits.EnvelopeBytes);
        if (file is null || !Roster.TryRead(file, out var roster, out _) || roster!.Digest != ledger.Rosters[^1].Body.Roster)
            throw new SealException("The roster's file is not the roster that was bound.");
        return roster;
    }

    private void RefuseStranger(string person, ISigner signer)
    {
        if (Roster.Find(person)?.FindKey(signer.PublicKey.KeyId) is not { } key || !key.IsCurrent(_ledger.Last!.At)) throw new SealException($"The key is not a current key of \"{Inert.Text(person)}\".");
    }

    private SignedNote? ReadCheckpoint()
    {
        if (_disk.KindOf(Directory.Checkpoint) != DiskEntryKind.File) return null;
        return DurableFiles.Read(_disk, Directory.Checkpoint, Limits.EnvelopeBytes) is { } bytes && SignedNote.TryParse(bytes, out var note) ? note : null;
    }

    private DsseEnvelope? ReadStatement()
    {
        if (_disk.KindOf(Directory.Statement) != DiskEntryKind.File) return null;
        return DurableFiles.Read(_disk, Directory.Statement, Limits.EnvelopeBytes) is { } bytes && DsseEnvelope.TryRead(bytes, out var envelope)
            ? envelope
            : throw new SealException("The statement that is there can't be read.");
    }

    private IEnumerable<string> SignersOf(DsseEnvelope? envelope)
        => envelope is null ? [] : envelope.Signatures.Select(s => Roster.FindKey(s.KeyId)?.Person.Id).OfType<string>();

    private void MakeReadOnly(string folder)
    {
        foreach (var entry in _disk.List(folder, Limits.FolderFiles))
        {
            var path = Path.Combine(folder, entry.Name);
            if (entry.Kind == DiskEntryKind.Folder && entry.Name != SessionDirectory.ReviewFolder) MakeReadOnly(path);
            // Whoever takes the lock writes into it, also on a finished session.
            if (entry.Kind == DiskEntryKind.File && entry.Name != SessionDirectory.LockName) _disk.MakeReadOnly(path);
        }
    }
}
