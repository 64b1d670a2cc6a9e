using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Runbook.Simulator.KeyVault;

namespace Runbook.Simulator.Tests;

/// <summary>Runs that repeat: keys, bytes and padding that follow from a word.</summary>
public sealed class RepeatedRunTests
{
    public static TheoryData<string> Words => [.. DerivedRsaSteps.Of.Keys];

    [Fact]
    public void Two_runs_have_the_same_bytes_and_keys_and_one_run_has_none_twice()
    {
        var (first, second) = (Run(), Run());

        Assert.Equal(first, second);
        Assert.Equal(first.Count, first.Distinct().Count());

        static List<string> Run()
        {
            using var run = new RepeatedRuns("run").Begin();
            return [Bytes(), Bytes(), Key(), Key(), .. Enumerable.Range(0, 3).Select(_ => SimulatorRandom.Below(1 << 16).ToString(System.Globalization.CultureInfo.InvariantCulture))];

            static string Bytes() => Convert.ToHexString(SimulatorRandom.Bytes(40));
            static string Key() => Convert.ToHexString(RepeatedRuns.NextPkcs8(2048));
        }
    }

    [Fact]
    public void A_run_within_a_run_leaves_the_outer_one_as_it_was()
    {
        using var outer = new RepeatedRuns("run").Begin();
        var first = SimulatorRandom.Bytes(8);
        using (new RepeatedRuns("other").Begin()) Assert.NotEqual(first, SimulatorRandom.Bytes(8));
        var second = SimulatorRandom.Bytes(8);

        using var again = new RepeatedRuns("run").Begin();
        Assert.Equal(first, SimulatorRandom.Bytes(8));
        Assert.Equal(second, SimulatorRandom.Bytes(8));
    }

    [Fact]
    public void Outside_of_a_run_bytes_are_the_systems_and_keys_are_refused()
    {
        using (new RepeatedRuns("run").Begin()) Assert.NotNull(RepeatedRuns.Next(2048));

        Assert.Null(RepeatedRuns.Next(2048));
        Assert.NotEqual(SimulatorRandom.Bytes(32), SimulatorRandom.Bytes(32));
        Assert.Throws<InvalidOperationException>(() => RepeatedRuns.NextPkcs8(2048));
        Assert.Throws<InvalidOperationException>(() => RepeatedRuns.Fill(new byte[1]));
    }

    [Theory]
    [InlineData("OAEP-SHA1")]
    [InlineData("OAEP-SHA256")]
    [InlineData("OAEP-SHA512")]
    [InlineData("PKCS1")]
    public void What_is_encrypted_in_a_run_is_what_the_framework_decrypts(string name)
    {
        var padding = name switch
        {
            "OAEP-SHA1" => RSAEncryptionPadding.OaepSHA1,
            "OAEP-SHA256" => RSAEncryptionPadding.OaepSHA256,
            "OAEP-SHA512" => RSAEncryptionPadding.OaepSHA512,
            _ => RSAEncryptionPadding.Pkcs1,
        };
        using var key = RSA.Create(2048);
        using var run = new RepeatedRuns("run").Begin();
        var most = padding.Mode == RSAEncryptionPaddingMode.Pkcs1 ? 245 : 254 - (2 * CryptographicOperations.HashData(padding.OaepHashAlgorithm, []).Length);
        foreach (var length in (int[])[0, 1, 32, most])
        {
            var value = RandomNumberGenerator.GetBytes(length);
            Assert.Equal(value, key.Decrypt(SimulatorRandom.Encrypt(key, value, padding), padding));
        }

        Assert.Throws<CryptographicException>(() => SimulatorRandom.Encrypt(key, new byte[most + 1], padding));
    }

    [Fact]
    public void What_was_decrypted_in_a_run_is_known_in_the_next_and_for_that_key_alone()
    {
        var runs = new RepeatedRuns("run");
        var crypto = new KeyCrypto(KeyRing.OfThisProcess);
        var (key, other) = (Key(), Key());
        byte[] value = [1, 2, 3];
        byte[] wrapped;
        using (runs.Begin()) wrapped = crypto.Wrap(key, "RSA-OAEP-256", value);

        byte[]? before = null;
        for (var run = 0; run < 2; run++)
        {
            using var begun = runs.Begin();
            var unwrapped = crypto.Unwrap(key, "RSA-OAEP-256", wrapped);
            Assert.Equal(value, unwrapped);
            if (before is not null) Assert.Same(before, unwrapped);
            before = unwrapped;
            Assert.Equal(value, crypto.Decrypt(key, "RSA-OAEP-256", wrapped, null, null, null));
            Assert.ThrowsAny<CryptographicException>(() => crypto.Unwrap(key, "RSA-OAEP", wrapped));
            Assert.ThrowsAny<CryptographicException>(() => crypto.Unwrap(other, "RSA-OAEP-256", wrapped));
        }

        static KeyVersion Key() => new()
        {
            Store = "hsm",
            Name = "k",
            Version = "1",
            Number = 1,
            Type = "RSA-HSM",
            Bits = 2048,
            Operations = [],
            Enabled = true,
            Created = 0,
            Updated = 0,
            Exportable = false,
            Material = KeyMaterial.NewRsa(2048).Secret,
        };
    }

    [Fact]
    public void What_is_encrypted_follows_from_the_run()
    {
        using var key = RSA.Create(2048);
        var (first, second) = (Run(), Run());

        Assert.Equal(first, second);
        Assert.NotEqual(first[0], first[1]);

        List<string> Run()
        {
            using var run = new RepeatedRuns("run").Begin();
            return [Once(), Once()];
        }

        string Once() => Convert.ToHexString(SimulatorRandom.Encrypt(key, [1, 2, 3], RSAEncryptionPadding.OaepSHA256));
    }

    [Theory]
    [InlineData("P-256", 32)]
    [InlineData("P-256K", 32)]
    [InlineData("P-384", 48)]
    [InlineData("P-521", 64)]
    public void What_a_curve_signs_in_a_run_is_what_the_framework_verifies_and_follows_from_the_run(string curve, int digestBytes)
    {
        var digest = Enumerable.Range(1, digestBytes).Select(i => (byte)(0xff - i)).ToArray();
        var (first, second) = (Run(), Run());

        Assert.Equal(first, second);
        Assert.NotEqual(first[0], first[1]);

        List<string> Run()
        {
            using var run = new RepeatedRuns("run").Begin();
            using var key = GivenCurve.NewKey(KeyMaterial.CurveOf(curve)!.Value);
            return [Once(key), Once(key)];
        }

        string Once(ECDsa key)
        {
            var signature = GivenCurve.SignHash(key, digest);
            Assert.True(key.VerifyHash(digest, signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
            return Convert.ToHexString(signature);
        }
    }

    [Fact]
    public void Certificates_that_are_signed_in_a_run_lead_to_their_root()
    {
        using var run = new RepeatedRuns("run").Begin();
        using var rootKey = GivenCurve.NewKey(ECCurve.NamedCurves.nistP384);
        using var leafKey = GivenCurve.NewKey(ECCurve.NamedCurves.nistP384);
        var now = new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);
        var rootRequest = new CertificateRequest("CN=root", rootKey, HashAlgorithmName.SHA384);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var root = rootRequest.Create(rootRequest.SubjectName, GivenCurve.Generator(rootKey), now.AddDays(-1), now.AddYears(1), SimulatorRandom.Bytes(12));
        using var leaf = new CertificateRequest("CN=leaf", leafKey, HashAlgorithmName.SHA384).Create(root.SubjectName, GivenCurve.Generator(rootKey), now.AddDays(-1), now.AddYears(1), SimulatorRandom.Bytes(12));
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.VerificationTimeIgnored = false;

        Assert.True(chain.Build(leaf), string.Join(", ", chain.ChainStatus.Select(s => s.StatusInformation)));
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void A_derived_key_is_one_that_OpenSSL_finds_whole(string word)
    {
        var bits = int.Parse(word.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture);
        var key = DerivedRsa.Of(word, bits);
        Assert.Equal(bits, key.Bits);

        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, Convert.FromBase64String(key.Secret));
            var start = new System.Diagnostics.ProcessStartInfo("openssl", ["pkey", "-inform", "DER", "-in", file, "-check", "-noout"]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var openssl = System.Diagnostics.Process.Start(start)!;
            Assert.Equal("Key is valid\n", openssl.StandardOutput.ReadToEnd());
            openssl.WaitForExit();
            Assert.Equal(0, openssl.ExitCode);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("run 1 2048")]
    [InlineData("estate 1 2048")]
    public void Where_a_prime_lies_is_where_the_search_finds_it(string word)
    {
        Assert.Equal(DerivedRsaSteps.Of[word], (DerivedRsa.Search(word, "p", 2048), DerivedRsa.Search(word, "q", 2048)));
    }

    [Fact]
    public void A_key_whose_primes_nobody_looked_up_is_found_and_works()
    {
        using var key = DerivedRsa.Of("a word of this test", 1024).ToRsa();
        var value = new byte[] { 1, 2, 3 };

        Assert.Equal(value, key.Decrypt(key.Encrypt(value, RSAEncryptionPadding.OaepSHA256), RSAEncryptionPadding.OaepSHA256));
    }
}
