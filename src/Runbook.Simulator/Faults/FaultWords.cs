using System.Text;

namespace Runbook.Simulator.Faults;

/// <summary>The names of faults on the wire: lower case with hyphens.</summary>
internal static class FaultWords
{
    private static readonly Dictionary<string, FaultKind> Kinds =
        Enum.GetValues<FaultKind>().ToDictionary(Word, StringComparer.Ordinal);

    public static string Word(this FaultKind kind)
    {
        var word = new StringBuilder();
        foreach (var letter in kind.ToString())
        {
            if (char.IsUpper(letter) && word.Length > 0)
                word.Append('-');
            word.Append(char.ToLowerInvariant(letter));
        }
        return word.ToString();
    }

    public static bool TryParse(string word, out FaultKind kind) => Kinds.TryGetValue(word, out kind);

    public static IEnumerable<string> All => Kinds.Keys;
}
