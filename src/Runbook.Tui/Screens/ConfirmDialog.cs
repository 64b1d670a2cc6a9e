namespace Runbook.Tui;

/// <summary>Says what Enter will do, and does it on Enter.</summary>
/// <param name="shell">Where it is shown.</param>
/// <param name="title">Its title: a question.</param>
/// <param name="lines">What will happen.</param>
/// <param name="hint">What Enter does, as a sentence.</param>
/// <param name="confirm">Does it.</param>
internal sealed class ConfirmDialog(Shell shell, string title, Func<int, IReadOnlyList<StyledLine>> lines, string hint, Action confirm) : Dialog(shell, title)
{
    /// <inheritdoc/>
    public override bool Press(KeyPress key)
    {
        if (key.Name != KeyName.Enter) return base.Press(key);
        if (!IsOpen) return true;
        Close();
        confirm();
        return true;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<StyledLine> Lines(int columns) => lines(columns);

    /// <inheritdoc/>
    protected override IReadOnlyList<StyledLine> Hints(int columns) => IsOpen ? Cells.Wrap(hint, columns, Tone.Strong) : [NotOpenYet];
}
