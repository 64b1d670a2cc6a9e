using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>The settings of a managed HSM: <c>keyvault.setting.get</c> and <c>.set</c>.</summary>
internal static class HsmSettingActions
{
    private const string HsmArgument = $"hsm: {{{ResultText.HsmArgument}}}";
    private const string Setting = """
        name: {type: string}
        value: {type: string}
        type: {type: string}
        """;

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire) => [GetSetting(site, wire), SetSetting(site, wire)];

    private static RequestAction GetSetting(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.setting.get",
        Summary = "Reads a setting of a managed HSM.",
        Effect = EffectClass.Read,
        With = Shape.Of($$"""
            {{HsmArgument}}
            setting: {type: string, enum: [AllowKeyManagementOperationsThroughARM], description: "Which"}
            """),
        Result = Shape.Of(Setting),
        Permissions = [Needs.Hsm("roleAssignments/read/action", "/", "Managed HSM Administrator")],
        AzCommand = AzRest.Command,
        Errors = Refusals.ManagedHsm,
    },
        null,
        new RequestCall { Method = "GET", Url = SettingAddress, Says = with => $"Read the setting '{with.Text("setting")}' of '{with.Text("hsm")}'." });

    private static RequestAction SetSetting(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.setting.set",
        Summary = "Sets a setting of a managed HSM: whether Resource Manager's roles may manage its keys.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of($$"""
            {{HsmArgument}}
            setting: {type: string, enum: [AllowKeyManagementOperationsThroughARM], description: "Which"}
            value: {type: string, enum: ["true", "false"], description: "What"}
            """),
        Result = Shape.Of(Setting),
        Permissions = [Needs.Hsm("roleAssignments/write/action", "/", "Managed HSM Administrator")],
        AzCommand = AzRest.Command,
        Settle = new SettlingProbe("Reads the setting: it took effect when it has that value.", TimeSpan.FromSeconds(30)),
        Inverse = new ActionInverse("keyvault.setting.set", "keyvault.setting.get", "Sets what was there before."),
        Errors = Refusals.ManagedHsm,
    },
        (with, before) => new JsonObject { ["hsm"] = with.Node("hsm"), ["setting"] = with.Node("setting"), ["value"] = before is { } told && told.TryGetProperty("value", out var value) ? value.GetString() : "false" },
        new RequestCall
        {
            Method = "PATCH",
            Url = SettingAddress,
            Says = with => $"Set '{with.Text("setting")}' of '{with.Text("hsm")}' to {with.Text("value")}.",
            Body = (_, with, _) => new JsonObject { ["value"] = with.Node("value") },
        });

    private static string SettingAddress(AzureSite site, Arguments with) => site.Hsm(with.Text("hsm"), $"/settings/{with.Text("setting")}");
}
