namespace Runbook.Journal;

/// <summary>
/// Text that has passed <see cref="Inert.Text"/> exactly once, and so may stand in an entry.
/// </summary>
/// <remarks>
/// A type of its own, because text from outside and text from a journal look alike, and the second would be escaped
/// twice. Assigning a <see cref="string"/> makes it inert; what is read from an entry already is one of these.
/// </remarks>
public readonly record struct InertText
{
    private readonly string? _value;

    private InertText(string value) => _value = value;

    /// <summary>The inert characters.</summary>
    public string Value => _value ?? "";

    /// <summary>Makes text from outside inert.</summary>
    /// <param name="raw">Any UTF-16.</param>
    public static InertText Of(string raw) => new(Inert.Text(raw));

    /// <summary>Takes text that is inert already, such as a part of an entry.</summary>
    /// <param name="inert">Inert text.</param>
    /// <exception cref="FormatException"><paramref name="inert"/> is not inert.</exception>
    public static InertText Accept(string inert)
        => Inert.IsInert(inert) ? new(inert) : throw new FormatException("The text is not inert; InertText.Of makes it so.");

    /// <summary>Makes text from outside inert.</summary>
    /// <param name="raw">Any UTF-16.</param>
    public static implicit operator InertText(string raw) => Of(raw);

    /// <summary>The text as it was before it was made inert.</summary>
    /// <returns>May hold control characters: not for a terminal.</returns>
    public string Original() => Inert.Original(Value);

    /// <summary>The inert characters.</summary>
    public override string ToString() => Value;

    /// <summary>For readers that know their bytes to be inert.</summary>
    internal static InertText Known(string inert) => new(inert);
}
