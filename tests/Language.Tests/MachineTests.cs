using System.Text;
using System.Text.Json;

namespace Runbook.Language.Tests;

/// <summary>The Stateless machine leads where the definition says.</summary>
public sealed class MachineTests
{
    public static TheoryData<string> GoodCases => [.. Golden.Cases.Where(c => Compile(c).Machine is not null)];

    [Theory]
    [MemberData(nameof(GoodCases))]
    public void Every_edge_of_the_definition_is_what_stateless_does(string name)
    {
        var definition = Compile(name).Machine!;
        var at = "";
        var machine = MachineFactory.Build(definition, () => at, state => at = state);
        foreach (var state in definition.States)
        {
            foreach (var edge in state.Transitions)
            {
                at = state.Slug;
                Assert.True(machine.CanFire(edge.TriggerName), $"{state.Slug} can't fire {edge.TriggerName}");
                machine.Fire(edge.TriggerName);
                Assert.Equal(MachineFactory.StateOf(edge.Target), at);
            }
        }
    }

    [Fact]
    public void A_trigger_that_a_step_can_not_fire_is_not_permitted()
    {
        var at = "look";
        var machine = MachineFactory.Build(Compile("rb000-good").Machine!, () => at, state => at = state);

        Assert.False(machine.CanFire("rejection"));
        Assert.False(machine.CanFire("choose:1"));
    }

    [Fact]
    public void Inside_a_lease_what_is_not_written_leads_to_its_revert()
    {
        var machine = Compile("rb000-good-lease").Machine!;

        Assert.Equal(("take-it-back", TransitionOrigin.Scope), Edge("use-it", TriggerKind.Failure));
        Assert.Equal(("take-it-back", TransitionOrigin.Scope), Edge("use-it", TriggerKind.Abort));
        Assert.Equal(("take-it-back", TransitionOrigin.Scope), Edge("lend-it", TriggerKind.Failure));
        Assert.Equal(("take-it-back", TransitionOrigin.Default), Edge("take-it-back", TriggerKind.Timeout));
        Assert.Equal((EndNames.Failed, TransitionOrigin.Default), Edge("look", TriggerKind.Failure));

        (string, TransitionOrigin) Edge(string slug, TriggerKind trigger) =>
            machine.State(slug)!.On(trigger) is { } edge ? (edge.Target, edge.Origin) : ("nowhere", default);
    }

    [Fact]
    public void What_leaves_a_scope_adversely_cuts_it_and_what_leaves_it_by_success_does_not()
    {
        var machine = Compile("rb000-good-lease").Machine!;

        Assert.True(machine.CutsScope("use-it", machine.State("use-it")!.On(TriggerKind.Failure)!));
        Assert.False(machine.CutsScope("use-it", machine.State("use-it")!.On(TriggerKind.Success)!));
        Assert.False(machine.CutsScope("look", machine.State("look")!.On(TriggerKind.Failure)!));
    }

    [Fact]
    public void What_made_good_a_scope_that_was_cut_short_does_not_end_it_as_a_success()
    {
        var machine = Compile("rb000-good-compensation").Machine!;

        Assert.True(machine.EndsCutScope("make-it-good", "take-it-back"));
        Assert.True(machine.EndsCutScope("see-that-it-is-good", "take-it-back"));
        Assert.False(machine.EndsCutScope("use-it", "take-it-back"));
        Assert.False(machine.EndsCutScope("go-on", "take-it-back"));
    }

    [Fact]
    public void The_machine_of_a_runbook_is_the_same_json_every_time()
    {
        var first = Compile("rb000-good-lease").Machine!.ToJson().GetRawText();

        Assert.Equal(first, Compile("rb000-good-lease").Machine!.ToJson().GetRawText());
        Assert.Contains("\"scopes\":[{\"opening\":\"lend-it\",\"revert\":\"take-it-back\",\"lease\":true}]", first, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dot_graph_names_every_step_and_puts_a_lease_into_a_cluster()
    {
        var dot = MachineGraph.ToDot(Compile("rb000-good-lease").Machine!);

        Assert.Contains("subgraph \"cluster_lend-it\"", dot, StringComparison.Ordinal);
        Assert.Contains("\"look\" -> \"say-what-it-is\" [label=\"success\"];", dot, StringComparison.Ordinal);
        Assert.Contains("\"use-it\" -> \"take-it-back\" [label=\"failure\", style=dashed];", dot, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_put_into_a_template_can_not_become_structure()
    {
        var block = (StepBlock.Action)Compile("rb000-good").Machine!.State("look")!.Step.Block!;
        var hostile = JsonSerializer.SerializeToElement("\"}, {evil: true");

        var filled = block.Use.With.Fill(path => path == "hsm" ? hostile : null);

        Assert.Equal(["name"], filled.EnumerateObject().Select(p => p.Name));
        Assert.Equal("\"}, {evil: true", filled.GetProperty("name").GetString());
    }

    [Fact]
    public void A_whole_reference_keeps_its_type_and_an_unknown_one_stays_written()
    {
        var block = (StepBlock.Action)Compile("rb000-good").Machine!.State("look")!.Step.Block!;

        Assert.Equal(7, block.Use.With.Fill(_ => JsonSerializer.SerializeToElement(7)).GetProperty("name").GetInt32());
        Assert.Equal("${hsm}", block.Use.With.Fill(_ => null).GetProperty("name").GetString());
    }

    private static Compilation Compile(string name) => RunbookCompiler.Compile(Golden.Input(name), name, TestCatalogue.Instance);
}

/// <summary>Runbooks that call one another.</summary>
public sealed class LinkerTests
{
    [Theory]
    [InlineData("a.md", "b.md", "b.md")]
    [InlineData("drills/a.md", "../runbooks/b.md", "runbooks/b.md")]
    [InlineData("a.md", "../x/b.md", "../x/b.md")]
    [InlineData("a/b/c.md", "./../d.md", "a/d.md")]
    public void A_path_is_resolved_from_the_file_that_names_it(string from, string file, string expected) =>
        Assert.Equal(expected, RunbookLinker.Resolve(from, file));

    [Theory]
    [InlineData("/etc/passwd.md")]
    [InlineData("c:/x.md")]
    [InlineData("a\\b.md")]
    public void A_path_that_is_not_relative_is_refused(string file) => Assert.Null(RunbookLinker.Resolve("a.md", file));

    [Fact]
    public void A_call_that_fits_is_linked()
    {
        var linked = Link(("parent", Parent("child.md", "{hsm: x}")), ("child", Child()));

        Assert.Empty(linked.Diagnostics);
        Assert.False(linked.HasErrors);
        Assert.Equal("child", linked.Called("parent.md", "child.md").Name);
    }

    [Theory]
    [InlineData("{}", "RB210", "needs the input 'hsm'")]
    [InlineData("{hsm: x, spare: y}", "RB210", "has no input 'spare'")]
    [InlineData("{hsm: 7}", "RB210", "'hsm' for 'child.md' is a whole number")]
    public void Inputs_that_do_not_fit_are_named(string with, string code, string message)
    {
        var finding = Assert.Single(Link(("parent", Parent("child.md", with)), ("child", Child())).Diagnostics);

        Assert.Equal(code, finding.Code);
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_call_of_a_file_that_is_not_there_is_named()
    {
        var finding = Assert.Single(Link(("parent", Parent("child.md", "{hsm: x}"))).Diagnostics);

        Assert.Equal("RB209", finding.Code);
    }

    [Fact]
    public void A_circle_of_calls_is_refused_and_shown()
    {
        var linked = Link(("parent", Parent("child.md", "{}")), ("child", Parent("parent.md", "{}").Replace("runbook: parent", "runbook: child", StringComparison.Ordinal)));

        var finding = Assert.Single(linked.Diagnostics);
        Assert.Equal("RB209", finding.Code);
        Assert.Contains("parent.md calls child.md calls parent.md", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_called_runbook_with_errors_keeps_its_caller_from_running()
    {
        var linked = Link(("parent", Parent("child.md", "{hsm: x}")), ("child", "nothing"));

        Assert.True(linked.HasErrors);
        Assert.Equal("RB209", Assert.Single(linked.Diagnostics).Code);
    }

    [Fact]
    public void Roles_and_environments_of_the_called_must_be_those_of_the_caller()
    {
        var child = Child().Replace("operator: 1", "operator: 1\n  witness: 2", StringComparison.Ordinal).Replace("[rehearsal, test]", "[rehearsal]", StringComparison.Ordinal);

        var messages = Link(("parent", Parent("child.md", "{hsm: x}")), ("child", child)).Diagnostics.Select(d => d.Message).ToList();

        Assert.Equal(2, messages.Count);
        Assert.Contains(messages, m => m.Contains("role 'witness'", StringComparison.Ordinal));
        Assert.Contains(messages, m => m.Contains("'test'", StringComparison.Ordinal));
    }

    private static LinkedRunbook Link(params (string Name, string Text)[] files) => RunbookLinker.Link(
        files[0].Name + ".md",
        files.ToDictionary(f => f.Name + ".md", f => RunbookCompiler.Compile(f.Text, f.Name, TestCatalogue.Instance), StringComparer.Ordinal));

    private static string Child() => Encoding.UTF8.GetString(Golden.Input("rb000-good")).Replace("runbook: rb000-good", "runbook: child", StringComparison.Ordinal);

    private static string Parent(string file, string with) => $$$"""
        ---
        runbook: parent
        kind: procedure
        summary: Calls another.
        environments: [rehearsal, test]
        roles: {operator: 1, custodian: {people: 3, quorum: 2}}
        ---

        # Parent

        ## Follow the other

        ```yaml call
        use: {{{file}}}
        with: {{{with}}}
        ```

        ## Ends

        ### Completed

        Done.

        ### Failed

        Not done.

        ### Aborted

        Stopped.
        """;
}
