using System.Collections.Immutable;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>Small blobs that a runbook puts down and finds again: <c>storage.blob.write</c> and <c>storage.blob.delete</c>.</summary>
internal static class BlobWriteActions
{
    /// <summary>Arguments that name a blob.</summary>
    public const string BlobArguments = """
        account: {type: string, pattern: '^[a-z0-9]{3,24}$', description: "Name of the account"}
        container: {type: string, pattern: '^[a-z0-9-]{3,63}$'}
        blob: {type: string, pattern: '^[A-Za-z0-9._/-]{1,256}$', description: "Name of the blob"}
        """;

    /// <summary>Errors of the blob service, as its users meet them.</summary>
    public static ImmutableArray<ActionError> Errors { get; } =
    [
        new("AuthorizationPermissionMismatch", "Your identity has no role on the data.", "Nothing changed.", "Have the role under 'Permissions' assigned; a role on the account does not help."),
        new("AuthorizationFailure", "The account's firewall does not know your address.", "Nothing changed.", "Add it, or ask from elsewhere."),
        new("ContainerNotFound", "There is no such container.", "Nothing changed.", "Check its name."),
        new("ServerBusy", "The account is asked too much.", "Nothing changed.", "Wait as long as it said."),
    ];

    /// <summary>The actions.</summary>
    public static IEnumerable<IAction> All(AzureSite site, AzureWire? wire) => [Write(site, wire), Delete(site, wire)];

    private static RequestAction Write(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "storage.blob.write",
        Summary = "Writes a small text blob, as its users would: a canary, or a write that must be refused. One of that name is written over.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of($$"""
            {{BlobArguments}}
            text: {type: string, minLength: 1, maxLength: 4096, description: "What it holds, as a JSON string, in quotes"}
            scope?: {type: string, pattern: '^[a-z0-9-]{3,63}$', description: "The encryption scope that the write asks for; without it the container's"}
            """),
        Result = Shape.Of(""),
        Permissions = [Needs.Data("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write", "the container {container} of {account}", "Storage Blob Data Contributor")],
        AzCommand = "az storage blob upload --auth-mode login --account-name {account} --container-name {container} --name {blob} --data {text} --encryption-scope {scope} --overwrite true",
        Settle = new SettlingProbe("Reads the blob: it took effect when it holds the text.", TimeSpan.FromSeconds(30)),
        Inverse = new ActionInverse("storage.blob.delete", null, "Deletes the blob that was written; what one of that name held before is not brought back."),
        Errors = Errors.AddRange(
            new ActionError("RequestForbiddenByContainerEncryptionPolicy", "The container allows its own encryption scope only.", "Nothing was written.", "That is how it should be; write without naming a scope."),
            new ActionError("KeyVaultEncryptionKeyNotFound", "The key of the account or scope can't be used.", "Nothing was written.", "Look at the key, then at the identity's role on it."),
            new ActionError("InvalidHeaderValue", "There is no such encryption scope.", "Nothing was written.", "Check its name.")),
    },
        (with, _) => Arguments.ObjectOf(("account", with.Node("account")), ("container", with.Node("container")), ("blob", with.Node("blob"))),
        new RequestCall
        {
            Method = "PUT",
            Url = Address(site),
            Says = with => $"Write the blob '{with.Text("blob")}' in '{with.Text("container")}' of '{with.Text("account")}'{(with.TextOrNull("scope") is { } scope ? $", in the scope '{scope}'" : "")}.",
            Headers = with => with.TextOrNull("scope") is { } scope
                ? ImmutableSortedDictionary<string, string>.Empty.Add("x-ms-blob-type", "BlockBlob").Add("x-ms-encryption-scope", scope)
                : ImmutableSortedDictionary<string, string>.Empty.Add("x-ms-blob-type", "BlockBlob"),
            Body = (_, with, _) => with.Node("text"),
            Settle = Settling.By(c => c.Url, (call, there) => System.Text.Json.JsonElement.DeepEquals(call.Body!.Value, there)),
        });

    private static RequestAction Delete(AzureSite site, AzureWire? wire) => new(site, wire, new ActionDescriptor
    {
        Name = "storage.blob.delete",
        Summary = "Deletes a blob. One that is gone counts as deleted, with status 204.",
        Effect = EffectClass.Destructive,
        With = Shape.Of(BlobArguments),
        Result = Shape.Of(""),
        Permissions = [Needs.Data("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete", "the container {container} of {account}", "Storage Blob Data Contributor")],
        AzCommand = "az storage blob delete --auth-mode login --account-name {account} --container-name {container} --name {blob}",
        Settle = new SettlingProbe("Looks for the blob: it took effect when there is none.", TimeSpan.FromSeconds(30)),
        Errors = Errors.Add(new ActionError("BlobNotFound", "There is no such blob.", "Nothing changed.", "Check its name.")),
    },
        null,
        new RequestCall { Method = "DELETE", Url = Address(site), Says = with => $"Delete the blob '{with.Text("blob")}' in '{with.Text("container")}' of '{with.Text("account")}'.", AbsentIsDone = true });

    private static Func<AzureSite, Arguments, string> Address(AzureSite site) => (_, with) => $"https://{with.Text("account")}.{site.Cloud.BlobDomain}/{with.Text("container")}/{with.Text("blob")}";
}
