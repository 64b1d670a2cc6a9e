using System.Collections.Immutable;

namespace Runbook.Simulator.ResourceManager;

/// <summary>A region and the one it is paired with.</summary>
internal sealed record Location(string Name, string DisplayName, string Geography, string Paired);

/// <summary>The regions that the simulator knows.</summary>
internal static class Locations
{
    public static ImmutableArray<Location> All { get; } =
    [
        new("australiaeast", "Australia East", "Asia Pacific", "australiasoutheast"),
        new("australiasoutheast", "Australia Southeast", "Asia Pacific", "australiaeast"),
        new("canadacentral", "Canada Central", "Canada", "canadaeast"),
        new("canadaeast", "Canada East", "Canada", "canadacentral"),
        new("centralus", "Central US", "US", "eastus2"),
        new("eastasia", "East Asia", "Asia Pacific", "southeastasia"),
        new("eastus", "East US", "US", "westus"),
        new("eastus2", "East US 2", "US", "centralus"),
        new("francecentral", "France Central", "Europe", "francesouth"),
        new("francesouth", "France South", "Europe", "francecentral"),
        new("germanynorth", "Germany North", "Europe", "germanywestcentral"),
        new("germanywestcentral", "Germany West Central", "Europe", "germanynorth"),
        new("japaneast", "Japan East", "Asia Pacific", "japanwest"),
        new("japanwest", "Japan West", "Asia Pacific", "japaneast"),
        new("northcentralus", "North Central US", "US", "southcentralus"),
        new("northeurope", "North Europe", "Europe", "westeurope"),
        new("southcentralus", "South Central US", "US", "northcentralus"),
        new("southeastasia", "Southeast Asia", "Asia Pacific", "eastasia"),
        new("swedencentral", "Sweden Central", "Europe", "swedensouth"),
        new("swedensouth", "Sweden South", "Europe", "swedencentral"),
        new("switzerlandnorth", "Switzerland North", "Europe", "switzerlandwest"),
        new("switzerlandwest", "Switzerland West", "Europe", "switzerlandnorth"),
        new("uksouth", "UK South", "Europe", "ukwest"),
        new("ukwest", "UK West", "Europe", "uksouth"),
        new("westcentralus", "West Central US", "US", "westus2"),
        new("westeurope", "West Europe", "Europe", "northeurope"),
        new("westus", "West US", "US", "eastus"),
        new("westus2", "West US 2", "US", "westcentralus"),
    ];

    public static Location? Find(string name) => All.FirstOrDefault(location => location.Name == Normal(name));

    /// <summary>The short name of a region, however it is spelled: <c>East US 2</c> is <c>eastus2</c>.</summary>
    public static string Normal(string name) => name.Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant();
}
