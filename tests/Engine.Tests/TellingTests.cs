using System.Text.Json;

namespace Runbook.Engine.Tests;

/// <summary>How values and calls are told to people.</summary>
public sealed class TellingTests
{
    private const string Digest = "sha256:9afdec960bab5a9bf0ac2a9806f1a63e3c96e395977ec66b0e2904060020ca3f";

    [Fact]
    public void A_digest_that_a_step_saved_is_named_and_not_shown()
    {
        Assert.Equal("domain_digest kept", ShownValues.Saved("domain_digest", Json($"\"{Digest}\"")));
        Assert.Equal("fingerprints kept", ShownValues.Saved("fingerprints", Json($"[\"{Digest}\", \"{Digest}\"]")));
    }

    [Theory]
    [InlineData("\"https://kv.managedhsm.azure.net/\"", "uri = https://kv.managedhsm.azure.net/")]
    [InlineData("[]", "uri = ")]
    [InlineData("[\"a\", \"b\"]", "uri = a, b")]
    public void Everything_else_that_a_step_saved_is_shown(string value, string told) => Assert.Equal(told, ShownValues.Saved("uri", Json(value)));

    [Fact]
    public void A_file_that_was_handed_in_is_told_by_its_name_and_the_beginning_of_its_digest() =>
        Assert.Equal("bob.cer (sha256:9afdec960bab…)", ShownValues.Brief(Json($$"""{"bytes":1444,"digest":"{{Digest}}","name":"bob.cer"}""")));

    [Theory]
    [InlineData(1, "witness", "1 witness")]
    [InlineData(2, "witness", "2 witnesses")]
    [InlineData(2, "custodian", "2 custodians")]
    public void People_are_counted_as_the_language_counts_them(int count, string role, string told) => Assert.Equal(told, ShownValues.People(count, role));

    private static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
