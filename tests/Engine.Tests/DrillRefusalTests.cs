namespace Runbook.Engine.Tests;

/// <summary>A drill that the checker has passed does not run before there is a guard.</summary>
public sealed class DrillRefusalTests
{
    private const string Drill = """
        ## It works

        ```yaml probe
        use: test.thing.get
        with: {name: "${name}"}
        expect: "status == `200`"
        within: 2m
        ```

        ## Break it

        ```yaml fault
        use: test.grant.create
        with: {name: "${name}"}
        limit: 10m
        blast-radius: {allow: []}
        steady-state: [it-works]
        ```

        ## Mend it

        ```yaml revert
        fault: break-it
        ```

        ## It works again

        ```yaml probe
        same-as: it-works
        within: 2m
        ```
        """;

    [Fact]
    public async Task A_runbook_with_a_fault_is_refused_before_anything_is_written_or_sent()
    {
        var world = new TestWorld();
        using var rehearsed = new Rehearsed(world, Runbooks.Of(Drill));

        var refused = await Assert.ThrowsAsync<EngineException>(rehearsed.OpenAsync);

        Assert.Equal("RE206", refused.Code);
        Assert.Contains("Break it", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(rehearsed.Directory0));
        Assert.Empty(world.Effects);
    }
}
