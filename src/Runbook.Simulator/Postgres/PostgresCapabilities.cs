using System.Globalization;
using System.Text.Json.Nodes;

namespace Runbook.Simulator.Postgres;

/// <summary>Tiers, sizes and versions that a region offers: what clients read before they create a server.</summary>
internal static class PostgresCapabilities
{
    private static readonly int[] Gigabytes = [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384];

    public static JsonObject Of(string[] versions) => new()
    {
        ["zone"] = "none",
        ["geoBackupSupported"] = true,
        ["zoneRedundantHaSupported"] = true,
        ["zoneRedundantHaAndGeoBackupSupported"] = true,
        ["supportedHAMode"] = new JsonArray("SameZone", "ZoneRedundant"),
        ["supportedFlexibleServerEditions"] = new JsonArray(
            Edition(versions, "Burstable", ("Standard_B1ms", 1, 2048), ("Standard_B2s", 2, 2048)),
            Edition(versions, "GeneralPurpose", ("Standard_D2s_v3", 2, 4096), ("Standard_D4s_v3", 4, 4096), ("Standard_D2ds_v5", 2, 4096)),
            Edition(versions, "MemoryOptimized", ("Standard_E2s_v3", 2, 8192), ("Standard_E4s_v3", 4, 8192))),
        ["supportedHyperscaleNodeEditions"] = new JsonArray(),
        ["supportedFastProvisioningEditions"] = new JsonArray(),
        ["fastProvisioningSupported"] = false,
        ["status"] = "Available",
    };

    private static JsonObject Edition(string[] versions, string name, params (string Name, int Cores, int MegabytesPerCore)[] sizes) => new()
    {
        ["name"] = name,
        ["supportedStorageEditions"] = new JsonArray(new JsonObject
        {
            ["name"] = "ManagedDisk",
            ["supportedStorageMB"] = new JsonArray([.. Gigabytes.Select(size => (JsonNode)new JsonObject { ["name"] = (size * 1024).ToString(CultureInfo.InvariantCulture), ["storageSizeMB"] = size * 1024, ["supportedIops"] = 120 })]),
            ["status"] = "Available",
        }),
        ["supportedServerVersions"] = new JsonArray([.. versions.Select(version => (JsonNode)new JsonObject
        {
            ["name"] = version,
            ["supportedVersionsToUpgrade"] = new JsonArray([.. versions.Where(other => int.Parse(other, CultureInfo.InvariantCulture) > int.Parse(version, CultureInfo.InvariantCulture)).Select(other => (JsonNode)other)]),
            ["supportedVcores"] = new JsonArray([.. sizes.Select(size => (JsonNode)new JsonObject { ["name"] = size.Name, ["vCores"] = size.Cores, ["supportedIops"] = size.Cores * 1600, ["supportedMemoryPerVcoreMB"] = size.MegabytesPerCore, ["status"] = "Available" })]),
            ["status"] = "Available",
        })]),
        ["status"] = "Available",
    };
}
