using System.Text;
using System.Text.Json.Nodes;

namespace Runbook.Journal.Tests.Entries;

public sealed class EntryTests
{
    [Fact]
    public void Every_kind_is_written_canonically_and_reads_back_the_same()
    {
        foreach (var body in Samples.Full().Concat(Samples.Bare()))
        {
            var text = new EntryText();
            var line = text.Write(Samples.Entry(body), out _);
            Assert.True(CanonicalScanner.Scan(line).Holds, Encoding.UTF8.GetString(line));
            var again = text.Read(line, 0, out var finding);

            Assert.True(finding is null, $"{body.Kind}: {finding?.Detail}");
            Assert.Equal(Encoding.UTF8.GetString(line), Encoding.UTF8.GetString(text.Write(again!, out _)));
        }
    }

    [Fact]
    public void The_samples_cover_every_kind() => Assert.Equal(Enum.GetValues<EntryKind>().Order(), Samples.Full().Select(b => b.Kind).Distinct().Order());

    [Fact]
    public void A_member_that_nobody_knows_makes_an_entry_unknown_wherever_it_stands()
    {
        foreach (var body in Samples.Full())
            foreach (var path in ObjectPaths(NodeOf(body), []))
                foreach (var name in new[] { "!", "mm", "~" })
                {
                    var node = NodeOf(body);
                    if (At(node, path) is not JsonObject holder || IsFreeForm(path)) continue;
                    holder[name] = 1;
                    var finding = Read(node);

                    Assert.True(finding?.Reason is Reason.UnknownField or Reason.BadField, $"{body.Kind} {string.Join('.', path)} {name}: {finding?.Reason}");
                    if (!IsMap(path)) Assert.Equal(Reason.UnknownField, finding!.Reason);
                }
    }

    [Fact]
    public void A_member_of_the_wrong_type_is_a_bad_field()
    {
        foreach (var body in Samples.Full())
        {
            foreach (var (name, value) in NodeOf(body)["body"]!.AsObject().ToList())
            {
                var node = NodeOf(body);
                node["body"]![name] = value is JsonArray ? 1 : new JsonArray();
                var finding = Read(node);

                Assert.True(finding is { Reason: Reason.BadField }, $"{body.Kind}.{name}: {finding?.Reason}");
            }
        }
    }

    [Fact]
    public void A_required_member_that_is_missing_is_a_bad_field_or_a_rule_broken()
    {
        foreach (var body in Samples.Bare())
        {
            foreach (var (name, _) in NodeOf(body)["body"]!.AsObject().ToList())
            {
                var node = NodeOf(body);
                node["body"]!.AsObject().Remove(name);
                if (body is Outcome or Paused or ClockObservation || name is "envelope") continue;

                Assert.True(Read(node) is { Reason: Reason.BadField }, $"{body.Kind}.{name}");
            }
        }
    }

    [Theory]
    [InlineData("v", "2", Reason.UnknownField)]
    [InlineData("kind", "\"teleported\"", Reason.UnknownKind)]
    [InlineData("kind", "\"Note\"", Reason.BadField)]
    [InlineData("seq", "0", Reason.BadField)]
    [InlineData("seq", "1000001", Reason.BadField)]
    [InlineData("epoch", "0", Reason.BadField)]
    [InlineData("mono", "-1", Reason.BadField)]
    [InlineData("prev", "\"00\"", Reason.BadField)]
    [InlineData("by", "\"Alice\"", Reason.BadField)]
    [InlineData("step", "\"a b\"", Reason.BadField)]
    [InlineData("visit", "0", Reason.BadField)]
    [InlineData("simulated", "false", Reason.BadField)]
    [InlineData("at", "\"2026-11-23T09:00:00Z\"", Reason.BadField)]
    [InlineData("at", "\"2026-02-30T09:00:00.000000Z\"", Reason.BadField)]
    [InlineData("at", "\"2026-11-23T24:00:00.000000Z\"", Reason.BadField)]
    [InlineData("body", "[]", Reason.BadField)]
    [InlineData("extra", "1", Reason.UnknownField)]
    public void The_top_level_is_closed(string name, string value, Reason reason)
    {
        var node = NodeOf(new Note { Text = "x" });
        node[name] = JsonNode.Parse(value);

        Assert.Equal(reason, Read(node)?.Reason);
    }

    [Theory]
    [InlineData("2026-12-31T23:59:60.000000Z")]
    [InlineData("2026-12-31T23:59:60.999999Z")]
    [InlineData("2024-02-29T00:00:00.000000Z")]
    [InlineData("9999-12-31T23:59:59.999999Z")]
    public void A_time_keeps_its_spelling(string text)
    {
        Assert.True(JournalTime.TryParse(text, out var time));
        Assert.Equal(text, time.ToString());
    }

    [Theory]
    [InlineData("2026-12-31T22:59:60.000000Z")]
    [InlineData("2026-12-31T23:59:61.000000Z")]
    [InlineData("2023-02-29T00:00:00.000000Z")]
    [InlineData("0000-01-01T00:00:00.000000Z")]
    [InlineData("2026-12-31 23:59:00.000000Z")]
    [InlineData("2026-12-31T23:59:00.00000Z")]
    [InlineData("2026-12-31T23:59:00.000000z")]
    [InlineData("2026-12-31T23:59:00.000000+")]
    public void A_time_that_was_none_is_refused(string text) => Assert.False(JournalTime.TryParse(text, out _));

    [Fact]
    public void Leap_seconds_come_before_the_next_day_and_after_the_second_before()
    {
        var before = JournalTime.Parse("2026-12-31T23:59:59.999998Z");
        var leap = JournalTime.Parse("2026-12-31T23:59:60.500000Z");

        Assert.True(before < leap && leap < JournalTime.Parse("2027-01-01T00:00:00.000000Z"));
    }

    [Theory]
    [InlineData("a/1/1", true)]
    [InlineData("parent/child/2/10", true)]
    [InlineData("a/0/1", false)]
    [InlineData("a/01/1", false)]
    [InlineData("a/1", false)]
    [InlineData("/1/1", false)]
    [InlineData("a b/1/1", false)]
    [InlineData("a/1/1000000000", false)]
    public void An_effects_id_is_step_visit_attempt(string text, bool isOne)
    {
        Assert.Equal(isOne, EffectId.TryParse(text, out var id));
        if (isOne) Assert.Equal(text, id.ToString());
    }

    [Theory]
    [InlineData("plan", true)]
    [InlineData("step:rotate", true)]
    [InlineData("result:inspect step:activate", true)]
    [InlineData("in-doubt:rotate/1/1", true)]
    [InlineData("in-doubt:rotate", false)]
    [InlineData("step:", false)]
    [InlineData("everything", false)]
    [InlineData("plan  close", false)]
    [InlineData("", false)]
    public void What_is_approved_is_one_of_a_closed_list(string text, bool isOne) => Assert.Equal(isOne, ApprovalScope.TryParse(text, out _));

    [Fact]
    public void Texts_that_are_too_long_are_cut_to_what_their_reader_allows()
    {
        var long_ = new string('x', 20_000);
        EntryBody[] bodies =
        [
            new Note { Text = long_ },
            new StepEntered { Title = long_, Text = default, Trigger = StepTrigger.Start },
            new Paused { Reason = long_ },
            new Progress { Effect = new EffectId("a", 1, 1), Operation = default, Status = long_ },
            new Outcome { Effect = new EffectId("a", 1, 1), Result = OutcomeResult.NotNeeded, Error = new CallError(long_, long_) },
            new Intent { Action = "a", Class = EffectClass.Read, Effect = new EffectId("a", 1, 1), Request = new RequestSummary("GET", default, "1", long_), Target = long_, TimeoutMs = 0 },
            new Anchor { AnchorKind = AnchorKind.Paper, Receipt = default, Root = default, Size = 1, Where = long_, Words = long_ },
            new ClockObservation { Why = ClockWhy.Start, UtcOffsetMin = 0, Zone = long_ },
        ];
        foreach (var body in bodies)
        {
            var text = new EntryText();
            var line = text.Write(Samples.Entry(body), out var wholes);
            text.Read(line, 0, out var finding);

            Assert.True(finding is null, $"{body.Kind}: {finding?.Detail}");
            Assert.NotEmpty(wholes);
            Assert.All(wholes, w => Assert.Equal(long_, w.Text));
        }
    }

    [Fact]
    public void A_token_that_is_not_inert_is_refused_when_it_is_written()
        => Assert.Throws<EntryRefusedException>(() => new EntryText().Write(Samples.Entry(new Note { Text = "x" }) with { Step = "a\u001b" }, out _));

    [Fact]
    public void No_secret_can_be_put_into_an_entry()
    {
        var types = new HashSet<Type>();
        foreach (var body in typeof(EntryBody).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(EntryPart)))) Collect(body, types);

        Assert.DoesNotContain(typeof(Secret), types);
        Assert.DoesNotContain(typeof(SessionOpening), types);
        Assert.Equal("⟦secret⟧", new Secret("x"u8).ToString());
    }

    private static void Collect(Type type, HashSet<Type> seen)
    {
        if (!seen.Add(type)) return;
        foreach (var property in type.GetProperties())
        {
            Collect(property.PropertyType, seen);
            foreach (var argument in property.PropertyType.GetGenericArguments()) Collect(argument, seen);
        }
    }

    private static JsonNode NodeOf(EntryBody body) => JsonNode.Parse(new EntryText().Write(Samples.Entry(body), out _))!;

    private static EntryFinding? Read(JsonNode node)
    {
        var line = CanonicalJson.Parse(node.ToJsonString()).Utf8.ToArray();
        new EntryText().Read(line, 0, out var finding);
        return finding;
    }

    private static bool IsFreeForm(string[] path) => path.Length > 1 && path[1] is "observed" or "whole" or "saved" or "inputs" or "values" or "counts";

    private static bool IsMap(string[] path) => path.Length == 2 && path[1] is "thresholds" or "counts";

    private static IEnumerable<string[]> ObjectPaths(JsonNode? node, string[] path)
    {
        if (node is JsonArray array)
            foreach (var (item, index) in array.Select((n, i) => (n, i)))
                foreach (var inner in ObjectPaths(item, [.. path, "#" + index]))
                    yield return inner;
        if (node is not JsonObject members) yield break;
        yield return path;
        foreach (var (name, value) in members)
            foreach (var inner in ObjectPaths(value, [.. path, name]))
                yield return inner;
    }

    private static JsonNode? At(JsonNode? node, string[] path)
    {
        foreach (var part in path) node = part[0] == '#' ? node![int.Parse(part[1..], System.Globalization.CultureInfo.InvariantCulture)] : node![part];
        return node;
    }
}
