namespace Runbook.Journal.Tests.Text;

public sealed class DigestWordsTests
{
    private const string Root = "4418921647e80386a4202ec7d492207048fcc19d1510a6972f33fb94bf40c1ad";

    private const string Spoken =
        "crumpled borderline physique bodyguard dashboard typewriter acme letterhead "
        + "regain butterfat buzzard retraction steamship misnomer bison hesitate "
        + "deadbolt Wilmington snapline Ohio backfield autopsy rematch mosquito "
        + "cement concurrent watchword molecule slingshot Dakota snapline perceptive";

    [Fact]
    public void The_root_of_the_published_example_is_read_aloud_as_published()
    {
        Assert.True(Digest.TryParseHex(Root, out var digest));

        Assert.Equal(Spoken, DigestWords.Words(digest));
        Assert.Equal("4418 9216 47e8 0386 a420 2ec7 d492 2070 48fc c19d 1510 a697 2f33 fb94 bf40 c1ad", DigestWords.Groups(digest));
    }

    [Fact]
    public void Every_byte_has_a_word_of_its_own_in_each_list()
    {
        for (var parity = 0; parity < 2; parity++)
        {
            var words = Enumerable.Range(0, 256).Select(b => DigestWords.Words([0, (byte)b]).Split(' ')[1]).ToList();
            if (parity == 0) words = [.. Enumerable.Range(0, 256).Select(b => DigestWords.Words([(byte)b]))];

            Assert.Equal(256, words.Distinct(StringComparer.OrdinalIgnoreCase).Count());
            Assert.Equal(words.Order(StringComparer.OrdinalIgnoreCase).First(), words[0]);
        }
    }

    [Fact]
    public void Words_read_back_in_any_case()
    {
        Assert.True(DigestWords.TryParse(Spoken.ToUpperInvariant(), out var bytes));
        Assert.Equal(Root, Convert.ToHexStringLower(bytes!));
    }

    [Theory]
    [InlineData("borderline crumpled")]
    [InlineData("crumpled physique")]
    [InlineData("crumpled nonsense")]
    public void A_word_that_is_exchanged_dropped_or_unknown_is_noticed(string words) => Assert.False(DigestWords.TryParse(words, out _));
}
