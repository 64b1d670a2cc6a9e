using System.Security.Cryptography;
using System.Text.Json;
using Runbook.TestKit;

namespace Runbook.Actions.Tests;

public sealed class ByokVectorTests
{
    private const int LongestKwp = 4096;

    [Theory]
    [InlineData("c37b7e6492584340bed12207808941155068f738", "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a")]
    [InlineData("466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f")]
    public void The_examples_of_RFC_5649_wrap_and_unwrap(string key, string wrapped)
    {
        var kek = Convert.FromHexString("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8");

        Assert.Equal(wrapped, Convert.ToHexStringLower(KeyWrapPadded.Wrap(kek, Convert.FromHexString(key))));
        Assert.Equal(key, Convert.ToHexStringLower(KeyWrapPadded.Unwrap(kek, Convert.FromHexString(wrapped)).Plain!));
    }

    [Fact]
    public void Every_case_of_Wycheproof_for_padded_key_wrap_comes_out_as_it_says()
    {
        var tried = 0;
        foreach (var (_, test) in CasesOf("aes_kwp_test.json"))
        {
            var (key, message, wrapped) = (Hex(test, "key"), Hex(test, "msg"), Hex(test, "ct"));
            if (wrapped.Length > LongestKwp) continue;
            var unwrapped = KeyWrapPadded.Unwrap(key, wrapped);

            if (test.GetProperty("result").GetString() == "valid") Assert.Equal(message, unwrapped.Plain);
            else if (test.GetProperty("result").GetString() == "invalid") Assert.True(unwrapped.Plain is null && unwrapped.Code.Length > 0, $"case {test.GetProperty("tcId").GetInt32()} is invalid and opened");
            Assert.Equal(unwrapped.Plain is null, unwrapped.Problem.Length > 0);
            tried++;
        }

        Assert.True(tried > 200, $"{tried} cases were tried.");
    }

    [Fact]
    public void A_modified_padding_of_Wycheproof_is_called_one()
    {
        var modified = CasesOf("aes_kwp_test.json").Select(c => c.Test).Where(t => t.GetProperty("flags").EnumerateArray().Any(f => f.GetString() == "ModifiedPadding")).ToList();

        Assert.NotEmpty(modified);
        Assert.Contains(modified, t => KeyWrapPadded.Unwrap(Hex(t, "key"), Hex(t, "ct")).Code == "KwpPadding");
    }

    [Theory]
    [InlineData("rsa_oaep_2048_sha1_mgf1sha1_test.json", true)]
    [InlineData("rsa_oaep_2048_sha256_mgf1sha256_test.json", false)]
    public void Every_case_of_Wycheproof_for_OAEP_is_taken_for_the_padding_that_it_has(string file, bool isWanted)
    {
        var tried = 0;
        foreach (var (group, test) in CasesOf(file))
        {
            using var key = RSA.Create();
            key.ImportPkcs8PrivateKey(Hex(group, "privateKeyPkcs8"), out _);
            var reading = OaepReading.Of(key, Hex(test, "ct"));
            var (message, isValid, isLabelled) = (Hex(test, "msg"), test.GetProperty("result").GetString() == "valid", test.GetProperty("label").GetString()!.Length > 0);

            if (isValid && !isLabelled) Assert.Equal(message, reading.Content);
            Assert.Equal(isValid && !isLabelled && isWanted, reading.IsWanted);
            if (isValid && isLabelled && message.Length == 32) Assert.Contains("label", reading.Padding, StringComparison.Ordinal);
            tried++;
        }

        Assert.True(tried > 20, $"{tried} cases were tried.");
    }

    private static IEnumerable<(JsonElement Group, JsonElement Test)> CasesOf(string file)
    {
        var path = Repository.Vectors("wycheproof", file);
        if (!File.Exists(path)) Assert.Skip($"Wycheproof's vectors are not beside the repository (../shared/vectors/wycheproof/{file}).");
        var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.GetProperty("testGroups").EnumerateArray().SelectMany(g => g.GetProperty("tests").EnumerateArray().Select(t => (g, t)));
    }

    private static byte[] Hex(JsonElement from, string name) => Convert.FromHexString(from.GetProperty(name).GetString()!);
}
