using System.Collections.Immutable;

namespace Runbook.Tui;

/// <summary>One thing to pick.</summary>
/// <param name="Label">What it is.</param>
/// <param name="Detail">What it means; may be empty.</param>
/// <param name="Pick">Does it.</param>
internal sealed record PickOption(string Label, string Detail, Action Pick)
{
    /// <summary>Whether it can be picked now; what can't is shown with the reason in its detail.</summary>
    public bool Enabled { get; init; } = true;
}

/// <summary>Several things, of which Enter does the one that is marked.</summary>
internal sealed class PickDialog : Dialog
{
    private readonly Func<int, IReadOnlyList<StyledLine>> _lines;
    private readonly ImmutableArray<PickOption> _options;
    private int _at;
    private int _focus;

    /// <summary>Makes one.</summary>
    /// <param name="shell">Where it is shown.</param>
    /// <param name="title">Its title.</param>
    /// <param name="lines">What it is about.</param>
    /// <param name="options">At least one, at most nine with a digit of their own.</param>
    /// <param name="at">The one that is marked at first: the safe one.</param>
    public PickDialog(Shell shell, string title, Func<int, IReadOnlyList<StyledLine>> lines, ImmutableArray<PickOption> options, int at = 0)
        : base(shell, title) => (_lines, _options, _at) = (lines, options, at);

    /// <inheritdoc/>
    protected override int? Focus => _focus;

    /// <inheritdoc/>
    public override bool Press(KeyPress key)
    {
        switch (key)
        {
            case { Name: KeyName.Up } or { Name: KeyName.BackTab } or { Text: "k", Ctrl: false }:
                _at = Math.Max(0, _at - 1);
                return true;
            case { Name: KeyName.Down } or { Name: KeyName.Tab } or { Text: "j", Ctrl: false }:
                _at = Math.Min(_options.Length - 1, _at + 1);
                return true;
            case { Name: KeyName.Text, Text: [>= '1' and <= '9' and var digit], Ctrl: false } when digit - '1' < _options.Length:
                _at = digit - '1';
                return true;
            case { Name: KeyName.Enter }:
                if (!IsOpen || !_options[_at].Enabled) return true;
                Close();
                _options[_at].Pick();
                return true;
            default:
                return base.Press(key);
        }
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<StyledLine> Lines(int columns)
    {
        var lines = _lines(columns).ToList();
        if (lines.Count > 0) lines.Add(StyledLine.Empty);
        for (var i = 0; i < _options.Length; i++)
        {
            if (i == _at) _focus = lines.Count;
            var tone = i == _at ? Tone.Selected : _options[i].Enabled ? Tone.Normal : Tone.Dim;
            lines.AddRange(Cells.Wrap(_options[i].Label, columns, tone, $"{(i == _at ? ">" : " ")} {i + 1} "));
            if (_options[i].Detail.Length > 0) lines.AddRange(Cells.Wrap(_options[i].Detail, columns, Tone.Dim, "    "));
        }

        return lines;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<StyledLine> Hints(int columns) => [IsOpen ? StyledLine.Of("Enter does what is marked. j k or a digit marks.", Tone.Strong) : NotOpenYet];
}
