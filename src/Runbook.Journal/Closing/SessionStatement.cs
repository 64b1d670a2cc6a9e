using System.Collections.Immutable;

namespace Runbook.Journal;

/// <summary>One thing that a statement is about.</summary>
/// <param name="Name">For people: consumers match by digest alone.</param>
/// <param name="Digest">SHA-256 of its bytes.</param>
public sealed record StatementSubject(string Name, Digest Digest) : EntryPart
{
    internal static StatementSubject Read(EntryFields f)
    {
        var digest = f.Object("digest", o => o.Hex("sha256"));
        return new StatementSubject(f.Token("name", TextRule.FilePath), digest);
    }

    internal override void Write(FieldWriter to)
    {
        to.Object("digest", new DigestSet(Digest));
        to.Token("name", Name);
    }

    private sealed record DigestSet(Digest Sha256) : EntryPart
    {
        internal override void Write(FieldWriter to) => to.Hex("sha256", Sha256);
    }
}

/// <summary>
/// What the final statement says: an in-toto Statement v1 (in-toto/attestation) about journal, checkpoint and artifacts.
/// </summary>
/// <remarks>Everything in it follows from the entries and files; a verifier derives it again and compares. It exists so that
/// tools which know Statement v1 but not this journal can store it, find it and apply policy to it.</remarks>
public sealed record SessionStatement
{
    /// <summary>Artifacts up to this number are subjects one by one; of more, the manifest alone speaks for all.</summary>
    public const int SubjectsMax = 1_000;

    internal const string StatementType = "https://in-toto.io/Statement/v1";

    /// <summary>What is stated: docs/journal-format.md §14.</summary>
    public required NamedValues Predicate { get; init; }

    /// <summary>The kind of statement.</summary>
    public required string PredicateType { get; init; }

    /// <summary>What it is about.</summary>
    public required ImmutableArray<StatementSubject> Subjects { get; init; }

    /// <summary>The kind of statement that an organisation makes.</summary>
    /// <param name="organisation">Its domain; <see langword="null"/> where it has given none.</param>
    public static string PredicateTypeOf(string? organisation)
        => organisation is null ? $"https://{SignedNote.DefaultDomain}/session/v1" : $"https://{organisation}/runbook/session/v1";

    /// <summary>Derives the statement of a closed session.</summary>
    /// <param name="ledger">What its entries say together.</param>
    /// <param name="root">Merkle root over all lines.</param>
    /// <param name="journal">SHA-256 of the journal's file.</param>
    /// <param name="checkpoint">SHA-256 of the checkpoint's file.</param>
    /// <exception cref="JournalClosedException">The session is not closed.</exception>
    public static SessionStatement Derive(SessionLedger ledger, Digest root, Digest journal, Digest checkpoint)
    {
        if (ledger.Closed is null) throw new JournalClosedException("A statement is made of a closed session only.");
        var subjects = ImmutableArray.CreateBuilder<StatementSubject>();
        subjects.Add(new StatementSubject(SessionDirectory.JournalName, journal));
        subjects.Add(new StatementSubject(SessionDirectory.CheckpointName, checkpoint));
        foreach (var artifact in ledger.Artifacts.All)
            if (ledger.Artifacts.All.Count <= SubjectsMax || artifact.Name == ArtifactList.ManifestName)
                subjects.Add(new StatementSubject($"{SessionDirectory.ArtifactsFolder}/{artifact.FileName}", artifact.Digest));
        return new SessionStatement
        {
            Predicate = StatementPredicate.Derive(ledger, root),
            PredicateType = PredicateTypeOf(ledger.Opened?.Organisation),
            Subjects = subjects.DrainToImmutable(),
        };
    }

    /// <summary>Reads a payload whose signatures hold.</summary>
    /// <param name="payload">The bytes.</param>
    /// <param name="statement">The statement, or <see langword="null"/> where the bytes are none of ours.</param>
    public static bool TryRead(ReadOnlySpan<byte> payload, out SessionStatement? statement) => PayloadText.TryRead(payload, Read, out statement!);

    /// <summary>The canonical bytes that are signed.</summary>
    public byte[] ToPayload() => PayloadText.Write(new StatementPart(this));

    private static SessionStatement Read(EntryFields f)
    {
        f.Token("_type", TextRule.StatementType);
        var predicate = f.Values("predicate");
        var predicateType = f.Text("predicateType", Limits.LineChars).Value;
        return new SessionStatement { Predicate = predicate, PredicateType = predicateType, Subjects = f.List("subject", 1, e => e.Object(EntryFields.Item, StatementSubject.Read)) };
    }

    private sealed record StatementPart(SessionStatement Statement) : EntryPart
    {
        internal override void Write(FieldWriter to)
        {
            to.Token("_type", StatementType);
            to.Values("predicate", Statement.Predicate, required: true);
            to.Token("predicateType", Statement.PredicateType);
            to.List("subject", Statement.Subjects, (w, subject) => w.Object(EntryFields.Item, subject));
        }
    }
}
