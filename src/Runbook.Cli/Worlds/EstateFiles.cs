namespace Runbook.Cli.Worlds;

/// <summary>Finds estates and scenarios: beside the runbook's folder, then where the program itself lies.</summary>
internal static class EstateFiles
{
    /// <summary>The text of an estate.</summary>
    public static string Estate(string runbookFile, string name) => Read(runbookFile, "estates", name);

    /// <summary>The text of a scenario.</summary>
    public static string Scenario(string runbookFile, string name) => Read(runbookFile, "scenarios", name);

    /// <summary>
    /// Puts what the people of an estate hold outside of Azure into a session's folder: <c>estates/NAME.safe</c>, with the security
    /// domain that lies in the safe and the custodians' key pairs. All of it is public on purpose.
    /// </summary>
    public static void OpenSafe(string runbookFile, string name, string filesFolder)
    {
        if (PlacesOf(runbookFile, "estates").Select(p => Path.Combine(p, name + ".safe")).FirstOrDefault(Directory.Exists) is not { } safe) return;
        foreach (var file in Directory.EnumerateFiles(safe, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(filesFolder, Path.GetRelativePath(safe, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private static string[] PlacesOf(string runbookFile, string kind)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(runbookFile))!;
        return [Path.Combine(folder, "..", kind), Path.Combine(folder, kind), Path.Combine(AppContext.BaseDirectory, kind)];
    }

    private static string Read(string runbookFile, string kind, string name)
    {
        foreach (var place in PlacesOf(runbookFile, kind))
        {
            var file = Path.Combine(place, name + ".json");
            if (File.Exists(file)) return File.ReadAllText(file);
        }

        throw new CliException("RC042", $"there is no {kind[..^1]} \"{name}\".", "nothing was executed; nothing was written.", $"put it at {kind}/{name}.json beside the runbook's folder.");
    }
}
