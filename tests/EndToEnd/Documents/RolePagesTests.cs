using Runbook.TestKit;

namespace Runbook.EndToEnd.Documents;

/// <summary>The page of each role, as somebody who has five minutes follows it.</summary>
public sealed class RolePagesTests
{
    [Theory]
    [InlineData("for-auditors.md", "audit*")]
    [InlineData("for-custodians.md", "c*")]
    [InlineData("for-sres.md", "drill*")]
    [InlineData("lag-atlas.md", "lag*")]
    public async Task A_roles_page_does_what_it_says(string page, string left)
    {
        Assert.SkipUnless(Tools.Has("jq"), "jq is not installed; tests/install installs it");
        Assert.SkipUnless(RunbookProgram.Configuration == "Debug", "the page is about a debug build");
        var scripts = DocumentScript.Of("docs", page);
        Assert.True(scripts.Count >= 2, "the page has lost its scripts");
        Assert.Contains("## Five minutes", await File.ReadAllTextAsync(Repository.In("docs", page), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using var scratch = new ScratchFolder();
        foreach (var folder in (string[])["src", "runbooks", "drills", "estates", "scenarios", "docs"])
            if (Directory.Exists(Repository.In(folder))) Directory.CreateSymbolicLink(scratch.In(folder), Repository.In(folder));
        foreach (var script in scripts) Assert.Null(await script.RunAsync(scratch.Path));
        Assert.NotEmpty(Directory.EnumerateFileSystemEntries(scratch.In("out"), left));
    }
}
