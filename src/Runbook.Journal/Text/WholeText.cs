namespace Runbook.Journal;

/// <summary>A text that was too long for its field. The field holds its beginning; this goes into the artifacts.</summary>
/// <param name="Text">The whole text, inert.</param>
public sealed record WholeText(string Text);
