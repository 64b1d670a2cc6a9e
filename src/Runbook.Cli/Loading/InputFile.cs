using System.Text.Json;
using Runbook.Language;

namespace Runbook.Cli.Loading;

/// <summary>Reads a file of inputs: a YAML mapping, of which JSON is a part.</summary>
internal static class InputFile
{
    private const int BytesMax = 256 * 1024;

    /// <summary>Reads it; a name that is no input of the runbook is refused.</summary>
    public static Dictionary<string, JsonElement> Read(string file, RunbookDocument document)
    {
        var info = new FileInfo(file);
        if (!info.Exists) throw new CliException("RC024", $"there is no file of inputs \"{file}\".", "nothing was executed; nothing was written.", "name an existing file with --inputs.");
        if (info.Length > BytesMax) throw new CliException("RC024", $"the file of inputs \"{file}\" has more than {BytesMax} bytes.", "nothing was executed; nothing was written.", "keep to the runbook's inputs.");
        var (values, problems) = YamlValues.Read(File.ReadAllText(file), Path.GetFileName(file));
        if (problems.Count > 0) throw new CliException("RC025", problems[0], "nothing was executed; nothing was written.", "write one 'name: value' a line.");
        foreach (var name in values.Keys.Where(n => document.Inputs.All(i => i.Name != n)))
        {
            throw new CliException("RC020", $"\"{document.Id}\" has no input \"{name}\", which \"{file}\" gives.", "nothing was executed; nothing was written.", $"its inputs are {string.Join(", ", document.Inputs.Select(i => i.Name))}.");
        }

        return values;
    }
}
