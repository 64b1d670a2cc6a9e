using System.Text;
using System.Text.Json;
using Runbook.TestKit;

namespace Runbook.Journal.Tests.Text;

public sealed class CanonicalJsonTests
{
    [Theory]
    [InlineData(" { \"b\" : 1 , \"a\" : [ true , null ] } ", "{\"a\":[true,null],\"b\":1}")]
    [InlineData("\"\\u0041\\/\\n\"", "\"A/\\n\"")]
    [InlineData("\"\\u001b[31m\"", "\"⟦U+001B⟧[31m\"")]
    [InlineData("\"\\ud83d\\ude02\"", "\"😂\"")]
    [InlineData("\"\\ud83d\"", "\"⟦U+D83D⟧\"")]
    [InlineData("9007199254740991", "9007199254740991")]
    public void Any_spelling_becomes_the_one(string json, string canonical) => Assert.Equal(canonical, CanonicalJson.Parse(json).Text);

    [Fact]
    public void Surrogates_that_stand_alone_in_the_text_itself_are_kept_too()
    {
        // Attributes can't hold such strings.
        Assert.Equal("\"⟦U+D83D⟧\"", CanonicalJson.Parse("\"\ud83d\"").Text);
        Assert.Equal("\"😂\"", CanonicalJson.Parse("\"\ud83d\\ude02\"").Text);
    }

    [Theory]
    [InlineData("1.5", "{\"$json\":\"1.5\"}")]
    [InlineData("1.0", "{\"$json\":\"1.0\"}")]
    [InlineData("-0", "{\"$json\":\"-0\"}")]
    [InlineData("1e400", "{\"$json\":\"1e400\"}")]
    [InlineData("9007199254740992", "{\"$json\":\"9007199254740992\"}")]
    [InlineData("-9223372036854775808", "{\"$json\":\"-9223372036854775808\"}")]
    [InlineData("{\"a\":{\"n\":0.5,\"m\":1}}", "{\"a\":{\"m\":1,\"n\":{\"$json\":\"0.5\"}}}")]
    [InlineData("{\"péché\":1}", "{\"$json\":\"{\\\"péché\\\":1}\"}")]
    [InlineData("{\"\":1}", "{\"$json\":\"{\\\"\\\":1}\"}")]
    [InlineData("{\"$json\":1}", "{\"$json\":\"{\\\"$json\\\":1}\"}")]
    [InlineData("{\"committed\":\"x\"}", "{\"$json\":\"{\\\"committed\\\":\\\"x\\\"}\"}")]
    [InlineData("{\"\\ud800\":1}", "{\"$json\":\"{\\\"⟦U+D800⟧\\\":1}\"}")]
    [InlineData("{\"x\\ny\":\"a\\\"b\"}", "{\"$json\":\"{\\\"x\\\\ny\\\":\\\"a\\\\\\\"b\\\"}\"}")]
    public void What_lies_outside_the_subset_is_kept_as_text_in_the_smallest_piece(string json, string canonical)
    {
        var value = CanonicalJson.Parse(json);

        Assert.Equal(canonical, value.Text);
        Assert.True(CanonicalScanner.Scan(value.Utf8.Span).Holds);
    }

    [Theory]
    [InlineData("1.5")]
    [InlineData("{\"a\":[1,2.5,{\"péché\":-0.0}],\"$json\":{\"$json\":\"x\"}}")]
    [InlineData("{\"$json\":\"1\"}")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]")]
    [InlineData("{\"committed\":\"hmac\",\"label\":\"l\"}")]
    public void What_was_kept_as_text_is_given_back(string json)
        => Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(json).RootElement, CanonicalJson.Parse(json).ToElement()), CanonicalJson.Parse(json).Text);

    [Theory]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"a\":1,")]
    [InlineData("")]
    public void What_is_no_json_or_has_a_name_twice_is_refused(string json) => Assert.Throws<CanonicalException>(() => CanonicalJson.Parse(json));

    [Fact]
    public void Nesting_beyond_what_is_kept_is_refused_and_takes_no_stack()
        => Assert.Throws<CanonicalException>(() => CanonicalJson.Parse(new string('[', 100_000)));

    [Fact]
    public void A_value_that_claims_to_be_a_commitment_is_none()
    {
        var value = CanonicalJson.Parse($$"""{"committed":"hmac-sha256:{{new string('0', 64)}}","label":"input/pin"}""");

        Assert.False(Commitment.TryRead(value, out _));
        Assert.True(Commitment.TryRead(new Commitment(new string('0', 64), "input/pin").ToJson(), out var real));
        Assert.Equal("input/pin", real!.Label);
    }

    [Fact]
    public void A_string_that_is_too_long_is_cut_and_kept_whole_beside_it()
    {
        var value = CanonicalJson.Parse(JsonSerializer.Serialize(new { text = new string('x', 10_000) }));

        Assert.InRange(value.ToElement().GetProperty("text").GetString()!.Length, Limits.TextChars - 4, Limits.TextChars);
        Assert.Equal(new string('x', 10_000), Assert.Single(value.Wholes).Text);
    }

    [Theory]
    [InlineData("arrays", true)]
    [InlineData("french", false)]
    [InlineData("structures", false)]
    [InlineData("unicode", true)]
    [InlineData("values", false)]
    [InlineData("weird", false)]
    public void The_published_cases_in_the_subset_come_out_as_published(string name, bool isInSubset)
    {
        if (!File.Exists(Repository.Vectors("rfc8785", "input", name + ".json"))) Assert.Skip("The RFC 8785 test vectors are not present.");
        var input = File.ReadAllText(Repository.Vectors("rfc8785", "input", name + ".json"));
        var output = File.ReadAllBytes(Repository.Vectors("rfc8785", "output", name + ".json"));

        Assert.Equal(isInSubset, CanonicalScanner.Scan(output).Holds);
        if (isInSubset) Assert.Equal(output, CanonicalJson.Parse(input).Utf8.ToArray());
        else Assert.True(CanonicalScanner.Scan(CanonicalJson.Parse(input).Utf8.Span).Holds);
    }

    [Fact]
    public async Task Jq_and_python_spell_random_values_the_same()
    {
        if (!Tools.Has("jq") || !Tools.Has("python3")) Assert.Skip("jq or python3 is not installed.");
        var random = new RandomJson(20261123);
        var input = new StringBuilder();
        var expected = new StringBuilder();
        for (var i = 0; i < 30_000; i++)
        {
            var spelled = random.Next();
            input.Append(spelled).Append('\n');
            expected.Append(CanonicalJson.Parse(spelled).Text).Append('\n');
        }

        var bytes = Encoding.UTF8.GetBytes(input.ToString());
        var jq = await Tools.RunAsync("jq", ["-cS", "."], bytes);
        var python = await Tools.RunAsync("python3", ["-c", "import json,sys\nfor l in sys.stdin.buffer: sys.stdout.buffer.write(json.dumps(json.loads(l), ensure_ascii=False, separators=(',',':'), sort_keys=True).encode() + b'\\n')"], bytes);

        Assert.Equal(expected.ToString(), jq.Text);
        Assert.Equal(expected.ToString(), python.Text);
    }
}
