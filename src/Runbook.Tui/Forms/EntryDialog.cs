using System.Collections.Immutable;

namespace Runbook.Tui;

/// <summary>Fields to type into. Enter goes to the next one; on the last one it hands all of them in, if none complains.</summary>
internal class EntryDialog : Dialog
{
    private readonly Func<int, IReadOnlyList<StyledLine>> _lines;
    private readonly string _hint;
    private readonly Action<EntryDialog> _accept;
    private int _at;
    private string? _notice;
    private bool _wasAsked;

    /// <summary>Makes one.</summary>
    /// <param name="shell">Where it is shown.</param>
    /// <param name="title">Its title.</param>
    /// <param name="lines">What it is about.</param>
    /// <param name="fields">At least one.</param>
    /// <param name="hint">What Enter on the last field does, as a sentence.</param>
    /// <param name="accept">Takes what was typed from the fields, and ends in <see cref="Finish"/> or <see cref="Complain"/>.</param>
    public EntryDialog(Shell shell, string title, Func<int, IReadOnlyList<StyledLine>> lines, ImmutableArray<EntryField> fields, string hint, Action<EntryDialog> accept)
        : base(shell, title) => (_lines, FieldList, _hint, _accept) = (lines, fields, hint, accept);

    /// <summary>The fields.</summary>
    protected ImmutableArray<EntryField> FieldList { get; }

    private EntryField Current => FieldList[_at];

    /// <inheritdoc/>
    public override bool Press(KeyPress key)
    {
        if (!IsOpen) return true;
        _notice = null;
        switch (key.Name)
        {
            case KeyName.Enter:
                Next();
                return true;
            case KeyName.Tab when Current.Complete is { } complete:
                var (text, notice) = complete(Current.Text);
                _notice = notice;
                if (text != Current.Text) Current.Editor!.Set(text);
                else if (notice is null) Move(1);
                return true;
            case KeyName.Tab or KeyName.Down:
                Move(1);
                return true;
            case KeyName.BackTab or KeyName.Up:
                Move(-1);
                return true;
            default:
                _wasAsked = false;
                return (Current.Secret?.Press(key) ?? Current.Editor!.Press(key)) || base.Press(key);
        }
    }

    /// <inheritdoc/>
    public override bool Paste(string text)
    {
        if (!IsOpen) return true;
        if (!Current.TakesPaste)
        {
            _notice = "This has to be typed: pasting is off here.";
            return true;
        }

        _wasAsked = false;
        if (Current.Secret is { } secret) secret.Insert(text);
        else if (Current.Editor!.Insert(text) is var dropped and > 0) _notice = $"{dropped} control characters of what was pasted were left out.";
        return true;
    }

    /// <summary>What was typed was taken: the dialog goes.</summary>
    public void Finish() => Close();

    /// <summary>What was typed was not taken: the dialog stays, and says why.</summary>
    public void Complain(string notice) => _notice = notice;

    /// <inheritdoc/>
    public override void Leave()
    {
        foreach (var field in FieldList) field.Secret?.Clear();
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<StyledLine> Lines(int columns) => _lines(columns);

    /// <inheritdoc/>
    protected override IReadOnlyList<(StyledLine Line, int? Cursor)> Fields(int columns)
    {
        var rows = new List<(StyledLine, int?)>();
        for (var i = 0; i < FieldList.Length; i++)
        {
            var field = FieldList[i];
            var isHere = i == _at;
            rows.Add((StyledLine.Of(field.Label, isHere ? Tone.Strong : Tone.Dim), null));
            var (line, cursor) = field.Secret is { } secret ? (StyledLine.Of(secret.Shown, Tone.Dim), Cells.Width(secret.Shown)) : field.Editor!.Shown(columns - 2);
            rows.Add((new StyledLine([new StyledText(isHere ? "> " : "  ", Tone.Strong), .. line.Parts]), isHere ? cursor + 2 : null));
            if (isHere) rows.AddRange(field.Help.SelectMany(h => Cells.Wrap(h, columns, Tone.Dim, "  ")).Select(l => (l, (int?)null)));
        }

        return rows;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<StyledLine> Hints(int columns)
    {
        if (!IsOpen) return [NotOpenYet];
        if (_notice is { } notice) return Cells.Wrap(Safe.Screen(notice), columns, Tone.Warn);
        var isLast = _at == FieldList.Length - 1;
        if (_wasAsked && Current.Problem is { } problem) return Cells.Wrap(Safe.Screen(problem), columns, Tone.Warn);
        return Cells.Wrap(isLast ? _hint : "Enter goes to the next field.", columns, Tone.Strong);
    }

    private void Next()
    {
        if (Current.Problem is not null)
        {
            _wasAsked = true;
            return;
        }

        if (_at < FieldList.Length - 1)
        {
            Move(1);
            return;
        }

        for (var i = 0; i < FieldList.Length; i++)
        {
            if (FieldList[i].Problem is null) continue;
            (_at, _wasAsked) = (i, true);
            return;
        }

        _accept(this);
    }

    private void Move(int by)
    {
        _at = Math.Clamp(_at + by, 0, FieldList.Length - 1);
        _wasAsked = false;
    }
}
