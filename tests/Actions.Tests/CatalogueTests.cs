using System.Text;
using System.Text.Json;
using Runbook.Actions.Tests.TestKit;
using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions.Tests;

public sealed class CatalogueTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IEnumerable<TheoryDataRow<string>> Names => Samples.Names;

    [Fact]
    public void No_action_purges_anything() =>
        Assert.DoesNotContain(AzureActions.Catalogue.All, a => a.Name.Contains("purge", StringComparison.OrdinalIgnoreCase));

    [Fact]
    public void No_plan_of_any_action_is_a_purge() => Assert.All(Samples.All, sample =>
    {
        var action = Bench.Rendering.Get(sample.Action);
        Assert.DoesNotContain(action.Plan(JsonElement.Parse(sample.With)), c => c.Url.Contains("/purge", StringComparison.OrdinalIgnoreCase) || (c.Method == "DELETE" && c.Url.Contains("/deleted", StringComparison.OrdinalIgnoreCase)));
    });

    /// <summary>A catalogue's patterns are not looked at when it is read.</summary>
    [Theory, MemberData(nameof(Names))]
    public void Each_pattern_can_be_matched_in_linear_time(string name)
    {
        using var text = JsonDocument.Parse("\"a\"");
        foreach (var schema in Inside(Find(name).With).Concat(Inside(Find(name).Result)).Where(s => s.Pattern is not null)) schema.Check(text.RootElement);
    }

    [Theory, MemberData(nameof(Names))]
    public void Each_action_has_samples_that_fit_its_arguments(string name)
    {
        var samples = Samples.Of(name).ToList();
        Assert.NotEmpty(samples);
        Assert.All(samples, s => Assert.Empty(Find(name).With.Check(s)));
        if (!Find(name).OneOf.IsEmpty) Assert.All(samples, s => Assert.Single(Find(name).OneOf, g => g.All(m => s.TryGetProperty(m, out JsonElement _))));
    }

    [Theory, MemberData(nameof(Names))]
    public void The_planned_calls_are_the_accepted_ones(string name)
    {
        var text = new StringBuilder();
        foreach (var sample in Samples.Of(name))
        {
            text.Append("with ").Append(sample.GetRawText()).Append('\n');
            foreach (var call in Bench.Rendering.Get(name).Plan(sample)) Write(text, name, sample, call);
            text.Append('\n');
        }

        Golden.Matches(text.ToString(), "tests", "Actions.Tests", "golden", name + ".txt");
    }

    [Theory, MemberData(nameof(Names))]
    public void A_plan_is_pure_and_renders_while_nothing_is_known(string name)
    {
        var action = Bench.Rendering.Get(name);
        var unknown = new System.Text.Json.Nodes.JsonObject();
        foreach (var member in Find(name).With.Members.Where(m => m.Required)) unknown[member.Name] = $"${{{member.Name}}}";
        foreach (var member in Find(name).OneOf.FirstOrDefault([])) unknown[member] = $"${{{member}}}";
        var with = JsonElement.Parse(unknown.ToJsonString());

        var (first, second) = (action.Plan(with), action.Plan(with));

        Assert.NotEmpty(first);
        Assert.Equal(first.Select(c => CallRendering.Describe(c).Digest.ToString()), second.Select(c => CallRendering.Describe(c).Digest.ToString()));
    }

    [Theory, MemberData(nameof(Names))]
    public void No_call_does_more_than_the_class_of_its_action_says(string name)
    {
        foreach (var sample in Samples.Of(name))
        {
            var calls = Bench.Rendering.Get(name).Plan(sample);
            Assert.All(calls, c => Assert.True(c.Effect == EffectClass.Read || c.Effect == Find(name).Effect, $"{c.Description} is {c.Effect}"));
            Assert.Equal(Enumerable.Range(0, calls.Length), calls.Select(c => c.Index));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void What_changes_something_has_a_settling_probe_and_says_what_may_go_wrong(string name)
    {
        var action = Find(name);
        Assert.Equal(action.Effect != EffectClass.Read, action.Settle is not null);
        if (action.Settle is { } settle) Assert.Equal(!settle.Reading.StartsWith("Nothing tells", StringComparison.Ordinal), settle.Tells);
        Assert.NotEmpty(action.Errors);
        Assert.Equal(action.Errors.Length, action.Errors.DistinctBy(e => e.Code).Count());
        Assert.All(action.Errors, e => Assert.All([e.Code, e.Happened, e.State, e.Next], t => Assert.False(string.IsNullOrWhiteSpace(t))));
    }

    [Theory, MemberData(nameof(Names))]
    public void An_action_on_Azure_names_the_permissions_and_the_role_that_it_needs(string name)
    {
        var action = Find(name);
        Assert.Equal(!action.Local && !action.EmbeddedOnly, !action.Permissions.IsEmpty);
        Assert.All(action.Permissions, p => Assert.StartsWith("Microsoft.", p.Operation, StringComparison.Ordinal));
        Assert.All(action.Permissions, p => Assert.False(string.IsNullOrWhiteSpace(p.Role) || string.IsNullOrWhiteSpace(p.Scope)));
    }

    [Theory, MemberData(nameof(Names))]
    public void An_inverse_is_in_the_catalogue_and_takes_what_it_is_given(string name)
    {
        if (Find(name).Inverse is not { } inverse) return;
        var undo = Find(inverse.Action);
        if (inverse.Reading is { } reading) Assert.Equal(EffectClass.Read, Find(reading).Effect);
        foreach (var sample in Samples.Of(name).Where(s => Find(name).ListMember is not { } list || !s.TryGetProperty(list, out _)))
        {
            var with = Bench.Rendering.Get(name).InvertArguments(sample, inverse.Reading is null ? null : Readings.For(name));
            Assert.Empty(undo.With.Check(with));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void An_action_without_an_inverse_refuses_to_make_one_up(string name)
    {
        if (Find(name).Inverse is not null) return;
        Assert.Throws<InvalidOperationException>(() => Bench.Rendering.Get(name).InvertArguments(Samples.Of(name).First(), null));
    }

    [Theory, MemberData(nameof(Names))]
    public void It_says_how_it_is_done_by_hand_or_why_not(string name) =>
        Assert.True(Find(name).AzCommand is null != Find(name).NoAzCommand is null, "one of the two, and not both");

    [Theory, MemberData(nameof(Names))]
    public async Task Nothing_is_sent_on_a_permit_for_another_call(string name)
    {
        using var bench = new Bench();
        var action = bench.Actions.Get(name);
        var call = Runs.First(action, Samples.Of(name).First());

        var refused = await Assert.ThrowsAsync<CallNotSentException>(() => action.SendAsync(new TestPermit("sha256:" + new string('0', 64)), call, bench.Context, TestContext.Current.CancellationToken));

        Assert.Equal(ActionCodes.NotPermitted, refused.Code);
        Assert.Empty(bench.Network.Seen);
        Assert.Empty(bench.Credential.Asked);
    }

    [Fact]
    public void A_permit_serves_one_call()
    {
        using var bench = new Bench();
        var call = bench.Call("local.file.digest", """{"file":"x"}""");
        var permit = TestPermit.For(call);

        Permits.Use(permit, call);

        Assert.Throws<InvalidOperationException>(() => Permits.Use(permit, call));
    }

    private static ActionDescriptor Find(string name) => AzureActions.Catalogue.Find(name)!;

    private static void Write(StringBuilder text, string name, JsonElement sample, PlannedCall call)
    {
        text.Append("  ").Append(call.Index).Append(' ').Append(call.Effect.Name()).Append(": ").Append(call.Description).Append('\n');
        text.Append("    ").Append(call.Method).Append(' ').Append(call.Url).Append('\n');
        text.Append("    target ").Append(call.Target).Append('\n');
        if (call.File is { } file) text.Append("    file ").Append(file).Append('\n');
        if (call.Body is { } body) text.Append("    ").Append(JsonSerializer.Serialize(body, Indented).Replace("\n", "\n    ", StringComparison.Ordinal)).Append('\n');
        text.Append("    digest ").Append(CallRendering.Describe(call).Digest).Append('\n');
        if (AzCommands.Fill(Bench.Rendering.Get(name).Descriptor, call.Part ?? sample, call) is { } az) text.Append("    $ ").Append(az).Append('\n');
    }

    private static IEnumerable<Schema> Inside(Schema schema) =>
        [schema, .. schema.Members.SelectMany(m => Inside(m.Schema)), .. schema.Items is { } items ? Inside(items) : [], .. schema.OtherMembers is { } others ? Inside(others) : []];
}
