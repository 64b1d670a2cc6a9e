using System.Text;

namespace Runbook.Journal.Tests.Signing;

public sealed class SignedNoteTests
{
    [Fact]
    public void The_published_checkpoint_reads_and_holds()
    {
        using var key = ThreeEntries.Key("session");

        Assert.True(SignedNote.TryParse(ThreeEntries.File("checkpoint"), out var note));
        Assert.Equal((ThreeEntries.Origin, 3L, "RBiSFkfoA4akIC7H1JIgcEj8wZ0VEKaXLzP7lL9Awa0="), (note!.Origin, note.Size, note.Root.Base64));
        Assert.Equal("3a9b1908", Assert.Single(note.Signatures).KeyHint);
        Assert.True(note.IsSignedBy(ThreeEntries.Origin, key));
    }

    [Fact]
    public void No_flipped_bit_of_the_published_checkpoint_is_accepted()
    {
        using var key = ThreeEntries.Key("session");
        var bytes = ThreeEntries.File("checkpoint");
        for (var bit = 0; bit < 8 * bytes.Length; bit++)
        {
            var changed = (byte[])bytes.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));

            Assert.False(SignedNote.TryParse(changed, out var note) && note!.IsSignedBy(ThreeEntries.Origin, key), $"bit {bit}");
        }
    }

    [Fact]
    public void A_note_that_was_signed_reads_back()
    {
        using var key = EcdsaSigner.Generate();
        var note = SignedNote.Sign("example.org/session/x", 7, Digest.Of("root"u8), key);

        Assert.True(SignedNote.TryParse(Encoding.UTF8.GetBytes(note.Text), out var again));
        Assert.Equal(note.Text, again!.Text);
        Assert.True(again.IsSignedBy("example.org/session/x", key.PublicKey));
        Assert.False(again.IsSignedBy("example.org/session/y", key.PublicKey));
    }

    [Fact]
    public void Lines_of_unknown_keys_are_ignored_and_a_bad_line_of_a_known_key_is_not()
    {
        using var key = EcdsaSigner.Generate();
        using var stranger = EcdsaSigner.Generate();
        var note = SignedNote.Sign("o/s", 7, Digest.Of("root"u8), key).Cosign("witness", stranger);
        Assert.True(note.IsSignedBy("o/s", key.PublicKey));
        Assert.True(note.IsSignedBy("witness", stranger.PublicKey));

        var other = SignedNote.Sign("o/s", 8, Digest.Of("root"u8), key);
        var mixed = note.Text + other.Text.Split('\n')[^2] + "\n";
        Assert.True(SignedNote.TryParse(Encoding.UTF8.GetBytes(mixed), out var both));
        Assert.False(both!.IsSignedBy("o/s", key.PublicKey));
    }

    [Theory]
    [InlineData("o\n1\nRBiSFkfoA4akIC7H1JIgcEj8wZ0VEKaXLzP7lL9Awa0=\n\n")]
    [InlineData("o\n01\nRBiSFkfoA4akIC7H1JIgcEj8wZ0VEKaXLzP7lL9Awa0=\n\n— o OpsZCDBF\n")]
    [InlineData("o\n-1\nRBiSFkfoA4akIC7H1JIgcEj8wZ0VEKaXLzP7lL9Awa0=\n\n— o OpsZCDBF\n")]
    [InlineData("o\n1\nRBiSFkfoA4akIC7H1JIgcEj8wZ0VEKaXLzP7lL9Awa1=\n\n— o OpsZCDBF\n")]
    [InlineData("o\n1\nRBiSFkfo\n\n— o OpsZCDBF\n")]
    [InlineData("o\n1\nRBiSFkfoA4akIC7H1JIgcEj8wZ0VEKaXLzP7lL9Awa0=\nextra\n\n— o OpsZCDBF\n")]
    [InlineData("o\n1\nRBiSFkfoA4akIC7H1JIgcEj8wZ0VEKaXLzP7lL9Awa0=\n\n- o OpsZCDBF\n")]
    [InlineData("o\n1\nRBiSFkfoA4akIC7H1JIgcEj8wZ0VEKaXLzP7lL9Awa0=\n\n— o  OpsZCDBF\n")]
    [InlineData("o\n1\nRBiSFkfoA4akIC7H1JIgcEj8wZ0VEKaXLzP7lL9Awa0=\n\n— o OpsZCA==\n")]
    [InlineData("o\n1\nRBiSFkfoA4akIC7H1JIgcEj8wZ0VEKaXLzP7lL9Awa0=\n\n— o OpsZCDBF")]
    [InlineData("o o\n1\nRBiSFkfoA4akIC7H1JIgcEj8wZ0VEKaXLzP7lL9Awa0=\n\n— o OpsZCDBF\n")]
    [InlineData("o+o\n1\nRBiSFkfoA4akIC7H1JIgcEj8wZ0VEKaXLzP7lL9Awa0=\n\n— o OpsZCDBF\n")]
    public void A_note_that_is_spelled_otherwise_is_refused(string text) => Assert.False(SignedNote.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void Seventeen_signatures_are_too_many()
    {
        using var key = EcdsaSigner.Generate();
        var note = SignedNote.Sign("o/s", 7, Digest.Of("root"u8), key);
        for (var i = 1; i < Limits.Signatures; i++) note = note.Cosign($"w{i}", key);

        Assert.Throws<FormatException>(() => note.Cosign("w16", key));
    }

    [Fact]
    public void The_published_proof_of_line_2_reads_and_holds()
    {
        using var key = ThreeEntries.Key("session");
        var text = ThreeEntries.File("line-2.tlog-proof");

        Assert.True(TlogProof.TryParse(text, out var proof));
        Assert.Equal(Encoding.UTF8.GetString(text), proof!.ToString());
        Assert.True(proof.Holds(ThreeEntries.Lines()[1], key));
        Assert.False(proof.Holds(ThreeEntries.Lines()[0], key));
    }

    [Fact]
    public void No_flipped_bit_of_the_published_proof_is_accepted()
    {
        using var key = ThreeEntries.Key("session");
        var bytes = ThreeEntries.File("line-2.tlog-proof");
        var line = ThreeEntries.Lines()[1];
        for (var bit = 0; bit < 8 * bytes.Length; bit++)
        {
            var changed = (byte[])bytes.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));

            Assert.False(TlogProof.TryParse(changed, out var proof) && proof!.Holds(line, key), $"bit {bit}");
        }
    }
}
