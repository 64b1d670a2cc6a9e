namespace Runbook.Language.Tests.Safety;

/// <summary>The steps of a called runbook belong to the scopes that are open at the call.</summary>
public sealed class CallTests
{
    [Fact]
    public void A_call_inside_a_scope_whose_steps_all_lead_back_is_safe()
    {
        var linked = Link(Step("Look at it", "action\nuse: test.thing.get\nwith: {name: \"${hsm}\"}\ntimeout: 1m"));

        Assert.Empty(linked.Diagnostics);
        Assert.Empty(Explorer(linked).Codes());
    }

    [Fact]
    public void A_called_runbook_that_aborting_does_not_leave_keeps_the_fault_around_the_call_from_its_revert()
    {
        var linked = Link(
            Step("Talk", null, "- [ ] It was talked about.\n- **on success** [Completed](#completed)\n- **on abort** [Think](#think)"),
            Step("Think", null, "- [ ] It was thought about.\n- **on success** [Completed](#completed)\n- **on abort** [Talk](#talk)"));

        var finding = Assert.Single(linked.Diagnostics);

        Assert.Empty(linked.ByPath["child.md"].Diagnostics);
        Assert.Equal("RB401", finding.Code);
        Assert.Equal("lend-it --success--> follow --start--> follow/talk --abort--> follow/think --abort--> follow/talk", DiagnosticReport.PathText(finding));
        Assert.Equal(["RB401"], Explorer(linked).Codes());
    }

    [Fact]
    public void A_lease_in_a_called_runbook_can_not_be_undone_through_what_its_caller_took_away()
    {
        var linked = LinkUnder(
            "test.network.close",
            [Step("Lend far", "lease\nuse: test.far.break\nwith: {name: \"${hsm}\"}\nlimit: 1m"),
            Step("Take far back", "revert\nfault: lend-far")]);

        var finding = Assert.Single(linked.Diagnostics);

        Assert.Equal("RB409", finding.Code);
        Assert.Equal("lend-it --success--> follow --start--> follow/lend-far --success--> follow/take-far-back", DiagnosticReport.PathText(finding));
        Assert.Equal(["RB409"], Explorer(linked).Codes());
    }

    [Fact]
    public void A_called_runbook_that_fails_after_its_own_lease_ends_the_callers_scope()
    {
        var linked = Link(
            Step("Lend more", "lease\nuse: test.thing.break\nwith: {name: \"${hsm}\"}\nlimit: 1m"),
            Step("Take more back", "revert\nfault: lend-more"));

        Assert.Empty(linked.Diagnostics);
        Assert.Empty(Explorer(linked).Codes());
    }

    [Fact]
    public void The_waits_of_a_called_runbook_count_against_the_limit_of_the_scope_around_the_call()
    {
        var linked = Link(Step("Look at it", "probe\nuse: test.thing.get\nwith: {name: \"${hsm}\"}\nwithin: 31m"));

        var finding = Assert.Single(linked.Diagnostics);

        Assert.Equal("RB704", finding.Code);
        Assert.Contains("called runbooks included", finding.Message, StringComparison.Ordinal);
    }

    private static BruteForce Explorer(LinkedRunbook linked) =>
        new(linked.Root.Machine!, TestCatalogue.Instance, file => linked.ByPath[file].Machine);

    private static LinkedRunbook Link(params string[] steps) => LinkUnder("test.thing.break", steps);

    private static LinkedRunbook LinkUnder(string opening, string[] steps) => RunbookLinker.Link("parent.md", new Dictionary<string, Compilation>(StringComparer.Ordinal)
    {
        ["parent.md"] = Compile("parent",
            Step("Lend it", $"lease\nuse: {opening}\nwith: {{name: \"${{hsm}}\"}}\nlimit: 30m"),
            Step("Follow", "call\nuse: child.md\nwith: {hsm: \"${hsm}\"}"),
            Step("Take it back", "revert\nfault: lend-it")),
        ["child.md"] = Compile("child", steps),
    });

    private static string Step(string title, string? block, string rest = "") =>
        $"## {title}\n\n{(block is null ? "" : $"```yaml {block}\n```\n\n")}{rest}\n\n";

    private static Compilation Compile(string name, params string[] steps) => RunbookCompiler.Compile($$"""
        ---
        runbook: {{name}}
        kind: procedure
        summary: A small runbook for a test.
        environments: [rehearsal]
        roles: {operator: 1}
        inputs:
          hsm: {type: string, description: Name of the HSM}
        ---

        # Small

        It works on `${hsm}`.

        {{string.Concat(steps)}}
        ## Ends

        ### Completed

        Nothing is lent.

        ### Failed

        Nothing is lent.

        ### Aborted

        Nothing is lent.
        """, name, TestCatalogue.Instance);
}
