using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary><c>monitor.workspace.*</c>: where logs are kept.</summary>
internal static class WorkspaceActions
{
    private const string Type = "Microsoft.OperationalInsights/workspaces";
    private const string Version = "2022-10-01";
    private const string NameText = """{type: string, minLength: 1, description: "Name of the workspace in the profile's resource group, or its full id"}""";
    private const string Workspace = """
        id: {type: string}
        name: {type: string}
        location: {type: string}
        properties: {type: object, additionalProperties: false, properties: {customerId: {type: string}, provisioningState: {type: string}, retentionInDays: {type: integer} } }
        """;

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire)
    {
        var workspaces = new ResourceFamily(site, wire, Type, Version, "workspace", "Log Analytics Contributor", (s, with) => s.Id(Type, with.Text("name")), Workspace);
        yield return workspaces.Get("monitor.workspace.get", "Reads a Log Analytics workspace: its customerId is what queries are sent to.", $"name: {NameText}", with => $"Read the workspace '{with.Text("name")}'.", "az monitor log-analytics workspace show --workspace-name {name:name} --resource-group {resourceGroup}");
        yield return workspaces.Change(Create);
    }

    /// <summary>The id of the argument <c>workspace</c>.</summary>
    public static string IdOf(AzureSite site, Arguments with) => site.Id(Type, with.Text("workspace"));

    private static ResourceChange Create => new()
    {
        Name = "monitor.workspace.create",
        Summary = "Makes a Log Analytics workspace, once it has seen that there is none of that name here.",
        Effect = EffectClass.Once,
        With = $$"""
            name: {{NameText}}
            location: {type: string, description: "The region"}
            retentionDays: {type: integer, minimum: 30, maximum: 730, default: 90, description: "How long logs are kept"}
            tags?: {type: object, additionalProperties: {type: string, maxLength: 256} }
            """,
        LooksFirst = true,
        Says = with => $"Make the workspace '{with.Text("name")}' in {with.Text("location")}.",
        Body = (_, with, _) => Arguments.ObjectOf(("location", with.Node("location")), ("tags", with.Node("tags")), ("properties", new JsonObject { ["retentionInDays"] = with.Node("retentionDays") ?? 90, ["sku"] = new JsonObject { ["name"] = "PerGB2018" } })),
        Az = "az monitor log-analytics workspace create --workspace-name {name:name} --resource-group {resourceGroup} --location {location} --retention-time {retentionDays} --tags {tags}",
        Settles = "Reads the workspace, of which there was none before: it took effect when it is there as it was asked for.",
        Takes = TimeSpan.FromMinutes(1),
    };
}
