using System.Diagnostics;
using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>How many key operations a managed HSM carries in a second.</summary>
public sealed class CapacityTests
{
    private const string Hsm = "kv-hsm-test";
    private const int Many = 12;

    private static Task<Reply> CreateAsync(World world, string name) =>
        world.HsmAsync("POST", Hsm, $"/keys/{name}/create", new JsonObject { ["kty"] = "EC-HSM", ["crv"] = "P-256" });

    [Fact]
    public async Task More_keys_than_one_a_second_are_refused_until_a_second_has_passed()
    {
        await using var world = await World.StartAsync(options => options with { Limits = new SimulatorLimits { ThrottleKeyOperations = true } });
        await world.ActiveHsmAsync();
        Reply? refused = null;
        for (var i = 0; i < Many && refused is null; i++)
            if (await CreateAsync(world, "k" + i) is { Status: 429 } reply)
                refused = reply;

        Assert.Equal(("Throttled", "1"), (refused?.Refused(429, "Throttled").ErrorCode, refused?.Header("Retry-After")));
        var watch = Stopwatch.StartNew();
        while ((await CreateAsync(world, "late")).Status == 429)
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), "keys are refused for good");
        (await world.HsmAsync("GET", Hsm, "/keys/late")).Expect(200);
    }

    [Fact]
    public async Task A_caller_that_asks_resource_manager_too_often_waits_and_another_does_not()
    {
        await using var world = await World.StartAsync(options => options with { Limits = new SimulatorLimits { ThrottleResourceManager = true } });
        var other = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "other");
        (await world.ArmGrantAsync(world.Subscription, Roles.Reader, other.ObjectId)).Expect(201);
        Reply? refused = null;
        for (var i = 0; i < 5000 && refused is null; i++)
            if (await world.ArmAsync("GET", world.Subscription) is { Status: 429 } reply)
                refused = reply;

        refused!.Refused(429, "SubscriptionRequestsThrottled");
        Assert.Equal(("1", "0"), (refused!.Header("Retry-After"), refused.Header("x-ms-ratelimit-remaining-subscription-reads")));
        (await world.ArmAsync("GET", world.Subscription, @as: other)).Expect(200);
        var watch = Stopwatch.StartNew();
        while ((await world.ArmAsync("GET", world.Subscription)).Status == 429)
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), "the caller is refused for good");
    }

    [Fact]
    public async Task Nothing_is_refused_unless_it_was_asked_for()
    {
        await using var world = await World.StartAsync();
        await world.ActiveHsmAsync();

        for (var i = 0; i < Many; i++)
            (await CreateAsync(world, "k" + i)).Expect(200);
    }
}
