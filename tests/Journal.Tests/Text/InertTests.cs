using System.Text;

namespace Runbook.Journal.Tests.Text;

public sealed class InertTests
{
    [Fact]
    public void Every_code_point_and_lone_surrogate_goes_through_and_comes_back()
    {
        for (var code = 0; code <= 0x10FFFF; code++)
        {
            var raw = code is >= 0xD800 and <= 0xDFFF ? ((char)code).ToString() : char.ConvertFromUtf32(code);
            var inert = Inert.Text(raw);

            Assert.True(Inert.IsInert(inert), $"U+{code:X4} comes out as {inert}");
            Assert.Equal(raw, Inert.Original(inert));
            Assert.Equal(inert == raw, Inert.IsInert(raw));
        }
    }

    [Fact]
    public void What_comes_out_of_any_code_point_is_accepted_by_the_scanner_as_a_string()
    {
        for (var code = 0; code <= 0x10FFFF; code++)
        {
            var raw = code is >= 0xD800 and <= 0xDFFF ? ((char)code).ToString() : char.ConvertFromUtf32(code);
            var json = CanonicalJson.Of(InertText.Of(raw)).Utf8.Span;

            Assert.True(CanonicalScanner.Scan(json).Holds, $"U+{code:X4}");
        }
    }

    [Theory]
    [InlineData(0x00, false)]
    [InlineData(0x07, false)]
    [InlineData(0x09, true)]
    [InlineData(0x0A, true)]
    [InlineData(0x0D, false)]
    [InlineData(0x1B, false)]
    [InlineData(0x7F, false)]
    [InlineData(0x80, false)]
    [InlineData(0x9B, false)]
    [InlineData(0xA0, true)]
    [InlineData(0xAD, false)]
    [InlineData(0x61C, false)]
    [InlineData(0x180E, false)]
    [InlineData(0x200B, false)]
    [InlineData(0x200C, true)]
    [InlineData(0x200D, true)]
    [InlineData(0x200E, false)]
    [InlineData(0x2028, false)]
    [InlineData(0x202A, false)]
    [InlineData(0x202E, false)]
    [InlineData(0x202F, true)]
    [InlineData(0x2060, false)]
    [InlineData(0x2069, false)]
    [InlineData(0x27E6, false)]
    [InlineData(0x27E7, true)]
    [InlineData(0xFDD0, false)]
    [InlineData(0xFE00, false)]
    [InlineData(0xFE0E, false)]
    [InlineData(0xFE0F, true)]
    [InlineData(0xFEFF, false)]
    [InlineData(0xFFF9, false)]
    [InlineData(0xFFFD, true)]
    [InlineData(0xFFFE, false)]
    [InlineData(0x1FFFF, false)]
    [InlineData(0xE0001, false)]
    [InlineData(0xE0FFF, false)]
    [InlineData(0xE1000, true)]
    [InlineData(0x10FFFD, true)]
    [InlineData(0x10FFFE, false)]
    public void A_code_point_stays_or_becomes_visible(int code, bool stays)
    {
        var raw = char.ConvertFromUtf32(code);

        Assert.Equal(stays ? raw : $"⟦U+{code:X4}⟧", Inert.Text(raw));
    }

    [Fact]
    public void Two_different_texts_never_become_the_same()
    {
        Assert.NotEqual(Inert.Text("\u001b"), Inert.Text("⟦U+001B⟧"));
        Assert.Equal("⟦U+27E6⟧U+001B⟧", Inert.Text("⟦U+001B⟧"));
        Assert.Equal("⟦U+001B⟧", Inert.Original("⟦U+27E6⟧U+001B⟧"));
    }

    [Theory]
    [InlineData("⟦secret⟧", true)]
    [InlineData("⟦withheld:jwt⟧", true)]
    [InlineData("⟦withheld:account-key⟧", true)]
    [InlineData("⟦withheld:⟧", false)]
    [InlineData("⟦withheld:JWT⟧", false)]
    [InlineData("⟦U+001B⟧", true)]
    [InlineData("⟦U+1B⟧", false)]
    [InlineData("⟦U+0041⟧", false)]
    [InlineData("⟦U+001b⟧", false)]
    [InlineData("⟦U+00001B⟧", false)]
    [InlineData("⟦U+E0001⟧", true)]
    [InlineData("⟦U+110000⟧", false)]
    [InlineData("⟦U+FFFFFF⟧", false)]
    [InlineData("⟦+12 bytes sha256:0000000000000000000000000000000000000000000000000000000000000000⟧", true)]
    [InlineData("⟦+012 bytes sha256:0000000000000000000000000000000000000000000000000000000000000000⟧", false)]
    [InlineData("⟦+12 bytes sha256:00⟧", false)]
    [InlineData("⟦anything⟧", false)]
    [InlineData("⟦", false)]
    [InlineData("⟦⟧", false)]
    [InlineData("⟧", true)]
    public void Only_the_four_bracket_forms_may_stand(string text, bool stands)
    {
        Assert.Equal(stands, Inert.IsInert(text));
        Assert.Equal(stands, CanonicalScanner.Scan(Encoding.UTF8.GetBytes($"\"{text}\"")).Holds);
        if (!stands) Assert.Throws<FormatException>(() => InertText.Accept(text));
    }

    [Fact]
    public void A_text_that_is_too_long_is_cut_and_says_what_is_missing()
    {
        var raw = new string('ä', 300);
        var cut = Inert.Cut(raw, 200, out var whole);

        Assert.Equal(raw, whole);
        Assert.True(Inert.IsInert(cut));
        Assert.Equal(200, Inert.CountChars(cut));
        var kept = cut.TakeWhile(c => c == 'ä').Count();
        Assert.EndsWith($"⟦+{2 * (300 - kept)} bytes {Digest.OfText(raw)}⟧", cut, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_that_just_fits_is_not_cut()
    {
        Assert.Equal(200, Inert.Cut(new string('x', 200), 200, out var whole).Length);
        Assert.Null(whole);
    }

    [Theory]
    [InlineData("\U0001F511")]
    [InlineData("\u001b")]
    public void A_cut_never_goes_through_a_surrogate_pair_or_a_bracket_form(string unit)
    {
        var inert = Inert.Text(string.Concat(Enumerable.Repeat(unit, 400)));
        for (var max = 128; max < 160; max++)
        {
            var cut = Inert.Cut(inert, max, out _);

            Assert.True(Inert.IsInert(cut), cut);
            Assert.InRange(Inert.CountChars(cut), 1, max);
        }
    }

    [Fact]
    public void Text_from_a_journal_is_not_escaped_a_second_time()
    {
        InertText once = "red \u001b[31m";
        var title = new StepEntered { Title = once, Text = default, Trigger = StepTrigger.Start }.Title;

        Assert.Equal("red ⟦U+001B⟧[31m", title.Value);
        Assert.Equal("red \u001b[31m", title.Original());
    }
}
