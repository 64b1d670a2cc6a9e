namespace Runbook.Cli.Worlds;

/// <summary>Finds estates and scenarios: beside the runbook's folder, then where the program itself lies.</summary>
internal static class EstateFiles
{
    /// <summary>The text of an estate.</summary>
    public static string Estate(string runbookFile, string name) => Read(runbookFile, "estates", name);

    /// <summary>The text of a scenario.</summary>
    public static string Scenario(string runbookFile, string name) => Read(runbookFile, "scenarios", name);

    private static string Read(string runbookFile, string kind, string name)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(runbookFile))!;
        string[] places = [Path.Combine(folder, "..", kind), Path.Combine(folder, kind), Path.Combine(AppContext.BaseDirectory, kind)];
        foreach (var place in places)
        {
            var file = Path.Combine(place, name + ".json");
            if (File.Exists(file)) return File.ReadAllText(file);
        }

        throw new CliException("RC042", $"there is no {kind[..^1]} \"{name}\".", "nothing was executed; nothing was written.", $"put it at {kind}/{name}.json beside the runbook's folder.");
    }
}
