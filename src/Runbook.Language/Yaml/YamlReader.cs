using System.Collections.Immutable;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Runbook.Language.Yaml;

/// <summary>
/// Reads one YAML document into nodes with places. Works on YamlDotNet's events, so that nothing of YAML that could
/// hide a meaning (tags, anchors, aliases, merge keys, duplicate keys) gets past it, and nesting costs no stack.
/// </summary>
internal sealed class YamlReader
{
    private readonly YamlPiece _piece;
    private readonly DiagnosticBag _found;
    private readonly string _what;
    private int _nodes;
    private bool _failed;

    private YamlReader(YamlPiece piece, DiagnosticBag found, string what)
    {
        _piece = piece;
        _found = found;
        _what = what;
    }

    /// <summary>Reads a piece; <see langword="null"/>, with at least one finding, when it breaks a rule.</summary>
    /// <param name="piece">The YAML and its place.</param>
    /// <param name="found">Takes the findings.</param>
    /// <param name="what">What is being read, for messages: "the front matter", "this action block".</param>
    public static YamlNode? Read(YamlPiece piece, DiagnosticBag found, string what)
    {
        var reader = new YamlReader(piece, found, what);
        try
        {
            return reader.ReadDocument();
        }
        catch (YamlException exception)
        {
            reader.Unreadable(exception);
            return null;
        }
    }

    private YamlNode? ReadDocument()
    {
        var parser = new Parser(new StringReader(_piece.Text));
        Advance(parser);
        if (!Advance(parser) || parser.Current is not DocumentStart)
        {
            _found.Add(Rules.YamlUnreadable, _piece.Span, $"There is nothing in {_what}.", "Write its members, one 'name: value' a line.");
            return null;
        }

        var node = ReadNode(parser);
        if (node is null) return null;
        if (Advance(parser) && Advance(parser) && parser.Current is DocumentStart second)
        {
            Refuse(SpanOf(second), $"A second YAML document begins in {_what}.", "Keep one document: remove the line of three hyphens.");
        }

        return _failed ? null : node;
    }

    /// <summary>
    /// Moves on. The library's scanner answers some broken input with exceptions that are not its own; they mean the same.
    /// </summary>
    private static bool Advance(Parser parser)
    {
        var last = parser.Current?.End ?? Mark.Empty;
        try
        {
            return parser.MoveNext();
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or IndexOutOfRangeException or FormatException or OverflowException)
        {
            throw new YamlException(last, last, "it ends in the middle of a list, a mapping or a text", exception);
        }
    }

    /// <summary>One node and all below it, with a stack of our own.</summary>
    private YamlNode? ReadNode(Parser parser)
    {
        var open = new Stack<OpenCollection>();
        while (Advance(parser))
        {
            YamlNode? finished = null;
            switch (parser.Current)
            {
                case Scalar scalar:
                    CheckNode(scalar);
                    finished = new YamlScalar(SpanOf(scalar), scalar.Value, scalar.Style == ScalarStyle.Plain);
                    break;
                case AnchorAlias alias:
                    Refuse(SpanOf(alias), $"An alias, '*{alias.Value}', stands in {_what}.", "Write the value out where it is used.");
                    finished = new YamlScalar(SpanOf(alias), "", Plain: true);
                    break;
                case MappingStart or SequenceStart:
                    var start = (NodeEvent)parser.Current;
                    CheckNode(start);
                    if (open.Count >= Limits.YamlDepthMax)
                    {
                        Limit(SpanOf(start), $"{Capital(_what)} nests more than {Limits.YamlDepthMax} deep.");
                        return null;
                    }

                    open.Push(new OpenCollection(start is MappingStart, IsFlow(start), (int)start.Start.Index));
                    continue;
                case MappingEnd or SequenceEnd:
                    finished = Close(open.Pop(), parser.Current);
                    break;
                default:
                    return null;
            }

            if (++_nodes > Limits.YamlNodesMax)
            {
                Limit(finished.Span, $"{Capital(_what)} holds more than {Limits.YamlNodesMax} values.");
                return null;
            }

            if (open.Count == 0) return finished;
            open.Peek().Items.Add(finished);
        }

        return null;
    }

    private YamlNode Close(OpenCollection collection, ParsingEvent end)
    {
        var from = _piece.ToFile(collection.Start);
        // A block collection ends where the next thing begins: its span stops behind its last item instead.
        var until = collection.IsFlow
            ? _piece.ToFile((int)end.Start.Index) + 1
            : collection.Items.Count > 0 ? collection.Items[^1].Span.End : _piece.ToFile((int)end.End.Index);
        var span = new SourceSpan(from, Math.Max(0, until - from));
        if (!collection.IsMapping) return new YamlSequence(span, [.. collection.Items]);

        var members = ImmutableArray.CreateBuilder<YamlMember>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i + 1 < collection.Items.Count; i += 2)
        {
            if (collection.Items[i] is not YamlScalar key)
            {
                Refuse(collection.Items[i].Span, $"A key in {_what} is not a name.", "Write 'name: value'; put text that begins with a brace or bracket in quotation marks.");
                continue;
            }

            if (key.Value == "<<") Refuse(key.Span, $"A merge key stands in {_what}.", "Write the members out.");
            if (!names.Add(key.Value)) Refuse(key.Span, $"'{key.Value}' is written twice in {_what}.", "Keep one of the two.");
            members.Add(new YamlMember(key, collection.Items[i + 1]));
        }

        return new YamlMapping(span, members.ToImmutable());
    }

    private void CheckNode(NodeEvent node)
    {
        if (!node.Anchor.IsEmpty) Refuse(SpanOf(node), $"An anchor, '&{node.Anchor.Value}', stands in {_what}.", "Write the value out where it is used.");
        if (!node.Tag.IsEmpty) Refuse(SpanOf(node), $"A tag stands in {_what}.", "Remove the tag; write text in quotation marks and numbers without.");
    }

    private void Unreadable(YamlException exception)
    {
        var offset = _piece.ToFile((int)exception.Start.Index);
        var line = _found.Source.Line(_found.Source.PositionAt(offset).Line);
        var unquoted = line.IndexOf("${", StringComparison.Ordinal);
        if (unquoted >= 0 && (line.Contains('[', StringComparison.Ordinal) || line.AsSpan(0, unquoted).Contains('{')))
        {
            _found.Add(Rules.Quoting, new SourceSpan(offset, 0), "YAML ends a word at a brace: inside {…} and […] a ${…} is quoted.", "Write \"${name}\" in quotation marks.");
            return;
        }

        var reason = exception.Message;
        var colon = reason.LastIndexOf("): ", StringComparison.Ordinal);
        if (colon >= 0) reason = reason[(colon + 3)..];
        _found.Add(Rules.YamlUnreadable, new SourceSpan(offset, 0), $"{Capital(_what)} is not readable YAML: {reason.TrimEnd('.')}.", "Check the indentation, and put text with ': ', ' #', braces or brackets in quotation marks.");
    }

    private void Refuse(SourceSpan span, string message, string fix)
    {
        // What a bomb is made of is said once.
        if (_failed) return;
        _failed = true;
        _found.Add(Rules.YamlFeature, span, message, fix);
    }

    private void Limit(SourceSpan span, string message)
    {
        _failed = true;
        _found.Add(Rules.YamlLimit, span, message, "Split what is written here, or say it more plainly.");
    }

    private SourceSpan SpanOf(ParsingEvent at)
    {
        var start = _piece.ToFile((int)at.Start.Index);
        var end = at.End.Index > at.Start.Index ? _piece.ToFile((int)at.End.Index - 1) + 1 : start;
        return new SourceSpan(start, Math.Max(0, end - start));
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static bool IsFlow(NodeEvent start) =>
        start is MappingStart { Style: MappingStyle.Flow } or SequenceStart { Style: SequenceStyle.Flow };

    private sealed class OpenCollection(bool isMapping, bool isFlow, int start)
    {
        public bool IsFlow { get; } = isFlow;

        public bool IsMapping { get; } = isMapping;

        public int Start { get; } = start;

        public List<YamlNode> Items { get; } = [];
    }
}
