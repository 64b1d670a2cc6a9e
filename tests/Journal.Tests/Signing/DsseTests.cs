using System.Text;
using System.Text.Json.Nodes;
using Runbook.TestKit;

namespace Runbook.Journal.Tests.Signing;

public sealed class DsseTests
{
    [Fact]
    public void The_published_approval_reads_and_holds()
    {
        using var bob = ThreeEntries.Key("bob");
        var file = ThreeEntries.File("1-bob.dsse.json");

        Assert.True(DsseEnvelope.TryRead(file, out var envelope));
        Assert.Equal(PayloadTypes.Approval, envelope!.PayloadType);
        Assert.Equal(595, envelope.Payload.Length);
        Assert.Equal("2defe6bb240ab6faa7556fa7f74ed5ecb45c3715220f9847fc3911fc2e198cb9", Digest.Of(DsseEnvelope.Pae(envelope.PayloadType, envelope.Payload.Span)).Hex);
        Assert.True(envelope.Holds(Assert.Single(envelope.Signatures), bob));
        Assert.Equal(file, envelope.ToFile());

        Assert.True(ApprovalPayload.TryRead(envelope.Payload.Span, out var approval));
        Assert.Equal(("bob", "step:disable-the-key", 1L), (approval!.Person, approval.Over.ToString(), approval.Head.Seq));
        Assert.Equal(Encoding.UTF8.GetString(envelope.Payload.Span), Encoding.UTF8.GetString(PayloadText.Write(approval)));
    }

    [Fact]
    public void The_published_statement_is_signed_by_alice_and_carol()
    {
        using var alice = ThreeEntries.Key("alice");
        using var carol = ThreeEntries.Key("carol");

        Assert.True(DsseEnvelope.TryRead(ThreeEntries.File("statement.dsse.json"), out var envelope));
        Assert.Equal([alice.KeyId, carol.KeyId], envelope!.Signatures.Select(s => s.KeyId));
        Assert.True(envelope.Holds(envelope.Signatures[0], alice));
        Assert.True(envelope.Holds(envelope.Signatures[1], carol));
        Assert.True(SessionStatement.TryRead(envelope.Payload.Span, out var statement));
        Assert.Equal(["journal.jsonl", "checkpoint"], statement!.Subjects.Select(s => s.Name));
        Assert.Equal(envelope.Payload.ToArray(), statement.ToPayload());
    }

    [Theory]
    [InlineData("1-bob.dsse.json", "bob")]
    [InlineData("statement.dsse.json", "alice carol")]
    public void No_flipped_bit_of_an_envelope_is_accepted(string name, string people)
    {
        var keys = people.Split(' ').Select(ThreeEntries.Key).ToDictionary(k => k.KeyId);
        var bytes = ThreeEntries.File(name);
        for (var bit = 0; bit < 8 * bytes.Length; bit++)
        {
            var changed = (byte[])bytes.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            var accepted = DsseEnvelope.TryRead(changed, out var envelope) && envelope!.Signatures.All(s => keys.TryGetValue(s.KeyId, out var key) && envelope.Holds(s, key));

            Assert.False(accepted, $"bit {bit}");
        }

        foreach (var key in keys.Values) key.Dispose();
    }

    [Fact]
    public void An_envelope_that_is_written_otherwise_is_refused()
    {
        using var key = EcdsaSigner.Generate();
        var file = Encoding.UTF8.GetString(DsseEnvelope.Sign(PayloadTypes.Tick, "{}"u8, key).ToFile());
        Assert.True(DsseEnvelope.TryRead(Encoding.UTF8.GetBytes(file), out _));

        string[] others =
        [
            file[..^1],
            file + "\n",
            " " + file,
            file.Replace("\"payload\"", "\"Payload\"", StringComparison.Ordinal),
            file.Replace("{\"payload\"", "{\"extra\":1,\"payload\"", StringComparison.Ordinal),
            file.Replace(",\"sig\"", ",\"note\":1,\"sig\"", StringComparison.Ordinal),
            file.Replace("[{", "[", StringComparison.Ordinal),
            file.Replace("e30=", "e31=", StringComparison.Ordinal),
            file.Replace("e30=", "e30", StringComparison.Ordinal),
            file.Replace("\"signatures\":[", "\"signatures\":[],\"x\":[", StringComparison.Ordinal),
            Twice(file),
        ];
        foreach (var other in others) Assert.False(DsseEnvelope.TryRead(Encoding.UTF8.GetBytes(other), out _), other);
    }

    [Fact]
    public void A_payload_type_is_part_of_what_is_signed()
    {
        using var key = EcdsaSigner.Generate();
        var file = Encoding.UTF8.GetString(DsseEnvelope.Sign(PayloadTypes.Tick, "{}"u8, key).ToFile()).Replace("tick", "answer", StringComparison.Ordinal);

        Assert.True(DsseEnvelope.TryRead(Encoding.UTF8.GetBytes(file), out var envelope));
        Assert.False(envelope!.Holds(envelope.Signatures[0], key.PublicKey));
    }

    [Fact]
    public void One_key_signs_once()
    {
        using var key = EcdsaSigner.Generate();

        Assert.Throws<ArgumentException>(() => DsseEnvelope.Sign(PayloadTypes.Tick, "{}"u8, key, key));
        Assert.Throws<ArgumentException>(() => DsseEnvelope.Sign(PayloadTypes.Tick, "{}"u8));
    }

    [Fact]
    public async Task Openssl_checks_what_we_sign()
    {
        if (!Tools.Has("openssl")) Assert.Skip("openssl is not installed.");
        using var folder = new ScratchFolder();
        using var key = EcdsaSigner.Generate();
        var envelope = DsseEnvelope.Sign(PayloadTypes.Tick, "{\"v\":1}"u8, key);
        folder.Write("pae", DsseEnvelope.Pae(envelope.PayloadType, envelope.Payload.Span));
        folder.Write("sig", envelope.Signatures[0].Signature.AsSpan());
        folder.Write("key.pem", Encoding.ASCII.GetBytes(key.PublicKey.Pem));

        var result = await Tools.RunAsync("openssl", ["dgst", "-sha256", "-verify", "key.pem", "-signature", "sig", "pae"], folder: folder.Path);
        Assert.Equal("Verified OK\n", result.Text);
        var keyId = await Tools.RunAsync("bash", ["-c", "openssl pkey -pubin -in key.pem -outform DER | sha256sum | cut -d' ' -f1"], folder: folder.Path);
        Assert.Equal(key.PublicKey.KeyId.Hex, keyId.Text.Trim());
    }

    [Fact]
    public async Task Debians_python_checks_what_we_sign()
    {
        const string Script = """
            import base64, json, sys
            from cryptography.hazmat.primitives import hashes, serialization
            from cryptography.hazmat.primitives.asymmetric import ec
            env = json.load(open("envelope.json"))
            t, p = env["payloadType"].encode(), base64.b64decode(env["payload"], validate=True)
            pae = b"DSSEv1 %d %s %d %s" % (len(t), t, len(p), p)
            key = serialization.load_pem_public_key(open("key.pem", "rb").read())
            key.verify(base64.b64decode(env["signatures"][0]["sig"]), pae, ec.ECDSA(hashes.SHA256()))
            print("holds")
            """;
        if (!File.Exists("/usr/bin/python3") || (await Tools.RunAsync("/usr/bin/python3", ["-c", "import cryptography"])).ExitCode != 0) Assert.Skip("Debian's python3-cryptography is not installed.");
        using var folder = new ScratchFolder();
        using var key = EcdsaSigner.Generate();
        folder.Write("envelope.json", DsseEnvelope.Sign(PayloadTypes.Tick, "{\"v\":1}"u8, key).ToFile());
        folder.Write("key.pem", Encoding.ASCII.GetBytes(key.PublicKey.Pem));

        var result = await Tools.RunAsync("/usr/bin/python3", ["-c", Script], folder: folder.Path);
        Assert.Equal("holds\n", result.Text + result.Error);
    }

    private static string Twice(string file)
    {
        var node = JsonNode.Parse(file)!;
        node["signatures"]!.AsArray().Add(node["signatures"]![0]!.DeepClone());
        return CanonicalJson.Parse(node.ToJsonString()).Text + "\n";
    }
}
