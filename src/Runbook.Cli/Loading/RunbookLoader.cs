using System.Collections.Immutable;
using Runbook.Engine;
using Runbook.Language;
using Runbook.Language.Actions;

namespace Runbook.Cli.Loading;

/// <summary>A runbook read from the disk with everything that it calls.</summary>
/// <param name="File">The path as it was typed.</param>
/// <param name="Linked">The compilations.</param>
/// <param name="RootPath">The root's path in them.</param>
/// <param name="Sources">The files, the root's first.</param>
internal sealed record LoadedRunbook(string File, LinkedRunbook Linked, string RootPath, ImmutableArray<RunbookSource> Sources)
{
    /// <summary>Findings of each file, under the paths that a person would type.</summary>
    public IReadOnlyList<FileFindings> Findings()
    {
        var folder = Path.GetDirectoryName(File) ?? "";
        return [.. Linked.ByPath.Select(c => new FileFindings(
            c.Key == RootPath ? File : Path.Combine(folder, c.Key).Replace('\\', '/'),
            c.Key == RootPath ? Linked.Diagnostics : c.Value.Diagnostics))];
    }

    /// <summary>The program to run; only where nothing is an error.</summary>
    public SessionProgram ToProgram() => new(Linked, RootPath);
}

/// <summary>Reads runbooks and those that they call.</summary>
internal static class RunbookLoader
{
    /// <summary>The runbooks and drills of the current folder, and of the program's own where this one has none.</summary>
    public static IReadOnlyList<string> Known()
    {
        var here = In("");
        return here.Count > 0 ? here : In(AppContext.BaseDirectory);
    }

    /// <summary>The runbooks that paths name: files, and all in folders.</summary>
    public static IEnumerable<string> Files(IEnumerable<string> paths) => paths.SelectMany(FilesOf);

    private static IEnumerable<string> FilesOf(string path)
    {
        if (!Directory.Exists(path)) return [path];
        var files = Directory.EnumerateFiles(path, "*.md", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "README.md").Order(StringComparer.Ordinal).ToArray();
        return files.Length > 0 ? files : throw new CliException("RC010", $"there is no runbook in \"{path}\".", "nothing was done.", "name a Markdown file, or a folder that holds some.");
    }

    private static List<string> In(string root) =>
        [.. Folders.Select(f => Path.Combine(root, f)).Where(Directory.Exists).SelectMany(d => Directory.EnumerateFiles(d, "*.md").Order(StringComparer.Ordinal))];

    /// <summary>Reads and compiles a runbook; its findings are in the result.</summary>
    public static LoadedRunbook Load(string file, ActionCatalogue catalogue)
    {
        if (!File.Exists(file))
        {
            throw new CliException("RC010", $"there is no runbook \"{file}\".", "nothing was done.", Suggestion(file));
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var root = Path.GetFileName(file);
        var compiled = new Dictionary<string, Compilation>(StringComparer.Ordinal);
        var sources = ImmutableArray.CreateBuilder<RunbookSource>();
        Compile(root, folder, catalogue, compiled, sources);
        return new LoadedRunbook(file, RunbookLinker.Link(root, compiled), root, sources.ToImmutable());
    }

    /// <summary>Reads a runbook that must have no errors; else its findings are printed and the command ends.</summary>
    public static LoadedRunbook LoadGood(string file, ActionCatalogue catalogue, CliConsole console)
    {
        var loaded = Load(file, catalogue);
        if (!loaded.Linked.HasErrors) return loaded;
        console.Error.Write(CliConsole.Safe(DiagnosticReport.ToText(loaded.Findings())));
        throw new CliException("RC011", $"\"{file}\" has errors and does not run.", "nothing was executed; nothing was written.", $"mend what is named above, then: runbook check {file}");
    }

    private static void Compile(string path, string folder, ActionCatalogue catalogue, Dictionary<string, Compilation> compiled, ImmutableArray<RunbookSource>.Builder sources)
    {
        if (compiled.ContainsKey(path) || compiled.Count > Limits.CallDepthMax * 8) return;
        var full = Path.Combine(folder, path);
        if (!File.Exists(full)) return;
        var bytes = ReadCapped(full);
        var compilation = RunbookCompiler.Compile(bytes, Path.GetFileNameWithoutExtension(path), catalogue);
        compiled[path] = compilation;
        sources.Add(new RunbookSource(path, bytes));
        foreach (var call in compilation.Calls)
        {
            if (RunbookLinker.Resolve(path, call) is { } target) Compile(target, folder, catalogue, compiled, sources);
        }
    }

    // One byte more than a runbook may have is enough to see that it has too many.
    private static byte[] ReadCapped(string path)
    {
        using var stream = File.OpenRead(path);
        var buffer = new byte[Math.Min(stream.Length, Limits.RunbookBytesMax + 1)];
        stream.ReadExactly(buffer);
        return buffer;
    }

    private static readonly string[] Folders = ["runbooks", "drills"];

    private static string Suggestion(string file)
    {
        var name = Path.GetFileNameWithoutExtension(file);
        var near = Known().FirstOrDefault(f => Path.GetFileNameWithoutExtension(f).Contains(name, StringComparison.OrdinalIgnoreCase));
        return near is null ? "name a Markdown file: runbook run runbooks/hsm-activation.md" : $"runbook run {near.Replace('\\', '/')}";
    }
}
