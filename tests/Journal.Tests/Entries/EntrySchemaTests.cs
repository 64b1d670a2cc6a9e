using System.Text.Json;
using System.Text.RegularExpressions;

namespace Runbook.Journal.Tests.Entries;

public sealed class EntrySchemaTests
{
    private static readonly JsonElement Schema = JsonDocument.Parse(EntrySchema.ToJson()).RootElement;

    [Fact]
    public void The_schema_accepts_every_sample_and_refuses_what_the_reader_refuses()
    {
        foreach (var body in Samples.Full().Concat(Samples.Bare()))
        {
            var line = new EntryText().Write(Samples.Entry(body), out _);
            using var entry = JsonDocument.Parse(line);
            Assert.True(SchemaJudge.Accepts(Schema, entry.RootElement, out var why), $"{body.Kind}: {why}");
        }
    }

    [Fact]
    public void Taking_any_member_away_or_adding_one_changes_reader_and_schema_alike()
    {
        foreach (var body in Samples.Full().Concat(Samples.Bare()))
        {
            var line = new EntryText().Write(Samples.Entry(body), out _);
            using var entry = JsonDocument.Parse(line);
            foreach (var member in entry.RootElement.GetProperty("body").EnumerateObject())
            {
                var without = Rewritten(entry.RootElement, member.Name, remove: true);
                AssertAgree(without, body);
                AssertAgree(Rewritten(entry.RootElement, member.Name + "x", remove: false), body);
            }
        }
    }

    [Fact]
    public void The_schema_names_every_kind()
    {
        var kinds = Schema.GetProperty("allOf")[0].GetProperty("properties").GetProperty("kind").GetProperty("enum").EnumerateArray().Select(k => k.GetString());

        Assert.Equal(Words<EntryKind>.All, kinds);
        Assert.Equal(1 + Words<EntryKind>.All.Length, Schema.GetProperty("allOf").GetArrayLength());
    }

    [Fact]
    public void Every_pattern_that_the_schema_publishes_is_the_rule_in_the_code()
    {
        var rules = typeof(TextRule).GetFields(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)
            .Where(f => f.FieldType == typeof(TextRule)).Select(f => (f.Name, Rule: (TextRule)f.GetValue(null)!));
        string[] texts =
        [
            "", "a", "A", "0", "-", "_", ".", "/", " ", "\n", "a b", "a/b", "a/b/c", "/a", "a/", "a.b", "a..b", ".a", "a-b", "alice", "Alice", "al ice",
            "20261123T090000Z-3f9c1e7a5b2d4c60", "20261123T090000Z-3F9C1E7A5B2D4C60", "00000000000000000000000000000000", "keyvault.key.disable", "key-vault.get",
            "PATCH", "patch", "P", "LOCAL", "application/json", "application/vnd.runbook.tick+json", "application/", "operator", "signal:TERM", "signal:", "signal:term",
            "example.org", "example.org.", "-example", "step/1/1", "step/0/1", "parent/child/1/2", "plan", "step:x", "plan close", "in-doubt:a/1/1", "a.pem", "a_b-C.9",
            "runbook-journal/1", "runbook-journalX1", "https://in-toto.io/Statement/v1", "https://in-tototio/Statement/v1", new('a', 32), new('a', 33), new('a', 64), new('a', 65), new('a', 128), new('a', 129), new('a', 200), new('a', 253), new('a', 254),
            "schlüssel/1/1", "schlüssel", "東京",
        ];
        foreach (var (name, rule) in rules)
        {
            foreach (var text in texts)
            {
                var byPattern = Regex.IsMatch(text, rule.Pattern, RegexOptions.ECMAScript) && !text.EndsWith('\n') && Inert.CountChars(text) <= rule.MaxChars;
                // A scope's items are a closed list, and a number has an end: the pattern is the wider of the two there.
                if (name is "Scope" or "Effect" && byPattern && !rule.Matches(text)) continue;
                Assert.True(byPattern == rule.Matches(text), $"{name} {rule.Pattern}: \"{text}\"");
            }
        }
    }

    [Fact]
    public void A_reader_that_asks_out_of_order_is_noticed()
    {
        using var json = new Utf8JsonWriter(new MemoryStream());

        Assert.Throws<InvalidOperationException>(() => SchemaFields.Write(json, f => (f.Natural("b"), f.Natural("a"))));
    }

    private static void AssertAgree(byte[] line, EntryBody body)
    {
        var canonical = CanonicalJson.Parse(System.Text.Encoding.UTF8.GetString(line)).Utf8.ToArray();
        new EntryText().Read(canonical, 0, out var finding);
        using var entry = JsonDocument.Parse(canonical);
        var accepted = SchemaJudge.Accepts(Schema, entry.RootElement, out _);
        if (accepted == finding is null) return;
        // The only rules that the schema does not have are those across members.
        Assert.True(accepted && body.Kind is EntryKind.SessionOpened or EntryKind.Outcome or EntryKind.Probe or EntryKind.Tick or EntryKind.Answer or EntryKind.ApprovalRefused or EntryKind.FaultArmed or EntryKind.Clock or EntryKind.Handover or EntryKind.Recovered or EntryKind.StepLeft, $"{body.Kind}: {finding?.Detail}");
    }

    private static byte[] Rewritten(JsonElement entry, string name, bool remove)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var member in entry.EnumerateObject())
            {
                if (member.Name != "body")
                {
                    member.WriteTo(json);
                    continue;
                }

                json.WriteStartObject("body");
                foreach (var inner in member.Value.EnumerateObject())
                    if (!remove || inner.Name != name)
                        inner.WriteTo(json);
                if (!remove) json.WriteNumber(name, 1);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
