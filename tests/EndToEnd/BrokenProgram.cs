using System.Diagnostics;
using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>The program with its engine or its guard broken on purpose, as a file of <c>tests/mutants</c> says.</summary>
/// <param name="What">What is broken.</param>
/// <param name="File">The program.</param>
internal sealed record BrokenProgram(string What, string File)
{
    private static readonly string[] Rooms = ["Runbook.Language", "Runbook.Journal", "Runbook.Engine"];
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);

    /// <summary>Builds the rooms anew with the change, and puts them into a copy of the program.</summary>
    public static async Task<BrokenProgram> BuildAsync(string mutant, ScratchFolder scratch)
    {
        Fits(mutant);
        var lines = LinesOf(mutant);
        var copy = scratch.In("source");
        foreach (var file in new[] { "Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig", "BannedSymbols.txt" }) Copy(Repository.In(file), Path.Combine(copy, file));
        foreach (var room in Rooms)
        {
            var from = Repository.In("src", room);
            foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(f => Path.GetRelativePath(from, f).Split(Path.DirectorySeparatorChar)[0] is not ("bin" or "obj"))) Copy(file, Path.Combine(copy, "src", room, Path.GetRelativePath(from, file)));
        }

        var changed = Path.Combine(copy, lines["file"]);
        var text = await System.IO.File.ReadAllTextAsync(changed);
        await System.IO.File.WriteAllTextAsync(changed, text.Replace(lines["find"], lines["replace"], StringComparison.Ordinal));
        var built = scratch.In("built");
        await RunAsync(copy, "build", Path.Combine("src", "Runbook.Engine"), "-c", "Release", "-v", "q", "-p:RunAnalyzers=false", "-p:TreatWarningsAsErrors=false", "-o", built);

        var whole = Path.GetDirectoryName(RunbookProgram.File)!;
        var program = scratch.In("program");
        foreach (var file in Directory.EnumerateFiles(whole, "*", SearchOption.AllDirectories)) Copy(file, Path.Combine(program, Path.GetRelativePath(whole, file)));
        foreach (var room in Rooms) Copy(Path.Combine(built, room + ".dll"), Path.Combine(program, room + ".dll"));
        return new BrokenProgram(lines["what"], Path.Combine(program, "runbook.dll"));
    }

    /// <summary>Fails where the source does not hold, exactly once, what a mutant changes.</summary>
    public static void Fits(string mutant)
    {
        var lines = LinesOf(mutant);
        Assert.True(System.IO.File.ReadAllText(Repository.In(lines["file"])).Split(lines["find"]).Length == 2, $"{mutant}: {lines["file"]} does not hold exactly once: {lines["find"]}");
        Assert.NotEqual(lines["find"], lines["replace"]);
    }

    private static Dictionary<string, string> LinesOf(string mutant) =>
        System.IO.File.ReadAllLines(Repository.In("tests", "mutants", mutant + ".txt")).Select(l => l.Split(": ", 2)).ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        System.IO.File.Copy(from, to, overwrite: true);
    }

    private static async Task RunAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        using var stop = new CancellationTokenSource(Limit, TimeProvider.System);
        var said = await process.StandardOutput.ReadToEndAsync(stop.Token);
        await process.WaitForExitAsync(stop.Token);
        Assert.True(process.ExitCode == 0, said);
    }
}
