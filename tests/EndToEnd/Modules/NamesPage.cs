using System.Text.RegularExpressions;
using Runbook.TestKit;

namespace Runbook.EndToEnd.Modules;

/// <summary><c>modules/names.md</c>: what each side calls the same thing.</summary>
/// <param name="Sections">A pair of types each; the second is missing where only Terraform has such a resource.</param>
public sealed record NamesPage(IReadOnlyList<NamesSection> Sections)
{
    /// <summary>The page as it stands.</summary>
    public static NamesPage Read()
    {
        var sections = new List<NamesSection>();
        foreach (var line in File.ReadLines(Repository.In("modules", "names.md")))
        {
            if (line.StartsWith("### ", StringComparison.Ordinal))
            {
                var types = line.Split('`');
                sections.Add(new NamesSection(types[1], types.Length > 3 ? types[3] : null, []));
            }
            else if (line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| Terraform", StringComparison.Ordinal))
            {
                var cells = line.Split('|', StringSplitOptions.TrimEntries);
                sections[^1].Rows.Add(new NamesRow(cells[1], cells[2], cells[3]));
            }
        }

        return new NamesPage(sections);
    }

    /// <summary>How two estates differ; empty where they are the same.</summary>
    /// <param name="terraform">The one that Terraform would make.</param>
    /// <param name="bicep">The one that Bicep would make.</param>
    public IReadOnlyList<string> Compare(IReadOnlyList<Reading> terraform, IReadOnlyList<Reading> bicep)
    {
        var found = new List<string>();
        found.AddRange(Unlisted(terraform, s => s.Terraform, r => r.Terraform));
        found.AddRange(Unlisted(bicep, s => s.Bicep, r => r.Bicep));
        foreach (var section in Sections.Where(s => s.Bicep is not null))
        {
            var left = Described(section, terraform.Where(r => r.Type == section.Terraform), (row, reading) => row.OfTerraform(reading));
            var right = Described(section, bicep.Where(r => r.Type == section.Bicep), (row, reading) => row.OfBicep(reading));
            found.AddRange(left.Except(right).Select(d => $"only Terraform, {section.Terraform}: {d}"));
            found.AddRange(right.Except(left).Select(d => $"only Bicep, {section.Bicep}: {d}"));
            if (left.Count != right.Count) found.Add($"{section.Terraform}: {left.Count} in Terraform, {right.Count} in Bicep");
        }

        return found;
    }

    /// <summary>Rows whose names stand nowhere in these estates.</summary>
    /// <param name="readings">Both sides' resources, of several estates.</param>
    public IReadOnlyList<string> Unused(IReadOnlyList<Reading> readings)
    {
        bool Stands(string? type, string path) => path is "parent" or "scope" && !type!.StartsWith("azurerm_", StringComparison.Ordinal) || readings.Any(r => r.Type == type && r.At(path) is not null);
        return [.. from section in Sections
                   from row in section.Rows
                   from side in new[] { (Type: (string?)section.Terraform, Cell: row.Terraform), (Type: section.Bicep, Cell: row.Bicep) }
                   from path in NamesRow.Paths(side.Cell)
                   where !Stands(side.Type, path)
                   select $"{side.Type}: {path}"];
    }

    private IEnumerable<string> Unlisted(IReadOnlyList<Reading> readings, Func<NamesSection, string?> type, Func<NamesRow, string> cell)
    {
        foreach (var reading in readings)
        {
            var own = Sections.Where(s => type(s) == reading.Type).ToList();
            if (own.Count == 0) yield return $"{reading.Type} has no section";
            if (own is [{ Bicep: null }]) continue;
            var paths = own.SelectMany(s => s.Rows).SelectMany(r => NamesRow.Paths(cell(r))).ToHashSet();
            foreach (var leaf in reading.Leaves().Where(leaf => own.Count > 0 && !paths.Any(p => leaf == p || leaf.StartsWith(p + ".", StringComparison.Ordinal))))
                yield return $"{reading.Type} has no row for {leaf}";
        }
    }

    private static List<string> Described(NamesSection section, IEnumerable<Reading> readings, Func<NamesRow, Reading, string?> value) =>
        [.. readings.Select(reading => string.Join("; ", section.Rows
            .Where(row => row.Terraform != "-" && row.Bicep != "-")
            .Select(row => (row.Bicep, Value: value(row, reading)))
            .Where(v => v.Value is not null)
            .Select(v => $"{v.Bicep}={v.Value}")
            .Distinct()
            .Order(StringComparer.Ordinal)))];
}

/// <summary>One pair of types.</summary>
/// <param name="Terraform">Terraform's.</param>
/// <param name="Bicep">Azure's.</param>
/// <param name="Rows">What each calls the same thing.</param>
public sealed record NamesSection(string Terraform, string? Bicep, List<NamesRow> Rows);

/// <summary>One thing, by both names.</summary>
/// <param name="Terraform">Where it stands in Terraform, or a hyphen.</param>
/// <param name="Bicep">Where it stands in Bicep, or a hyphen.</param>
/// <param name="Note">How a value translates, or why one side lacks it.</param>
public sealed partial record NamesRow(string Terraform, string Bicep, string Note)
{
    private const string AnyVersion = "without its version";

    /// <summary>The paths in a cell.</summary>
    /// <param name="cell">Names in backquotes.</param>
    public static IEnumerable<string> Paths(string cell) => Backquoted().Matches(cell).Select(m => m.Groups["path"].Value);

    /// <summary>What Terraform says, in Bicep's words.</summary>
    /// <param name="reading">A resource.</param>
    public string? OfTerraform(Reading reading)
    {
        var value = Of(Terraform, reading);
        if (value is null) return null;
        if (Note == AnyVersion) return value.Split('@')[0];
        var words = Translation().Matches(Note).ToDictionary(m => m.Groups["from"].Value, m => m.Groups["to"].Value);
        return words.Count == 0 ? value : words.GetValueOrDefault(value, $"untranslated {value}");
    }

    /// <summary>What Bicep says.</summary>
    /// <param name="reading">A resource.</param>
    public string? OfBicep(Reading reading) => Of(Bicep, reading) is { } value && Note == AnyVersion ? value.Split('@')[0] : Of(Bicep, reading);

    // What stands beside the backquotes belongs to the value.
    private static string? Of(string cell, Reading reading)
    {
        var values = Paths(cell).Select(reading.At).ToList();
        if (values.Contains(null)) return null;
        var at = 0;
        return Backquoted().Replace(cell, _ => values[at++]!);
    }

    [GeneratedRegex("`(?<path>[^`]+)`")]
    private static partial Regex Backquoted();

    [GeneratedRegex(@"(?<from>\w+)=(?<to>\w+)")]
    private static partial Regex Translation();
}
