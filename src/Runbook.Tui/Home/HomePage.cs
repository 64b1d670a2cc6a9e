using System.Collections.Immutable;

namespace Runbook.Tui;

/// <summary>The home: what can be started, and what waits to be gone on with.</summary>
internal sealed class HomePage : IScreen
{
    private readonly Shell _shell;
    private readonly HomeModel _model;
    private readonly ImmutableArray<HomeSession> _sessions;
    private readonly Scroller _runbookScroll = new();
    private readonly Scroller _sessionScroll = new();
    private LineEditor? _filter;
    private string _wanted = "";
    private bool _isAtSessions;
    private int _at;

    /// <summary>Makes one. Where sessions wait that are armed or in doubt, they are marked first.</summary>
    public HomePage(Shell shell, HomeModel model)
    {
        (_shell, _model) = (shell, model);
        _sessions = [.. model.Sessions.OrderBy(s => s.State).ThenByDescending(s => s.LastEntryAt)];
        _isAtSessions = _sessions.Length > 0 && _sessions[0].State <= HomeSessionState.InDoubt;
        bool Moves() => _filter is null;
        Keys = shell.WithCommon(
            new KeyRow("open", "open", "Starts the runbook, or goes on with the session, that is marked", Open, new KeyPress(KeyName.Enter)) { When = Moves },
            new KeyRow("down", "", "The next one", () => Move(1), new KeyPress(KeyName.Down), KeyPress.Of('j')) { When = Moves },
            new KeyRow("up", "", "The one before", () => Move(-1), new KeyPress(KeyName.Up), KeyPress.Of('k')) { When = Moves },
            new KeyRow("switch", "sessions or runbooks", "From runbooks to sessions and back", Switch, new KeyPress(KeyName.Tab), new KeyPress(KeyName.BackTab)) { When = () => Moves() && _sessions.Length > 0 },
            new KeyRow("filter", "filter", "Only what holds a word; Esc shows all", () => _filter = new LineEditor(60, _wanted), KeyPress.Of('/')) { When = Moves },
            new KeyRow("replay", "replay", "Steps through the entries of the session that is marked", Replay, KeyPress.Of('r')) { When = () => Moves() && _isAtSessions && Marked<HomeSession>() is not null });
    }

    /// <summary>What was chosen; <see langword="null"/> before anything was.</summary>
    public HomeChoice? Choice { get; private set; }

    /// <inheritdoc/>
    public string Title => "home";

    /// <inheritdoc/>
    public KeyTable Keys { get; }

    /// <inheritdoc/>
    public bool Floats => false;

    private ImmutableArray<HomeRunbook> Runbooks =>
        [.. _model.Runbooks.Where(r => _wanted.Length == 0 || $"{r.Title} {r.Summary} {r.Path}".Contains(_wanted, StringComparison.OrdinalIgnoreCase))];

    private ImmutableArray<HomeSession> Sessions =>
        [.. _sessions.Where(s => _wanted.Length == 0 || $"{s.Runbook} {s.Directory} {s.StoppedAt}".Contains(_wanted, StringComparison.OrdinalIgnoreCase))];

    /// <inheritdoc/>
    public void Paint(Canvas canvas, Area body)
    {
        canvas.Fill(body, Tone.Normal);
        var sessions = Sessions;
        var bottom = Math.Min(Math.Max(1, sessions.Length), body.Height >= 30 ? 8 : 4) + 1 + _model.About.Length;
        var top = body.Height - bottom - (_filter is null ? 0 : 1);
        var left = SessionPage.IsWide(canvas.Cols) ? 60 : 44;
        PaintRunbooks(canvas, new Area(0, body.Row, left, top));
        for (var row = body.Row; row < body.Row + top; row++) canvas.Put(left, row, Glyphs.Of(_shell.Settings.Ascii).Side, Tone.Dim, 1);
        PaintDetail(canvas, new Area(left + 2, body.Row, body.Width - left - 3, top));
        PaintSessions(canvas, new Area(0, body.Row + top, body.Width, bottom - _model.About.Length), sessions);
        for (var i = 0; i < _model.About.Length; i++) canvas.Put(1, body.Row + top + bottom - _model.About.Length + i, _model.About[i], Tone.Dim, body.Width - 2);
        if (_filter is null) return;
        var (line, cursor) = _filter.Shown(body.Width - 10);
        canvas.Put(0, body.Bottom - 1, "filter: ", Tone.Strong, 8);
        canvas.Put(8, body.Bottom - 1, line, body.Width - 8);
        canvas.Cursor = (8 + cursor, body.Bottom - 1);
    }

    /// <inheritdoc/>
    public bool Press(KeyPress key)
    {
        if (_filter is null) return false;
        switch (key.Name)
        {
            case KeyName.Enter:
                _filter = null;
                return true;
            case KeyName.Esc:
                _filter = null;
                _wanted = "";
                return true;
            default:
                _filter.Press(key);
                Narrow();
                return true;
        }
    }

    /// <inheritdoc/>
    public bool Paste(string text)
    {
        if (_filter is null) return false;
        _filter.Insert(text);
        Narrow();
        return true;
    }

    /// <inheritdoc/>
    public void Leave()
    {
    }

    private void PaintRunbooks(Canvas canvas, Area area)
    {
        var runbooks = Runbooks;
        canvas.Put(area.Col, area.Row, $" RUNBOOKS  {runbooks.Length} of {_model.Runbooks.Length}", Tone.Dim, area.Width);
        _runbookScroll.Measure(runbooks.Length, area.Height - 1);
        if (!_isAtSessions) _runbookScroll.Reveal(_at);
        for (var i = 0; i < area.Height - 1 && _runbookScroll.Top + i < runbooks.Length; i++)
        {
            var index = _runbookScroll.Top + i;
            var isMarked = !_isAtSessions && index == _at;
            var kind = runbooks[index].Problems.IsEmpty ? runbooks[index].Kind.ToString().ToLowerInvariant() : "has errors";
            var text = $"{(isMarked ? ">" : " ")} {(runbooks[index].Problems.IsEmpty ? " " : "!")} {Cells.Fit(Safe.Screen(runbooks[index].Title), area.Width - kind.Length - 6)} {kind}";
            canvas.Put(area.Col, area.Row + 1 + i, text, isMarked ? Tone.Selected : runbooks[index].Problems.IsEmpty ? Tone.Normal : Tone.Dim, area.Width);
        }

        if (runbooks.Length == 0) canvas.Put(area.Col, area.Row + 1, _model.Runbooks.IsEmpty ? "  There are none here." : "  None of them holds that word.", Tone.Dim, area.Width);
    }

    private void PaintSessions(Canvas canvas, Area area, ImmutableArray<HomeSession> sessions)
    {
        canvas.Rule(area.Col, area.Row, area.Width, "SESSIONS THAT ARE NOT CLOSED", Tone.Normal);
        if (sessions.Length == 0) canvas.Put(area.Col, area.Row + 1, "  none", Tone.Dim, area.Width);
        var now = _shell.Settings.SessionTime.GetUtcNow();
        _sessionScroll.Measure(sessions.Length, area.Height - 1);
        if (_isAtSessions) _sessionScroll.Reveal(_at);
        for (var i = 0; i < area.Height - 1 && _sessionScroll.Top + i < sessions.Length; i++)
        {
            var session = sessions[_sessionScroll.Top + i];
            var isMarked = _isAtSessions && _sessionScroll.Top + i == _at;
            var (state, tone) = InWords(session.State);
            var age = TimeText.Age(now - session.LastEntryAt);
            var room = area.Width - 3 - 18 - 22 - 12;
            var text = $"{(isMarked ? ">" : " ")} {Cells.Fit(state, 18)}{Cells.Fit(Safe.Screen(session.Runbook), 22)}{Cells.Fit(Safe.Screen(session.StoppedAt), room)} {age}";
            canvas.Put(area.Col, area.Row + 1 + i, text, isMarked ? Tone.Selected : tone, area.Width);
        }
    }

    private void PaintDetail(Canvas canvas, Area area)
    {
        var lines = _isAtSessions ? SessionLines(area.Width) : RunbookLines(area.Width);
        for (var i = 0; i < Math.Min(lines.Count, area.Height); i++) canvas.Put(area.Col, area.Row + i, lines[i], area.Width);
    }

    private List<StyledLine> RunbookLines(int columns)
    {
        if (Marked<HomeRunbook>() is not { } runbook) return [];
        var lines = new List<StyledLine>();
        lines.AddRange(Cells.Wrap(Safe.Screen(runbook.Title), columns, Tone.Strong));
        lines.AddRange(Cells.Wrap($"{runbook.Kind.ToString().ToLowerInvariant()}, {PersonText.Count(runbook.Steps, "step")}", columns));
        lines.Add(StyledLine.Empty);
        lines.AddRange(Cells.Wrap(Safe.Screen(runbook.Summary), columns));
        lines.Add(StyledLine.Empty);
        foreach (var problem in runbook.Problems) lines.AddRange(Cells.Wrap(Safe.Screen(problem), columns, Tone.Warn, "! "));
        if (runbook.Roles.Length > 0) lines.AddRange(Cells.Wrap(Safe.Screen("Who: " + string.Join("; ", runbook.Roles)), columns));
        if (runbook.Environments.Length > 0) lines.AddRange(Cells.Wrap(Safe.Screen("Where: " + string.Join(", ", runbook.Environments)), columns));
        lines.AddRange(Cells.Wrap(Safe.Screen(runbook.Path), columns, Tone.Dim));
        lines.Add(StyledLine.Empty);
        lines.AddRange(Cells.Wrap(runbook.Problems.IsEmpty ? "Enter opens it. Nothing runs before you have read what it does." : "It can't be started. `runbook check` says where each error is.", columns, Tone.Dim));
        return lines;
    }

    private List<StyledLine> SessionLines(int columns)
    {
        if (Marked<HomeSession>() is not { } session) return [];
        var (state, tone) = InWords(session.State);
        var lines = new List<StyledLine>();
        lines.AddRange(Cells.Wrap(Safe.Screen(session.Runbook), columns, Tone.Strong));
        lines.Add(StyledLine.Of(state, tone));
        lines.AddRange(Cells.Wrap(Safe.Screen(session.StoppedAt), columns));
        lines.AddRange(Cells.Wrap("Last entry " + TimeText.Utc(session.LastEntryAt, _shell.Settings.SessionTime.GetUtcNow()), columns));
        foreach (var detail in session.Details) lines.AddRange(Cells.Wrap(Safe.Screen(detail), columns));
        lines.AddRange(Cells.Wrap(Safe.Screen(session.Directory), columns, Tone.Dim));
        lines.Add(StyledLine.Empty);
        lines.AddRange(Cells.Wrap("Enter goes on with it: it finds out first what became of what was under way, and repeats nothing by itself. r only looks.", columns, Tone.Dim));
        return lines;
    }

    private T? Marked<T>() where T : class
    {
        object? marked = _isAtSessions ? At(Sessions) : At(Runbooks);
        return marked as T;
    }

    private TItem? At<TItem>(ImmutableArray<TItem> items) where TItem : class => _at < items.Length ? items[_at] : null;

    private void Move(int by) => _at = Math.Clamp(_at + by, 0, Math.Max(0, (_isAtSessions ? Sessions.Length : Runbooks.Length) - 1));

    private void Switch() => (_isAtSessions, _at) = (!_isAtSessions, 0);

    private void Narrow()
    {
        _wanted = _filter!.Text.Trim();
        _at = 0;
    }

    private void Open()
    {
        if (Marked<HomeSession>() is { } session) Choose(session.State == HomeSessionState.Closed ? new HomeChoice.Replay(session) : new HomeChoice.Resume(session));
        else if (Marked<HomeRunbook>() is { Problems.IsEmpty: true } runbook) Choose(new HomeChoice.Start(runbook));
        else _shell.Say("That can't be started.");
    }

    private void Replay()
    {
        if (Marked<HomeSession>() is { } session) Choose(new HomeChoice.Replay(session));
    }

    private void Choose(HomeChoice choice)
    {
        Choice = choice;
        _shell.Finish();
    }

    private static (string Text, Tone Tone) InWords(HomeSessionState state) => state switch
    {
        HomeSessionState.Armed => ("[!] ARMED", Tone.Danger),
        HomeSessionState.InDoubt => ("[?] IN DOUBT", Tone.Warn),
        HomeSessionState.Waiting => ("[~] waits", Tone.Normal),
        HomeSessionState.Stopped => ("[-] stopped", Tone.Normal),
        _ => ("[x] closed", Tone.Dim),
    };
}
