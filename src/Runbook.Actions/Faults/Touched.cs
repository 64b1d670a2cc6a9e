using System.Text.Json;

namespace Runbook.Actions;

/// <summary>What an action touches, as other resources name it.</summary>
/// <param name="Name">For people.</param>
internal abstract record Touched(string Name)
{
    /// <summary>Whether a resource depends on it directly.</summary>
    public abstract bool IsUsedBy(JsonElement resource);
}
