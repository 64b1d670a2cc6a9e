using System.Text.Json;

namespace Runbook.Actions.Tests;

/// <summary>What the reading before an action told, for those whose inverse needs it.</summary>
internal static class Readings
{
    private static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        ["keyvault.role-assignment.create"] = """{"value":[]}""",
    };

    /// <summary>The reading's result.</summary>
    public static JsonElement For(string action) => JsonElement.Parse(Known[action]);
}
