using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>How resources ask for their keys as virtual time passes; how fast that goes is measured in <c>bench/</c>.</summary>
public sealed class KeyPollTests
{
    [Fact]
    public async Task A_day_with_fifty_resources_asks_for_every_key_on_its_schedule()
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
        world.Azure.Clock.Advance(TimeSpan.FromDays(1));

        // 144 polls, and one look for a newer version, each.
        Assert.Equal(50 * 145, world.Azure.Calls.Last - before);
    }
}
