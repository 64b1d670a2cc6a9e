using System.Globalization;
using System.Text.Json.Nodes;

namespace Runbook.Actions.Tests;

/// <summary>Many resources under one key: disk encryption sets, disks in each, and a machine on each disk.</summary>
internal static class Crowd
{
    private const string Group = "/subscriptions/20d5b2e1-8f4a-4e7c-a03b-64c1e8d9f202/resourceGroups/rg-runbook/providers/";

    /// <summary>Puts them into an estate, under the key <c>cmk-crowd</c> of <c>kv-hsm-prod</c>.</summary>
    /// <param name="estate">An estate's document that has a disk encryption set and a disk to be like.</param>
    /// <param name="sets">How many sets.</param>
    /// <param name="disksOfSet">How many disks in each.</param>
    /// <param name="machines">How many of the disks have a machine, from the first on.</param>
    public static void Fill(JsonNode estate, int sets, int disksOfSet, int machines)
    {
        var resources = estate["tables"]!["resources"]!.AsObject();
        var set = resources.First(r => (string?)r.Value!["type"] == "Microsoft.Compute/diskEncryptionSets").Value!;
        var disk = resources.First(r => (string?)r.Value!["type"] == "Microsoft.Compute/disks").Value!;
        for (var s = 0; s < sets; s++)
        {
            var made = Add(resources, set, "Microsoft.Compute/diskEncryptionSets", string.Create(CultureInfo.InvariantCulture, $"des-crowd-{s}"));
            made["properties"]!["activeKey"]!["keyUrl"] = "https://kv-hsm-prod.managedhsm.azure.net/keys/cmk-crowd/00bf7b4b3eda90aa02e0aa22d616670c";
            for (var d = 0; d < disksOfSet; d++)
            {
                var one = Add(resources, disk, "Microsoft.Compute/disks", string.Create(CultureInfo.InvariantCulture, $"disk-crowd-{s}-{d}"));
                one["properties"]!["encryption"]!["diskEncryptionSetId"] = (string)made["id"]!;
                if ((s * disksOfSet) + d >= machines) continue;
                var machine = Add(resources, disk, "Microsoft.Compute/virtualMachines", string.Create(CultureInfo.InvariantCulture, $"vm-crowd-{s}-{d}"));
                machine["properties"] = new JsonObject { ["provisioningState"] = "Succeeded" };
                machine["sku"] = null;
                one["managedBy"] = (string)machine["id"]!;
            }
        }
    }

    private static JsonNode Add(JsonObject resources, JsonNode like, string type, string name)
    {
        var made = like.DeepClone();
        var id = Group + type + "/" + name;
        (made["id"], made["name"], made["type"]) = (id, name, type);
        made["tags"] = new JsonObject { ["owner"] = "crowd" };
        resources[id.ToLowerInvariant()] = made;
        return made;
    }
}
