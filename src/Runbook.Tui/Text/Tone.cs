namespace Runbook.Tui;

/// <summary>What a piece of text is; how it looks follows from that, in one place.</summary>
internal enum Tone
{
    /// <summary>Ordinary text.</summary>
    Normal,

    /// <summary>Not possible now, past, or beside the point.</summary>
    Dim,

    /// <summary>A heading, or what the eye should find first.</summary>
    Strong,

    /// <summary>The full-width bars at top and bottom.</summary>
    Bar,

    /// <summary>Seen to be as it should be.</summary>
    Good,

    /// <summary>Waits for somebody, or deserves a second look.</summary>
    Warn,

    /// <summary>Something is armed, has failed, or will be taken away.</summary>
    Danger,

    /// <summary>The row that the next key is about.</summary>
    Selected,

    /// <summary>Exact text: a request, a value, a command.</summary>
    Code,

    /// <summary>A sentence that is said aloud.</summary>
    Spoken,
}
