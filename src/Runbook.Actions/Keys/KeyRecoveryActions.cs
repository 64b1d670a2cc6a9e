using System.Buffers.Text;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>Deleting a key and getting it back: <c>keyvault.key.delete</c>, <c>.recover</c>, <c>.get-deleted</c>, <c>.backup</c>, <c>.restore</c>.</summary>
internal static class KeyRecoveryActions
{
    private const string Deleted = $$"""
        {{ResultText.Key}}
        recoveryId: {type: string}
        deletedDate: {type: integer, description: "When it was deleted, in seconds since 1970"}
        scheduledPurgeDate: {type: integer, description: "When it is gone for good, in seconds since 1970"}
        """;

    private static readonly Schema NothingObserved = Shape.Of("");

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire) => [Delete(site, wire), Recover(site, wire), GetDeleted(site, wire), Backup(site, wire), Restore(site, wire)];

    private static RequestAction Delete(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.key.delete",
        Summary = "Deletes a key with all its versions; it can be recovered until its retention has passed, and cannot be used meanwhile. One that is gone counts as deleted, with status 204.",
        Effect = EffectClass.Destructive,
        With = Shape.Of(KeyCalls.NameArguments),
        Result = Shape.Of(Deleted),
        Permissions = [Needs.Hsm("keys/delete", "/keys/{name}", "Managed HSM Crypto User")],
        AzCommand = "az keyvault key delete --hsm-name {hsm:name} --name {name}",
        Settle = new SettlingProbe("Looks for the key: it took effect when there is none.", TimeSpan.FromMinutes(1)),
        Inverse = new ActionInverse("keyvault.key.recover", null, "Brings the key back with all its versions, for as long as it is kept."),
        Errors = KeyCalls.Errors,
    },
        (with, _) => KeyCalls.SameKey(with),
        new RequestCall
        {
            Method = "DELETE",
            Url = KeyCalls.Named("/keys/{name}"),
            Says = with => $"Delete {KeyCalls.InWords(with)} with all its versions; it stays recoverable for its retention.",
            AbsentIsDone = true,
            Settle = async (look, call) =>
            {
                var found = await look(KeyCalls.KeyOf(call)).ConfigureAwait(false);
                if (Settling.IsMissing(found)) return new SettleVerdict.TookEffect(Answers.Absent(found));
                return found.IsSuccess ? new SettleVerdict.DidNot(Answers.Of(found)) : Settling.CannotTell(found);
            },
        });

    private static RequestAction Recover(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.key.recover",
        Summary = "Brings a deleted key back, with all its versions. One that is there already counts as recovered.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of(KeyCalls.NameArguments),
        Result = Shape.Of(ResultText.Key),
        Permissions = [Needs.Hsm("keys/deletedKeys/recover/action", "/keys/{name}", "Managed HSM Crypto Officer"), Needs.Hsm("keys/read/action", "/keys/{name}", "Managed HSM Crypto User")],
        AzCommand = "az keyvault key recover --hsm-name {hsm:name} --name {name}",
        Settle = new SettlingProbe("Looks for the key: it took effect when it is there.", TimeSpan.FromMinutes(1)),
        Errors = KeyCalls.Errors,
    },
        null,
        new RequestCall
        {
            Method = "POST",
            Url = KeyCalls.Named("/deletedkeys/{name}/recover"),
            Says = with => $"Recover {KeyCalls.InWords(with)}.",
            AsksFirst = true,
            Settle = Settling.By(KeyCalls.KeyOf, (_, _) => true),
        });

    private static RequestAction GetDeleted(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.key.get-deleted",
        Summary = "Reads a deleted key that can still be recovered; where there is none, status 404.",
        Effect = EffectClass.Read,
        With = Shape.Of(KeyCalls.NameArguments),
        Result = Shape.Of(Deleted),
        Permissions = [Needs.Hsm("keys/deletedKeys/read/action", "/keys/{name}", "Managed HSM Crypto Officer")],
        AzCommand = "az keyvault key show-deleted --hsm-name {hsm:name} --name {name}",
        Errors = KeyCalls.Errors,
    },
        null,
        new RequestCall { Method = "GET", Url = KeyCalls.Named("/deletedkeys/{name}"), Says = with => $"Look for a deleted key '{with.Text("name")}' on '{with.Text("hsm")}'." });

    private static RequestAction Backup(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.key.backup",
        Summary = "Writes a key with all its versions into a file, encrypted by the HSM: it can be restored into an HSM of the same security domain only.",
        Effect = EffectClass.Read,
        With = Shape.Of($$"""
            {{KeyCalls.NameArguments}}
            {{KeyTransferActions.FileArgument}}
            """),
        Result = Shape.Of($"file: {ResultText.File}"),
        Permissions = [Needs.Hsm("keys/backup/action", "/keys/{name}", "Managed HSM Crypto User")],
        AzCommand = "az keyvault key backup --hsm-name {hsm:name} --name {name} --file {file}",
        Errors = KeyCalls.Errors,
    },
        null,
        new RequestCall
        {
            Method = "POST",
            Effect = EffectClass.Read,
            Url = KeyCalls.Named("/keys/{name}/backup"),
            Says = with => $"Back {KeyCalls.InWords(with)} up into '{with.Text("file")}'.",
            FileMember = "file",
            Writes = answer => Base64Url.DecodeFromChars(answer.Json!.Value.GetProperty("value").GetString()!),
        });

    private static RequestAction Restore(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "keyvault.key.restore",
        Summary = "Brings a key back from a backup file, under its own name, once it has seen that there is none of that name.",
        Effect = EffectClass.Once,
        With = Shape.Of($$"""
            {{KeyCalls.NameArguments}}
            file: {type: string, format: file, maxLength: 2097152, description: "The backup"}
            """),
        Result = Shape.Of(ResultText.Key),
        Permissions = [Needs.Hsm("keys/read/action", "/keys/{name}", "Managed HSM Crypto User"), Needs.Hsm("keys/restore/action", "/keys", "Managed HSM Crypto User")],
        AzCommand = "az keyvault key restore --hsm-name {hsm:name} --file {file}",
        Settle = new SettlingProbe("Looks for the key, of which there was none before: it took effect when it is there.", TimeSpan.FromMinutes(1)),
        Inverse = new ActionInverse("keyvault.key.delete", null, "Deletes the key that was restored; it stays recoverable."),
        Errors = KeyCalls.Errors.AddRange(
            new ActionError("AlreadyExists", "There is a key of that name.", "Nothing was sent.", "It is there: look at it, and restore only what is missing."),
            new ActionError("FileNotFound", "The backup is not there.", "Nothing was sent.", "Look for it in the session's folder.")),
    },
        (with, _) => KeyCalls.SameKey(with),
        new RequestCall { Method = "GET", Url = KeyCalls.Named("/keys/{name}/"), Says = with => $"See that there is no key '{with.Text("name")}' on '{with.Text("hsm")}'.", MustBeAbsent = true, Observes = NothingObserved },
        new RequestCall
        {
            Method = "POST",
            Url = (s, with) => s.Hsm(with.Text("hsm"), "/keys/restore"),
            Says = with => $"Restore the key '{with.Text("name")}' into '{with.Text("hsm")}' from a file.",
            Body = (_, with, _) => new JsonObject { ["value"] = RequestAction.FileIn(with, "file", "base64url") },
            Settle = Settling.By(c => $"{new Uri(c.Url).GetLeftPart(UriPartial.Authority)}/keys/{c.Part!.Value.GetProperty("name").GetString()}/?api-version={AzureSite.HsmVersion}", (_, _) => true),
        });
}
