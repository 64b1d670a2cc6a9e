using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Actions.Tests.TestKit;

namespace Runbook.Actions.Tests;

/// <summary>A security domain in its holders' hands: challenges, and the restore file.</summary>
public sealed class CustodyTests
{
    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();

    private static async Task<World> WithDomainAsync()
    {
        var world = await World.ActiveAsync();
        await world.DoAsync("keyvault.security-domain.download", new JsonObject { ["hsm"] = World.Hsm, ["certificates"] = world.Certificates(), ["quorum"] = 2, ["file"] = "domain.json" });
        return world;
    }

    private static async Task<JsonElement> ChallengeAsync(World world) =>
        await world.DoAsync("local.challenge.make", Json("""{"domain":"domain.json","certificates":["holder1.cer","holder2.cer","holder3.cer"],"file":"challenge.json"}"""));

    private static string Answer(World world, int holder)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(world.Files.In("challenge.json")));
        var challenge = document.RootElement.GetProperty("challenges")[holder - 1].GetProperty("challenge").GetBytesFromBase64();
        return Convert.ToHexStringLower(SHA256.HashData(Holders.Key(holder).Decrypt(challenge, RSAEncryptionPadding.OaepSHA256)));
    }

    private static Task<JsonElement> CheckAsync(World world, JsonElement made, params (string Person, string Answer)[] answers) => world.DoAsync("local.challenge.check", new JsonObject
    {
        ["challenges"] = JsonNode.Parse(made.GetProperty("challenges").GetRawText()),
        ["owners"] = new JsonArray("bob", "carol", "dave"),
        ["answers"] = new JsonArray([.. answers.Select(a => (JsonNode)a.Answer)]),
        ["answerers"] = new JsonArray([.. answers.Select(a => (JsonNode)a.Person)]),
        ["required"] = made.GetProperty("required").GetInt32(),
    });

    [Fact]
    public async Task Each_holder_is_proven_by_their_own_answer()
    {
        await using var world = await WithDomainAsync();
        var made = await ChallengeAsync(world);

        var told = await CheckAsync(world, made, ("dave", Answer(world, 3)), ("bob", Answer(world, 1)), ("carol", Answer(world, 2)));

        Assert.Equal("""["bob","carol","dave"]""", told.GetProperty("proven").GetRawText());
        Assert.Equal((1, 1, false), (told.GetProperty("spare").GetInt32(), told.GetProperty("afterTwoLeave").GetInt32(), told.GetProperty("survivesTwo").GetBoolean()));
    }

    [Fact]
    public async Task An_answer_that_somebody_else_gives_proves_nothing()
    {
        await using var world = await WithDomainAsync();
        var made = await ChallengeAsync(world);

        var told = await CheckAsync(world, made, ("bob", Answer(world, 1)), ("bob", Answer(world, 2)), ("carol", "wrong"), ("dave", Answer(world, 1)));

        Assert.Equal("""["carol","dave"]""", told.GetProperty("unproven").GetRawText());
        Assert.Equal(-1, told.GetProperty("spare").GetInt32());
    }

    [Fact]
    public async Task What_is_journalled_of_a_challenge_does_not_hold_its_answer()
    {
        await using var world = await WithDomainAsync();

        var made = await ChallengeAsync(world);

        Assert.DoesNotContain(Answer(world, 1), made.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain(Answer(world, 1), await File.ReadAllTextAsync(world.Files.In("challenge.json"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_without_a_share_is_never_proven()
    {
        await using var world = await WithDomainAsync();
        world.Files.Write("holder4.cer", Holders.Certificate(4));

        var made = await world.DoAsync("local.challenge.make", Json("""{"domain":"domain.json","certificates":["holder1.cer","holder2.cer","holder4.cer"],"file":"challenge.json"}"""));

        Assert.Equal([true, true, false], made.GetProperty("challenges").EnumerateArray().Select(c => c.GetProperty("share").GetBoolean()));
        using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(world.Files.In("challenge.json"), TestContext.Current.CancellationToken));
        var value = Holders.Key(4).Decrypt(document.RootElement.GetProperty("challenges")[2].GetProperty("challenge").GetBytesFromBase64(), RSAEncryptionPadding.OaepSHA256);
        var told = await CheckAsync(world, made, ("dave", Convert.ToHexStringLower(SHA256.HashData(value))));
        Assert.Contains("dave", told.GetProperty("unproven").EnumerateArray().Select(p => p.GetString()));
    }

    [Theory]
    [InlineData("""["opened1.bin"]""", "openings")]
    [InlineData("""["opened1.bin","opened1.bin"]""", "TooFewShares")]
    [InlineData("""["opened1.bin","garbage.bin"]""", "OpeningUnreadable")]
    public async Task One_holder_twice_or_a_broken_opening_makes_no_restore_file(string openings, string code)
    {
        await using var world = await World.ActiveAsync();
        await Scenes.InRecoveryAsync(world);
        File.Delete(world.Files.In("restore.json"));
        world.Files.Write("garbage.bin", new byte[384]);
        var with = Json($$"""{"domain":"domain.json","openings":{{openings}},"key":"sealing.pem","transfer":"transfer.cer","output":"restore.json"}""");
        if (code == "openings")
        {
            Assert.NotEmpty(world.Actions.Get("local.security-domain.restore-file").Descriptor.With.Check(JsonElement.Parse(with.ToJsonString())));
            return;
        }

        var end = await world.RunAsync("local.security-domain.restore-file", with);

        Assert.Equal(code, end.Last.Error!.Code);
        Assert.False(File.Exists(world.Files.In("restore.json")));
    }

    [Fact]
    public async Task A_restore_file_for_another_transfer_key_fails_in_the_HSM_and_says_why()
    {
        await using var world = await World.ActiveAsync();
        await Scenes.InRecoveryAsync(world);
        await world.DoAsync("local.security-domain.restore-file", Json("""{"domain":"domain.json","openings":["opened1.bin","opened3.bin"],"key":"sealing.pem","transfer":"holder2.cer","output":"other.json"}"""));

        var end = await world.RunAsync("keyvault.security-domain.upload", Json("""{"hsm":"kv-hsm-new","file":"other.json"}"""));

        Assert.Equal("OperationFailed", end.Last.Error!.Code);
        Assert.Contains("transfer key", end.Last.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sealing_keys_private_half_is_readable_by_its_owner_only()
    {
        await using var world = await World.StartAsync();

        await world.DoAsync("local.sealing-key.make", Json("""{"certificate":"sealing.cer","key":"sealing.pem"}"""));

        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(world.Files.In("sealing.pem")));
    }
}
