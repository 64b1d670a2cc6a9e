using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Runbook.Language.Yaml;

namespace Runbook.Language.Parsing;

/// <summary>What names of variables, roles and environments look like.</summary>
internal static partial class Names
{
    /// <summary>Variables that the session itself brings.</summary>
    public static readonly FrozenSet<string> Session = FrozenSet.ToFrozenSet(["operator", "session", "environment"], StringComparer.Ordinal);

    /// <summary>Members of a result that are the engine's.</summary>
    public static readonly FrozenSet<string> Result = FrozenSet.ToFrozenSet(["status", "error", "elapsedMs"], StringComparer.Ordinal);

    /// <summary>Whether a variable may have this name; a finding when not.</summary>
    public static bool CheckVariable(YamlScalar name, DiagnosticBag found, string what)
    {
        if (Session.Contains(name.Value) || name.Value == "undo")
        {
            found.Add(Rules.BadName, name.Span, $"{what} can't be named '{name.Value}': the session has a variable of that name.", "Choose another name.");
            return false;
        }

        if (VariableReference.IsName(name.Value)) return true;
        found.Add(Rules.BadName, name.Span, $"{what} can't be named '{name.Value}'.", "Use at most 64 letters, digits and underscores, beginning with a letter.");
        return false;
    }

    /// <summary>Whether a text is a role's or an environment's name.</summary>
    public static bool IsWord(string text) => WordPattern().IsMatch(text);

    /// <summary>Whether a text is a runbook's id.</summary>
    public static bool IsId(string text) => IdPattern().IsMatch(text);

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,31}\z", RegexOptions.CultureInvariant)]
    private static partial Regex WordPattern();

    [GeneratedRegex(@"^[a-z0-9]+(-[a-z0-9]+)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern();
}
