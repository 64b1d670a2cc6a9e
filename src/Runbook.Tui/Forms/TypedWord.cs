namespace Runbook.Tui;

/// <summary>A word that must be typed, exactly and by hand, before something happens.</summary>
internal static class TypedWord
{
    /// <summary>The field that wants it.</summary>
    /// <param name="word">The word: what is about to be done, or the name of what it is done to.</param>
    public static EntryField Of(string word) => new()
    {
        Label = $"Type it to go on:  {Safe.Screen(word)}",
        Editor = new LineEditor(Math.Max(80, word.Length * 2)),
        TakesPaste = false,
        Complaint = typed => typed == word ? null
            : word.StartsWith(typed, StringComparison.Ordinal) ? $"{typed.Length} of {word.Length} characters. Nothing happens until it is whole."
            : "Does not match (look at case, dashes and blanks). Nothing happens until it does.",
    };
}
