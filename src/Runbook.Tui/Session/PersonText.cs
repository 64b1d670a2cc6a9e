namespace Runbook.Tui;

/// <summary>How people are called in sentences.</summary>
internal static class PersonText
{
    /// <summary>The person's name, or the roster id with a capital.</summary>
    public static string Name(ConsoleSettings settings, string person)
    {
        if (settings.Names.TryGetValue(person, out var name) && name.Length > 0) return name;
        return person.Length == 0 ? "nobody" : char.ToUpperInvariant(person[0]) + person[1..];
    }

    /// <summary>"Bob's", "Niaj's", "James'".</summary>
    public static string Possessive(string name) => name.EndsWith('s') ? name + "'" : name + "'s";

    /// <summary>"Bob", "Bob and Carol", "Bob, Carol and Dave".</summary>
    public static string List(IReadOnlyList<string> names) => names.Count switch
    {
        0 => "nobody",
        1 => names[0],
        _ => string.Join(", ", names.Take(names.Count - 1)) + " and " + names[^1],
    };

    /// <summary>"1 more item", "2 more items".</summary>
    public static string Count(int count, string one) => count == 1 ? $"1 {one}" : $"{count} {one}s";
}
