using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary><c>monitor.action-group.*</c>: who is told.</summary>
internal static class ActionGroupActions
{
    private const string Type = "Microsoft.Insights/actionGroups";
    private const string Version = "2022-06-01";
    private const string NameText = """{type: string, minLength: 1, maxLength: 260, description: "Name of the action group in the profile's resource group, or its full id"}""";
    private const string Group = """
        id: {type: string}
        name: {type: string}
        location: {type: string}
        properties: {type: object, additionalProperties: false, properties: {groupShortName: {type: string}, enabled: {type: boolean}, emailReceivers: {type: array, items: {type: object, additionalProperties: false, properties: {name: {type: string}, emailAddress: {type: string}, status: {type: string} } } }, webhookReceivers: {type: array, items: {type: object, additionalProperties: false, properties: {name: {type: string} } } } } }
        """;

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire)
    {
        var groups = new ResourceFamily(site, wire, Type, Version, "action group", "Monitoring Contributor", (s, with) => s.Id(Type, with.Text("name")), Group)
        {
            Errors = [new("BadRequest", "The group can't be kept as it is: the message says which part.", "Nothing changed.", "Put that part right.")],
        };
        yield return groups.Get("monitor.action-group.get", "Reads an action group: whom it tells.", $"name: {NameText}", with => $"Read the action group '{with.Text("name")}'.", "az monitor action-group show --name {name:name} --resource-group {resourceGroup}");
        yield return groups.Change(Create);
        yield return groups.Change(Delete);
    }

    /// <summary>The id of the argument <c>actionGroup</c>.</summary>
    public static string IdOf(AzureSite site, Arguments with) => site.Id(Type, with.Text("actionGroup"));

    private static ResourceChange Create => new()
    {
        Name = "monitor.action-group.create",
        Summary = "Makes an action group that tells people by e-mail, once it has seen that there is none of that name.",
        Effect = EffectClass.Once,
        With = $$"""
            name: {{NameText}}
            shortName: {type: string, minLength: 1, maxLength: 12, description: "What messages begin with"}
            emails: {type: array, minItems: 1, maxItems: 50, items: {type: string, pattern: '^[^@\s]+@[^@\s]+$'}, description: "Addresses that are told"}
            """,
        LooksFirst = true,
        Says = with => $"Make the action group '{with.Text("name")}', which tells {Told(with)}.",
        Body = (_, with, _) => new JsonObject
        {
            ["location"] = "Global",
            ["properties"] = new JsonObject
            {
                ["groupShortName"] = with.Node("shortName"),
                ["enabled"] = true,
                ["emailReceivers"] = with.Items("emails") is { } emails
                    ? new JsonArray([.. emails.Select(e => new JsonObject { ["name"] = e.GetString(), ["emailAddress"] = e.GetString(), ["useCommonAlertSchema"] = true })])
                    : with.Node("emails"),
            },
        },
        Settles = "Reads the group, of which there was none before: it took effect when it is there as it was asked for.",
        Inverse = new ActionInverse("monitor.action-group.delete", null, "Deletes it; rules that name it tell nobody."),
        Undo = (with, _) => new JsonObject { ["name"] = with.Node("name") },
    };

    private static ResourceChange Delete => new()
    {
        Name = "monitor.action-group.delete",
        Summary = "Deletes an action group: rules that name it tell nobody any more. One that is gone counts as deleted, with status 204.",
        Effect = EffectClass.Destructive,
        Method = "DELETE",
        With = $"name: {NameText}",
        Says = with => $"Delete the action group '{with.Text("name")}'.",
        Az = "az monitor action-group delete --name {name:name} --resource-group {resourceGroup}",
        Settles = "Looks for the group: it took effect when it is gone.",
    };

    private static string Told(Arguments with) => with.Items("emails") is { } emails ? string.Join(", ", emails.Select(e => e.GetString())) : with.Text("emails");
}
