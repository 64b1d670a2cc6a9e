using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runbook.Engine.Actions;
using Runbook.Language.Actions;
using Runbook.Language.Schemas;

namespace Runbook.Actions;

/// <summary>
/// <c>storage.blob.copy</c>: copies blobs from one account to another, each by one request from server to server (Put Blob From
/// URL, version 2020-10-02 and later): the data does not pass this computer, and both accounts see who asks.
/// </summary>
internal sealed class BlobCopy(AzureSite site, AzureWire? wire) : AzureAction(site, wire)
{
    /// <summary>The header that names the source; the wire adds a token for it.</summary>
    public const string SourceHeader = "x-ms-copy-source";

    /// <inheritdoc/>
    public override ActionDescriptor Descriptor { get; } = new()
    {
        Name = "storage.blob.copy",
        Summary = "Copies block blobs into the container of the same name in another account, with their properties and metadata. One of that name there is written over.",
        Effect = EffectClass.Idempotent,
        With = Shape.Of("""
            account: {type: string, pattern: '^[a-z0-9]{3,24}$', description: "Name of the account that is copied from"}
            to: {type: string, pattern: '^[a-z0-9]{3,24}$', description: "Name of the account that is copied to"}
            container: {type: string, pattern: '^[a-z0-9-]{3,63}$', description: "A container that both have"}
            blobs: {type: array, minItems: 1, maxItems: 1000, items: {type: string, pattern: '^[A-Za-z0-9._/-]{1,256}$'}, description: "Names of the blobs, in order; each of at most 256 MiB"}
            """),
        ListMember = "blobs",
        Result = Shape.Of(""),
        Permissions =
        [
            Needs.Data("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", "the container {container} of {account}", "Storage Blob Data Reader"),
            Needs.Data("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write", "the container {container} of {to}", "Storage Blob Data Contributor"),
        ],
        AzCommand = "az storage blob copy start --auth-mode login --account-name {to} --destination-container {container} --destination-blob {blobs} --source-uri https://{account}.blob.core.windows.net/{container}/{blobs}",
        Settle = new SettlingProbe("Looks for the blob on both sides: it took effect when both have the same length and checksum.", TimeSpan.FromSeconds(30)),
        Errors = BlobWriteActions.Errors.AddRange(
            new ActionError("CannotVerifyCopySource", "The source could not be read: it is not there, your identity has no role on it, its firewall does not know you, or its key can't be used.", "Nothing was copied.", "Read the source with storage.blob.read: its error says which."),
            new ActionError("KeyVaultEncryptionKeyNotFound", "The key of the account that is copied to can't be used.", "Nothing was copied.", "Look at the key, then at the identity's role on it.")),
    };

    /// <inheritdoc/>
    public override ImmutableArray<PlannedCall> Plan(JsonElement with)
    {
        var arguments = new Arguments(with);
        return [.. NamesOf(arguments).Select((name, i) => Make(i, name, arguments))];
    }

    /// <inheritdoc/>
    protected override PlannedCall? Call(Arguments with, ImmutableArray<CallAnswer> answers)
    {
        var names = NamesOf(with);
        return answers.Length < names.Length ? Make(answers.Length, names[answers.Length], with) : null;
    }

    /// <inheritdoc/>
    public override async Task<SettleVerdict> SettleAsync(PlannedCall call, ActionContext context, CancellationToken cancellationToken)
    {
        var sides = new List<ListedBlob?>();
        foreach (var address in (string[])[call.Headers[SourceHeader], call.Url])
        {
            var (container, name) = Split(address);
            var answer = await LookAsync($"{container}?restype=container&comp=list&prefix={name}", context, cancellationToken, takesAnything: true).ConfigureAwait(false);
            if (!answer.IsSuccess) return Settling.CannotTell(answer);
            if (BlobListing.Read(answer) is not { } listing) return new SettleVerdict.CannotTell("What was answered is no list of blobs.");
            sides.Add(listing.Blobs.FirstOrDefault(b => b.Name == name));
        }

        return sides switch
        {
            [null, _] => new SettleVerdict.CannotTell("The source is gone."),
            [_, null] => new SettleVerdict.DidNot(Answers.Local(new JsonObject())),
            [{ } source, { } copy] when source.SameAs(copy) => new SettleVerdict.TookEffect(new CallAnswer { Status = 201, Observed = Answers.Nothing }),
            _ => new SettleVerdict.DidNot(Answers.Local(new JsonObject())),
        };
    }

    private PlannedCall Make(int index, string name, Arguments with)
    {
        var (from, to) = (BlobListing.ContainerOf(Site, with.Text("account"), with), BlobListing.ContainerOf(Site, with.Text("to"), with));
        return new PlannedCall
        {
            Index = index,
            Effect = EffectClass.Idempotent,
            Description = $"Copy the blob '{name}' in '{with.Text("container")}' from '{with.Text("account")}' to '{with.Text("to")}'.",
            Target = $"{to}/{name}",
            Method = "PUT",
            Url = $"{to}/{name}",
            Headers = ImmutableSortedDictionary<string, string>.Empty.Add("x-ms-blob-type", "BlockBlob").Add(SourceHeader, $"{from}/{name}"),
            Part = Arguments.ToElement(new JsonObject { ["account"] = with.Node("account"), ["to"] = with.Node("to"), ["container"] = with.Node("container"), ["blobs"] = name }),
        };
    }

    private static (string Container, string Name) Split(string address)
    {
        var name = new Uri(address).AbsolutePath.TrimStart('/').Split('/', 2)[1];
        return (address[..^(name.Length + 1)], name);
    }

    private static ImmutableArray<string> NamesOf(Arguments with) => with.Items("blobs") is { } list ? [.. list.Select(n => n.GetString()!)] : [with.Text("blobs")];
}
