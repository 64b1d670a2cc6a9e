using System.Text.Json.Nodes;

namespace Runbook.Actions;

/// <summary>The block by which a resource is given identities.</summary>
internal static class ManagedIdentity
{
    /// <summary>User-assigned ones.</summary>
    /// <param name="ids">Their ids; those that are <see langword="null"/> are none.</param>
    public static JsonObject UserAssigned(params ReadOnlySpan<string?> ids)
    {
        var all = new JsonObject();
        foreach (var id in ids)
        {
            if (id is not null) all[id] = new JsonObject();
        }

        return new JsonObject { ["type"] = "UserAssigned", ["userAssignedIdentities"] = all };
    }

    /// <summary>One that comes and goes with the resource.</summary>
    public static JsonObject OfItsOwn() => new() { ["type"] = "SystemAssigned" };
}
