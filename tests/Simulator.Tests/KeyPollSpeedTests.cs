using System.Diagnostics;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>Runs alone, so that what is measured is its own.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>How fast resources ask for their keys as virtual time passes.</summary>
[Collection(nameof(Alone))]
public sealed class KeyPollSpeedTests
{
    [Fact]
    public async Task A_day_with_fifty_resources_polling_takes_less_than_two_seconds()
    {
        await using var world = await World.StartAsync();
        var hsm = await world.ActiveHsmAsync();
        await world.KeyAsync(hsm, "cmk");
        var identity = world.Azure.Principals.Create(PrincipalKind.ManagedIdentity, "id-service");
        (await world.GrantAsync(hsm, "/keys", Roles.ServiceEncryption, identity.ObjectId)).Expect(201);
        var book = world.Azure.Core.KeyLinks;
        var profile = book.Register(new KeyLinkProfile { Name = "test", Poll = TimeSpan.FromMinutes(10), Cached = TimeSpan.FromMinutes(10), PollBroken = TimeSpan.FromMinutes(10), Follow = TimeSpan.FromDays(1) });
        Assert.True(KeyIdentifier.TryParse($"https://{hsm}.managedhsm.azure.net/keys/cmk", out var key));
        for (var i = 0; i < 50; i++)
        {
            var resource = $"{world.Group}/providers/Microsoft.Test/things/resource-{i}";
            var request = new KeyLinkRequest { Profile = profile, Id = KeyLink.IdOf(resource, "data"), ResourceId = resource, Region = "eastus2", Key = key, PrincipalId = identity.ObjectId };
            Assert.Null(book.TryBind(request, world.Azure.Clock.GetUtcNow(), out var link));
            world.Azure.Core.Estate.Write(world.Azure.Clock.GetUtcNow(), tx =>
            {
                book.Put(tx, link);
                return true;
            });
        }
        var before = world.Azure.Calls.Last;
        var processor = Environment.CpuUsage.TotalTime;
        var watch = Stopwatch.StartNew();
        world.Azure.Clock.Advance(TimeSpan.FromDays(1));
        var took = watch.Elapsed;
        processor = Environment.CpuUsage.TotalTime - processor;

        TestContext.Current.TestOutputHelper?.WriteLine($"{took.TotalMilliseconds:F0} ms, {processor.TotalMilliseconds:F0} ms of processors");
        Assert.Equal(50 * 145, world.Azure.Calls.Last - before);
        // Other processes of a busy machine count in the first and not in the second.
        Assert.True(took < TimeSpan.FromSeconds(2) || processor < TimeSpan.FromSeconds(2), $"{took.TotalMilliseconds:F0} ms, {processor.TotalMilliseconds:F0} ms of processors");
    }
}
