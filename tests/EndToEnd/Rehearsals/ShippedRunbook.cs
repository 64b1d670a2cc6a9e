using System.Collections.Immutable;
using Runbook.Actions;
using Runbook.Engine;
using Runbook.Language;
using Runbook.TestKit;

namespace Runbook.EndToEnd.Rehearsals;

/// <summary>A runbook as shipped, with everything that it calls.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Program">The compiled program.</param>
/// <param name="Sources">The files, its own first.</param>
internal sealed record ShippedRunbook(string Id, SessionProgram Program, ImmutableArray<RunbookSource> Sources)
{
    /// <summary>Ids of all runbooks, as the folder lists them.</summary>
    public static IEnumerable<string> Ids => Directory.EnumerateFiles(Repository.In("runbooks"), "*.md")
        .Select(f => Path.GetFileNameWithoutExtension(f))
        .Where(id => id != "README")
        .Order(StringComparer.Ordinal);

    /// <summary>Compiles one; it has no error and no warning.</summary>
    public static ShippedRunbook Load(string id)
    {
        var root = id + ".md";
        var compiled = new Dictionary<string, Compilation>(StringComparer.Ordinal);
        var sources = ImmutableArray.CreateBuilder<RunbookSource>();
        Compile(root, compiled, sources);
        var linked = RunbookLinker.Link(root, compiled);
        Assert.True(linked.Diagnostics.IsEmpty && !linked.HasErrors, string.Join('\n', linked.Diagnostics.Concat(compiled.Values.SelectMany(c => c.Diagnostics))));
        return new ShippedRunbook(id, new SessionProgram(linked, root), sources.ToImmutable());
    }

    private static void Compile(string path, Dictionary<string, Compilation> compiled, ImmutableArray<RunbookSource>.Builder sources)
    {
        var file = Repository.In("runbooks", path);
        if (compiled.ContainsKey(path) || !File.Exists(file)) return;
        var bytes = File.ReadAllBytes(file);
        var compilation = compiled[path] = RunbookCompiler.Compile(bytes, Path.GetFileNameWithoutExtension(path), AzureActions.Catalogue);
        sources.Add(new RunbookSource(path, bytes));
        foreach (var called in compilation.Calls.Select(c => RunbookLinker.Resolve(path, c)).OfType<string>()) Compile(called, compiled, sources);
    }
}
