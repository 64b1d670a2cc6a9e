using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Language;

namespace Runbook.Actions.Tests.TestKit;

/// <summary>Small runbooks of actions in a row, compiled and planned; and carried out without a session.</summary>
internal static class Plans
{
    /// <summary>The planned steps of actions in a row, each <c>use</c> with arguments in YAML's flow form, and perhaps <c>save</c> and <c>expect</c>.</summary>
    /// <param name="actions">What renders the calls.</param>
    /// <param name="blocks">The blocks' lines behind <c>use: </c>.</param>
    public static ImmutableArray<PlannedStep> Of(ActionSet actions, params string[] blocks)
    {
        var text = new StringBuilder("""
            ---
            runbook: test
            kind: procedure
            summary: Actions in a row.
            environments: [rehearsal]
            roles: {operator: 1, custodian: {people: 2, quorum: 2}}
            ---

            # Test

            ## Agree

            ```yaml approval
            role: custodian
            over: plan
            within: 30m
            ```

            """);
        for (var i = 0; i < blocks.Length; i++) text.Append($"\n## Step {i + 1}\n\n```yaml action\nuse: {blocks[i]}\n```\n");
        text.Append("\n## Ends\n\n### Completed\n\nDone.\n\n### Failed\n\nNot done.\n\n### Aborted\n\nNot done.\n");
        return [.. new PlanRenderer(actions).Steps(Program("test", text.ToString()), Variables.Empty)];
    }

    /// <summary>Carries out the actions of a runbook one after the other, as its main path does.</summary>
    public static async Task CarryOutAsync(World world, string file, JsonObject inputs, ActionSet @as)
    {
        var program = Program(Path.GetFileNameWithoutExtension(file), await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        var variables = Variables.Empty;
        foreach (var (name, value) in inputs) variables = variables.With(name, Variable.Of(JsonElement.Parse(value!.ToJsonString())));
        foreach (var state in program.Root.States)
        {
            if (state.Step.Block is not StepBlock.Action action) continue;
            var with = action.Use.With.Fill(variables.Find);
            var end = await world.RunAsync(action.Use.Name, JsonNode.Parse(with.GetRawText())!, @as);
            var result = BlockEvaluation.Result(end.Result ?? BlockEvaluation.EmptyObject, end.Last.Status, end.Last.Error is { } e ? (e.Code, e.Message) : null, 0);
            var outcome = BlockEvaluation.Evaluate(action.Expect, action.Save, result, variables);
            Assert.True(outcome.Trigger == TriggerKind.Success, $"{state.Step.Title}: {outcome.Why} {end.Last.Error?.Message}");
            foreach (var (name, value) in outcome.Saved) variables = variables.With(name, value);
        }
    }

    private static SessionProgram Program(string name, string markdown)
    {
        var compiled = RunbookCompiler.Compile(Encoding.UTF8.GetBytes(markdown), name, AzureActions.Catalogue);
        Assert.True(compiled.Machine is not null, string.Join('\n', compiled.Diagnostics.Select(d => $"{d} {d.Fix}")));
        return new SessionProgram(RunbookLinker.Link(name + ".md", new Dictionary<string, Compilation> { [name + ".md"] = compiled }), name + ".md");
    }
}
