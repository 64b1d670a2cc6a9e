using System.Drawing;
using System.Text;
using Terminal.Gui.App;
using Terminal.Gui.Drivers;
using Terminal.Gui.Input;
using Terminal.Gui.ViewBase;
using Terminal.Gui.Views;

namespace Runbook.Tui;

/// <summary>
/// The one view that the terminal library is given: puts the shell's canvas on the terminal, and every key and paste into
/// the shell. No view of the library's own ever holds text that came from outside.
/// </summary>
/// <remarks>It takes every key, so that no binding of the library's fires: neither its quit, nor its suspend.</remarks>
internal sealed class ConsoleWindow : Runnable
{
    private static readonly Rune NoHotKey = new('\uFFFF');
    private readonly Shell _shell;
    private readonly Palette _palette;
    private IApplication? _pasting;

    /// <summary>Shows a shell.</summary>
    public ConsoleWindow(Shell shell, Palette palette)
    {
        (_shell, _palette) = (shell, palette);
        HotKeySpecifier = NoHotKey;
        Width = Dim.Fill();
        Height = Dim.Fill();
        CanFocus = true;
        SetScheme(Palette.Ground);
    }

    /// <summary>What was drawn last.</summary>
    public Canvas? Drawn { get; private set; }

    /// <summary>Has pastes of an application come here.</summary>
    public void ListenTo(IApplication app)
    {
        _pasting = app;
        app.Paste += OnPasted;
    }

    /// <inheritdoc/>
    protected override bool OnKeyDown(Key key)
    {
        _shell.Press(Keys.From(key));
        SetNeedsDraw();
        return true;
    }

    /// <inheritdoc/>
    protected override bool OnDrawingContent(DrawContext? context)
    {
        var canvas = _shell.Paint(Viewport.Width, Viewport.Height);
        for (var row = 0; row < canvas.Rows; row++)
        {
            foreach (var (col, text, tone) in canvas.Runs(row))
            {
                SetAttribute(_palette.Of(tone));
                Move(col, row);
                AddStr(text);
            }
        }

        Cursor = canvas.Cursor is { } at
            ? new Cursor { Position = ViewportToScreen(new Point(at.Col, at.Row)), Style = CursorStyle.SteadyBlock }
            : new Cursor { Position = null, Style = CursorStyle.Hidden };
        Drawn = canvas;
        return true;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _pasting is { } app) app.Paste -= OnPasted;
        _pasting = null;
        base.Dispose(disposing);
    }

    private void OnPasted(object? sender, PasteEventArgs pasted)
    {
        _shell.Paste(pasted.Text);
        pasted.Handled = true;
        SetNeedsDraw();
    }
}
