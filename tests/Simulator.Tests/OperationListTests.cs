using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.Server;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class OperationListTests
{
    [Fact]
    public async Task Every_operation_says_how_much_of_it_is_there()
    {
        await using var world = await World.StartAsync();
        var operations = world.Azure.Operations;

        Assert.True(operations.Count > 150, $"{operations.Count} operations");
        Assert.All(operations, operation => Assert.Contains(operation.Fidelity, (string[])["full", "part", "none"]));
        Assert.All(operations.Where(operation => operation.Fidelity != "full"), operation => Assert.False(string.IsNullOrEmpty(operation.Note), operation.Name));
        Assert.Equal(operations.Count, operations.DistinctBy(operation => (operation.Service, operation.Method, operation.Template, operation.Name)).Count());
        foreach (var service in (string[])["ResourceManager", "ManagedHsm", "Vault", "Login", "Graph", "Attestation", "LogAnalytics"])
            Assert.Contains(operations, operation => operation.Service == service);
    }

    [Fact]
    public async Task The_admin_interface_lists_the_operations()
    {
        await using var world = await World.StartAsync();
        Assert.True(RequestTarget.TryParse("/operations", out var target));
        var list = JsonNode.Parse(new AdminInterface(world.Azure).Handle("GET", target, default).Body.Span)!["operations"]!.AsArray();

        Assert.Equal(world.Azure.Operations.Count, list.Count);
        Assert.Equal("none", (string?)list.Single(operation => (string?)operation!["template"] == "/attest/TdxVm")!["simulated"]);
    }

    [Fact]
    public async Task An_operation_that_is_not_simulated_is_refused()
    {
        await using var world = await World.StartAsync();

        (await world.SendAsync("POST", "https://sharedeus2.eus2.attest.azure.net/attest/TdxVm?api-version=2022-08-01", new JsonObject(), token: "")).Refused(404, "NotFound");
    }
}
