using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Runbook.Journal;

/// <summary>
/// A line's place in a signed tree, as one text that travels beside the line: C2SP <c>tlog-proof</c> (c2sp.org/tlog-proof).
/// </summary>
/// <param name="Index">The line's index, from 0.</param>
/// <param name="Path">The inclusion proof's hashes.</param>
/// <param name="Note">The checkpoint that it leads to.</param>
public sealed record TlogProof(long Index, ImmutableArray<Digest> Path, SignedNote Note)
{
    private const string Header = "c2sp.org/tlog-proof@v1";
    private const int PathMax = 63;

    /// <summary>Reads a proof strictly.</summary>
    /// <param name="bytes">The text.</param>
    /// <param name="proof">The proof, or <see langword="null"/> where the text is none.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out TlogProof? proof)
    {
        proof = null;
        if (bytes.Length > Limits.EnvelopeBytes) return false;
        var lines = Encoding.UTF8.GetString(bytes).Split('\n');
        if (lines.Length < 4 || lines[0] != Header || !lines[1].StartsWith("index ", StringComparison.Ordinal)) return false;
        if (!long.TryParse(lines[1].AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var index)) return false;

        var path = ImmutableArray.CreateBuilder<Digest>();
        var at = 2;
        for (; at < lines.Length && lines[at].Length > 0; at++)
        {
            if (path.Count == PathMax || !Base64Text.TryDecode(lines[at], out var hash) || hash.Length != Digest.Length) return false;
            path.Add(new Digest(hash));
        }

        if (!SignedNote.TryParse(Encoding.UTF8.GetBytes(string.Join('\n', lines.Skip(at + 1))), out var note)) return false;
        proof = new TlogProof(index, path.DrainToImmutable(), note!);
        // One spelling: writing again gives the same bytes.
        return Encoding.UTF8.GetBytes(proof.ToString()).AsSpan().SequenceEqual(bytes);
    }

    /// <summary>Checks a line against the proof.</summary>
    /// <param name="line">The line without its line feed.</param>
    /// <param name="key">The key that signs the session's checkpoints, known from elsewhere.</param>
    /// <returns>Whether the line stands at <see cref="Index"/> of the tree that the key signed.</returns>
    public bool Holds(ReadOnlySpan<byte> line, VerifyingKey key)
        => Note.IsSignedBy(Note.Origin, key) && MerkleProof.IncludesLeaf(Index, Note.Size, MerkleProof.Leaf(line), Path.AsSpan(), Note.Root);

    /// <summary>The text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Header}\nindex {Index}\n");
        foreach (var hash in Path) text.Append(hash.Base64).Append('\n');
        return text.Append('\n').Append(Note.Text).ToString();
    }
}
