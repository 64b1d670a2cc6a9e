using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.ResourceManager;
using Azure.ResourceManager.Resources;
using Runbook.Simulator.Tests.TestKit;

namespace Runbook.Simulator.Tests;

/// <summary>The official clients, unmodified but for the transport underneath them.</summary>
public sealed class SdkTests
{
    [Fact]
    public async Task The_resource_manager_client_makes_a_managed_hsm_and_waits_for_it()
    {
        await using var world = await World.StartAsync(options => options with
        {
            PollsMoveClock = true,
            Timings = new SimulatorTimings { RetryAfter = TimeSpan.FromSeconds(1), HsmProvisioningAtLeast = TimeSpan.FromSeconds(3), HsmProvisioningAtMost = TimeSpan.FromSeconds(3), HsmDeletion = TimeSpan.FromSeconds(2) },
        });
        var arm = Client(world);
        var id = new ResourceIdentifier($"{world.Group}/providers/Microsoft.KeyVault/managedHSMs/kv-sdk");
        var operation = await arm.GetGenericResources().CreateOrUpdateAsync(WaitUntil.Completed, id, HsmOf(world), World.Stop);
        var properties = operation.Value.Data.Properties.ToString();

        Assert.Contains("\"provisioningState\":\"Succeeded\"", properties, StringComparison.Ordinal);
        Assert.Contains("\"activationStatus\":\"NotActivated\"", properties, StringComparison.Ordinal);
        await arm.GetGenericResource(id).DeleteAsync(WaitUntil.Completed, World.Stop);
        var missing = await Assert.ThrowsAsync<RequestFailedException>(() => arm.GetGenericResource(id).GetAsync(World.Stop));
        Assert.Equal((404, "ResourceNotFound"), (missing.Status, missing.ErrorCode));
    }

    [Fact]
    public async Task The_resource_manager_client_sees_groups_and_subscriptions()
    {
        await using var world = await World.StartAsync();
        var subscription = await Client(world).GetDefaultSubscriptionAsync(World.Stop);
        await subscription.GetResourceGroups().CreateOrUpdateAsync(WaitUntil.Completed, "rg-sdk", new ResourceGroupData(AzureLocation.WestEurope), World.Stop);
        var names = new List<string>();
        await foreach (var group in subscription.GetResourceGroups().GetAllAsync(cancellationToken: World.Stop))
            names.Add(group.Data.Name);

        Assert.Equal(world.Azure.SubscriptionId, subscription.Data.SubscriptionId);
        Assert.Equal(["rg-sdk", "rg-test"], names);
    }

    [Fact]
    public async Task A_wrong_secret_is_an_authentication_failure_that_is_not_retried()
    {
        await using var world = await World.StartAsync();
        var credential = new ClientSecretCredential(world.Azure.TenantId, world.Owner.ClientId, "wrong", new ClientSecretCredentialOptions { Transport = Transport(world) });
        var failure = await Assert.ThrowsAsync<AuthenticationFailedException>(async () => await credential.GetTokenAsync(new TokenRequestContext(["https://management.azure.com/.default"]), World.Stop));

        Assert.Contains("AADSTS7000215", failure.InnerException!.ToString(), StringComparison.Ordinal);
        Assert.Single(world.Azure.Calls.Since(), call => call.Url.EndsWith("/token", StringComparison.Ordinal) && call.Status == 401);
    }

    [Fact]
    public async Task A_throttled_call_is_tried_again_by_the_client()
    {
        await using var world = await World.StartAsync();
        var arm = Client(world);
        world.Azure.Faults.Arm(new FaultRule { Kind = FaultKind.Throttle, Host = "management.azure.com", Count = 2, RetryAfter = 0 });
        var subscription = await arm.GetDefaultSubscriptionAsync(World.Stop);

        Assert.Equal("Runbook rehearsal", subscription.Data.DisplayName);
    }

    private static HttpClientTransport Transport(World world) => new(world.Azure.CreateHandler());

    private static ArmClient Client(World world)
    {
        var credential = new ClientSecretCredential(world.Azure.TenantId, world.Owner.ClientId, world.Owner.Secret, new ClientSecretCredentialOptions { Transport = Transport(world) });
        var options = new ArmClientOptions { Transport = Transport(world) };
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        return new ArmClient(credential, world.Azure.SubscriptionId, options);
    }

    private static GenericResourceData HsmOf(World world) => new(AzureLocation.EastUS2)
    {
        Sku = new Azure.ResourceManager.Resources.Models.ResourcesSku { Name = "Standard_B1", Family = "B" },
        Properties = BinaryData.FromObjectAsJson(new { initialAdminObjectIds = new[] { world.Owner.ObjectId }, softDeleteRetentionInDays = 7 }),
    };
}
