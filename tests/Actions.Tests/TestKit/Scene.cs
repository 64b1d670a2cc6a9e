using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Runbook.Simulator;

namespace Runbook.Actions.Tests.TestKit;

/// <summary>A place on the embedded Azure in which an action succeeds.</summary>
/// <param name="Action">The action.</param>
/// <param name="Arrange">Makes what it needs, and gives its arguments.</param>
/// <param name="Active">Whether it starts with an active HSM; else with an empty resource group.</param>
internal sealed record Scene(string Action, Func<World, Task<JsonObject>> Arrange, bool Active = true)
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<Arranged>>> Known = new();

    /// <summary>For arguments that need nothing made.</summary>
    public Scene(string action, string with, bool active = true)
        : this(action, _ => Task.FromResult(JsonNode.Parse(with)!.AsObject()), active)
    {
    }

    /// <summary>Opens the place: it is arranged once, and every test starts from what that left.</summary>
    /// <param name="overHttps">Whether it is reached over HTTPS, as a profile leads to it; <see langword="null"/> for what all of them are.</param>
    public async Task<(World World, JsonObject With)> OpenAsync(bool? overHttps = null)
    {
        var arranged = await Known.GetOrAdd(Action, _ => new(ArrangeAsync)).Value;
        var world = await World.FromAsync(arranged.Estate, overHttps);
        foreach (var (name, content) in arranged.Files) world.Files.Write(name, content);
        return (world, JsonNode.Parse(arranged.With)!.AsObject());
    }

    private async Task<Arranged> ArrangeAsync()
    {
        await using var world = Active ? await World.ActiveAsync() : await World.StartAsync();
        var with = await Arrange(world);
        var files = Directory.EnumerateFiles(world.Files.Path).ToImmutableDictionary(f => Path.GetFileName(f), File.ReadAllBytes);
        return new Arranged(world.Azure.State.Export(EstateSecrets.Included), files, with.ToJsonString());
    }

    private sealed record Arranged(string Estate, ImmutableDictionary<string, byte[]> Files, string With);
}
