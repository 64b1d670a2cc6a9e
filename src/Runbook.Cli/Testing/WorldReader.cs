using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml;
using Runbook.Language;
using Runbook.Language.Expressions;
using Runbook.Simulator;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Runbook.Cli.Testing;

/// <summary>
/// Reads a world file, and holds every name in it against the runbook that it stands beside: steps, choices, inputs. Plain words are
/// numbers and booleans where they look so, quoted ones text; anchors and aliases say once what several cases share.
/// </summary>
/// <remarks>The first thing that is wrong is told with its line and column, and nothing runs.</remarks>
internal sealed class WorldReader
{
    private const int DepthMax = 32;
    private const int NodesMax = 100_000;

    private static readonly string[] Times = ["duration", "delay"];
    private static readonly string[] Numbers = ["count", "status", "retryAfter"];

    private readonly string _path;
    private readonly TestedRunbook _runbook;
    private int _nodes;

    private WorldReader(string path, TestedRunbook runbook) => (_path, _runbook) = (path, runbook);

    /// <summary>Reads the world of a runbook.</summary>
    /// <param name="path">The file.</param>
    /// <param name="runbook">The runbook.</param>
    /// <exception cref="CliException"><c>RC115</c>: there is none. <c>RC116</c>: it can't be read. <c>RC117</c>: it names what the runbook does not have.</exception>
    public static WorldFile Read(string path, TestedRunbook runbook)
    {
        var file = new FileInfo(path);
        if (!file.Exists) throw new CliException("RC115", $"there is no scripted world \"{path}\" beside \"{runbook.File}\".", "nothing was run.", $"write one, with a case for each way through, or name it: runbook test {runbook.File} --world FILE");
        var reader = new WorldReader(path, runbook);
        if (file.Length > TestingLimits.WorldBytesMax) throw reader.Malformed(1, 1, $"the file has more than {TestingLimits.WorldBytesMax} bytes");
        return reader.OfFile(reader.Parsed(File.ReadAllText(path)));
    }

    private YamlNode Parsed(string text)
    {
        var (stream, parser) = (new YamlStream(), new Parser(new StringReader(text)));
        try
        {
            stream.Load(parser);
        }
        catch (YamlException exception)
        {
            throw Malformed(exception.Start.Line, exception.Start.Column, $"it is not readable as YAML: {exception.InnerException?.Message ?? exception.Message}");
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or IndexOutOfRangeException or FormatException or OverflowException)
        {
            // The library's scanner answers some broken input with exceptions that are not its own; they mean the same.
            var last = parser.Current?.End ?? Mark.Empty;
            throw Malformed(last.Line, last.Column, "it is not readable as YAML: it ends in the middle of a list, a mapping or a text");
        }

        return stream.Documents.Count == 1 ? stream.Documents[0].RootNode : throw Malformed(1, 1, "it holds no mapping, or more than one document");
    }

    private WorldFile OfFile(YamlNode root)
    {
        var members = Members(root, "a world", "promises", "cases", "not-taken", "not-lifted", "derived");
        var cases = Items(Required(members, "cases", root), OfCase);
        if (cases.IsEmpty || cases.Length > TestingLimits.CasesMax) throw Malformed(members["cases"], $"there is at least one case, and at most {TestingLimits.CasesMax}");
        if (cases.GroupBy(c => c.Name).FirstOrDefault(g => g.Count() > 1) is { } twice) throw Malformed(members["cases"], $"two cases are called \"{twice.Key}\"");
        return new WorldFile
        {
            Promises = Items(members.GetValueOrDefault("promises"), OfFact),
            Cases = cases,
            NotTaken = Items(members.GetValueOrDefault("not-taken"), OfUntaken),
            NotLifted = Items(members.GetValueOrDefault("not-lifted"), OfUnlifted),
            Derived = Items(members.GetValueOrDefault("derived"), OfDerived),
        };
    }

    private WorldCase OfCase(YamlNode node)
    {
        var members = Members(node, "a case", "name", "end", "set", "estate", "scenario", "choices", "answers", "reject", "silent", "abort", "meanwhile", "through", "own-promises", "facts", "unchanged");
        return new WorldCase
        {
            Name = Text(Required(members, "name", node)),
            End = Word<CaseEnd>(Required(members, "end", node)),
            Set = Named(members.GetValueOrDefault("set"), OfInput, Json),
            Estate = members.TryGetValue("estate", out var estate) ? Text(estate) : null,
            Scenario = members.TryGetValue("scenario", out var scenario) ? Text(scenario) : null,
            Choices = Choices(members.GetValueOrDefault("choices")),
            Answers = Named(members.GetValueOrDefault("answers"), OfAsked, n => Items(n, Json)),
            Reject = Items(members.GetValueOrDefault("reject"), Step),
            Silent = Items(members.GetValueOrDefault("silent"), Step),
            Abort = Items(members.GetValueOrDefault("abort"), Step),
            Meanwhile = Items(members.GetValueOrDefault("meanwhile"), OfMeanwhile),
            Through = Items(members.GetValueOrDefault("through"), Step),
            OwnPromises = Flag(members, "own-promises"),
            Facts = Items(members.GetValueOrDefault("facts"), OfFact),
            Unchanged = Flag(members, "unchanged"),
        };
    }

    private Meanwhile OfMeanwhile(YamlNode node)
    {
        var members = Members(node, "what happens meanwhile", "before", "call", "body", "as", "passes", "fault", "heals", "roles-gone", "roles-gone-from", "console-gone");
        if (members.TryGetValue("passes", out var passes)) Duration(passes);
        var isGone = Flag(members, "console-gone");
        if (isGone && !members.ContainsKey("before")) throw Malformed(node, "a console that is gone names the step before which it goes: before");
        return new Meanwhile
        {
            Before = members.TryGetValue("before", out var before) ? Step(before) : null,
            Call = members.TryGetValue("call", out var call) ? Call(call) : null,
            Body = members.TryGetValue("body", out var body) ? Json(body) : null,
            As = members.TryGetValue("as", out var who) ? Text(who) : "owner",
            Passes = passes is null ? null : Text(passes),
            Fault = members.TryGetValue("fault", out var fault) ? OfFault(fault) : null,
            Heals = Flag(members, "heals"),
            ConsoleGone = isGone,
            RolesGone = members.TryGetValue("roles-gone", out var plane) ? Word<RolePlane>(plane) : null,
            RolesGoneFrom = members.TryGetValue("roles-gone-from", out var identity) ? Text(identity) : null,
        };
    }

    private JsonElement OfFault(YamlNode node)
    {
        var members = Members(node, "a fault of the embedded Azure", "kind", "region", "host", "method", "path", "count", "status", "retryAfter", "duration", "delay");
        Word<FaultKind>(Required(members, "kind", node));
        foreach (var name in Times.Where(members.ContainsKey)) Duration(members[name]);
        foreach (var name in Numbers.Where(members.ContainsKey))
        {
            if (Json(members[name]) is not { ValueKind: JsonValueKind.Number } number || !number.TryGetInt32(out _)) throw Malformed(members[name], $"\"{name}\" is a whole number");
        }

        return Json(node);
    }

    private EstateFact OfFact(YamlNode node)
    {
        var members = Members(node, "a fact", "of", "holds", "as");
        var holds = Text(Required(members, "holds", node));
        if (JmesExpression.TryParse(holds, out var error) is null) throw Malformed(members["holds"], $"this is no JMESPath: {error}");
        return new EstateFact { Of = Text(Required(members, "of", node)), Holds = holds, As = members.TryGetValue("as", out var who) ? Text(who) : "owner" };
    }

    private Untaken OfUntaken(YamlNode node)
    {
        var members = Members(node, "a transition that is not taken", "from", "by", "to", "because");
        var to = Required(members, "to", node);
        var target = Text(to);
        if (target is not (EndNames.Completed or EndNames.Failed or EndNames.Aborted)) Step(to);
        return new Untaken(Step(Required(members, "from", node)), Text(Required(members, "by", node)), target, Text(Required(members, "because", node)));
    }

    private Unlifted OfUnlifted(YamlNode node)
    {
        var members = Members(node, "a way of lifting that is not shown", "fault", "by", "because");
        var fault = Required(members, "fault", node);
        var slug = Step(fault);
        if (_runbook.Program.Root.Scopes.All(s => s.Opening != slug)) throw Unknown(fault, $"\"{slug}\" is no fault and no lease");
        return new Unlifted(slug, Word<LiftedBy>(Required(members, "by", node)), Text(Required(members, "because", node)));
    }

    private DerivedExpectation OfDerived(YamlNode node)
    {
        var members = Members(node, "what a derived case comes to", "kind", "steps", "moment", "end", "again", "set", "choices", "because");
        var kind = Word<DerivedKind>(Required(members, "kind", node));
        return new DerivedExpectation
        {
            Kind = kind,
            Steps = Items(members.GetValueOrDefault("steps"), n => kind switch
            {
                DerivedKind.NoRole => Word<RolePlane>(n).ToString(),
                DerivedKind.Unregistered => Text(n),
                _ => Step(n),
            }),
            Moment = members.TryGetValue("moment", out var moment) ? Word<AbortMoment>(moment) : null,
            End = members.TryGetValue("end", out var end) ? Word<CaseEnd>(end) : null,
            Again = members.TryGetValue("again", out var again) ? Word<CaseEnd>(again) : CaseEnd.Completed,
            Set = Named(members.GetValueOrDefault("set"), OfInput, Json),
            Choices = Choices(members.GetValueOrDefault("choices")),
            Because = Text(Required(members, "because", node)),
        };
    }

    private ImmutableDictionary<string, ImmutableArray<string>> Choices(YamlNode? node) => Named(node, (key, _) => Step(key), (picks, key) => Items(picks, pick =>
    {
        var (step, choice) = (_runbook.StateOf(Text(key))!, Text(pick));
        if (step.Choices.Any(c => c.Choice == choice)) return choice;
        throw Unknown(pick, $"\"{Text(key)}\" has no choice \"{choice}\"; it has {string.Join(", ", step.Choices.Select(c => $"\"{c.Choice}\"").DefaultIfEmpty("none"))}");
    }));

    // STEP.NAME, or NAME alone for every step that asks for it.
    private string OfAsked(YamlNode node, YamlNode value)
    {
        var (asked, dot) = (Text(node), Text(node).LastIndexOf('.'));
        if (dot > 0 && _runbook.StateOf(asked[..dot]) is null) throw Unknown(node, $"the runbook has no step \"{asked[..dot]}\"");
        return asked;
    }

    private string OfInput(YamlNode node, YamlNode value)
    {
        var name = Text(node);
        if (_runbook.Program.Document.Inputs.FirstOrDefault(i => i.Name == name) is not { } input) throw Unknown(node, $"the runbook has no input \"{name}\"");
        return input.Schema.Check(Json(value)) is [var problem, ..] ? throw Malformed(value, $"\"{name}\" {problem.Message}") : name;
    }

    private string Step(YamlNode node)
    {
        var path = Text(node);
        return _runbook.StateOf(path) is not null ? path : throw Unknown(node, $"the runbook has no step \"{path}\"{Near(path)}");
    }

    private string Near(string path)
    {
        var near = _runbook.Program.Root.States.Select(s => s.Slug).FirstOrDefault(s => s.StartsWith(path, StringComparison.Ordinal) || path.StartsWith(s, StringComparison.Ordinal));
        return near is null ? "" : $"; it has \"{near}\"";
    }

    private string Call(YamlNode node)
    {
        var text = Text(node);
        return text.Split(' ') is [{ Length: > 0 }, { Length: > 0 }] ? text : throw Malformed(node, "a call is a method and a path or URL: PATCH {group}/providers/…");
    }

    private void Duration(YamlNode node)
    {
        try
        {
            XmlConvert.ToTimeSpan(Text(node));
        }
        catch (FormatException)
        {
            throw Malformed(node, $"\"{Text(node)}\" is no time of ISO 8601, such as PT30M");
        }
    }

    private Dictionary<string, YamlNode> Members(YamlNode node, string what, params string[] known)
    {
        if (node is not YamlMappingNode map) throw Malformed(node, $"{what} is a mapping");
        var members = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach (var (key, value) in map.Children)
        {
            var name = Text(key);
            if (!known.Contains(name)) throw Malformed(key, $"{what} has no member \"{name}\"; it has {string.Join(", ", known)}");
            members.Add(name, value);
        }

        return members;
    }

    private ImmutableDictionary<string, T> Named<T>(YamlNode? node, Func<YamlNode, YamlNode, string> name, Func<YamlNode, T> value) => Named(node, name, (n, _) => value(n));

    private ImmutableDictionary<string, T> Named<T>(YamlNode? node, Func<YamlNode, YamlNode, string> name, Func<YamlNode, YamlNode, T> value)
    {
        if (node is null) return ImmutableDictionary<string, T>.Empty;
        if (node is not YamlMappingNode map) throw Malformed(node, "here stands a mapping");
        return map.Children.ToImmutableDictionary(c => name(c.Key, c.Value), c => value(c.Value, c.Key), StringComparer.Ordinal);
    }

    private YamlNode Required(Dictionary<string, YamlNode> members, string name, YamlNode node) =>
        members.TryGetValue(name, out var value) ? value : throw Malformed(node, $"\"{name}\" is missing");

    private ImmutableArray<T> Items<T>(YamlNode? node, Func<YamlNode, T> item)
    {
        if (node is null) return [];
        return node is YamlSequenceNode list ? [.. list.Children.Select(item)] : throw Malformed(node, "here stands a list");
    }

    private T Word<T>(YamlNode node)
        where T : struct, Enum
    {
        var text = Text(node);
        foreach (var value in Enum.GetValues<T>())
        {
            if (Kebab(value.ToString()) == text) return value;
        }

        throw Malformed(node, $"\"{text}\" is none of {string.Join(", ", Enum.GetValues<T>().Select(v => Kebab(v.ToString())))}");
    }

    private static string Kebab(string name) => JsonNamingPolicy.KebabCaseLower.ConvertName(name);

    private bool Flag(Dictionary<string, YamlNode> members, string name)
    {
        if (!members.TryGetValue(name, out var node)) return false;
        return node is YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" } scalar ? scalar.Value == "true" : throw Malformed(node, $"\"{name}\" is true or false");
    }

    private string Text(YamlNode node) => node is YamlScalarNode { Value.Length: > 0 } scalar ? scalar.Value! : throw Malformed(node, "here stands a text");

    private JsonElement Json(YamlNode node) => JsonElement.Parse(Of(node, 0)?.ToJsonString() ?? "null");

    private JsonNode? Of(YamlNode node, int depth)
    {
        if (depth > DepthMax || ++_nodes > NodesMax) throw Malformed(node, $"it nests more than {DepthMax} deep, or holds more than {NodesMax} values");
        return node switch
        {
            YamlMappingNode map => new JsonObject(map.Children.Select(c => KeyValuePair.Create(Text(c.Key), Of(c.Value, depth + 1)))),
            YamlSequenceNode list => new JsonArray([.. list.Children.Select(n => Of(n, depth + 1))]),
            YamlScalarNode { Style: ScalarStyle.Plain } scalar => Plain(scalar.Value!),
            YamlScalarNode scalar => JsonValue.Create(scalar.Value),
            _ => throw Malformed(node, "here stands a mapping, a list or a text"),
        };
    }

    private static JsonNode? Plain(string text) => text switch
    {
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        "null" or "~" or "" => null,
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
        _ => JsonValue.Create(text),
    };

    private CliException Malformed(YamlNode node, string what) => Malformed(node.Start.Line, node.Start.Column, what);

    private CliException Malformed(long line, long column, string what) =>
        new("RC116", $"{Place(line, column)}: {what}.", "nothing was run.", "docs/testing.md has the members of a world file.");

    private CliException Unknown(YamlNode node, string what) =>
        new("RC117", $"{Place(node.Start.Line, node.Start.Column)}: {what}.", "nothing was run.", $"runbook graph {_runbook.File}    (shows its steps)");

    private string Place(long line, long column) => string.Create(CultureInfo.InvariantCulture, $"{_path}:{line}:{column}");
}
