using System.Security.Cryptography;
using System.Text;
using Runbook.TestKit;

namespace Runbook.Journal.Tests.Signing;

public sealed class SshSigTests
{
    [Fact]
    public void The_published_signature_holds_for_alice()
    {
        using var alice = ThreeEntries.Key("alice");
        using var bob = ThreeEntries.Key("bob");
        var digest = SHA512.HashData(ThreeEntries.File("journal.jsonl"));

        Assert.Equal(Reason.None, SshSig.Check(ThreeEntries.File("transcript.sshsig"), [bob, alice], SshSig.TranscriptNamespace, digest, out var signedBy));
        Assert.Same(alice, signedBy);
        Assert.Equal(Reason.CannotJudge, SshSig.Check(ThreeEntries.File("transcript.sshsig"), [bob], SshSig.TranscriptNamespace, digest, out _));
        Assert.Equal(Reason.BadEnvelope, SshSig.Check(ThreeEntries.File("transcript.sshsig"), [alice], "file", digest, out _));
        Assert.Equal(Reason.BadSignature, SshSig.Check(ThreeEntries.File("transcript.sshsig"), [alice], SshSig.TranscriptNamespace, SHA512.HashData("x"u8), out _));
        Assert.Equal(ThreeEntries.Text("allowed_signers").Trim(), $"alice namespaces=\"{SshSig.TranscriptNamespace}\" {SshSig.PublicKeyText(alice)}");
    }

    [Fact]
    public void No_flipped_bit_of_the_published_signature_is_accepted()
    {
        using var alice = ThreeEntries.Key("alice");
        var digest = SHA512.HashData(ThreeEntries.File("journal.jsonl"));
        var bytes = ThreeEntries.File("transcript.sshsig");
        for (var bit = 0; bit < 8 * bytes.Length; bit++)
        {
            var changed = (byte[])bytes.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));

            Assert.NotEqual(Reason.None, SshSig.Check(changed, [alice], SshSig.TranscriptNamespace, digest, out _));
        }
    }

    [Theory]
    [InlineData(256)]
    [InlineData(384)]
    public async Task Ssh_keygen_checks_what_we_sign(int bits)
    {
        if (!Tools.Has("ssh-keygen")) Assert.Skip("ssh-keygen is not installed.");
        using var folder = new ScratchFolder();
        using var key = EcdsaSigner.Own(ECDsa.Create(bits == 256 ? ECCurve.NamedCurves.nistP256 : ECCurve.NamedCurves.nistP384));
        var message = "a journal\n"u8.ToArray();
        // The leading zero of a number is the one thing that differs from signature to signature.
        for (var i = 0; i < 8; i++)
        {
            folder.Write("sig", Encoding.ASCII.GetBytes(SshSig.Sign(key, SshSig.TranscriptNamespace, SHA512.HashData(message))));
            folder.Write("allowed", Encoding.ASCII.GetBytes($"alice namespaces=\"{SshSig.TranscriptNamespace}\" {SshSig.PublicKeyText(key.PublicKey)}\n"));
            Assert.Equal(Reason.None, SshSig.Check(File.ReadAllBytes(folder.In("sig")), [key.PublicKey], SshSig.TranscriptNamespace, SHA512.HashData(message), out _));

            var result = await Tools.RunAsync("ssh-keygen", ["-Y", "verify", "-f", "allowed", "-I", "alice", "-n", SshSig.TranscriptNamespace, "-s", "sig"], message, folder.Path);
            Assert.True(result.ExitCode == 0, result.Text + result.Error);
        }
    }

    [Fact]
    public async Task We_check_what_ssh_keygen_signs()
    {
        if (!Tools.Has("ssh-keygen")) Assert.Skip("ssh-keygen is not installed.");
        using var folder = new ScratchFolder();
        await Tools.RunAsync("ssh-keygen", ["-q", "-t", "ecdsa", "-b", "256", "-N", "", "-f", "key"], folder: folder.Path);
        folder.Write("journal.jsonl", "a journal\n"u8);
        await Tools.RunAsync("ssh-keygen", ["-q", "-Y", "sign", "-f", "key", "-n", SshSig.TranscriptNamespace, "journal.jsonl"], folder: folder.Path);
        var pem = await Tools.RunAsync("ssh-keygen", ["-e", "-m", "PKCS8", "-f", "key.pub"], folder: folder.Path);
        using var key = VerifyingKey.TryImportPem(pem.Text)!;

        Assert.Equal(Reason.None, SshSig.Check(File.ReadAllBytes(folder.In("journal.jsonl.sig")), [key], SshSig.TranscriptNamespace, SHA512.HashData("a journal\n"u8), out _));
    }
}
