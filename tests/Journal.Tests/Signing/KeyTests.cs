using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Runbook.TestKit;

namespace Runbook.Journal.Tests.Signing;

public sealed class KeyTests
{
    [Theory]
    [InlineData("sample", "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716", "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8")]
    [InlineData("test", "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367", "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083")]
    public void The_deterministic_signer_gives_the_signatures_of_rfc_6979(string message, string r, string s)
    {
        using var key = DeterministicSigner.FromScalar(Convert.FromHexString("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"));
        var der = key.Sign(Encoding.ASCII.GetBytes(message), HashAlgorithmName.SHA256);

        var sequence = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        Assert.Equal(r, Convert.ToHexString(sequence.ReadInteger().ToByteArray(isUnsigned: true, isBigEndian: true)).PadLeft(64, '0'));
        Assert.Equal(s, Convert.ToHexString(sequence.ReadInteger().ToByteArray(isUnsigned: true, isBigEndian: true)).PadLeft(64, '0'));
        Assert.True(key.PublicKey.Holds(Encoding.ASCII.GetBytes(message), der));
    }

    [Fact]
    public void A_seed_always_gives_the_same_key_and_signatures_that_hold()
    {
        for (var i = 0; i < 40; i++)
        {
            using var key = DeterministicSigner.FromSeed([(byte)i]);
            using var again = DeterministicSigner.FromSeed([(byte)i]);
            var message = Encoding.ASCII.GetBytes($"message {i}");

            Assert.Equal(key.PublicKey.KeyId, again.PublicKey.KeyId);
            Assert.Equal(key.Sign(message, HashAlgorithmName.SHA256), again.Sign(message, HashAlgorithmName.SHA256));
            Assert.True(key.PublicKey.Holds(message, key.Sign(message, HashAlgorithmName.SHA256)));
        }
    }

    [Fact]
    public void The_published_cases_of_signatures_come_out_as_published()
    {
        var path = Repository.Vectors("wycheproof", "ecdsa_secp256r1_sha256_test.json");
        if (!File.Exists(path)) Assert.Skip("The Wycheproof test vectors are not present.");
        using var cases = JsonDocument.Parse(File.ReadAllBytes(path));
        var judged = 0;
        foreach (var group in cases.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            using var key = VerifyingKey.TryImport(Convert.FromHexString(group.GetProperty("publicKeyDer").GetString()!));
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                var holds = key!.Holds(Convert.FromHexString(test.GetProperty("msg").GetString()!), Convert.FromHexString(test.GetProperty("sig").GetString()!));

                Assert.True(holds == (test.GetProperty("result").GetString() == "valid"), test.GetRawText());
                judged++;
            }
        }

        Assert.InRange(judged, 300, 10_000);
    }

    [Fact]
    public void Only_p256_and_p384_in_their_one_encoding_are_keys()
    {
        using var p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var p521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        using var rsa = RSA.Create(2048);
        var spki = p256.ExportSubjectPublicKeyInfo();

        Assert.Equal(256, VerifyingKey.TryImport(spki)!.CurveBits);
        Assert.Equal(384, VerifyingKey.TryImport(p384.ExportSubjectPublicKeyInfo())!.CurveBits);
        Assert.Null(VerifyingKey.TryImport(p521.ExportSubjectPublicKeyInfo()));
        Assert.Null(VerifyingKey.TryImport(rsa.ExportSubjectPublicKeyInfo()));
        Assert.Null(VerifyingKey.TryImport([.. spki, 0]));
        Assert.Null(VerifyingKey.TryImport(spki.AsSpan(1)));
        Assert.Null(VerifyingKey.TryImport([]));
        Assert.Null(VerifyingKey.TryImportPem("nothing"));
        Assert.Null(VerifyingKey.TryImportPem(p256.ExportPkcs8PrivateKeyPem()));
    }

    [Fact]
    public void No_flipped_bit_of_a_key_throws()
    {
        using var p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var spki = p256.ExportSubjectPublicKeyInfo();
        for (var bit = 0; bit < spki.Length * 8; bit++)
        {
            var changed = (byte[])spki.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            VerifyingKey.TryImport(changed)?.Dispose();
        }
    }

    [Fact]
    public async Task A_key_file_opens_with_its_passphrase_and_openssl_reads_it_too()
    {
        using var key = EcdsaSigner.Generate();
        var file = PersonKeyFile.Write(key, "correct horse");

        using (var opened = PersonKeyFile.Open(file, "correct horse")) Assert.Equal(key.PublicKey.KeyId, opened.PublicKey.KeyId);

        if (!Tools.Has("openssl")) Assert.Skip("openssl is not installed.");
        using var folder = new ScratchFolder();
        folder.Write("key.pem", file);
        var spki = await Tools.RunAsync("openssl", ["pkey", "-in", "key.pem", "-passin", "pass:correct horse", "-pubout", "-outform", "DER"], folder: folder.Path);
        Assert.Equal(key.PublicKey.Spki.ToArray(), spki.Output);
        var parameters = await Tools.RunAsync("openssl", ["asn1parse", "-in", "key.pem"], folder: folder.Path);
        Assert.Contains("aes-256-cbc", parameters.Text, StringComparison.Ordinal);
        Assert.Contains("hmacWithSHA256", parameters.Text, StringComparison.Ordinal);
        Assert.Contains(":0927C0", parameters.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_passphrase_is_refused_as_what_it_is_and_named_nowhere()
    {
        using var key = EcdsaSigner.Generate();
        var refused = Assert.Throws<PersonKeyException>(() => PersonKeyFile.Open(PersonKeyFile.Write(key, "correct horse"), "battery staple"));

        Assert.Equal((PersonKeyFailure.WrongPassphrase, "RJ301"), (refused.Failure, refused.Code));
        Assert.DoesNotContain("staple", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_key_file_is_refused_before_any_work_is_done_for_it()
    {
        using var rsa = RSA.Create(2048);
        var fast = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 10);
        var slow = Encoding.ASCII.GetBytes(Slow(fast));
        byte[][] files =
        [
            [],
            "hello"u8.ToArray(),
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"u8.ToArray(),
            Encoding.ASCII.GetBytes(rsa.ExportPkcs8PrivateKeyPem()),
            new byte[100_000],
            slow,
        ];
        foreach (var file in files) Assert.Equal(PersonKeyFailure.Unreadable, Assert.Throws<PersonKeyException>(() => PersonKeyFile.Open(file, "x")).Failure);

        using var p521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        Assert.Equal(PersonKeyFailure.WrongKind, Assert.Throws<PersonKeyException>(() => PersonKeyFile.Open(Encoding.ASCII.GetBytes(p521.ExportEncryptedPkcs8PrivateKeyPem("x", fast)), "x")).Failure);
        Assert.Equal(PersonKeyFailure.WrongPassphrase, Assert.Throws<PersonKeyException>(() => PersonKeyFile.Open(Encoding.ASCII.GetBytes(rsa.ExportEncryptedPkcs8PrivateKeyPem("x", fast)), "x")).Failure);
    }

    // The number of rounds stands in the file: a hostile one only has to name a large one.
    private static string Slow(PbeParameters fast)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        Rewrite(new AsnReader(key.ExportEncryptedPkcs8PrivateKey("x", fast), AsnEncodingRules.DER), writer);
        return PemEncoding.WriteString("ENCRYPTED PRIVATE KEY", writer.Encode());
    }

    private static void Rewrite(AsnReader reader, AsnWriter writer)
    {
        while (reader.HasData)
        {
            var tag = reader.PeekTag();
            if (tag == Asn1Tag.Sequence)
            {
                writer.PushSequence();
                Rewrite(reader.ReadSequence(), writer);
                writer.PopSequence();
            }
            else if (tag == Asn1Tag.Integer)
            {
                reader.ReadInteger();
                writer.WriteInteger(int.MaxValue);
            }
            else
            {
                writer.WriteEncodedValue(reader.ReadEncodedValue().Span);
            }
        }
    }
}
