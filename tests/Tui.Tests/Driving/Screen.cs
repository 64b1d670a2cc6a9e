using System.Text;
using Terminal.Gui.App;
using Terminal.Gui.Drivers;
using Terminal.Gui.Input;
using Terminal.Gui.Testing;
using Terminal.Gui.Text;
using Terminal.Gui.Time;

namespace Runbook.Tui.Tests;

/// <summary>A shell on the library's own driver, without a terminal and without a loop: keys in, cells out.</summary>
internal sealed class Screen : IDisposable
{
    private readonly SessionToken _token;
    private readonly ConsoleWindow _window;

    public Screen(Shell shell, int cols = 80, int rows = 24, ColourUse colour = ColourUse.Never)
    {
        Shell = shell;
        App = Application.Create(new VirtualTimeProvider());
        App.Init(DriverRegistry.Names.ANSI);
        App.Driver!.SetScreenSize(cols, rows);
        _window = new ConsoleWindow(shell, new Palette(colour));
        _window.ListenTo(App);
        _token = App.Begin(_window)!;
        Draw();
    }

    public Shell Shell { get; }

    public IApplication App { get; }

    public int Cols => App.Driver!.Cols;

    public int Rows => App.Driver!.Rows;

    /// <summary>What stands in the terminal's cells, without trailing blanks.</summary>
    public string Text => string.Join('\n', Lines());

    /// <summary>What was drawn last, before it went to the driver.</summary>
    public Canvas Canvas => _window.Drawn!;

    public Screen Draw()
    {
        Shell.Pulse();
        _window.SetNeedsDraw();
        App.LayoutAndDraw();
        return this;
    }

    public Screen Press(params Key[] keys)
    {
        foreach (var key in keys) App.InjectKey(key);
        return Draw();
    }

    public Screen Type(string text)
    {
        foreach (var rune in text.EnumerateRunes()) App.InjectKey(new Key((KeyCode)rune.Value));
        return Draw();
    }

    public Screen Paste(string text)
    {
        App.RaisePasteEvent(text);
        return Draw();
    }

    public Screen Resize(int cols, int rows)
    {
        App.Driver!.SetScreenSize(cols, rows);
        return Draw();
    }

    public string[] Lines()
    {
        var cells = App.Driver!.Contents!;
        var lines = new string[Rows];
        for (var row = 0; row < Rows; row++)
        {
            var line = new StringBuilder();
            for (var col = 0; col < Cols; col++)
            {
                line.Append(cells[row, col].Grapheme);
                // A wide character owns the cell behind it.
                col += Math.Max(0, cells[row, col].Grapheme.GetColumns() - 1);
            }

            lines[row] = line.ToString().TrimEnd();
        }

        return lines;
    }

    public Terminal.Gui.Drawing.Attribute? LookAt(int col, int row) => App.Driver!.Contents![row, col].Attribute;

    public void Dispose()
    {
        App.End(_token);
        _window.Dispose();
        App.Dispose();
    }
}
