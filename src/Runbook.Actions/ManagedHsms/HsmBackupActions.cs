using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>
/// What goes between a managed HSM and a container of a storage account: <c>keyvault.managed-hsm.backup</c>, <c>.restore</c>
/// and <c>keyvault.key.restore-from-backup</c>.
/// </summary>
/// <remarks>
/// The HSM reads and writes as its own user-assigned identity, or by a shared access signature that lies in a file. The file's
/// content is put in when the request leaves; plans and journal hold its place only.
/// </remarks>
internal static class HsmBackupActions
{
    private const string HsmArgument = $"hsm: {{{ResultText.HsmArgument}}}";

    private const string ContainerArguments = """
        container: {type: string, format: uri, description: "Address of the container: https://ACCOUNT.blob.core.windows.net/CONTAINER"}
        signature?: {type: string, format: file, maxLength: 8192, description: "A file with a shared access signature for the container; without it the HSM's own identity is used. Keep it in the session's folder: what people hand in stays in the transcript"}
        """;

    private const string FolderArgument = """folder: {type: string, pattern: '^[A-Za-z0-9-]+$', description: "The backup's folder in the container"}""";
    private const string Job = "jobId: {type: string}\nstartTime: {type: integer}\nendTime: {type: integer}";
    private const string KeysHeld = "value: {type: array, items: {type: object, additionalProperties: false, properties: {kid: {type: string}}}}";

    private static readonly ImmutableArray<ActionError> Errors = Refusals.ManagedHsm.AddRange(
        new ActionError("BadRequest", "The HSM can't use the storage that was named.", "Nothing changed.", "Check the container's address; the HSM's identity, or the shared access signature and its expiry."),
        new ActionError("Conflict", "A backup or restore is under way.", "Nothing changed by this call.", "Wait until it is over."),
        new ActionError("AuthorizationPermissionMismatch", "The HSM's identity has no role on the container.", "No backup was written, and nothing was restored.", "Give the identity Storage Blob Data Contributor on the container, wait until it has spread, and try again."),
        new ActionError("ContainerNotFound", "The container does not exist. Some tools report this as \"invalid status 'OK'\".", "No backup was written, and nothing was restored.", "Make the container, and try again."),
        new ActionError("OperationFailed", "The HSM ended it as failed and does not say why.", "A backup that failed is no backup; a restore that failed leaves the HSM to be looked at.", "Look whether the container exists, whether the HSM's identity may write there, and whether a policy makes it immutable."));

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire) => [Backup(site, wire), Restore(site, wire), RestoreKey(site, wire)];

    private static RequestAction Backup(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.managed-hsm.backup",
        Summary = "Backs a whole managed HSM up into a container of a storage account. Without the security domain such a backup restores nothing.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of($"{HsmArgument}\n{ContainerArguments}"),
        Result = Shape.Of($$"""
            azureStorageBlobContainerUri: {type: string, description: "Address of the folder that holds it"}
            folder: {type: string, description: "Name of that folder: what a restore asks for"}
            {{Job}}
            """),
        Permissions = [Needs.Hsm("backup/start/action", "/", "Managed HSM Backup"), Needs.Hsm("backup/status/action", "/", "Managed HSM Backup")],
        AzCommand = AzRest.Command,
        Settle = new SettlingProbe("Nothing tells whether a backup was begun whose answer was lost; it is begun again, and the earlier one stays as another folder.", TimeSpan.FromMinutes(1)) { Tells = false },
        UsuallyTakes = TimeSpan.FromMinutes(10),
        Errors = Errors,
    },
        null,
        new RequestCall
        {
            Method = "POST",
            Url = (s, with) => s.Hsm(with.Text("hsm"), "/backup"),
            Says = with => $"Back '{with.Text("hsm")}' up into {with.Text("container")}{By(with)}.",
            Body = (_, with, _) => Storage(with),
            Settle = (_, _) => Task.FromResult<SettleVerdict>(new SettleVerdict.CannotTell("No reading tells whether a backup was begun.")),
            TellsAtTheEnd = FolderOf,
        });

    private static RequestAction Restore(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.managed-hsm.restore",
        Summary = "Replaces everything that a managed HSM holds, keys and local roles, by what a full backup holds. It needs the same security domain, and a backup of this HSM that is at most half an hour old.",
        Effect = EffectClass.Destructive,
        With = Shape.Of($"{HsmArgument}\n{ContainerArguments}\n{FolderArgument}"),
        Result = Shape.Of(Job),
        Permissions = [Needs.Hsm("keys/read/action", "/keys", "Managed HSM Crypto Auditor"), Needs.Hsm("restore/start/action", "/", "Managed HSM Restore"), Needs.Hsm("restore/status/action", "/", "Managed HSM Restore")],
        AzCommand = AzRest.Command,
        Settle = new SettlingProbe("Reads the HSM's keys: it took effect when the HSM held none before and holds some now. Where it held some before, no reading tells, and two people decide.", TimeSpan.FromMinutes(15)),
        UsuallyTakes = TimeSpan.FromMinutes(30),
        Errors = Errors.AddRange(
            new ActionError("BadParameter", "The HSM takes the request not: mostly because it wants a full backup of itself that is at most 30 minutes old, or because the backup was made under another security domain.", "Nothing changed.", "Back the HSM up as it is now, and restore at once."),
            new ActionError("ServiceUnavailable", "A restore is under way: until it is over the HSM answers nothing else.", "Nothing changed by this call.", "Wait until it is over.")),
    },
        null,
        new RequestCall { Method = "GET", Url = (s, with) => s.Hsm(with.Text("hsm"), "/keys", "maxresults=25&"), Says = with => $"See what keys '{with.Text("hsm")}' holds before.", Observes = Shape.Of(KeysHeld) },
        new RequestCall
        {
            Method = "PUT",
            Url = (s, with) => s.Hsm(with.Text("hsm"), "/restore"),
            Says = with => $"Replace what '{with.Text("hsm")}' holds by the backup '{with.Text("folder")}'{By(with)}.",
            Body = (_, with, _) => new JsonObject { ["sasTokenParameters"] = Storage(with), ["folderToRestore"] = with.Node("folder") },
            Remembers = (_, answers) => new JsonObject { ["heldKeys"] = !answers.IsEmpty && answers[0].Observed.TryGetProperty("value", out var held) && held.GetArrayLength() > 0 },
            Settle = SettleRestoreAsync,
        });

    private static RequestAction RestoreKey(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.key.restore-from-backup",
        Summary = "Brings one key back out of a full backup, with all its versions, once it has seen that there is none of that name. A deleted one that is still kept is recovered instead.",
        Effect = EffectClass.Once,
        With = Shape.Of($"{KeyCalls.NameArguments}\n{ContainerArguments}\n{FolderArgument}"),
        Result = Shape.Of(Job),
        Permissions = [Needs.Hsm("keys/read/action", "/keys/{name}", "Managed HSM Crypto Auditor"), Needs.Hsm("restore/start/action", "/", "Managed HSM Restore"), Needs.Hsm("restore/status/action", "/", "Managed HSM Restore")],
        AzCommand = AzRest.Command,
        Settle = new SettlingProbe("Looks for the key, of which there was none before: it took effect when it is there.", TimeSpan.FromMinutes(15)),
        UsuallyTakes = TimeSpan.FromMinutes(10),
        Inverse = new ActionInverse("keyvault.key.delete", null, "Deletes the key that was restored; it stays recoverable."),
        Errors = Errors.RemoveAll(e => e.Code == "Conflict").AddRange(
            new ActionError("AlreadyExists", "There is a key of that name.", "Nothing was sent.", "It is there: look at it, and restore only what is missing."),
            new ActionError("Conflict", "The key is deleted and still kept, or a backup or restore is under way.", "Nothing changed.", "Recover the key with keyvault.key.recover; or wait until the other is over."),
            new ActionError("BadParameter", "The HSM takes the request not; the backup was perhaps made under another security domain.", "Nothing changed.", "Check the folder, and whose backup it is."),
            new ActionError("KeyNotFound", "The backup holds no such key.", "Nothing changed.", "Look for an older or newer backup.")),
    },
        (with, _) => KeyCalls.SameKey(with),
        new RequestCall { Method = "GET", Url = KeyCalls.Named("/keys/{name}/"), Says = with => $"See that there is no key '{with.Text("name")}' on '{with.Text("hsm")}'.", MustBeAbsent = true, Observes = Shape.Of("") },
        new RequestCall
        {
            Method = "PUT",
            Url = KeyCalls.Named("/keys/{name}/restore"),
            Says = with => $"Restore the key '{with.Text("name")}' of '{with.Text("hsm")}' out of the backup '{with.Text("folder")}'{By(with)}.",
            Body = (_, with, _) => new JsonObject { ["sasTokenParameters"] = Storage(with), ["folder"] = with.Node("folder") },
            Settle = Settling.By(KeyCalls.KeyOf, (_, _) => true),
        });

    private static async Task<SettleVerdict> SettleRestoreAsync(Look look, PlannedCall call)
    {
        var address = $"{new Uri(call.Url).GetLeftPart(UriPartial.Authority)}/keys?maxresults=25&api-version={AzureSite.HsmVersion}";
        var found = await look(address).ConfigureAwait(false);
        if (!found.IsSuccess || found.Json is not { } json) return Settling.CannotTell(found);
        if (call.Part!.Value.GetProperty("heldKeys").GetBoolean()) return new SettleVerdict.CannotTell("The HSM held keys before as well: whether they are those of the backup, people must see.");
        return json.GetProperty("value").GetArrayLength() > 0 ? new SettleVerdict.TookEffect(Answers.Of(found)) : new SettleVerdict.DidNot(Answers.Of(found));
    }

    private static JsonObject Storage(Arguments with) => with.Has("signature")
        ? new JsonObject { ["storageResourceUri"] = with.Node("container"), ["token"] = RequestAction.FileIn(with, "signature", "line") }
        : new JsonObject { ["storageResourceUri"] = with.Node("container"), ["useManagedIdentity"] = true };

    private static string By(Arguments with) => with.Has("signature") ? ", by a shared access signature" : ", as its own identity";

    private static JsonNode FolderOf(HttpAnswer answer)
    {
        var told = JsonNode.Parse(answer.Json!.Value.GetRawText())!.AsObject();
        if (told["azureStorageBlobContainerUri"] is { } uri) told["folder"] = uri.GetValue<string>().TrimEnd('/').Split('/')[^1];
        return told;
    }
}
