using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>
/// The calls that make the shipped estates. After a change: <c>RUNBOOK_ACCEPT=1</c> writes the files anew; a commit says why.
/// </summary>
internal static class EstateRecipes
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    private static readonly Dictionary<string, Func<World, Task>> Recipes = new(StringComparer.Ordinal)
    {
        ["empty"] = EmptyAsync,
    };

    public static IEnumerable<string> Names => Recipes.Keys;

    public static async Task<EmbeddedAzure> MakeAsync(string name)
    {
        var azure = await EmbeddedAzure.StartAsync(new EmbeddedAzureOptions { Clock = ClockMode.Standing, StartAt = Start, Seed = "estate/" + name }, World.Stop);
        await Recipes[name](World.Around(azure));
        Assert.Empty(azure.OwnFailures);
        return azure;
    }

    /// <summary>A subscription, a resource group, an operator who is Contributor of the group and Reader of the rest, two groups of people.</summary>
    private static async Task EmptyAsync(World world)
    {
        var group = $"{world.Subscription}/resourceGroups/rg-runbook";
        (await world.ArmAsync("PUT", group, new JsonObject { ["location"] = "eastus2" }, version: "2021-04-01")).Expect(201);
        var operatorPerson = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "operator");
        world.Azure.Principals.Create(PrincipalKind.Group, "officers", "6f1d2a34-0c5b-4e7f-9a81-2b3c4d5e6f70");
        world.Azure.Principals.Create(PrincipalKind.Group, "auditors", "7a2e3b45-1d6c-4f80-8b92-3c4d5e6f7081");
        (await world.ArmGrantAsync(group, Roles.Contributor, operatorPerson.ObjectId)).Expect(201);
        (await world.ArmGrantAsync(world.Subscription, Roles.Reader, operatorPerson.ObjectId)).Expect(201);
    }
}
