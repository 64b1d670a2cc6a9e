using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary><c>keyvault.role-definition.*</c>: a managed HSM's own roles beside the built-in ones.</summary>
internal static class RoleDefinitionActions
{
    private const string Definitions = "/providers/Microsoft.Authorization/roleDefinitions";
    private const string RoleName = """roleName: {type: string, minLength: 1, maxLength: 128, description: "The role's name; its id is made from it"}""";
    private const string Properties = "properties: {type: object, additionalProperties: false, properties: {roleName: {type: string}, description: {type: string}, type: {type: string}, permissions: {type: array, items: {type: object, additionalProperties: false, properties: {dataActions: {type: array, items: {type: string}}, notDataActions: {type: array, items: {type: string}}}}}}}";
    private const string Definition = $"id: {{type: string}}\nname: {{type: string}}\n{Properties}";

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire) => [Create(site, wire), Delete(site, wire), List(site, wire)];

    private static RequestAction Create(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.role-definition.create",
        Summary = "Makes a role of a managed HSM's own from single data actions; one of that name that this tool made is written over.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of($$"""
            hsm: {{{ResultText.HsmArgument}}}
            {{RoleName}}
            description?: {type: string, maxLength: 1024}
            dataActions: {type: array, minItems: 1, items: {type: string, pattern: '^Microsoft\.KeyVault/managedHsm/[A-Za-z/]+$'}, description: "What it permits, such as Microsoft.KeyVault/managedHsm/keys/unwrap/action"}
            """),
        Result = Shape.Of(Definition),
        Permissions = [Needs.Hsm("roleDefinitions/write/action", "/", "Managed HSM Administrator")],
        AzCommand = AzRest.Command,
        Settle = new SettlingProbe("Reads the role: it took effect when it permits what was asked for.", TimeSpan.FromSeconds(30)),
        Inverse = new ActionInverse("keyvault.role-definition.delete", null, "Deletes the role; who holds it keeps an assignment that grants nothing."),
        Errors = Refusals.ManagedHsm.Add(new ActionError("BadParameter", "The HSM takes the role not as it is.", "Nothing changed.", "Check the data actions: each must be one that the HSM knows, written out.")),
    },
        (with, _) => new JsonObject { ["hsm"] = with.Node("hsm"), ["roleName"] = with.Node("roleName") },
        new RequestCall
        {
            Method = "PUT",
            Url = Address,
            Says = with => $"Make the role '{with.Text("roleName")}' on '{with.Text("hsm")}'.",
            Body = (_, with, _) => new JsonObject
            {
                ["properties"] = Arguments.ObjectOf(
                    ("roleName", with.Node("roleName")),
                    ("description", with.Node("description")),
                    ("type", "CustomRole"),
                    ("assignableScopes", new JsonArray("/")),
                    ("permissions", new JsonArray(new JsonObject { ["actions"] = new JsonArray(), ["notActions"] = new JsonArray(), ["dataActions"] = with.Node("dataActions"), ["notDataActions"] = new JsonArray() }))),
            },
        });

    private static RequestAction Delete(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.role-definition.delete",
        Summary = "Deletes a role of a managed HSM's own: who holds it loses what it permitted. One that is gone counts as deleted, with status 204.",
        Effect = EffectClass.Destructive,
        With = Shape.Of($"hsm: {{{ResultText.HsmArgument}}}\n{RoleName}"),
        Result = Shape.Of(Definition),
        Permissions = [Needs.Hsm("roleDefinitions/delete/action", "/", "Managed HSM Administrator")],
        AzCommand = AzRest.Command,
        Settle = new SettlingProbe("Looks for the role: it took effect when there is none.", TimeSpan.FromSeconds(30)),
        Errors = Refusals.ManagedHsm,
    },
        null,
        new RequestCall { Method = "DELETE", Url = Address, Says = with => $"Delete the role '{with.Text("roleName")}' of '{with.Text("hsm")}'.", AbsentIsDone = true });

    private static RequestAction List(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.role-definition.list",
        Summary = "Lists the roles of a managed HSM, built-in ones and its own.",
        Effect = EffectClass.Read,
        With = Shape.Of($"hsm: {{{ResultText.HsmArgument}}}"),
        Result = Shape.Of($"value: {{type: array, items: {{type: object, additionalProperties: false, properties: {{id: {{type: string}}, name: {{type: string}}, {Properties}}}}}}}"),
        Permissions = [Needs.Hsm("roleDefinitions/read/action", "/", "Managed HSM Administrator")],
        AzCommand = "az keyvault role definition list --hsm-name {hsm:name}",
        Errors = Refusals.ManagedHsm,
    },
        null,
        new RequestCall { Method = "GET", Url = (s, with) => s.Hsm(with.Text("hsm"), Definitions), Says = with => $"List the roles of '{with.Text("hsm")}'." });

    private static string Address(AzureSite site, Arguments with)
    {
        var (hsm, role) = (with.Text("hsm"), with.Text("roleName"));
        var name = role.StartsWith("${", StringComparison.Ordinal) || hsm.StartsWith("${", StringComparison.Ordinal) ? "${roleDefinition}" : LocalRoles.AssignmentName(site.HsmHost(hsm), role, "role definition", "/");
        return site.Hsm(hsm, $"{Definitions}/{name}");
    }
}
