using System.Collections.Immutable;

namespace Runbook.Tui;

/// <summary>Every command of a screen by name; typing narrows the list, Enter runs the one that is marked.</summary>
internal sealed class CommandList : Dialog
{
    private readonly ImmutableArray<KeyRow> _rows;
    private readonly LineEditor _typed = new(40);
    private int _at;

    /// <summary>Takes the commands that are possible now.</summary>
    public CommandList(Shell shell, IScreen screen)
        : base(shell, "Commands") => _rows = [.. shell.Possible(screen).Where(r => r.Command.Length > 0 && r.Command is not "commands")];

    private ImmutableArray<KeyRow> Matching => [.. _rows.Where(r => r.Command.StartsWith(_typed.Text.Trim(), StringComparison.OrdinalIgnoreCase))];

    /// <inheritdoc/>
    protected override int? Focus => _at;

    /// <inheritdoc/>
    public override bool Press(KeyPress key)
    {
        var matching = Matching;
        switch (key.Name)
        {
            case KeyName.Up or KeyName.BackTab:
                _at = Math.Max(0, _at - 1);
                return true;
            case KeyName.Down:
                _at = Math.Min(Math.Max(0, matching.Length - 1), _at + 1);
                return true;
            case KeyName.Tab when matching.Length > 0:
                _typed.Set(matching[Math.Min(_at, matching.Length - 1)].Command);
                _at = 0;
                return true;
            case KeyName.Enter:
                if (matching.Length == 0) return true;
                Close();
                matching[Math.Min(_at, matching.Length - 1)].Run();
                return true;
            default:
                _at = 0;
                return _typed.Press(key);
        }
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<StyledLine> Lines(int columns)
    {
        var matching = Matching;
        if (matching.Length == 0) return [StyledLine.Of("No command has that name.", Tone.Warn)];
        return [.. matching.Select((r, i) => StyledLine.Of(($"{Cells.Fit(r.Command, 14)}{Cells.Fit(r.Keys.Length > 0 ? r.Keys[0].ToString() : "", 9)}{Cells.Clip(r.Help, columns - 24)}", i == _at ? Tone.Selected : Tone.Normal)))];
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<(StyledLine Line, int? Cursor)> Fields(int columns)
    {
        var (line, cursor) = _typed.Shown(columns - 2);
        return [(new StyledLine([new StyledText(": ", Tone.Strong), .. line.Parts]), cursor + 2)];
    }
}
