using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Core.Pipeline;
using Azure.Identity;
using Runbook.Actions;
using Runbook.Engine.Actions;

namespace Runbook.Bench;

/// <summary>The blast radius of a key with 10,000 dependants in three levels: sets under the key, disks in the sets, machines on the disks.</summary>
internal static class Radius
{
    private const int Sets = 100;
    private const int DisksOfSet = 50;
    private const int Machines = 4900;

    /// <summary>How many depend on the key.</summary>
    public const int Dependants = Sets + (Sets * DisksOfSet) + Machines;

    /// <summary>Measures it as a console does: over HTTPS, from a process of its own.</summary>
    /// <returns>How long each of several took, sorted.</returns>
    public static async Task<List<TimeSpan>> MeasureAsync(Simulated azure, int repetitions)
    {
        var state = await azure.StateAsync();
        Fill(state, azure.Group[azure.Group.IndexOf("/subscriptions/", StringComparison.Ordinal)..]);
        await azure.ReplaceAsync(state);
        using var transport = new HttpClientTransport(azure.NewHandler());
        var environment = new AzureEnvironment
        {
            TenantId = azure.Tenant,
            SubscriptionId = azure.Subscription,
            ResourceGroup = "rg-bench",
            Label = "bench",
            Credential = new ClientSecretCredential(azure.Tenant, azure.Client.Id, azure.Client.Secret, new ClientSecretCredentialOptions { Transport = transport }),
            Transport = transport,
        };
        var radius = new AzureBlastRadius(environment);
        var context = new ActionContext { ClientRequestId = "00000000-0000-0000-0000-000000000001", Time = TimeProvider.System, FilesFolder = "", OpenArtifact = static _ => null };
        var with = JsonElement.Parse("""{"hsm":"kv-hsm-bench","name":"cmk"}""");
        var times = new List<TimeSpan>();
        for (var i = 0; i < repetitions; i++)
        {
            var watch = Stopwatch.StartNew();
            var found = await radius.FindAsync("keyvault.key.disable", with, context, CancellationToken.None);
            times.Add(watch.Elapsed);
            if (found.Resources.Length != Dependants)
                throw new InvalidOperationException($"{found.Resources.Length} dependants of {Dependants} were found.");
        }
        times.Sort();
        return times;
    }

    private static void Fill(JsonNode state, string group)
    {
        var tables = state["tables"]!.AsObject();
        if (!tables.ContainsKey("resources"))
            tables["resources"] = new JsonObject();
        var resources = tables["resources"]!.AsObject();
        for (var s = 0; s < Sets; s++)
        {
            var set = Add(resources, group, "Microsoft.Compute/diskEncryptionSets", string.Create(CultureInfo.InvariantCulture, $"des-{s}"), new JsonObject
            {
                ["activeKey"] = new JsonObject { ["keyUrl"] = $"https://{Simulated.HsmHost}/keys/cmk/00bf7b4b3eda90aa02e0aa22d616670c" },
            });
            for (var d = 0; d < DisksOfSet; d++)
            {
                var disk = Add(resources, group, "Microsoft.Compute/disks", string.Create(CultureInfo.InvariantCulture, $"disk-{s}-{d}"), new JsonObject
                {
                    ["encryption"] = new JsonObject { ["diskEncryptionSetId"] = (string)set["id"]!, ["type"] = "EncryptionAtRestWithCustomerKey" },
                    ["diskSizeGB"] = 128,
                });
                if ((s * DisksOfSet) + d < Machines)
                    disk["managedBy"] = (string)Add(resources, group, "Microsoft.Compute/virtualMachines", string.Create(CultureInfo.InvariantCulture, $"vm-{s}-{d}"), [])["id"]!;
            }
        }
    }

    private static JsonObject Add(JsonObject resources, string group, string type, string name, JsonObject properties)
    {
        properties["provisioningState"] = "Succeeded";
        var id = $"{group}/providers/{type}/{name}";
        var row = new JsonObject
        {
            ["changed"] = "2026-03-02T08:28:40+00:00",
            ["changedBy"] = "",
            ["created"] = "2026-03-02T08:28:40+00:00",
            ["createdBy"] = "",
            ["id"] = id,
            ["location"] = "eastus2",
            ["name"] = name,
            ["properties"] = properties,
            ["tags"] = new JsonObject { ["owner"] = "bench" },
            ["type"] = type,
        };
        resources[id.ToLowerInvariant()] = row;
        return row;
    }
}
