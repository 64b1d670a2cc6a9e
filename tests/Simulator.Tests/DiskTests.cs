using System.Text.Json.Nodes;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

public sealed class DiskTests
{
    private const string Both = "EncryptionAtRestWithPlatformAndCustomerKeys";
    private const string Version = "2023-04-02";

    private static string Set(World world, string name = "des-test") => $"{world.Group}/providers/Microsoft.Compute/diskEncryptionSets/{name}";

    private static string Disk(World world, string name = "disk-one") => $"{world.Group}/providers/Microsoft.Compute/disks/{name}";

    private static string Machine(World world) => $"{world.Group}/providers/Microsoft.Compute/virtualMachines/vm-one";

    private static Task<Reply> ArmAsync(World world, string method, string path, JsonNode? body = null, PrincipalCredential? @as = null) => world.ArmAsync(method, path, body, @as, Version);

    private static JsonObject SetBody(string kid, JsonObject? identity = null, string type = Both, bool follows = false, string location = "eastus2") => new()
    {
        ["location"] = location,
        ["identity"] = identity ?? new JsonObject { ["type"] = "SystemAssigned" },
        ["properties"] = new JsonObject { ["encryptionType"] = type, ["activeKey"] = new JsonObject { ["keyUrl"] = kid }, ["rotationToLatestKeyVersionEnabled"] = follows },
    };

    private static JsonObject DiskBody(string? set, string sku = "Premium_LRS") => new()
    {
        ["location"] = "eastus2",
        ["sku"] = new JsonObject { ["name"] = sku },
        ["properties"] = new JsonObject
        {
            ["creationData"] = new JsonObject { ["createOption"] = "Empty" },
            ["diskSizeGB"] = 128,
            ["encryption"] = set is null ? null : new JsonObject { ["diskEncryptionSetId"] = set },
        },
    };

    private static JsonObject MachineBody(string disk) => new()
    {
        ["location"] = "eastus2",
        ["properties"] = new JsonObject
        {
            ["hardwareProfile"] = new JsonObject { ["vmSize"] = "Standard_D2s_v5" },
            ["storageProfile"] = new JsonObject { ["osDisk"] = new JsonObject { ["osType"] = "Linux", ["createOption"] = "Attach", ["managedDisk"] = new JsonObject { ["id"] = disk } } },
        },
    };

    private static async Task<(World World, string Kid)> StartAsync()
    {
        var world = await World.StartAsync();
        await world.ActiveHsmAsync();
        return (world, await world.KidAsync("cmk-disks", 3072));
    }

    /// <summary>A disk under a set whose user-assigned identity may use the key, and a machine that runs from it.</summary>
    private static async Task<(World World, string Kid, string Identity, string Principal)> RunningAsync(bool follows = false)
    {
        var (world, kid) = await StartAsync();
        var (identity, principal) = await world.KeyUserAsync();
        await world.GrantKeyAsync("cmk-disks", principal);
        await world.SucceedAsync(await ArmAsync(world, "PUT", Set(world), SetBody(kid, Protected.UserAssigned(identity), follows: follows)));
        await world.SucceedAsync(await ArmAsync(world, "PUT", Disk(world), DiskBody(Set(world))));
        await world.SucceedAsync(await ArmAsync(world, "PUT", Machine(world), MachineBody(Disk(world))));
        return (world, kid, identity, principal);
    }

    private static async Task<string> PowerAsync(World world) =>
        ((string)(await ArmAsync(world, "GET", Machine(world) + "/instanceView")).Expect(200).Json["statuses"]![1]!["code"]!).Split('/')[1];

    [Fact]
    public async Task A_set_with_an_identity_of_its_own_needs_the_key_only_once_a_disk_does()
    {
        var (world, kid) = await StartAsync();
        await using var disposing = world;
        var first = await ArmAsync(world, "PUT", Set(world), SetBody(kid));
        await world.SucceedAsync(first);
        var set = (await ArmAsync(world, "GET", Set(world))).Expect(200).Json;
        Assert.Equal(("Succeeded", kid, Both), ((string?)set["properties"]!["provisioningState"], (string?)set["properties"]!["activeKey"]!["keyUrl"], (string?)set["properties"]!["encryptionType"]));

        var refused = (await ArmAsync(world, "PUT", Disk(world), DiskBody(Set(world)))).Refused(400, "KeyVaultAccessForbidden");
        Assert.Contains("to disk encryption set 'des-test'", refused.ErrorText);
        (await ArmAsync(world, "GET", Disk(world))).Refused(404, "ResourceNotFound");
        await world.GrantKeyAsync("cmk-disks", (string)set["identity"]!["principalId"]!);
        await world.SucceedAsync(await ArmAsync(world, "PUT", Disk(world), DiskBody(Set(world))));
        var disk = (await ArmAsync(world, "GET", Disk(world))).Expect(200).Json["properties"]!;
        Assert.Equal((Both, Set(world), "Unattached", "Succeeded"), ((string?)disk["encryption"]!["type"], (string?)disk["encryption"]!["diskEncryptionSetId"], (string?)disk["diskState"], (string?)disk["provisioningState"]));
    }

    [Theory]
    [InlineData("EncryptionAtRestWithCustomerKey", false)]
    [InlineData(Both, true)]
    [InlineData("ConfidentialVmEncryptedWithCustomerKey", false)]
    public async Task What_is_on_a_disk_is_encrypted_once_or_twice(string type, bool twice)
    {
        var (world, kid) = await StartAsync();
        await using var disposing = world;
        var (identity, principal) = await world.KeyUserAsync();
        await world.GrantKeyAsync("cmk-disks", principal);
        await world.SucceedAsync(await ArmAsync(world, "PUT", Set(world), SetBody(kid, Protected.UserAssigned(identity), type)));
        await world.SucceedAsync(await ArmAsync(world, "PUT", Disk(world), DiskBody(Set(world))));
        var (_, state) = Assert.Single(world.Azure.Core.Estate.Current.Scan(State.Tables.Disks));

        Assert.DoesNotContain("first block", System.Text.Encoding.UTF8.GetString(state.Content));
        Assert.Equal(twice, state.Platform is not null);
        Assert.Equal(type, (string?)(await ArmAsync(world, "GET", Disk(world))).Json["properties"]!["encryption"]!["type"]);
    }

    [Fact]
    public async Task A_set_with_a_user_assigned_identity_needs_the_key_at_once()
    {
        var (world, kid) = await StartAsync();
        await using var disposing = world;
        var (identity, principal) = await world.KeyUserAsync();
        var refused = (await ArmAsync(world, "PUT", Set(world), SetBody(kid, Protected.UserAssigned(identity)))).Refused(400, "KeyVaultAccessForbidden");
        Assert.Contains($"to user-assigned identity '{identity}'", refused.ErrorText);
        (await ArmAsync(world, "GET", Set(world))).Refused(404, "ResourceNotFound");

        await world.GrantKeyAsync("cmk-disks", principal);
        await world.SucceedAsync(await ArmAsync(world, "PUT", Set(world), SetBody(kid, Protected.UserAssigned(identity))));
    }

    [Theory]
    [InlineData("version", "InvalidParameter")]
    [InlineData("placeholder", "InvalidParameter")]
    [InlineData("vault", "InvalidParameter")]
    [InlineData("type", "InvalidParameter")]
    [InlineData("nothing", "InvalidParameter")]
    [InlineData("region", "KeyVaultAndDiskInDifferentRegions")]
    public async Task A_set_that_can_never_work_is_refused(string wrong, string code)
    {
        var (world, kid) = await StartAsync();
        await using var disposing = world;
        var body = SetBody(kid, location: wrong == "region" ? "westeurope" : "eastus2");
        var properties = body["properties"]!.AsObject();
        var versionless = kid[..kid.LastIndexOf('/')];
        switch (wrong)
        {
            case "version":
                properties["activeKey"]!["keyUrl"] = versionless;
                properties["rotationToLatestKeyVersionEnabled"] = true;
                break;
            case "placeholder":
                properties["activeKey"]!["keyUrl"] = versionless + "/<version>";
                break;
            case "vault":
                properties["activeKey"]!["sourceVault"] = new JsonObject { ["id"] = $"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/kv-hsm-test" };
                break;
            case "type":
                properties["encryptionType"] = "Other";
                break;
            case "nothing":
                properties.Remove("activeKey");
                break;
        }

        (await ArmAsync(world, "PUT", Set(world), body)).Refused(400, code);
    }

    [Theory]
    [InlineData("disabled", "KeyVaultKeyNotEnabled")]
    [InlineData("deleted", "KeyVaultKeyNotFound")]
    [InlineData("expired", "KeyVaultKeyExpired")]
    [InlineData("grant lost", "KeyVaultAccessForbidden")]
    [InlineData("network rule", "KeyVaultAccessForbidden")]
    [InlineData("unreachable", "KeyVaultUnavailable")]
    [InlineData("hsm deleted", "KeyVaultNotFound")]
    [InlineData("identity deleted", "ManagedServiceIdentityNotFound")]
    public async Task A_machine_stops_about_an_hour_after_its_key_is_lost_and_is_started_by_hand_afterwards(string fault, string code)
    {
        var (world, kid, identity, principal) = await RunningAsync();
        await using var disposing = world;
        var mend = await world.BreakAsync(fault, kid, principal, identity);
        var took = await world.WithinAsync(TimeSpan.FromMinutes(61), async () => await PowerAsync(world) == "stopped");
        Assert.InRange(took, TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(60));
        Assert.Equal("Succeeded", (string?)(await ArmAsync(world, "GET", Disk(world))).Json["properties"]!["provisioningState"]);

        (await ArmAsync(world, "POST", Machine(world) + "/start")).Refused(409, code);
        Assert.Equal("Failed", (string?)(await ArmAsync(world, "GET", Machine(world))).Json["properties"]!["provisioningState"]);
        if (fault == "identity deleted")
            return;
        await mend();
        world.Azure.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal("stopped", await PowerAsync(world));
        await world.SucceedAsync(await ArmAsync(world, "POST", Machine(world) + "/start"));
        Assert.Equal("running", await PowerAsync(world));
    }

    [Fact]
    public async Task A_deallocated_machine_does_not_start_without_its_key_even_within_the_hour()
    {
        var (world, kid, _, _) = await RunningAsync();
        await using var disposing = world;
        await world.SucceedAsync(await ArmAsync(world, "POST", Machine(world) + "/deallocate"));
        Assert.Equal("Reserved", (string?)(await ArmAsync(world, "GET", Disk(world))).Json["properties"]!["diskState"]);
        await world.EnableAsync(kid, false);

        (await ArmAsync(world, "POST", Machine(world) + "/start")).Refused(409, "KeyVaultKeyNotEnabled");
        await world.EnableAsync(kid, true);
        await world.SucceedAsync(await ArmAsync(world, "POST", Machine(world) + "/start"));
    }

    [Fact]
    public async Task A_set_that_follows_its_key_takes_the_disks_along_within_the_hour()
    {
        var (world, first, _, _) = await RunningAsync(follows: true);
        await using var disposing = world;
        var second = await world.KidAsync("cmk-disks", 3072);
        await world.WithinAsync(TimeSpan.FromMinutes(50), async () => (string?)(await ArmAsync(world, "GET", Set(world))).Json["properties"]!["activeKey"]!["keyUrl"] == second);
        var rotating = (await ArmAsync(world, "GET", Set(world))).Json["properties"]!;
        Assert.Equal(first, (string?)Assert.Single(rotating["previousKeys"]!.AsArray())!["keyUrl"]);
        Assert.NotNull((string?)rotating["lastKeyRotationTimestamp"]);
        await world.WithinAsync(TimeSpan.FromMinutes(11), async () => (await ArmAsync(world, "GET", Set(world))).Json["properties"]!["previousKeys"]!.AsArray().Count == 0);

        await world.EnableAsync(first, false);
        world.Azure.Clock.Advance(TimeSpan.FromHours(3));
        Assert.Equal("running", await PowerAsync(world));
    }

    [Fact]
    public async Task An_old_version_that_is_disabled_before_the_disks_moved_stops_the_machine()
    {
        var (world, first, _, _) = await RunningAsync();
        await using var disposing = world;
        await world.KidAsync("cmk-disks", 3072);
        await world.EnableAsync(first, false);

        await world.WithinAsync(TimeSpan.FromMinutes(61), async () => await PowerAsync(world) == "stopped");
    }

    [Fact]
    public async Task A_set_that_could_not_follow_says_why_and_waits_until_it_is_written_again()
    {
        var (world, first, _, _) = await RunningAsync(follows: true);
        await using var disposing = world;
        var second = await world.KidAsync("cmk-disks", 3072);
        await world.EnableAsync(second, false);
        await world.WithinAsync(TimeSpan.FromMinutes(61), async () => await RotationErrorAsync(world) == "KeyVaultKeyNotEnabled");
        Assert.Equal("running", await PowerAsync(world));

        await world.EnableAsync(second, true);
        world.Azure.Clock.Advance(TimeSpan.FromHours(5));
        Assert.Equal(("KeyVaultKeyNotEnabled", first), (await RotationErrorAsync(world), await ActiveKeyAsync(world)));

        await world.SucceedAsync(await ArmAsync(world, "PATCH", Set(world), new JsonObject { ["tags"] = new JsonObject { ["rotation"] = "resumed" } }));
        Assert.Null(await RotationErrorAsync(world));
        await world.WithinAsync(TimeSpan.FromMinutes(61), async () => await ActiveKeyAsync(world) == second);
        Assert.Null(await RotationErrorAsync(world));
    }

    [Fact]
    public async Task A_store_that_does_not_answer_for_a_while_stops_no_rotation()
    {
        var (world, _, _, _) = await RunningAsync(follows: true);
        await using var disposing = world;
        var second = await world.KidAsync("cmk-disks", 3072);
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(30));
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.ServerError, Host = "kv-hsm-test.*", Status = 503, Duration = TimeSpan.FromMinutes(40) });
        world.Azure.Clock.Advance(TimeSpan.FromMinutes(35));
        Assert.Null(await RotationErrorAsync(world));

        await world.WithinAsync(TimeSpan.FromMinutes(61), async () => await ActiveKeyAsync(world) == second);
        Assert.Equal("running", await PowerAsync(world));
    }

    private static async Task<string?> RotationErrorAsync(World world) => (string?)(await ArmAsync(world, "GET", Set(world))).Json["properties"]!["autoKeyRotationError"]?["code"];

    private static async Task<string?> ActiveKeyAsync(World world) => (string?)(await ArmAsync(world, "GET", Set(world))).Json["properties"]!["activeKey"]!["keyUrl"];

    [Fact]
    public async Task A_deleted_identity_ends_automatic_rotation_with_its_documented_error()
    {
        var (world, kid, identity, principal) = await RunningAsync(follows: true);
        await using var disposing = world;
        await world.BreakAsync("identity deleted", kid, principal, identity);

        await world.WithinAsync(TimeSpan.FromMinutes(61), async () => await RotationErrorAsync(world) == "ManagedServiceIdentityNotFound");
    }

    [Fact]
    public async Task Another_version_is_set_by_hand_and_the_disks_move_to_it()
    {
        var (world, first, _, _) = await RunningAsync();
        await using var disposing = world;
        var second = await world.KidAsync("cmk-disks", 3072);
        var patch = new JsonObject { ["properties"] = new JsonObject { ["activeKey"] = new JsonObject { ["keyUrl"] = second } } };
        await world.SucceedAsync(await ArmAsync(world, "PATCH", Set(world), patch));
        Assert.Equal(first, (string?)(await ArmAsync(world, "GET", Set(world))).Json["properties"]!["previousKeys"]![0]!["keyUrl"]);
        await world.WithinAsync(TimeSpan.FromMinutes(11), async () => (await ArmAsync(world, "GET", Set(world))).Json["properties"]!["previousKeys"]!.AsArray().Count == 0);
        await world.EnableAsync(first, false);
        world.Azure.Clock.Advance(TimeSpan.FromHours(3));

        Assert.Equal("running", await PowerAsync(world));
        (await ArmAsync(world, "PATCH", Set(world), new JsonObject { ["properties"] = new JsonObject { ["encryptionType"] = "EncryptionAtRestWithCustomerKey" } })).Refused(400, "PropertyChangeNotAllowed");
    }

    [Fact]
    public async Task What_is_in_use_is_not_deleted()
    {
        var (world, _, _, _) = await RunningAsync();
        await using var disposing = world;
        Assert.Equal(Disk(world), (string?)Assert.Single((await ArmAsync(world, "GET", Set(world) + "/associatedResources")).Expect(200).Json["value"]!.AsArray()));
        (await ArmAsync(world, "DELETE", Set(world))).Refused(409, "OperationNotAllowed");
        (await ArmAsync(world, "DELETE", Disk(world))).Refused(409, "OperationNotAllowed");

        await world.SucceedAsync(await ArmAsync(world, "DELETE", Machine(world)));
        await world.SucceedAsync(await ArmAsync(world, "DELETE", Disk(world)));
        await world.SucceedAsync(await ArmAsync(world, "DELETE", Set(world)));
        (await ArmAsync(world, "DELETE", Set(world))).Expect(204);
        Assert.Empty(world.Azure.Core.Estate.Current.Scan(State.Tables.KeyLinks));
    }

    [Fact]
    public async Task A_disk_does_not_go_back_to_the_platforms_key_and_moves_only_between_sets_while_its_machine_is_deallocated()
    {
        var (world, kid, identity, _) = await RunningAsync();
        await using var disposing = world;
        await world.SucceedAsync(await ArmAsync(world, "PUT", Set(world, "des-two"), SetBody(kid, Protected.UserAssigned(identity), "EncryptionAtRestWithCustomerKey")));
        var back = new JsonObject { ["properties"] = new JsonObject { ["encryption"] = new JsonObject { ["type"] = "EncryptionAtRestWithPlatformKey" } } };
        var move = new JsonObject { ["properties"] = new JsonObject { ["encryption"] = new JsonObject { ["diskEncryptionSetId"] = Set(world, "des-two") } } };
        (await ArmAsync(world, "PATCH", Disk(world), back)).Refused(400, "OperationNotAllowed");
        (await ArmAsync(world, "PATCH", Disk(world), move.DeepClone())).Refused(409, "OperationNotAllowed");

        await world.SucceedAsync(await ArmAsync(world, "POST", Machine(world) + "/deallocate"));
        await world.SucceedAsync(await ArmAsync(world, "PATCH", Disk(world), move));
        Assert.Equal("EncryptionAtRestWithCustomerKey", (string?)(await ArmAsync(world, "GET", Disk(world))).Json["properties"]!["encryption"]!["type"]);
        await world.SucceedAsync(await ArmAsync(world, "POST", Machine(world) + "/start"));
        await world.SucceedAsync(await ArmAsync(world, "DELETE", Set(world)));
    }

    [Theory]
    [InlineData("UltraSSD_LRS", "DirectDriveDiskNotSupportUserAssignedIdentityDes", "EncryptionAtRestWithCustomerKey")]
    [InlineData("PremiumV2_LRS", "InvalidParameter", Both)]
    [InlineData("Fast_LRS", "InvalidParameter", Both)]
    public async Task Some_disks_take_no_such_set(string sku, string code, string type)
    {
        var (world, kid) = await StartAsync();
        await using var disposing = world;
        var (identity, principal) = await world.KeyUserAsync();
        await world.GrantKeyAsync("cmk-disks", principal);
        await world.SucceedAsync(await ArmAsync(world, "PUT", Set(world), SetBody(kid, Protected.UserAssigned(identity), type)));

        (await ArmAsync(world, "PUT", Disk(world), DiskBody(Set(world), sku))).Refused(400, code);
    }

    [Fact]
    public async Task Using_a_set_needs_the_right_to_read_it()
    {
        var (world, kid) = await StartAsync();
        await using var disposing = world;
        await world.SucceedAsync(await ArmAsync(world, "PUT", Set(world), SetBody(kid)));
        (await world.ArmAsync("PUT", $"{world.Subscription}/resourceGroups/rg-disks", new JsonObject { ["location"] = "eastus2" })).Expect(201);
        var limited = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "limited");
        (await world.ArmGrantAsync($"{world.Subscription}/resourceGroups/rg-disks", Roles.Contributor, limited.ObjectId)).Expect(201);
        var disk = $"{world.Subscription}/resourceGroups/rg-disks/providers/Microsoft.Compute/disks/disk-one";

        (await ArmAsync(world, "PUT", disk, DiskBody(Set(world)), limited)).Refused(403, "LinkedAuthorizationFailed");
        await world.SucceedAsync(await ArmAsync(world, "PUT", disk, DiskBody(null), limited));
        Assert.Equal("EncryptionAtRestWithPlatformKey", (string?)(await ArmAsync(world, "GET", disk)).Json["properties"]!["encryption"]!["type"]);
    }

    [Fact]
    public async Task Assigning_an_identity_to_a_set_needs_the_right_to_assign_it()
    {
        var (world, kid) = await StartAsync();
        await using var disposing = world;
        var (identity, _) = await world.KeyUserAsync();
        (await world.ArmAsync("PUT", $"{world.Subscription}/resourceGroups/rg-disks", new JsonObject { ["location"] = "eastus2" })).Expect(201);
        var limited = world.Azure.Principals.Create(PrincipalKind.ServicePrincipal, "limited");
        (await world.ArmGrantAsync($"{world.Subscription}/resourceGroups/rg-disks", Roles.Contributor, limited.ObjectId)).Expect(201);

        (await ArmAsync(world, "PUT", $"{world.Subscription}/resourceGroups/rg-disks/providers/Microsoft.Compute/diskEncryptionSets/des", SetBody(kid, Protected.UserAssigned(identity)), limited))
            .Refused(403, "LinkedAuthorizationFailed");
    }
}
