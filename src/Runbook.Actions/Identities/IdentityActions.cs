using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>identity.user-assigned.*</c>: the identities by which services reach their keys.</summary>
internal static class IdentityActions
{
    private const string Type = "Microsoft.ManagedIdentity/userAssignedIdentities";
    private const string Version = "2023-01-31";
    private const string IdArgument = """id: {type: string, minLength: 3, description: "The identity's id, or its name in the profile's resource group"}""";
    private const string Identity = """
        id: {type: string}
        name: {type: string}
        location: {type: string}
        tags: {type: object, additionalProperties: {type: string}}
        properties: {type: object, additionalProperties: false, properties: {tenantId: {type: string}, principalId: {type: string}, clientId: {type: string}}}
        """;

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire) => [Create(site, wire), Get(site, wire), Delete(site, wire)];

    private static RequestAction Create(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "identity.user-assigned.create",
        Summary = "Makes a user-assigned identity; one that is there stays as it is, with its principal. One that was deleted comes back as another principal.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of($$"""
            {{IdArgument}}
            location: {type: string, description: "The region"}
            tags?: {type: object, additionalProperties: {type: string, maxLength: 256} }
            """),
        Result = Shape.Of(Identity),
        Permissions =
        [
            Needs.Arm("Microsoft.ManagedIdentity/userAssignedIdentities/read", "the resource group", "Managed Identity Contributor"),
            Needs.Arm("Microsoft.ManagedIdentity/userAssignedIdentities/write", "the resource group", "Managed Identity Contributor"),
        ],
        AzCommand = "az identity create --name {id:name} --resource-group {resourceGroup} --location {location} --tags {tags}",
        Settle = new SettlingProbe("Reads the identity: it took effect when it is there, in that region.", TimeSpan.FromSeconds(30)),
        Errors = Refusals.ResourceManagerWrites,
    },
        null,
        new RequestCall
        {
            Method = "PUT",
            Url = Address,
            Says = with => $"Make the identity '{with.Text("id")}' in {with.Text("location")}.",
            Body = (_, with, _) => Arguments.ObjectOf(("location", with.Node("location")), ("tags", with.Node("tags"))),

            // Written again it would lose the tags of whoever made it.
            AsksFirst = true,
        });

    private static RequestAction Get(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "identity.user-assigned.get",
        Summary = "Reads a user-assigned identity: its principal is whom roles are given to.",
        Effect = EffectClass.Read,
        With = Shape.Of(IdArgument),
        Result = Shape.Of(Identity),
        Permissions = [Needs.Arm("Microsoft.ManagedIdentity/userAssignedIdentities/read", "{id}", "Reader")],
        AzCommand = "az identity show --name {id:name} --resource-group {resourceGroup}",
        Errors = Refusals.ResourceManager.Add(Refusals.NotThere("identity")),
    },
        null,
        new RequestCall { Method = "GET", Url = Address, Says = with => $"Read the identity '{with.Text("id")}'." });

    private static RequestAction Delete(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "identity.user-assigned.delete",
        Summary = "Deletes a user-assigned identity for good: what uses it loses its keys, and its roles stay behind with nobody. One that is gone counts as deleted, with status 204.",
        Effect = EffectClass.Destructive,
        With = Shape.Of(IdArgument),
        Result = Shape.Of(""),
        Permissions = [Needs.Arm("Microsoft.ManagedIdentity/userAssignedIdentities/delete", "{id}", "Managed Identity Contributor")],
        AzCommand = "az identity delete --name {id:name} --resource-group {resourceGroup}",
        Settle = new SettlingProbe("Looks for the identity: it took effect when there is none.", TimeSpan.FromSeconds(30)),
        Errors = Refusals.ResourceManagerWrites,
    },
        null,
        new RequestCall { Method = "DELETE", Url = Address, Says = with => $"Delete the identity '{with.Text("id")}' for good; what uses it loses its keys.", AbsentIsDone = true });

    private static string Address(AzureSite site, Arguments with) => site.Arm(site.Id(Type, with.Text("id")), Version);
}
