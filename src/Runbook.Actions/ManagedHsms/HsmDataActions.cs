using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>What is done to a whole managed HSM on its data plane: full backup and restore, and its settings.</summary>
internal static class HsmDataActions
{
    private const string HsmArgument = $"hsm: {{{ResultText.HsmArgument}}}";
    private const string Setting = """
        name: {type: string}
        value: {type: string}
        type: {type: string}
        """;

    private static readonly ActionError StorageRefused = new("BadRequest", "The HSM can't use the storage that was named.", "Nothing changed.", "Check the container's address, and that the HSM's identity is attached and may write there.");

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire) => [Backup(site, wire), Restore(site, wire), GetSetting(site, wire), SetSetting(site, wire)];

    private static RequestAction Backup(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.managed-hsm.backup",
        Summary = "Backs a whole managed HSM up into a container of a storage account, by the HSM's own identity. Without the security domain such a backup restores nothing.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of($$"""
            {{HsmArgument}}
            container: {type: string, format: uri, description: "Address of the container: https://ACCOUNT.blob.core.windows.net/CONTAINER"}
            """),
        Result = Shape.Of("""
            azureStorageBlobContainerUri: {type: string, description: "The folder that holds it"}
            jobId: {type: string}
            startTime: {type: integer}
            endTime: {type: integer}
            """),
        Permissions = [Needs.Hsm("backup/start/action", "/", "Managed HSM Backup"), Needs.Hsm("backup/status/action", "/", "Managed HSM Backup")],
        AzCommand = AzRest.Command,
        Settle = new SettlingProbe("Nothing tells whether a backup was begun whose answer was lost; it is begun again, and the earlier one stays as another folder.", TimeSpan.FromMinutes(1)),
        UsuallyTakes = TimeSpan.FromMinutes(10),
        Errors = Refusals.ManagedHsm.AddRange(StorageRefused, new ActionError("Conflict", "A backup or restore is under way.", "Nothing changed by this call.", "Wait until it is over.")),
    },
        null,
        new RequestCall
        {
            Method = "POST",
            Url = (s, with) => s.Hsm(with.Text("hsm"), "/backup"),
            Says = with => $"Back '{with.Text("hsm")}' up into {with.Text("container")}.",
            Body = (_, with, _) => new JsonObject { ["storageResourceUri"] = with.Node("container"), ["useManagedIdentity"] = true },
            Settle = (_, _) => Task.FromResult<SettleVerdict>(new SettleVerdict.CannotTell("No reading tells whether a backup was begun.")),
        });

    private static RequestAction Restore(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.managed-hsm.restore",
        Summary = "Replaces everything that a managed HSM holds, keys, roles and settings, by what a full backup holds. It needs the same security domain.",
        Effect = EffectClass.Destructive,
        With = Shape.Of($$"""
            {{HsmArgument}}
            container: {type: string, format: uri, description: "Address of the container"}
            folder: {type: string, pattern: '^[A-Za-z0-9-]+$', description: "The backup's folder in it"}
            """),
        Result = Shape.Of("jobId: {type: string}\nstartTime: {type: integer}\nendTime: {type: integer}"),
        Permissions = [Needs.Hsm("restore/start/action", "/", "Managed HSM Restore"), Needs.Hsm("restore/status/action", "/", "Managed HSM Restore")],
        AzCommand = AzRest.Command,
        Settle = new SettlingProbe("Nothing tells whether a restore was begun whose answer was lost: people look at the HSM's keys.", TimeSpan.FromMinutes(5)),
        UsuallyTakes = TimeSpan.FromMinutes(30),
        Errors = Refusals.ManagedHsm.AddRange(StorageRefused, new ActionError("Conflict", "A backup or restore is under way.", "Nothing changed by this call.", "Wait until it is over.")),
    },
        null,
        new RequestCall
        {
            Method = "PUT",
            Url = (s, with) => s.Hsm(with.Text("hsm"), "/restore"),
            Says = with => $"Replace what '{with.Text("hsm")}' holds by the backup '{with.Text("folder")}'.",
            Body = (_, with, _) => new JsonObject { ["sasTokenParameters"] = new JsonObject { ["storageResourceUri"] = with.Node("container"), ["useManagedIdentity"] = true }, ["folderToRestore"] = with.Node("folder") },
            Settle = (_, _) => Task.FromResult<SettleVerdict>(new SettleVerdict.CannotTell("No reading tells whether a restore was begun.")),
        });

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
