using System.Text;
using Runbook.Actions.Tests.TestKit;
using Runbook.Language.Actions;

namespace Runbook.Actions.Tests;

public sealed class PagesTests
{
    [Fact]
    public void The_catalogue_page_says_what_the_code_says()
    {
        var page = new StringBuilder("""
            # Actions

            What a runbook can do: the page of each action as `runbook actions NAME` shows it. This file is written from the
            catalogue and held to it by a test; `RUNBOOK_ACCEPT=1 tests/run --project tests/Actions.Tests` writes it again.

            There is no action that purges. A purge takes away for good what retention keeps, and stays a deliberate act outside
            this tool.


            """);
        page.Append("| action | class | what it does |\n|---|---|---|\n");
        foreach (var action in AzureActions.Catalogue.All) page.Append($"| [{action.Name}](#{action.Name.Replace(".", "", StringComparison.Ordinal)}) | {action.Effect.Name()} | {action.Summary.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        foreach (var action in AzureActions.Catalogue.All) page.Append($"\n## {action.Name}\n\n```\n{ActionPages.Render(action)}```\n");

        Golden.Matches(page.ToString(), "docs", "actions.md");
    }

    [Theory, MemberData(nameof(Names))]
    public void A_page_tells_everything_that_the_descriptor_holds(string name)
    {
        var action = AzureActions.Catalogue.Find(name)!;

        var page = ActionPages.Render(action);

        Assert.StartsWith(name + "\n", page, StringComparison.Ordinal);
        Assert.Contains(action.Summary, page, StringComparison.Ordinal);
        Assert.All(action.With.Members, m => Assert.Contains(m.Name, page, StringComparison.Ordinal));
        Assert.All(action.Result.Members, m => Assert.Contains(m.Name, page, StringComparison.Ordinal));
        Assert.All(action.Permissions, p => Assert.Contains($"{p.Operation} at {p.Scope}", page, StringComparison.Ordinal));
        Assert.All(action.Errors, e => Assert.Contains($"{e.Code}: {e.Happened}\n", page, StringComparison.Ordinal));
        Assert.All(action.Errors, e => Assert.Contains($"next:  {e.Next}\n", page, StringComparison.Ordinal));
        Assert.Contains(action.AzCommand ?? action.NoAzCommand!, page, StringComparison.Ordinal);
        if (action.Settle is { } settle) Assert.Contains(settle.Reading, page, StringComparison.Ordinal);
        if (action.Inverse is { } inverse) Assert.Contains(inverse.Action, page, StringComparison.Ordinal);
        Assert.DoesNotContain(page, c => char.IsControl(c) && c != '\n');
    }

    public static IEnumerable<TheoryDataRow<string>> Names => Samples.Names;
}
