using System.Text;

namespace Runbook.Journal.Tests.Text;

public sealed class CanonicalScannerTests
{
    [Theory]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("9007199254740991")]
    [InlineData("-9007199254740991")]
    [InlineData("\"\"")]
    [InlineData("\"a\\\"b\\\\c\\nd\\te\"")]
    [InlineData("\"/\"")]
    [InlineData("\"Zürich 東京 🔑\"")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("[1,[2],{\"a\":null}]")]
    [InlineData("{\"A\":1,\"_\":2,\"a\":3,\"aa\":4}")]
    public void Canonical_text_is_accepted(string json) => Assert.True(CanonicalScanner.Scan(Encoding.UTF8.GetBytes(json)).Holds, json);

    [Theory]
    [InlineData("", Reason.NotJson, 0)]
    [InlineData(" 1", Reason.NotCanonical, 0)]
    [InlineData("1 ", Reason.NotCanonical, 1)]
    [InlineData("1x", Reason.NotJson, 1)]
    [InlineData("{ }", Reason.NotCanonical, 1)]
    [InlineData("{\"a\": 1}", Reason.NotCanonical, 5)]
    [InlineData("{\"a\":1 }", Reason.NotCanonical, 6)]
    [InlineData("[1, 2]", Reason.NotCanonical, 3)]
    [InlineData("[1,]", Reason.NotJson, 3)]
    [InlineData("[1", Reason.NotJson, 2)]
    [InlineData("{\"a\"", Reason.NotJson, 4)]
    [InlineData("{\"a\":}", Reason.NotJson, 5)]
    [InlineData("{a:1}", Reason.NotJson, 1)]
    [InlineData("tru", Reason.NotJson, 0)]
    [InlineData("nul", Reason.NotJson, 0)]
    [InlineData("-", Reason.NotJson, 1)]
    [InlineData("-0", Reason.NotCanonical, 0)]
    [InlineData("01", Reason.NotJson, 0)]
    [InlineData("1.0", Reason.OutsideSubset, 0)]
    [InlineData("1e3", Reason.OutsideSubset, 0)]
    [InlineData("9007199254740992", Reason.OutsideSubset, 0)]
    [InlineData("90071992547409910", Reason.OutsideSubset, 0)]
    [InlineData("\"open", Reason.NotJson, 5)]
    [InlineData("\"\\", Reason.NotJson, 2)]
    [InlineData("\"\\x\"", Reason.NotJson, 1)]
    [InlineData("\"\\/\"", Reason.NotCanonical, 1)]
    [InlineData("\"\\r\"", Reason.NotInert, 1)]
    [InlineData("\"\\u001b\"", Reason.NotInert, 1)]
    [InlineData("\"\\u0041\"", Reason.NotCanonical, 1)]
    [InlineData("\"\\u00\"", Reason.NotJson, 1)]
    [InlineData("\"\u007f\"", Reason.NotInert, 1)]
    [InlineData("\"\u0085\"", Reason.NotInert, 1)]
    [InlineData("\"\u202e\"", Reason.NotInert, 1)]
    [InlineData("\"tab\there\"", Reason.NotJson, 4)]
    [InlineData("{\"b\":1,\"a\":2}", Reason.NotCanonical, 7)]
    [InlineData("{\"a\":1,\"a\":2}", Reason.DuplicateName, 7)]
    [InlineData("{\"aa\":1,\"a\":2}", Reason.NotCanonical, 8)]
    [InlineData("{\"\":1}", Reason.OutsideSubset, 1)]
    [InlineData("{\"ä\":1}", Reason.OutsideSubset, 2)]
    [InlineData("{\"a\\n\":1}", Reason.OutsideSubset, 3)]
    public void Anything_else_is_refused_with_its_reason_and_place(string json, Reason reason, int at)
    {
        var finding = CanonicalScanner.Scan(Encoding.UTF8.GetBytes(json));

        Assert.Equal((reason, at), (finding.Reason, finding.At));
    }

    [Theory]
    [InlineData(new byte[] { 0x22, 0xC0, 0x80, 0x22 }, Reason.NotUtf8)]
    [InlineData(new byte[] { 0x22, 0xED, 0xA0, 0x80, 0x22 }, Reason.NotUtf8)]
    [InlineData(new byte[] { 0x22, 0xF5, 0x80, 0x80, 0x80, 0x22 }, Reason.NotUtf8)]
    [InlineData(new byte[] { 0x22, 0xE2, 0x82 }, Reason.NotUtf8)]
    [InlineData(new byte[] { 0x22, 0x00, 0x22 }, Reason.Nul)]
    [InlineData(new byte[] { 0x00 }, Reason.Nul)]
    [InlineData(new byte[] { 0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D }, Reason.NotUtf8)]
    public void Bytes_that_are_no_text_are_refused(byte[] bytes, Reason reason) => Assert.Equal(reason, CanonicalScanner.Scan(bytes).Reason);

    [Fact]
    public void Sixteen_containers_around_a_value_are_allowed_and_no_more()
    {
        Assert.True(CanonicalScanner.Scan(Encoding.ASCII.GetBytes(new string('[', 16) + "1" + new string(']', 16))).Holds);
        Assert.Equal(Reason.TooDeep, CanonicalScanner.Scan(Encoding.ASCII.GetBytes(new string('[', 17) + "1" + new string(']', 17))).Reason);
        Assert.Equal(Reason.TooDeep, CanonicalScanner.Scan(Encoding.ASCII.GetBytes(new string('[', 100_000))).Reason);
    }

    [Fact]
    public void A_name_of_64_characters_is_allowed_and_no_longer_one()
    {
        Assert.True(CanonicalScanner.Scan(Encoding.ASCII.GetBytes($"{{\"{new string('n', 64)}\":1}}")).Holds);
        Assert.Equal(Reason.OutsideSubset, CanonicalScanner.Scan(Encoding.ASCII.GetBytes($"{{\"{new string('n', 65)}\":1}}")).Reason);
    }

    [Fact]
    public void Every_beginning_of_a_canonical_text_is_refused_and_never_throws()
    {
        var bytes = Encoding.UTF8.GetBytes("{\"a\":[1,-20,\"x\\\"y\\n\",{\"b\":null}],\"c\":\"⟦U+001B⟧ ü\",\"d\":true}");

        Assert.True(CanonicalScanner.Scan(bytes).Holds);
        for (var length = 0; length < bytes.Length; length++) Assert.False(CanonicalScanner.Scan(bytes.AsSpan(0, length)).Holds);
    }

    [Fact]
    public void No_flipped_bit_leaves_the_language_and_throws()
    {
        var bytes = Encoding.UTF8.GetBytes("{\"a\":[1,-20,\"x\\\"y\\n\",{\"b\":null}],\"c\":\"⟦U+001B⟧ ü\",\"d\":true}");
        for (var bit = 0; bit < 8 * bytes.Length; bit++)
        {
            var changed = (byte[])bytes.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            var finding = CanonicalScanner.Scan(changed);

            Assert.InRange(finding.At, 0, changed.Length);
        }
    }
}
