namespace Runbook.Tui;

/// <summary>Draws a session's main page. The same scene, sizes and scroll positions give the same cells.</summary>
internal static class SessionPicture
{
    /// <summary>Rows of the page's parts.</summary>
    /// <param name="Main">Steps and instructions.</param>
    /// <param name="Log">The latest entries.</param>
    /// <param name="Turn">Whose turn it is.</param>
    internal readonly record struct Parts(int Main, int Log, int Turn)
    {
        /// <summary>The parts for a number of rows.</summary>
        public static Parts For(int rows)
        {
            var turn = rows >= 28 ? 5 : 4;
            var log = rows switch { >= 36 => 10, >= 28 => 6, _ => 3 };
            return new Parts(rows - turn - log - 2, log, turn);
        }
    }

    /// <summary>Draws it.</summary>
    public static void Paint(Canvas canvas, Area body, Scene scene, TurnLines.Ui ui, Scroller instructions, Scroller steps, ReadingPlace read)
    {
        canvas.Fill(body, Tone.Normal);
        var revealStep = read.IsNewStep(scene);
        var parts = Parts.For(body.Height);
        var left = SessionPage.IsWide(canvas.Cols) ? 40 : 29;
        PaintSteps(canvas, new Area(0, body.Row, left, parts.Main), scene, steps, revealStep);
        for (var row = body.Row; row < body.Row + parts.Main; row++) canvas.Put(left, row, Glyphs.Of(scene.Settings.Ascii).Side, Tone.Dim, 1);
        PaintInstructions(canvas, new Area(left + 2, body.Row, body.Width - left - 2, parts.Main), scene, instructions, read);

        var logRow = body.Row + parts.Main;
        var below = instructions.Below > 0 ? $"{PersonText.Count(instructions.Below, "more line")} of instructions below: PgDn" : "";
        canvas.Rule(0, logRow, body.Width, below, Tone.Warn);
        var log = LogLines.Latest(scene, body.Width - 1, parts.Log);
        for (var i = 0; i < log.Count; i++) canvas.Put(0, logRow + 1 + i, log[i], body.Width);

        var turnRow = logRow + 1 + parts.Log;
        var turn = new TurnLines(scene, ui);
        canvas.Rule(0, turnRow, body.Width, turn.Heading, scene.Turn.Person is null ? Tone.Normal : Tone.Strong);
        PaintTurn(canvas, new Area(1, turnRow + 1, body.Width - 2, parts.Turn), turn);
    }

    private static void PaintSteps(Canvas canvas, Area area, Scene scene, Scroller scroll, bool reveal)
    {
        var rows = StepList.Of(scene, area.Width);
        var done = rows.Count(r => scene.View.LeftBy.ContainsKey(r.State.Slug));
        canvas.Put(area.Col, area.Row, $" STEPS  {done} of {rows.Length} left behind", Tone.Dim, area.Width);
        scroll.Measure(rows.Length, area.Height - 1);
        for (var i = 0; reveal && i < rows.Length; i++)
        {
            if (!rows[i].IsCurrent) continue;
            // The steps around it are context.
            scroll.Reveal(Math.Max(0, i - 2));
            scroll.Reveal(Math.Min(rows.Length - 1, i + 3));
            scroll.Reveal(i);
        }

        for (var i = 0; i < area.Height - 1 && scroll.Top + i < rows.Length; i++)
        {
            var row = rows[scroll.Top + i];
            canvas.Put(area.Col, area.Row + 1 + i, row.Line, area.Width, row.IsCurrent ? Tone.Selected : null);
        }
    }

    private static void PaintInstructions(Canvas canvas, Area area, Scene scene, Scroller scroll, ReadingPlace read)
    {
        var text = StepPane.Shown(scene, area.Width - 1);
        var head = Math.Min(text.Head.Length, area.Height - 1);
        for (var i = 0; i < head; i++) canvas.Put(area.Col, area.Row + i, text.Head[i], area.Width);
        scroll.Measure(text.Body.Count, area.Height - head);
        read.Follow(scroll, text);
        for (var i = 0; head + i < area.Height && scroll.Top + i < text.Body.Count; i++) canvas.Put(area.Col, area.Row + head + i, text.Body[scroll.Top + i], area.Width);
    }

    // What a person is to say must be seen whole: where it is too long, its beginning and how to see the rest.
    private static void PaintTurn(Canvas canvas, Area area, TurnLines turn)
    {
        var lines = turn.Lines(area.Width).ToList();
        if (lines.Count > area.Height)
        {
            var last = lines[^1];
            lines = [.. lines.Take(area.Height - 2), StyledLine.Of($"({lines.Count - area.Height + 1} more lines: i shows it whole)", Tone.Warn), last];
        }

        for (var i = 0; i < lines.Count; i++) canvas.Put(area.Col, area.Row + i, lines[i], area.Width);
    }
}
