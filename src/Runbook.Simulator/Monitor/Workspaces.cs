using System.Text.Json.Nodes;
using Runbook.Simulator.Http;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Monitor;

/// <summary>Log Analytics workspaces on the control plane.</summary>
internal sealed class Workspaces
{
    public const string Type = "Microsoft.OperationalInsights/workspaces";

    private const int RetentionDays = 30;

    public Workspaces(ArmService arm, GenericRoutes routes)
    {
        routes.Add(Type, new GenericType
        {
            Properties = (tx, call, existing, _, properties) =>
            {
                var days = properties["retentionInDays"] is JsonValue given && given.TryGetValue<int>(out var number) ? number : existing?.Properties.Loose("retentionInDays").Number() ?? RetentionDays;
                if (days is < 7 or > 730)
                    throw arm.Refuse(call, 400, "InvalidParameter", "'RetentionInDays' property doesn't match the SKU limits: it must be from 7 to 730.");
                properties["retentionInDays"] = days;
                properties["customerId"] = existing?.Properties.Loose("customerId").Text() ?? tx.NextGuid().ToString();
                properties["provisioningState"] = "Succeeded";
                properties["sku"] ??= new JsonObject { ["name"] = "PerGB2018" };
                properties["features"] ??= new JsonObject { ["enableLogAccessUsingOnlyResourcePermissions"] = true };
                properties["publicNetworkAccessForIngestion"] ??= "Enabled";
                properties["publicNetworkAccessForQuery"] ??= "Enabled";
                return properties;
            },
        });
        arm.Plug(
        [
            new Operation
            {
                Service = ServiceKind.ResourceManager,
                Name = "Get shared keys of a workspace",
                Method = "POST",
                Template = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.OperationalInsights/workspaces/{name}/sharedKeys",
                Permission = Type + "/sharedKeys/action",
                Handler = static call => throw new InvalidOperationException(call.Target.Path),
                Fidelity = Fidelity.None,
                Note = "Nothing takes logs from agents here.",
            },
        ]);
    }

    /// <summary>The workspace with that customer id.</summary>
    public static Resource? ByCustomerId(EstateView view, string id) => view.Scan(Tables.Resources).Select(pair => pair.Value)
        .FirstOrDefault(resource => resource.Type == Type && string.Equals(resource.Properties.Loose("customerId").Text(), id, StringComparison.OrdinalIgnoreCase));
}
