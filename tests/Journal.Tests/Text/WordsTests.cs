using System.Reflection;

namespace Runbook.Journal.Tests.Text;

/// <summary>The words of enumerations, both ways.</summary>
public sealed class WordsTests
{
    public static TheoryData<Type> Enumerations => [.. typeof(EntryKind).Assembly.GetTypes().Where(t => t.IsEnum && !t.IsDefined(typeof(FlagsAttribute), false))];

    [Theory]
    [MemberData(nameof(Enumerations))]
    public void Each_value_has_one_word_and_each_word_its_value(Type enumeration) =>
        typeof(WordsTests).GetMethod(nameof(BothWays), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(enumeration).Invoke(null, null);

    [Fact]
    public void A_word_is_the_name_in_small_letters_with_hyphens() => Assert.Equal("not-utf8", Words<Reason>.Of(Reason.NotUtf8));

    [Fact]
    public void What_is_no_word_is_none()
    {
        Assert.False(Words<Reason>.TryParse("NotUtf8", out _));
        Assert.False(Words<Reason>.TryParse("", out _));
    }

    private static void BothWays<T>()
        where T : struct, Enum
    {
        Assert.Equal(Enum.GetValues<T>(), Words<T>.Values);
        Assert.Equal(Enum.GetValues<T>().Length, Words<T>.All.Distinct(StringComparer.Ordinal).Count());
        foreach (var value in Enum.GetValues<T>())
        {
            Assert.Equal(KebabWords.Of(value.ToString()), Words<T>.Of(value));
            Assert.True(Words<T>.TryParse(Words<T>.Of(value), out var again));
            Assert.Equal(value, again);
        }
    }
}
