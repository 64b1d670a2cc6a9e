using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>
/// <c>storage.blob.read</c>: reads a blob as its users do, which is what tells whether its key works. Of what it holds only
/// the digest is kept.
/// </summary>
internal sealed class BlobRead(AzureSite site, AzureWire? wire) : AzureAction(site, wire)
{
    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "storage.blob.read",
        Summary = "Reads a small blob, and tells its digest; a key that can't be used is told by the error that its users meet.",
        Effect = EffectClass.Read,
        With = Shape.Of("""
            account?: {type: string, pattern: '^[a-z0-9]{3,24}$', description: "Name of the account"}
            accounts?: {type: array, minItems: 1, maxItems: 50, items: {type: string, pattern: '^[a-z0-9]{3,24}$'}, description: "Several of them, in order"}
            container: {type: string, pattern: '^[a-z0-9-]{3,63}$'}
            blob: {type: string, pattern: '^[A-Za-z0-9._/-]{1,256}$', description: "Name of the blob; at most 4 MiB are read"}
            """),
        OneOf = [["account"], ["accounts"]],
        ListMember = "accounts",
        Result = Shape.Of("""
            digest: {type: string, description: "SHA-256 of what it holds"}
            bytes: {type: integer}
            """),
        Permissions = [Needs.Data("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", "the container {container} of {account}", "Storage Blob Data Reader")],
        AzCommand = "az storage blob download --auth-mode login --account-name {account} --container-name {container} --name {blob} --file -",
        Errors =
        [
            new("KeyVaultEncryptionKeyNotFound", "The account's key can't be used: it is disabled, deleted, or the account's identity may not use it.", "The data is whole, and unreadable until the key is back.", "Look at the key, then at the identity's role on it."),
            new("KeyVaultVaultNotFound", "The store of the account's key is not there, or not to be reached.", "The data is whole, and unreadable until it is back.", "Look at the HSM, and at its network rules."),
            new("KeyVaultAccessTokenCannotBeAcquired", "The account's identity gets no token: it was deleted, or taken from the account.", "The data is whole, and unreadable until the account has an identity with the role.", "Give the account another identity, and that the role on the key."),
            new("AuthorizationPermissionMismatch", "Your identity has no role on the data.", "Nothing changed.", "Have Storage Blob Data Reader assigned; a role on the account does not help."),
            new("AuthorizationFailure", "The account's firewall does not know your address.", "Nothing changed.", "Add it, or ask from elsewhere."),
            new("ContainerNotFound", "There is no such container.", "Nothing changed.", "Check its name."),
            new("BlobNotFound", "There is no such blob.", "Nothing changed.", "Check its name."),
            new("ServerBusy", "The account is asked too much.", "Nothing changed.", "Wait as long as it said."),
        ],
    };

    /// <inheritdoc/>
    public override ImmutableArray<PlannedCall> Plan(JsonElement with) => [.. AccountsOf(new Arguments(with)).Select((account, i) => Make(i, account, new Arguments(with)))];

    /// <inheritdoc/>
    protected override bool TakesAnything => true;

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers)
    {
        var accounts = AccountsOf(with);
        return answers.Length < accounts.Length ? Make(answers.Length, accounts[answers.Length], with) : null;
    }

    /// <inheritdoc/>
    protected override CallAnswer Read(Exchange exchange, HttpAnswer answer, ActionContext context) => answer.IsSuccess
        ? Answers.With(answer, new JsonObject { ["digest"] = Hashes.Sha256(answer.Body.Span), ["bytes"] = answer.Body.Length }, exchange.Tries)
        : Answers.Of(answer, exchange.Tries);

    private PlannedCall Make(int index, string account, Arguments with) => new()
    {
        Index = index,
        Effect = EffectClass.Read,
        Description = $"Read the blob '{with.Text("blob")}' in '{with.Text("container")}' of '{account}'.",
        Target = $"https://{account}.{Site.Cloud.BlobDomain}/{with.Text("container")}/{with.Text("blob")}",
        Method = "GET",
        Url = $"https://{account}.{Site.Cloud.BlobDomain}/{with.Text("container")}/{with.Text("blob")}",
        Part = Arguments.ToElement(new JsonObject { ["account"] = account, ["container"] = with.Node("container"), ["blob"] = with.Node("blob") }),
    };

    private static ImmutableArray<string> AccountsOf(Arguments with) => with.Items("accounts") is { } list ? [.. list.Select(a => a.GetString()!)] : [with.Has("accounts") ? with.Text("accounts") : with.Text("account")];
}
