using System.Buffers;

namespace Runbook.Journal;

/// <summary>What a text member may look like: the pattern that the schema publishes, and the same rule as code.</summary>
/// <remarks>A test holds each pattern against its code.</remarks>
internal sealed class TextRule
{
    private const string DigitChars = "0123456789";
    private const string LowerChars = "abcdefghijklmnopqrstuvwxyz";
    private const string LetterChars = LowerChars + "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private static readonly SearchValues<char> Digits = SearchValues.Create(DigitChars);
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");
    private static readonly SearchValues<char> Lower = SearchValues.Create(LowerChars);
    private static readonly SearchValues<char> LowerOrDigit = SearchValues.Create(LowerChars + DigitChars);
    private static readonly SearchValues<char> LowerDashed = SearchValues.Create(LowerChars + DigitChars + "-");
    private static readonly SearchValues<char> DomainChars = SearchValues.Create(LowerChars + DigitChars + "-.");
    private static readonly SearchValues<char> MediaChars = SearchValues.Create(LowerChars + DigitChars + "-.+");
    private static readonly SearchValues<char> SignalChars = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ" + DigitChars);
    private static readonly SearchValues<char> VariableStart = SearchValues.Create(LetterChars + "_");
    private static readonly SearchValues<char> NameStart = SearchValues.Create(LetterChars + DigitChars + "_-");
    private static readonly SearchValues<char> NameChars = SearchValues.Create(LetterChars + DigitChars + "._-");
    private static readonly SearchValues<char> Separators = SearchValues.Create(" \n\t");

    internal static readonly TextRule RosterId = new("^[a-z][a-z0-9-]{0,31}$", 32, t => IsWord(t, Lower, LowerDashed, 32));

    internal static readonly TextRule Role = RosterId;

    internal static readonly TextRule SessionId = new("^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{16}$", 33, t =>
        t.Length == 33 && All(t[..8], Digits) && t[8] == 'T' && All(t[9..15], Digits) && t[15..17].SequenceEqual("Z-") && All(t[17..], LowerHex));

    internal static readonly TextRule Nonce = new("^[0-9a-f]{32}$", 32, t => t.Length == 32 && All(t, LowerHex));

    internal static readonly TextRule Action = new(@"^[a-z][a-z0-9-]*(\.[a-z0-9-]+)*$", Limits.FileNameChars, t => IsDotted(t) && char.IsAsciiLetterLower(t[0]));

    internal static readonly TextRule Method = new("^[A-Z]{2,16}$", 16, t => t.Length is >= 2 and <= 16 && !t.ContainsAnyExceptInRange('A', 'Z'));

    internal static readonly TextRule RequestId = new("^[0-9A-Za-z._-]{1,128}$", 128, t => IsWord(t, NameChars, NameChars, 128));

    internal static readonly TextRule Variable = new("^[A-Za-z_][A-Za-z0-9_-]{0,63}$", 64, t => IsWord(t, VariableStart, NameStart, 64));

    internal static readonly TextRule FileName = new("^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$", Limits.FileNameChars, t =>
        IsWord(t, NameStart, NameChars, Limits.FileNameChars));

    internal static readonly TextRule FilePath = new("^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,199})?$", 2 * Limits.PathPartChars + 1, IsFilePath);

    internal static readonly TextRule Media = new("^[a-z0-9.+-]+/[a-z0-9.+-]+$", Limits.FileNameChars, t =>
        t.IndexOf('/') is > 0 and var slash && All(t[..slash], MediaChars) && slash + 1 < t.Length && All(t[(slash + 1)..], MediaChars));

    internal static readonly TextRule AbortTrigger = new("^(operator|guard|timeout|unharmed|signal:[A-Z0-9]{1,10})$", 17, t =>
        t.SequenceEqual("operator") || t.SequenceEqual("guard") || t.SequenceEqual("timeout") || t.SequenceEqual("unharmed")
        || (t.StartsWith("signal:") && t.Length is > 7 and <= 17 && All(t[7..], SignalChars)));

    internal static readonly TextRule Domain = new("^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", 253, t =>
        IsWord(t, LowerOrDigit, DomainChars, 253) && All(t[^1..], LowerOrDigit));

    internal static readonly TextRule Step = new(@"^[^ \n\t]+$", Limits.StepChars, t => t.Length > 0 && !t.ContainsAny(Separators));

    internal static readonly TextRule Effect = new(@"^[^ \n\t]+/[1-9][0-9]{0,8}/[1-9][0-9]{0,8}$", Limits.EffectChars, t => EffectId.TryParse(t, out _));

    internal static readonly TextRule Scope = new(@"^[^ \n\t]+( [^ \n\t]+)*$", Limits.ScopeChars, t => ApprovalScope.TryParse(t, out _));

    internal static readonly TextRule Format = Constant(SessionOpened.JournalFormat);

    internal static readonly TextRule StatementType = Constant(SessionStatement.StatementType);

    private readonly Matcher _matches;

    private TextRule(string pattern, int maxChars, Matcher matches)
    {
        Pattern = pattern;
        MaxChars = maxChars;
        _matches = matches;
    }

    private delegate bool Matcher(ReadOnlySpan<char> text);

    /// <summary>The rule as an ECMAScript regular expression.</summary>
    internal string Pattern { get; }

    internal int MaxChars { get; }

    internal bool Matches(ReadOnlySpan<char> text) => (text.Length <= MaxChars || Inert.CountChars(text) <= MaxChars) && _matches(text);

    private static TextRule Constant(string value) => new("^" + value.Replace(".", @"\.", StringComparison.Ordinal) + "$", value.Length, t => t.SequenceEqual(value));

    private static bool All(ReadOnlySpan<char> text, SearchValues<char> allowed) => !text.ContainsAnyExcept(allowed);

    private static bool IsWord(ReadOnlySpan<char> text, SearchValues<char> first, SearchValues<char> rest, int maxChars)
        => text.Length > 0 && text.Length <= maxChars && All(text[..1], first) && All(text[1..], rest);

    private static bool IsDotted(ReadOnlySpan<char> text)
    {
        foreach (var part in text.Split('.'))
            if (text[part].IsEmpty || !All(text[part], LowerDashed))
                return false;
        return true;
    }

    private static bool IsFilePath(ReadOnlySpan<char> text)
    {
        var slash = text.IndexOf('/');
        return slash < 0 ? IsPathPart(text) : IsPathPart(text[..slash]) && IsPathPart(text[(slash + 1)..]);
    }

    private static bool IsPathPart(ReadOnlySpan<char> text) => IsWord(text, NameStart, NameChars, Limits.PathPartChars);
}
