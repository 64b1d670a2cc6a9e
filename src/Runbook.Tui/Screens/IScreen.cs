namespace Runbook.Tui;

/// <summary>Something that a person looks at and presses keys in: a page, or a dialog over one.</summary>
internal interface IScreen
{
    /// <summary>Its name, for the help.</summary>
    string Title { get; }

    /// <summary>Its keys.</summary>
    KeyTable Keys { get; }

    /// <summary>Whether it is drawn over the screen below it.</summary>
    bool Floats { get; }

    /// <summary>Draws it. Changes nothing but the canvas and how far it can be scrolled.</summary>
    void Paint(Canvas canvas, Area body);

    /// <summary>Takes a key that its table does not have.</summary>
    /// <returns>Whether it did anything with it.</returns>
    bool Press(KeyPress key);

    /// <summary>Takes text that was pasted.</summary>
    /// <returns>Whether it did anything with it.</returns>
    bool Paste(string text);

    /// <summary>Forgets what it holds that must not stay in memory; called once, when it is left.</summary>
    void Leave();
}

/// <summary>What stands around every screen, so that none of them can hide it.</summary>
internal interface ISurroundings
{
    /// <summary>The left of the first row: what this is.</summary>
    string Header { get; }

    /// <summary>The right of the first row: environment, place, clock.</summary>
    string Status { get; }

    /// <summary>Rows below the header for what is armed or wrong; none when nothing is.</summary>
    IReadOnlyList<string> Alerts { get; }

    /// <summary>Looks whether the world has changed since the last time.</summary>
    /// <returns>Whether the screen has to be drawn again.</returns>
    bool Refresh();
}
