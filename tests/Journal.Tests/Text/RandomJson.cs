using System.Globalization;
using System.Text;

namespace Runbook.Journal.Tests.Text;

/// <summary>Random values of the journal's part of JSON, spelled at random: white space, escapes, order of names.</summary>
internal sealed class RandomJson(int seed)
{
    private static readonly int[] Characters = ['a', 'Z', '0', ' ', '"', '\\', '/', '\n', '\t', '~', 0xE9, 0x3B2, 0x5D0, 0x4E2D, 0x200D, 0xFE0F, 0x1F511, 0xFFFD];

    private readonly Random _random = new(seed);

    internal string Next() => Value(0);

    private string Value(int depth) => _random.Next(depth > 3 ? 5 : 8) switch
    {
        0 => "null",
        1 => _random.Next(2) == 0 ? "true" : "false",
        2 => Number(),
        3 or 4 => Quoted(Text(_random.Next(12))),
        5 => "[" + Blank() + string.Join("," + Blank(), Enumerable.Range(0, _random.Next(4)).Select(_ => Value(depth + 1))) + Blank() + "]",
        _ => Object(depth),
    };

    private string Object(int depth)
    {
        var names = Enumerable.Range(0, _random.Next(5)).Select(_ => Name()).Distinct(StringComparer.Ordinal).ToList();
        return "{" + Blank() + string.Join("," + Blank(), names.Select(n => Quoted(n) + Blank() + ":" + Blank() + Value(depth + 1))) + Blank() + "}";
    }

    private string Number()
    {
        var magnitude = _random.NextInt64(1L << _random.Next(1, 53));
        return (_random.Next(2) == 0 || magnitude == 0 ? magnitude : -magnitude).ToString(CultureInfo.InvariantCulture);
    }

    private string Name() => new([.. Enumerable.Range(0, _random.Next(1, 8)).Select(_ => "abcXYZ019_-$ .!~"[_random.Next(16)])]);

    private string Text(int length) => string.Concat(Enumerable.Range(0, length).Select(_ => char.ConvertFromUtf32(Characters[_random.Next(Characters.Length)])));

    private string Blank() => _random.Next(3) == 0 ? " " : "";

    private string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            var escape = rune.Value is '"' or '\\' or < ' ' || _random.Next(6) == 0;
            if (!escape) quoted.Append(rune);
            else foreach (var c in rune.ToString()) quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return quoted.Append('"').ToString();
    }
}
