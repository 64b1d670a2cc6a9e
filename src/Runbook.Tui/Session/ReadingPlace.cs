namespace Runbook.Tui;

/// <summary>
/// Where the instructions are read: something new from its first line, and from then on the item that the next key is
/// about is kept in sight whenever it becomes another one. In between people scroll as they like.
/// </summary>
internal sealed class ReadingPlace
{
    private (long, bool) _of = (-1, false);
    private string? _focus;
    private long _step = -1;

    /// <summary>Whether the session stands in another step than the last time.</summary>
    public bool IsNewStep(Scene scene)
    {
        var entered = scene.View.Current?.EnteredSeq ?? 0;
        if (entered == _step) return false;
        _step = entered;
        return true;
    }

    /// <summary>Scrolls to what is new.</summary>
    public void Follow(Scroller scroll, StepText text)
    {
        var focus = text.Focus is { } line ? text.Body[line].Text : null;
        if (text.Of != _of)
        {
            scroll.Reset();
        }
        else if (focus != _focus && text.Focus is { } at)
        {
            // The item whole, and its first line in any case.
            var last = at;
            while (last + 1 < text.Body.Count && text.Body[last + 1].Text.StartsWith(' ')) last++;
            scroll.Reveal(last);
            scroll.Reveal(at);
        }

        (_of, _focus) = (text.Of, focus);
    }
}
