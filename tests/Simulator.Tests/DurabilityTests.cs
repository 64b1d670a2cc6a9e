using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class DurabilityTests
{
    private static readonly EmbeddedAzureOptions Standing = new() { Clock = ClockMode.Standing, StartAt = new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero) };

    [Fact]
    public async Task A_restart_finds_the_world_and_the_clock_as_they_were()
    {
        using var scratch = new Scratch();
        string before;
        await using (var world = await World.StartAsync(options => options with { StateFile = scratch.File("state.db") }))
        {
            await world.ActiveHsmAsync();
            await world.KeyAsync("kv-hsm-test", "k");
            before = world.Azure.State.Export(EstateSecrets.Included);
        }

        await using var again = World.Around(await EmbeddedAzure.StartAsync(Standing with { StateFile = scratch.File("state.db"), StartAt = null }, World.Stop));
        Assert.Equal(before, again.Azure.State.Export(EstateSecrets.Included));
        (await again.HsmAsync("GET", "kv-hsm-test", "/keys/k")).Expect(200);
        Assert.True(again.Azure.Calls.Since().Count > 5);
    }

    [Fact]
    public async Task A_half_made_operation_goes_on_after_a_restart()
    {
        using var scratch = new Scratch();
        string id, poll;
        await using (var world = await World.StartAsync(options => options with { StateFile = scratch.File("state.db") }))
        {
            id = $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/kv-half";
            poll = (await world.ArmAsync("PUT", id, World.HsmBody(world.Owner.ObjectId))).Expect(202).Header("Location")!;
            world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));
        }

        await using var again = World.Around(await EmbeddedAzure.StartAsync(Standing with { StateFile = scratch.File("state.db"), StartAt = null }, World.Stop));
        (await again.GetAsync(poll)).Expect(202);
        again.Azure.Clock.Advance(TimeSpan.FromMinutes(15));
        (await again.GetAsync(poll)).Expect(200);
    }

    [Fact]
    public async Task What_was_acknowledged_is_in_the_file_before_the_answer_leaves()
    {
        using var scratch = new Scratch();
        await using var world = await World.StartAsync(options => options with { StateFile = scratch.File("state.db") });
        for (var i = 0; i < 5; i++)
        {
            (await world.ArmAsync("PUT", $"{world.Subscription}/resourceGroups/rg-{i}", new JsonObject { ["location"] = "eastus2" })).Expect(201);
            var copy = scratch.File($"copy-{i}.db");
            foreach (var suffix in (string[])["", "-wal"])
                if (File.Exists(scratch.File("state.db" + suffix)))
                    CopyOpenFile(scratch.File("state.db" + suffix), copy + suffix);

            await using var other = World.Around(await EmbeddedAzure.StartAsync(Standing with { StateFile = copy, StartAt = null }, World.Stop));
            (await other.ArmAsync("GET", $"{world.Subscription}/resourceGroups/rg-{i}")).Expect(200);
            Assert.Contains(other.Azure.Calls.Since(), call => call.Method == "PUT" && call.Url.Contains($"rg-{i}?", StringComparison.Ordinal) && call.Status == 201);
        }
    }

    [Fact]
    public async Task A_second_simulator_on_the_same_file_is_refused()
    {
        using var scratch = new Scratch();
        await using var world = await World.StartAsync(options => options with { StateFile = scratch.File("state.db") });

        var refused = await Assert.ThrowsAsync<StateFileException>(() => EmbeddedAzure.StartAsync(Standing with { StateFile = scratch.File("state.db") }, World.Stop));
        Assert.Equal("RS202", refused.Code);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_and_left_alone()
    {
        using var scratch = new Scratch();
        await File.WriteAllTextAsync(scratch.File("state.db"), new string('x', 5000), World.Stop);

        var refused = await Assert.ThrowsAsync<StateFileException>(() => EmbeddedAzure.StartAsync(Standing with { StateFile = scratch.File("state.db") }, World.Stop));
        Assert.Equal("RS202", refused.Code);
        Assert.Equal(new string('x', 5000), await File.ReadAllTextAsync(scratch.File("state.db"), World.Stop));
    }

    [Fact]
    public async Task A_faulty_clock_position_survives_a_jump()
    {
        using var scratch = new Scratch();
        DateTimeOffset at;
        await using (var world = await World.StartAsync(options => options with { StateFile = scratch.File("state.db") }))
            at = world.Azure.Clock.Advance(TimeSpan.FromDays(40));

        await using var again = await EmbeddedAzure.StartAsync(Standing with { StateFile = scratch.File("state.db"), StartAt = null }, World.Stop);
        Assert.Equal(at, again.Clock.GetUtcNow());
    }

    [Fact]
    public async Task The_same_calls_with_the_same_seed_make_the_same_estate()
    {
        async Task<string> MakeAsync()
        {
            await using var world = await World.StartAsync();
            await world.ActiveHsmAsync();
            await world.KeyAsync("kv-hsm-test", "k");
            return world.Azure.State.Export(EstateSecrets.Repeatable);
        }

        Assert.Equal(await MakeAsync(), await MakeAsync());
    }

    [Fact]
    public async Task Many_writers_at_once_are_all_durable()
    {
        using var scratch = new Scratch();
        await using (var world = await World.StartAsync(options => options with { StateFile = scratch.File("state.db") }))
        {
            await world.TokenAsync("https://management.azure.com", world.Owner);
            await Task.WhenAll(Enumerable.Range(0, 200).Select(i =>
                world.ArmAsync("PUT", $"{world.Subscription}/resourceGroups/rg-{i}", new JsonObject { ["location"] = "eastus2" })));
        }

        await using var again = World.Around(await EmbeddedAzure.StartAsync(Standing with { StateFile = scratch.File("state.db"), StartAt = null }, World.Stop));
        Assert.Equal(201, (await again.ArmAsync("GET", $"{again.Subscription}/resourceGroups")).Expect(200).Json["value"]!.AsArray().Count);
    }

    private static void CopyOpenFile(string from, string to)
    {
        using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var target = new FileStream(to, FileMode.Create);
        source.CopyTo(target);
    }
}
