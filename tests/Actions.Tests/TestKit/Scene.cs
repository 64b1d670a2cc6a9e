using System.Text.Json.Nodes;

namespace Runbook.Actions.Tests.TestKit;

/// <summary>A place on the embedded Azure in which an action succeeds.</summary>
/// <param name="Action">The action.</param>
/// <param name="Arrange">Makes what it needs, and gives its arguments.</param>
/// <param name="Active">Whether it starts with an active HSM; else with an empty resource group.</param>
internal sealed record Scene(string Action, Func<World, Task<JsonObject>> Arrange, bool Active = true)
{
    /// <summary>For arguments that need nothing made.</summary>
    public Scene(string action, string with, bool active = true)
        : this(action, _ => Task.FromResult(JsonNode.Parse(with)!.AsObject()), active)
    {
    }

    /// <summary>Opens the place.</summary>
    public async Task<(World World, JsonObject With)> OpenAsync()
    {
        var world = Active ? await World.ActiveAsync() : await World.StartAsync();
        return (world, await Arrange(world));
    }
}
