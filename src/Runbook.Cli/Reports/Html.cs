using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Runbook.Cli.Reports;

/// <summary>Writes HTML in which every text from outside is text: nothing that a name, an error or an answer holds becomes markup.</summary>
internal sealed class Html
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly StringBuilder _text = new();

    /// <summary>A text, encoded.</summary>
    public static string Text(string text) => Encoder.Encode(text);

    /// <summary>A link to a line of the journal.</summary>
    public static string Line(long seq) => string.Create(CultureInfo.InvariantCulture, $"<a href=\"#l{seq}\">{seq}</a>");

    /// <summary>A digest or id, in a typeface in which characters can be told apart.</summary>
    public static string Code(string text) => text.Length == 0 ? "" : $"<code>{Text(text)}</code>";

    /// <summary>Markup of this program's own.</summary>
    public Html Raw(string markup)
    {
        _text.Append(markup).Append('\n');
        return this;
    }

    /// <summary>A heading with an anchor.</summary>
    public Html Heading(string id, string text) => Raw($"<h2 id=\"{id}\">{Text(text)}</h2>");

    /// <summary>A paragraph.</summary>
    public Html Paragraph(string text) => Raw($"<p>{Text(text)}</p>");

    /// <summary>A list of sentences; nothing where there are none.</summary>
    public Html List(IEnumerable<string> sentences)
    {
        var items = sentences.Select(s => $"<li>{Text(s)}</li>").ToArray();
        return items.Length == 0 ? this : Raw($"<ul>{string.Concat(items)}</ul>");
    }

    /// <summary>A table of cells that are markup already; nothing but a sentence where it has no rows.</summary>
    public Html Table(string[] header, IEnumerable<string[]> rows, string empty)
    {
        var body = rows.ToArray();
        if (body.Length == 0) return Paragraph(empty);
        Raw($"<table><thead><tr>{string.Concat(header.Select(h => $"<th scope=\"col\">{Text(h)}</th>"))}</tr></thead><tbody>");
        foreach (var row in body) Raw($"<tr>{string.Concat(row.Select(cell => $"<td>{cell}</td>"))}</tr>");
        return Raw("</tbody></table>");
    }

    /// <summary>Names and what they are, as a list of definitions.</summary>
    public Html Facts(IEnumerable<(string Name, string Markup)> facts)
    {
        Raw("<dl>");
        foreach (var (name, markup) in facts.Where(f => f.Markup.Length > 0)) Raw($"<dt>{Text(name)}</dt><dd>{markup}</dd>");
        return Raw("</dl>");
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();
}
