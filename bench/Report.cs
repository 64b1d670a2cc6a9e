using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Runbook.Bench;

/// <summary>A table of what was measured, on the terminal and in <c>bench/results</c>.</summary>
internal sealed class Report
{
    private readonly StringBuilder _rows = new("| what | measured | target | reached |\n|---|---|---|---|\n");
    private string _machine = "";

    /// <summary>Notes down the machine and the commit, and how busy the machine is before anything is measured.</summary>
    public async Task DescribeAsync(string root)
    {
        var processor = (await File.ReadAllLinesAsync("/proc/cpuinfo")).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20;
        var commit = (await OpenSsl.RunAsync("git", "-C", root, "rev-parse", "--short", "HEAD")).Trim();
        var changed = (await OpenSsl.RunAsync("git", "-C", root, "status", "--porcelain", "--untracked-files=no", "src")).Trim().Length > 0;
        var version = (await OpenSsl.RunAsync("openssl", "version")).Trim();
        var load = await LoadAsync();
        _machine = string.Create(CultureInfo.InvariantCulture, $"""
            - Commit {commit}{(changed ? ", with changes in src that are in no commit" : "")}
            - {processor}, {Environment.ProcessorCount} processors, {memory} MiB of memory; {RuntimeInformation.OSDescription}; {RuntimeInformation.FrameworkDescription}
            - {version}
            - Load before: {load}

            """);
        await Console.Out.WriteLineAsync(_machine);
    }

    public void Add(string what, string measured, string target, bool? reached, double? ratio = null)
    {
        var verdict = (reached, ratio) switch
        {
            (null, _) => "",
            (true, null) => "yes",
            (false, null) => "**no**",
            (true, { } share) => string.Create(CultureInfo.InvariantCulture, $"yes: {share * 100:F0} %"),
            (false, { } share) => string.Create(CultureInfo.InvariantCulture, $"**no**: {share * 100:F0} %"),
        };
        var row = $"| {what} | {measured} | {target} | {verdict} |\n";
        _rows.Append(row);
        Console.Write(row);
    }

    public async Task WriteAsync(string root)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, "bench", "results"));
        var day = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var load = await LoadAsync();
        // What was measured earlier on the day, by hand too, stays.
        var file = Enumerable.Range(1, int.MaxValue).Select(n => Path.Combine(folder.FullName, n == 1 ? day + ".md" : string.Create(CultureInfo.InvariantCulture, $"{day}-{n}.md"))).First(f => !File.Exists(f));
        await File.WriteAllTextAsync(file, $"# Measured on {day}\n\n{_machine}- Load after, the benchmark's own included: {load}\n\n{_rows}");
    }

    private static async Task<string> LoadAsync() => string.Join(' ', (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[..3]);
}
