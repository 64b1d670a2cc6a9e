using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Actions.Tests.TestKit;
using Runbook.Engine.Actions;

namespace Runbook.Actions.Tests;

/// <summary>Blobs that go from one account to another, and what tells whether they arrived.</summary>
public sealed class CopyTests
{
    [Fact]
    public async Task A_copy_is_alike_and_what_was_changed_afterwards_is_named()
    {
        await using var world = await World.ActiveAsync();
        var copy = await Scenes.WithSecondAccountAsync(world);
        var compare = Json("""{"account":"stkvdatatest","to":"stkvcopytest","container":"hsm-backup"}""");
        await WriteAsync(world, "stkvdatatest", "second.json", "two");
        copy["blobs"]!.AsArray().Add((JsonNode)"second.json");

        await world.DoAsync("storage.blob.copy", copy);
        var alike = await world.DoAsync("storage.container.compare", compare);
        await WriteAsync(world, "stkvcopytest", "second.json", "ten");
        await WriteAsync(world, "stkvcopytest", "third.json", "new");
        await world.DoAsync("storage.blob.delete", Json("""{"account":"stkvcopytest","container":"hsm-backup","blob":"canary.json"}"""));
        var unlike = await world.DoAsync("storage.container.compare", compare);

        Assert.True(alike.GetProperty("same").GetBoolean());
        Assert.Equal(2, alike.GetProperty("compared").GetInt32());
        Assert.False(unlike.GetProperty("same").GetBoolean());
        Assert.Equal(["canary.json"], Names(unlike, "missing"));
        Assert.Equal(["second.json"], Names(unlike, "different"));
        Assert.Equal(["third.json"], Names(unlike, "extra"));
    }

    [Fact]
    public async Task A_container_of_several_pages_is_compared_to_its_end()
    {
        await using var world = await World.StartAsync();
        var action = world.Actions.Get("storage.container.compare");
        var with = JsonElement.Parse("""{"account":"stkvdatatest","to":"stkvcopytest","container":"hsm-backup"}""");
        string[] pages =
        [
            """{"blobs":[{"name":"a","bytes":1,"md5":"x"}],"next":"2"}""", """{"blobs":[{"name":"b","bytes":1}]}""",
            """{"blobs":[{"name":"a","bytes":1,"md5":"x"}],"next":"2"}""", """{"blobs":[{"name":"b","bytes":1}]}""",
        ];
        var answers = ImmutableArray<CallAnswer>.Empty;
        var asked = new List<string>();
        while (action.Next(with, answers) is ActionStep.MakeCall { Call: var call })
        {
            asked.Add(call.Url.Replace("https://", "", StringComparison.Ordinal).Split('.')[0] + (call.Url.EndsWith("&marker=2", StringComparison.Ordinal) ? " 2" : ""));
            answers = answers.Add(new CallAnswer { Status = 200, Observed = JsonElement.Parse(pages[answers.Length]) });
        }

        var result = ((ActionStep.Finished)action.Next(with, answers)).Result;

        Assert.Equal(["stkvdatatest", "stkvdatatest 2", "stkvcopytest", "stkvcopytest 2"], asked);
        Assert.Equal(2, result.GetProperty("compared").GetInt32());
        Assert.Equal(["b"], Names(result, "unknown"));
        Assert.False(result.GetProperty("same").GetBoolean());
    }

    [Fact]
    public async Task Who_may_not_read_the_source_copies_nothing_and_neither_does_who_names_none()
    {
        await using var world = await World.ActiveAsync();
        var copy = await Scenes.WithSecondAccountAsync(world);
        var writer = world.Azure.Principals.Create(Simulator.PrincipalKind.ServicePrincipal, "writer");
        await world.DoAsync("authorization.role-assignment.create", new JsonObject { ["scope"] = $"{world.GroupId}/providers/Microsoft.Storage/storageAccounts/stkvcopytest", ["role"] = "Storage Blob Data Contributor", ["principal"] = writer.ObjectId });
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(10));

        var refused = await world.RunAsync("storage.blob.copy", copy, world.ActionsOf(writer));
        copy["blobs"] = new JsonArray("nothing.json");
        var absent = await world.RunAsync("storage.blob.copy", copy);

        Assert.Equal((403, "CannotVerifyCopySource"), (refused.Last.Status, refused.Last.Error!.Code));
        Assert.Equal((404, "CannotVerifyCopySource"), (absent.Last.Status, absent.Last.Error!.Code));
    }

    private static Task WriteAsync(World world, string account, string blob, string text) =>
        world.DoAsync("storage.blob.write", new JsonObject { ["account"] = account, ["container"] = "hsm-backup", ["blob"] = blob, ["text"] = text });

    private static string[] Names(JsonElement result, string member) => [.. result.GetProperty(member).EnumerateArray().Select(n => n.GetString()!)];

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
